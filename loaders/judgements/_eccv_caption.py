"""The files of the Python package eccv-caption 0.1.0: judgements of Karpathy's COCO test split, read without importing it."""

import importlib.util
import io
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.loaders.judgements.base import Judgements

DISTRIBUTION = "eccv-caption==0.1.0"
IMPORT_NAME = "eccv_caption"
INSTALL = "pip install 'mmbench[eccv]'"
ORDER = "coco_test_ids.npy"
SHA256 = {
    "coco_test_ids.npy": "edf99145aaed260188fd9384c1329ed287fca0e9b92e4e59de46660667932a15",
    "cxc_caption_to_image.json": "95fa65de2171c2d5df8769b46770cb74b9d4e09522d0c255e5d166c56028d125",
    "cxc_image_to_caption.json": "e567e46b527901bb87ad9cf6511d005e5ad80620a968db1b3314bce23c917a61",
    "eccv_caption_to_image.json": "3f1d209e7fc4100acc4092818125884d1523582ccebf950a4f89ff71babe281a",
    "eccv_image_to_caption.json": "47b822df8932da569a471a557f49e7b45465dac3728c2e2922f7bfbd25399242",
    "original_caption_to_image.json": "646c37bf5148480d854a3d135b1f3646cc7fa2bd0f84ed7499e264f09338e0fa",
    "original_image_to_caption.json": "17e7673206edefd9cd227e8fafb703eba375671e43dd202a33b51567ebd4593e",
}


def read(prefix: str, *, name: str, title: str, licence: str, citation: str) -> Judgements:
    """One set of judgements of the package.

    Args:
        prefix: of its files: ``original``, ``cxc`` or ``eccv``.
        name: the name in the registry.
        title: the name that people use.
        licence: of the judgements.
        citation: a reference line.

    Raises:
        UserError: the package is not installed, or a file of it is not the published one.
    """
    folder = _folder()
    captions = _captions(folder)
    picture_of = _judged(folder, "original_caption_to_image.json")
    pictures = dict.fromkeys(next(iter(picture_of[caption])) for caption in captions)
    return Judgements(
        name,
        title,
        licence,
        citation,
        image_to_caption=_judged(folder, f"{prefix}_image_to_caption.json"),
        caption_to_image=_judged(folder, f"{prefix}_caption_to_image.json"),
        captions=captions,
        pictures=tuple(pictures),
    )


def _folder() -> Path:
    """The package's folder of data. It is not imported: that would load its metrics and warn of what they miss."""
    spec = importlib.util.find_spec(IMPORT_NAME)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"These judgements come in the package {DISTRIBUTION}, which is not installed: run {INSTALL}.")
    return Path(spec.submodule_search_locations[0]) / "data"


def _captions(folder: Path) -> tuple[str, ...]:
    import numpy as np

    ids = np.load(io.BytesIO(_bytes(folder, ORDER)), allow_pickle=False)
    return tuple(map(str, ids.tolist()))


def _judged(folder: Path, file: str) -> Mapping[str, Mapping[str, float]]:
    found: dict[str, list[Any]] = json.loads(_bytes(folder, file))
    return {query: dict.fromkeys(map(str, right), 1.0) for query, right in found.items()}


def _bytes(folder: Path, file: str) -> bytes:
    try:
        data = (folder / file).read_bytes()
    except FileNotFoundError:
        data = b""
    if sha256(data).hexdigest() != SHA256[file]:
        raise UserError(
            f"{file} of the installed eccv-caption is absent or not the one that {DISTRIBUTION} published: run {INSTALL}."
        )
    return data
