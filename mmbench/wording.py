"""What every table and page says in the same words, and how strangers' names become plain text in Markdown."""

import re

NOT_OPENCOMPASS = "This is mmbench, not OpenCompass' MMBench."
TOY = (
    "Toy data that ships with packages or is made by mmbench: it proves an installation and the whole pipe, "
    "says nothing about a model's quality."
)
REPORTED = (
    "Reported rows are other people's numbers, with their citation: other features, budgets and choices, "
    "so they stand beside ours."
)


def count(number: int, what: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def escape_markdown(text: str) -> str:
    """Text that Markdown and HTML take for plain text, on one line."""
    plain = " ".join(text.split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|#~$])", r"\\\1", plain)
