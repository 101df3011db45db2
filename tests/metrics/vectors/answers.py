"""Answers to questions beside the official VQA, VizWiz and EvalAI scorers, RRC's, ChartQA's, POPE's and MMMU's."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mmbench.metrics._choice_text import open_values
from mmbench.metrics.functional import (
    anls,
    open_answer_accuracy,
    parse_choice,
    parse_yes_no,
    relaxed_accuracy,
    vqa_accuracy,
    vqa_accuracy_metric,
    vqa_answer,
    yes_no_scores,
)
from tests.metrics.vectors import Row, compare, official, same


def rows() -> Iterator[Row]:
    """Every question of every file."""
    for kind in ("stress", "typical"):
        yield from vqa(kind)
    cases = official("anls/anls.json")
    reference = cases["reference_impl"]
    found = anls([case["prediction"] for case in cases["cases"]], [case["references"] for case in cases["cases"]])
    yield compare("anls", "RRC script", found, [case["scores"][reference] for case in cases["cases"]], 1e-12)
    charts = official("relaxed/relaxed.json")
    found = relaxed_accuracy([case["prediction"] for case in charts], [case["target"] for case in charts])
    for peer in ("lmms_eval", "pix2struct"):
        yield compare("relaxed_accuracy", peer, found, [case[peer] for case in charts], 0)
    yield from pope()
    yield from mmmu()


def vqa(kind: str) -> Iterator[Row]:
    annotations = {x["question_id"]: x for x in official(f"vqa/{kind}_annotations.json")["annotations"]}
    results, expected = official(f"vqa/{kind}_results.json"), official(f"vqa/{kind}_expected.json")
    others = official(f"vqa/{kind}_expected_vizwiz_textvqa.json")
    preds = [result["answer"] for result in results]
    asked = [annotations[result["question_id"]] for result in results]
    target = [[answer["answer"] for answer in question["answers"]] for question in asked]
    for protocol, wanted in (
        ("vqav2", expected["perQuestion_exact"]),
        ("vizwiz", others["vizwiz_official"]),
        ("textvqa", others["textvqa_evalai"]),
    ):
        found = vqa_accuracy(preds, target, protocol=protocol)
        yield compare("vqa_accuracy", f"{protocol}, {kind}, per question", found, wanted, 1e-9)
    for by, key in (("answer_type", "perAnswerType"), ("question_type", "perQuestionType")):
        metric = vqa_accuracy_metric("vqav2", by=by)
        values = metric.aggregate(metric.per_sample(preds, target, [question[by] for question in asked]))
        wanted = expected["accuracy"][key]
        found = [round(100 * values[f"accuracy/{name}"], 2) for name in wanted]
        yield compare("vqa_accuracy_metric", f"vqav2, {kind}, {key} (as printed)", found, list(wanted.values()), 1e-9)
        yield compare("vqa_accuracy_metric", f"vqav2, {kind}, overall (as printed)", [round(100 * values["accuracy"], 2)],
                      [expected["accuracy"]["overall"]], 1e-9)  # fmt: skip
    texts, wanted = normalised(expected["normalised"], preds, target)
    yield same("vqa_answer", f"vqav2, {kind}, texts", [vqa_answer(text, protocol="vqav2") for text in texts], wanted)


def normalised(known: list[dict[str, Any]], preds: list[str], target: list[list[str]]) -> tuple[list[str], list[str]]:
    """What the official code made of each text, where its annotators did not all agree."""
    texts, wanted = [], []
    for row, pred, answers in zip(known, preds, target, strict=True):
        said = [answer.replace("\n", " ").replace("\t", " ").strip() for answer in answers]
        if len(set(said)) > 1:
            texts += [pred, *answers]
            wanted += [row["pred"], *row["answers"]]
    return texts, wanted


def pope() -> Iterator[Row]:
    data = official("yesno/pope.json")
    preds, target = [row["prediction"] for row in data["rows"]], [row["answer"] for row in data["rows"]]
    parses = ["yes" if parse_yes_no(text, parser="pope") else "no" for text in preds]
    yield same("parse_yes_no", "POPE evaluate.py", parses, [row["parsed_official"] for row in data["rows"]])
    found = yes_no_scores(preds, target, parser="pope")
    keys = ("accuracy", "precision", "recall", "f1", "yes_ratio")
    yield compare(
        "yes_no_scores", "POPE evaluate.py", [found[k] for k in keys], [data["official"][k] for k in keys], 1e-12
    )


def mmmu() -> Iterator[Row]:
    data = official("mmmu/mmmu.json")
    options = list(data["options"].values())
    found = [parse_choice(row["response"], options, parser="mmmu") or "<RANDOM>" for row in data["multiple_choice"]]
    yield same("parse_choice", "MMMU eval_utils.py", found, [row["official_parse"] for row in data["multiple_choice"]])
    said = [{str(value) for value in open_values(row["response"])} for row in data["open"]]
    yield same("open_answer_accuracy", "MMMU candidates", said, [set(row["candidates"]) for row in data["open"]])
    right = open_answer_accuracy([row["response"] for row in data["open"]], [row["gold"] for row in data["open"]])
    yield compare(
        "open_answer_accuracy", "MMMU eval_open", right, np.array([row["official"] for row in data["open"]]), 0
    )
