"""A comparison that nobody ran, in the form that a study writes: 13 methods, 4 floors and 2 reported rows, for tests."""

import itertools
import random
from typing import Any

METHODS = (
    "mutan", "mfb", "tfn", "mbt", "mult", "lmf", "mlb", "gmu", "film", "concat", "linear-sum", "decision-weights", "decision-average",
)  # fmt: skip
FLOORS = ("unimodal-ensemble", "image-only", "text-only", "majority")
MODALITIES = ("image", "text")
LEVELS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
CHANCE = 0.369


def results(
    modalities: tuple[str, ...] = MODALITIES, *, higher_is_better: bool = True, seed: int = 0
) -> dict[str, Any]:
    """The same values for the same arguments; a new dict each time."""
    chosen = random.Random(seed)
    best = {name: 0.874 - 0.011 * place**1.15 for place, name in enumerate(METHODS)}
    floors = dict(zip(FLOORS, (0.712, 0.405, 0.671, CHANCE), strict=True))
    rows = [_method(name, value, modalities, chosen) for name, value in best.items()]
    rows += [_floor(name, value, chosen) for name, value in floors.items()]
    rows += [_reported("TFN (a suite)", 0.731), _reported("MulT (a suite)", 0.83)]
    if not higher_is_better:
        for row in rows:
            _turned(row)
    return {
        "schema": 1,
        "id": "ab12cd34ef56",
        "task": {
            "id": "easy-vqa.open", "title": "easy-VQA, open answers", "version": 1, "kind": "vqa", "dataset": "easy-vqa", "split": "test",
        },
        "measure": {
            "key": "accuracy" if higher_is_better else "mae", "title": "accuracy" if higher_is_better else "MAE",
            "higher_is_better": higher_is_better, "unit": "%" if higher_is_better else "", "chance": CHANCE if higher_is_better else None,
        },
        "protocol": {
            "budget": 50_000, "tolerance": 0.05, "trials": 10, "seeds": [0, 1, 2, 3, 4],
            "updates": 2_000, "check": 50, "patience": 6, "batch_size": 128,
            "reduce": 64, "max_steps": 50, "search_per_seed": False,
            "space": {"learning_rate": [0.0003, 0.001, 0.003], "dropout": [0.0, 0.2]},
            "selection": "best validation accuracy of the setting; the epoch of the best validation accuracy",
        },
        "features": [
            {"name": name, "encoder": "frozen-features", "revision": "1f2e3d4c", "d": 1280, "kept": 64, "steps": 1} for name in modalities
        ],
        "data": {
            "key": "easy-vqa", "fingerprint": "9f86d081884c7d65", "evidence": "pinned-content", "toy": True,
            "rows": {"train": 34_698, "valid": 3_877, "test": 9_673}, "folds": 1,
        },
        "notes": ["The features of the pictures are those of a network that never saw such drawings."],
        "rows": rows,
        "pairs": _pairs(rows, higher_is_better),
        "sensitivity": [
            {"budget": budget, "rows": _again(rows, chosen)} for budget in (25_000, 100_000)
        ],
    }  # fmt: skip


def _method(name: str, value: float, modalities: tuple[str, ...], chosen: random.Random) -> dict[str, Any]:
    seeds = [round(value + chosen.gauss(0, 0.004), 4) for _ in range(5)]
    place = METHODS.index(name)
    curve = list(itertools.accumulate((value + chosen.uniform(-0.05, 0.01) for _ in range(10)), max))
    return {
        "name": name, "title": f"{name} fusion", "kind": "method", "paper": "Somebody et al. 2017 (arXiv 1700.00000)",
        "equation": "z = sum_r (M_r q) * (N_r v)", "formula": "(d1 + d2) D + 2 D + D h + h",
        "value": value, "low": value - 0.009, "high": value + 0.009, "per_seed": seeds, "sd": 0.004, "valid": value + 0.008, "width": 112,
        "parameters": chosen.randrange(47_500, 52_500), "config": {"learning_rate": 0.001, "weight_decay": 0.0001, "dropout": 0.2},
        "expected_best": curve, "group": 1 + place // 3, "wins": value > 0.72,
        "versus_floor": {
            "name": FLOORS[0], "difference": value - 0.712, "low": value - 0.722, "high": value - 0.702, "p_holm": 0.0005 * (1 + place),
        },
        "test_reads": 1, "run": f"runs/fusion:{name}/easy-vqa.open/1a2b", "analyses": _analyses(value, modalities, chosen),
        "cost": {
            "flops": chosen.uniform(0.9e5, 4e6), "train_seconds": chosen.uniform(2.0, 60.0), "latency_ms": chosen.uniform(0.1, 2.0),
            "memory_mb": chosen.uniform(20, 300),
        },
        "citation": None, "note": None,
    }  # fmt: skip


