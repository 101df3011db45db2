"""What a plain reader of tar shards loses silently stops ours with the name of the thing; whole tars of every dialect are read."""

import gzip
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mmbench.errors import UserError
from mmbench.loaders.tars import member_bytes, member_sha256, tar_samples, tars_samples

Files = Sequence[tuple[str, bytes]]
PAIRS = [("000.jpg", b"zero"), ("000.txt", b"a"), ("001.jpg", b"one"), ("001.txt", b"b")]


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """Write a tar with Python's own writer."""

    def packed(files: Files, name: str = "a.tar", form: int = tarfile.USTAR_FORMAT) -> Path:
        with tarfile.open(tmp_path / name, "w", format=form) as tar:
            for path, data in files:
                info = tarfile.TarInfo(path)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return tmp_path / name

    return packed


def cut(path: Path, length: int) -> Path:
    path.write_bytes(path.read_bytes()[:length])
    return path


def special(path: Path, kind: bytes) -> Path:
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo("000.jpg")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    return path


def patched(path: Path, start: int, data: bytes) -> Path:
    """Other bytes in the first header, with a checksum that fits."""
    block = bytearray(path.read_bytes())
    block[start : start + len(data)] = data
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    path.write_bytes(block)
    return path


def test_a_sample_is_the_files_of_one_key_and_its_bytes_stay_in_the_tar(pack: Callable[..., Path]) -> None:
    path = pack([("x/b.JPG", b"1" * 600), ("x/b.seg.png", b"22"), ("./x.y/c.jpg", b"")])
    first, second = tar_samples(path, fields=["jpg", "seg.png"], required=["jpg"])
    assert (first.key, list(first.fields)) == ("x/b", ["jpg", "seg.png"])
    assert (second.key, list(second.fields)) == ("x.y/c", ["jpg"])
    assert [member_bytes(path, member) for member in first.fields.values()] == [b"1" * 600, b"22"]
    assert member_sha256(path, first.fields["jpg"]) == hashlib.sha256(b"1" * 600).hexdigest()
    assert member_bytes(path, second.fields["jpg"]) == b""


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_are_read_in_every_dialect(pack: Callable[..., Path], form: int) -> None:
    names = ["d" * 90 + "/" + "e" * 200 + ".jpg", "ä" * 120 + ".jpg", "short.jpg"]
    path = pack([(name, name.encode()) for name in names], form=form)
    found = list(tar_samples(path))
    assert [sample.key + ".jpg" for sample in found] == names
    assert [member_bytes(path, sample.fields["jpg"]).decode() for sample in found] == names


@pytest.mark.parametrize("form", ["ustar", "gnu", "pax", "v7"])
def test_what_the_tar_program_writes_is_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name, data in PAIRS:
        (tmp_path / "in" / "sub" / name).write_bytes(data)
    command = ["tar", "-C", "in", f"--format={form}", "--sort=name", "-cf", "a.tar", "."]
    subprocess.run(command, cwd=tmp_path, check=True)
    path = tmp_path / "a.tar"
    found = [(one.key, name, member_bytes(path, m)) for one in tar_samples(path) for name, m in one.fields.items()]
    assert found == [(f"sub/{name[:3]}", name[4:], data) for name, data in PAIRS]


def test_pax_records_may_say_the_size(pack: Callable[..., Path], tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "all"}) as tar:
        info = tarfile.TarInfo("000.jpg")
        info.size, info.pax_headers = 4, {"size": "4", "mtime": "1.5"}
        tar.addfile(info, io.BytesIO(b"zero"))
    ((_, sample),) = tars_samples([tmp_path / "a.tar"])
    assert member_bytes(tmp_path / "a.tar", sample.fields["jpg"]) == b"zero"


def test_a_shard_without_samples_is_read_as_such(pack: Callable[..., Path]) -> None:
    assert list(tar_samples(pack([]))) == []


# The nine silent losses of a plain reader.


