"""CH-SIMS v2: the supervised clips of the second CH-SIMS, in MMSA's layout; no sum of the file was ever published."""

from mmbench.loaders.cards import DatasetCard, Issue, SplitFacts
from mmbench.loaders.mmsa import COLUMNS, MmsaLayout
from mmbench.loaders.sources import PickleSource
from mmbench.loaders.unknown import Unknown
from mmbench.samples import Modality

UNCOUNTED = Unknown(reason="no source for it was found: MMSA's configuration gives the training clips alone")
COUNTS: dict[str, int | Unknown] = {"train": 2722, "validation": UNCOUNTED, "test": UNCOUNTED}
HOME = "https://github.com/thuiar/ch-sims-v2"

CARD = DatasetCard(
    key="ch-sims-v2",
    title="CH-SIMS v2 (supervised)",
    summary="Sentiment in [-1, 1] of Mandarin clips, judged as a whole and per modality (meta.labels); text, BERT states, audio and face "
    "features, each at its own rate.",
    task_kinds=("sentiment-regression",),
    modalities=(Modality.TEXT, Modality.FEATURES),
    languages=("zh",),
    splits={
        split: SplitFacts(
            count=count,
            fingerprint=Unknown(reason="no file was at hand when the card was written"),
            protocol="the split inside the published file",
        )
        for split, count in COUNTS.items()
    },
    columns=COLUMNS,
    source=PickleSource(
        "ch-sims-v2",
        "unaligned.pkl",
        None,
        MmsaLayout("zh", 1.0, {"text": 768, "audio": 25, "vision": 177}, aligned=False, unimodal=True),
        HOME,
    ),
    licence=Unknown(reason="no terms of the features were found: the MIT licence of MMSA covers code"),
    access="user-file",
    labels_public=True,
    redistributable=False,
    download_bytes=Unknown(reason="the user brings the file"),
    citation="Liu, Yuan, Mao, Liang, Yang, Qiu, Cheng, Li, Xu, Gao: Make Acoustic and Visual Cues Matter: CH-SIMS v2.0 Dataset and "
    "AV-Mixup Consistent Module. ICMI 2022.",
    homepage=HOME,
    known_issues=(
        Issue(
            summary="no sha256 of the file was published, so another version cannot be told apart",
            count=1,
            handling="rows say unpinned, and the sha256 of the user's file is part of their revision",
        ),
        Issue(
            summary="a published mean absolute error that could not be reproduced (thuiar/MMSA#120: above .38 where about .30 is claimed)",
            count=1,
            handling="published numbers stand beside ours, unranked",
        ),
        Issue(
            summary="MMSA's configuration copies the widths and steps of the first CH-SIMS; its loader overwrites them from the arrays",
            count=1,
            handling="shapes are read from the arrays",
        ),
        Issue(
            summary="features that are not finite; the official loader sets -inf in audio to 0 and leaves the rest",
            count=Unknown(reason="counted per file by the source's report and per clip in meta.replaced"),
            handling="everything not finite, in any modality, becomes 0 and is counted in meta.replaced",
        ),
    ),
    evidence={
        "splits": "train: train_samples of simsv2 in thuiar/MMSA src/MMSA/config/config_regression.json",
        "licence": "nothing was found that covers the data; a mirror of the MMSA files says original-dataset-terms",
        "source": "layout: data_loader.py of thuiar/MMSA; the widths here serve the twin alone; no file was opened for this card",
        "labels_public": "MMSA's data_loader.py reads regression_labels of every split",
    },
)
