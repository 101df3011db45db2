"""Rendered SST-2: sentences of film reviews as pictures of text."""

from mmbench.loaders.cards import DatasetCard, SplitFacts
from mmbench.loaders.recipes import class_name, records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality

CLASSES = ("negative", "positive")

CARD = DatasetCard(
    key="rendered-sst2",
    title="Rendered SST-2",
    summary="1,821 sentences of film reviews drawn as pictures; the task is to read whether the review is good.",
    task_kinds=("zero-shot-classification",),
    modalities=(Modality.IMAGE,),
    languages=("en",),
    splits={
        "test": SplitFacts(count=1821, protocol="the test split of CLIP_benchmark's copy"),
    },
    columns={"png": "image", "cls": "target: the name of the class"},
    source=HubSource(
        repo="mteb/wds_renderedsst2",
        revision="c10537bc389e9741a27f7b14767bd42f2b77476b",
        tables={"rows": Table({"png": Column("image"), "cls": Column("label", values=(0, 1))})},
        samples=records("png", target=class_name("cls", CLASSES), group="png"),
    ),
    licence="MIT",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Radford et al.: Learning Transferable Visual Models …, ICML 2021; sentences of Socher et al., EMNLP 2013",
    homepage="https://huggingface.co/datasets/mteb/wds_renderedsst2",
    evidence={
        "splits": "mteb, descriptive_stats RenderedSST2: 1,821 samples",
        "source": "mteb, tasks/zeroshot_classification/eng/rendered_sst2.py pins this commit",
        "licence": "the metadata of that task",
        "columns": "the same file, with the names of the classes in order",
    },
)
