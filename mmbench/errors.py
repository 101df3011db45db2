"""The ways in which mmbench ends early on purpose; they read as one sentence that names the thing and the next step."""


class UserError(Exception):
    """A mistake that the user can mend: a wrong name, a missing extra, a damaged file. The command line exits with 2."""


class RunFailedError(Exception):
    """A run that started and could not finish: too many failed samples, a full disk. The command line exits with 1."""


class InterruptedRunError(Exception):
    """Ctrl-C while a run was in progress. The command line exits with 130."""


def unknown_key(kind: str, key: str, known: list[str]) -> UserError:
    """The error for a name that nothing is registered under, with the nearest names that exist."""
    import difflib

    near = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"see `mmbench list {kind}s`."
    return UserError(f"There is no {kind} named {key!r}: {hint}")
