"""Compositional choice: which caption belongs to a picture, and which picture to a caption, where the wrong ones are almost right."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.compositional import caption_choice_metric, winoground_scores_metric
from mmbench.metrics.spec import Array
from mmbench.samples import Modality, Sample, SamplePair, TextPart
from mmbench.tasks.base import (
    Ask,
    Bounds,
    Lazy,
    Load,
    Output,
    Phase,
    Plan,
    Same,
    Scored,
    Stage,
    Task,
    clusters_of,
    failed_mask,
)
from mmbench.tasks.labels import paired_cosines, snapped

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Board:
    """The pictures and captions of a split, each content once, and which of them every sample puts together.

    Attributes:
        dataset: the split.
        names: of the distinct pictures: the id of the first sample that holds it, ``#1`` behind it for that sample's second picture.
        places: where each is: ``(position, number)``.
        prints: their fingerprints.
        captions: the distinct texts.
        cells: ``(pairs, 2)``: picture and caption of each pair, numbers of the above, sample by sample.
        owner: ``(pairs,)`` the sample of each pair.
        right: ``(pairs,)`` whether they belong together.
    """

    dataset: PairedDataset
    names: Sequence[str]
    places: Sequence[tuple[int, int]]
    prints: Sequence[str]
    captions: Sequence[str]
    cells: IntArray
    owner: IntArray
    right: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ChoiceTask(Task):
    """A picture and captions of which one is right, or two pictures and two captions (Winoground).

    Every distinct picture and caption is embedded once and compared by cosine; or a model scores each pair (``score_pairs``: left the
    picture, right the caption), which is another protocol. Where the right caption stands among the options makes no difference.

    Attributes:
        language: of the captions.
        square: content is two pictures and two captions, caption i belonging to picture i; else the captions are the options.
        group_by: the name in ``meta`` of what the mean over groups goes over.
    """

    language: str = "en"
    square: bool = False
    group_by: str | None = None

    @property
    def kind(self) -> str:
        """``compositional-choice``."""
        return "compositional-choice"

    @property
    def ask(self) -> Ask:
        """``embed``."""
        return "embed"

    @property
    def asks(self) -> tuple[Ask, ...]:
        """``embed``, or ``score_pairs``."""
        return ("embed", "score_pairs")

    @property
    def frozen(self) -> bool:
        """Nothing is fitted for it by the model."""
        return True

    @property
    def modalities(self) -> frozenset[Modality]:
        """Pictures and text."""
        return frozenset({Modality.IMAGE, Modality.TEXT})

    @property
    def changeable(self) -> frozenset[Modality]:
        """Pictures; captions only where they are no options."""
        return self.modalities if self.square else frozenset({Modality.IMAGE})

    @property
    def protocol(self) -> Mapping[str, Any]:
        """How pictures and captions are put together, and what ties are worth."""
        return {
            "pairs": "2 x 2" if self.square else "picture x options",
            "language": self.language,
            "similarity": "cosine",
            "ties": "wrong" if self.square else "expected",
            **({} if self.group_by is None else {"groups": self.group_by}),
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """Two stages, pictures and captions, or one of pairs."""
        dataset = self.split_for(load, limit, seed)
        board = self._board(dataset)
        targets = self._targets(board) if privileged else None
        stages = self._pairs(board, dataset.ids, targets) if ask == "score_pairs" else self._sides(board, targets)
        groups = self._groups(dataset)
        return Plan(
            phases=(Phase("all", stages, lambda: ([], [])),),
            score=partial(self._score, stages, board, dataset.ids, clusters_of(dataset), groups),
            n=len(dataset),
            floors=self._values(np.zeros(len(board.cells)), board, groups, floor=True),
            ceilings=self._values(_known(board, *board.cells.T.tolist()), board, groups),
            notes={"pictures": len(board.names), "captions": len(board.captions)},
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model scores each distinct picture and caption by how often they belong together."""
        plan, dataset = self.plan(load), load(self.split)
        board = self._board(dataset)
        pictures = [same(print_) for print_ in board.prints]
        captions = [same(TextPart(text).fingerprint) for text in board.captions]
        known = _known(
            board, [pictures[one] for one in board.cells[:, 0]], [captions[one] for one in board.cells[:, 1]]
        )
        unsure = len(set(board.owner[known != board.right].tolist()))
        return Bounds(plan.n, plan.floors, self._values(known, board, self._groups(dataset)), unsure)

    def _board(self, dataset: PairedDataset) -> Board:
        pictures: dict[str, int] = {}
        names: list[str] = []
        places: list[tuple[int, int]] = []
        captions: dict[str, int] = {}
        cells, owner, right = [], [], []
        for row, sample in enumerate(dataset):
            shown = sample.parts(Modality.IMAGE)
            texts = (
                [part.text for part in sample.content if isinstance(part, TextPart)] if self.square else sample.options
            )
            if not self.square and sample.target not in texts:
                raise ValueError(f"the right caption of {sample.id!r} is none of its options")
            for number, part in enumerate(shown):
                picture = pictures.setdefault(part.fingerprint, len(pictures))
                if picture == len(names):
                    names.append(sample.id if number == 0 else f"{sample.id}#{number}")
                    places.append((row, number))
                first = None if self.square else texts.index(sample.target)
                for place, text in enumerate(texts):
                    cells.append((picture, captions.setdefault(text, len(captions))))
                    owner.append(row)
                    right.append(place == (number if first is None else first))
        return Board(
            dataset,
            names,
            places,
            list(pictures),
            list(captions),
            np.asarray(cells, dtype=np.int64).reshape(-1, 2),
            np.asarray(owner, dtype=np.int64),
            np.asarray(right, dtype=bool),
        )

    def _groups(self, dataset: PairedDataset) -> IntArray | None:
        if self.group_by is None:
            return None
        names = [str(sample.meta[self.group_by]) for sample in dataset]
        return np.asarray(np.unique(names, return_inverse=True)[1], dtype=np.int64)

    def _targets(self, board: Board) -> list[tuple[str, ...]]:
        """Per picture the numbers of its right captions: what the oracle is shown; a caption's are its own."""
        found: list[dict[str, None]] = [{} for _ in board.names]
        for (picture, caption), good in zip(board.cells.tolist(), board.right, strict=True):
            if good:
                found[picture][str(caption)] = None
        return [tuple(keys) for keys in found]

    def _picture(self, board: Board, targets: list[tuple[str, ...]] | None, number: int) -> Sample:
        position, place = board.places[number]
        part = board.dataset[position].parts(Modality.IMAGE)[place]
        return Sample(board.names[number], (part,), target=None if targets is None else targets[number])

    def _caption(self, board: Board, targets: list[tuple[str, ...]] | None, number: int) -> Sample:
        target = None if targets is None else (str(number),)
        return Sample(f"caption-{number}", (TextPart(board.captions[number], self.language),), target=target)

    def _sides(self, board: Board, targets: list[tuple[str, ...]] | None) -> tuple[Stage, ...]:
        names = board.names
        texts = [f"caption-{number}" for number in range(len(board.captions))]
        pictures = Lazy(len(names), partial(self._picture, board, targets))
        captions = Lazy(len(texts), partial(self._caption, board, targets))
        return (
            Stage("pictures", "embed", names, pictures, frozenset({Modality.IMAGE})),
            Stage("captions", "embed", texts, captions, frozenset({Modality.TEXT})),
        )

    def _pairs(self, board: Board, ids: Sequence[str], targets: list[tuple[str, ...]] | None) -> tuple[Stage, ...]:
        def pair(index: int) -> SamplePair:
            picture, caption = board.cells[index].tolist()
            return self._picture(board, targets, picture), self._caption(board, targets, caption)

        starts = np.searchsorted(board.owner, board.owner)
        names = [f"{ids[row]}/{place}" for row, place in zip(board.owner, np.arange(len(starts)) - starts, strict=True)]
        return (Stage("pairs", "score_pairs", names, Lazy(len(names), pair), self.modalities),)

    def _score(
        self,
        stages: tuple[Stage, ...],
        board: Board,
        ids: Sequence[str],
        clusters: Sequence[str],
        groups: IntArray | None,
        outputs: Mapping[str, Output],
    ) -> Scored:
        found = [outputs[stage.name] for stage in stages]
        failed = [failed_mask(stage, output) for stage, output in zip(stages, found, strict=True)]
        if len(stages) == 1:
            scores, dead = np.nan_to_num(np.asarray(found[0].values, dtype=np.float64)[:, 0]), failed[0]
        else:
            scores = paired_cosines(found[0].values, found[1].values, board.cells, self.id)
            dead = failed[0][board.cells[:, 0]] | failed[1][board.cells[:, 1]]
        errors = self._errors(stages, found, board, ids, dead)
        broken = np.zeros(len(ids), dtype=bool)
        broken[board.owner[dead]] = True
        arrays = self._arrays(scores, board, groups, broken)
        return Scored(list(ids), arrays, list(clusters), None, errors, self._shown(scores, board, len(ids)))

    def _errors(
        self, stages: tuple[Stage, ...], found: list[Output], board: Board, ids: Sequence[str], dead: NDArray[np.bool_]
    ) -> dict[str, str]:
        """A reason per sample that has a failed picture, caption or pair."""
        errors: dict[str, str] = {}
        for pair in np.flatnonzero(dead).tolist():
            places = [pair] if len(stages) == 1 else board.cells[pair].tolist()
            for stage, output, place in zip(stages, found, places, strict=True):
                if stage.ids[place] in output.errors:
                    errors.setdefault(ids[board.owner[pair]], output.errors[stage.ids[place]])
        return errors

    def _arrays(
        self, scores: Array, board: Board, groups: IntArray | None, broken: NDArray[np.bool_] | None = None
    ) -> dict[str, Array]:
        table, right = self._table(scores, board)
        if broken is not None and broken.any():
            worst = 0.0 if self.square else np.where(right, -1.0, 0.0)[broken]
            table[broken] = np.where(np.isneginf(table[broken]), -np.inf, worst)
        if self.square:
            return self.metric.per_sample(table.reshape(-1, 2, 2).transpose(0, 2, 1))
        found = (table, right.argmax(axis=1))
        return self.metric.per_sample(*found) if groups is None else self.metric.per_sample(*found, groups)

    def _table(self, scores: Array, board: Board) -> tuple[Array, NDArray[np.bool_]]:
        """Scores and what is right, a row per sample and a column per pair; minus infinity where a sample has fewer."""
        sizes = np.bincount(board.owner)
        place = np.arange(len(scores)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        table = np.full((len(sizes), int(sizes.max())), -np.inf)
        right = np.zeros(table.shape, dtype=bool)
        table[board.owner, place], right[board.owner, place] = scores, board.right
        return snapped(table), right

    def _values(
        self, scores: Array, board: Board, groups: IntArray | None, *, floor: bool = False
    ) -> dict[str, float | None]:
        """The values of scores per pair; what guessing gets under Winoground's strict rule stands on the metric's keys."""
        if self.square and floor:
            return {key: facts.chance for key, facts in self.metric.keys.items()}
        found = self.metric.aggregate(self._arrays(scores, board, groups))
        return {key: None if self.metric.keys[key].count else value for key, value in found.items()}

    def _shown(self, scores: Array, board: Board, n: int) -> dict[str, list[str | float | None]]:
        if self.square:
            return {}
        best: list[str | float | None] = [None] * n
        right: list[str | float | None] = [None] * n
        top = np.full(n, -np.inf)
        for pair, row in enumerate(board.owner.tolist()):
            text = board.captions[int(board.cells[pair, 1])]
            if scores[pair] > top[row]:
                top[row], best[row] = scores[pair], text
            if board.right[pair]:
                right[row] = text
        return {"chosen": best, "right": right}


def _known(board: Board, pictures: Sequence[Hashable], captions: Sequence[Hashable]) -> Array:
    """Per pair how often pairs of the same content belong together: the scores of a model that knows everything."""
    alike: defaultdict[tuple[Hashable, Hashable], list[int]] = defaultdict(list)
    for pair, content in enumerate(zip(pictures, captions, strict=True)):
        alike[content].append(pair)
    found = np.zeros(len(board.cells))
    for pairs in alike.values():
        found[pairs] = board.right[pairs].mean()
    return found


def choice_task(
    dataset: str, title: str, *, square: bool = False, group_by: str | None = None, split: str = "test"
) -> ChoiceTask:
    """Version 1 of ``dataset.choice``: Winoground's group score, or accuracy, over groups where the paper reports that."""
    return ChoiceTask(
        id=f"{dataset}.choice",
        title=f"{title}, choice",
        dataset=dataset,
        split=split,
        train_split=None,
        valid_split=None,
        version=1,
        metric=winoground_scores_metric() if square else caption_choice_metric(groups=group_by is not None),
        primary="group" if square else "accuracy" if group_by is None else "group_accuracy",
        square=square,
        group_by=group_by,
    )
