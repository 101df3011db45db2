"""The commands ``mmbench check`` and ``mmbench peek``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mmbench.cli import output

Where = Annotated[str, typer.Argument(metavar="KEY|DIR", help="A dataset's key, or a folder with your own data.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
SPLIT = "One split; leakage between splits is then not checked."
SHOWN_IDS = 3


def check(
    where: Where,
    split: Annotated[str | None, typer.Option(help=SPLIT)] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="About this many samples per split: whole groups.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for a page with the offending samples.")] = None,
    fail_on: Annotated[
        Literal["warn", "fail", "never"], typer.Option("--fail-on", help="Exit with 1 from this status on.")
    ] = "fail",
    as_json: Json = False,
) -> None:
    """Check that media decode, that parts belong together and that splits do not leak. Exit code 1 when a check fails."""
    from mmbench.checking import check as checked

    report = checked(where, split=split, limit=limit, progress=not as_json)
    page = None if out is None else report.to_html(out)
    if as_json:
        output.json_document(report.to_dict())
    else:
        rows = [
            {
                "check": one.check,
                "status": one.status.replace("_", " "),
                "found": one.n_bad or None,
                "of": f"{one.n_checked:,} {one.unit}" if one.n_checked else None,
                "what was seen": one.message,
                "first": ", ".join(one.ids[:SHOWN_IDS]) + (" …" if one.n_bad > SHOWN_IDS else ""),
            }
            for one in report.results
        ]
        output.table(rows, list(rows[0]), title=where, as_json=False)
        if page is not None:
            typer.echo(f"Open {page}; report.json is beside it.")
    worst = {"fail": not report.ok, "warn": bool(report.findings), "never": False}
    if worst[fail_on]:
        raise typer.Exit(1)


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
