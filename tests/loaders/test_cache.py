"""The cache: built once, checked whenever it is opened, and every fault a sentence that says what to do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import UserError
from mmbench.loaders.cache import is_built, open_splits
from mmbench.loaders.cards import DatasetCard
from mmbench.loaders.dataset import fingerprint_of
from mmbench.loaders.folders import cache_folder
from mmbench.samples import MediaError, Sample, TextPart

ROWS = {
    "train": [Sample(f"t{number}", (TextPart(f"text number {number}"),), target="yes") for number in range(700)],
    "test": [Sample(f"e{number}", (TextPart(f"other {number}"),), target="no") for number in range(5)],
}
PINS = {split: (len(rows), fingerprint_of([row.fingerprint for row in rows])) for split, rows in ROWS.items()}
RACE = """
import sys
from pathlib import Path
from mmbench.loaders.cache import open_splits
from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.unknown import Unknown
from mmbench.loaders.sources import Inputs
from mmbench.samples import Sample, TextPart

class Source:
    generator = ""
    def locate(self):
        return {}
    def for_split(self, split):
        return self

    def inputs(self, *, progress=False):
        return Inputs({}, "v1", {})
    def build(self, roots):
        print("building", flush=True)
        sys.stdin.readline()  # holds the lock until the test has seen both processes start
        yield from (("all", Sample(str(n), (TextPart(str(n)),))) for n in range(600))

facts = SplitFacts(count=600, fingerprint=Unknown(reason="test"), protocol="")
card = DatasetCard(key="fake", title="", summary="", task_kinds=(), modalities=(), languages=(), splits={"all": facts},
                   columns={}, source=Source(), licence="", access="open", labels_public=True, redistributable=True,
                   download_bytes=0, citation="", homepage="", evidence={})
print("opening", flush=True)
print(open_splits(card, ["all"])["all"].fingerprint, flush=True)
"""


def never(roots: object) -> Iterator[tuple[str, Sample]]:
    raise AssertionError("built again")


def from_source(card: DatasetCard, **changes: Any) -> DatasetCard:
    source: Any = card.source
    return card.model_copy(update={"source": replace(source, **changes)})


def built_in(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_a_split_is_built_once(make_card: Any, cache: Path) -> None:
    card = make_card(ROWS, pins=PINS)
    assert not is_built(card, "test")
    first = open_splits(card, ["train", "test"])
    assert is_built(card, "test")
    second = open_splits(from_source(card, build=never), ["test"])["test"]
    assert list(second) == list(first["test"]) == ROWS["test"]
    assert list(first["train"]) == ROWS["train"]
    assert {split: found.fingerprint for split, found in first.items()} == {key: pin for key, (_, pin) in PINS.items()}
    assert (second.evidence, second.revision, second.split) == ("pinned-content", "fake==1", "test")
    assert sorted(path.name for path in built_in(cache).iterdir()) == [
        ".lock", "manifest.json", "test.arrow", "train.arrow",
    ]  # fmt: skip


def test_another_state_of_the_inputs_or_another_card_is_another_build(make_card: Any, cache: Path) -> None:
    open_splits(make_card(ROWS, pins=PINS), ["test"])
    changed = {"test": ROWS["test"][:3]}
    newer = open_splits(make_card(changed, version="fake==2"), ["test"])["test"]
    pins = {"test": (3, fingerprint_of([row.fingerprint for row in changed["test"]]))}
    mended = open_splits(make_card(changed, pins=pins), ["test"])["test"]  # the same inputs, read by a mended card
    assert (len(newer), len(mended), mended.evidence) == (3, 3, "pinned-content")


def test_the_cache_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMBENCH_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    monkeypatch.delenv("MMBENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().name == "mmbench"


def test_a_build_that_fails_leaves_nothing_that_could_be_taken_for_a_split(make_card: Any, cache: Path) -> None:
    def fails(roots: object) -> Iterator[tuple[str, Sample]]:
        yield from (("train", row) for row in ROWS["train"])
        raise MediaError("t700", "cut off")

    card = make_card(fails)
    with pytest.raises(MediaError, match="t700"):
        open_splits(card, ["train"])
    assert [path.name for path in built_in(cache).iterdir() if path.name != ".lock"] == []
    assert len(open_splits(make_card(ROWS), ["train"])["train"]) == 700


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        place = data.index(b"other 3")
        path.write_bytes(data[:place] + b"Other 3" + data[place + 7 :])
    elif how == "gone":
        path.unlink()
    else:
        path.write_bytes(how.encode())


@pytest.mark.parametrize(
    ("name", "how"),
    [
        *(("test.arrow", how) for how in ("cut", "", "<html>", "flipped", "gone")),
        *(("manifest.json", how) for how in ("cut", "", "<html>", "[]")),
    ],
)
def test_a_damaged_cache_says_what_to_delete(make_card: Any, cache: Path, name: str, how: str) -> None:
    card = make_card(ROWS, pins=PINS)
    open_splits(card, ["test"])
    damage(built_in(cache) / name, how)
    with pytest.raises(
        UserError, match=rf"{name} .*delete the folder .* and run again, it will be rebuilt\.$"
    ) as found:
        open_splits(card, ["test"])
    assert "\n" not in str(found.value)


def test_a_manifest_with_another_count_is_damage(make_card: Any, cache: Path) -> None:
    card = make_card(ROWS)
    open_splits(card, ["test"])
    path = built_in(cache) / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["splits"]["test"]["count"] = 4
    path.write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"test\.arrow holds 5 rows where its manifest says 4: delete the folder"):
        open_splits(card, ["test"])


def test_a_wrong_count_is_refused(make_card: Any, cache: Path) -> None:
    card = make_card(ROWS, pins=PINS | {"test": (6, PINS["test"][1])})
    with pytest.raises(UserError, match="fake test came out with 5 samples where its card says 6: .*reinstall"):
        open_splits(card, ["train"])
    assert not is_built(card, "test")


def test_other_content_than_pinned_is_refused_or_said(make_card: Any, cache: Path) -> None:
    pins = PINS | {"test": (5, "0" * 64)}
    with pytest.raises(UserError, match=r"fake test does not hold the content that its card pins .*reinstall"):
        open_splits(make_card(ROWS, pins=pins), ["test"])
    generated = make_card(ROWS, pins=pins, generator="pillow==1")
    assert open_splits(generated, ["test"])["test"].evidence == "generated-differs"
    assert open_splits(generated, ["train"])["train"].evidence == "pinned-content"
    assert open_splits(make_card(ROWS, version="other"), ["test"])["test"].evidence == "unpinned"


def _rest(process: "subprocess.Popen[str]") -> list[str]:
    """What is still to be read; ``communicate`` would lose what ``readline`` has read ahead."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    with process.stdout as out:
        return out.read().split()


def test_two_processes_that_build_the_same_split_both_get_it(cache: Path) -> None:
    run = [sys.executable, "-c", RACE]
    both = [subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "opening\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    said = [_rest(one) for one in both]
    assert [one.wait(timeout=60) for one in both] == [0, 0]
    assert sorted(line for lines in said for line in lines[:-1]) == ["building"]
    assert said[0][-1] == said[1][-1]
