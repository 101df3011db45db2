"""What is said besides the question, under names that runs are identified by."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said besides the question. Any change of the words is a new version.

    Attributes:
        id: its name.
        system: the system message, ``""`` for none.
        instruction: what follows the question in the user's turn, ``""`` for nothing.
        version: of the words.
    """

    id: str
    system: str = ""
    instruction: str = ""
    version: int = 1

    @property
    def facts(self) -> list[str] | dict[str, Any]:
        """What a run's identity hashes: name and words."""
        if not self.instruction and self.version == 1:
            return [self.id, self.system]
        system = {"system": self.system} if self.system else {}
        return {"id": f"{self.id}@{self.version}", **system, "instruction": self.instruction}


PLAIN = Prompt("plain")  # for questions that say themselves how they want to be answered
SHORT = Prompt("short-answer", instruction="Answer with one word or a short phrase, nothing else.")
UNANSWERABLE = Prompt(
    "short-answer-or-unanswerable",
    instruction='Answer with one word or a short phrase, nothing else. If the picture does not tell, say "unanswerable".',
)
LETTER = Prompt("letter", instruction="Answer with the letter of the right option, nothing else.")
LETTER_OR_ANSWER = Prompt(
    "letter-or-answer",
    instruction="If there are options, answer with the letter of the right one, else with a word, a number or a short phrase. "
    'Think first if you need to; end with a line "Final answer:" and the answer.',
)
YES_NO = Prompt("yes-no", instruction="Answer with yes or no, nothing else.")
CAPTION = Prompt("caption", instruction="Describe the picture in one sentence.")
SOUND_CAPTION = Prompt("sound-caption", instruction="Describe what is heard in one sentence.")
TRANSCRIPT = Prompt("transcript", instruction="Write down what is said, word for word, in the language that is spoken.")


def caption_in(language: str) -> Prompt:
    """To describe a picture in a language, by its English name."""
    return Prompt("caption-in", instruction=f"Describe the picture in one sentence, in {language}.")
