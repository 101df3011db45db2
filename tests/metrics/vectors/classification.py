"""Classification, tagging and compositional scores beside CLIP_benchmark, scikit-learn, Winoground and SugarCrepe."""

from collections.abc import Iterator

import numpy as np

from mmbench.metrics.functional import (
    average_precision_per_class,
    multilabel_average_precision,
    pairwise_preference,
    winoground_scores,
    zero_shot_classification,
)
from tests.metrics.vectors import Row, compare, official


def rows() -> Iterator[Row]:
    """Where the reference breaks ties by the order of the samples, only its values without ties."""
    known = official("classification/expected.json")
    data = official("classification/multiclass.npz")
    wanted = known["noties"]
    found = zero_shot_classification(data["logits"], data["target"])
    yield compare("zero_shot_classification", "CLIP_benchmark", list(found.values())[:3],
                  [wanted[f"CLIP_benchmark_{key}"] for key in ("acc1", "acc5", "mean_per_class_recall")], 1e-12)  # fmt: skip
    for ties, short in (("optimistic", "opt"), ("pessimistic", "pes")):
        found = zero_shot_classification(data["logits_ties"], data["target"], ties=ties)
        yield compare("zero_shot_classification", f"with ties, {ties}", [found["acc@1"], found["acc@5"]],
                      [known["ties"][f"{short}@{k}"] for k in (1, 5)], 1e-12)  # fmt: skip
    data = official("classification/multilabel.npz")
    for scores, name in (("scores", "multilabel_noties"), ("scores_ties", "multilabel_ties")):
        each = average_precision_per_class(data[scores], data["target"])
        present = data["target"].any(axis=0)
        theirs = np.array(known[name]["per_class_sklearn"])
        yield compare("average_precision_per_class", f"scikit-learn, {name}", each[present], theirs[present], 1e-9)
        yield compare("multilabel_average_precision", f"scikit-learn over present classes, {name}",
                      [multilabel_average_precision(data[scores], data["target"])],
                      [known[name]["sklearn_macro_present"]], 1e-9)  # fmt: skip
    data = official("winoground/winoground.npz")
    for key, values in winoground_scores(data["scores_caption_image"]).items():
        yield compare("winoground_scores", f"{key} (facebook/winoground rule)", values, data[key], 0)
    data = official("winoground/sugarcrepe_rule.npz")
    yield compare("pairwise_preference", "SugarCrepe main_eval.py", pairwise_preference(data["pos"], data["neg"]),
                  data["correct"], 0)  # fmt: skip
