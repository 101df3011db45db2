"""The categories of the stamps that are installed: every stamp is in a class, and models see one picture, one text and one sound."""

from collections import Counter
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders import get_card, load_dataset
from mmbench.loaders.dataset import PairedDataset
from mmbench.samples import Modality
from mmbench.tasks import get_task
from mmbench.tasks.catalog.tuxstamps import CATEGORY, RARE

pytestmark = pytest.mark.demo


@pytest.fixture(scope="module")
def splits() -> dict[str, PairedDataset]:
    try:
        get_card("tuxstamps").source.locate()
    except UserError as error:
        pytest.skip(str(error))
    return load_dataset("tuxstamps", progress=False)


def test_topics_with_fewer_than_five_stamps_in_train_are_one_class(splits: dict[str, PairedDataset]) -> None:
    counts = Counter(sample.meta["topic"] for sample in splits["train"].labels())
    everywhere = {sample.meta["topic"] for split in splits.values() for sample in split.labels()}
    assert {topic for topic in everywhere if counts[topic] < 5} == set(RARE)
    assert set(CATEGORY.classes) == everywhere - set(RARE) | {"other"}


def test_a_view_holds_a_picture_the_english_text_and_the_french_sound_if_any(splits: dict[str, PairedDataset]) -> None:
    assert get_task("tuxstamps.category") is CATEGORY
    plan = CATEGORY.plan(splits.__getitem__)
    items: list[Any] = list(plan.stages[0].items)
    assert plan.n == len(splits["test"])
    kinds = Counter(tuple((part.modality, part.language) for part in item.content) for item in items)
    picture, text, sound = (Modality.IMAGE, None), (Modality.TEXT, "en"), (Modality.AUDIO, "fr")
    assert kinds == {(picture, text, sound): 184, (picture, text): 3}
    assert {(item.target, len(item.meta)) for item in items} == {(None, 0)}
    train, valid = plan.phases[0].training()
    assert Counter(row.target for row in train)["other"] == 9
    assert (len(train), len(valid)) == (525, 73)
