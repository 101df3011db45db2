"""One evaluation in a process of its own: ``python -m tests.engines.once FOLDER CLASS TASK [NAME=VALUE …]``."""

import json
import sys
from pathlib import Path

import mmbench
from tests.engines import fleet


def main() -> None:
    folder, model, task, *given = sys.argv[1:]
    options = {name: json.loads(value) for name, _, value in (one.partition("=") for one in given)}
    found = mmbench.evaluate(
        f"tests.engines.fleet:{model}",
        getattr(fleet, task)(),
        output_dir=Path(folder),
        batch_size=fleet.BATCH,
        progress=False,
        **options,
    )
    print(type(found).__name__)


if __name__ == "__main__":
    main()
