"""Rows of any table or frame as samples: columns get roles by their names, rows that caption one file become one sample."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmbench.errors import UserError
from mmbench.files import canonical_json
from mmbench.loaders.own.folder import listed
from mmbench.loaders.own.kinds import stem_of
from mmbench.loaders.own.splits import UNASSIGNED, split_named
from mmbench.samples import MediaPart, Part, Sample, TextPart

ROLES: Mapping[str, tuple[str, ...]] = {
    "file": ("file_name", "file", "filename", "filepath", "file_path", "path", "media"),
    "image": ("image", "images", "img", "picture", "photo", "image_path", "image_file", "image_name", "image_filename"),
    "audio": ("audio", "audios", "sound", "wav", "audio_path", "audio_file", "audio_name", "audio_filepath", "audio_filename"),
    "text": ("text", "texts", "caption", "captions", "transcript", "transcripts", "transcription", "sentence", "sentences"),
    "question": ("question", "questions"),
    "answer": ("answer", "answers"),
    "label": ("label", "labels"),
    "options": ("options", "choices"),
    "id": ("id", "sample_id", "uid"),
    "split": ("split",),
    "group": ("group",),
    "speaker": ("speaker", "speaker_id", "client_id"),
    "language": ("language", "lang", "locale"),
}  # fmt: skip
MEDIA = ("file", "image", "audio")
SEVERAL = {"file", "image", "audio", "text", "question"}  # roles that several columns can have
NUMBERED = re.compile(r"[ _-]?\d+$")
MAX_TEXT = 1_000_000  # characters of one text: beyond any caption, transcript or document page
Find = Callable[[Any, str, str], MediaPart | None]  # (cell, role, where) to a part; None where the cell is empty


@dataclass(frozen=True, slots=True)
class Record:
    """One row, read.

    Attributes:
        where: names the row in errors.
        content: its parts, in the order of the columns.
        blanks: texts that held nothing.
        asks: whether it holds more than captions (a question, an answer, a label, options), so that it stays a sample of its own.
    """

    where: str
    content: tuple[Part, ...]
    id: str | None = None
    split: str | None = None
    options: tuple[str, ...] = ()
    target: Any = None
    group: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    blanks: int = 0
    asks: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The files that its media are in; empty where they are bytes."""
        return tuple(part.path for part in self.content if isinstance(part, MediaPart) and part.path is not None)


