"""Weights by hub id or folder: fetched at one commit, safetensors only, identified by content, with the facts of their model card."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbench.errors import UserError
from mmbench.files import digest, file_sha256

NEEDED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "README.md")
AGAIN = (  # the same weights once more, in another layout or precision, and what a training left behind
    "consolidated*", "*/consolidated*", "onnx/*", "*/onnx/*", "openvino/*", "original/*", "metal/*", "*.fp16.*", "*.bf16.*", "*.fp32.*",
    "*.non_ema.*", "checkpoint-*/*", ".*", "*/.*",
)  # fmt: skip
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5")


@dataclass(frozen=True, slots=True)
class Weights:
    """A folder with the files of one model.

    Attributes:
        folder: where they are.
        name: the hub id, or the folder's name: nothing that says where on this machine it lies.
        revision: the hub's commit, or ``sha256:`` and 16 digits over weights and configuration.
        licence, languages, training_datasets: as the model card (``README.md``) declares them; ``None`` where it does not.
    """

    folder: Path
    name: str
    revision: str
    licence: str | None
    languages: tuple[str, ...] | None
    training_datasets: tuple[str, ...] | None

    @property
    def preprocessing(self) -> str:
        """16 digits over all files but the weights: configuration, tokenizer, processor."""
        files = [file for file in _needed(_local_files(self.folder)) if not file.endswith((".safetensors", ".md"))]
        return digest([[file, file_sha256(self.folder / file)] for file in files])[:16]

    def summary(self, made_by: str) -> str:
        """One sentence. What a page names as training data is no complete list: it is said here, and no board says zero-shot by it."""
        named = ", ".join(self.training_datasets or ())
        trained = f"; its model card names as training data {named}" if named else ""
        return f"{made_by}{trained}."


def locate(name: str, revision: str | None = None) -> Weights:
    """The weights of a hub id or folder, downloaded where they are not here yet.

    Args:
        name: a hub id (``openai/clip-vit-base-patch32``) or the path of a folder.
        revision: branch, tag or commit of a hub id; ``main`` by default.

    Raises:
        UserError: there is no such model, the hub can't be reached, or its weights are not safetensors.
    """
    local = Path(name).expanduser()
    if local.is_dir():
        if revision is not None:
            raise UserError(f"{name} is a folder: leave the revision out, its files are what they are.")
        folder = local.resolve()
        files = _local_files(folder)
        _only_safetensors(folder.name, files)
        shas = [[file, file_sha256(folder / file)] for file in _needed(files) if file != "README.md"]
        return _weights(folder, folder.name, f"sha256:{digest(shas)[:16]}")
    if is_path(name):
        raise UserError(f"There is no folder {name}.")
    folder = _fetched(name, revision)
    _only_safetensors(name, _local_files(folder))
    return _weights(folder, name, folder.name)  # the hub's cache names a snapshot's folder by its commit


def is_path(name: str) -> bool:
    """Whether a name means a place on this machine rather than a hub id."""
    return "://" not in name and (name.startswith(("/", ".", "~")) or "\\" in name or Path(name).exists())


def _fetched(name: str, revision: str | None) -> Path:
    """The folder of a hub snapshot with all that is needed and no weights twice."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        HTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    endpoint = os.environ.get("HF_ENDPOINT")
    try:
        info = HfApi(endpoint=endpoint).model_info(name, revision=revision)
        files = [one.rfilename for one in info.siblings or ()]
        _only_safetensors(name, files)
        return Path(
            snapshot_download(
                name, revision=revision, endpoint=endpoint, allow_patterns=[*NEEDED], ignore_patterns=[*AGAIN]
            )
        )
    except HFValidationError as error:
        raise UserError(f"{name!r} is neither a folder nor a hub id (owner/name).") from error
    except GatedRepoError as error:
        raise UserError(f"{name} is gated: accept its terms on the hub and set HF_TOKEN.") from error
    except RepositoryNotFoundError as error:
        raise UserError(f"The hub has no model {name}, or it is private: check the id, or set HF_TOKEN.") from error
    except RevisionNotFoundError as error:
        raise UserError(f"{name} has no revision {revision!r} on the hub.") from error
    except (HfHubHTTPError, HTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        cached = _cached(name, revision)
        if cached is None:
            raise UserError(
                f"The hub cannot be reached, and {name} is not in its cache: give a folder instead."
            ) from error
        return cached


def _cached(name: str, revision: str | None) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                name, revision=revision, local_files_only=True, allow_patterns=[*NEEDED], ignore_patterns=[*AGAIN]
            )
        )
    except LocalEntryNotFoundError:
        return None


def _local_files(folder: Path) -> list[str]:
    """All files below a folder, as POSIX paths, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _needed(files: Sequence[str]) -> list[str]:
    """What loading needs: configuration, tokenizers and safetensors, each weight once, and the model card."""
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    return list(filter_repo_objects(files, allow_patterns=[*NEEDED], ignore_patterns=[*AGAIN]))


def _only_safetensors(name: str, files: Sequence[str]) -> None:
    if any(file.endswith(".safetensors") for file in _needed(files)):
        return
    pickles = [file for file in files if file.endswith(PICKLES)]
    if pickles:
        raise UserError(
            f"{name} has its weights as pickle only ({pickles[0]}), which can run code: convert them to safetensors "
            "(https://huggingface.co/spaces/safetensors/convert) or name a revision that has them."
        )
    raise UserError(f"{name} holds no weights: a model's folder has a config.json and *.safetensors files.")


def _weights(folder: Path, name: str, revision: str) -> Weights:
    declared = _front_matter(folder / "README.md")
    licence = declared.get("license_name") if declared.get("license") == "other" else declared.get("license")
    return Weights(
        folder,
        name,
        revision,
        licence if isinstance(licence, str) else None,
        _names(declared.get("language")),
        _names(declared.get("datasets")),
    )


def _front_matter(path: Path) -> Mapping[str, Any]:
    """The YAML block between the first two lines ``---``; empty where there is none."""
    import yaml

    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8", errors="replace")
    head = text.removeprefix("---\n").split("\n---", 1)
    if not text.startswith("---\n") or len(head) != 2:
        return {}
    try:
        found = yaml.safe_load(head[0])
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _names(value: object) -> tuple[str, ...] | None:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
        return None
    return tuple(listed)
