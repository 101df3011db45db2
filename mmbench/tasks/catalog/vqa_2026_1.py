"""Questions on pictures: open answers, multiple choice, yes or no."""

from mmbench.tasks.suites import Suite

VQA = Suite(
    name="vqa-2026.1",
    title="Questions on pictures",
    tasks={
        "vqav2.open": 1,
        "okvqa.open": 1,
        "textvqa.open": 1,
        "vizwiz.open": 1,
        "gqa.open": 1,
        "docvqa.open": 1,
        "infographicvqa.open": 1,
        "chartqa.open": 1,
        "ai2d.mcq": 1,
        "a-okvqa.mcq": 1,
        "scienceqa.img.mcq": 1,
        "mmmu.mcq": 1,
        "mmstar.mcq": 1,
        "opencompass-mmbench.circular": 1,
        "seedbench.image.mcq": 1,
        "blink.mcq": 1,
        "realworldqa.open": 1,
        "mathvista.open": 1,
        "pope.random.yes-no": 1,
        "pope.popular.yes-no": 1,
        "pope.adversarial.yes-no": 1,
        "mme.yes-no": 1,
        "hallusionbench.yes-no": 1,
    },
    beside=(
        "opencompass-mmbench.mcq",
        "hallusionbench.non-image.yes-no",
        "seedbench.video.mcq",
    ),
)
