"""What a set of relevance judgements is, and the entry of one in the registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Judgements:
    """Which captions are right for which pictures, both ways, where more than the published pairs were judged.

    The two directions are judged apart and need not mirror each other: what is no key of one was not asked in it.

    Attributes:
        name: the name in the registry.
        title: the name that people use.
        licence: SPDX id of the judgements (not of pictures or captions).
        citation: a reference line.
        image_to_caption: per picture that is a query, its right captions with their relevance (1.0 is right). A right caption may
            stand outside the gallery: COCO has a sixth caption for a few pictures.
        caption_to_image: per caption that is a query, its right pictures with their relevance.
        captions: every caption of the gallery, in the split's published order, five in a row per picture; 5,000 in a row are one
            fold of the 1K protocol.
        pictures: every picture of the gallery, in the same order.
    """

    name: str
    title: str
    licence: str
    citation: str
    image_to_caption: Mapping[str, Mapping[str, float]] = field(repr=False)
    caption_to_image: Mapping[str, Mapping[str, float]] = field(repr=False)
    captions: tuple[str, ...] = field(repr=False)
    pictures: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class JudgementSet:
    """What is registered: a name, and how its judgements are read when they are asked for.

    Attributes:
        name: lower case.
        title: the name that people use.
        read: reads them; raises ``UserError`` where they are not installed.
    """

    name: str
    title: str
    read: Callable[[], Judgements] = field(repr=False)
