"""Every card of the catalog states what a reader needs; a mistake in one fails at import."""

import json
import re

import pytest
from pydantic import ValidationError

from mmbench.errors import UserError
from mmbench.loaders import DatasetCard, all_cards, get_card, load_dataset
from mmbench.loaders.sources import GeneratedSource, HubSource, PackageSource, Source, SystemSource
from mmbench.loaders.unknown import Unknown

CARDS = all_cards()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_card_of_the_catalog_is_complete(card: DatasetCard) -> None:
    assert get_card(card.key) is card
    assert isinstance(card.source, Source)
    for text in (
        card.title,
        card.summary,
        card.citation,
        card.homepage,
        *card.evidence.values(),
        *card.columns.values(),
    ):
        assert text.strip()
    assert card.splits
    assert card.columns
    for facts in card.splits.values():
        assert isinstance(facts.count, Unknown) or facts.count > 0
        assert facts.protocol
    assert card.attribution or not card.redistributable
    assert isinstance(card.licence, str) or not card.redistributable
    for issue in card.known_issues:
        assert isinstance(issue.count, Unknown) or issue.count > 0
        assert issue.handling


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_every_fact_says_where_it_was_read(card: DatasetCard) -> None:
    stated = {
        "licence": isinstance(card.licence, str),
        "splits": any(isinstance(facts.count, int) for facts in card.splits.values()),
        "source": isinstance(card.source, HubSource) and isinstance(card.source.revision, str),
    }
    assert {name for name, known in stated.items() if known} <= set(card.evidence)


def test_built_in_data_are_pinned_to_their_content() -> None:
    for card in CARDS:
        if isinstance(card.source, GeneratedSource | PackageSource | SystemSource):
            prints = [facts.fingerprint for facts in card.splits.values()]
            assert all(isinstance(one, str) for one in prints)
            assert len(set(prints)) == len(prints)


def test_hub_cards_name_a_commit_or_say_why_not() -> None:
    sources = {card.key: card.source for card in CARDS if isinstance(card.source, HubSource)}
    assert len(sources) >= 40
    for source in sources.values():
        assert isinstance(source.revision, Unknown) or re.fullmatch("[0-9a-f]{40}", source.revision)
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", source.repo)


def test_a_file_of_the_catalog_is_named_after_its_first_card() -> None:
    from mmbench.discovery import modules_in

    for module in modules_in("mmbench.loaders.catalog"):
        cards = [value for value in vars(module).values() if isinstance(value, DatasetCard)]
        cards += [
            one
            for value in vars(module).values()
            if isinstance(value, tuple)
            for one in value
            if isinstance(one, DatasetCard)
        ]
        assert module.__name__.rpartition(".")[2].replace("_", "-") in {card.key for card in cards}


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
