"""Judgements hold what their authors counted, are read from the installed package without importing it, and are found by file."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

import mmbench.loaders.judgements as registry
from mmbench.errors import UserError
from mmbench.loaders.judgements import Judgements, judgement_sets, load_judgements

SPEC = importlib.util.find_spec("eccv_caption")
needs_package = pytest.mark.skipif(SPEC is None, reason="eccv-caption is not installed")


def positives(judged: Mapping[str, Mapping[str, float]], queries: Mapping[str, object] | None = None) -> int:
    return sum(len(right) for query, right in judged.items() if queries is None or query in queries)


def pairs(judged: Mapping[str, Mapping[str, float]]) -> set[tuple[str, str]]:
    return {(query, one) for query, right in judged.items() for one in right}


def turned(judged: Mapping[str, Mapping[str, float]]) -> set[tuple[str, str]]:
    return {(one, query) for query, one in pairs(judged)}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package's data that a test may damage, found in place of the installed one."""
    assert SPEC is not None
    assert SPEC.submodule_search_locations
    shutil.copytree(Path(SPEC.submodule_search_locations[0]) / "data", tmp_path / "data")
    copy = ModuleSpec("eccv_caption", None, is_package=True)
    copy.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: copy)
    return tmp_path / "data"


@needs_package
@pytest.mark.parametrize(
    ("name", "pictures", "captions"),
    [("coco", 1_332, 6_305), ("cxc", 1_895, 8_906), ("eccv", 11_279, 22_550)],
)
def test_on_the_queries_of_eccv_the_positives_are_those_of_the_table_in_its_readme(
    name: str, pictures: int, captions: int
) -> None:
    asked, judged = load_judgements("eccv"), load_judgements(name)
    assert len(asked.caption_to_image) == 1_332
    assert len(asked.image_to_caption) == 1_261
    assert positives(judged.caption_to_image, asked.caption_to_image) == pictures
    assert positives(judged.image_to_caption, asked.image_to_caption) == captions


@needs_package
def test_the_published_pairs_are_five_captions_per_picture_and_mirror_each_other() -> None:
    coco = load_judgements("coco")
    assert len(coco.image_to_caption) == 5_000
    assert {len(right) for right in coco.image_to_caption.values()} == {5}
    assert pairs(coco.image_to_caption) == turned(coco.caption_to_image)


@needs_package
def test_cxc_mirrors_itself_and_eccv_which_was_judged_each_way_apart_does_not() -> None:
    cxc, eccv = load_judgements("cxc"), load_judgements("eccv")
    assert pairs(cxc.image_to_caption) == turned(cxc.caption_to_image)
    assert pairs(eccv.image_to_caption) != turned(eccv.caption_to_image)


@needs_package
def test_the_gallery_is_the_split_in_its_order_with_five_captions_in_a_row_per_picture() -> None:
    coco = load_judgements("coco")
    assert set(coco.captions) == set(coco.caption_to_image)
    assert len(coco.captions) == len(set(coco.captions)) == 25_000
    assert (
        coco.pictures[0] == "391895"
    )  # COCO_val2014_000000391895 heads the test pictures of Karpathy's dataset_coco.json
    for number, picture in enumerate(coco.pictures):
        assert set(coco.captions[5 * number : 5 * number + 5]) == set(coco.image_to_caption[picture])


@needs_package
@pytest.mark.parametrize("name", ["coco", "cxc", "eccv"])
def test_queries_and_right_pictures_are_in_the_gallery_and_every_query_has_a_positive(name: str) -> None:
    judged = load_judgements(name)
    pictures, captions = set(judged.pictures), set(judged.captions)
    assert set(judged.image_to_caption) <= pictures
    assert set(judged.caption_to_image) <= captions
    assert all(right and set(right) <= pictures for right in judged.caption_to_image.values())
    outside = {one for right in judged.image_to_caption.values() for one in right} - captions
    assert len(outside) == (2 if name == "eccv" else 0)
    assert all(judged.image_to_caption.values())


@needs_package
def test_judgements_of_rival_sets_differ_in_title_licence_and_citation() -> None:
    found = [load_judgements(name) for name in ("coco", "cxc", "eccv")]
    assert [one.licence for one in found] == ["MIT", "Apache-2.0", "MIT"]
    assert len({one.citation for one in found}) == len({one.title for one in found}) == 3
    assert "391895" not in repr(found[0])


@needs_package
def test_reading_judgements_does_not_import_the_package() -> None:
    code = (
        "import sys; from mmbench.loaders.judgements import load_judgements; "
        "load_judgements('eccv'); print('eccv_caption' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@needs_package
@pytest.mark.parametrize("file", ["eccv_image_to_caption.json", "coco_test_ids.npy"])
def test_a_changed_file_of_the_package_is_refused_by_name(installed: Path, file: str) -> None:
    data = (installed / file).read_bytes()
    (installed / file).write_bytes(data[:-1] + b" ")
    with pytest.raises(UserError, match=rf"{file} .* not the one that eccv-caption==0\.1\.0 published"):
        load_judgements("eccv")


@needs_package
def test_a_missing_file_of_the_package_is_refused_by_name(installed: Path) -> None:
    (installed / "cxc_caption_to_image.json").unlink()
    with pytest.raises(UserError, match=r"cxc_caption_to_image\.json .* is absent"):
        load_judgements("cxc")


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"eccv-caption==0\.1\.0.*pip install 'mmbench\[eccv\]'"):
        load_judgements("eccv")


def test_an_unknown_name_lists_the_names_that_there_are() -> None:
    with pytest.raises(UserError, match="no judgements named 'flickr': there are coco, cxc, eccv"):
        load_judgements("flickr")


def test_another_set_is_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pets.py").write_text(
        "from mmbench.loaders.judgements.base import Judgements, JudgementSet\n"
        "def read() -> Judgements:\n"
        "    return Judgements('pets', 'Pets', 'MIT', 'nobody', {'1': {'2': 0.5}}, {'2': {'1': 0.5}}, ('2',), ('1',))\n"
        "SET = JudgementSet('pets', 'Pets', read)\n"
    )
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    registry._registered.cache_clear()
    try:
        assert [one.name for one in judgement_sets()] == ["coco", "cxc", "eccv", "pets"]
        found = load_judgements("pets")
        assert isinstance(found, Judgements)
        assert found.image_to_caption == {"1": {"2": 0.5}}
    finally:
        registry._registered.cache_clear()
        sys.modules.pop("mmbench.loaders.judgements.pets", None)
