"""The class that an answer names."""

import re
from collections.abc import Sequence

from mmbench.tasks.extraction import Extractor
from mmbench.tasks.extractors.final_answer import final_answer


def _class_name(text: str, options: Sequence[str]) -> str | None:
    """The only class whose name is in the final answer, where a name inside a longer one that is there does not count."""
    rest = (final_answer(text, options) or "").lower()
    places = {
        name: [(one.start(), one.end()) for one in re.finditer(rf"(?<!\w){re.escape(name.lower())}(?!\w)", rest)]
        for name in options
    }
    every = [place for found in places.values() for place in found]

    def inside(place: tuple[int, int]) -> bool:
        return any(other != place and other[0] <= place[0] and place[1] <= other[1] for other in every)

    said = [name for name, found in places.items() if any(not inside(place) for place in found)]
    return said[0] if len(said) == 1 else None


CLASS_NAME = Extractor(
    "class-name", 1, _class_name, "The class that the final answer names, where it names exactly one."
)