def test_a_tar_cut_between_two_members_is_an_error(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"a\.tar is cut at byte 2,048: the blocks that end a tar are missing"):
        list(tar_samples(cut(pack(PAIRS), 2048)))


def test_a_tar_cut_between_the_files_of_a_sample_is_an_error(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"a\.tar is cut at byte 3,072"):
        list(tar_samples(cut(pack(PAIRS), 3072)))
    whole = pack(PAIRS[:3])
    with pytest.raises(UserError, match=r"sample '001' has no txt \(it has jpg\)"):
        list(tar_samples(whole, required=["jpg", "txt"]))


def test_a_tar_cut_inside_a_file_is_an_error(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"a\.tar is cut: its member '001\.txt' should have 700 bytes .* after 100"):
        list(tar_samples(cut(pack([*PAIRS[:3], ("001.txt", b"b" * 700)]), 3072 + 512 + 100)))


def test_files_of_a_sample_that_do_not_stand_together_are_an_error(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"the key '000' comes back after other keys \(at 'txt'\).*--sort=name"):
        list(tar_samples(pack([PAIRS[0], PAIRS[2], PAIRS[1], PAIRS[3]])))


def test_dots_in_names_do_not_merge_samples(pack: Callable[..., Path]) -> None:
    path = pack([("img.1.jpg", b"1"), ("img.2.jpg", b"2")])
    with pytest.raises(UserError, match=r"'img\.1\.jpg' has the field '1\.jpg' .* not one of jpg, txt"):
        list(tar_samples(path, fields=["jpg", "txt"]))


def test_a_file_without_extension_is_an_error(pack: Callable[..., Path]) -> None:
    for name, what in (("000", "extension"), ("x.y/000", "extension"), ("000.", "extension"), (".jpg", "name before")):
        with pytest.raises(UserError, match=f"the member {name!r} has no {what}"):
            list(tar_samples(pack([*PAIRS, (name, b"?")])))


def test_a_key_that_comes_again_later_is_an_error(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match=r"the key '000' comes back after other keys"):
        list(tar_samples(pack([*PAIRS, *PAIRS[:2]])))


def test_a_key_in_two_shards_is_an_error(pack: Callable[..., Path]) -> None:
    shards = [pack(PAIRS, "a.tar"), pack([("002.jpg", b""), *PAIRS[2:]], "b.tar")]
    with pytest.raises(UserError, match=r"b\.tar: the key '001' is in .*a\.tar too"):
        list(tars_samples(shards))


def test_a_second_tar_behind_the_first_is_an_error(pack: Callable[..., Path]) -> None:
    path = pack(PAIRS[:2])
    path.write_bytes(path.read_bytes() + pack(PAIRS[2:], "b.tar").read_bytes())
    with pytest.raises(UserError, match=r"goes on after its end at byte 2,048"):
        list(tar_samples(path))


def test_a_damaged_header_is_an_error(pack: Callable[..., Path]) -> None:
    path = pack(PAIRS)
    data = bytearray(path.read_bytes())
    data[2048] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"is damaged at byte 2,048 \(bad checksum\)"):
        list(tar_samples(path))


def test_a_field_that_is_there_twice_is_an_error(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="sample '000' has the field 'jpg' twice"):
        list(tar_samples(pack([("000.jpg", b"1"), ("000.JPG", b"2")])))


# Hostile and mistaken tars.


@pytest.mark.parametrize("name", ["../a.jpg", "x/../../a.jpg", "/etc/a.jpg", "..\\a.jpg", "C:\\a.jpg"])
def test_names_that_lead_out_are_refused(pack: Callable[..., Path], name: str) -> None:
    with pytest.raises(UserError, match="leads out of the folder"):
        list(tar_samples(pack([(name, b"")])))


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.GNUTYPE_SPARSE, "a sparse file"),
        (b"D", "of the unknown type"),
    ],
)
def test_only_plain_files_are_taken(tmp_path: Path, kind: bytes, what: str) -> None:
    with pytest.raises(UserError, match=f"the member '000.jpg' is {what}"):
        list(tar_samples(special(tmp_path / "a.tar", kind)))


