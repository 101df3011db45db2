"""Write docs/checks.md from the checks themselves: ``python docs/checks.py``; a test keeps the two together."""

from pathlib import Path

from mmbench.loaders.checks import Check, all_checks

PAGE = Path(__file__).parent / "checks.md"
FAMILIES = ("integrity", "media", "text", "pairing", "leakage", "time", "answers")
HEAD = """# Alignment checks

Written from the checks by `python docs/checks.py`. `mmbench check KEY|DIR` runs all of them that apply, in one pass over the samples and,
for those that *embed*, on about 1,000 samples (`--pairs`). A check answers pass, warn, fail, inconclusive or not applicable; *severity*
is the worst that it says. `fail` means that no score on these data should be published.

- Known findings are let pass: up to its count what a card's known issue says of a check, and the samples that `--baseline FILE` names
  (written at first use, may only shrink after).
- `mmbench check A B` looks only for what stands in both datasets.
- `--out DIR` writes a page with the samples side by side, copies beside what they were copied from;
  `--json` one document; `--fail-on warn|fail|never` sets the exit code.
- Pairs are embedded by frozen encoders with ridge maps fitted on one half of the runs of rows and tested on the other, or by `--model`.
- Runs on checked splits record the report's digest and the failures that were open.
- `benchmarks/checks.py` measures cost, detection by fault rate, and what the thresholds of near copies rest on.
- A check is a function in a file of `loaders/checks/`: no list names it.
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_family(name) for name in FAMILIES)


def _family(name: str) -> str:
    found = [one for one in all_checks() if one.family == name]
    return f"\n## {name.capitalize()}\n" + "".join(map(_check, found))


def _check(one: Check) -> str:
    needs = " and ".join(sorted(one.all_of)) or " or ".join(sorted(one.any_of))
    facts = [f"severity {one.severity}", f"cost: {one.cost}", *([f"needs {needs}"] if needs else [])]
    return f"\n**`{one.key}`** {one.title} ({'; '.join(facts)}). {one.about}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
