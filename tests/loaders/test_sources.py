"""Sources name their inputs and say how to get what is missing; splits are a function of a group's name alone."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders.generate.emoji import family_of, unite
from mmbench.loaders.sources import Inputs, PackageSource, Roots, Source, SystemSource, file_part, inputs_digest
from mmbench.loaders.splits import fold_of, split_of, stable_fraction
from mmbench.samples import Modality, Sample

SHARES = (("train", 0.7), ("validation", 0.1), ("test", 0.2))


def nothing(roots: Roots) -> "list[tuple[str, Sample]]":
    return []


def test_a_package_source_hashes_its_files_and_names_its_versions() -> None:
    source = PackageSource(
        packages={"yaml": "PyYAML"},
        files={"yaml": ("n*.py", "loader.py")},
        build=lambda roots: iter(nothing(roots)),
        extra="demo",
        generators=("pillow",),
    )
    inputs = source.inputs()
    import PIL
    import yaml

    folder = Path(str(yaml.__file__)).parent
    assert inputs.revision == f"PyYAML=={yaml.__version__}"
    assert dict(inputs.roots) == {"yaml": folder}
    assert list(inputs.files) == ["yaml:nodes.py", "yaml:loader.py"]
    assert inputs.files["yaml:nodes.py"] == hashlib.sha256((folder / "nodes.py").read_bytes()).hexdigest()
    assert source.generator == f"pillow=={PIL.__version__}"


def test_a_missing_package_is_named_with_the_line_that_installs_it() -> None:
    source = PackageSource({"no_such_package": "no-such-dist"}, {}, lambda roots: iter(nothing(roots)), extra="demo")
    with pytest.raises(
        UserError, match=r"'no-such-dist', which is not installed: run pip install 'mmbench\[demo\]'\.$"
    ):
        source.inputs()


def test_a_missing_system_package_is_named_with_the_line_that_installs_it(tmp_path: Path) -> None:
    source = SystemSource("x", tmp_path / "absent", "some-package", ("*",), lambda roots: iter(nothing(roots)))
    with pytest.raises(UserError, match=r"'some-package', which is not installed: run apt-get install some-package\.$"):
        source.locate()


def test_a_system_source_hashes_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_bytes(b"abc")
    source = SystemSource("x", tmp_path, "no-such-package", ("**/*.txt",), lambda roots: iter(nothing(roots)))
    inputs = source.inputs()
    assert inputs.files == {"x:deep/a.txt": hashlib.sha256(b"abc").hexdigest()}
    assert inputs.revision == "no-such-package==unknown"


def test_the_digest_of_inputs_moves_with_each_of_them() -> None:
    base = Inputs({"r": Path("/here")}, "v1", {"r:a": "0"})
    others = [Inputs(base.roots, "v2", base.files), Inputs(base.roots, "v1", {"r:a": "1"})]
    assert inputs_digest(base, "") == inputs_digest(Inputs({"r": Path("/there")}, "v1", {"r:a": "0"}), "")
    assert len({inputs_digest(one, "") for one in (base, *others)} | {inputs_digest(base, "pillow==1")}) == 4


def test_a_file_part_is_hashed_and_stays_in_its_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.png"
    inside.mkdir()
    outside.write_bytes(b"secret")
    (inside / "a.png").write_bytes(b"abc")
    (inside / "link.png").symlink_to(outside)
    part = file_part({"r": inside}, "r", "a.png", Modality.IMAGE, "image/png")
    assert (part.sha256, part.path, part.data) == (
        hashlib.sha256(b"abc").hexdigest(),
        str(inside / "a.png"),
        None,
    )
    for escape in ("../secret.png", str(outside), "link.png"):
        with pytest.raises(UserError, match="leads out of the folder of 'r'"):
            file_part({"r": inside}, "r", escape, Modality.IMAGE, "image/png")
    with pytest.raises(UserError, match=r"gone\.png.*cannot be read .*reinstall"):
        file_part({"r": inside}, "r", "gone.png", Modality.IMAGE, "image/png")


def test_splits_follow_the_shares_and_never_move() -> None:
    groups = [f"group {number}" for number in range(5000)]
    counts = Counter(split_of(group, SHARES, "salt") for group in groups)
    assert {name: counts[name] / 5000 for name, _ in SHARES} == pytest.approx(dict(SHARES), abs=0.02)
    assert stable_fraction("a", "b") == int(hashlib.sha256(b"b\0a").hexdigest()[:16], 16) / 2**64
    assert [split_of(name, SHARES, "openmoji") for name in ("1F600", "1F601", "2764-FE0F")] == [
        "train", "train", "test",
    ]  # fmt: skip


def test_folds_are_even() -> None:
    counts = Counter(fold_of(str(number), 5, "salt") for number in range(5000))
    assert sorted(counts) == [0, 1, 2, 3, 4]
    assert min(counts.values()) > 900


def test_groups_are_joined_through_any_chain_of_relations() -> None:
    found = unite(["a", "b", "c", "d", "e"], [["d", "c"], ["e"], ["c", "b"]])
    assert found == {"a": "a", "b": "b", "c": "b", "d": "b", "e": "e"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("🚶", "🚶‍♀️", True),
        ("🚶", "🚶‍♂️‍➡️", True),
        ("👨‍🚒", "👩‍🚒", True),
        ("👨‍👩‍👧", "👪", True),
        ("🤶", "🎅", True),
        ("👨‍🚒", "👨‍🚀", False),
        ("😀", "😃", False),
    ],
)
def test_families_join_gender_and_direction_and_nothing_else(one: str, other: str, same: bool) -> None:
    assert (family_of(one) == family_of(other)) is same


def test_a_card_can_be_listed_where_its_packages_are_absent() -> None:
    source = PackageSource(
        packages={"nowhere_at_all": "nowhere-at-all"},
        files={},
        build=lambda roots: iter(()),
        extra="demo",
        generators=("nowhere-at-all",),
    )
    assert isinstance(source, Source)  # looks at every member
    assert source.generator == "nowhere-at-all==absent"
    with pytest.raises(UserError, match="nowhere-at-all"):
        source.locate()
