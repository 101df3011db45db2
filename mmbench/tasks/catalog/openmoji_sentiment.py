"""Emoji sentiment from picture and English name, five folds."""

from mmbench.metrics.functional.sentiment import sentiment_metric
from mmbench.samples import Modality
from mmbench.tasks.kinds.sentiment import FoldedRegressionTask

TASK = FoldedRegressionTask(
    id="openmoji-sentiment.regression",
    title="Emoji sentiment, five folds",
    dataset="openmoji-sentiment",
    split="all",
    train_split="all",
    valid_split="all",
    version=1,
    metric=sentiment_metric(convention="unit"),
    primary="corr",
    inputs=frozenset({Modality.IMAGE, Modality.TEXT}),
    language="en",
    folds=5,
)
