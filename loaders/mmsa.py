"""The layout of MMSA's pickles of multimodal sentiment, and what it shares with other pickles of one array per modality."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.unpickling import Encoding
from mmbench.samples import FeaturesPart, Sample, TextPart

SPLITS: Mapping[str, str] = MappingProxyType({"train": "train", "valid": "validation", "test": "test"})
MODALITIES = ("text", "audio", "vision")
UNIMODAL = {"text": "regression_labels_T", "audio": "regression_labels_A", "vision": "regression_labels_V"}
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "raw_text": "text",
        "text": "features 'text': hidden states of a frozen BERT, rows after the last token as published",
        "audio": "features 'audio', cut to audio_lengths where the file has them",
        "vision": "features 'vision', cut to vision_lengths where the file has them",
        "id": "id; the part before '$_$' is the video, the group",
        "regression_labels": "target",
        "regression_labels_T/_A/_V": "meta.labels, where the file has them",
        "annotations": "meta.annotation",
        "classification_labels": "meta.class (deprecated upstream)",
        "text_bert": "not stored: token ids, which follow from raw_text",
    }
)


@dataclass(frozen=True, slots=True)
class MmsaLayout:
    """``{train, valid, test}`` to columns of one entry per clip.

    Values that are not finite become 0 (the official loader does so for -inf in audio alone) and are counted in ``meta.replaced``; a
    length outside its array is counted in ``meta.bad_lengths`` and the whole array is kept; a second clip of one id gets ``#2`` and
    ``meta.duplicate_of``. Nothing is dropped.

    Attributes:
        language: of the text (BCP 47).
        limit: labels lie in [-limit, limit].
        widths: per modality the features of one step, for the twin only: files are believed, configurations are not.
        aligned: the modalities share their steps and the file has no lengths.
        unimodal: the file has a label per modality.
    """

    language: str
    limit: float
    widths: Mapping[str, int]
    aligned: bool
    unimodal: bool = False

    @property
    def encoding(self) -> Encoding:
        """Python 3 wrote these files."""
        return "ASCII"

    def samples(self, data: Any) -> Iterator[tuple[str, Sample]]:
        """``(split, sample)``; ``ValueError`` where a column is missing or short, or a label is out of range."""
        needed = ["id", "raw_text", *MODALITIES, "regression_labels", *(UNIMODAL.values() if self.unimodal else ())]
        for name, columns in splits_of(data, needed):
            for row, (key, duplicate) in enumerate(unique_ids(columns["id"])):
                yield SPLITS[name], self._sample(columns, row, key, duplicate)

    def report(self, data: Any) -> dict[str, Any]:
        """Shapes and counted defects per split."""
        return {SPLITS[name]: defects(columns, "regression_labels") for name, columns in splits_of(data, ["id"])}

    def twin(self) -> Mapping[str, Any]:
        """Eight clips of four videos per split, with one -inf in the audio of the first training clip."""
        return {name: self._twin_split(name, seed) for seed, name in enumerate(SPLITS)}

    def _sample(self, columns: Mapping[str, Any], row: int, key: str, duplicate: str | None) -> Sample:
        name = duplicate or key
        video, cut, _ = name.partition("$_$")
        if not cut:
            raise ValueError(f"id {name!r} is not of the form video$_$clip")
        replaced: dict[str, int] = {}
        bad: dict[str, int] = {}
        parts = []
        for modality in MODALITIES:
            rows = columns[modality][row]
            if not self.aligned and f"{modality}_lengths" in columns:
                length = int(columns[f"{modality}_lengths"][row])
                good = 1 <= length <= len(rows)
                rows = rows[:length] if good else rows
                bad |= {} if good else {modality: length}
            values, count = finite_rows(rows, f"{modality} of {name}")
            replaced |= {modality: count} if count else {}
            parts.append(FeaturesPart(modality, values))
        notes = {"duplicate_of": duplicate, "replaced": replaced, "bad_lengths": bad}
        return Sample(
            key,
            (TextPart(plain_text(columns["raw_text"][row]), self.language), *parts),
            target=label(columns["regression_labels"][row], self.limit, name),
            group=video,
            meta=self._meta(columns, row, name) | {note: value for note, value in notes.items() if value},
        )

    def _meta(self, columns: Mapping[str, Any], row: int, name: str) -> dict[str, Any]:
        meta: dict[str, Any] = {}
        if "annotations" in columns:
            meta["annotation"] = plain_text(columns["annotations"][row])
        if "classification_labels" in columns:
            meta["class"] = label(columns["classification_labels"][row], np.inf, name)
        if self.unimodal:
            meta["labels"] = {part: label(columns[column][row], self.limit, name) for part, column in UNIMODAL.items()}
        return meta

    def _twin_split(self, name: str, seed: int) -> dict[str, Any]:
        random = np.random.default_rng(seed)
        labels = np.round(np.linspace(-self.limit, self.limit, 8), 1).astype(np.float32)
        steps = dict.fromkeys(MODALITIES, 6) if self.aligned else {"text": 6, "audio": 10, "vision": 8}
        columns: dict[str, Any] = {
            "raw_text": [f"made-up words {name} {row}" for row in range(8)],
            "id": [f"{name}{row // 2}$_${row % 2}" for row in range(8)],
            "annotations": ["Negative" if value < 0 else "Positive" for value in labels],
            "classification_labels": np.where(labels < 0, 0.0, 2.0),
            "regression_labels": labels,
            "text_bert": np.ones((8, 3, 6), dtype=np.float32),
        }
        for modality in MODALITIES:
            noise = random.normal(size=(8, steps[modality], self.widths[modality]))
            columns[modality] = (noise + labels[:, None, None]).astype(np.float32)
        if not self.aligned:
            columns |= {f"{part}_lengths": [steps[part] - row % 4 for row in range(8)] for part in ("audio", "vision")}
        if self.unimodal:
            columns |= {column: np.clip(labels + 0.1, -self.limit, self.limit) for column in UNIMODAL.values()}
        if name == "train":
            columns["audio"][0, 0, 0] = -np.inf
        return columns


def splits_of(data: Any, needed: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The columns of each split, all of one length. ``ValueError`` names what is missing or short."""
    for name in SPLITS:
        columns = data.get(name) if isinstance(data, dict) else None
        if not isinstance(columns, dict):
            raise ValueError(f"it has no split {name!r}")
        absent = [column for column in needed if column not in columns]
        if absent:
            raise ValueError(f"{name} has no column {absent[0]!r}")
        sizes = {column: len(values) for column, values in columns.items() if isinstance(values, list | np.ndarray)}
        wrong = [column for column, size in sizes.items() if size != sizes.get("id")]
        if wrong:
            raise ValueError(f"{name} has {sizes.get('id')} ids and {sizes[wrong[0]]} entries of {wrong[0]!r}")
        yield name, columns


