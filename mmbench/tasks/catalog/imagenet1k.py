"""ImageNet-1k, zero-shot, with the seven prompts that OpenAI chose of its eighty (Prompt_Engineering_for_ImageNet.ipynb)."""

from mmbench.tasks.kinds.zero_shot import Templates, zero_shot_task

TEMPLATES = Templates(
    "openai-imagenet-7-1",
    (
        "itap of a {}.",
        "a bad photo of the {}.",
        "a origami {}.",
        "a photo of the large {}.",
        "a {} in a video game.",
        "art of the {}.",
        "a photo of the small {}.",
    ),
)

TASK = zero_shot_task("imagenet1k", "ImageNet-1k", TEMPLATES)
