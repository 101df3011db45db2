"""Which emoji there are, what they are called, and which of them are variants of one another."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "ar", "de", "es", "fa", "fr", "id", "it", "ja", "ko", "pt", "ru", "tr", "zh")
FULLY_QUALIFIED = 2  # emoji.STATUS
FONT_UNICODE = 17  # OpenMoji 17 draws a missing-glyph box for anything newer
SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
COUNTRY_FLAG = re.compile("^[\U0001f1e6-\U0001f1ff]{2}$")

# Gender, age within a pair, and direction are what the members of a family differ in.
GENDER_SIGN = re.compile("\u200d[\u2640\u2642]")
DIRECTION = re.compile("\u200d\u27a1")
FAMILY = re.compile("^(?:[\U0001f9d1\U0001f9d2\u200d]{3,}|\U0001f46a)$")
SAME_PERSON = str.maketrans(
    {
        "👨": "🧑", "👩": "🧑", "👦": "🧒", "👧": "🧒", "👴": "🧓", "👵": "🧓", "🤴": "🫅", "👸": "🫅", "🤶": "🎅",
        "👫": "👬", "👭": "👬", "🕺": "💃", "🤰": "🫄", "🫃": "🫄",
    }
)  # fmt: skip
SAME_SCENE = {
    "🧑\u200d❤\u200d🧑": "💑", "🧑\u200d❤\u200d💋\u200d🧑": "💏", "🧑\u200d🤝\u200d🧑": "👬", "🧑\u200d🎄": "🎅",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji: its characters, its name per language, and its family."""

    text: str
    names: Mapping[str, str]
    family: str

    @property
    def id(self) -> str:
        """Its code points, as OpenMoji names its files: ``1F468-200D-1F9BD``."""
        return codepoints(self.text)

    @property
    def is_country_flag(self) -> bool:
        """Whether it is one of the flags written as two regional indicators."""
        return COUNTRY_FLAG.match(self.text) is not None


def codepoints(text: str) -> str:
    """The code points of a string in hexadecimal, joined by hyphens."""
    return "-".join(f"{ord(character):04X}" for character in text)


def read_emoji(folder: Path) -> list[Emoji]:
    """The fully-qualified emoji without skin tone that OpenMoji 17 draws, sorted by code points, from the package ``emoji``."""
    names = {language: _read(folder, f"emoji_{language}.json") for language in LANGUAGES if language != "en"}
    found = []
    for text, facts in _read(folder, "emoji.json").items():
        if facts["status"] != FULLY_QUALIFIED or facts["E"] > FONT_UNICODE or SKIN_TONES.search(text):
            continue
        spelled = {"en": facts["en"], **{language: table[text] for language, table in names.items()}}
        found.append(Emoji(text, {language: _spoken(name) for language, name in spelled.items()}, family_of(text)))
    return sorted(found, key=lambda emoji: [ord(character) for character in emoji.text])


def family_of(text: str) -> str:
    """The emoji with gender, direction and presentation taken off: equal for the variants of one picture."""
    plain = DIRECTION.sub("", GENDER_SIGN.sub("", text.replace("\ufe0f", ""))).translate(SAME_PERSON)
    return "👪" if FAMILY.match(plain) else SAME_SCENE.get(plain, plain)


def unite(keys: Sequence[str], relations: Iterable[Sequence[str]]) -> dict[str, str]:
    """Groups of keys that any relation (a family, an identical rendering) joins; each group is named by its smallest member."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for members in relations:
        for other in members[1:]:
            low, high = sorted((root(members[0]), root(other)))
            parent[high] = low
    return {key: root(key) for key in keys}


def groups_of(emoji: Sequence[Emoji], pictures: Sequence[str]) -> dict[str, str]:
    """Per emoji id its group: family and identical rendering (fingerprints of the pictures, in the order of ``emoji``) joined."""
    relations: defaultdict[str, list[str]] = defaultdict(list)
    for one, picture in zip(emoji, pictures, strict=True):
        relations[f"family {one.family}"].append(one.id)
        relations[f"picture {picture}"].append(one.id)
    return unite([one.id for one in emoji], relations.values())


def _read(folder: Path, name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((folder / "unicode_codes" / name).read_bytes())
    return table


def _spoken(name: str) -> str:
    return name.strip(":").replace("_", " ")
