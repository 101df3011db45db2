"""Tensors of a file: safetensors, npy and npz without pickle, with their ids, as float32."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models.files.vectors import ANY, Tensor

ENDINGS = (".safetensors", ".npy", ".npz")
IDS = ("json", "txt", "parquet")
MOST_BYTES = 1 << 36  # of a packed npz when it is unpacked: a file of a few megabytes can claim anything
SUFFIX = ".ids"


def read_tensors(path: Path, ids: Path | None) -> list[Tensor]:
    """The tensors of a file with their ids.

    Ids stand in ``ids``; or beside the file as ``NAME.ids.json`` (a list, or a list per tensor), ``NAME.ids.txt`` (one per line) or
    ``NAME.ids.parquet`` (a column ``id``, and ``tensor`` where there are several); or inside it: in safetensors' metadata under ``ids``
    or ``TENSOR.ids`` as a JSON list, in npz as an array ``ids`` or ``TENSOR.ids``.

    Raises:
        UserError: a file that is missing or damaged, no ids, or numbers that are no floats.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    arrays, inside = (_safetensors if path.suffix.lower() == ".safetensors" else _numpy)(path)
    listed = {**inside, **_beside(path, ids)}
    tensors = []
    for name, values in arrays.items():
        found = listed.get(name, listed.get(""))
        if found is None:
            raise UserError(
                f"{path} has no ids for {name}: write {path.stem}{SUFFIX}.json beside it, a list with one id per row, or name a file with "
                "--model-args 'ids: FILE'."
            )
        tensors.append(Tensor(name, found, _float32(path, name, values)))
    if not tensors:
        raise UserError(f"{path} holds no tensor.")
    return tensors


def ids_file(path: Path, ids: Path | None) -> Path | None:
    """The file with the ids: the one named, or the first beside the tensors that there is."""
    if ids is not None:
        if not ids.is_file():
            raise UserError(f"There is no file {ids}.")
        return ids
    beside = [path.with_name(f"{path.stem}{SUFFIX}.{ending}") for ending in IDS]
    return next((one for one in beside if one.is_file()), None)


def _safetensors(path: Path) -> tuple[dict[str, Any], dict[str, Sequence[str]]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as handle:
            metadata = handle.metadata() or {}
            types = {name: handle.get_slice(name).get_dtype() for name in sorted(handle.keys())}
            arrays = {
                name: _bfloat16(path, name) if kind == "BF16" else handle.get_tensor(name)
                for name, kind in types.items()
            }
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not readable safetensors ({error}).") from error
    listed = {
        key.removesuffix("ids").removesuffix("."): _list(path, value) for key, value in metadata.items() if _is_ids(key)
    }
    return arrays, listed


def _bfloat16(path: Path, name: str) -> NDArray[np.float32]:
    """NumPy knows no bfloat16: its bits are the upper half of a float32."""
    with path.open("rb") as handle:
        size = int.from_bytes(handle.read(8), "little")
        entry = json.loads(handle.read(size))[name]
        start, stop = entry["data_offsets"]
        handle.seek(8 + size + start)
        halves = np.frombuffer(handle.read(stop - start), dtype="<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(entry["shape"])


def _numpy(path: Path) -> tuple[dict[str, Any], dict[str, Sequence[str]]]:
    try:
        arrays: dict[str, Any]
        if path.suffix.lower() == ".npz":
            with zipfile.ZipFile(path) as packed:
                if sum(info.file_size for info in packed.infolist()) > MOST_BYTES:
                    raise UserError(
                        f"{path} unpacks to more than {MOST_BYTES >> 30} GiB: write safetensors, which are read in place."
                    )
            with np.load(path, allow_pickle=False) as found:
                arrays = {name: found[name] for name in found.files}
        else:
            arrays = {ANY: np.load(path, allow_pickle=False, mmap_mode="r")}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is not readable {path.suffix[1:]} without pickle ({str(error).splitlines()[0]}): save plain floats."
        ) from error
    listed: dict[str, Sequence[str]] = {
        key.removesuffix("ids").removesuffix("."): [str(one) for one in arrays.pop(key)]
        for key in [*arrays]
        if _is_ids(key)
    }
    return arrays, listed


def _is_ids(key: str) -> bool:
    return key == "ids" or key.endswith(".ids")


def _beside(path: Path, ids: Path | None) -> dict[str, Sequence[str]]:
    """Ids by tensor, ``""`` for all of them."""
    file = ids_file(path, ids)
    if file is None:
        return {}
    if file.suffix == ".parquet":
        return _id_columns(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read as UTF-8 text.") from error
    if file.suffix != ".json":
        return {"": text.splitlines()}
    found = _json(file, text)
    if isinstance(found, dict):
        return {name: _strings(file, value) for name, value in found.items()}
    return {"": _strings(file, found)}


def _id_columns(file: Path) -> dict[str, Sequence[str]]:
    from mmbench.models.files.rows import read_rows

    found: dict[str, list[str]] = {}
    for place, row in read_rows(file):
        if row.get("id") is None:
            raise UserError(f"{file} {place} needs a column id (and tensor, where there are several).")
        found.setdefault(str(row.get("tensor") or ""), []).append(str(row["id"]))
    return dict(found)


def _list(path: Path, text: str) -> Sequence[str]:
    return _strings(path, _json(path, text))


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"The ids in {path} are no JSON ({error}): write a list of texts.") from error


def _strings(path: Path, value: Any) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(one, str | int) for one in value):
        raise UserError(f"The ids in {path} have to be a JSON list of texts, one per row.")
    return [str(one) for one in value]


def _float32(path: Path, name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    if not np.issubdtype(values.dtype, np.floating):
        raise UserError(
            f"{path}: {name} holds {values.dtype}, and embeddings are float16, bfloat16, float32 or float64."
        )
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and so an error of its sample
        return np.asarray(values, dtype=np.float32)
