"""Every card of the catalog states what a reader needs; a mistake in one fails at import."""

import json
import re

import pytest
from pydantic import ValidationError

from mmbench.errors import UserError
from mmbench.loaders import DatasetCard, all_cards, get_card, load_dataset
from mmbench.loaders.sources import Source
from mmbench.loaders.unknown import Unknown

CARDS = all_cards()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_card_of_the_catalog_is_complete(card: DatasetCard) -> None:
    assert get_card(card.key) is card
    assert isinstance(card.source, Source)
    for text in (card.title, card.summary, card.citation, card.homepage, *card.evidence.values()):
        assert text.strip()
    assert isinstance(card.licence, str)
    assert {"splits", "licence"} <= set(card.evidence)
    assert card.splits
    for facts in card.splits.values():
        assert isinstance(facts.count, int)
        assert facts.count > 0
        assert isinstance(facts.fingerprint, str)
        assert facts.protocol
    assert len({facts.fingerprint for facts in card.splits.values()}) == len(card.splits)
    assert card.attribution or not card.redistributable
    for issue in card.known_issues:
        assert isinstance(issue.count, Unknown) or issue.count > 0
        assert issue.handling


def test_keys_are_their_files_names() -> None:
    from mmbench.discovery import modules_in

    names = [module.__name__.rpartition(".")[2].replace("_", "-") for module in modules_in("mmbench.loaders.catalog")]
    assert [card.key for card in CARDS] == sorted(names)


def test_a_card_can_be_shown_as_json() -> None:
    for card in CARDS:
        shown = json.loads(card.model_dump_json())
        assert shown["key"] == card.key
        assert "source" not in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licens": "MIT"}, "licens"),
        ({"access": "free"}, "access"),
        ({"key": "Open_Moji"}, "key"),
        ({"task_kinds": ("retreival",)}, "task_kinds"),
        ({"evidence": {"split": "counted"}}, "evidence for facts that a card does not have: split"),
        ({"source": "somewhere"}, "source"),
        ({"licence": {"reason": ""}}, "licence"),
    ],
)
def test_a_typo_in_a_card_fails_at_once(change: dict[str, object], said: str) -> None:
    card = CARDS[0]
    fields = {name: getattr(card, name) for name in DatasetCard.model_fields}
    with pytest.raises(ValidationError, match=re.escape(said)):
        DatasetCard(**(fields | change))


def test_a_card_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CARDS[0].title = "other"


def test_an_unknown_key_or_split_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UserError, match=r"There is no dataset named 'openmojis': did you mean openmoji"):
        load_dataset("openmojis")
    with pytest.raises(UserError, match=r"openmoji has no split 'dev': it has train, validation, test\."):
        load_dataset("openmoji", "dev")
