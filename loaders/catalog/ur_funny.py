"""UR-FUNNY: whether a talk's punchline is funny, as the features in MultiBench's pickle."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import SPLITS
from mmbench.loaders.multibench import MULTIBENCH, WIDTHS, MultiBenchLayout
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

UNREAD = Unknown(reason="no file was at hand when the card was written, and no source for it was found")

CARD = DatasetCard(
    key="ur-funny",
    title="UR-FUNNY (MultiBench features)",
    summary="Whether the last sentence of a passage of a TED talk is followed by laughter (target 1) or not (0): word vectors, COVAREP "
    "audio and OpenFace features, word by word.",
    task_kinds=("emotion-classification",),
    modalities=(Modality.FEATURES,),
    languages=("en",),
    splits={
        split: SplitFacts(count=UNREAD, fingerprint=UNREAD, protocol="the split inside MultiBench's file")
        for split in SPLITS.values()
    },
    columns={
        "text": "features 'text': GloVe vectors, from the first word on",
        "audio": "features 'audio', from the first word on",
        "vision": "features 'vision', from the first word on",
        "labels": "target: 1 where above 0, else 0",
        "id": "id",
    },
    source=PickleSource("ur-funny", "humor.pkl", None, MultiBenchLayout(WIDTHS), MULTIBENCH),
    licence=Unknown(reason="no terms of the features were found: the MIT licence of MultiBench covers code"),
    access="user-file",
    labels_public=True,
    redistributable=False,
    download_bytes=Unknown(reason="the user brings the file"),
    citation="Hasan, Rahman, Zadeh, Zhong, Tanveer, Morency, Hoque: UR-FUNNY: A Multimodal Language Dataset for Understanding Humor. "
    "EMNLP-IJCNLP 2019.",
    homepage="https://github.com/ROC-HCI/UR-FUNNY",
    known_issues=(
        Issue(
            summary="samples whose text is all zeros; MultiBench's loader drops them without a word, so its test set is smaller",
            count=Unknown(reason="counted per file by the source's report (text.zero_clips)"),
            handling="kept, whole, with meta.empty_text",
        ),
        Issue(
            summary="no sha256 of the file was published, and two versions of the dataset exist",
            count=2,
            handling="rows say unpinned, and the sha256 of the user's file is part of their revision",
        ),
        Issue(
            summary="the file names no talk or speaker",
            count=1,
            handling="samples have no group, so intervals take them as independent, which makes them too narrow",
        ),
        Issue(
            summary="stored robustness curves of MultiBench that fall far below chance (.30 to .37)",
            count=Unknown(reason="read off the stored arrays of the binary tasks together, sarcasm and humour"),
            handling="they are not used as published numbers",
        ),
    ),
    evidence={
        "splits": "no source: the README of ROC-HCI/UR-FUNNY gives no counts",
        "licence": "nothing was found that covers the data",
        "source": "layout: datasets/affect/get_data.py of pliang279/MultiBench at 49f9be2; no file was opened for this card",
        "labels_public": "get_data.py reads labels of every split",
        "task_kinds": "the label is funny or not, as sarcasm is for MUStARD: the nearest of the kinds",
    },
)
