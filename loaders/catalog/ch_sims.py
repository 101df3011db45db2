"""CH-SIMS: Chinese film and television clips with a sentiment in [-1, 1] for the whole and for each modality alone."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import COLUMNS, MmsaLayout
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

COUNTS = {"train": 1368, "validation": 456, "test": 457}
MMSA = "https://github.com/thuiar/MMSA"
SHA256 = "c9e20c13ec0454d98bb9c1e520e490c75146bfa2dfeeea78d84de047dbdd442f"

CARD = DatasetCard(
    key="ch-sims",
    title="CH-SIMS",
    summary="Sentiment in [-1, 1] of 2,281 Mandarin clips, judged as a whole and from text, sound and picture alone (meta.labels); "
    "text, BERT states, audio and face features, each at its own rate.",
    task_kinds=("sentiment-regression",),
    modalities=(Modality.TEXT, Modality.FEATURES),
    languages=("zh",),
    splits={
        split: SplitFacts(
            count=count,
            fingerprint=Unknown(reason="no file was at hand when the card was written"),
            protocol="the split inside the MMSA file",
        )
        for split, count in COUNTS.items()
    },
    columns=COLUMNS,
    source=PickleSource(
        "ch-sims",
        "unaligned_39.pkl",
        (SHA256,),
        MmsaLayout("zh", 1.0, {"text": 768, "audio": 33, "vision": 709}, aligned=False, unimodal=True),
        MMSA,
    ),
    licence=Unknown(reason="no terms of the features were found: the MIT licence of MMSA covers code"),
    access="user-file",
    labels_public=True,
    redistributable=False,
    download_bytes=Unknown(reason="the user brings the file"),
    citation="Yu, Xu, Meng, Zhu, Ma, Wu, Zou, Yang: CH-SIMS: A Chinese Multimodal Sentiment Analysis Dataset with Fine-grained "
    "Annotation of Modality. ACL 2020.",
    homepage=MMSA,
    known_issues=(
        Issue(
            summary="no aligned file exists (thuiar/MMSA#108), and methods that ask for alignment pad or cut in their own ways",
            count=1,
            handling="clips are cut to audio_lengths and vision_lengths; nothing is aligned",
        ),
        Issue(
            summary="the official scorer clips predictions and labels to [-1, 1] before every metric, and counts 0 as negative where "
            "MOSI's counts it as non-negative",
            count=2,
            handling="metrics of their own: acc2_sims, acc3_sims, acc5_sims, f1w_sims",
        ),
        Issue(
            summary="features that are not finite; the official loader sets -inf in audio to 0 and leaves the rest",
            count=Unknown(reason="counted per file by the source's report and per clip in meta.replaced"),
            handling="everything not finite, in any modality, becomes 0 and is counted in meta.replaced",
        ),
        Issue(
            summary="links to the files that are dead (thuiar/MMSA#129, Baidu and Google Drive)",
            count=2,
            handling="the user brings the file; it is checked against the sha256 in MMSA's README",
        ),
    ),
    evidence={
        "splits": "train: train_samples in thuiar/MMSA src/MMSA/config/config_regression.json; validation and test: general knowledge, "
        "unverified",
        "licence": "nothing was found that covers the data; a mirror of the MMSA files says original-dataset-terms",
        "source": "sha256: README of thuiar/MMSA at a94e65d; layout: its data_loader.py; widths: its configuration. No file was opened "
        "for this card",
        "labels_public": "MMSA's data_loader.py reads regression_labels of every split",
    },
)
