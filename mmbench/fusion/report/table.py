"""A comparison as a table: the order of its rows, their ranks, Markdown, and rows for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmbench.fusion.report.wording import Results, chance, facts, measure_heading, notes, protocol, toy
from mmbench.numbers import NONE, interval, number, short, signed
from mmbench.wording import NOT_OPENCOMPASS, escape_markdown

Row = Mapping[str, Any]
COOPERATION = "cooperation"
BUDGETS = "All of it again at other budgets: value, interval and, after #, the tie group there"
COSTS = ("parameters", "FLOPs", "training s")  # the last columns in a terminal
HEADS = ("Rank", "Method", "{measure}", "Seeds ±", "Against the best floor", "Parameters", "FLOPs", "Training s")


def ordered(results: Results) -> list[Row]:
    """Methods and floors from best to worst, then what others report from best to worst; without a value last."""
    sign = -1.0 if results["measure"]["higher_is_better"] else 1.0

    def place(row: Row) -> tuple[bool, bool, float]:
        value = row.get("value")
        return row["kind"] == "reported", value is None, sign * (value or 0.0)

    return sorted(results["rows"], key=place)


def ranks(results: Results) -> dict[str, str]:
    """By name ``1=``, ``3``, or a dash for a row that is not ranked."""
    sharing = Counter(row["group"] for row in results["rows"] if _ranked(row))
    return {
        row["name"]: f"{row['group']}{'=' if sharing[row['group']] > 1 else ''}" if _ranked(row) else NONE
        for row in results["rows"]
    }


def markdown(results: Results) -> str:
    """Title, protocol, table, legend, notes; names from outside are escaped."""
    heads = [head.format(measure=escape_markdown(measure_heading(results))) for head in HEADS]
    found = ranks(results)
    rows = [heads, ["---:", "---", *["---:"] * (len(heads) - 2)]]
    rows += [_line(row, found[row["name"]], results) for row in ordered(results)]
    sentences = [toy(results), protocol(results), *facts(results), *notes(results)]
    return "\n".join(
        [
            f"## {escape_markdown(results['task']['title'])}: fusion methods",
            "",
            *[f"| {' | '.join(cells)} |" for cells in rows],
            "",
            *_budgets_as_markdown(results),
            *[f"- {escape_markdown(line)}" for line in (*sentences, chance(results)) if line],
            "",
            NOT_OPENCOMPASS,
            "",
        ]
    )


def rows_for_terminal(results: Results) -> list[dict[str, Any]]:
    """One row of texts per method, floor and reported number, all with the same keys."""
    found, unit = ranks(results), results["measure"].get("unit", "")
    heading = measure_heading(results)
    rows = []
    for row in ordered(results):
        cost = row.get("cost") or {}
        rows.append(
            {
                "rank": row["kind"] if row["kind"] != "method" else found[row["name"]],
                "method": row["name"],
                heading: _with_interval(row, unit),
                "±": number(row.get("sd"), unit),
                "over the best floor": _difference(row, unit),
                "parameters": whole(row.get("parameters")),
                "FLOPs": short(cost.get("flops")),
                "training s": short(cost.get("train_seconds")),
            }
        )
    return rows


def legend(results: Results) -> str:
    """What the signs in a terminal mean."""
    sampled = "test items and seeds" if len(results["protocol"]["seeds"]) > 1 else "test items"
    return (
        f"[ ]: 95 % interval of {sampled}. ±: over seeds. =: not told apart. "
        "wins: better than the best floor after Holm's correction."
    )


def difference(row: Row, unit: str) -> tuple[str, str]:
    """The difference to the best floor and its interval as texts; a dash and nothing where there is none."""
    versus = row.get("versus_floor")
    if not versus:
        return NONE, ""
    low, high = versus.get("low"), versus.get("high")
    bounds = "" if low is None or high is None else f"[{signed(low, unit)}, {signed(high, unit)}]"
    return signed(versus["difference"], unit), bounds


def whole(value: int | None) -> str:
    """A count with its thousands set apart, a dash for ``None``."""
    return NONE if value is None else f"{value:,}"


def by_budget(results: Results) -> list[tuple[int, list[Row]]]:
    """Budgets from small to large, each with its methods from best to worst; the comparison itself is among them.

    Nothing where the comparison was not repeated.
    """
    again = {one["budget"]: one["rows"] for one in results.get("sensitivity") or ()}
    if not again:
        return []
    kept = {row["name"] for row in results["rows"] if row["kind"] == "method"}
    mine = [row for row in results["rows"] if row["kind"] == "method"]
    columns = {results["protocol"]["budget"]: mine} | again
    sign = -1.0 if results["measure"]["higher_is_better"] else 1.0
    return [
        (
            budget,
            sorted(
                (row for row in rows if row["name"] in kept and row.get("value") is not None),
                key=lambda row: sign * row["value"],
            ),
        )
        for budget, rows in sorted(columns.items())
    ]


def at_budgets(results: Results) -> list[tuple[str, ...]]:
    """Headings, then a line per method: value, interval and, after ``#``, tie group at each budget; nothing where there is one."""
    columns = by_budget(results)
    if not columns:
        return []
    unit = results["measure"].get("unit", "")
    found = [{row["name"]: row for row in rows} for _, rows in columns]
    names = [row["name"] for row in ordered(results) if row["kind"] == "method"]
    heads = ("method", *(f"{budget:,} parameters" for budget, _ in columns))
    return [heads, *((name, *(_at_budget(column.get(name), unit) for column in found)) for name in names)]


