"""``--engine ray``: Ray Data maps the batches over a pool of actors, on this machine or a cluster; each loads model and plan once."""

import logging
import os
import pickle
import socket
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mmbench.engines.pools import Answers, Crew, Engine
from mmbench.engines.remote import Failure, Piece, Recipe, States, Worker, failure
from mmbench.errors import RunFailedError, UserError

RETRIES = 3  # of a batch whose process died
ANSWERS_WITHIN = 5.0  # seconds
CORES_EACH = 4  # where nobody says how many workers
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


def answers(recipe: Recipe, states: States, pieces: Sequence[Piece], crew: Crew) -> Answers:
    """Batches to actors, answers as they arrive.

    Raises:
        UserError: Ray is not installed, no cluster is at the address, or the model cannot be sent.
        RunFailedError: Ray gave up: a batch lost its process again and again.
    """
    with _cluster(crew.address) as ray:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        rows = ray.data.from_items(
            [{"piece": number} for number in range(len(pieces))], override_num_blocks=len(pieces)
        )
        try:
            mapped = rows.map_batches(
                _Actor,
                fn_constructor_args=(recipe, states, list(pieces)),
                batch_size=1,
                ray_remote_args_fn=lambda: {"max_task_retries": RETRIES},
                **_resources(ray, crew.workers, len(pieces)),
            )
            for row in mapped.iter_rows():
                number, answer = pickle.loads(row["answer"])  # noqa: S301  (from our own actors)
                if isinstance(answer, Failure):
                    raise answer.error
                yield pieces[number], answer
        except ray.exceptions.RayError as error:
            raise RunFailedError(
                f"Ray gave up ({' '.join(str(error).split())[:300]}). Everything that was stored is kept: run the same command again, "
                "with another engine or fewer --workers where memory is short."
            ) from error


class _Actor:
    """One process of the pool."""

    def __init__(self, recipe: Recipe, states: States, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._worker: Worker | Failure
        try:
            self._worker = Worker(recipe, states)
        except Exception as error:  # noqa: BLE001  (Ray would try to make it again)
            self._worker = failure(error)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        number = int(batch["piece"][0])
        worker = self._worker
        answer = worker if isinstance(worker, Failure) else worker.answer(self._pieces[number])
        return {"answer": [pickle.dumps((number, answer))]}


def _resources(ray: Any, workers: int | None, work: int) -> dict[str, Any]:
    """One actor per accelerator, or per few cores where there is none, unless ``--workers`` says how many."""
    have = ray.cluster_resources()
    cores, accelerators = int(have.get("CPU", 1)), int(have.get("GPU", 0))
    count = min(workers or accelerators or max(1, cores // CORES_EACH), work)
    pool = ray.data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=2)
    each = {"num_gpus": min(1.0, accelerators / count)} if accelerators else {}
    return {"compute": pool, "num_cpus": max(1, cores // count) if not accelerators else 1, **each}


@contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """Ray, connected; a Ray that was not running before is stopped afterwards."""
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, of settings that nobody here touched
        import ray
        import ray.data

        running = ray.is_initialized()
        if not running:
            _init(ray, address)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        try:
            yield ray
        finally:
            if not running:
                ray.shutdown()


def _init(ray: Any, address: str | None) -> None:
    try:
        if address is not None and ":" in address:  # Ray itself waits for minutes where nobody answers
            host, _, port = address.rpartition("://")[2].rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_WITHIN).close()
        ray.init(
            address=address,
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (OSError, ValueError, RuntimeError) as error:  # a ConnectionError is an OSError
        raise UserError(
            f"No Ray cluster answers at {address or 'this machine'} ({' '.join(str(error).split())[:200]}): "
            "leave --ray-address out to start one here."
        ) from error


RAY = Engine("ray", answers, "Ray Data on this machine or, with --ray-address, a cluster", ("ray", "ray"))
