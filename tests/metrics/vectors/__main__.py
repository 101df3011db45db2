"""Print the table: function, cases, largest difference; exit 1 if one is beyond its tolerance."""

import sys

from tests.metrics.vectors import table


def main() -> int:
    """Print one line per comparison."""
    rows = list(table())
    print(f"{'function':34} {'case':64} {'values':>8} {'largest difference':>19} {'allowed':>8}")
    for row in rows:
        mark = "" if row.ok else "  <-- differs"
        print(f"{row.function:34} {row.case:64} {row.values:8,} {row.difference:19.3g} {row.tolerance:8.0e}{mark}")
    print(
        f"{len(rows)} comparisons of {sum(row.values for row in rows):,} values; {sum(not r.ok for r in rows)} differ."
    )
    return int(not all(row.ok for row in rows))


if __name__ == "__main__":
    sys.exit(main())
