"""Checks of the files: present, decodable, of the declared type, of one format, with a signal, and none without content."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmbench.loaders.checks._reference import FLAC, FLAC_SAMPLES, JPEG, JPEG_PIXELS
from mmbench.loaders.checks.base import MEDIA, Evidence, MediaProbe, Outcome, SampleProbe, Seen, Status, check
from mmbench.loaders.checks.contents import MEDIA_CONTENT
from mmbench.loaders.checks.decoding import Failure, Medium, Picture, Sound, decode
from mmbench.media import pcm_fingerprint, pixel_fingerprint
from mmbench.samples import FeaturesPart, Modality, Sample, TextPart, media_part

CLIPPED_LEVEL, CLIPPED_SHARE = 0.999, 0.01
FRAME_SECONDS, SILENCE_LEVEL, SILENT_SHARE = 0.025, 10 ** (-60 / 20), 0.95
OFFSET = 0.05
SHORT_SECONDS = 0.1
ODD_MODES = ("CMYK", "I", "F", "LAB", "YCbCr")
SAME_TYPES = {"image/jpg": "image/jpeg", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/x-flac": "audio/flac",
              "audio/mp3": "audio/mpeg", "audio/x-aiff": "audio/aiff", "audio/opus": "audio/ogg", "audio/vorbis": "audio/ogg",
              "application/ogg": "audio/ogg", "image/x-portable-pixmap": "image/x-portable-anymap"}  # fmt: skip
TROUBLE = MediaProbe(lambda medium: (medium.stage, medium.reason) if isinstance(medium, Failure) else None)
PRESENT = MediaProbe(lambda medium: not (isinstance(medium, Failure) and medium.stage == "read"))


@check("Media are present", "fail", TROUBLE, PRESENT, any_of=MEDIA)
def media_present(evidence: Evidence) -> Outcome:
    """A row whose file is missing, empty or no longer the one that was indexed is a question about nothing."""
    return _trouble(evidence, "read", "missing, empty or changed", sum(1 for _ in evidence.seen(PRESENT)))


@check("Media decode to the end", "fail", TROUBLE, PRESENT, any_of=MEDIA)
def media_decodes(evidence: Evidence) -> Outcome:
    """Every file is decoded in full: headers of cut files look right. Pillow's switch that accepts cut pictures makes this inconclusive."""
    from PIL import ImageFile

    found = _trouble(evidence, "decode", "do not decode", sum(seen.value for seen in evidence.seen(PRESENT)))
    if ImageFile.LOAD_TRUNCATED_IMAGES and not found.bad:
        message = "PIL.ImageFile.LOAD_TRUNCATED_IMAGES is on: cut pictures would not be noticed."
        return Outcome(found.n_checked, message=message, status="inconclusive", unit="files")
    return found


def _trouble(evidence: Evidence, stage: str, what: str, n_checked: int) -> Outcome:
    bad = [seen.item(seen.value[1]) for seen in evidence.seen(TROUBLE) if seen.value[0] == stage]
    message = f"{len(bad):,} of {n_checked:,} files: {what}." if bad else f"{n_checked:,} files are fine."
    return Outcome(n_checked, bad, value=len(bad), threshold=0, message=message, unit="files")


@dataclass(frozen=True, slots=True)
class _Kind:
    note: str
    mode: str


def _kind(medium: Medium) -> _Kind | None:
    if isinstance(medium, Failure):
        return None
    declared = SAME_TYPES.get(medium.part.media_type, medium.part.media_type)
    found = SAME_TYPES.get(medium.media_type, medium.media_type)
    notes = [f"declared {medium.part.media_type}, is {found}"] if declared != found else []
    if isinstance(medium, Picture):
        odd = medium.mode in ODD_MODES or medium.mode.startswith("I;16")
        notes += [f"colour mode {medium.mode}"] if odd else []
        notes += [f"turned by EXIF orientation {medium.orientation}"] if medium.orientation > 1 else []
        notes += [f"animated ({medium.frames} frames, the first is used)"] if medium.frames > 1 else []
    return _Kind("; ".join(notes), medium.mode if isinstance(medium, Picture) else medium.subtype)


KIND = MediaProbe(_kind)


@check("Media are of the declared type", "warn", KIND, any_of=MEDIA)
def media_type(evidence: Evidence) -> Outcome:
    """Loaders differ where a file is not what it says: by name or by content, turned by EXIF or not, first frame or all, CMYK or 16 bit.

    Palettes, greys and transparency are counted in the message only: they become RGB on white without loss.
    """
    seen = list(evidence.seen(KIND))
    bad = [one.item(one.value.note) for one in seen if one.value.note]
    modes = ", ".join(f"{mode} {count:,}" for mode, count in Counter(one.value.mode for one in seen).most_common(6))
    return Outcome(len(seen), bad, value=len(bad), threshold=0, message=f"Modes and encodings: {modes}.", unit="files")


