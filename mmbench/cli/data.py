"""The commands that get data: download, verify, and a new card."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mmbench.cli import output

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
sets = typer.Typer(help="Cards of datasets.", no_args_is_help=True)


def download(
    key: Annotated[str, typer.Argument(help="A dataset, or your own folder.")],
    split: Annotated[str | None, typer.Option(help="One split; all by default.")] = None,
    format: Annotated[Literal["parquet", "webdataset"], typer.Option(help="How to write it.")] = "parquet",  # noqa: A002
    to: Annotated[Path | None, typer.Option(help="A folder; without it only the cache is filled.")] = None,
    bring: Annotated[
        Path | None,
        typer.Option("--from", help="A file that you have, for sets with no public host; it is checked and copied."),
    ] = None,
    drop_raw: Annotated[
        bool, typer.Option("--drop-raw", help="Delete the fetched files once the rows are built (tars are kept).")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be fetched; fetch nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch and check a dataset's splits, and write them where you want them. A download that was cut off goes on."""
    from mmbench import data
    from mmbench.loaders import get_card

    if dry_run:
        costs = data.download_cost(key, split)
        rows = [{"split": one.split, "files": one.files, "bytes": one.bytes, "size": size(one.bytes)} for one in costs]
        output.table(rows, ["split", "files", "bytes", "size"], title=f"{key}: to fetch", as_json=as_json)
        return
    if bring is not None:
        data.bring(key, bring)
    written = data.download(key, split, format=format, to=to, drop_raw=drop_raw, progress=not as_json)
    found = data.splits_of(get_card(key), split, progress=False)
    rows = [
        {
            "split": name,
            "samples": len(one),
            "evidence": one.evidence,
            "revision": one.revision,
            "fingerprint": one.fingerprint[:16],
        }
        for name, one in found.items()
    ]
    output.table(rows, list(rows[0]), title=key, as_json=as_json)
    if not as_json:
        for path in written:
            typer.echo(str(path))


def verify(
    keys: Annotated[list[str] | None, typer.Argument(help="Datasets.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every card that anybody can fetch (access: open).")] = False,
    split: Annotated[list[str] | None, typer.Option(help="Only this split; may be given several times.")] = None,
    out: Annotated[Path, typer.Option(help="Where receipts go; commit them under loaders/receipts.")] = Path(
        "receipts"
    ),
    drop_raw: Annotated[bool, typer.Option("--drop-raw", help="Delete the fetched files after each dataset.")] = False,
    as_json: Json = False,
) -> None:
    """Check datasets against their upstream and write receipts: date, commit, hash of every file, fingerprints, counts."""
    from mmbench import data
    from mmbench.errors import RunFailedError, UserError

    wanted = data.verifiable() if every else list(keys or ())
    if not wanted:
        raise UserError("Name the datasets to verify, or say --all (see `mmbench list datasets`).")
    rows: list[dict[str, Any]] = []
    for key in wanted:
        try:
            receipt, path = data.verify(key, split or (), folder=out, drop_raw=drop_raw, progress=not as_json)
            counts = sum(one.count for one in receipt.splits.values())
            rows.append({"dataset": key, "result": "verified", "samples": counts, "receipt or reason": str(path)})
        except UserError as error:
            if len(wanted) == 1:
                raise
            rows.append({"dataset": key, "result": "FAILED", "samples": 0, "receipt or reason": str(error)})
    output.table(rows, list(rows[0]), title="verified against the upstream", as_json=as_json)
    failed = [row["dataset"] for row in rows if row["result"] == "FAILED"]
    if failed:
        raise RunFailedError(
            f"{len(failed)} of {len(rows)} datasets are not what their cards say: {', '.join(failed)}."
        )


@sets.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name in lower case, as my-photos.")],
    repo: Annotated[str, typer.Option(help="The dataset repository on the hub.")] = "me/my-set",
    folder: Annotated[Path, typer.Option(help="Where the two files go.")] = Path(),
) -> None:
    """Write a card that runs, and its twin: change the columns, then look at it with `mmbench peek`."""
    from mmbench import data

    card, twin = data.new_card(name, repo, folder)
    module = card.stem
    typer.echo(f"{card}\n{twin}")
    typer.echo(f"Change the columns in {card.name}; its twin follows. Then:")
    typer.echo(f"  mmbench peek {module}:TWIN        a page of the synthetic twin")
    typer.echo(f"  mmbench check {module}:TWIN       the checks on it")
    typer.echo(f"  mmbench download {module}:CARD    the real thing, verified")


def size(count: int) -> str:
    """Bytes in the unit that people read."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
