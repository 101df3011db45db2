"""Recipes from upstream rows to samples: the few shapes that published sets come in. A card picks one and names the columns."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from mmbench.errors import UserError
from mmbench.loaders.sources.hub import Rows, ToSamples
from mmbench.loaders.tables import Row
from mmbench.samples import MediaPart, Modality, Part, Sample, TextPart

Get: TypeAlias = str | Callable[[Row], Any]  # a column, or a function of the row
Languages: TypeAlias = str | Mapping[str, str] | None  # a BCP 47 tag, or one per column; "{split}" is the card's split


def records(
    *content: str,
    table: str = "rows",
    id: Get | Sequence[str] | None = None,  # noqa: A002  (the field of a sample)
    target: Get | None = None,
    options: Get | None = None,
    group: Get | None = None,
    meta: Sequence[str] | Mapping[str, Get] = (),
    language: Languages = "en",
    keep: Callable[[Row], bool] | None = None,
) -> ToSamples:
    """One sample per row of one table.

    Args:
        content: the columns whose values are the content, in order; a list column gives as many parts as it has values.
        table: which table.
        id: a column, several (joined by ``-``) or a function; the row's number with the split's name where nothing identifies a row.
        target: the gold answer; JSON values.
        options: the choices, a list of strings.
        group: what the row shares with others; a media column stands for its content.
        meta: columns, or names with columns or functions.
        language: of the text; a mapping names it per column, of columns with speech too.
        keep: rows for which this is false belong to another split.
    """

    def samples(tables: Rows, split: str) -> Iterator[Sample]:
        rows = (row for row in tables[table]() if keep is None or keep(row))
        for number, row in enumerate(rows):
            yield Sample(
                _identifier(row, id, f"{split}-{number}"),
                parts(row, content, language, split),
                options=tuple(_got(row, options) or ()) if options else (),
                target=_got(row, target) if target else None,
                group=None if group is None else _name(_got(row, group)),
                meta=_meta(row, meta),
            )

    return samples


def judged_pairs(
    *,
    media: str,
    texts: str,
    column: str,
    media_first: bool,
    language: Languages = "en",
) -> ToSamples:
    """The layout of retrieval sets with ``queries``, ``corpus`` and ``qrels``: one sample per media item, with the texts judged relevant.

    Args:
        media: the table that holds pictures or sounds.
        texts: the table that holds texts.
        column: the media column, ``image`` or ``audio``.
        media_first: whether ``query-id`` names the media (else the texts).
        language: of the texts.
    """
    media_key, text_key = ("query-id", "corpus-id") if media_first else ("corpus-id", "query-id")

    def samples(tables: Rows, split: str) -> Iterator[Sample]:
        words = {row["id"]: row["text"] for row in tables[texts]()}
        relevant: defaultdict[str, list[str]] = defaultdict(list)
        for row in tables["qrels"]():
            if row["score"] > 0:
                relevant[row[media_key]].append(row[text_key])
        for row in tables[media]():
            judged = relevant.pop(row["id"], [])
            _require(judged, words, f"the judgement of {row['id']!r}", texts)
            tag = _tag(language, "text", split)
            yield Sample(
                row["id"],
                (row[column], *(TextPart(words[key], tag) for key in judged)),
                meta={"text_ids": judged},
            )
        _require(relevant, (), "a judgement", media)

    return samples


def joined(
    *content: str, rows: str, on: str, media: str, key: str, column: str, target: Get, meta: Sequence[str] = ()
) -> ToSamples:
    """Questions in one table and their media in another, joined on a key. A question without its media is an error.

    Args:
        content: columns of the questions' table that follow the media.
        rows: the table of questions.
        on: its column that names the media.
        media: the table of media.
        key: the name of a medium there.
        column: the medium there.
        target: the gold answer.
        meta: columns of the questions' table.
    """

    def samples(tables: Rows, split: str) -> Iterator[Sample]:
        held = {row[key]: row[column] for row in tables[media]()}
        for row in tables[rows]():
            _require([row[on]], held, f"question {row['id']!r}", media)
            yield Sample(
                row["id"],
                (held[row[on]], *parts(row, content, "en", split)),
                target=_got(row, target),
                group=str(row[on]),
                meta=_meta(row, meta),
            )

    return samples


def parts(row: Row, columns: Sequence[str], language: Languages, split: str) -> tuple[Part, ...]:
    """The parts that some columns of a row hold, in order, tagged with their language."""
    found: list[Part] = []
    for column in columns:
        tag = _tag(language, column, split)
        values = row[column] if isinstance(row[column], list) else [row[column]]
        spoken = tag if isinstance(language, Mapping) else None  # a tag for everything is meant for the text
        found.extend(_part(value, tag, spoken) for value in values if value is not None)
    return tuple(found)


def lettered(*columns: str) -> Callable[[Row], list[str]]:
    """Options that stand in columns of their own (``A``, ``B``, …); empty ones at the end do not exist."""
    return lambda row: [row[name] for name in columns if row[name] is not None and row[name] != ""]


def chosen(options: Get, index: str) -> Callable[[Row], str]:
    """The gold answer as text, where the upstream gives its position among the options."""

    def answer(row: Row) -> str:
        found = _got(row, options)
        if not 0 <= row[index] < len(found):
            raise UserError(
                f"an answer is number {row[index]} of {len(found)} options: the upstream's rows are damaged."
            )
        return str(found[row[index]])

    return answer


def by_letter(options: Get, letter: str) -> Callable[[Row], str]:
    """The gold answer as text, where the upstream gives its letter (``A`` is the first option)."""

    def answer(row: Row) -> str:
        found, position = _got(row, options), ord(str(row[letter]).strip().upper()[:1] or "?") - ord("A")
        if not 0 <= position < len(found):
            raise UserError(
                f"the answer {row[letter]!r} is none of {len(found)} options: the upstream's rows are damaged."
            )
        return str(found[position])

    return answer


def class_name(column: str, names: Sequence[str]) -> Callable[[Row], str]:
    """The name of the class whose number stands in ``column``; a name that the file itself gives is kept."""

    def name(row: Row) -> str:
        value = row[column]
        if isinstance(value, str):
            return value
        if not 0 <= value < len(names):
            raise UserError(
                f"{column} is {value}, but there are {len(names)} classes: the upstream's rows are damaged."
            )
        return names[value]

    return name


def from_path(column: str, pattern: str) -> Callable[[Row], str | None]:
    """The first group of a pattern in the name that upstream stores beside a medium (a speaker, often); ``None`` where it has none."""
    expression = re.compile(pattern)

    def found(row: Row) -> str | None:
        match = expression.search(str(row.get(f"{column}.path") or ""))
        return None if match is None else match[1]

    return found


def _part(value: Any, written: str | None, spoken: str | None) -> Part:
    if isinstance(value, MediaPart):
        return replace(value, language=spoken) if value.modality is Modality.AUDIO else value
    return TextPart(str(value), written)


def _tag(language: Languages, column: str, split: str) -> str | None:
    found = language.get(column) if isinstance(language, Mapping) else language
    return split if found == "{split}" else found


def _got(row: Row, get: Get) -> Any:
    return row[get] if isinstance(get, str) else get(row)


def _identifier(row: Row, get: Get | Sequence[str] | None, otherwise: str) -> str:
    if get is None:
        return otherwise
    if isinstance(get, str) or callable(get):
        return str(_got(row, get))
    return "-".join(str(row[name]) for name in get)


def _name(value: Any) -> str | None:
    if value is None:
        return None
    return value.sha256[:16] if isinstance(value, MediaPart) else str(value)


def _meta(row: Row, meta: Sequence[str] | Mapping[str, Get]) -> Mapping[str, Any]:
    wanted = meta if isinstance(meta, Mapping) else {name: name for name in meta}
    return {name: _got(row, get) for name, get in wanted.items()}


def _require(wanted: Any, present: Any, who: str, table: str) -> None:
    missing = next((key for key in wanted if key not in present), None)
    if missing is not None:
        raise UserError(
            f"{who} names {missing!r}, which is not in the table {table!r}: the upstream's tables do not belong together."
        )
