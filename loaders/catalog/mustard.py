"""MUStARD: is an utterance of a sitcom sarcastic? The text, with the published folds."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.sources.brought import BroughtSource, Expected
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unpickling import load_arrays
from mmbench.samples import Modality, Sample, TextPart

COMMIT = "b34b5134beeec42a36cdac79330637de9cc9894e"
FOLDER = f"https://github.com/soujanyaporia/MUStARD/tree/{COMMIT}/data"
HELD_OUT = "FRIENDS"  # the show that the upstream's code tests on where speakers are to differ
SHOWS = ("BBT", "FRIENDS", "GOLDENGIRLS", "SARCASMOHOLICS")


def _samples(tables: Rows, _: str) -> Iterator[Sample]:
    rows = list(tables["rows"]())
    folds = {row["row"]: row["fold"] for row in tables["folds"]()}
    if folds and sorted(folds) != list(range(len(rows))):
        raise UserError(
            f"split_indices.p names {len(folds)} rows and sarcasm_data.json holds {len(rows)}: bring both from one commit of MUStARD."
        )
    for number, row in enumerate(rows):
        yield Sample(
            row["__key__"],
            (TextPart(row["utterance"], "en"),),
            target=row["sarcasm"],
            group=f"{row['show']}/{row['speaker']}",
            meta=_meta(row, folds.get(number)),
        )


def _meta(row: Row, fold: int | None) -> Mapping[str, Any]:
    return {
        "fold": fold,
        "speaker_independent": "test" if row["show"] == HELD_OUT else "train",
        "show": row["show"],
        "speaker": row["speaker"],
        "context": row["context"],
        "context_speakers": row["context_speakers"],
    }


def _folds(path: Path) -> Iterator[Row]:
    """The number of each row in the order of the JSON file, with the fold (1 to 5) that tests on it."""
    found = load_arrays(path, encoding="latin1")
    try:
        tests = [[int(row) for row in test] for _, test in found]
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{path} holds no pairs of train and test rows: bring the file that MUStARD published."
        ) from error
    if len({row for test in tests for row in test}) != sum(map(len, tests)):
        raise UserError(f"{path} tests some rows in two folds: bring the file that MUStARD published.")
    for fold, test in enumerate(tests, start=1):
        for row in test:
            yield {"row": row, "fold": fold}


CARD = DatasetCard(
    key="mustard",
    title="MUStARD, text",
    summary="690 utterances of four shows, half of them sarcastic, each with the lines before it; the text, not the clips.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.TEXT,),
    languages=("en",),
    splits={
        "all": SplitFacts(
            count=690,
            protocol="one set with two published protocols: five folds (meta.fold, speakers shared), and training on three shows for a "
            "test on Friends (meta.speaker_independent; 334 and 356)",
        )
    },
    columns={
        "__key__": "id, the name of the clip",
        "utterance": "text",
        "sarcasm": "target: true or false",
        "show, speaker": "group, and meta",
        "context, context_speakers": "meta: the lines before the utterance",
        "split_indices.p": "meta.fold, 1 to 5; none where the file was not brought",
    },
    source=BroughtSource(
        key="mustard",
        expects={
            "sarcasm_data.json": Expected(where=FOLDER),
            "split_indices.p": Expected(where=FOLDER, optional=True),
        },
        tables={
            "rows": Table(
                {
                    "__key__": Column("string"),
                    "utterance": Column("string"),
                    "speaker": Column("string", values=("SHELDON", "PENNY", "CHANDLER")),
                    "context": Column("strings"),
                    "context_speakers": Column("strings"),
                    "show": Column("string", values=SHOWS),
                    "sarcasm": Column("boolean"),
                },
                files=("sarcasm_data.json",),
                format="json",
            )
        },
        samples=_samples,
        readers={"folds": ("split_indices.p", _folds)},
    ),
    licence="MIT",
    access="user-file",
    labels_public=True,
    redistributable=False,
    citation="Castro et al.: Towards Multimodal Sarcasm Detection (An Obviously Perfect Paper), ACL 2019",
    homepage="https://github.com/soujanyaporia/MUStARD",
    known_issues=(
        Issue(
            summary="test speakers of the first fold who are also trained on (of 16): the label that a speaker mostly has gives weighted "
            "F1 .688 on these folds, about what text models report, and .389 where speakers differ",
            count=16,
            handling="both protocols are in meta; report the speaker's majority label beside every score",
        ),
        Issue(
            summary="rows of the speaker-independent test (Friends), where the upstream's comment says that another show is tested on and "
            "its code says Friends",
            count=356,
            handling="as the code",
        ),
        Issue(
            summary="sarcastic utterances of Golden Girls (39 of 40) and Sarcasmoholics (14 of 14): the show gives the label away",
            count=53,
            handling="meta.show, for a look at shows apart",
        ),
    ),
    evidence={
        "splits": f"data/sarcasm_data.json at commit {COMMIT[:12]} of soujanyaporia/MUStARD, counted: 345 sarcastic, 345 not",
        "columns": "the same file; data_loader.py of the repository reads the folds and names Friends as test",
        "source": "the same repository; no sums of the files were published, so rows are unpinned",
        "licence": "the licence of the repository",
        "known_issues": "counted on data/sarcasm_data.json and data/split_indices.p",
    },
)
