"""What a comparison says in words, the same in the Markdown table and on the page: its protocol, and what its numbers cover."""

from collections.abc import Mapping
from typing import Any

from mmbench.numbers import NONE, number
from mmbench.wording import REPORTED, TOY, count

Results = Mapping[str, Any]
LATE_FUSION = "decision-average"  # what effective robustness is held against

RANKS = (
    "Methods that share a rank (1=) are not told apart by these test items and seeds. "
    "Floors and reported rows are not ranked."
)
WINS = "Bold difference: better than the best floor after Holm's correction. Only that counts as a win of fusion."
FLOORS = (
    "Floors are trained and scored under the same protocol: what needs no fusion, one modality, or only metadata. "
    "The best floor is the one with the best value on test; the average of decisions counts as one for all other methods."
)
COVERED = "The 95 % intervals cover the choice of test items."
COVERED_SEEDS = (
    "The 95 % intervals cover the choice of test items and of seeds: initial weights, order of the rows, dropout{more}."
)
PICKS = ", and which of the tried settings a search picks"
NOT_COVERED = (
    "They do not cover {settings}, another split of the data, other features, or another task. "
    "The intervals of two rows may overlap and the rows still differ: the differences are paired on the same test items."
)
SYMBOLS = f"±: standard deviation over seeds. {NONE}: no value."


def measure_heading(results: Results) -> str:
    """``accuracy ↑ %``."""
    measure = results["measure"]
    arrow = "↑" if measure["higher_is_better"] else "↓"
    return " ".join(filter(None, [measure["title"], arrow, measure.get("unit")]))


def facts(results: Results) -> list[str]:
    """What a reader of the table must know: what the intervals cover, then how to read the rows."""
    return [*covered(results), *reading(results)]


def reading(results: Results) -> list[str]:
    """How to read ranks, floors, reported rows and signs, of what the table has."""
    kinds = {row["kind"] for row in results["rows"]}
    lines = [RANKS]
    lines += [FLOORS, WINS] if "floor" in kinds else []
    lines += [REPORTED] if "reported" in kinds else []
    return [*lines, SYMBOLS]


def summary(results: Results) -> str:
    """Counts, measure and identity in one line."""
    kinds = [row["kind"] for row in results["rows"]]
    parts = [count(kinds.count("method"), "method"), count(kinds.count("floor"), "floor"), measure_heading(results)]
    return " · ".join(
        [*parts, chance(results), results["id"][:12]] if chance(results) else [*parts, results["id"][:12]]
    )


def covered(results: Results) -> list[str]:
    """What the intervals cover, seeds only where there are several, and what not."""
    rules = results["protocol"]
    several, own = len(rules["seeds"]) > 1, rules["search_per_seed"]
    said = COVERED_SEEDS.format(more=PICKS if own else "") if several else COVERED
    return [
        said,
        NOT_COVERED.format(settings="which settings are tried" if several and own else "the choice of settings"),
    ]


def protocol(results: Results) -> str:
    """The protocol in one paragraph."""
    rules = results["protocol"]
    methods = sum(row["kind"] == "method" for row in results["rows"])
    names = ", ".join(one["name"] for one in results["features"])
    seeds = len(rules["seeds"])
    own = ", each with a search of its own" if rules["search_per_seed"] and seeds > 1 else ""
    return (
        f"{count(methods, 'fusion method')} on {results['task']['title']}, judged by {results['measure']['title']}. "
        f"All get the same frozen features ({names}), a budget of {rules['budget']:,} parameters within "
        f"{100 * rules['tolerance']:g} %, the same random search of {count(rules['trials'], 'setting')} on the training and "
        f"validation rows, and {count(seeds, 'seed')}{own}. {_reads(results)}"
    )


def toy(results: Results) -> str:
    """The sentence about toy data, empty where they are none."""
    return f"{TOY} ({results['data']['key']})" if results["data"].get("toy") else ""


def notes(results: Results) -> list[str]:
    """The comparison's own notes, then those of its rows."""
    said = [f"{row['name']}: {row['note']}" for row in results["rows"] if row.get("note")]
    return [*results.get("notes", []), *said]


def chance(results: Results) -> str:
    """``chance 36.9``, empty where there is none."""
    value = results["measure"].get("chance")
    return "" if value is None else f"chance {number(value, results['measure'].get('unit', ''))}"


def _reads(results: Results) -> str:
    """Whether test was touched once; who read it more often is named."""
    often = [row["name"] for row in results["rows"] if (row.get("test_reads") or 0) > 1]
    if often:
        return f"The test rows were read more than once by a trained model of: {', '.join(often)}."
    return "Each trained model read the test rows once."
