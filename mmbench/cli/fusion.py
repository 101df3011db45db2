"""The commands about fusion methods: compare them on a task, say what that would take, a new one to begin with."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mmbench.cli import output
from mmbench.cli.tables import print_table
from mmbench.errors import InterruptedRunError, UserError

if TYPE_CHECKING:
    from mmbench.fusion.comparison import FusionComparison

own = typer.Typer(help="Fusion methods of your own.", no_args_is_help=True)

Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--methods",
        "-m",
        help="all, or names with commas: concat,gmu,mult+modality-dropout,mypkg.mymodule:MyFusion (`mmbench list fusions`).",
    ),
]
Encoder = Annotated[
    list[str] | None,
    typer.Option(
        help="Whose frozen features a modality has: image=open_clip:ViT-B-32/openai; may be given several times."
    ),
]


def fusion(
    task: Annotated[
        str, typer.Option("--task", "-t", help="A task that learns from a train split, or the key of a dataset.")
    ],
    methods: Methods = None,
    budget: Annotated[str, typer.Option(help="Trained parameters of each method: 50k, 1M, 50000.")] = "50k",
    trials: Annotated[int, typer.Option(min=1, help="Configurations that the search of each method tries.")] = 10,
    seeds: Annotated[int, typer.Option(min=1, help="How often the chosen configuration is trained.")] = 5,
    search_per_seed: Annotated[
        bool,
        typer.Option(
            "--search-per-seed", help="Search under every seed, so that intervals cover the choice of settings; longer."
        ),
    ] = False,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Repeat the whole at half and twice the budget.")
    ] = False,
    encoder: Encoder = None,
    reduce: Annotated[
        int, typer.Option(min=0, help="Principal components that are kept per modality; 0 keeps all features.")
    ] = 64,
    max_steps: Annotated[int, typer.Option(min=1, help="Longer sequences are averaged down to this many steps.")] = 50,
    updates: Annotated[int, typer.Option(min=1, help="Steps of the optimiser per training, at most.")] = 2_000,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows per step.")] = 128,
    limit: Annotated[
        int | None, typer.Option(min=1, help="About this many test samples: whole groups, seeded; marked as partial.")
    ] = None,
    output_dir: Annotated[
        Path,
        typer.Option(
            "--output-dir", "-o", help="Where runs, features and trainings go; the same command goes on there."
        ),
    ] = Path("runs"),
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for the page; by default one in --output-dir.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one per core, eight at most.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where networks are trained: cpu, cuda, cuda:1.")] = "cpu",
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be encoded, sized, trained and tested; train nothing."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Compare fusion methods: same frozen features, parameters, search and seeds for all; floors beside them; test read once.

    Writes a page with plots, a Markdown table and results.json, and a run per method that boards and `mmbench compare` read. A
    comparison that was broken off goes on where it stopped; more trials, seeds or methods add to it.
    """
    from mmbench.fusion.comparison import compare_fusion
    from mmbench.fusion.forecast import forecast

    given: dict[str, Any] = {
        "methods": methods or ["all"],
        "budget": parameters(budget),
        "trials": trials,
        "seeds": seeds,
        "search_per_seed": search_per_seed,
        "sensitivity": sensitivity,
        "encoders": encoders(encoder or []),
        "reduce": reduce or None,
        "max_steps": max_steps,
        "updates": updates,
        "batch_size": batch_size,
        "limit": limit,
        "output_dir": output_dir,
        "device": device,
        "progress": not as_json,
    }
    try:
        if dry_run:
            _said(forecast(task, **given), as_json=as_json)
        else:
            _print(compare_fusion(task, **given, out=out, workers=workers), as_json=as_json)
    except KeyboardInterrupt as error:
        raise InterruptedRunError from error


@own.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name in lower case, as my-fusion.")],
    folder: Annotated[Path, typer.Option(help="Where the two files go.")] = Path(),
) -> None:
    """Write a small fusion method that runs as it is, and a test of its contract: put your own module in its place."""
    from mmbench.fusion.new import new_fusion

    module, test = new_fusion(name, folder)
    spec = f"{module.stem}:Fusion"
    typer.echo(f"{module}\n{test}")
    typer.echo(
        f"Put your module into {module.name}. Then, in {folder.resolve().name if folder != Path() else 'this folder'}:"
    )
    typer.echo(f"  pytest {test.name}    whether it keeps the contract")
    typer.echo(
        f"  mmbench fusion -t fusion-xor.class -m {spec},concat --trials 3    whether it learns what only a combination tells"
    )
    typer.echo(f"  mmbench fusion -t easy-vqa.open -m all,{spec}")


def _said(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print what a comparison would do."""
    if as_json:
        output.json_document(found)
        return
    features = found["features"]
    rows = ", ".join(f"{count:,} {split}" for split, count in features["rows"].items())
    output.table(
        [_modality(one) for one in features["modalities"]],
        ["modality", "from", "different parts", "features", "kept", "steps"],
        title=f"{found['task']}: {rows} rows; features {features['state']} (nothing was trained)",
        as_json=False,
    )
    for part in found["budgets"]:
        columns = ["name", "kind", "width", "networks", "parameters"]
        title = f"at {part['budget']:,} parameters, {found['outputs']} outputs, with the default choices"
        output.table(part["methods"], columns, title=title, as_json=False)
        for sentence in part["left_out"]:
            typer.echo(sentence)
        typer.echo(
            f"{part['trainings']:,} trainings, {part['trained']:,} of them there already; "
            f"{part['tests']:,} looks at the test split, {part['tested']:,} of them taken."
        )


def _modality(one: Mapping[str, Any]) -> dict[str, Any]:
    known = one["d"] is not None
    return {
        "modality": one["name"],
        "from": one["encoder"],
        "different parts": one["distinct"],
        "features": one["d"] if known else "known once embedded",
        "kept": one["kept"] if known else f"{one['kept']} (assumed)",
        "steps": one["steps"],
    }


def _print(found: "FusionComparison", *, as_json: bool) -> None:
    from mmbench.fusion.report.table import BUDGETS, COSTS, at_budgets, legend, rows_for_terminal

    if as_json:
        output.json_document(found.results)
        return
    rows: list[dict[str, Any]] = rows_for_terminal(found.results)
    print_table(rows, list(rows[0]), title=found.title, optional=len(COSTS), fold=False)
    lines = at_budgets(found.results)
    if lines:
        heads, *cells = lines
        print_table([dict(zip(heads, line, strict=True)) for line in cells], heads, title=BUDGETS)
    for sentence in (legend(found.results), *found.results["notes"]):
        typer.echo(sentence)
    typer.echo(f"Open {found.page}; table.md and results.json are beside it, runs in {found.output_dir}.")


def parameters(text: str) -> int:
    """``50k``, ``1.5M`` or ``50000`` as a number. ``UserError`` for anything else."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    digits = text[:-1] if scale > 1 else text
    try:
        found = float(digits.replace("_", "").replace(",", "")) * scale
    except ValueError:
        found = -1.0
    if not 1 <= found < 1e12:
        raise UserError(f"--budget is {text!r}: give a number of parameters, as 50k, 1M or 50000.")
    return round(found)


def encoders(given: list[str]) -> dict[str, str]:
    """``image=SPEC`` by modality. ``UserError`` for what has no equals sign."""
    found = {}
    for one in given:
        modality, sign, spec = one.partition("=")
        if not sign or not modality or not spec:
            raise UserError(
                f"--encoder is {one!r}: write the modality and a model, as image=open_clip:ViT-B-32/openai."
            )
        found[modality.strip()] = spec.strip()
    return found
