"""The commands for answers that are made elsewhere: score, export-requests, export-submission."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mmbench.cli import output

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
FORMATS = (
    "JSONL, CSV, TSV or Parquet with the columns id and prediction (a text or a number); id and scores (a list, a number per class); left, "
    "right and score (pairs); or id, side and embedding (a list). Embeddings also as .safetensors, .npy or .npz: tensors (items, "
    "dimensions) called queries and documents, or image, text, audio, or embeddings; their ids inside, or beside as NAME.ids.json, .txt "
    "or .parquet."
)
LIMIT = "About this many samples: whole groups, seeded."


def score(
    file: Annotated[
        Path, typer.Argument(help="What was predicted: .jsonl, .csv, .tsv, .parquet, .safetensors, .npy, .npz.")
    ],
    task: Annotated[str, typer.Option("--task", "-t", help="The task that was answered.")],
    name: Annotated[str | None, typer.Option(help="What boards call it; the file's name by default.")] = None,
    model_args: Annotated[
        str | None,
        typer.Option(help="Other column names, and a file with ids, as YAML: 'id: question_id', 'ids: names.txt'."),
    ] = None,
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Where run folders go.")] = Path("runs"),
    limit: Annotated[int | None, typer.Option(min=1, help=f"{LIMIT} As in export-requests; never ranked.")] = None,
    seed: Annotated[int, typer.Option(help="Of the limit.")] = 0,
    max_errors: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="The share of samples without a prediction above which scoring fails."),
    ] = 0.01,
    as_json: Json = False,
) -> None:
    """Score what was made elsewhere. A sample without a prediction counts as wrong; an id that the task does not have is passed over."""
    from mmbench import api
    from mmbench.cli.running import arguments

    found = api.score(
        file,
        task,
        name=name,
        output_dir=output_dir,
        limit=limit,
        seed=seed,
        max_errors=max_errors,
        progress=not as_json,
        **arguments(model_args),
    )
    output.scores(found, as_json=as_json)
    unknown = found.report["notes"].get("predictions_unknown", 0)
    if unknown and not as_json:
        typer.echo(f"{unknown} ids of {file} are not in {task}: they were passed over.", err=True)


score.__doc__ = f"{score.__doc__}\n\n{FORMATS}"


def export_requests(
    task: Annotated[str, typer.Option("--task", "-t", help="The task to answer elsewhere.")],
    out: Annotated[Path, typer.Option(help="The file: one JSON object per thing to answer.")] = Path("requests.jsonl"),
    ask: Annotated[
        Literal["embed", "generate", "predict", "score_pairs"] | None,
        typer.Option(help="How it is done, where there is more than one way."),
    ] = None,
    with_media: Annotated[
        Path | None,
        typer.Option(
            "--with-media", help="A folder for the pictures and sounds; without it only their hashes are named."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help=LIMIT)] = None,
    seed: Annotated[int, typer.Option(help="Of the limit.")] = 0,
    as_json: Json = False,
) -> None:
    """Write what a task asks, to be answered with any tool. The same lines with a `prediction` added are what `mmbench score` takes."""
    from mmbench import api

    found = api.export_requests(task, out, ask=ask, with_media=with_media, limit=limit, seed=seed, progress=not as_json)
    if as_json:
        output.json_document({"file": str(found.file), "requests": found.requests, "media": found.media})
        return
    media = f", {found.media} media files in {with_media}" if with_media is not None else ""
    typer.echo(f"{found.requests:,} lines in {found.file}{media}. Add a prediction to each: {found.wanted}. Then:")
    part = "" if limit is None else f" --limit {limit}" + (f" --seed {seed}" if seed else "")
    typer.echo(f"  mmbench score {found.file} -t {task}{part}")


def export_submission(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    out: Annotated[Path, typer.Option(help="The file to upload.")],
    as_json: Json = False,
) -> None:
    """Write the answers of a run in the form that the server of a dataset with hidden labels takes."""
    from mmbench import api

    found = api.export_submission(run, out)
    if as_json:
        output.json_document(
            {"file": str(found.file), "format": found.format, "answers": found.answers, "empty": found.empty}
        )
        return
    typer.echo(f"{found.answers:,} answers in {found.file} ({found.title}; {found.source}).")
    if found.empty:
        typer.echo(f"{found.empty} of them are empty, because the run has errors there.", err=True)
