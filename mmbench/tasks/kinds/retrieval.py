"""Retrieval between two modalities: every query ranks the whole gallery."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import RunFailedError
from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.retrieval import retrieval_chance, retrieval_metric
from mmbench.samples import Modality, Part, Role, Sample, TextPart
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


@dataclass(frozen=True, slots=True)
class Facet:
    """One kind of content, in one language where there are several; ``title`` is for people and is no part of the protocol.

    ``target`` means the text that a sample has as its target (a transcript), which is no content of it.
    """

    modality: Modality
    language: str | None = None
    title: str = ""
    target: bool = False

    def units(self, dataset: PairedDataset) -> list[tuple[int, int, str]]:
        """Per part ``(position of its sample, its number there, fingerprint)``, as ``PairedDataset.facets``."""
        if not self.target:
            return dataset.facets(self.modality, self.language)
        return [(row, 0, TextPart(text).fingerprint) for row, text in enumerate(dataset.targets) if text]

    def part(self, sample: Sample, number: int) -> Part:
        """One of a sample's parts."""
        if self.target:
            return TextPart(str(sample.target), self.language)
        return [part for part in sample.parts(self.modality) if self.language in (None, part.language)][number]

    @property
    def protocol(self) -> list[str | None]:
        """What a run's identity hashes."""
        return [self.modality, self.language, *(["target"] if self.target else [])]


@dataclass(frozen=True, slots=True)
class Gallery:
    """The distinct contents of one facet: equal content is one unit, however many samples it stands in.

    Attributes:
        ids: one per unit: the id of the first sample that holds it (``#2`` behind it for the sample's third part).
        places: per unit ``(position, number)`` of that first part.
        owners: per unit the positions of all samples that hold it.
        merged: parts that were folded into an equal one.
    """

    ids: list[str]
    places: list[tuple[int, int]]
    owners: list[list[int]]
    merged: int


