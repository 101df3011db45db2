"""The commands ``mmbench check`` and ``mmbench peek``."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mmbench.cli import output

if TYPE_CHECKING:
    from mmbench.loaders.checks import CheckReport
    from mmbench.loaders.checks.report import Bound

Where = Annotated[str, typer.Argument(metavar="KEY|DIR", help="A dataset's key, or a folder with your own data.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
SPLIT = "One split; leakage between splits is then not checked."
SHOWN_IDS = 3


def check(
    where: Where,
    against: Annotated[
        str | None, typer.Argument(metavar="[KEY|DIR]", help="Another dataset: look only for what stands in both.")
    ] = None,
    split: Annotated[str | None, typer.Option(help=SPLIT)] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="About this many samples per split: whole groups.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Embeds the pairs; by default frozen encoders with fitted maps.")
    ] = None,
    pairs: Annotated[int, typer.Option(min=0, help="Embed about this many samples; 0 leaves these checks out.")] = 1000,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for a page with the offending samples.")] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", help="A file of accepted findings: written where there is none, else it may only shrink."
        ),
    ] = None,
    fail_on: Annotated[
        Literal["warn", "fail", "never"], typer.Option("--fail-on", help="Exit with 1 from this status on.")
    ] = "fail",
    as_json: Json = False,
) -> None:
    """Check that media decode, that parts belong together and that splits do not leak. Exit code 1 when a check fails."""
    from mmbench.checking import check as checked
    from mmbench.loaders.checks.baseline import read_baseline, write_baseline

    before = read_baseline(baseline) if baseline is not None and baseline.exists() else None
    report = checked(
        where, against, split=split, limit=limit, model=model, pairs=pairs, accepted=before, progress=not as_json
    )
    page = None if out is None else report.to_html(out)
    kept = None if baseline is None else write_baseline(baseline, report, before)
    if as_json:
        output.json_document(report.to_dict())
    else:
        output.table(_rows(report), list(_rows(report)[0]), title=where, as_json=False)
        if report.bounds:
            bounds = [{**asdict(one), "limited": one.limited or None} for one in _primaries(report)]
            output.table(bounds, list(bounds[0]), title="What scores can be", as_json=False)
        for line in _ending(report, page, baseline if before is None else None, kept):
            typer.echo(line)
    worst = {"fail": not report.ok, "warn": bool(report.findings), "never": False}
    if worst[fail_on] and not (baseline is not None and before is None):
        raise typer.Exit(1)


def _rows(report: "CheckReport") -> list[dict[str, object]]:
    """What applies, what is open first."""
    order = {result.check: number for number, result in enumerate(report.findings)}
    applied = [one for one in report.results if one.status != "not_applicable"]
    return [
        {
            "check": one.check,
            "status": one.status + (", known" if one.accepted else ""),
            "found": one.n_bad or None,
            "of": f"{one.n_checked:,} {one.unit}",
            "what was seen": one.message,
            "first": ", ".join(one.ids[:SHOWN_IDS]) + (" …" if one.n_bad > SHOWN_IDS else ""),
        }
        for one in sorted(applied, key=lambda one: order.get(one.check, len(order)))
    ]


def _primaries(report: "CheckReport") -> "list[Bound]":
    """The score that each task ranks by."""
    from mmbench.tasks import tasks_on

    ranked = {task.id: task.primary for task in tasks_on(next(iter(report.splits.values())).card)}
    return [one for one in report.bounds if ranked.get(one.task) == one.metric]


def _ending(
    report: "CheckReport", page: Path | None, written: Path | None, kept: Mapping[str, frozenset[str]] | None
) -> Iterator[str]:
    counted = Counter(one.status for one in report.findings)
    open_ones = ", ".join(f"{n} {status}" for status, n in counted.items())
    known = f"; {len(report.known)} known" if report.known else ""
    absent = [one.check for one in report.results if one.status == "not_applicable"]
    if absent:
        yield f"Do not apply here: {', '.join(absent)}."
    yield f"{len(report.results) - len(absent)} checks: {open_ones or 'nothing open'}{known}. Report {report.digest[:12]}."
    if written is not None:
        yield f"Accepted the findings of {len(kept or ())} checks in {written}; from now on they may only shrink."
    if page is not None:
        yield f"Open {page}; report.json is beside it."


def peek(
    where: Where,
    split: Annotated[str | None, typer.Option(help="The split; test by default, or the first.")] = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, max=500, help="How many samples.")] = 24,
    seed: Annotated[int | None, typer.Option(help="Draw samples at random; the first ones by default.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file; <key>-<split>.html in this folder by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a page of samples: pictures, texts, sounds, answers."""
    from mmbench.checking import peek as peeked

    path = peeked(where, split=split, n=n, seed=seed, out=out)
    if as_json:
        output.json_document({"page": str(path), "bytes": path.stat().st_size})
    else:
        typer.echo(f"Open {path} ({path.stat().st_size / 1e6:.1f} MB).")
