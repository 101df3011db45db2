"""One training: a configuration under a seed, stopped early on the validation split, and what it predicts. Test rows are never here."""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mmbench.fusion.base import Fusion, vectors
from mmbench.fusion.blocks import Block, Column, Floats, Mask, Problem
from mmbench.fusion.entries import Entry, Member
from mmbench.fusion.network import network
from mmbench.fusion.protocol import Protocol
from mmbench.fusion.search import Config
from mmbench.fusion.sizing import Size
from mmbench.fusion.switching import Evaluate, Session

WARM_UP = 100  # updates until the learning rate is whole
CLIP = 1.0  # the largest norm of a gradient
CHUNK = 4096  # rows per forward pass without gradients, in cells of one step
LEAST = 1e-3  # by which a validation loss has to fall to count as better (nats, or deviations of the target)
LOOKED_AT = 1024  # training rows whose loss switches are told


@dataclass(frozen=True, slots=True)
class Rows:
    """A block as tensors, pooled where the method takes vectors.

    Attributes:
        inputs, masks: per modality, as a ``Fusion`` takes them.
        targets: class numbers ``(n,)``, or standardised values ``(n,)`` float32.
        numbers: of the rows in their split, int64 ``(n,)``.
    """

    inputs: list[Tensor]
    masks: list[Tensor]
    targets: Tensor
    numbers: Tensor

    def __len__(self) -> int:
        return len(self.masks[0])

    def take(self, rows: Tensor) -> "Rows":
        """Some of the rows."""
        return Rows(
            [x[rows] for x in self.inputs], [x[rows] for x in self.masks], self.targets[rows], self.numbers[rows]
        )

    def only(self, modalities: Sequence[int]) -> "Rows":
        """Some of the modalities."""
        inputs, masks = [self.inputs[i] for i in modalities], [self.masks[i] for i in modalities]
        return Rows(inputs, masks, self.targets, self.numbers)


@dataclass(frozen=True, slots=True)
class Scale:
    """How values were standardised for training; classes are left as they are."""

    mean: float = 0.0
    deviation: float = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How one network was trained.

    Attributes:
        losses: of the validation split at every look.
        best: the number of the look whose weights were kept.
        updates: steps of the optimiser.
        seconds: of training, with the looks.
    """

    losses: tuple[float, ...]
    best: int
    updates: int
    seconds: float


def arrays(block: Block, fusion: Fusion) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs and masks as tensors; a method that does not take steps gets their mean, worked out once."""
    inputs = [_tensor(column.values, np.float32) for column in block.inputs]
    masks = [_tensor(column.mask, np.bool_) for column in block.inputs]
    return (inputs, masks) if fusion.sequences else pooled(inputs, masks)


def _tensor(values: NDArray[Any], kind: Any) -> Tensor:
    """A copy, since what is mapped from a file cannot be written to, which torch warns about."""
    return torch.from_numpy(np.array(values, dtype=kind))


def pooled_block(block: Block, fusion: Fusion) -> Block:
    """The rows as a method gets them: itself for one that takes steps, else with the mean over steps as vectors."""
    if fusion.sequences:
        return block
    inputs, masks = arrays(block, fusion)
    columns = zip(block.inputs, inputs, masks, strict=True)
    return replace(block, inputs=tuple(Column(one.name, x.numpy(), mask.numpy()) for one, x, mask in columns))