def _floor(name: str, value: float, chosen: random.Random) -> dict[str, Any]:
    trained = name != "majority"
    return {
        "name": name, "title": f"{name.replace('-', ' ')}", "kind": "floor", "paper": "", "value": value, "low": value - 0.01,
        "high": value + 0.01, "per_seed": [value + chosen.gauss(0, 0.004) for _ in range(5)] if trained else None,
        "sd": 0.004 if trained else None, "valid": value if trained else None, "width": 100 if trained else None,
        "parameters": 49_000 if trained else 0, "config": {"learning_rate": 0.001} if trained else {},
        "expected_best": [value - 0.01, value] if trained else None, "group": None, "wins": None, "versus_floor": None, "test_reads": 1,
        "cost": {"flops": 1e5, "train_seconds": 3.0, "latency_ms": 0.1, "memory_mb": 20.0} if trained else None, "run": None,
        "analyses": None, "citation": None, "note": None,
    }  # fmt: skip


def _reported(name: str, value: float) -> dict[str, Any]:
    return {
        "name": name, "title": name, "kind": "reported", "paper": "", "value": value, "low": None, "high": None, "per_seed": None,
        "sd": None, "valid": None, "width": None, "parameters": None, "config": {}, "expected_best": None, "group": None, "wins": None,
        "versus_floor": None, "test_reads": 0, "cost": None, "run": None, "analyses": None, "citation": "Somebody 2021, table 3",
        "note": "other features; settings chosen on test",
    }  # fmt: skip


def _analyses(value: float, modalities: tuple[str, ...], chosen: random.Random) -> dict[str, Any]:
    rates = {name: chosen.uniform(0.3, 0.9) for name in (*modalities, "joint")}
    curves = {
        name: [CHANCE + (value - CHANCE) / (1 + rate * level) for level in LEVELS] for name, rate in rates.items()
    }
    subsets = [
        "+".join(some) for size in range(len(modalities) + 1) for some in itertools.combinations(modalities, size)
    ]
    weights = dict(zip(modalities, (0.1, 0.45, -0.05, 0.1), strict=False))  # of what each adds alone
    together = 1 - sum(weights.values())
    gain = value - CHANCE
    held = {name: CHANCE + gain * sum(weights[one] for one in name.split("+") if one) for name in subsets}
    held[subsets[-1]] = value
    return {
        "noise": {
            "levels": list(LEVELS), "curves": curves, "auc": {name: sum(curve) / len(curve) for name, curve in curves.items()},
            "retention": {name: (curve[-1] - CHANCE) / gain for name, curve in curves.items()},
            "effective": {name: chosen.uniform(-0.05, 0.05) for name in curves},
        },
        "subsets": held,
        "shape": {
            "contributions": {name: gain * (weight + together / len(modalities)) for name, weight in weights.items()},
            "cooperation": gain * together, "empty": CHANCE,
        },
        "perceptual": {name: chosen.uniform(0.05, 0.4) for name in modalities},
        "emap": {"value": value, "projected": value - 0.11, "gap": 0.11, "n": 500},
    }  # fmt: skip


def _pairs(rows: list[dict[str, Any]], higher_is_better: bool) -> list[dict[str, Any]]:
    ours = [row for row in rows if row["kind"] != "reported"]
    found = []
    for a, b in itertools.combinations(ours, 2):
        gap = a["value"] - b["value"]
        better = "" if abs(gap) < 0.02 else "a" if (gap > 0) is higher_is_better else "b"
        found.append(
            {
                "a": a["name"], "b": b["name"], "difference": gap, "low": gap - 0.01, "high": gap + 0.01,
                "p_value": 0.0005 if better else 0.2, "p_holm": 0.0005 if better else 1.0, "better": better,
            }
        )  # fmt: skip
    return found


def _again(rows: list[dict[str, Any]], chosen: random.Random) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        if row["kind"] == "method":
            value = row["value"] + chosen.gauss(0, 0.012)
            found.append(
                {"name": row["name"], "value": value, "low": value - 0.01, "high": value + 0.01, "group": row["group"]}
            )
    return found


def _turned(row: dict[str, Any]) -> None:
    """An error instead of a share, lower is better."""
    low, high = row["low"], row["high"]
    row["value"] = 1.6 - row["value"]
    row["low"], row["high"] = (None, None) if low is None else (1.6 - high, 1.6 - low)
    if row["analyses"] is not None:
        noise, held = row["analyses"]["noise"]["curves"], row["analyses"]["subsets"]
        row["analyses"]["subsets"] = {name: 1.6 - value for name, value in held.items()}
        row["analyses"]["noise"]["curves"] = {name: [1.6 - value for value in curve] for name, curve in noise.items()}
    if row["expected_best"] is not None:
        row["expected_best"] = [1.6 - value for value in row["expected_best"]]
    row["per_seed"] = None if row["per_seed"] is None else [1.6 - value for value in row["per_seed"]]
