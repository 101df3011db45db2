"""Crossmodal-3600: captions in the languages that put spaces between words; CIDEr-D has no tokens of the others."""

from mmbench.tasks.kinds.captioning import caption_task
from mmbench.tasks.prompts import caption_in

NAMES = {
    "ar": "Arabic", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fa": "Persian", "fi": "Finnish", "fil": "Filipino", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ko": "Korean", "mi": "Maori", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "quz": "Cusco Quechua", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "sw": "Swahili",
    "te": "Telugu", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
}  # fmt: skip

TASKS = tuple(
    caption_task(
        "xm3600",
        f"Crossmodal-3600, {name}",
        split=language,
        subset=language,
        language=language,
        prompt=caption_in(name),
    )
    for language, name in NAMES.items()
)