def pooled(inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Each modality as the mean over its steps, with one mask per row."""
    found, there = vectors(inputs, masks)
    return found, list(there.unbind(1))


def rows_of(block: Block, fusion: Fusion, problem: Problem, scale: Scale) -> Rows:
    """A block for a method."""
    inputs, masks = arrays(block, fusion)
    numbers = torch.arange(len(block))
    if problem.classes:
        return Rows(inputs, masks, _tensor(block.targets, np.int64), numbers)
    values = (np.asarray(block.targets, dtype=np.float64) - scale.mean) / scale.deviation
    return Rows(inputs, masks, _tensor(values, np.float32), numbers)


def scale_of(targets: NDArray[Any], problem: Problem) -> Scale:
    """From the training targets."""
    if problem.classes:
        return Scale()
    return Scale(float(np.mean(targets)), float(np.std(targets)) or 1.0)


def train(
    one: Entry, member: Member, size: Size, data: tuple[Rows, Rows], problem: Problem, config: Config, protocol: Protocol, seed: int,
    device: str = "cpu",
) -> tuple[nn.Module, Progress]:  # fmt: skip
    """Train a network of an entry on ``data`` (train, valid); the weights are those with the best validation loss."""
    began = time.perf_counter()
    generator = torch.Generator().manual_seed(seed)
    place = torch.device(device)
    rows, held = (_moved(part.only(member.modalities), place) for part in data)
    dims = [values.shape[-1] for values in rows.inputs]
    with torch.random.fork_rng(devices=[place] if place.type == "cuda" else []):
        torch.manual_seed(seed)
        model = network(one.fusion, dims, problem.outputs, size.width, dropout=config.dropout, knobs=config.knobs)
        model = model.to(place)
        sessions = [switch.start(len(dims), **config.switches.get(switch.name, {})) for switch in one.switches]
        losses, best, updates = _updates(model, rows, held, problem, config, protocol, sessions, generator)
    return model.eval(), Progress(tuple(losses), best, updates, time.perf_counter() - began)


def _moved(rows: Rows, place: torch.device) -> Rows:
    inputs, masks = [x.to(place) for x in rows.inputs], [x.to(place) for x in rows.masks]
    return Rows(inputs, masks, rows.targets.to(place), rows.numbers.to(place))


def _updates(
    model: nn.Module, rows: Rows, held: Rows, problem: Problem, config: Config, protocol: Protocol, sessions: Sequence[Session],
    generator: torch.Generator,
) -> tuple[list[float], int, int]:  # fmt: skip
    """Losses at every look, the number of the best, and how many updates there were. The model ends with the best weights."""
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    warm = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / WARM_UP))
    criterion = _criterion(problem)
    looked = rows.take(torch.randperm(len(rows), generator=generator)[:LOOKED_AT].to(rows.targets.device))
    losses: list[float] = []
    best, better, state, done = 0, 0, copy.deepcopy(model.state_dict()), 0
    for done, batch in enumerate(_batches(rows, protocol, generator), start=1):
        model.train()
        optimiser.zero_grad(set_to_none=True)
        loss = _loss(model, batch, criterion, sessions, generator)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        warm.step()
        if done % protocol.check and done < protocol.updates:
            continue
        losses.append(_look(model, looked, held, criterion, sessions))
        last = len(losses) - 1
        if losses[last] < losses[better] - LEAST:
            better = last
        if losses[last] < losses[best] or last == 0:
            best, state = last, copy.deepcopy(model.state_dict())
        if last - better >= protocol.patience:
            break
    model.load_state_dict(state)
    return losses, best, done


def _batches(rows: Rows, protocol: Protocol, generator: torch.Generator) -> Iterator[Rows]:
    """Batches of whole size from shuffled passes, as many as there are updates."""
    size = min(protocol.batch_size, len(rows))
    done = 0
    while done < protocol.updates:
        order = torch.randperm(len(rows), generator=generator).to(rows.targets.device)
        for start in range(0, len(order) - size + 1, size):
            yield rows.take(order[start : start + size])
            done += 1
            if done == protocol.updates:
                return


def _criterion(problem: Problem) -> Callable[[Tensor, Tensor], Tensor]:
    if not problem.classes:
        return lambda outputs, targets: nn.functional.l1_loss(outputs[:, 0], targets)
    return lambda outputs, targets: nn.functional.cross_entropy(outputs, targets, ignore_index=-1)


def _loss(
    model: nn.Module, batch: Rows, criterion: Callable[[Tensor, Tensor], Tensor], sessions: Sequence[Session],
    generator: torch.Generator,
) -> Tensor:  # fmt: skip
    masks: Sequence[Tensor] = batch.masks
    for session in sessions:
        masks = session.masks(masks, generator)

    extra = getattr(getattr(model, "block", None), "extra_loss", None)

    def evaluate(masks: Sequence[Tensor]) -> Tensor:
        loss = criterion(model(batch.inputs, masks), batch.targets)
        return loss if extra is None else loss + extra(batch.targets, batch.numbers)

    for session in sessions:
        changed = session.loss(evaluate, masks)
        if changed is not None:
            return changed
    return evaluate(masks)


@torch.no_grad()
def _look(
    model: nn.Module, train: Rows, valid: Rows, criterion: Callable[[Tensor, Tensor], Tensor], sessions: Sequence[Session]
) -> float:  # fmt: skip
    model.eval()

    def on(rows: Rows) -> Evaluate:
        def evaluate(masks: Sequence[Tensor]) -> Tensor:
            return criterion(_outputs(model, rows.inputs, masks), rows.targets)

        return evaluate

    for session in sessions:
        session.check(on(train), train.masks, on(valid), valid.masks)
    found = float(on(valid)(valid.masks))
    return found if np.isfinite(found) else float("inf")


@torch.no_grad()
def _outputs(model: nn.Module, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> Tensor:
    longest = max([values.shape[1] for values in inputs if values.dim() == 3], default=1)
    size = max(64, CHUNK // longest)
    parts = [
        model([x[start : start + size] for x in inputs], [x[start : start + size] for x in masks])
        for start in range(0, len(masks[0]), size)
    ]
    return torch.cat(parts)


@dataclass(frozen=True, slots=True)
class Trained:
    """The trained networks of an entry, as one function of arrays.

    Called with inputs and masks per modality (NumPy, as in a ``Block``), it gives float64 ``(n, outputs)``: logarithms of probabilities
    or unnormalised class scores, or one value.
    """

    fusion: Fusion
    members: tuple[Member, ...]
    models: tuple[nn.Module, ...]
    problem: Problem
    scale: Scale
    device: str = "cpu"

    def __call__(self, inputs: Sequence[Floats], masks: Sequence[Mask]) -> NDArray[np.float64]:
        """The outputs."""
        tensors = [_tensor(x, np.float32) for x in inputs]
        there = [_tensor(x, np.bool_) for x in masks]
        if not self.fusion.sequences:
            tensors, there = pooled(tensors, there)
        return self.outputs(tensors, there)

    def outputs(self, inputs: Sequence[Tensor], masks: Sequence[Tensor]) -> NDArray[np.float64]:
        """The outputs for tensors that are pooled already where the method takes vectors."""
        place = torch.device(self.device)
        each, seen = [], []
        for member, model in zip(self.members, self.models, strict=True):
            mine = [inputs[number].to(place) for number in member.modalities]
            theirs = [masks[number].to(place) for number in member.modalities]
            each.append(_outputs(model, mine, theirs).double().cpu())
            seen.append(torch.stack([mask.reshape(len(mask), -1).any(1) for mask in theirs], 1).any(1).cpu())
        found: NDArray[np.float64] = _together(torch.stack(each), torch.stack(seen), self.problem).numpy()
        return found if self.problem.classes else found * self.scale.deviation + self.scale.mean


def _together(each: Tensor, seen: Tensor, problem: Problem) -> Tensor:
    """``(members, n, c)`` to ``(n, c)``: the mean of the members that see anything of a row, or of all where none does."""
    if len(each) == 1:
        return each[0]
    weight = torch.where(seen.any(0), seen.double(), torch.ones_like(seen, dtype=torch.float64))
    weight = (weight / weight.sum(0)).unsqueeze(-1)
    if not problem.classes:
        return (each * weight).sum(0)
    return torch.logsumexp(each.log_softmax(-1) + weight.log(), 0)
