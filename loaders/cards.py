"""The typed card of a dataset: what it is, where it comes from, what is known to be wrong with it. A typo fails at import."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mmbench.loaders.sources import Source
from mmbench.loaders.unknown import UNLISTED, UNVERIFIED, Frozen, Unknown
from mmbench.samples import Modality

TaskKind = Literal[
    "retrieval", "compositional-choice", "zero-shot-classification", "question-answering", "captioning",
    "speech-recognition", "sentiment-regression", "emotion-classification", "classification",
]  # fmt: skip
KEY_PATTERN = "[a-z0-9]+(-[a-z0-9]+)*"
Access = Literal["open", "gated", "form", "user-file", "dead"]


class SplitFacts(Frozen):
    """What a split is expected to hold.

    Attributes:
        count: the number of samples, or why it is not known.
        protocol: where the split comes from, in one sentence.
        fingerprint: the sha256 over the ordered samples, committed with the card (*pinned-content*), or why there is none.
    """

    count: int | Unknown
    protocol: str
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | Unknown = UNVERIFIED


class Issue(Frozen):
    """A known defect: what, how many samples, what mmbench does about it.

    Attributes:
        summary: what is wrong.
        count: how many samples.
        handling: what mmbench does about it.
        check: the alignment check that finds it; up to ``count`` samples are then known, and no reason to fail.
    """

    summary: str
    count: int | Unknown
    handling: str
    check: str | None = None


class DatasetCard(Frozen):
    """Everything that is known about a dataset, each fact with its evidence; the rest is ``Unknown`` with a reason.

    Attributes:
        key: the name in the command line and in task ids.
        title: the name that people use.
        summary: one or two sentences.
        task_kinds: what it is used for.
        modalities: what its samples hold.
        languages: BCP 47 tags of its text and speech.
        splits: per split, what it is expected to hold.
        columns: which upstream column or file becomes which part of a sample.
        source: where the bytes come from and how they become samples.
        licence: SPDX id or name.
        access: whether anybody can fetch it, and how.
        labels_public: whether the test labels can be had.
        redistributable: whether pages may embed its media and gold answers.
        download_bytes: what a download costs.
        citation: BibTeX or a reference line.
        homepage: where it is described.
        attribution: what a page that shows its media must say.
        known_issues: defects with counts.
        evidence: per fact, where it was read or how it was measured.
        toy: built-in data that proves a pipe and says nothing about a model's quality.
        mapping: the version of the mapping from columns to samples; bumped when it changes, so that old builds are not read.
    """

    key: Annotated[str, Field(pattern=f"^{KEY_PATTERN}$")]
    title: str
    summary: str
    task_kinds: tuple[TaskKind, ...]
    modalities: tuple[Modality, ...]
    languages: tuple[str, ...]
    splits: Mapping[str, SplitFacts]
    columns: Mapping[str, str]
    source: Source = Field(exclude=True)
    licence: str | Unknown
    access: Access
    labels_public: bool | Unknown
    redistributable: bool
    download_bytes: int | Unknown = UNLISTED
    citation: str
    homepage: str
    attribution: str = ""
    known_issues: tuple[Issue, ...] = ()
    evidence: Mapping[str, str]
    toy: bool = False
    mapping: int = 1

    @model_validator(mode="after")
    def _evidence_names_facts(self) -> "DatasetCard":
        wrong = sorted(set(self.evidence) - set(type(self).model_fields))
        if wrong:
            raise ValueError(f"evidence for facts that a card does not have: {', '.join(wrong)}")
        return self
