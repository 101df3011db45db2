"""What a task asks, as lines that any tool can answer: ids, prompts, options, and media by their hash or as files."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from mmbench.errors import UserError
from mmbench.files import atomic_path, canonical_json, write_bytes
from mmbench.media import read_bytes
from mmbench.samples import FeaturesPart, MediaError, MediaPart, Message, Part, Request, Sample, TextPart
from mmbench.tasks.base import Ask, Stage, Task

WANTED: Mapping[Ask, str] = {
    "generate": "a text",
    "predict": "a number, or a list with a number per class",
    "embed": "a list of numbers of one length",
    "score_pairs": "a number, higher for what belongs together",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        file: the lines.
        requests: how many.
        media: files that were written beside them.
        wanted: what a prediction is, for people.
    """

    file: Path
    requests: int
    media: int
    wanted: str


@dataclass(slots=True)
class MediaFolder:
    """Where media go, each content once, under its hash: no name comes from the data."""

    folder: Path | None
    base: Path
    written: dict[str, str] = field(default_factory=dict)

    def place(self, name: str, data: Callable[[], bytes]) -> dict[str, str]:
        """The entry ``file`` of a part, relative to the lines; nothing where no folder was asked for."""
        if self.folder is None:
            return {}
        if name not in self.written:
            write_bytes(self.folder / name, data())
            self.written[name] = Path(os.path.relpath(self.folder / name, self.base)).as_posix()
        return {"file": self.written[name]}


def export_requests(
    task: Task,
    out: Path,
    *,
    ask: str | None = None,
    with_media: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Exported:
    """Write one JSON object per thing to answer. Targets are in none of them.

    Every line has ``id``, ``task`` and ``ask``. ``generate`` adds ``messages`` (roles and ordered parts), ``options`` and the decoding
    parameters; ``predict`` and ``embed`` the parts as ``content``; ``embed`` also ``side``, ``role`` and ``instruction``; ``score_pairs``
    the ids ``left`` and ``right`` and the content of both.

    Args:
        task: whose requests.
        out: the JSONL file.
        ask: where the task can be done in more than one way, which: ``embed`` or ``score_pairs``; the task's first by default.
        with_media: a folder for pictures, sounds and arrays; without it only their hash and type are named.
        limit: about this many samples: whole groups, seeded.
        seed: of the limit.
        progress: show bars.

    Raises:
        UserError: the split is empty, the task cannot be done in that way, or a file cannot be written.
    """
    way = next((one for one in task.asks if one == ask), task.ask)
    if ask not in (None, way):
        raise UserError(f"{task.id} is not done by {ask}: choose {' or '.join(task.asks)}.")
    load = cache(partial(task.load, progress=progress))
    try:
        plan = task.plan(load, limit=limit, seed=seed, ask=way)
    except ValueError as error:
        raise UserError(f"{task.id} cannot be planned: {error}.") from error
    media = MediaFolder(with_media, out.parent)
    total = sum(len(stage.ids) for stage in plan.stages)
    bar = tqdm(total=total, desc=f"{task.id}: requests", unit=" lines", disable=None if progress else True, leave=False)
    try:
        with bar, atomic_path(out) as temporary, temporary.open("w", encoding="utf-8") as handle:
            for stage in plan.stages:
                for fields in _lines(task, stage, media):
                    handle.write(canonical_json(fields) + "\n")
                    bar.update()
    except OSError as error:
        raise UserError(f"{error.filename or out} cannot be written ({error.strerror}): name another place.") from error
    return Exported(out, total, len(media.written), WANTED[way])


def _lines(task: Task, stage: Stage, media: MediaFolder) -> Iterator[dict[str, Any]]:
    item: Any
    for key, item in zip(stage.ids, stage.items, strict=True):
        head = {"id": key, "task": task.id, "ask": stage.ask}
        if isinstance(item, Request):
            yield {**head, **_request(item, media)}
        elif isinstance(item, Sample):
            side = (
                {"side": stage.name, "role": stage.role, "instruction": stage.instruction}
                if stage.ask == "embed"
                else {}
            )
            yield {**head, **side, "content": _parts(item.content, item.id, media), "options": list(item.options)}
        else:
            left, right = item
            pair = {"left": left.id, "right": right.id}
            contents = {
                f"{name}_content": _parts(one.content, one.id, media) for name, one in zip(pair, item, strict=True)
            }
            yield {**head, **pair, **contents}


def _request(request: Request, media: MediaFolder) -> dict[str, Any]:
    return {
        "messages": [_message(message, request.sample_id, media) for message in request.messages],
        "options": list(request.options),
        "max_new_tokens": request.max_new_tokens,
        "stop": list(request.stop),
        "temperature": request.temperature,
        "seed": request.seed,
    }


def _message(message: Message, key: str, media: MediaFolder) -> dict[str, Any]:
    return {"role": message.role, "content": _parts(message.content, key, media)}


def _parts(content: Sequence[Part], key: str, media: MediaFolder) -> list[dict[str, Any]]:
    return [_part(part, key, media) for part in content]


def _part(part: Part, key: str, media: MediaFolder) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text, **_language(part)}
    if isinstance(part, FeaturesPart):
        shape = {"name": part.name, "shape": list(part.values.shape)}
        return {
            "type": "features",
            **shape,
            "fingerprint": part.fingerprint,
            **media.place(f"{part.fingerprint}.npy", partial(_npy, part)),
        }
    facts = {
        "type": part.modality.value,
        "media_type": part.media_type,
        "fingerprint": part.fingerprint,
        **_language(part),
    }
    try:
        return {**facts, **media.place(_name(part), partial(read_bytes, part, key))}
    except MediaError as error:
        return {**facts, "error": error.reason}


def _name(part: MediaPart) -> str:
    ending = "".join(
        letter for letter in part.media_type.rpartition("/")[2].lower() if letter.isascii() and letter.isalnum()
    )
    return f"{part.sha256}.{ending[:8] or 'bin'}"


def _npy(part: FeaturesPart) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, part.values, allow_pickle=False)
    return buffer.getvalue()


def _language(part: TextPart | MediaPart) -> dict[str, str]:
    return {} if part.language is None else {"language": part.language}
