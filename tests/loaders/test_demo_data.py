"""The built-in data: what its cards say of it is counted here."""

import io
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
import soundfile

from mmbench.loaders import get_card, load_dataset
from mmbench.loaders.dataset import PairedDataset
from mmbench.loaders.generate.emoji import family_of
from mmbench.media import decode_audio, decode_image, pcm_fingerprint, pixel_fingerprint
from mmbench.samples import Modality, Sample

pytestmark = pytest.mark.demo

KEYS = ("easy-vqa", "openmoji", "openmoji-sentiment", "tuxstamps")


@pytest.fixture(scope="module", params=KEYS)
def splits(request: pytest.FixtureRequest) -> dict[str, PairedDataset]:
    return opened(request.param)


@pytest.fixture(scope="module")
def emoji() -> list[Sample]:
    return [sample for split in opened("openmoji").values() for sample in split]


def opened(key: str) -> dict[str, PairedDataset]:
    from mmbench.errors import UserError

    try:
        get_card(key).source.locate()
    except UserError as error:
        pytest.skip(str(error))
    return load_dataset(key, progress=False)


def issue(key: str, word: str) -> object:
    (found,) = (one.count for one in get_card(key).known_issues if word in one.summary)
    return found


def test_counts_and_content_are_those_of_the_card(splits: dict[str, PairedDataset]) -> None:
    card = next(iter(splits.values())).card
    assert list(splits) == list(card.splits)
    for name, dataset in splits.items():
        facts = card.splits[name]
        assert (len(dataset), dataset.fingerprint, dataset.evidence) == (
            facts.count,
            facts.fingerprint,
            "pinned-content",
        )
        assert (dataset.split, dataset.card) == (name, card)
        assert len(set(dataset.ids)) == len(dataset)


def test_no_group_lies_in_two_splits(splits: dict[str, PairedDataset]) -> None:
    seen: dict[str, str] = {}
    for name, dataset in splits.items():
        for group in dataset.groups:
            assert group is not None
            assert seen.setdefault(group, name) == name


def test_samples_hold_what_the_card_says(splits: dict[str, PairedDataset]) -> None:
    for dataset in splits.values():
        modalities, card = set(dataset.card.modalities), dataset.card
        for modality in Modality:
            assert bool(dataset.facets(modality)) is (modality in modalities)
        for language in card.languages:
            assert dataset.facets(Modality.TEXT, language)
        assert decode_image(dataset[0].image, dataset[0].id).mode == "RGB"


def test_openmoji_is_counted(emoji: list[Sample]) -> None:
    assert len(emoji) == 1914
    assert Counter(sample.meta["stratum"] for sample in emoji) == {"other": 1655, "country-flag": 259}
    assert issue("openmoji", "country flags") == 259
    assert len({sample.meta["emoji"] for sample in emoji}) == 1914
    assert [sample.id for sample in emoji if sample.meta["emoji"] == "👨‍🦽"] == ["1F468-200D-1F9BD"]


def test_openmoji_variants_share_a_group(emoji: list[Sample]) -> None:
    pictures, families = defaultdict(list), defaultdict(list)
    for sample in emoji:
        pictures[sample.image.fingerprint].append(sample.group)
        families[family_of(sample.meta["emoji"])].append(sample.group)
    same = [groups for groups in pictures.values() if len(groups) > 1]
    variants = [groups for groups in families.values() if len(groups) > 1]
    assert sum(map(len, same)) == 39 == issue("openmoji", "pixel for pixel")
    assert sum(map(len, variants)) == 305 == issue("openmoji", "differ in gender")
    assert all(len(set(groups)) == 1 for groups in (*same, *variants))
    by_id = {sample.id: sample for sample in emoji}
    assert by_id["1F1F9-1F1E9"].image.fingerprint == by_id["1F1F7-1F1F4"].image.fingerprint  # Chad and Romania


