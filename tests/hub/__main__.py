"""``python -m tests.hub DIR``: serve every ``DIR/<org>/<name>/`` as a data set until Ctrl-C."""

import sys
import threading
from pathlib import Path

from tests.hub.server import LocalHub


def main(root: Path) -> None:
    with LocalHub() as hub:
        for repo in sorted(path for path in root.glob("*/*") if path.is_dir()):
            files = {path.relative_to(repo).as_posix(): path for path in repo.rglob("*") if path.is_file()}
            name = repo.relative_to(root).as_posix()
            print(name, hub.commit(name, files))
        print(f"HF_ENDPOINT={hub.endpoint}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
