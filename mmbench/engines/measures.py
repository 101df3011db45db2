"""What a run took and ran on: seconds, memory, devices, libraries. A run records it and its id does not hash it."""

import importlib.metadata
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmbench.engines.asking import Asked
from mmbench.media import decoding_seconds
from mmbench.models import LoadedModel

LIBRARIES = {  # module: distribution
    "numpy": "numpy", "torch": "torch", "transformers": "transformers", "sentence_transformers": "sentence-transformers",
    "open_clip": "open_clip_torch", "timm": "timm", "mteb": "mteb", "lmms_eval": "lmms_eval", "vllm": "vllm", "jax": "jax",
    "tensorflow": "tensorflow", "onnxruntime": "onnxruntime", "sklearn": "scikit-learn", "openai": "openai", "httpx": "httpx",
    "tokenizers": "tokenizers", "safetensors": "safetensors", "PIL": "pillow", "soundfile": "soundfile", "soxr": "soxr",
    "datasets": "datasets", "ray": "ray",
}  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What one process counts while it asks.

    Attributes:
        fit_seconds: in ``fit``.
        model_seconds: in calls of the model, waiting for media included.
        cached: items whose embeddings were taken from the cache.
        size: items per call that memory was enough for, where a batch had to be halved.
        raised: items on which the model raised.
    """

    fit_seconds: float = 0.0
    model_seconds: float = 0.0
    cached: int = 0
    size: int | None = None
    raised: int = 0

    def add(self, asked: Asked) -> None:
        """Count a batch."""
        self.model_seconds += asked.seconds
        self.cached += asked.n if asked.cached else 0
        self.raised += asked.raised


class Meter:
    """Begins with a run; ``facts`` says what the run took until then."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._waited, self._worked = decoding_seconds()
        cuda = _cuda()
        if cuda is not None:
            cuda.reset_peak_memory_stats()

    def facts(self, model: LoadedModel) -> dict[str, Any]:
        """For ``run.json``.

        ``decoding`` is what the model waited for pictures and sounds, and ``decoding_ahead`` what threads decoded meanwhile; ``model`` is
        the rest of the time in its calls. ``fit``, ``model`` and both others are of this process since it took the run up.
        """
        waited, worked = decoding_seconds()
        waited, worked = waited - self._waited, worked - self._worked
        tally = self.tally
        halved = {} if tally.size is None else {"halved_to": tally.size}
        return {
            **place_of(model),
            "accelerator": accelerator(),
            "seconds_in": {
                "fit": round(tally.fit_seconds, 3),
                "model": round(max(tally.model_seconds - waited, 0.0), 3),
                "decoding": round(waited, 3),
                "decoding_ahead": round(worked, 3),
            },
            **halved,
            "embeddings_from_cache": tally.cached,
            "raised": tally.raised,
            "libraries": libraries(),
        }


def place_of(model: LoadedModel) -> dict[str, str | None]:
    """The device and dtype of a model: what it says (attributes ``device`` and ``dtype``), else what was asked for."""
    said = {name: getattr(model.model, name, None) or model.place.get(name) for name in ("device", "dtype")}
    return {name: None if value is None else str(value).removeprefix("torch.") for name, value in said.items()}


def libraries() -> dict[str, str]:
    """The versions of the libraries that can move a number, those that are imported."""
    found = {}
    for module, distribution in LIBRARIES.items():
        if module in sys.modules:
            try:
                found[distribution] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                found[distribution] = str(getattr(sys.modules[module], "__version__", "unknown"))
    return found


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere a process begins with the peak of the one that started it
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        if "VmHWM" in lines:
            return round(int(lines["VmHWM"].split()[0]) / 1024, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return round(peak, 1)


def accelerator() -> dict[str, Any] | None:
    """The CUDA device that torch uses, and the most memory that torch held of it since the run began; ``None`` without one."""
    cuda = _cuda()
    if cuda is None:
        return None
    peaks = [cuda.max_memory_allocated(index) for index in range(cuda.device_count())]
    used = max(range(len(peaks)), key=peaks.__getitem__)
    return {"name": cuda.get_device_name(used), "peak_memory_mb": round(peaks[used] / 1024**2, 1)}


def _cuda() -> Any:
    """``torch.cuda`` where something uses it already; nothing is imported or initialised here."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized() else None
