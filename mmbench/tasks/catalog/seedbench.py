"""SEED-Bench: multiple choice on pictures and, apart, on frames of videos."""

from mmbench.tasks.kinds.multiple_choice import multiple_choice

TASKS = (
    *multiple_choice("seedbench", "SEED-Bench, pictures", split="test", subset="image", where=("data_type", "image")),
    *multiple_choice("seedbench", "SEED-Bench, videos", split="test", subset="video", where=("data_type", "video")),
)
