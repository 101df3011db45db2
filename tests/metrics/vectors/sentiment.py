"""Sentiment intensity beside MMSA, MulT, MultiBench, LMF, MISA and the CMU-MultimodalSDK, all run on float32 arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mmbench.metrics.functional import (
    emotion_classification,
    emotion_presence,
    sentiment_metric,
    sentiment_regression,
)
from tests.metrics.vectors import Row, compare, official

FLOAT32 = 2e-7  # the official code takes means of absolute errors in float32
CMU = {"Has0_acc_2": "acc2_nonneg", "Has0_F1_score": "f1w_nonneg", "Non0_acc_2": "acc2_posneg",
       "Non0_F1_score": "f1w_posneg", "Mult_acc_5": "acc5_round", "Mult_acc_7": "acc7_round",
       "MAE": "mae", "Corr": "corr"}  # fmt: skip
SIMS = {"Mult_acc_2": "acc2_sims", "Mult_acc_3": "acc3_sims", "Mult_acc_5": "acc5_sims", "F1_score": "f1w_sims",
        "MAE": "mae", "Corr": "corr"}  # fmt: skip
MULT = {"Correlation Coefficient": "corr", "mult_acc_7": "acc7_round", "mult_acc_5": "acc5_round"}


def rows() -> Iterator[Row]:
    """Whole vectors; the printed values where the official function rounds to four digits."""
    for case in official("sentiment/vectors_mosi_mosei_regression.json")["cases"]:
        preds, target = (np.array(case[side], dtype=np.float32) for side in ("pred", "true"))
        yield from cmu(case["name"], preds, target, case["outputs"])
        yield from mult_compat(case["name"], preds, target, case["outputs"])
    for case in official("sentiment/vectors_sims_regression.json")["cases"]:
        found = sentiment_regression(
            *(np.array(case[side], dtype=np.float32) for side in ("pred", "true")), convention="sims"
        )
        yield printed(f"sims {case['name']}", found, SIMS, next(iter(case["outputs"].values())))
    yield from discretisation()
    yield from three_classes()
    yield from emotions()


def cmu(name: str, preds: Any, target: Any, outputs: Mapping[str, Any]) -> Iterator[Row]:
    found = sentiment_regression(preds, target, convention="cmu")
    yield printed(f"cmu {name}", found, CMU, outputs["MMSA:MetricsTop.__eval_mosei_regression (=mosi)"])
    lmf = outputs["LMF:train_mosi.py final lines"]  # its Acc-7 doesn't clip, so that it is another quantity
    yield compare("sentiment_regression", f"cmu {name} (LMF)", [found["acc2_nonneg"], found["f1w_nonneg"]],
                  [lmf["bi_acc"], lmf["f1"]], 1e-12)  # fmt: skip
    misa = outputs["MISA:Solver.calc_metrics"]
    yield compare("sentiment_regression", f"cmu {name} (MISA)", [found["acc2_nonneg"], found["acc7_round"]],
                  [misa["returned"], misa["mult_acc"]], 1e-12)  # fmt: skip


def mult_compat(name: str, preds: Any, target: Any, outputs: Mapping[str, Any]) -> Iterator[Row]:
    found = sentiment_regression(preds, target, convention="mult_compat")
    for exclude, kind in ((False, "pos"), (True, "posneg")):
        mult = outputs[f"MulT:eval_mosei_senti(exclude_zero={exclude})"]
        keys = {**MULT, "F1 score": f"f1w_{kind}_swapped", "Accuracy": f"acc2_{kind}"}
        yield compare("sentiment_regression", f"mult_compat {name}, exclude_zero={exclude} (MulT)",
                      [found[ours] for ours in keys.values()], [mult[theirs] for theirs in keys], 1e-12)  # fmt: skip
        bench = outputs[f"MultiBench:eval_mosei_senti_return(exclude_zero={exclude}) -> mae,corr,acc7,f1,acc2"]
        ours = [found[key] for key in ("corr", "acc7_round", f"f1w_{kind}_swapped", f"acc2_{kind}")]
        yield compare("sentiment_regression", f"mult_compat {name}, exclude_zero={exclude} (MultiBench)",
                      ours, bench[1:], 1e-12)  # fmt: skip
        yield compare("sentiment_regression", f"mult_compat {name}, exclude_zero={exclude}, MAE",
                      [found["mae"]], bench[:1], FLOAT32 * max(1.0, found["mae"]))  # fmt: skip


def printed(case: str, found: Mapping[str, float], keys: Mapping[str, str], wanted: Mapping[str, Any]) -> Row:
    """Four digits, as MMSA gives them."""
    ours = [round(found[keys[theirs]], 4) for theirs in wanted]
    return compare("sentiment_regression", f"{case} (MMSA, 4 digits)", ours, list(wanted.values()), 1e-12)


def discretisation() -> Iterator[Row]:
    """The class of every point, found as the label that a prediction there is right about."""
    points = official("sentiment/vectors_discretisation.json")["rows"]
    metric = sentiment_metric("cmu")
    for key, column, ends in (
        ("acc7_cmumosei", "cmumosei_round", 3), ("acc7_round", "np_round_clip3", 3),
        ("acc5_round", "acc5_np_round_clip2", 2),
    ):  # fmt: skip
        labels = np.arange(-ends, ends + 1.0)
        found = []
        for point in points:
            right = metric.per_sample(np.full(len(labels), point["x"]), labels)[key]
            found.append(float(labels[right == 1].sum()) if right.sum() == 1 else np.nan)
        yield compare("sentiment_metric", f"{key} at {len(points)} points ({column})", found,
                      [point[column] for point in points], 0.0)  # fmt: skip


def three_classes() -> Iterator[Row]:
    """MMSA's classification mode; its Non0 scores a perfect classifier .4286 and is not reproduced."""
    for case in official("sentiment/vectors_mmsa_classification.json")["cases"]:
        found = emotion_classification(np.argmax(case["logits"], axis=1), case["true"], classes=3)
        wanted = case["outputs"]["MMSA:MetricsTop.__eval_mosi_classification"]
        yield compare("emotion_classification", f"three classes, {case['name']} (MMSA, 4 digits)",
                      [round(found["accuracy"], 4), round(found["f1w"], 4)],
                      [wanted["Acc_3"], wanted["F1_score_3"]], 1e-12)  # fmt: skip


