"""VocalSound: laughs, sighs, coughs and other sounds that people make without words."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CARD = DatasetCard(
    key="vocalsound",
    title="VocalSound",
    summary="Sounds that people make without words, in six classes: laughter, sigh, cough, throat clearing, sneeze, sniff.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.AUDIO,),
    languages=("en",),
    splits={
        "validation": SplitFacts(count=1855, protocol="the published validation split"),
        "test": SplitFacts(count=3591, protocol="the published test split"),
    },
    columns={"audio": "audio", "answer": "target: the name of the class"},
    source=HubSource(
        repo="mteb/vocalsound",
        revision="426c4f4779901e731f0ba7157de727750325a68b",
        tables={
            "rows": Table(
                {
                    "audio": Column("audio"),
                    "answer": Column(
                        "string", values=("Laughter", "Sniff", "Throat clearing", "Cough", "Sigh", "Sneeze")
                    ),
                }
            )
        },
        samples=records("audio", target="answer", group="audio"),
        splits={"validation": "val"},
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=True,
    citation="Gong, Yu and Glass: VocalSound: A Dataset for Improving Human Vocal Sounds Recognition, ICASSP 2022",
    homepage="https://huggingface.co/datasets/mteb/vocalsound",
    attribution="VocalSound by Gong, Yu and Glass, CC BY-SA 4.0.",
    known_issues=(
        Issue(
            summary="clips of one speaker are not grouped (lmms-lab-audio/vocalsound has spk_id and age_group, but no known commit)",
            count=3591,
            handling="none; intervals are narrower than they would be over speakers",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive_stats VocalSound: 3,591 test samples, 1,855 of the split val",
        "columns": "mteb, tasks/classification/eng/vocal_sound.py; the names of the classes in those statistics",
        "source": "the same file pins this commit of a copy of lmms-lab/vocalsound",
        "licence": "the metadata of that task",
        "known_issues": "lmms-eval, tasks/vocalsound/utils.py reads spk_id and age_group",
    },
)