def test_a_sparse_file_in_pax_records_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("000.jpg")
        info.pax_headers = {"GNU.sparse.major": "1"}
        tar.addfile(info)
    with pytest.raises(UserError, match="is a sparse file"):
        list(tar_samples(tmp_path / "a.tar"))


def test_a_compressed_tar_is_named_as_such(tmp_path: Path, pack: Callable[..., Path]) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(pack(PAIRS).read_bytes()))
    with pytest.raises(UserError, match=r"is compressed \(gzip\): unpack it"):
        list(tar_samples(path))


@pytest.mark.parametrize(("data", "what"), [(b"", "is cut at byte 0"), (b"<html>" * 100, "is no tar")])
def test_what_is_no_tar_is_named_as_such(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(UserError, match=what):
        list(tar_samples(tmp_path / "a.tar"))


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be opened"):
        list(tar_samples(tmp_path / "a.tar"))


def test_a_negative_size_does_not_send_the_reader_in_circles(pack: Callable[..., Path]) -> None:
    path = patched(pack(PAIRS), 124, b"\xff" * 11 + b"\x00")
    with pytest.raises(UserError, match="a negative size"):
        list(tar_samples(path))


def test_a_long_name_cannot_ask_for_much_memory(pack: Callable[..., Path]) -> None:
    path = pack([("d" * 200 + ".jpg", b"")], form=tarfile.GNU_FORMAT)
    with pytest.raises(UserError, match="claim 1,073,741,824 bytes"):
        list(tar_samples(patched(path, 124, b"%011o\0" % (1 << 30))))


def test_many_long_names_in_a_row_are_read_without_recursion(pack: Callable[..., Path]) -> None:
    path = pack([("d" * 200 + ".jpg", b"")], form=tarfile.GNU_FORMAT)
    data = path.read_bytes()
    path.write_bytes(data[:1024] * 5000 + data)
    assert [sample.key for sample in tar_samples(path)] == ["d" * 200]


@pytest.mark.parametrize("records", [b"30 path=short\n", b"path=x\n", b"0 \n", b"9 size=-1\n", b"8 size=x"])
def test_damaged_pax_records_are_an_error(pack: Callable[..., Path], records: bytes) -> None:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, len(records)
    path = pack(PAIRS)
    path.write_bytes(head.tobuf() + records.ljust(512, b"\0") + path.read_bytes())
    with pytest.raises(UserError, match="is damaged"):
        list(tar_samples(path))


def test_a_name_that_is_not_utf8_is_named(pack: Callable[..., Path]) -> None:
    with pytest.raises(UserError, match="is not UTF-8"):
        list(tar_samples(patched(pack(PAIRS), 0, b"\xe4.jpg\0\0")))


def test_a_tar_that_ends_after_a_long_name_is_an_error(pack: Callable[..., Path]) -> None:
    path = pack([("d" * 200 + ".jpg", b"")], form=tarfile.GNU_FORMAT)
    path.write_bytes(path.read_bytes()[:1024] + bytes(1024))
    with pytest.raises(UserError, match="after the long name of a member that is not there"):
        list(tar_samples(path))


def test_a_member_is_not_read_whole_above_the_limit_nor_from_a_tar_that_shrank(pack: Callable[..., Path]) -> None:
    path = pack(PAIRS)
    member = next(tar_samples(path)).fields["jpg"]
    with pytest.raises(UserError, match=r"000\.jpg has 4 bytes where at most 3 are read at once"):
        member_bytes(path, member, limit=3)
    cut(path, 514)
    for read in (member_bytes, member_sha256):
        with pytest.raises(UserError, match=r"ended inside 000\.jpg"):
            read(path, member)
