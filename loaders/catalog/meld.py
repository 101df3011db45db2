"""MELD: dialogues of a sitcom, each utterance labelled with an emotion and a sentiment; the text, and sound features where brought."""

import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import finite_rows
from mmbench.loaders.recipes import records
from mmbench.loaders.sources.brought import BroughtSource, Expected
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.loaders.unpickling import load_arrays
from mmbench.samples import FeaturesPart, Modality, Sample

COMMIT = "2d2011b409d3ca2d7e94460cd007d434b1d0a102"
FOLDER = f"https://github.com/declare-lab/MELD/tree/{COMMIT}/data/MELD"
AUDIO = "audio_embeddings_feature_selection_emotion.pkl"
UPSTREAM = {"train": "train", "validation": "dev", "test": "test"}
TIME = re.compile(r"(\d+):(\d\d):(\d\d),(\d\d\d)")
EMOTIONS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")


def _identifier(row: Row) -> str:
    """The name of the utterance's clip."""
    return f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"


def _start(row: Row) -> float | None:
    return _seconds(row["StartTime"])


def _end(row: Row) -> float | None:
    return _seconds(row["EndTime"])


def _seconds(text: str | None) -> float | None:
    """``0:12:32,632`` and ``00:12:32,632`` in seconds; ``None`` for what is no time."""
    found = TIME.fullmatch((text or "").strip())
    if found is None:
        return None
    hours, minutes, seconds, thousandths = map(int, found.groups())
    return 3600 * hours + 60 * minutes + seconds + thousandths / 1000


TEXTS = records(
    "Utterance",
    id=_identifier,
    target="Emotion",
    group="Dialogue_ID",
    meta={
        "sentiment": "Sentiment",
        "speaker": "Speaker",
        "season": "Season",
        "episode": "Episode",
        "start": _start,
        "end": _end,
    },
)


def _samples(tables: Rows, split: str) -> Iterator[Sample]:
    """The utterances, each with the features of its sound where the file is here and has them."""
    heard = {row["key"]: row["values"] for row in tables["audio"]() if row["split"] == split}
    found = 0
    for sample in TEXTS(tables, split):
        key = sample.id.removeprefix("dia").replace("_utt", "_")
        if key not in heard:
            yield sample
            continue
        found += 1
        values, replaced = finite_rows(np.atleast_2d(heard[key]), f"audio of {sample.id}")
        meta = {**sample.meta, "replaced": {"audio": replaced}} if replaced else sample.meta
        yield replace(sample, content=(*sample.content, FeaturesPart("audio", values)), meta=meta)
    if heard and not found:
        raise UserError(
            f"{AUDIO} has features of {len(heard)} utterances of {split} and none of them is in MELD: bring the authors' file."
        )


def _audio(path: Path) -> Iterator[Row]:
    """Of each utterance its split, its key (``dialogue_utterance``) and its vector."""
    splits = load_arrays(path, encoding="latin1")
    if not isinstance(splits, list | tuple) or len(splits) != 3 or not all(isinstance(one, dict) for one in splits):
        raise UserError(
            f"{path} does not hold three dictionaries, for train, dev and test: bring the file that MELD's authors published."
        )
    for split, found in zip(UPSTREAM, splits, strict=True):
        for key, values in found.items():
            yield {"split": split, "key": str(key), "values": values}


def _made_up_audio() -> bytes:
    """Vectors for the utterances of a twin, all but the last one of each split."""
    random = np.random.default_rng(0)
    keys = [f"{(0, 0, 1)[number % 3]}_{number}" for number in range(7)]
    return pickle.dumps([{key: random.normal(size=6) for key in keys} for _ in UPSTREAM], protocol=4)


