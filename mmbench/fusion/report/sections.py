"""What the sections of the page show, as texts that the template only has to place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmbench.fusion.report.table import (
    BUDGETS,
    Row,
    at_budgets,
    difference,
    gains,
    ordered,
    ranks,
    subset_names,
    subset_titles,
    whole,
)
from mmbench.fusion.report.wording import Results, measure_heading
from mmbench.numbers import MINUS, NONE, interval, number, short, signed

ARROWS = {"better": "▲", "worse": "▼", "": ""}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of numbers: a title, a sentence on what is shown, heads, and rows that begin with a name."""

    title: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def protocol_facts(results: Results) -> list[tuple[str, str]]:
    """Names and values of the protocol, without what is not known."""
    task, rules, data = results["task"], results["protocol"], results["data"]
    rows = ", ".join(f"{name} {count:,}" for name, count in data["rows"].items())
    folds = f", {data['folds']} folds" if data.get("folds", 1) > 1 else ""
    features = "; ".join(_feature(one) for one in results["features"])
    chance = results["measure"].get("chance")
    return [
        ("task", f"{task['id']}, version {task['version']}, split {task['split']}"),
        ("data", f"{data['key']}, {data['evidence']}, fingerprint {(data.get('fingerprint') or 'none')[:16]}"),
        ("rows", f"{rows}{folds}"),
        ("features", features),
        *(
            [("reduced", f"to at most {rules['reduce']} numbers per modality, {rules['max_steps']} steps")]
            if rules.get("reduce")
            else []
        ),
        ("budget", f"{rules['budget']:,} parameters ± {100 * rules['tolerance']:g} %"),
        ("search", f"{rules['trials']} settings of {_settings(rules['space'])}"),
        ("selection", rules["selection"]),
        (
            "training",
            f"at most {rules['updates']:,} updates by AdamW of {rules['batch_size']} rows; {_stopped(rules)}",
        ),
        ("seeds", ", ".join(map(str, rules["seeds"]))),
        *([("chance", number(chance, results["measure"].get("unit", "")))] if chance is not None else []),
    ]


def _stopped(rules: Mapping[str, Any]) -> str:
    looks = f"{rules['patience']} looks at the validation loss, {rules['check']} updates apart"
    return f"stopped after {looks}, without a better one"


def result_rows(results: Results) -> list[dict[str, Any]]:
    """The rows of the table of results."""
    found, unit = ranks(results), results["measure"].get("unit", "")
    return [_result(row, found[row["name"]], unit) for row in ordered(results)]


def matrix(results: Results) -> dict[str, Any] | None:
    """Who beats whom: per pair of rows the difference, and whether it holds after Holm; ``None`` without pairs."""
    known = _differences(results)
    names = [row["name"] for row in ordered(results) if any(row["name"] in pair for pair in known)]
    if not names:
        return None
    unit = results["measure"].get("unit", "")
    lines = [(left, [_verdict(known.get((left, right)), unit) for right in names]) for left in names]
    return {"names": names, "lines": lines}


def pairs(results: Results) -> Grid | None:
    """Every pair with its interval and p values; ``None`` without pairs."""
    unit = results["measure"].get("unit", "")
    rows = tuple(
        (
            f"{one['a']} against {one['b']}",
            _minus(signed(one["difference"], unit)),
            _bounds(one.get("low"), one.get("high"), unit),
            _p(one.get("p_value")),
            _p(one.get("p_holm")),
            {"a": one["a"], "b": one["b"]}.get(one.get("better") or "", NONE),
        )
        for one in results.get("pairs") or ()
    )
    if not rows:
        return None
    heads = ("pair", "difference", "95 % interval", "p", "p after Holm", "better")
    return Grid("All pairs", "The first minus the second.", heads, rows)


def analysed(results: Results) -> list[Grid]:
    """The tables of the analyses that were made."""
    rows = [row for row in ordered(results) if row.get("analyses")]
    grids = (_noise(rows, results), _missing(rows, results), _contributions(rows, results), _emap(rows, results))
    return [grid for grid in grids if grid is not None]


def budgets(results: Results) -> Grid | None:
    """Values and tie groups at each budget; ``None`` where only one was run."""
    lines = at_budgets(results)
    if not lines:
        return None
    heads, *rows = lines
    return Grid("Other budgets", f"{BUDGETS}.", heads, tuple((name, *map(_minus, cells)) for name, *cells in rows))