def subset_names(results: Results) -> list[str]:
    """The subsets of modalities that some row was scored with, from none to all."""
    found = dict.fromkeys(name for row in results["rows"] for name in (row.get("analyses") or {}).get("subsets") or {})
    return sorted(found, key=lambda name: (bool(name), name.count("+")))


def subset_titles(names: Sequence[str]) -> list[str]:
    """``nothing``, ``image``, ``image + text``, and ``all`` for the last of three and more modalities."""
    titles = [name.replace("+", " + ") or "nothing" for name in names]
    return [*titles[:-1], "all"] if names and names[-1].count("+") > 1 else titles


def gains(results: Results) -> dict[str, dict[str, float]]:
    """By method what each modality adds alone to the majority's score, then ``cooperation``: what is left of the gain of all.

    Positive is better, whichever way the measure goes. Only methods that were scored with each one and all of the modalities.
    """
    sign = 1.0 if results["measure"]["higher_is_better"] else -1.0
    names = subset_names(results)
    alone, everything = [name for name in names if name and "+" not in name], names[-1] if names else ""
    found = {}
    for row in results["rows"]:
        analyses = row.get("analyses") or {}
        values, start = analyses.get("subsets") or {}, (analyses.get("shape") or {}).get("empty")
        if row["kind"] != "method" or start is None or any(values.get(name) is None for name in (*alone, everything)):
            continue
        parts = {name: sign * (values[name] - start) for name in alone}
        found[row["name"]] = parts | {COOPERATION: sign * (values[everything] - start) - sum(parts.values())}
    return found


def _budgets_as_markdown(results: Results) -> list[str]:
    lines = [[escape_markdown(name), *cells] for name, *cells in at_budgets(results)]
    if not lines:
        return []
    lines.insert(1, ["---", *["---:"] * (len(lines[0]) - 1)])
    return [f"{BUDGETS}:", "", *[f"| {' | '.join(cells)} |" for cells in lines], ""]


def _with_interval(row: Row, unit: str) -> str:
    return f"{number(row.get('value'), unit)} {interval(row.get('low'), row.get('high'), unit)}".rstrip()


def _difference(row: Row, unit: str) -> str:
    text, bounds = difference(row, unit)
    won = " wins" if row.get("wins") else ""
    return f"{text} {bounds}".rstrip() + won


def _line(row: Row, rank: str, results: Results) -> list[str]:
    unit = results["measure"].get("unit", "")
    name = escape_markdown(row["name"])
    if row["kind"] == "reported":
        name = f"{name} ({escape_markdown(row.get('citation') or 'no citation')})"
    text, bounds = difference(row, unit)
    shown = f"**{text}** {bounds}" if row.get("wins") else f"{text} {bounds}"
    cost = row.get("cost") or {}
    return [
        rank if row["kind"] == "method" else f"*{row['kind']}*",
        name,
        _with_interval(row, unit),
        number(row.get("sd"), unit),
        shown.rstrip(),
        whole(row.get("parameters")),
        short(cost.get("flops")),
        short(cost.get("train_seconds")),
    ]


def _at_budget(row: Row | None, unit: str) -> str:
    if row is None:
        return NONE
    group = f" #{row['group']}" if row.get("group") is not None else ""
    return _with_interval(row, unit) + group


def _ranked(row: Row) -> bool:
    return row["kind"] == "method" and row.get("group") is not None
