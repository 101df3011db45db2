"""Retrieval between two modalities: every query ranks the whole gallery."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.loaders.dataset import PairedDataset
from mmbench.metrics.functional.retrieval import retrieval_chance, retrieval_metric
from mmbench.samples import Modality, Role, Sample
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
    """One kind of content, in one language where there are several; ``title`` is for people and is no part of the protocol."""

    modality: Modality
    language: str | None = None
    title: str = ""


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


@dataclass(frozen=True, kw_only=True)
class RetrievalTask(Task):
    """Queries of one facet, candidates of another; a candidate is positive if some sample holds both.

    Both sides are de-duplicated by the content's fingerprint, so that no query has a candidate that equals its positive and counts
    as wrong. Samples without one of the two facets take no part; their number is in the plan's notes.
    """

    query: Facet
    document: Facet

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
            "query": [self.query.modality, self.query.language],
            "document": [self.document.modality, self.document.language],
            "gallery": "distinct content; positives share a sample",
            "similarity": "cosine",
        }

    def plan(self, load: Load, *, limit: int | None = None, seed: int = 0, privileged: bool = False) -> Plan:
        """Two stages: queries and documents."""
        dataset = self.split_for(load, limit, seed)
        paired = _paired(dataset, self.query, self.document)
        queries, documents = _gallery(dataset, self.query, paired), _gallery(dataset, self.document, paired)
        if not queries.ids:
            raise ValueError(
                f"{self.dataset} {self.split} has no sample with both {self.query.modality} and {self.document.modality}"
            )
        positives = _positives(queries, documents)
        right = [tuple(documents.ids[i] for i in found) for found in positives]
        stages = (
            self._stage("queries", "query", dataset, self.query, queries, right if privileged else None),
            self._stage(
                "documents",
                "document",
                dataset,
                self.document,
                documents,
                [(key,) for key in documents.ids] if privileged else None,
            ),
        )
        groups = clusters_of(dataset)
        clusters = [groups[position] for position, _ in queries.places]
        cuts = self.metric.params["k"]
        floors = retrieval_chance(len(documents.ids), [len(found) for found in positives], k=cuts)
        return Plan(
            phases=(Phase("all", stages, partial(self._training, load)),),
            score=partial(self._score, stages, positives, clusters),
            n=len(queries.ids),
            floors={key: None if facts.count else floors[key] for key, facts in self.metric.keys.items()},
            ceilings={key: None if facts.count else 1.0 for key, facts in self.metric.keys.items()},
            notes={
                "candidates": len(documents.ids),
                "rows_without_a_pair": len(dataset) - len(paired),
                "merged_queries": queries.merged,
                "merged_candidates": documents.merged,
            },
        )

    def bounds(self, load: Load, same: Same) -> Bounds:
        """The best model ranks contents by the chance that they are right; what it cannot tell apart ties, as expected values."""
        plan = self.plan(load)
        dataset = load(self.split)
        paired = _paired(dataset, self.query, self.document)
        queries, documents = _gallery(dataset, self.query, paired), _gallery(dataset, self.document, paired)
        positives = _positives(queries, documents)
        asked, held = (
            [same(prints[place]) for place in gallery.places]
            for gallery, prints in zip((queries, documents), self._fingerprints(dataset), strict=True)
        )
        known = self._best(asked, np.unique(held, return_inverse=True)[1], positives)
        times, sizes = Counter(asked), Counter(held)
        unsure = sum(
            times[name] > 1 or any(sizes[held[i]] > 1 for i in found)
            for name, found in zip(asked, positives, strict=True)
        )
        best = {key: None if facts.count else known.get(key) for key, facts in self.metric.keys.items()}
        return Bounds(plan.n, plan.floors, best, unsure)

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
            {(position, number): print_ for position, number, print_ in dataset.facets(facet.modality, facet.language)}
            for facet in (self.query, self.document)
        ]

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
            sample = dataset[position]
            parts = [part for part in sample.parts(facet.modality) if facet.language in (None, part.language)]
            return Sample(gallery.ids[index], (parts[number],), target=None if targets is None else targets[index])

        return Stage(name, "embed", gallery.ids, Lazy(len(gallery.ids), item), frozenset({facet.modality}), role)

    def _training(self, load: Load) -> tuple[Sequence[Sample], Sequence[Sample]]:
        wanted = frozenset({self.query.modality, self.document.modality})
        languages = {
            facet.modality: facet.language for facet in (self.query, self.document) if facet.language is not None
        }
        splits: list[Sequence[Sample]] = []
        for name in self.training_splits():
            dataset = load(name)
            paired = _paired(dataset, self.query, self.document)
            splits.append([dataset[position].view(wanted, languages=languages) for position in sorted(paired)])
        return (splits[0], splits[1]) if splits else ([], [])

    def _score(
        self,
        stages: tuple[Stage, Stage],
        positives: list[list[int]],
        clusters: list[str],
        outputs: Mapping[str, Output],
    ) -> Scored:
        asked, found = (outputs[stage.name] for stage in stages)
        failed_queries, failed_documents = failed_mask(stages[0], asked), failed_mask(stages[1], found)
        arrays = self.metric.per_sample(
            np.nan_to_num(np.asarray(asked.values)),
            np.nan_to_num(np.asarray(found.values)),
            positives,
            failed_queries=failed_queries,
            failed_candidates=failed_documents,
        )
        errors = {**{f"documents/{key}": reason for key, reason in found.errors.items()}, **asked.errors}
        shown = {"right": [", ".join(stages[1].ids[i] for i in found) for found in positives]}
        return Scored(stages[0].ids, arrays, clusters, None, errors, shown)


def retrieval_tasks(
    dataset: str,
    title: str,
    directions: Mapping[str, tuple[Facet, Facet]],
    *,
    training: tuple[str | None, str | None] = ("train", "validation"),
    primary: str = "hit@10",
) -> tuple[RetrievalTask, ...]:
    """Version 1 of a task ``dataset.direction`` for each direction (``i2t``): hit@1, 5 and 10 on test, ranked by ``primary``."""
    return tuple(
        RetrievalTask(
            id=f"{dataset}.{name}",
            title=f"{title} {query.title} to {document.title}",
            dataset=dataset,
            split="test",
            train_split=training[0],
            valid_split=training[1],
            version=1,
            metric=retrieval_metric(k=(1, 5, 10)),
            primary=primary,
            query=query,
            document=document,
        )
        for name, (query, document) in directions.items()
    )


def _paired(dataset: PairedDataset, left: Facet, right: Facet) -> set[int]:
    """Positions of the samples that hold both facets."""
    sides = [{position for position, _, _ in dataset.facets(facet.modality, facet.language)} for facet in (left, right)]
    return sides[0] & sides[1]


def _gallery(dataset: PairedDataset, facet: Facet, paired: set[int]) -> Gallery:
    units: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for position, number, fingerprint in dataset.facets(facet.modality, facet.language):
        if position in paired:
            units[fingerprint].append((position, number))
    names = dataset.ids
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