def unique_ids(values: Sequence[Any]) -> Iterator[tuple[str, str | None]]:
    """Each id as text, and for a second of one name ``(name#2, name)``."""
    names = [plain_text(value) for value in values]
    seen: Counter[str] = Counter()
    taken = set(names)
    for name in names:
        seen[name] += 1
        unique = name
        while seen[name] > 1 and unique in taken:
            unique = f"{name}#{seen[name]}"
            seen[name] += unique in taken
        taken.add(unique)
        yield unique, None if unique == name else name


def finite_rows(values: Any, what: str) -> tuple[NDArray[np.float32], int]:
    """One clip's features ``(T, D)`` as float32 with zeros for what is not finite, and how many those were."""
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and so 0 and counted
        rows = np.array(values, dtype=np.float32)
    if rows.ndim != 2:
        raise ValueError(f"the features {what} have {rows.ndim} axes instead of steps and features")
    wrong = ~np.isfinite(rows)
    rows[wrong] = 0
    return rows, int(wrong.sum())


def label(value: Any, limit: float, name: str) -> float:
    """A label as the decimal number that was meant: 0.7 stored as float32 is 0.7, not 0.699999988."""
    one = np.ravel(value)
    if one.size != 1 or not np.isfinite(one[0]) or abs(one[0]) > limit:
        raise ValueError(f"the label of {name!r} is {value!r} and not one number in [{-limit:g}, {limit:g}]")
    return float(str(one[0])) if one.dtype == np.float32 else float(one[0])


def plain_text(value: Any) -> str:
    """Text as ``str``, from ``str``, bytes, a number or the parts of an id."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, np.ndarray | list | tuple):
        return "_".join(plain_text(item) for item in np.ravel(np.asarray(value, dtype=object)))
    return str(value)


def defects(columns: Mapping[str, Any], labels: str) -> dict[str, Any]:
    """What is wrong with one split, counted over the whole arrays (padding too)."""
    names = [plain_text(value) for value in columns["id"]]
    found: dict[str, Any] = {"samples": len(names), "repeated_ids": len(names) - len(set(names))}
    if "raw_text" in columns:
        found["empty_texts"] = sum(not plain_text(text).strip() for text in columns["raw_text"])
    if labels in columns:
        values = np.asarray(columns[labels], dtype=np.float64).ravel()
        good = values[np.isfinite(values)]
        found["labels"] = {"low": float(good.min()), "high": float(good.max())} if good.size else {}
        found["labels"]["not_finite"] = len(values) - len(good)
    for modality in MODALITIES:
        if modality in columns:
            found[modality] = _counted(columns[modality], columns.get(f"{modality}_lengths"))
    return found


def _counted(rows: Sequence[Any], lengths: Sequence[int] | None) -> dict[str, Any]:
    """Clip by clip, so that no second copy of a large array is made."""
    shapes: Counter[str] = Counter()
    totals: Counter[str] = Counter({"nan": 0, "-inf": 0, "inf": 0, "clips_not_finite": 0, "zero_clips": 0})
    for row in rows:
        values = np.asarray(row, dtype=np.float64)
        shapes["x".join(map(str, values.shape))] += 1
        counts = {"nan": np.isnan(values), "-inf": np.isneginf(values), "inf": np.isposinf(values)}
        totals.update({name: int(mask.sum()) for name, mask in counts.items()})
        totals["clips_not_finite"] += not np.isfinite(values).all()
        totals["zero_clips"] += not values.any()
    if lengths is not None:
        totals["bad_lengths"] = sum(not 1 <= int(n) <= len(row) for n, row in zip(lengths, rows, strict=True))
    return {"shapes": dict(shapes), **totals}
