"""The commands and their options."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mmbench.cli import answers, checking, comparing, data, fusion, models, output

app = typer.Typer(
    name="mmbench",
    help="Evaluate multimodal models on checked data, with intervals, and write leaderboards. Not OpenCompass' MMBench.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
boards = typer.Typer(help="Leaderboards from run folders.", no_args_is_help=True)
app.add_typer(boards, name="leaderboard")
app.add_typer(data.sets, name="datasets")
app.add_typer(models.own, name="models")
app.add_typer(fusion.own, name="fusions")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
OutputDir = Annotated[Path, typer.Option("--output-dir", "-o", help="Where run folders go.")]
MaxErrors = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="The share of failed samples above which a run fails.")
]


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        import mmbench

        typer.echo(f"mmbench {mmbench.__version__}")
        raise typer.Exit


@app.command("list")
def list_(
    what: Annotated[
        Literal["datasets", "tasks", "models", "suites", "modifiers", "fusions"], typer.Argument(help="What to list.")
    ],
    modality: Annotated[str | None, typer.Option(help="Datasets that hold this modality: image, text, audio.")] = None,
    task: Annotated[str | None, typer.Option(help="Datasets and tasks of this kind, as retrieval.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Tasks on this dataset, as flickr30k.")] = None,
    as_json: Json = False,
) -> None:
    """List what there is."""
    from mmbench import api

    tables: dict[str, Callable[[], Any]] = {
        "datasets": lambda: api.list_datasets(task=task, modality=modality),
        "tasks": lambda: api.list_tasks(kind=task, dataset=dataset),
        "models": api.list_models,
        "suites": api.list_suites,
        "modifiers": api.list_modifiers,
        "fusions": api.list_fusions,
    }
    table = tables[what]()
    output.table(
        json.loads(table.to_json(orient="records")),
        list(table.columns),
        title=f"{len(table)} {what}",
        as_json=as_json,
        optional=len(table.columns) - 2,
    )


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="A dataset, task, model, suite or fusion method, or the folder of a run.")],
    as_json: Json = False,
) -> None:
    """Show everything that is known about one thing."""
    from mmbench.cli.facts import facts_of

    output.facts(facts_of(key), as_json=as_json)


app.command()(data.download)
app.command()(data.verify)
app.command()(checking.check)
app.command()(checking.peek)
app.command()(comparing.compare)
app.command()(fusion.fusion)
app.command("import")(comparing.import_)
app.command()(models.doctor)
app.command()(answers.score)
app.command("export-requests")(answers.export_requests)
app.command("export-submission")(answers.export_submission)


@app.command("run")
@app.command("evaluate", hidden=True)
def run(
    model: Annotated[
        str, typer.Option("--model", "-m", help="A model's name, package.module:Factory, or file:predictions.jsonl.")
    ],
    task: Annotated[list[str] | None, typer.Option("--task", "-t", help="A task; may be given several times.")] = None,
    suite: Annotated[
        str | None,
        typer.Option("--suite", "-s", help="A suite, or a YAML file of your own: every task that the model can do."),
    ] = None,
    output_dir: OutputDir = Path("runs"),
    batch_size: Annotated[int, typer.Option(min=1, help="Items per call of the model.")] = 32,
    limit: Annotated[
        int | None, typer.Option(min=1, help="About this many samples: whole groups, seeded, never ranked.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the limit, and of models that draw at random.")] = 0,
    device: Annotated[str | None, typer.Option(help="Where the model runs: cpu, cuda, cuda:1, mps.")] = None,
    dtype: Annotated[str | None, typer.Option(help="Of its weights: float32, float16, bfloat16.")] = None,
    max_errors: MaxErrors = 0.01,
    max_cost: Annotated[
        float | None, typer.Option(min=0.0, help="US dollars that this command may spend; run it again to go on.")
    ] = None,
    model_args: Annotated[str | None, typer.Option(help="Arguments of the model as YAML: 'seed: 3'.")] = None,
    judge: Annotated[str | None, typer.Option(help="The model that judges, in tasks that have a judge.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Ask every request this often, each time with another seed.")] = 1,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="Of generation, instead of the task's; another row of a board.")
    ] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(min=1, help="Where answers are cut, instead of the task's; another row of a board.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Throw away what is stored and begin again.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that answer batches, each with a model of its own.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            help="Ask only a part: 2/4 is the second of four, counted from 1. The part that completes a run scores it. "
            "Under torchrun or Slurm this is read from the environment; 1/1 is all."
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray for Ray Data.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="A Ray cluster that runs already, as auto or ray://host:10001.")
    ] = None,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Ask again for the answers that failed; the others are kept.")
    ] = False,
    cache: Annotated[
        bool,
        typer.Option("--cache/--no-cache", help="Share embeddings between runs of the same model on the same batches."),
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be built, asked, stored and paid, and how long; do nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Evaluate a model. A run that was broken off goes on where it stopped; a finished one is not done again."""
    from mmbench.cli.estimates import describe, said
    from mmbench.cli.running import Request, execute, placed
    from mmbench.engines.budget import Budget
    from mmbench.engines.planning import Options
    from mmbench.models import load_model
    from mmbench.tasks.repeats import Decoding

    part, local_rank = placed(shard)
    options = Options(
        output_dir, batch_size, limit, seed, restart, max_errors, not as_json, workers, engine, ray_address, part,
        cache=cache, budget=Budget(max_cost), retry_errors=retry_errors,
        decoding=Decoding(repeats, temperature, max_new_tokens), judge=None if judge is None else load_model(judge),
    )  # fmt: skip
    request = Request(model, tuple(task or ()), suite, model_args, options, local_rank, device, dtype)
    if dry_run:
        said(describe(request), model, max_cost, as_json=as_json)
    else:
        output.primaries(execute(request, quiet=as_json), title=model, as_json=as_json)


@app.command()
def merge(
    folders: Annotated[list[Path], typer.Argument(help="The --output-dir of each machine.")],
    out: Annotated[Path, typer.Option("--out", help="Where the united runs go; may be one of the folders.")],
    task: Annotated[
        list[str] | None, typer.Option("--task", "-t", help="A task on your own data, as retrieval:photos.")
    ] = None,
    max_errors: MaxErrors = 0.01,
    as_json: Json = False,
) -> None:
    """Unite what machines without a common disk have made of the same runs, and score what is complete."""
    from mmbench.cli.running import merge_runs

    merge_runs(folders, out, tuple(task or ()), max_errors, as_json=as_json)


@boards.command("build")
def build(
    runs: Annotated[list[Path], typer.Argument(help="Folders that hold runs.")],
    out: Annotated[Path | None, typer.Option("--out", help="A folder for index.html, board.md and scores.csv.")] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            "--suite", "-s", help="Columns and score of this suite (a name or a YAML file); all tasks found by default."
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the Markdown table instead.")] = False,
    as_json: Json = False,
) -> None:
    """Print a leaderboard, and write it as a page, Markdown and CSV."""
    from mmbench.cli.boards import board as print_board
    from mmbench.cli.running import board_of

    board = board_of(runs, suite)
    if out is not None:
        page = board.to_html(out)
        board.to_markdown(out / "board.md")
    if as_json:
        output.json_document(board.to_dict())
        return
    if markdown:
        typer.echo(board.to_markdown())
    else:
        print_board(board)
    if out is not None:
        typer.echo(f"Open {page}; board.md, scores.csv and board.json are beside it.")
