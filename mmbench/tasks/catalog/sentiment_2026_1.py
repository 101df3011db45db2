"""Sentiment, emotion, sarcasm and humour from text and features."""

from mmbench.tasks.suites import Suite

SENTIMENT = Suite(
    name="sentiment-2026.1",
    title="Sentiment and emotion",
    tasks={
        "cmu-mosi.regression": 1,
        "cmu-mosei.regression": 1,
        "ch-sims.regression": 1,
        "ch-sims-v2.regression": 1,
        "meld.emotion": 1,
        "mustard.emotion": 1,
        "ur-funny.emotion": 1,
    },
    beside=(
        "cmu-mosi-unaligned.regression",
        "cmu-mosei-unaligned.regression",
    ),
)
