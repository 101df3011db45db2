"""What samples are before any of their media is hashed: how many per split, of which modalities and languages."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mmbench.samples import Modality, Sample


@dataclass(slots=True)
class Survey:
    """Counts that grow as samples pass."""

    counts: Counter[str] = field(default_factory=Counter)
    modalities: set[Modality] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)

    def watch(self, samples: Iterable[tuple[str, Sample]]) -> Iterator[tuple[str, Sample]]:
        """The same samples, counted."""
        for split, sample in samples:
            self.counts[split] += 1
            self.modalities |= sample.modalities
            self.languages |= {part.language for part in sample.content if part.language is not None}
            yield split, sample

    def add(self, other: "Survey") -> None:
        """Add what another pass found."""
        self.counts += other.counts
        self.modalities |= other.modalities
        self.languages |= other.languages
