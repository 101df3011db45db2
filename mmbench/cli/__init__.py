"""The command line: ``mmbench list``, ``show``, ``download``, ``check``, ``peek``, ``run``, ``score``, ``leaderboard build``."""

import sys
from pathlib import Path

from mmbench.cli.app import app
from mmbench.errors import InterruptedRunError, RunFailedError, UserError
from mmbench.samples import MediaError


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 a run failed, 2 a mistake that the user can mend, 130 interrupted."""
    sys.path.append(str(Path.cwd()))  # the console script leaves it out, and -m mymodel:Model is looked for here
    try:
        app(standalone_mode=True)
    except UserError as error:
        _end(str(error), 2)
    except (RunFailedError, MediaError) as error:
        _end(str(error), 1)
    except (InterruptedRunError, KeyboardInterrupt):
        _end("Interrupted. What was stored is kept: run the same command again, it goes on where it stopped.", 130)


def _end(message: str, code: int) -> None:
    sys.stderr.write(f"error: {message}\n" if code != 130 else f"\n{message}\n")
    raise SystemExit(code)