@dataclass(frozen=True, slots=True)
class Round:
    """Queries that rank one gallery: of the whole split, or of one fold.

    Attributes:
        queries, documents: the two sides.
        positives: per query the documents that some sample holds together with it.
        paired: samples that hold both.
        stages: the names of the two stages.
    """

    queries: Gallery
    documents: Gallery
    positives: list[list[int]]
    paired: int
    stages: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class RetrievalTask(Task):
    """Queries of one facet, candidates of another; a candidate is positive if some sample holds both.

    Both sides are de-duplicated by the content's fingerprint, so that no query has a candidate that equals its positive and counts
    as wrong. Samples without one of the two facets take no part; their number is in the plan's notes.

    Attributes:
        query, document: the two sides.
        fold: the name in ``meta`` of a sample's fold: each fold is a gallery of its own, and values are means over folds (the 1K
            protocol of COCO); ``None``: one gallery.
    """

    query: Facet
    document: Facet
    fold: str | None = None

    @property
    def kind(self) -> str:
        """``retrieval``."""
        return "retrieval"

    @property
    def ask(self) -> Ask:
        """``embed``."""
        return "embed"

    @property
    def modalities(self) -> frozenset[Modality]:
        """Those of the two facets."""
        return frozenset({self.query.modality, self.document.modality})

    @property
    def protocol(self) -> Mapping[str, Any]:
        """The facets, and how galleries are made."""
        return {
            "query": self.query.protocol,
            "document": self.document.protocol,
            "gallery": "distinct content; positives share a sample",
            "similarity": "cosine",
            **({} if self.fold is None else {"fold": self.fold}),
        }

    def plan(
        self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False, ask: Ask | None = None
    ) -> Plan:
        """Two stages, queries and documents; with folds, two per fold."""
        dataset = self.split_for(load, limit, seed)
        rounds = self._rounds(dataset)
        stages = tuple(stage for one in rounds for stage in self._stages(dataset, one, privileged))
        groups = clusters_of(dataset)
        clusters = [groups[position] for one in rounds for position, _ in one.queries.places]
        strata = None if self.fold is None else [fold for fold, one in enumerate(rounds) for _ in one.queries.ids]
        if strata is not None:  # a group that lies in two folds is resampled in each
            clusters = [f"{fold}/{group}" for fold, group in zip(strata, clusters, strict=True)]
        return Plan(
            phases=(Phase("all", stages, partial(self._training, load)),),
            score=partial(self._score, stages, rounds, clusters, strata),
            n=len(clusters),
            floors=self._floors(rounds),
            ceilings={key: None if facts.count else 1.0 for key, facts in self.metric.keys.items()},
            notes={
                "candidates": sum(len(one.documents.ids) for one in rounds),
                "rows_without_a_pair": len(dataset) - sum(one.paired for one in rounds),
                "merged_queries": sum(one.queries.merged for one in rounds),
                "merged_candidates": sum(one.documents.merged for one in rounds),
            },
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model ranks contents by the chance that they are right; what it cannot tell apart ties, as expected values."""
        plan, dataset = self.plan(load), load(self.split)
        known = [self._known(dataset, one, same) for one in self._rounds(dataset)]
        best = {
            key: None if facts.count else float(np.mean([values[key] for values, _ in known]))
            for key, facts in self.metric.keys.items()
        }
        return Bounds(plan.n, plan.floors, best, sum(unsure for _, unsure in known))

    def _rounds(self, dataset: PairedDataset) -> list[Round]:
        """One gallery, or one per fold that has pairs. ``ValueError`` where there is no pair at all."""
        sides = [facet.units(dataset) for facet in (self.query, self.document)]
        paired = set.intersection(*({position for position, _, _ in units} for units in sides))
        if not paired:
            raise ValueError(
                f"{self.dataset} {self.split} has no sample with both {self.query.modality} and {self.document.modality}"
            )
        folds: defaultdict[Any, set[int]] = defaultdict(set)
        for position in sorted(paired):
            folds["" if self.fold is None else dataset[position].meta[self.fold]].add(position)
        rounds = []
        for fold in sorted(folds):
            queries, documents = (_gallery(dataset.ids, units, folds[fold]) for units in sides)
            names = ("queries", "documents") if self.fold is None else (f"queries-{fold}", f"documents-{fold}")
            rounds.append(Round(queries, documents, _positives(queries, documents), len(folds[fold]), names))
        return rounds

    def _floors(self, rounds: list[Round]) -> dict[str, float | None]:
        cuts = self.metric.params["k"]
        chance = [retrieval_chance(len(one.documents.ids), list(map(len, one.positives)), k=cuts) for one in rounds]
        return {
            key: None if facts.count else float(np.mean([values[key] for values in chance]))
            for key, facts in self.metric.keys.items()
        }

    def _known(self, dataset: PairedDataset, one: Round, same: Same) -> tuple[dict[str, float], int]:
        """The values of a model that knows everything, and the queries that even it cannot be sure of."""
        asked, held = (
            [same(prints[place]) for place in gallery.places]
            for gallery, prints in zip((one.queries, one.documents), self._fingerprints(dataset), strict=True)
        )
        known = self._best(asked, np.unique(held, return_inverse=True)[1], one.positives)
        times, sizes = Counter(asked), Counter(held)
        unsure = sum(
            times[name] > 1 or any(sizes[held[i]] > 1 for i in found)
            for name, found in zip(asked, one.positives, strict=True)
        )
        return known, unsure

    def _best(
        self, asked: Sequence[str], kinds: NDArray[np.int64], positives: Sequence[Sequence[int]]
    ) -> dict[str, float]:
        """The values of ranking documents by how many queries of equal content (``asked``) their equals (``kinds``) are right for.

        What a query gets depends on sizes alone: of each kind of document that is right for its equals, how often, how large, and how
        many are its own. So one row is ranked per different list of those, of which there are few even where there are many queries.
        """
        alike: defaultdict[str, list[int]] = defaultdict(list)
        for index, name in enumerate(asked):
            alike[name].append(index)
        sizes = np.bincount(kinds)
        rights = {
            name: Counter(int(kinds[i]) for index in found for i in positives[index]) for name, found in alike.items()
        }
        first: dict[tuple[tuple[float, int, int], ...], int] = {}
        which = []
        for index, name in enumerate(asked):
            own = Counter(int(kinds[i]) for i in positives[index])
            shares = ((count / int(sizes[kind]), int(sizes[kind]), own[kind]) for kind, count in rights[name].items())
            which.append(first.setdefault(tuple(sorted(shares)), index))

        def rows() -> Iterator[NDArray[np.float64]]:
            for index in first.values():
                share = np.zeros(len(sizes))
                for kind, count in rights[asked[index]].items():
                    share[kind] = count / sizes[kind]
                yield share[kinds][None, :]

        metric = retrieval_metric(**self.metric.params, inputs="scores")
        arrays = metric.per_sample(rows(), [positives[index] for index in first.values()])
        place = {index: number for number, index in enumerate(first.values())}
        chosen = np.asarray([place[index] for index in which])
        return metric.aggregate({key: values[chosen] for key, values in arrays.items()})

    def _fingerprints(self, dataset: PairedDataset) -> list[dict[tuple[int, int], str]]:
        """Per facet the fingerprint of each part by ``(position, number)``."""
        return [
            {(position, number): print_ for position, number, print_ in facet.units(dataset)}
            for facet in (self.query, self.document)
        ]

    def _stages(self, dataset: PairedDataset, one: Round, privileged: bool) -> tuple[Stage, Stage]:
        names = one.documents.ids
        right = [tuple(names[i] for i in found) for found in one.positives] if privileged else None
        own = [(key,) for key in names] if privileged else None
        return (
            self._stage(one.stages[0], "query", dataset, self.query, one.queries, right),
            self._stage(one.stages[1], "document", dataset, self.document, one.documents, own),
        )

    def _stage(
        self,
        name: str,
        role: Role,
        dataset: PairedDataset,
        facet: Facet,
        gallery: Gallery,
        targets: Sequence[tuple[str, ...]] | None,
    ) -> Stage:
        def item(index: int) -> Sample:
            position, number = gallery.places[index]
            part = facet.part(dataset[position], number)
            return Sample(gallery.ids[index], (part,), target=None if targets is None else targets[index])

        return Stage(name, "embed", gallery.ids, Lazy(len(gallery.ids), item), frozenset({facet.modality}), role)

    def _training(self, load: Load) -> tuple[Sequence[Sample], Sequence[Sample]]:
        wanted = frozenset({self.query.modality, self.document.modality})
        languages = {
            facet.modality: facet.language for facet in (self.query, self.document) if facet.language is not None
        }
        splits: list[Sequence[Sample]] = []
        for name in self.training_splits():
            dataset = load(name)
            sides = [{position for position, _, _ in facet.units(dataset)} for facet in (self.query, self.document)]
            paired = sorted(set.intersection(*sides))
            splits.append([dataset[position].view(wanted, languages=languages) for position in paired])
        return (splits[0], splits[1]) if splits else ([], [])

    def _score(
        self,
        stages: tuple[Stage, ...],
        rounds: list[Round],
        clusters: list[str],
        strata: list[int] | None,
        outputs: Mapping[str, Output],
    ) -> Scored:
        arrays: list[dict[str, NDArray[np.float64]]] = []
        errors: dict[str, str] = {}
        for number, one in enumerate(rounds):
            queries, documents = stages[2 * number : 2 * number + 2]
            asked, found = outputs[queries.name], outputs[documents.name]
            self._one_space(asked, found)
            arrays.append(
                self.metric.per_sample(
                    np.nan_to_num(np.asarray(asked.values)),
                    np.nan_to_num(np.asarray(found.values)),
                    one.positives,
                    failed_queries=failed_mask(queries, asked),
                    failed_candidates=failed_mask(documents, found),
                )
            )
            errors |= {**{f"documents/{key}": reason for key, reason in found.errors.items()}, **asked.errors}
        shown = {"right": [", ".join(one.documents.ids[i] for i in found) for one in rounds for found in one.positives]}
        joined = {name: np.concatenate([part[name] for part in arrays]) for name in arrays[0]}
        return Scored([key for one in rounds for key in one.queries.ids], joined, clusters, strata, errors, shown)

    def _one_space(self, asked: Output, found: Output) -> None:
        """``RunFailedError`` where queries and documents cannot be compared: the encoders of a model that does not align them."""
        widths = [np.asarray(output.values).shape[1] for output in (asked, found)]
        if widths[0] != widths[1]:
            raise RunFailedError(
                f"{self.id} compares queries with documents, and the model gave vectors of {widths[0]} and of {widths[1]} numbers: "
                "choose a model that embeds both into one space."
            )


def retrieval_tasks(
    dataset: str,
    title: str,
    directions: Mapping[str, tuple[Facet, Facet]],
    *,
    training: tuple[str | None, str | None] = ("train", "validation"),
    primary: str = "hit@10",
    split: str = "test",
    fold: str | None = None,
) -> tuple[RetrievalTask, ...]:
    """Version 1 of a task ``dataset.direction`` for each direction (``i2t``, ``de.i2t``): hit@1, 5 and 10 on a split, ranked by
    ``primary``.
    """  # noqa: D205
    return tuple(
        RetrievalTask(
            id=f"{dataset}.{name}",
            title=f"{title} {query.title} to {document.title}",
            dataset=dataset,
            split=split,
            train_split=training[0],
            valid_split=training[1],
            version=1,
            metric=retrieval_metric(k=(1, 5, 10)),
            primary=primary,
            query=query,
            document=document,
            fold=fold,
        )
        for name, (query, document) in directions.items()
    )


def _gallery(names: Sequence[str], found: Sequence[tuple[int, int, str]], kept: set[int]) -> Gallery:
    units: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, number, fingerprint in found:
        if position in kept:
            units[fingerprint].append((position, number))
    places = [held[0] for held in units.values()]
    return Gallery(
        ids=[names[position] if number == 0 else f"{names[position]}#{number}" for position, number in places],
        places=places,
        owners=[sorted({position for position, _ in held}) for held in units.values()],
        merged=sum(len(held) - 1 for held in units.values()),
    )


def _positives(queries: Gallery, documents: Gallery) -> list[list[int]]:
    """Per query the documents that some sample holds together with it."""
    held: defaultdict[int, list[int]] = defaultdict(list)
    for document, owners in enumerate(documents.owners):
        for position in owners:
            held[position].append(document)
    return [sorted({document for position in owners for document in held[position]}) for owners in queries.owners]