def methods(results: Results) -> list[dict[str, Any]]:
    """What stands behind each method and floor."""
    found = ranks(results)
    return [
        {
            "name": row["name"],
            "title": row.get("title") or "",
            "rank": found[row["name"]] if row["kind"] == "method" else row["kind"],
            "value": _minus(number(row.get("value"), results["measure"].get("unit", ""))),
            "facts": _method_facts(row, results),
            "curve": _curve(row, results),
        }
        for row in ordered(results)
        if row["kind"] != "reported"
    ]


def _result(row: Row, rank: str, unit: str) -> dict[str, Any]:
    text, bounds = difference(row, unit)
    cost = row.get("cost") or {}
    return {
        "name": row["name"],
        "title": row.get("title") if row.get("title") != row["name"] else "",
        "kind": row["kind"],
        "rank": rank,
        "value": _minus(number(row.get("value"), unit)),
        "interval": _minus(interval(row.get("low"), row.get("high"), unit)),
        "sd": number(row.get("sd"), unit),
        "difference": _minus(text),
        "difference_interval": _minus(bounds),
        "wins": bool(row.get("wins")),
        "parameters": whole(row.get("parameters")),
        "flops": short(cost.get("flops")),
        "seconds": short(cost.get("train_seconds")),
        "citation": row.get("citation") or "",
        "note": row.get("note") or "",
    }


def _differences(results: Results) -> dict[tuple[str, str], tuple[float, str]]:
    """By ``(left, right)`` left minus right, and whether left is ``better``, ``worse`` or neither."""
    known = {}
    for one in results.get("pairs") or ():
        verdict = {"a": "better", "b": "worse"}.get(one.get("better") or "", "")
        turned = {"better": "worse", "worse": "better"}.get(verdict, "")
        known[one["a"], one["b"]] = (one["difference"], verdict)
        known[one["b"], one["a"]] = (-one["difference"], turned)
    return known


def _verdict(found: tuple[float, str] | None, unit: str) -> dict[str, str]:
    if found is None:
        return {"class": "self", "arrow": "", "text": "", "word": ""}
    gap, verdict = found
    return {
        "class": verdict or "tied",
        "arrow": ARROWS[verdict],
        "text": _minus(signed(gap, unit)),
        "word": verdict or "not told apart",
    }


def _method_facts(row: Row, results: Results) -> list[tuple[str, str]]:
    unit, cost = results["measure"].get("unit", ""), row.get("cost") or {}
    seeds = ", ".join(_minus(number(one, unit)) for one in row.get("per_seed") or ())
    versus = row.get("versus_floor")
    facts = [
        ("paper", row.get("paper")),
        ("equation", row.get("equation")),
        ("parameters", row.get("formula")),
        ("width", row.get("width")),
        ("settings chosen", _config(row.get("config") or {})),
        ("on validation", None if row.get("valid") is None else _minus(number(row["valid"], unit))),
        ("per seed", seeds),
        ("against", f"{versus['name']}, p after Holm {_p(versus.get('p_holm'))}" if versus else None),
        ("latency", f"{short(cost['latency_ms'])} ms" if cost.get("latency_ms") is not None else None),
        ("memory", f"{short(cost['memory_mb'])} MB" if cost.get("memory_mb") is not None else None),
        ("test rows read", row.get("test_reads")),
        ("run", row.get("run")),
        ("note", row.get("note")),
    ]
    return [(name, str(value)) for name, value in facts if value not in (None, "")]


def _curve(row: Row, results: Results) -> Grid | None:
    """Expected best validation score after k settings."""
    unit = results["measure"].get("unit", "")
    curve = row.get("expected_best") or ()
    if not curve:
        return None
    heads = ("settings tried", *map(str, range(1, len(curve) + 1)))
    values = tuple(_minus(number(value, unit)) for value in curve)
    return Grid("", "", heads, ((f"expected best, validation {measure_heading(results)}", *values),))


