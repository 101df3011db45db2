"""``mteb:NAME``: the encoders that MTEB registers, where that package is installed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmbench.errors import UserError
from mmbench.models.adapters._inputs import named_content
from mmbench.models.base import Adapter, ModelCard
from mmbench.models.devices import resolve_device
from mmbench.samples import Modality, Role, Sample


class MtebEncoder:
    """Encodes as MTEB does: batches of columns by a ``DataLoader``, the prompt type by the role, the instruction as the task's prompt.

    Args:
        model: what ``mteb.get_model`` returned.
        meta: its ``ModelMeta``.
        device: where it runs.
    """

    def __init__(self, model: Any, meta: Any, device: str) -> None:
        import mteb

        self._model = model
        self.device = device
        self.preprocessing = f"mteb-{mteb.__version__}"
        known = {"image": Modality.IMAGE, "text": Modality.TEXT, "audio": Modality.AUDIO}
        self.card = ModelCard(
            meta.name,
            meta.revision or self.preprocessing,
            frozenset(known[one] for one in meta.modalities if one in known),
            parameters=meta.n_parameters,
            licence=meta.license,
            open_weights=meta.open_weights,
            release_date=None if meta.release_date is None else str(meta.release_date),
            summary=f"{type(model).__name__} of mteb {mteb.__version__}.",
        )

    def embed(
        self,
        samples: Sequence[Sample],
        *,
        modalities: frozenset[Modality],
        role: Role | None = None,
        instruction: str | None = None,
    ) -> NDArray[np.float32]:
        """Vectors ``(n, d)``, float32; several modalities at once are left to the model."""
        from mteb.types import PromptType
        from torch.utils.data import DataLoader

        rows: Any = _Rows(
            [named_content(sample, modalities) for sample in samples], sorted(str(one) for one in modalities)
        )
        found = self._model.encode(
            DataLoader(rows, batch_size=len(rows), collate_fn=_columns),
            task_metadata=_task(modalities, instruction),
            hf_split="test",
            hf_subset="default",
            prompt_type=None if role is None else PromptType(role),
            batch_size=len(rows),
            show_progress_bar=False,
        )
        tensor = found.detach().float().cpu().numpy() if hasattr(found, "detach") else found
        vectors: NDArray[np.float32] = np.asarray(tensor, dtype=np.float32)
        return vectors


class _Rows(list[dict[str, Any]]):
    """Rows that name their columns, as MTEB asks of a data set."""

    def __init__(self, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        super().__init__(rows)
        self.features = dict.fromkeys(names)


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _task(modalities: frozenset[Modality], instruction: str | None) -> Any:
    """A retrieval task of MTEB's that none of its models has a prompt for by name; its prompt is said to queries."""
    from mteb.abstasks.task_metadata import TaskMetadata

    return TaskMetadata(
        name="mmbench",
        description="A task of mmbench.",
        dataset={"path": "mmbench/mmbench", "revision": "1"},
        type="Retrieval" if modalities == {Modality.TEXT} else "Any2AnyRetrieval",
        category="t2t",
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score="ndcg_at_10",
        prompt=None if instruction is None else {"query": instruction},
    )


def make(name: str, *, device: str | None = None, revision: str | None = None, **arguments: Any) -> MtebEncoder:
    """An encoder of MTEB's registry.

    Args:
        name: as ``mteb.get_model_meta`` knows it (``intfloat/multilingual-e5-small``).
        device: where it runs; the best device by default.
        revision: a commit that MTEB knows of it; the one it registered by default.
        arguments: for the model's own loader.

    Raises:
        UserError: MTEB does not know it, it runs code from its repository, or it is not an encoder.
    """
    import mteb

    try:
        meta = mteb.get_model_meta(name, revision)
    except (KeyError, ValueError) as error:
        raise UserError(f"mteb has no such model: {str(error).strip(chr(39))}") from error
    if (meta.loader_kwargs or {}).get("trust_remote_code") or arguments.get("trust_remote_code"):
        raise UserError(f"{name} runs Python code from its repository, which mmbench never does.")
    where = str(resolve_device(device))
    try:
        model = mteb.get_model(name, revision, where, **arguments)
    except TypeError:  # some loaders take no device
        model = mteb.get_model(name, revision, **arguments)
    if not callable(getattr(model, "encode", None)):
        raise UserError(f"{name} is not an encoder of mteb, but a {type(model).__name__}.")
    return MtebEncoder(model, meta, where)


ADAPTER = Adapter(
    "mteb",
    make,
    can=("embed",),
    extra="",
    example="mteb:intfloat/multilingual-e5-small",
    summary="The encoders that MTEB registers, with its prompts.",
)
