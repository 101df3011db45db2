"""The commands about models: doctor, and a new one to begin with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mmbench.cli import output

if TYPE_CHECKING:
    from mmbench.diagnosis import DoctorReport

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
ORDER = ("skip", "pass", "warn", "fail")
ABOUT = ("model", "card")  # what is asked once, and not per exam
FIGURES = ("batches", "speed")
PER_EXAM = (
    "works",
    "finite",
    "deterministic",
    "order",
    "batches",
    "untouched",
    "unusual",
    "broken media",
    "looks at it",
    "length",
    "stop",
)
own = typer.Typer(help="Models of your own.", no_args_is_help=True)


def doctor(
    model: Annotated[str, typer.Argument(help="A model's name, or package.module:Factory.")],
    model_args: Annotated[str | None, typer.Option(help="Arguments of the model as YAML: 'seed: 3'.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Where it runs: cpu, cuda:1. Only for models that take it.")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Of its weights: float32, bfloat16. Only for models that take it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a model's contract offline, on toy pictures, texts and sounds that are made on the spot. Exit code 1 when a check fails."""
    from mmbench import api
    from mmbench.cli.running import arguments

    place = {name: value for name, value in (("device", device), ("dtype", dtype)) if value is not None}
    report = api.doctor(model, progress=not as_json, **arguments(model_args), **place)
    if as_json:
        output.json_document(report.to_dict())
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(1)


@own.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name in lower case, as my-model.")],
    kind: Annotated[
        Literal["embed", "generate", "predict", "score_pairs"],
        typer.Option(help="What it does: vectors, answers, numbers, pairs."),
    ] = "embed",
    folder: Annotated[Path, typer.Option(help="Where the two files go.")] = Path(),
) -> None:
    """Write a small model that runs as it is, and a test: put your own network in its place."""
    from mmbench.models.new import new_model
    from mmbench.samples import Modality
    from mmbench.tasks import all_tasks

    model, test = new_model(name, kind, folder)
    spec = f"{model.stem}:Model"
    fits = [task for task in all_tasks() if kind in task.asks and task.modalities == {Modality.IMAGE, Modality.TEXT}]
    task = next((task.id for task in sorted(fits, key=lambda task: not task.card.toy)), "TASK")
    typer.echo(f"{model}\n{test}")
    typer.echo(
        f"Put your network into {model.name}. Then, in {folder.resolve().name if folder != Path() else 'this folder'}:"
    )
    typer.echo(f"  mmbench doctor {spec}    whether it keeps the contract, on toy samples")
    typer.echo(f"  mmbench run -m {spec} -t {task}")
    typer.echo(f"  pytest {test.name}")


def _print(report: "DoctorReport") -> None:
    """Which checks passed on what; then everything that did not, with the next step, and the figures."""
    worst: dict[tuple[str, str], str] = {}
    for one in report.findings:
        known = worst.get((one.check, one.on), "pass")
        worst[one.check, one.on] = max(known, one.status, key=ORDER.index)
    checks = [check for check in PER_EXAM if any(one.check == check for one in report.findings)]
    asked = [one.on for one in report.findings if one.check == "works"]
    rows = [{"asked": on, **{check: worst.get((check, on)) for check in checks}} for on in asked]
    if rows:
        output.table(rows, list(rows[0]), title=f"{report.model}: {', '.join(report.capabilities)}", as_json=False)
        typer.echo()
    shown = [
        one for one in report.findings if one.status in ("warn", "fail") or one.check in FIGURES or one.on in ABOUT
    ]
    lines = [
        {
            "check": one.check,
            "on": one.on,
            "status": one.status,
            "what was seen": f"{one.seen}\n→ {one.next}" if one.next else one.seen,
        }
        for one in sorted(shown, key=lambda one: -ORDER.index(one.status))
    ]
    output.table(lines, list(lines[0]), title="What was seen", as_json=False)
    typer.echo(", ".join(f"{count} {status}" for status, count in report.counts.items() if count) + ".")