def test_openmoji_media_are_what_their_fingerprints_say(emoji: list[Sample]) -> None:
    for sample in emoji[::400]:
        picture = decode_image(sample.image, sample.id)
        assert picture.size == (128, 128)
        assert picture.getpixel((0, 0)) == (255, 255, 255)
        assert len(picture.getcolors(maxcolors=128 * 128) or ()) > 2  # no blank, no missing-glyph box
        assert pixel_fingerprint(picture) == sample.image.fingerprint
        assert sample.audio.data is not None
        pcm, rate = soundfile.read(io.BytesIO(sample.audio.data), dtype="int16")
        assert pcm_fingerprint(pcm, rate) == sample.audio.fingerprint
        assert decode_audio(sample.audio, sample.id)[0].shape == (1, len(pcm))
        assert [part.language for part in sample.parts(Modality.TEXT)] == list(get_card("openmoji").languages)


def test_speech_is_the_same_in_every_fresh_process() -> None:
    from mmbench.loaders.generate.speech import speak_all

    words = ["grinning face", "Ångström", "", "grinning face"]
    (one, rate), (two, again) = speak_all(words), speak_all(words)
    assert rate == again == 22_050
    assert len(one) == len(two) == 4
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)
    assert len(one[0]) > rate / 4


def test_a_voice_that_does_not_exist_is_named() -> None:
    from mmbench.loaders.generate.speech import speak_all

    with pytest.raises(RuntimeError, match="eSpeak NG has no voice 'zz-nowhere'"):
        speak_all(["a"], voice="zz-nowhere")


def test_sentiment_is_positive_minus_negative_over_tweets() -> None:
    rows = list(opened("openmoji-sentiment")["all"])
    assert len(rows) == 615
    assert min(row.meta["tweets"] for row in rows) >= 5
    assert all(-1 <= row.target <= 1 for row in rows)
    by_emoji = {row.meta["emoji"]: row for row in rows}
    joy = by_emoji["😂"]  # table 1 of Kralj Novak et al. 2015: 14,622 occurrences, score 0.221
    assert (joy.meta["tweets"], round(joy.target, 3)) == (14_622, 0.221)
    folds = defaultdict(set)
    for row in rows:
        folds[row.group].add(row.meta["fold"])
    assert all(len(found) == 1 for found in folds.values())
    assert set().union(*folds.values()) == {0, 1, 2, 3, 4}


def test_easy_vqa_gives_two_thirds_away() -> None:
    splits = opened("easy-vqa")
    assert right_by_question([*splits["train"], *splits["validation"]], splits["test"]) == 6481
    assert issue("easy-vqa", "lookup") == 6481
    assert Counter(splits["test"].targets).most_common(1)[0][1] / 9673 == pytest.approx(0.37, abs=0.005)
    assert len(set(splits["train"].targets)) == 13


def right_by_question(train: Sequence[Sample], test: Sequence[Sample]) -> int:
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sample in train:
        seen[sample.text][sample.target] += 1
    best = {question: answers.most_common(1)[0][0] for question, answers in seen.items()}
    return sum(best.get(sample.text) == sample.target for sample in test)


def test_stamps_are_spoken_by_people_in_eight_languages() -> None:
    splits = opened("tuxstamps")
    assert sum(map(len, splits.values())) == 785
    spoken = Counter(
        part.language for split in splits.values() for sample in split for part in sample.parts(Modality.AUDIO)
    )
    assert set(spoken) == {"be", "bg", "ca", "el", "es", "fr", "ro", "ru"}
    assert (spoken["el"], spoken["be"]) == (646, 538)
    assert min(spoken[language] for language in ("fr", "ru", "ro", "ca", "bg", "es")) >= 740
    texts = Counter(
        part.language for split in splits.values() for sample in split for part in sample.parts(Modality.TEXT)
    )
    assert texts["en"] == 785
    assert len(texts) == 78  # English and 77 translations
