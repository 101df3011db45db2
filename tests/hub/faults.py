"""What can go wrong between a hub and its client: planted one by one, or at random from a seed."""

import random
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

ALWAYS = 10**9
API_KINDS = ("status", "rst", "html", "stall", "short_body")
HEADER_KINDS = ("no_etag", "no_commit", "no_linked_size")
BODY_KINDS = (
    "cut", "rst", "stall", "status", "corrupt", "bit", "short_body", "ignore_range", "no_length", "wrong_resume",
    "other_range", "html", "gzip",
)  # fmt: skip


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        pattern: ``fnmatch`` on the file's path inside its repository, or on the path of the URL.
        kind: ``cut`` (FIN after ``at`` bytes), ``rst`` (reset after ``at`` bytes), ``stall`` (silence after ``at`` bytes),
            ``status`` (``status`` and ``headers`` instead of an answer), ``corrupt`` (other first and last byte), ``bit`` (one bit
            in the middle, or at ``at``), ``short_body`` (a complete answer of ``at`` bytes), ``ignore_range`` (200 for a range),
            ``no_length`` (no Content-Length; ends after ``at`` bytes if given), ``wrong_resume`` (other bytes where a range is
            asked), ``other_range`` (206 with another range), ``html`` (a page with status 200),
            ``gzip`` (compressed though nobody asked), ``no_etag``, ``no_commit``,
            ``no_linked_size``.
        times: how many requests it spoils.
        at: see ``kind``.
        methods: which requests.
        ignores_range: whether it also answers 200 for a range, from the start.
    """

    pattern: str
    kind: str
    times: int = ALWAYS
    at: int = 0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    methods: tuple[str, ...] = ("GET",)
    ignores_range: bool = False
    hits: int = 0


class RandomFaults:
    """A fault for a share of the requests: the same for the same seed and order of requests."""

    def __init__(self, seed: int, probability: float, kinds: Collection[str]) -> None:
        self.probability = probability
        self.kinds = tuple(kinds)
        self._random = random.Random(seed)

    def draw(self, name: str, kinds: Collection[str]) -> Fault | None:
        possible = [kind for kind in self.kinds if kind in kinds]
        if not possible or self._random.random() >= self.probability:
            return None
        kind = self._random.choice(possible)
        status, headers = self._random.choice([(503, {}), (500, {}), (429, {"Retry-After": "1"}), (408, {}), (502, {})])
        return Fault(name, kind, at=self._random.randrange(1, 40_000), status=status, headers=headers)


class Faults:
    """The faults of one hub; a request takes at most one."""

    def __init__(self) -> None:
        self.planted: list[Fault] = []
        self.random: RandomFaults | None = None
        self._lock = threading.Lock()

    def plant(self, fault: Fault) -> Fault:
        with self._lock:
            self.planted.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.planted.clear()
            self.random = None

    def take(self, method: str, names: tuple[str, ...], kinds: Collection[str], *, draw: bool = True) -> Fault | None:
        """The fault of a request that goes by these names, if any of these kinds is due."""
        with self._lock:
            for fault in self.planted:
                due = fault.kind in kinds and fault.hits < fault.times and method in fault.methods
                if due and any(fnmatchcase(name, fault.pattern) for name in names):
                    fault.hits += 1
                    return fault
            return self.random.draw(names[0], kinds) if self.random is not None and draw else None
