"""METEOR 1.5 asked over its pipe: the jar is pycocoevalcap's, the program is Java's."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mmbench.errors import UserError
from mmbench.metrics._ngrams import Captions
from mmbench.metrics.spec import Array

_JAR = Path("meteor") / "meteor-1.5.jar"
_OPTIONS = ("-", "-", "-stdio", "-l", "en", "-norm")
# Whatever the machine's locale: UTF-8 both ways, and a decimal point.
_LOCALE = ("-Dfile.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US")


def run_meteor(captions: Captions) -> tuple[float, Array]:
    """The value of the corpus and of each caption.

    Raises:
        UserError: no Java, or no jar.
        RuntimeError: a program that stopped before it had answered.
    """
    command = meteor_command()
    if not captions.preds:
        return float("nan"), np.zeros(0)
    references: list[list[str]] = [[] for _ in captions.preds]
    for i, tokens in zip(captions.owner.tolist(), captions.references, strict=True):
        references[i].append(_text(tokens))
    try:
        values = _answers(command, references, [_text(tokens) for tokens in captions.preds])
    except (BrokenPipeError, ValueError) as error:
        raise RuntimeError(f"METEOR ({' '.join(command)}) stopped before it had answered: {error}.") from None
    return values[-1], np.asarray(values[:-1])


def meteor_command() -> list[str]:
    """How the program is started.

    Raises:
        UserError: no Java, or no jar.
    """
    java = shutil.which("java")
    if java is None:
        raise UserError("METEOR needs Java, and there is no program `java` on the path: install a Java runtime.")
    package = find_spec("pycocoevalcap")
    folders = package.submodule_search_locations if package else None
    jars = [Path(folder) / _JAR for folder in folders or ()]
    found = next((jar for jar in jars if jar.is_file()), None)
    if found is None:
        raise UserError(
            "METEOR needs the jar of pycocoevalcap, which is not installed: run pip install 'mmbench[meteor]'."
        )
    return [java, *_LOCALE, "-Xmx2G", "-jar", str(found), *_OPTIONS]


def _answers(command: list[str], references: list[list[str]], captions: list[str]) -> list[float]:
    """The value of each caption, and of the corpus at the end."""
    with subprocess.Popen(  # noqa: S603 - java, found on the path, and the jar of an installed package
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as program:
        try:
            lines = [
                _ask(program, " ||| ".join(["SCORE", *texts, caption]))
                for texts, caption in zip(references, captions, strict=True)
            ]
            first = _ask(program, " ||| ".join(["EVAL", *lines]))
            return [float(first), *(float(_line(program)) for _ in lines)]
        finally:
            program.kill()


def _ask(program: subprocess.Popen[str], question: str) -> str:
    """The line that answers a line."""
    if program.stdin is not None:
        program.stdin.write(question + "\n")
        program.stdin.flush()
    found = _line(program)
    if not found:
        raise ValueError("it said nothing")
    return found


def _line(program: subprocess.Popen[str]) -> str:
    return "" if program.stdout is None else program.stdout.readline().strip()


def _text(tokens: list[str]) -> str:
    return " ".join(token for token in tokens if "|||" not in token)
