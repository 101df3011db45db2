"""VQA v2 in the retrieval form of mteb: a question on a photograph, and the one answer judged right among 21,597."""

from collections.abc import Iterator

from mmbench.errors import UserError
from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.sources import HubSource
from mmbench.loaders.sources.hub import Rows
from mmbench.loaders.tables import Column, Table
from mmbench.samples import Modality, Sample, TextPart


def _samples(tables: Rows, _: str) -> Iterator[Sample]:
    """One sample per query, with the text judged relevant as its target. A judgement that names nothing is an error."""
    answers = {row["id"]: row["text"] for row in tables["corpus"]()}
    judged: dict[str, list[str]] = {}
    for row in tables["qrels"]():
        if row["corpus-id"] not in answers:
            raise UserError(
                f"a judgement names {row['corpus-id']!r}, which is no answer: the tables do not belong together."
            )
        if row["score"] > 0:
            judged.setdefault(row["query-id"], []).append(row["corpus-id"])
    for row in tables["queries"]():
        keys = judged.pop(row["id"], [])
        yield Sample(
            row["id"],
            (row["image"], TextPart(row["text"], "en")),
            target=[answers[key] for key in keys] or None,
            group=row["image"].sha256[:16],
            meta={"answer_ids": keys},
        )
    if judged:
        raise UserError(
            f"a judgement names {next(iter(judged))!r}, which is no query: the tables do not belong together."
        )


CARD = DatasetCard(
    key="vqav2-retrieval",
    title="VQA v2 (retrieval form)",
    summary="The validation questions of VQA v2 with one answer each, as mteb offers them for retrieval. Not VQA accuracy.",
    task_kinds=("question-answering",),
    modalities=(Modality.IMAGE, Modality.TEXT),
    languages=("en",),
    splits={
        "test": SplitFacts(
            count=214354, protocol="mteb's test split: one sample per query, its judged answer as the target"
        )
    },
    columns={
        "queries.id": "id",
        "queries.image": "image, and the group",
        "queries.text": "text: the question",
        "corpus.text": "target: the answers judged right, through qrels",
        "corpus.id": "meta.answer_ids",
    },
    source=HubSource(
        repo="mteb/vqa-2",
        revision="cee84d52b243da575fa9ba71501a8433464a79a1",
        tables={
            "queries": Table(
                {"id": Column("string", other_names=("_id",)), "image": Column("image"), "text": Column("string")},
                "queries",
            ),
            "corpus": Table(
                {
                    "id": Column("string", other_names=("_id",)),
                    "text": Column("string", values=("yes", "no", "2", "red", "net", "down", "skateboard", "blue")),
                },
                "corpus",
            ),
            "qrels": Table(
                {
                    "query-id": Column("string", refers="queries.id"),
                    "corpus-id": Column("string", refers="corpus.id"),
                    "score": Column("integer", values=(1,)),
                },
                "qrels",
            ),
        },
        samples=_samples,
    ),
    licence="CC-BY-SA-4.0",
    access="open",
    labels_public=True,
    redistributable=False,
    citation="Goyal et al.: Making the V in VQA Matter: Elevating the Role of Image Understanding in Visual Question Answering, CVPR 2017",
    homepage="https://huggingface.co/datasets/mteb/vqa-2",
    known_issues=(
        Issue(
            summary="one answer of ten is judged right; the other annotators' answers count as wrong",
            count=214354,
            handling="kept as published; scores are not VQA accuracy and must not be called so",
        ),
    ),
    evidence={
        "splits": "mteb, descriptive statistics of VQA2IT2TRetrieval: 214,354 queries, 21,597 documents, 214,354 judgements",
        "columns": "mteb, its standard retrieval layout; tasks/retrieval/eng/vqa2_it2t_retrieval.py",
        "source": "mteb, tasks/retrieval/eng/vqa2_it2t_retrieval.py pins this commit",
        "licence": "the metadata of that task",
        "known_issues": "mteb, descriptive statistics of VQA2IT2TRetrieval",
    },
)
