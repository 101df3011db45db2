"""Captions of pictures and sounds, and transcripts of speech: what is shown is a medium, what is right is text that people wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmbench.metrics.functional.captions import caption_scores_metric
from mmbench.metrics.functional.speech import character_error_rate_metric, word_error_rate_metric
from mmbench.metrics.spec import Array, Metric
from mmbench.samples import Modality, Sample, TextPart
from mmbench.tasks.extractors.reasoning import REASONING
from mmbench.tasks.kinds.answering import Answers, Levels, Plain
from mmbench.tasks.kinds.generation import AUDIO, GenerationTask, generation_task
from mmbench.tasks.prompts import CAPTION, SOUND_CAPTION, TRANSCRIPT, Prompt


@dataclass(frozen=True)
class References(Plain):
    """All captions of a sample, in one language where the sample has several.

    Attributes:
        language: of the captions; ``None`` for any.
    """

    language: str | None = None

    @property
    def metric(self) -> Metric:
        """BLEU, ROUGE-L and CIDEr-D."""
        return caption_scores_metric()

    @property
    def facts(self) -> Mapping[str, Any]:
        """The language."""
        return {"form": "captions", "language": self.language}

    def truth(self, sample: Sample) -> tuple[str, ...] | None:
        """The captions; ``None`` where there is none."""
        texts = [
            part for part in sample.content if isinstance(part, TextPart) and self.language in (None, part.language)
        ]
        return tuple(part.text for part in texts) or None

    def accepted(self, truth: tuple[str, ...]) -> Sequence[str]:
        """Every caption."""
        return truth

    def arrays(self, answers: Answers, truths: Sequence[tuple[str, ...]]) -> dict[str, Array]:
        """What the metric gives."""
        return self.metric.per_sample([one for (one,) in answers], [list(truth) for truth in truths])

    def floors(self, truths: Sequence[Any]) -> Levels:
        """0, what an empty caption gets; CIDEr-D, whose best is no 1, has none, so that it enters no mean of shares."""
        return {key: 0.0 for key, facts in self.metric.keys.items() if facts.upper == 1.0}

    def ceilings(self, truths: Sequence[Any]) -> Levels:
        """None: nobody knows what the best caption would get; one of the references is compared with itself."""
        return {}


@dataclass(frozen=True)
class Transcript(Plain):
    """What was said.

    Attributes:
        metric: a rate of word or character errors.
    """

    metric: Metric

    @property
    def facts(self) -> Mapping[str, Any]:
        """None: the metric's signature, which names the normalisation, stands beside every score."""
        return {"form": "transcript"}

    def truth(self, sample: Sample) -> str | None:
        """The transcript. ``ValueError`` where the label is none."""
        if sample.target is not None and not isinstance(sample.target, str):
            raise ValueError(f"the label of {sample.id!r} is {sample.target!r}, which is no transcript")
        return sample.target

    def accepted(self, truth: str) -> Sequence[str]:
        """The transcript."""
        return (truth,)

    def arrays(self, answers: Answers, truths: Sequence[str]) -> dict[str, Array]:
        """What the metric gives."""
        return self.metric.per_sample([one for (one,) in answers], list(truths))

    def floors(self, truths: Sequence[Any]) -> Levels:
        """None: errors have no chance level."""
        return {}

    def ceilings(self, truths: Sequence[Any]) -> Levels:
        """No errors."""
        return {key: 0.0 for key, facts in self.metric.keys.items() if not facts.count}


def caption_task(
    dataset: str,
    title: str,
    *,
    split: str,
    modality: Modality = Modality.IMAGE,
    subset: str = "",
    language: str | None = None,
    prompt: Prompt | None = None,
) -> GenerationTask:
    """Version 1 of ``dataset[.subset].caption``: BLEU, ROUGE-L and CIDEr-D against all captions; boards rank by CIDEr-D.

    Args:
        dataset: the card's key.
        title: for people.
        split: where the captions are; one without captions has hidden labels.
        modality: what is described.
        subset: a language or a split, in the id.
        language: of the captions, where samples have several.
        prompt: what is said; by default to describe a picture or a sound in one sentence.
    """
    return generation_task(
        dataset,
        f"{title}, captions",
        "caption",
        References(language),
        split=split,
        subset=subset,
        primary="cider_d",
        context=frozenset({modality}),
        prompt=prompt or (CAPTION if modality is Modality.IMAGE else SOUND_CAPTION),
        extractor=REASONING,
        max_new_tokens=64,
        asks_text=False,
        kind="captioning",
    )


def speech_task(dataset: str, title: str, *, split: str, subset: str = "", language: str = "en") -> GenerationTask:
    """Version 1 of ``dataset[.subset].asr``: word errors, or character errors of languages that are written without spaces.

    Args:
        dataset: the card's key.
        title: for people.
        split: what is scored.
        subset: a language or a part, in the id.
        language: BCP 47; it chooses unit and normalisation.
    """
    spoken = language.partition("-")[0]
    normalizer = "basic_with_marks" if spoken in WITH_MARKS else "basic"
    metric = (character_error_rate_metric if spoken in WITHOUT_SPACES else word_error_rate_metric)(normalizer)
    return generation_task(
        dataset,
        f"{title}, speech recognition",
        "asr",
        Transcript(metric),
        split=split,
        subset=subset,
        context=AUDIO,
        prompt=TRANSCRIPT,
        extractor=REASONING,
        max_new_tokens=448,
        asks_text=False,
        kind="speech-recognition",
    )


WITHOUT_SPACES = frozenset({"zh", "cmn", "yue", "ja", "th", "lo", "my", "km"})
"""Languages whose words are not separated by spaces, scored by characters (as Whisper's paper does; Khmer is mmbench's addition)."""
WITH_MARKS = frozenset(
    {
        "as",
        "bn",
        "gu",
        "hi",
        "kn",
        "km",
        "lo",
        "ml",
        "mr",
        "my",
        "ne",
        "or",
        "pa",
        "sd",
        "ta",
        "te",
        "th",
        "ur",
        "ar",
        "fa",
        "ckb",
        "ps",
        "he",
    }
)
"""Languages whose scripts write vowels or tones as marks, which the normalisation must keep."""
