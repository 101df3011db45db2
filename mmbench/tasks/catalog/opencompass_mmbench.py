"""OpenCompass' MMBench: CircularEval over every rotation, the plain score beside it, and with a judge that takes answers out of prose."""

from dataclasses import replace

from mmbench.tasks.judges.extraction import VALUE
from mmbench.tasks.kinds.multiple_choice import multiple_choice

MCQ, CIRCULAR = multiple_choice("opencompass-mmbench", "MMBench (English, dev)", split="dev", once="question")
JUDGED = replace(CIRCULAR, id="opencompass-mmbench.judged", title=f"{CIRCULAR.title}, with a judge", judge=VALUE)
