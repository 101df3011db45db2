"""RealWorldQA: questions on photographs taken from cars and elsewhere, with short answers that are easy to verify."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.recipes import records
from mmbench.loaders.sources import HubSource
from mmbench.loaders.tables import Column, Table
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

CARD = DatasetCard(
    key="realworldqa",
    title="RealWorldQA",
    summary="Questions on spatial understanding of real photographs; some list options in the question, others ask for a word or number.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={"test": SplitFacts(count=765, protocol="the published split, called test_0412 at first and test now")},
    columns={
        "image": "image",
        "question": "text; it lists its options, where there are any, and says how to answer",
        "answer": "target: a letter, a word or a number",
    },
    source=HubSource(
        repo="xai-org/RealworldQA",
        revision=Unknown(
            reason="no source that was read names one; a page of the hub shows 17e7f75e092e47169732462ea3cdfebe911105dd, "
            "not confirmed as main"
        ),
        tables={
            "rows": Table(
                {
                    "image": Column("image"),
                    "question": Column(
                        "string",
                        values=(
                            "Which lane is free?\nA. The left one\nB. The right one\nPlease answer directly with only the letter.",
                            "How many cars are there?\nPlease answer directly with a single word or number.",
                        ),
                    ),
                    "answer": Column("string", values=("A", "2", "Yes")),
                },
                files=("data/test*-of-*.parquet",),
            )
        },
        samples=records("image", "question", target="answer", group="image"),
    ),
    licence="CC-BY-ND-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    download_bytes=678331175,
    citation="xAI: RealWorldQA, with the preview of Grok-1.5 Vision, 2024",
    homepage="https://huggingface.co/datasets/xai-org/RealworldQA",
    known_issues=(
        Issue(
            summary="the split was renamed upstream from test_0412 to test, so that a name that worked in April 2024 fails now",
            count=765,
            handling="the files are named by a pattern that fits both",
        ),
        Issue(
            summary="each question carries its own instruction how to answer; lmms-eval strips one of them and adds its own",
            count=Unknown(reason="nobody counted the questions by instruction"),
            handling="the question is asked as it was written",
        ),
    ),
    evidence={
        "splits": "the repository's README at 481a14be6e43b2cd324107bdd14c8e519b6b9955 (765 rows); its list of commits to data/",
        "columns": "the same README (dataset_info); HELM, real_world_qa_scenario.py; lmms-eval, tasks/realworldqa/utils.py",
        "licence": "the same README",
        "download_bytes": "the same README",
        "known_issues": "the hub's list of commits; lmms-eval, tasks/realworldqa/utils.py",
    },
)
