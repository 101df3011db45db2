"""CMU-MOSI: opinions of film reviewers, a sentiment in [-3, 3] per utterance, as the features that MMSA distributes."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import COLUMNS, MmsaLayout
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

COUNTS = {"train": 1284, "validation": 229, "test": 686}
MMSA = "https://github.com/thuiar/MMSA"
ISSUES = (
    Issue(
        summary="duplicated labels and overlapping segments (A2Zadeh/CMU-MultimodalSDK#265)",
        count=Unknown(reason="the thread gives no total, and the file has not been counted here"),
        handling="kept as published; the video is the group, so that intervals resample whole videos",
    ),
    Issue(
        summary="utterances by which a set rebuilt with the CMU SDK is short: 2,183 of 2,199 "
        "(1,283/214/686, CMU-MultiComp-Lab/CMU-MultimodalSDK#2)",
        count=16,
        handling="this card is the MMSA file with 2,199; a file with another sha256 is refused",
    ),
    Issue(
        summary="two definitions of Acc-2 in the literature: negative/non-negative over all items, negative/positive without zeros; "
        "two to three points apart",
        count=2,
        handling="two metrics with two names: acc2_nonneg and acc2_posneg",
    ),
    Issue(
        summary="MMSA's configurations disagree on the steps of the unaligned file (50/500/375 and 50/375/500)",
        count=2,
        handling="shapes are read from the arrays",
    ),
    Issue(
        summary="audio features of -inf; the official loader sets them to 0",
        count=Unknown(reason="counted per file by the source's report and per clip in meta.replaced"),
        handling="everything not finite, in any modality, becomes 0 and is counted in meta.replaced",
    ),
    Issue(
        summary="links to the files that are dead (thuiar/MMSA#129, Baidu and Google Drive)",
        count=2,
        handling="the user brings the file; it is checked against the sha256 in MMSA's README",
    ),
)


def _card(key: str, title: str, name: str, sha256: str, aligned: bool) -> DatasetCard:
    layout = MmsaLayout("en", 3.0, {"text": 768, "audio": 5, "vision": 20}, aligned=aligned)
    unread = Unknown(reason="no file was at hand when the card was written")
    return DatasetCard(
        key=key,
        title=title,
        summary="Sentiment in [-3, 3] of 2,199 utterances of 93 YouTube reviews: text, BERT states, COVAREP audio and FACET face features, "
        + ("word-aligned to 50 steps." if aligned else "each at its own rate."),
        task_kinds=("sentiment-regression",),
        modalities=(Modality.TEXT, Modality.FEATURES),
        languages=("en",),
        splits={
            split: SplitFacts(
                count=count, fingerprint=unread, protocol="the split inside the MMSA file: official folds of videos"
            )
            for split, count in COUNTS.items()
        },
        columns=COLUMNS,
        source=PickleSource(key, name, (sha256,), layout, MMSA),
        licence=Unknown(reason="no terms of the features were found: the MIT licences of MMSA and the SDK cover code"),
        access="user-file",
        labels_public=True,
        redistributable=False,
        download_bytes=Unknown(reason="the user brings the file"),
        citation="Zadeh, Zellers, Pincus, Morency: MOSI: Multimodal Corpus of Sentiment Intensity and Subjectivity Analysis in Online "
        "Opinion Videos. arXiv:1606.06259, 2016.",
        homepage=MMSA,
        known_issues=ISSUES,
        evidence={
            "splits": "train: train_samples in thuiar/MMSA src/MMSA/config/config_regression.json; validation and test: "
            "CMU-MultiComp-Lab/CMU-MultimodalSDK#2; the folds of 52/10/31 videos: the SDK's cmu_mosi_std_folds.py",
            "licence": "nothing was found that covers the data; a mirror of the MMSA files says original-dataset-terms",
            "source": "sha256: README of thuiar/MMSA at a94e65d; layout: its data_loader.py; widths: its configuration, and which "
            "COVAREP and FACET columns: A2Zadeh/CMU-MultimodalSDK#172. No file was opened for this card",
            "labels_public": "MMSA's data_loader.py reads regression_labels of every split",
        },
    )


ALIGNED = _card(
    "cmu-mosi", "CMU-MOSI", "aligned_50.pkl", "d3994fd25681f9c7ad6e9c6596a6fe9b4beb85ff7d478ba978b124139002e5f9", True
)
UNALIGNED = _card(
    "cmu-mosi-unaligned",
    "CMU-MOSI (unaligned)",
    "unaligned_50.pkl",
    "78e0f8b5ef8ff71558e7307848fc1fa929ecb078203f565ab22b9daab2e02524",
    False,
)