def roles_of(columns: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The role of each column that has one: what the user says, else by its name. A role said by the user is not guessed beside it.

    Raises:
        UserError: a column that does not exist, a role that there is not, one role for two columns where only one can have it.
    """
    absent = [column for column in given if column not in columns]
    if absent:
        raise UserError(f"There is no column {absent[0]!r}: the columns are {', '.join(map(str, columns))}.")
    said = {column: _role_named(role) for column, role in given.items()}
    roles = dict(said)
    for column in columns:
        role = guessed_role(str(column))
        if role is not None and column not in roles and role not in said.values():
            taken = role in roles.values() and role not in SEVERAL
            if not taken:
                roles[column] = role
    doubled = [role for role, n in Counter(said.values()).items() if n > 1 and role not in SEVERAL]
    if doubled:
        raise UserError(f"Two columns are said to be {doubled[0]!r}: only one can be.")
    return {column: roles[column] for column in columns if column in roles}


def guessed_role(column: str) -> str | None:
    """The role that a column's name says: ``text`` for ``Caption_2``; ``None`` where it says nothing."""
    name = column.strip().lower().replace(" ", "_").replace("-", "_")
    for role, spellings in ROLES.items():
        if name in spellings:
            return role
    bare = NUMBERED.sub("", name)
    return next((role for role in SEVERAL if bare != name and bare in ROLES[role]), None)


def names_media(columns: Sequence[str], given: Mapping[str, str]) -> bool:
    """Whether some column holds pictures, sounds or their names."""
    said = {column for column, role in given.items() if role in ROLES and role not in MEDIA}
    marked = any(given.get(column) in MEDIA for column in columns)
    return marked or any(guessed_role(str(column)) in MEDIA for column in columns if column not in said)


def record_of(cells: Mapping[str, Any], roles: Mapping[str, str], find: Find, where: str) -> Record:
    """One row read by the roles of its columns; ``find`` turns a cell into a picture or a sound."""
    by_role = {role: cells.get(column) for column, role in roles.items() if role not in SEVERAL}
    language = _word(by_role.get("language"))
    content: list[Part] = []
    blanks = 0
    for column, role in roles.items():
        if role in MEDIA:
            found = (find(cell, role, where) for cell in as_list(cells.get(column)))
            content += [part for part in found if part is not None and part not in content]
        elif role in SEVERAL:
            texts = [_text(cell, where) for cell in as_list(cells.get(column))]
            blanks += sum(not text.strip() for text in texts)
            content += [TextPart(text, language) for text in texts if text.strip()]
    speaker = _word(by_role.get("speaker"))
    asked = [by_role.get(name) for name in ("answer", "label", "options")]
    split = _word(by_role.get("split"))
    answer = plain(by_role.get("answer"), where)
    label = plain(by_role.get("label"), where)
    meta = {
        str(column): plain(cell, f"{where} in {str(column)!r}")
        for column, cell in cells.items()
        if column not in roles and cell is not None
    }
    return Record(
        where,
        tuple(content),
        id=_word(by_role.get("id")),
        split=None if split is None else split_named(split, where),
        options=tuple(str(option) for option in as_list(by_role.get("options"))),
        target=label if answer is None else as_answers(answer),
        group=_word(by_role.get("group")) or speaker,
        meta=meta
        | ({} if speaker is None else {"speaker": speaker})
        | ({} if label is None or answer is None else {"label": label}),
        blanks=blanks,
        asks="question" in roles.values() or any(value is not None for value in asked),
    )


def assembled(records: Iterable[Record], split: str, at: str) -> Iterator[tuple[str, Sample]]:
    """Samples of rows whose media are files: rows that only caption the same files are one, in the place of the first.

    Args:
        records: the rows.
        split: of rows in a table without splits.
        at: the absolute folder that ids are relative to.
    """
    rows: dict[tuple[Any, ...], list[Record]] = {}
    for number, record in enumerate(records):
        alone = record.asks or not record.files
        rows.setdefault((number,) if alone else (record.split, record.id, record.files), []).append(record)
    default = UNASSIGNED if any(group[0].split for group in rows.values()) else split
    shared = Counter(group[0].files for group in rows.values() if group[0].files)
    seen: Counter[tuple[str | None, str]] = Counter()
    for group in rows.values():
        first = group[0]
        name = first.id
        stem = stem_of(first.files[0].removeprefix(f"{at}/")) if first.files else None
        if name is None:
            base = stem or first.where.replace(" line ", ":")
            seen[first.split, base] += 1
            name = base if seen[first.split, base] == 1 else f"{base}:{seen[first.split, base]}"
        family = stem if stem is not None and shared[first.files] > 1 else None
        yield first.split or default, _sample(name, group, first.group or family)


def streamed(records: Iterable[Record], split: str, start: int = 0) -> Iterator[tuple[str, Sample]]:
    """Samples of rows whose media are bytes: each is one, named by its ``id`` or its number from ``start``, and none is held."""
    for number, record in enumerate(records, start):
        yield record.split or split, _sample(record.id or f"{number:06d}", [record], record.group)


def refuse_doubled(ids: Mapping[str, Counter[str]]) -> None:
    """``UserError`` with their number and the first, where a split holds an id twice."""
    for split, counts in ids.items():
        doubled = [key for key, n in counts.items() if n > 1]
        if doubled:
            raise UserError(
                f"{len(doubled)} ids of the split {split!r} stand for more than one sample ({listed(doubled)}): "
                "give each its own, or leave the column out to name samples by their files."
            )


def as_list(value: Any) -> list[Any]:
    """A cell as a list: a list (also as JSON) stays one, nothing is none, a single value is one."""
    if is_empty(value):
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        return found if isinstance(found, list) and all(isinstance(item, str) for item in found) else [value]
    if isinstance(value, list | tuple):
        return [item for item in value if item is not None]
    return value.tolist() if type(value).__name__ == "ndarray" and value.ndim == 1 else [value]


def as_answers(value: Any) -> Any:
    """A gold answer: a JSON list in a string becomes a list, everything else stays."""
    found = as_list(value) if isinstance(value, str) else value
    return value if found == [value] else found


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing: ``None``, ``""``, or the NaN that pandas puts there."""
    return value is None or (isinstance(value, str) and not value) or (isinstance(value, float) and value != value)


def plain(value: Any, where: str) -> Any:
    """A cell as a JSON value; ``None`` where it is empty.

    Raises:
        UserError: it is no text, number, list or object of them.
    """
    if is_empty(value) or type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):  # a NumPy scalar or array
        value = value.tolist()
    try:
        return json.loads(canonical_json(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(
            f"{where} holds a {type(value).__name__} that is no JSON value: say with columns= what it is, or take it out."
        ) from error


def _sample(name: str, rows: list[Record], group: str | None) -> Sample:
    content: list[Part] = []
    for row in rows:
        content += [part for part in row.content if isinstance(part, TextPart) or part not in content]
    meta = _merged([row.meta for row in rows])
    blanks = sum(row.blanks for row in rows)
    if blanks:
        meta["blank_texts"] = blanks
    return Sample(name, tuple(content), rows[0].options, rows[0].target, group, meta)


def _merged(metas: list[Mapping[str, Any]]) -> dict[str, Any]:
    """One value per name where all rows agree, else the list of the rows' values."""
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for meta in metas for name in meta):
        values = [meta.get(name) for meta in metas]
        merged[name] = values[0] if all(value == values[0] for value in values) else values
    return merged


def _role_named(role: str) -> str:
    found = role if role in ROLES else guessed_role(role)
    if found is None:
        raise UserError(f"There is no role {role!r} for a column: choose from {', '.join(ROLES)}.")
    return found


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str | int | float):
        raise UserError(f"{where} holds a {type(value).__name__} where a text should be: say with columns= what it is.")
    text = str(value)
    if len(text) > MAX_TEXT:
        raise UserError(f"{where} holds a text of {len(text):,} characters, above {MAX_TEXT:,}: cut it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{where} holds half of a surrogate pair, which is no text: mend it.") from error
    return text


def _word(value: Any) -> str | None:
    if is_empty(value) or type(value).__name__ == "NAType":
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # pandas makes numbers of a column with gaps floats
    return str(value).strip() or None
