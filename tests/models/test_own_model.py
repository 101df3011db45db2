"""The example of docs/models.md, as a stranger would run it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbench.samples import MediaPart

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
LIBRARY = '''
import numpy as np

class StrangersClip:
    """Somebody's model: pictures by their mean colour, texts by the numbers in them."""

    def encode_images(self, images):
        return np.asarray([np.asarray(image).mean((0, 1)) for image in images])

    def encode_texts(self, texts):
        return np.asarray([[float(number) for number in text.split()] for text in texts])
'''


def test_a_strangers_clip_works_in_ten_lines(
    tmp_path: Path, cache: Path, picture: Callable[..., MediaPart], monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    from mmbench.media import decode_image

    (tmp_path / "strangers_clip.py").write_text(LIBRARY)
    (tmp_path / "photos").mkdir()
    for seed in range(8):
        part = picture(seed)
        (tmp_path / "photos" / f"{seed}.png").write_bytes(part.data or b"")
        colour = np.asarray(decode_image(part, "a")).mean((0, 1))
        (tmp_path / "photos" / f"{seed}.txt").write_text(" ".join(f"{value:.3f}" for value in colour))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    of_the_class = code.partition("class ")[2].partition("\n\n\n")[0]
    assert len([line for line in of_the_class.splitlines() if line.strip()]) <= 10
    names: dict[str, Any] = {"__name__": "stranger"}
    exec(compile(code, "docs/models.md", "exec"), names)  # noqa: S102  (the page is ours)
    scores = names["run"].scores.set_index("metric")["value"]
    assert scores["hit@1"] == 1
