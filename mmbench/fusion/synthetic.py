"""What a fusion method needs for each of the made-up tasks, and so which methods must pass which: known before anything is trained."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmbench.fusion.base import Fusion

PASS = 0.8
FAIL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A task whose answer is known.

    Attributes:
        task: its id.
        modalities: their names, in order.
        classes: how many, equally frequent.
        interaction: the class is no sum of functions of one modality each, not even approximately.
        order: the mean over the steps tells nothing: single steps do.
        alone: per modality the best accuracy without the others (of a method that reads steps, where ``order``).
        without: the best accuracy of a method that lacks what is needed; chance, unless a part can be had without it.
        why: in one sentence.
    """

    task: str
    modalities: tuple[str, ...]
    classes: int
    interaction: bool
    order: bool
    alone: Mapping[str, float]
    without: float
    why: str

    def share(self, accuracy: float) -> float:
        """How much of the way from chance (0) to everything right (1) an accuracy is; negative below chance."""
        chance = 1 / self.classes
        return (accuracy - chance) / (1 - chance)

    def passes(self, accuracy: float) -> bool:
        """Whether a method with this accuracy has learned the task: at least ``PASS`` of the way."""
        return self.share(accuracy) >= PASS

    def fails(self, accuracy: float) -> bool:
        """Whether it has not: at most ``FAIL`` of the way. Between the two it is neither."""
        return self.share(accuracy) <= FAIL


def must_pass(fusion: Fusion, known: Known) -> bool:
    """Whether a method can learn a task, by what it is; one that cannot must fail.

    Additive methods fail where the modalities interact, methods that see the mean over steps where single steps tell.
    """
    return not (known.interaction and fusion.additive) and not (known.order and not fusion.sequences)


def all_known() -> tuple[Known, ...]:
    """Every made-up task, from the easiest on."""
    return (
        Known(
            task="fusion-redundant.class", modalities=("a", "b"), classes=4, interaction=False, order=False,
            alone={"a": 1.0, "b": 1.0}, without=1.0, why="each modality tells the class",
        ),
        Known(
            task="fusion-unique.class", modalities=("a", "b"), classes=4, interaction=False, order=False,
            alone={"a": 0.5, "b": 0.5}, without=1.0,
            why="each modality tells a bit that the other lacks, and the scores of the bits add up",
        ),
        Known(
            task="fusion-xor.class", modalities=("a", "b"), classes=4, interaction=True, order=False,
            alone={"a": 0.25, "b": 0.25}, without=0.25,
            why="whatever one modality holds, all classes are as likely: the likelihood of a sum is best where it is constant",
        ),
        Known(
            task="fusion-bilinear.class", modalities=("a", "b"), classes=2, interaction=True, order=False,
            alone={"a": 0.5, "b": 0.5}, without=0.5,
            why="turning one vector round turns the class round, so that neither tells anything without the other",
        ),
        Known(
            task="fusion-gated.class", modalities=("a", "b", "c"), classes=4, interaction=True, order=False,
            alone={"a": 0.5, "b": 0.5, "c": 0.25}, without=0.5,
            why="a sum cannot let one modality decide which of the two others counts: it believes either, and half the time it is right",
        ),
        Known(
            task="fusion-lagged.class", modalities=("a", "b"), classes=4, interaction=False, order=True,
            alone={"a": 0.5, "b": 0.5}, without=0.25,
            why="only the marked step of each sequence tells, and the others cancel it in the mean",
        ),
    )  # fmt: skip
