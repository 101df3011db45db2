"""Shapes of repositories that several cards share: shards with captions, and the retrieval layout that asks with media."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mmbench.loaders.recipes import judged_pairs, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.hub import Rows, ToSamples
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Sample

PICTURES = ("jpeg", "png", "webp")  # spellings of the picture's member besides jpg


def captioned_shards(*values: str) -> Mapping[str, Table]:
    """The tables of webdataset shards that hold a picture and its captions, one a line.

    Args:
        values: texts of that form, for the twin.
    """
    columns = {
        "__key__": Column("string"),
        "jpg": Column("image", other_names=PICTURES),
        "txt": Column("string", values=values),
    }
    return {"rows": Table(columns, files=("{split}/*.tar",), format="tar")}


def captioned_pictures(fold: int | None = None) -> ToSamples:
    """One sample per picture of such shards, with a text part per line.

    Args:
        fold: how many consecutive pictures make a fold, whose number goes into ``meta["fold"]``; ``None`` for no folds.
    """
    inner = records("jpg", "txt", id="__key__")

    def samples(tables: Rows, split: str) -> Iterator[Sample]:
        def rows() -> Iterator[Row]:
            return (_with_lines(row) for row in tables["rows"]())

        for position, sample in enumerate(inner({"rows": rows}, split)):
            yield sample if fold is None else replace(sample, meta={"fold": position // fold})

    return samples


def media_with_texts(repo: str, revision: str | Unknown, column: str) -> HubSource:
    """A repository with ``queries`` that are media, a ``corpus`` of texts and ``qrels`` between them.

    Args:
        repo: the repository.
        revision: its commit.
        column: ``image`` or ``audio``: the media column, which is of that kind.
    """
    tables = {
        "queries": Table({"id": _ID, column: Column("audio" if column == "audio" else "image")}, "queries"),
        "corpus": Table({"id": _ID, "text": Column("string")}, "corpus"),
        "qrels": Table(
            {
                "query-id": Column("string", refers="queries.id"),
                "corpus-id": Column("string", refers="corpus.id"),
                "score": Column("integer", values=(1,)),
            },
            "qrels",
        ),
    }
    recipe = judged_pairs(media="queries", texts="corpus", column=column, media_first=True)
    return HubSource(repo, revision, tables, recipe)


_ID = Column("string", other_names=("_id",))


def _with_lines(row: Row) -> dict[str, Any]:
    return {**row, "txt": [line.strip() for line in row["txt"].split("\n") if line.strip()]}
