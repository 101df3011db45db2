"""The commands ``mmbench compare`` and ``mmbench import``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmbench.cli import output
from mmbench.wording import count

if TYPE_CHECKING:
    from mmbench.comparing import Pair

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders of runs; the first is the baseline.")],
    fail_if_worse: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            min=0,
            help="Exit with 1 where a model is surely worse than the baseline, by more than this.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare models sample by sample: the difference with its interval, and whether they can be told apart."""
    from mmbench.comparing import compare as compared

    found = compared(runs)
    if as_json:
        output.json_document(found.to_dict())
    else:
        rows = [_row(pair) for pair in found.pairs]
        output.table(rows, list(rows[0]), title=count(len(rows), "comparison"), as_json=False)
        for line in found.left_out:
            typer.echo(f"Not compared: {line}.")
        typer.echo(
            "p: models exchanged by cluster, two-sided, corrected by Holm for all rows; better where it is below 0.05."
        )
    if fail_if_worse is not None:
        worse = found.regressions(fail_if_worse)
        for pair in worse:
            typer.echo(
                f"{pair.b} is worse than {pair.a} on {pair.task}: {pair.metric} by {pair.worse_by:.4f}.", err=True
            )
        if worse:
            raise typer.Exit(1)


def _row(pair: "Pair") -> dict[str, object]:
    interval = None if pair.low is None else f"[{pair.low:+.4f}, {pair.high:+.4f}]"
    counts = None if pair.wins is None else f"{pair.wins:,} / {pair.ties:,} / {pair.losses:,}"
    return {
        "task": pair.task,
        "metric": pair.metric + ("" if pair.higher_is_better else " (lower is better)"),
        "a": f"{pair.a} {_number(pair.value_a)}",
        "b": f"{pair.b} {_number(pair.value_b)}",
        "b - a": None if pair.difference is None else f"{pair.difference:+.4f}",
        "95 % interval": interval,
        "p (Holm)": None if pair.p_holm is None else f"{pair.p_holm:.4f}",
        "b wins / ties / loses": counts,
        "better": {"a": pair.a, "b": pair.b, "": "not told apart"}[pair.better],
    }


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What the other tool wrote, or a folder above.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Where run folders go.")] = Path("runs"),
    tool: Annotated[
        str | None, typer.Option(help="Only this tool's files: lmms-eval, VLMEvalKit, mteb or inspect_ai.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Import logs of lmms-eval, VLMEvalKit, mteb or inspect_ai as runs, for boards and comparisons. No model is run."""
    from mmbench.importing import import_logs

    found = import_logs(folder, output_dir=output_dir, tool=tool)
    rows = [
        {
            "model": run.model,
            "task": run.task,
            "metric": run.primary.metric,
            "value": run.primary.value,
            "95 % interval": None if run.primary.low is None else f"[{run.primary.low:.4f}, {run.primary.high:.4f}]",
            "n": run.primary.n,
            "computed": "as reported" if run.primary.low is None else "anew from samples",
            "folder": str(run.folder),
        }
        for run in found.runs
    ]
    if as_json:
        output.json_document({"runs": rows, "skipped": [str(one) for one in found.skipped]})
        return
    output.table(rows, list(rows[0]), title=f"{count(len(rows), 'run')} imported", as_json=False)
    for one in found.skipped:
        typer.echo(f"Left out: {one}.")
    typer.echo(f"Next: mmbench leaderboard build {output_dir}, mmbench compare {output_dir}.")
