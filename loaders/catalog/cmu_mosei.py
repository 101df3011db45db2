"""CMU-MOSEI: sentiment in [-3, 3] of utterances from a thousand YouTube speakers, as the features that MMSA distributes."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import COLUMNS, MmsaLayout
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

COUNTS = {"train": 16326, "validation": 1871, "test": 4659}
MMSA = "https://github.com/thuiar/MMSA"
ISSUES = (
    Issue(
        summary="videos of the SDK's data that are in no fold (A2Zadeh/CMU-MultimodalSDK#128)",
        count=66,
        handling="they belong to no split; whether the MMSA file holds any was not checked",
    ),
    Issue(
        summary="videos of the official test fold without labels: 7l3BNtSE0xc and dZFV0lyedX4 (A2Zadeh/CMU-MultimodalSDK#256)",
        count=2,
        handling="a clip without a finite label ends the conversion with a sentence that names it",
    ),
    Issue(
        summary="other sizes of the whole set in papers: 23,453 instead of 22,856 (A2Zadeh/CMU-MultimodalSDK#166, #176, #295)",
        count=597,
        handling="this card is the MMSA file; a file with another sha256 is refused",
    ),
    Issue(
        summary="two definitions of Acc-2 in the literature: negative/non-negative over all items, negative/positive without zeros",
        count=2,
        handling="two metrics with two names: acc2_nonneg and acc2_posneg",
    ),
    Issue(
        summary="roundings of labels to seven classes: np.round in every published implementation, away from zero in the SDK's README",
        count=2,
        handling="two metrics with two names: acc7_round and acc7_cmumosei",
    ),
    Issue(
        summary="MMSA's configurations disagree on the steps of the unaligned file (50/500/375 and 50/500/500)",
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
    Issue(
        summary="the unaligned file is some 14 GB and is held in memory while it is converted",
        count=1,
        handling="converted once; the rows are memory-mapped afterwards",
    ),
)


def _card(key: str, title: str, name: str, sha256: str, aligned: bool) -> DatasetCard:
    layout = MmsaLayout("en", 3.0, {"text": 768, "audio": 74, "vision": 35}, aligned=aligned)
    unread = Unknown(reason="no file was at hand when the card was written")
    return DatasetCard(
        key=key,
        title=title,
        summary="Sentiment in [-3, 3] of 22,856 utterances from YouTube: text, BERT states, COVAREP audio and FACET face features, "
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
        citation="Zadeh, Liang, Poria, Cambria, Morency: Multimodal Language Analysis in the Wild: CMU-MOSEI Dataset and Interpretable "
        "Dynamic Fusion Graph. ACL 2018.",
        homepage=MMSA,
        known_issues=ISSUES,
        evidence={
            "splits": "train: train_samples in thuiar/MMSA src/MMSA/config/config_regression.json; the total of 22,856: mdswyz/DMD#9; "
            "how the rest divides into validation and test: general knowledge, unverified; the folds of 2,249/300/678 videos: the SDK's "
            "cmu_mosei_std_folds.py",
            "licence": "nothing was found that covers the data; a mirror of the MMSA files says original-dataset-terms",
            "source": "sha256: README of thuiar/MMSA at a94e65d; layout: its data_loader.py; widths: its configuration. No file was "
            "opened for this card",
            "labels_public": "MMSA's data_loader.py reads regression_labels of every split",
            "task_kinds": "sentiment alone: the file holds no labels of the six emotions",
        },
    )


ALIGNED = _card(
    "cmu-mosei", "CMU-MOSEI", "aligned_50.pkl", "45eccfb748a87c80ecab9bfac29582e7b1466bf6605ff29d3b338a75120bf791", True
)
UNALIGNED = _card(
    "cmu-mosei-unaligned",
    "CMU-MOSEI (unaligned)",
    "unaligned_50.pkl",
    "ad8b23d50557045e7d47959ce6c5b955d8d983f2979c7d9b7b9226f6dd6fec1f",
    False,
)