CARD = DatasetCard(
    key="meld",
    title="MELD, text and sound features",
    summary="Utterances of dialogues from the sitcom Friends, each with one of seven emotions and one of three sentiments; the text, "
    "and the authors' features of the sound where the file is brought; not the clips.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.TEXT, Modality.FEATURES),
    languages=("en",),
    splits={
        "train": SplitFacts(count=9989, protocol="the published train split"),
        "validation": SplitFacts(count=1109, protocol="the published dev split"),
        "test": SplitFacts(count=2610, protocol="the published test split; scored by weighted F1"),
    },
    columns={
        "Utterance": "text",
        "Emotion": "target",
        "Sentiment": "meta.sentiment",
        "Dialogue_ID, Utterance_ID": "id, the name of the clip; the dialogue is the group",
        "Speaker, Season, Episode": "meta",
        "StartTime, EndTime": "meta.start and meta.end, in seconds of the episode",
        AUDIO: "features 'audio', one step: what the authors selected of the sound; none without the file, or where it lacks the utterance",
    },
    source=BroughtSource(
        key="meld",
        expects={
            **{f"{split}_sent_emo.csv": Expected(where=FOLDER) for split in UPSTREAM.values()},
            AUDIO: Expected(where="https://github.com/declare-lab/MELD", optional=True),
        },
        tables={
            "rows": Table(
                {
                    "Utterance": Column("string", values=("Oh my God, he\u2019s lost it.", "What?", "Hey.", "And")),
                    "Speaker": Column("string", values=("Phoebe", "Monica", "Ross", "All")),
                    "Emotion": Column("string", values=EMOTIONS),
                    "Sentiment": Column("string", values=("neutral", "positive", "negative")),
                    "Dialogue_ID": Column("integer", values=(0, 0, 1)),
                    "Utterance_ID": Column("integer"),
                    "Season": Column("integer", values=(4, 8)),
                    "Episode": Column("integer", values=(7, 20)),
                    "StartTime": Column("string", values=("00:20:57,256", "0:12:43,012"), optional=True),
                    "EndTime": Column("string", values=("00:21:00,049", "0:12:44,074"), optional=True),
                },
                files=("{split}_sent_emo.csv",),
                format="csv",
            )
        },
        samples=_samples,
        readers={"audio": (AUDIO, _audio)},
        made={AUDIO: _made_up_audio},
        splits=UPSTREAM,
    ),
    licence="GPL-3.0",
    access="user-file",
    labels_public=True,
    redistributable=False,
    citation="Poria et al.: MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in Conversations, ACL 2019",
    homepage="https://github.com/declare-lab/MELD",
    known_issues=(
        Issue(
            summary="test utterances whose speaker says the very same in the train split (of 2,610)",
            count=205,
            handling="kept, as published; a lookup of utterance and speaker is a baseline to beat",
        ),
        Issue(
            summary="test episodes that also occur in the train split (of 143)",
            count=142,
            handling="kept, as published; meta.season and meta.episode allow a split by episode",
        ),
        Issue(
            summary="utterances that stand in train (dia12_utt7) and in test (dia85_utt0) with the same time of the same episode",
            count=1,
            handling="kept, as published",
        ),
        Issue(
            summary="utterances with impossible times: test dia38_utt4 (304.9 s), dia220_utt0 (235 s), dia155_utt3 (0 s), train "
            "dia309_utt0 (41 s), and eleven of at most 0.1 s",
            count=15,
            handling="meta.start and meta.end hold what is written",
        ),
        Issue(
            summary="dialogues with gaps in the numbers of their utterances (72 in train, 2 in dev, 2 in test)",
            count=76,
            handling="ids are made of the numbers, as the names of the clips are, never of the order of rows",
        ),
        Issue(
            summary="dialogues of the train split that the upstream's page counts (1,039) and the file lacks: number 60",
            count=1,
            handling="none needed",
        ),
        Issue(
            summary="clips that are corrupt (train dia125_utt3) or missing (dev dia110_utt7); four more have no row (dev dia66_utt9 and "
            "utt10, dia49_utt4 and utt5)",
            count=6,
            handling="does not touch the text; without features of the sound an utterance has its text alone",
        ),
        Issue(
            summary="clips that do not show what the text says",
            count=Unknown(reason="reported without a number (issues 9, 20 and 30 of the repository)"),
            handling="does not touch the text",
        ),
    ),
    evidence={
        "splits": f"the three files at commit {COMMIT[:12]} of declare-lab/MELD, counted",
        "columns": "the head of the same files",
        "source": "the same repository; no sums of the files were published, so rows are unpinned. The sound "
        "features: three dictionaries for train, dev and test from 'dialogue_utterance' to a vector, in Python 2's encoding, with none for "
        "some utterances, by data_helpers.py of the repository at 75aa53ff0943; not verified against the file",
        "licence": "the licence of the repository",
        "known_issues": "counted on the same files; clips by issues 22, 27 and 39 of the repository",
    },
)
