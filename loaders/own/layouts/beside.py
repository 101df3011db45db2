"""Pictures or sounds with a ``.txt`` of the same stem beside them: each line that is not empty is a caption."""

from collections.abc import Iterator, Sequence

from mmbench.errors import UserError
from mmbench.loaders.own.folder import Folder, listed
from mmbench.loaders.own.kinds import stem_of, suffix_of
from mmbench.loaders.own.layout import Layout
from mmbench.loaders.own.media import joined, part_of
from mmbench.samples import Sample, TextPart

ABOUT = {
    "readme",
    "license",
    "licence",
    "copying",
    "notice",
    "attribution",
    "changelog",
}  # said of the folder, not of a picture
MAX_BYTES = 1 << 24


def captions_of(folder: Folder) -> tuple[str, ...]:
    """The text files, if at least one has media of its stem."""
    stems = {stem_of(name) for name in folder.media}
    found = tuple(name for name in folder.files if suffix_of(name) == "txt")
    if not any(stem_of(name) in stems for name in found):
        return ()
    return tuple(name for name in found if stem_of(name) in stems or _last(stem_of(name)) not in ABOUT)


def read_captions(folder: Folder, captions: Sequence[str]) -> Iterator[tuple[str, Sample]]:
    """A sample per text file. ``UserError`` for texts whose media are absent: how many, and the first."""
    media = joined(folder.media)
    alone = [name for name in captions if stem_of(name) not in media]
    if alone:
        raise UserError(
            f"{len(alone)} of {len(captions)} texts have no picture or sound of their name ({listed(alone)}): "
            "put it beside them, or take them out."
        )
    for name in captions:
        stem = stem_of(name)
        kinds = [part_of(folder.root, file) for file in media[stem]]
        if len({part.modality for part in kinds}) < len(kinds):
            raise UserError(f"{name} captions {listed(media[stem])}, and nothing says which: rename one of them.")
        lines = [line.strip() for line in _text(folder, name).splitlines()]
        yield folder.split, Sample(stem, (*kinds, *(TextPart(line) for line in lines if line)))


def _text(folder: Folder, name: str) -> str:
    with (folder.root / name).open("rb") as handle:
        data = handle.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UserError(f"{name} is above {MAX_BYTES:,} bytes: it holds no captions of one file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{name} is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}. Save it as UTF-8 and run again."
        ) from error


def _last(stem: str) -> str:
    return stem.rpartition("/")[2].lower()


LAYOUT = Layout("texts beside the files", rank=40, sources=captions_of, read=read_captions)