def emotions() -> Iterator[Row]:
    """IEMOCAP's four tasks, MOSEI's weighted accuracy, and MELD's seven classes."""
    iemocap, mosei, meld = official("sentiment/vectors_emotion.json")["cases"]
    logits = np.array(iemocap["logits_Nx4x2"], dtype=np.float32)
    found = emotion_presence(logits[..., 1] - logits[..., 0], iemocap["true_Nx4"], classes="iemocap4")
    for name, wanted in next(iter(iemocap["outputs"].values())).items():
        ours = [found[f"{name.lower()}/{kind}"] for kind in ("f1w", "accuracy")]
        yield compare("emotion_presence", f"IEMOCAP {name} (MulT)", ours, [wanted["weighted_f1"], wanted["acc"]], 1e-12)
    found = emotion_presence(np.array(mosei["pred"])[:, None], np.array(mosei["true"])[:, None], classes=1)
    yield compare("emotion_presence", "MOSEI weighted accuracy (MulT)", [found["weighted_accuracy"]],
                  list(mosei["outputs"].values()), 1e-12)  # fmt: skip
    wanted = meld["outputs"]
    printed_by = next(value for key, value in wanted.items() if key.startswith("MELD"))
    found = emotion_classification(meld["pred"], meld["true"], classes="meld", without="neutral")
    keys = {"precision_w": printed_by["precision"], "f1w": printed_by["weighted_f1"], "accuracy": wanted["accuracy"],
            "f1_macro": wanted["macro_f1"], "f1_micro_without": wanted["micro_f1_excluding_neutral"],
            "f1w_without": next(value for key, value in wanted.items() if key.startswith("weighted_f1_ex"))}  # fmt: skip
    yield compare("emotion_classification", "MELD (scikit-learn, as in its baseline)", [found[key] for key in keys],
                  list(keys.values()), 1e-12)  # fmt: skip
