"""A folder in any layout as samples: every picture and sound ends in one, and what is left alone is counted."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mmbench.discovery import collect
from mmbench.errors import UserError
from mmbench.loaders.own.folder import Folder, listed, open_folder
from mmbench.loaders.own.kinds import suffix_of
from mmbench.loaders.own.layout import Layout
from mmbench.loaders.own.media import joined, part_of
from mmbench.loaders.own.records import refuse_doubled
from mmbench.loaders.own.splits import UNASSIGNED
from mmbench.loaders.own.survey import Survey
from mmbench.loaders.own.tables import SUFFIXES
from mmbench.samples import MediaPart, Sample

EXPECTED = "pictures or sounds with .txt files beside them, a metadata.csv, CSV, TSV or JSON lines, Parquet files or webdataset tars"


@dataclass(frozen=True, slots=True)
class Section:
    """A folder, or one of its split folders, with the layout that it has and the files that this layout reads."""

    folder: Folder
    layout: Layout | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything below a folder, or one file of it, ready to be read.

    Attributes:
        folder: all of it.
        sections: how it is read.
        whole: whether media that nothing names are samples too: not where one file was asked for.
    """

    folder: Folder
    sections: tuple[Section, ...]
    whole: bool

    @property
    def used(self) -> tuple[str, ...]:
        """The files that samples are made from: what identifies the data."""
        sources = {name for section in self.sections for name in section.sources}
        media = {name for section in self.sections for name in section.folder.media} if self.whole else set()
        return tuple(sorted(sources | media))

    @property
    def left_alone(self) -> tuple[str, ...]:
        """The files that are not read."""
        return tuple(sorted(set(self.folder.files) - set(self.used))) if self.whole else ()


def open_content(root: Path, only: str | None, columns: dict[str, str]) -> Content:
    """Find out how a folder, or the one file ``only`` in it, is laid out.

    Raises:
        UserError: it holds nothing that can be read, or media outside its split folders.
    """
    folder = open_folder(root, columns)
    if only is not None:
        section = _section(replace(folder, files=(only,)))
        if section.layout is None:
            raise UserError(f"{only} is no table, Parquet file or tar: name one, or the folder that it lies in.")
        return Content(folder, (replace(section, folder=folder),), whole=False)
    content = Content(folder, tuple(_sections(folder)), whole=True)
    if not content.used:
        raise UserError(f"{root} holds no data that is known: expected are {EXPECTED}.")
    return content


def read(content: Content) -> Iterator[tuple[str, Sample]]:
    """All samples, in a stable order; media in files are not hashed yet.

    Raises:
        UserError: rows that cannot be read or name absent files, ids that come twice.
    """
    used: set[str] = set()
    ids: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for section in content.sections:
        for split, sample in _read_section(content, section, used):
            ids[split][sample.id] += 1
            yield split, sample
    refuse_doubled(ids)


def survey(content: Content) -> Survey:
    """What the samples are. The same errors as ``read``, as far as they show without reading the bytes of media."""
    found = Survey()
    quick = not (content.whole and content.folder.media)
    for section in content.sections:
        if not (quick and section.layout is not None and section.layout.survey is not None):
            for _ in found.watch(read(content)):
                pass
            return found
    for section in content.sections:
        if section.layout is not None and section.layout.survey is not None:
            found.add(section.layout.survey(section.folder, section.sources))
    return found


def _read_section(content: Content, section: Section, used: set[str]) -> Iterator[tuple[str, Sample]]:
    root, folder = content.folder.root, section.folder
    splits: set[str] = set()
    taken: set[str] = set()
    for split, sample in section.layout.read(folder, section.sources) if section.layout is not None else ():
        for part in sample.content:
            if isinstance(part, MediaPart) and part.path is not None:
                used.add(Path(part.path).relative_to(root).as_posix())
        splits.add(split)
        taken.add(sample.id)
        yield split, sample
    if content.whole:
        alone = [name for name in folder.media if name not in used]
        split = next(iter(splits)) if len(splits) == 1 else UNASSIGNED if splits else folder.split
        yield from ((split, sample) for sample in _orphans(root, alone, taken))


def _orphans(root: Path, media: list[str], taken: set[str]) -> Iterator[Sample]:
    """Media that no row names, as samples without text; a picture and a sound of one name are one."""
    for stem, files in joined(media).items():
        parts = [part_of(root, name) for name in files]
        if stem not in taken and len({part.modality for part in parts}) == len(parts):
            yield Sample(stem, tuple(parts))
        else:
            yield from (Sample(name, (part,)) for name, part in zip(files, parts, strict=True))


def _sections(folder: Folder) -> Iterator[Section]:
    leading = _section(folder.shallow(), leading=True)
    if leading.layout is not None:
        yield replace(leading, folder=folder)
        return
    splits = folder.split_folders()
    if not splits:
        yield _section(folder)
        return
    inside = {name for part in splits for name in part.files}
    outside = [name for name in folder.media if name not in inside]
    if outside:
        raise UserError(
            f"{len(outside)} pictures or sounds lie outside the split folders {listed([part.at for part in splits])} "
            f"({listed(outside)}): move them into one, or the split folders out."
        )
    yield from (_section(part) for part in splits)


def _section(folder: Folder, *, leading: bool = False) -> Section:
    for layout in layouts():
        sources = layout.sources(folder) if layout.leads or not leading else ()
        if sources:
            return Section(folder, layout, sources)
    tables = [name for name in folder.files if suffix_of(name) in SUFFIXES]
    if tables and not leading:
        from mmbench.loaders.own.layouts.tables import LAYOUT

        return Section(folder, LAYOUT, tuple(tables))  # its error says which columns are missing
    return Section(folder, None, ())


def layouts() -> list[Layout]:
    """All layouts, in the order in which they are asked."""
    return sorted(collect("mmbench.loaders.own.layouts", Layout), key=lambda layout: layout.rank)
