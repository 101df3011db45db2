"""Caption scores beside pycocoevalcap 1.2 on the same tokens, and the tokenizer beside the one in Java."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from mmbench.metrics._bleu import bleu
from mmbench.metrics._caption_tokens import ptb
from mmbench.metrics.functional import caption_items, caption_scores
from tests.metrics.vectors import Row, compare, official, same

NAMES = {"bleu1": "Bleu_1", "bleu2": "Bleu_2", "bleu3": "Bleu_3", "bleu4": "Bleu_4"}
NAMES |= {"rouge_l": "ROUGE_L", "cider_d": "CIDEr"}


def rows() -> Iterator[Row]:
    """Values to 1e-9; tokens and the documented length of COCO's example results exactly."""
    data = official("captions/caption_vectors.json")
    preds, target = data["tokenised_hyps"], data["tokenised_refs"]
    corpus, items = caption_scores(preds, target, tokenizer="split"), caption_items(preds, target, tokenizer="split")
    per_image = per_item(data["per_image"])
    for key, name in NAMES.items():
        yield compare("caption_scores", f"{name}, 873 images, corpus", [corpus[key]], [data["corpus"][name]], 1e-9)
        yield compare("caption_items", f"{name}, 873 images, each", items[key], per_image[name], 1e-9)
    raw = caption_scores(data["raw_hyps"], data["raw_refs"])
    wanted = [data["corpus"][name] for name in NAMES.values()]
    yield compare("caption_scores", "6 keys, 873 images from their texts", list(raw.values()), wanted, 1e-9)
    texts, tokens = [*chain(*data["raw_refs"]), *data["raw_hyps"]], [*chain(*target), *preds]
    yield same("caption_scores", "ptb tokens of 4005 captions (Java)", [" ".join(ptb(text)) for text in texts], tokens)
    yield from example_results()


def per_item(wanted: Any) -> dict[str, Any]:
    """The official values of each image by name."""
    return {**wanted, **{f"Bleu_{k}": wanted["Bleu"][k - 1] for k in (1, 2, 3, 4)}}


def example_results() -> Iterator[Row]:
    """COCO's own example: its captions without the references, which are not ours to ship, and its totals."""
    results, wanted = (
        official(f"coco_caption_official/{name}.json")
        for name in ("captions_val2014_fakecap_results", "documented_scores")
    )
    length = sum(len(ptb(result["caption"])) for result in results)
    yield same("caption_scores", "tokens of COCO's example results", [length], [wanted["testlen"]])
    sums: dict[str, Any] = {"length": wanted["testlen"], "reference_length": wanted["reflen"]}
    for k in (1, 2, 3, 4):
        sums |= {f"correct{k}": wanted["correct"][k - 1], f"guess{k}": wanted["guess"][k - 1]}
    found = bleu(sums)
    documented = [wanted[f"Bleu_{k}"] for k in (1, 2, 3, 4)]
    yield compare("caption_scores", "BLEU of COCO's example from its totals", list(found.values()), documented, 5e-4)
