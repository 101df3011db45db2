"""MELD: dialogues of a sitcom, each utterance labelled with an emotion and a sentiment; the text."""

import re

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources.brought import BroughtSource, Expected
from mmbench.loaders.tables import Column, Row, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

COMMIT = "2d2011b409d3ca2d7e94460cd007d434b1d0a102"
FOLDER = f"https://github.com/declare-lab/MELD/tree/{COMMIT}/data/MELD"
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


CARD = DatasetCard(
    key="meld",
    title="MELD, text",
    summary="Utterances of dialogues from the sitcom Friends, each with one of seven emotions and one of three sentiments; the text, "
    "not the clips.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.TEXT,),
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
    },
    source=BroughtSource(
        key="meld",
        expects={f"{split}_sent_emo.csv": Expected(where=FOLDER) for split in ("train", "dev", "test")},
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
        samples=records(
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
        ),
        splits={"validation": "dev"},
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
            handling="does not touch the text",
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
        "source": "the same repository; no sums of the files were published, so rows are unpinned",
        "licence": "the licence of the repository",
        "known_issues": "counted on the same files; clips by issues 22, 27 and 39 of the repository",
    },
)