def _noise(rows: Sequence[Row], results: Results) -> Grid | None:
    unit = results["measure"].get("unit", "")
    having = [row for row in rows if row["analyses"].get("noise")]
    if not having:
        return None
    names = list(dict.fromkeys(name for row in having for name in row["analyses"]["noise"]["curves"]))
    levels = having[0]["analyses"]["noise"]["levels"]
    heads = ["method"]
    for name in names:
        heads += [f"{name}: area", f"{name}: retained %", f"{name}: against late fusion"]
    lines = []
    for row in having:
        noise = row["analyses"]["noise"]
        line: list[str] = []
        for name in names:
            line.append(number((noise.get("auc") or {}).get(name), unit))
            line.append(number((noise.get("retention") or {}).get(name), "%"))
            line.append(signed((noise.get("effective") or {}).get(name), unit))
        lines.append((row["name"], *map(_minus, line)))
    about = (
        f"Levels {', '.join(f'{level:g}' for level in levels)} in standard deviations of each feature. Area: mean score under the curve. "
        "Retained: what is left above chance at the last level. Against late fusion: mean distance to its curve, moved to the same start."
    )
    return Grid("Noise", about, tuple(heads), tuple(lines))


def _missing(rows: Sequence[Row], results: Results) -> Grid | None:
    names, unit = subset_names(results), results["measure"].get("unit", "")
    lines = tuple(
        (row["name"], *(_minus(number(values.get(name), unit)) for name in names))
        for row in rows
        if (values := row["analyses"].get("subsets"))
    )
    heads = ("method", *subset_titles(names))
    about = "Score when only these modalities are given; the others are masked, and nothing is trained again."
    return Grid("Missing modalities", about, heads, lines) if lines else None


def _contributions(rows: Sequence[Row], results: Results) -> Grid | None:
    unit = results["measure"].get("unit", "")
    shapes = {row["name"]: row["analyses"]["shape"] for row in rows if row["analyses"].get("shape")}
    if not shapes:
        return None
    alone = gains(results)
    names = list(dict.fromkeys(name for shape in shapes.values() for name in shape["contributions"]))
    perceptual = {row["name"]: row["analyses"].get("perceptual") or {} for row in rows}
    lines = []
    for who, shape in shapes.items():
        own = alone.get(who, {})
        texts = [signed(own.get(name), unit) for name in names]
        texts += [signed(shape["contributions"].get(name), unit) for name in names]
        texts += [signed(shape.get("cooperation"), unit)]
        texts += [signed(perceptual[who].get(name), unit) for name in names]
        lines.append((who, *map(_minus, texts)))
    heads = [*(f"{name} alone" for name in names), *(f"{name}: Shapley" for name in names), "cooperation"]
    heads += [f"{name}: perceptual" for name in names]
    about = (
        "Alone: gain over the majority. Shapley values share the whole gain out (SHAPE, Hu 2022). Cooperation: the "
        "whole gain less the gains alone. Perceptual score: what is lost when a modality is shuffled over the rows (Gat et al. 2021)."
    )
    return Grid("Contributions", about, ("method", *heads), tuple(lines))


def _emap(rows: Sequence[Row], results: Results) -> Grid | None:
    unit = results["measure"].get("unit", "")
    lines = tuple(
        (
            row["name"],
            *(_minus(number(emap.get(name), unit)) for name in ("value", "projected")),
            _minus(signed(emap.get("gap"), unit)),
            whole(emap.get("n")),
        )
        for row in rows
        if (emap := row["analyses"].get("emap"))
    )
    about = "The score of the nearest additive model (EMAP, Hessel and Lee 2020); the gap is what only interaction of modalities gives."
    heads = ("method", "score", "additive projection", "gap", "rows")
    return Grid("Interaction", about, heads, lines) if lines else None


def _feature(one: Mapping[str, Any]) -> str:
    kept = f", {one['kept']} kept" if one.get("kept") not in (None, one["d"]) else ""
    steps = f", {one['steps']} steps" if (one.get("steps") or 1) > 1 else ""
    return f"{one['name']} by {one['encoder']} ({one['revision']}), {one['d']} numbers{kept}{steps}"


def _settings(space: Mapping[str, Sequence[Any]]) -> str:
    return "; ".join(f"{_words(name)} {', '.join(map(str, values))}" for name, values in space.items())


def _config(config: Mapping[str, Any]) -> str:
    return ", ".join(f"{_words(name)} {value}" for name, value in config.items())


def _words(name: str) -> str:
    return name.replace("_", " ")


def _bounds(low: float | None, high: float | None, unit: str) -> str:
    return NONE if low is None or high is None else _minus(f"[{signed(low, unit)}, {signed(high, unit)}]")


def _p(value: float | None) -> str:
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