FORMAT = MediaProbe(
    lambda medium: (_tongue(medium), medium.rate, len(medium.wave)) if isinstance(medium, Sound) else None
)


@check("Sounds have one rate and number of channels", "warn", FORMAT, any_of=frozenset({Modality.AUDIO}))
def audio_format(evidence: Evidence) -> Outcome:
    """A model that forgets to resample hears the odd ones at another speed; what differs from the most common format is listed."""
    seen = list(evidence.seen(FORMAT))
    formats = Counter(one.value[1:] for one in seen)
    usual = formats.most_common(1)[0][0] if formats else None
    bad = [one.item(one.value[0] + _format(*one.value[1:])) for one in seen if one.value[1:] != usual]
    named = ", ".join(f"{_format(*key)}: {count:,}" for key, count in formats.most_common(6))
    return Outcome(len(seen), bad, value=len(formats), threshold=1, message=f"{named}.", unit="files")


def _format(rate: int, channels: int) -> str:
    return f"{rate} Hz, {channels} channel{'s' * (channels != 1)}"


def signal_notes(wave: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", rate: int) -> list[str]:
    """What is wrong with a waveform ``(channels, time)`` in [-1, 1]; empty where nothing is."""
    frame = max(1, int(rate * FRAME_SECONDS))
    mono = wave.mean(0)
    whole = mono[: len(mono) // frame * frame].reshape(-1, frame) if len(mono) >= frame else mono[None]
    silent = float((np.sqrt((whole.astype(np.float64) ** 2).mean(1)) < SILENCE_LEVEL).mean())
    clipped = float((np.abs(wave) >= CLIPPED_LEVEL).mean())
    offset = float(np.abs(wave.mean(1)).max())
    seconds = wave.shape[1] / rate
    notes = [f"lasts {seconds:.3f} s"] if seconds < SHORT_SECONDS else []
    notes += [f"clipped ({clipped:.1%} of the samples)"] if clipped > CLIPPED_SHARE else []
    notes += [f"silent ({silent:.0%} of the frames below -60 dBFS)"] if silent > SILENT_SHARE else []
    return notes + ([f"offset {offset:+.3f}"] if offset > OFFSET else [])


def _signal(medium: Medium) -> tuple[str, ...] | None:
    return (_tongue(medium), *signal_notes(medium.wave, medium.rate)) if isinstance(medium, Sound) else None


def _tongue(medium: Medium) -> str:
    """Which of several sounds of a sample is meant, for a note."""
    return f"{medium.part.language}: " if medium.part.language else ""


SIGNAL = MediaProbe(_signal)


@check("Sounds hold a signal", "warn", SIGNAL, any_of=frozenset({Modality.AUDIO}))
def audio_signal(evidence: Evidence) -> Outcome:
    """Clips that nobody could understand: under 0.1 s (shorter than a syllable), over 1 % of samples at full scale (audible distortion),
    over 95 % of 25 ms frames below -60 dBFS (leaves less than one second of sound in twenty), a mean beyond 0.05 (a fault of the recorder).
    """  # noqa: D205
    seen: list[Seen[tuple[str, ...]]] = list(evidence.seen(SIGNAL))
    bad = [one.item(one.value[0] + "; ".join(one.value[1:])) for one in seen if one.value[1:]]
    kinds = Counter(note.split(" ")[0] for one in seen for note in one.value[1:])
    message = ", ".join(f"{name} {count:,}" for name, count in kinds.most_common())
    return Outcome(
        len(seen), bad, value=len(bad), threshold=0, message=f"{message or 'Nothing stands out'}.", unit="files"
    )


def _empty(sample: Sample) -> tuple[Modality, ...] | None:
    """The modalities that a sample holds in name only."""
    full: dict[Modality, bool] = {}
    for part in sample.content:
        one = part.modality
        if isinstance(part, TextPart):
            full[one] = full.get(one, False) or bool(part.text.strip())
        elif isinstance(part, FeaturesPart):
            full[one] = full.get(one, False) or bool(part.values.size and np.any(part.values))
    return tuple(kind for kind, held in full.items() if not held) or None


def _blank(medium: Medium) -> bool | None:
    """Whether a picture is one colour throughout."""
    from PIL import Image

    if not isinstance(medium, Picture):
        return None
    few = np.asarray(medium.image.resize((4, 4), Image.Resampling.NEAREST)).reshape(-1, 3)
    if (few != few[0]).any():  # spares most pictures the look at every pixel
        return None
    extrema: Sequence[Sequence[float]] = medium.image.getextrema()  # type: ignore[assignment]  # RGB has three pairs
    return all(low == high for low, high in extrema) or None


HOLDS = SampleProbe(lambda sample: sample.modalities)
EMPTY = SampleProbe(_empty)
BLANK = MediaProbe(_blank)
OPTIONS = SampleProbe(lambda sample: True if sample.options else None)


@check("No modality drops out", "warn", HOLDS, EMPTY, BLANK, OPTIONS)
def modality_drop_out(evidence: Evidence) -> Outcome:
    """A sample without its sound is scored as if the model had heard it.

    Found are missing parts, blank texts, features of zeros, pictures of one colour, and a modality of the card that is nowhere. Any share
    above zero is reported, by modality and split: a set with an optional modality should say so on its card.
    """
    lost = [
        (seen.split, kind, seen.item(f"{kind} is missing"))
        for seen in evidence.seen(HOLDS)
        for kind in sorted(evidence.modalities - seen.value)
    ]
    lost += [(seen.split, kind, seen.item(f"{kind} is empty")) for seen in evidence.seen(EMPTY) for kind in seen.value]
    bad = [item for _, _, item in lost]
    blank = [seen.item("the picture is one colour") for seen in evidence.seen(BLANK)]
    shares = Counter((kind, split) for split, kind, _ in lost)
    worst = max((count / len(evidence.splits[split]) for (_, split), count in shares.items()), default=0.0)
    named = [
        f"{kind} in {count / len(evidence.splits[split]):.1%} of {split}" for (kind, split), count in shares.items()
    ]
    named += [f"{len(blank)} pictures of one colour"] if blank else []
    absent = sorted(_declared(evidence) - evidence.modalities)
    nowhere = f"No sample holds {' or '.join(absent)}, which the card names. " if absent else ""
    message = f"Without {', '.join(named)}." if named else "Every sample holds every modality of the set."
    status: Status | None = "warn" if absent else None
    return Outcome(len(evidence), bad + blank, 1.0 if absent else worst, 0.0, nowhere + message, status)


def _declared(evidence: Evidence) -> set[Modality]:
    """What the cards say that samples hold; answers to choose from are text too."""
    named = {modality for dataset in evidence.splits.values() for modality in dataset.card.modalities}
    options = next(evidence.seen(OPTIONS), None) is not None
    return named - {Modality.TEXT} if options else named


def _repeatable(medium: Medium) -> bool | None:
    """Whether a generated medium, which is identified by its decoded content, decodes to it; ``None`` for all others."""
    if isinstance(medium, Failure) or medium.part.fingerprint == medium.part.sha256:
        return None
    return _print_of(medium) == medium.part.fingerprint


def _print_of(medium: Picture | Sound) -> str:
    if isinstance(medium, Picture):
        return pixel_fingerprint(medium.image)
    return pcm_fingerprint(np.rint(medium.wave[0] * 32768).astype(np.int16), medium.rate)


REPEATABLE = MediaProbe(_repeatable)
FIXED = 32


@check("This machine decodes as others do", "warn", REPEATABLE, MEDIA_CONTENT, any_of=MEDIA)
def decoding(evidence: Evidence) -> Outcome:
    """A fast JPEG transform changes three quarters of the values: the same file is then another picture to the model.

    Decoded are a reference JPEG (progressive, halved colours, turned by EXIF) and FLAC with known content, and all generated media,
    which are identified by their content. The message gives a digest of the first 32 files' decoded content, to be held against
    another machine's.
    """
    known = ((JPEG, JPEG_PIXELS, Modality.IMAGE, "image/jpeg"), (FLAC, FLAC_SAMPLES, Modality.AUDIO, "audio/flac"))
    wrong = []
    for data, content, modality, kind in known:
        medium = decode(media_part(modality, kind, data), "reference")
        wrong += [] if not isinstance(medium, Failure) and _print_of(medium) == content else [kind]
    seen = list(evidence.seen(REPEATABLE))
    bad = [one.item("does not decode to the content that identifies it") for one in seen if not one.value]
    first = [one.value for _, one in zip(range(FIXED), evidence.seen(MEDIA_CONTENT), strict=False)]
    digest = hashlib.sha256(b"".join(first)).hexdigest()[:12]
    status: Status | None = "warn" if wrong else None
    said = f"Decoded otherwise than by the reference: {', '.join(wrong)}. " if wrong else ""
    message = f"{said}The first {len(first)} files decode to {digest}."
    n = len(known) + len(seen)
    return Outcome(n, bad, value=len(bad) + len(wrong), threshold=0, message=message, status=status, unit="files")
