"""MUStARD as the features in MultiBench's pickle: is an utterance of a sitcom sarcastic?"""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import SPLITS
from mmbench.loaders.multibench import MULTIBENCH, WIDTHS, MultiBenchLayout
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

UNREAD = Unknown(
    reason="no file was at hand when the card was written; MUStARD has 690 utterances in all, and no source says how many are where"
)

CARD = DatasetCard(
    key="mustard-features",
    title="MUStARD (MultiBench features)",
    summary="Whether an utterance of a sitcom is sarcastic (target 1) or not (0): word vectors, COVAREP audio and OpenFace features, word "
    "by word. The text and the published folds are the dataset mustard.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.FEATURES,),
    languages=("en",),
    splits={
        split: SplitFacts(
            count=UNREAD,
            fingerprint=UNREAD,
            protocol="the split inside MultiBench's file, which is none of the published folds",
        )
        for split in SPLITS.values()
    },
    columns={
        "text": "features 'text': GloVe vectors, from the first word on",
        "audio": "features 'audio', from the first word on",
        "vision": "features 'vision', from the first word on",
        "labels": "target: 1 where above 0, else 0",
        "id": "id",
    },
    source=PickleSource("mustard-features", "sarcasm.pkl", None, MultiBenchLayout(WIDTHS), MULTIBENCH),
    licence=Unknown(
        reason="no terms of the features were found: the MIT licences of MultiBench and MUStARD cover code and annotations"
    ),
    access="user-file",
    labels_public=True,
    redistributable=False,
    download_bytes=Unknown(reason="the user brings the file"),
    citation="Castro et al.: Towards Multimodal Sarcasm Detection (An Obviously Perfect Paper), ACL 2019; features of Liang et al.: "
    "MultiBench, NeurIPS Datasets and Benchmarks 2021",
    homepage=MULTIBENCH,
    known_issues=(
        Issue(
            summary="samples whose text is all zeros; MultiBench's loader drops them without a word, so its test set is smaller",
            count=Unknown(reason="counted per file by the source's report (text.zero_clips)"),
            handling="kept, whole, with meta.empty_text",
        ),
        Issue(
            summary="no sha256 of the file was published",
            count=1,
            handling="rows say unpinned, and the sha256 of the user's file is part of their revision",
        ),
        Issue(
            summary="the file names no speaker or show, although the label that a speaker mostly has gives weighted F1 .688 on the "
            "published folds, as much as many models",
            count=1,
            handling="samples have no group, so intervals are too narrow; that baseline is on the dataset mustard",
        ),
        Issue(
            summary="stored robustness curves of MultiBench that fall far below chance (.30 to .37)",
            count=Unknown(reason="read off the stored arrays of the binary tasks together, sarcasm and humour"),
            handling="they are not used as published numbers",
        ),
    ),
    evidence={
        "splits": "no source: MultiBench gives no counts; 690 in all: data/sarcasm_data.json of soujanyaporia/MUStARD, counted",
        "licence": "nothing was found that covers the features",
        "source": "layout: datasets/affect/get_data.py of pliang279/MultiBench at 49f9be2, which reads humour and sarcasm alike and takes "
        "a label above 0 for sarcastic; widths 371/81/300: its examples for humour and sarcasm. No file was opened for this card",
        "labels_public": "get_data.py reads labels of every split",
        "task_kinds": "as the dataset mustard",
    },
)
