"""What an extractor is: the part of an answer that counts, cut out before a metric reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Extract: TypeAlias = Callable[[str, Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Extractor:
    """A named way to find the answer in a text. It never guesses: what cannot be found is ``None``, and counted.

    Attributes:
        id: its name, ``none`` for the text as it is.
        version: bumped by any change of what it finds.
        extract: an answer and the options that were offered (letters, yes and no, names of classes; often none) to what counts.
        about: what it looks for, in one sentence.
    """

    id: str
    version: int
    extract: Extract
    about: str

    def __call__(self, text: str, options: Sequence[str] = ()) -> str | None:
        """What counts of an answer, or ``None``."""
        return self.extract(text, options)

    @property
    def facts(self) -> str:
        """What a run's identity hashes."""
        return self.id if self.id == "none" else f"{self.id}@{self.version}"
