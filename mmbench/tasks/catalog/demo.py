"""The built-in suite: it proves an installation and the whole pipe, and says nothing about a model's quality."""

from mmbench.tasks.suites import Suite

DEMO = Suite(
    name="demo-1",
    title="Built-in toy data",
    tasks={
        "openmoji.i2t": 1,
        "openmoji.t2i": 1,
        "openmoji.a2t": 1,
        "openmoji.t2a": 1,
        "openmoji.a2i": 1,
        "openmoji.i2a": 1,
        "easy-vqa.open": 1,
        "openmoji-sentiment.regression": 1,
    },
    beside=("tuxstamps.i2t", "tuxstamps.t2i", "tuxstamps.a2t", "tuxstamps.t2a", "tuxstamps.a2i", "tuxstamps.i2a"),
    toy=True,
)
