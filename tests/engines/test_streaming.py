"""Answers that arrive one by one: stored on arrival, each request answered exactly once, one bad request costs one answer."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from mmbench.errors import RunFailedError
from mmbench.samples import MediaError, Request, Response
from tests.engines.stages import N, answer, answered, missing, questions, run

STAGE = questions()


class Streams:
    """Keeps ``wide`` requests in flight and answers the newest of them first."""

    def __init__(self, wide: int = 4) -> None:
        self.wide, self.taken = wide, list[str]()

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        raise AssertionError("a model that streams is not asked in batches")

    def stream(self, requests: Iterable[Request]) -> Iterator[Response]:
        waiting = iter(requests)
        while flight := list(islice(waiting, self.wide)):
            self.taken += [request.sample_id for request in flight]
            for request in reversed(flight):
                yield self.one(request)

    def one(self, request: Request) -> Response:
        return answer(request)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answers" / "responses.jsonl").read_text().splitlines()]


def test_answers_come_back_in_the_order_of_the_stage(tmp_path: Path) -> None:
    store = run(tmp_path, Streams(), STAGE)
    assert answered(store, STAGE) == {f"s{i}": f"QUESTION {i}" for i in range(N)}


def test_each_answer_is_on_disk_before_the_next_is_there(tmp_path: Path) -> None:
    stored: list[int] = []

    class Looks(Streams):
        def one(self, request: Request) -> Response:
            path = tmp_path / "answers" / "responses.jsonl"
            stored.append(len(path.read_text().splitlines()) if path.exists() else 0)
            return answer(request)

    run(tmp_path, Looks(), STAGE)
    assert stored == list(range(N))


def test_ctrl_c_loses_only_what_had_not_arrived(tmp_path: Path) -> None:
    class Interrupted(Streams):
        def one(self, request: Request) -> Response:
            if request.sample_id == "s9":  # the stream had taken 8 to 11, and answered 11 and 10
                raise KeyboardInterrupt
            return answer(request)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Interrupted(), STAGE)
    assert len(lines(tmp_path)) == 10
    model = Streams()
    store = run(tmp_path, model, STAGE)
    assert model.taken == ["s8", "s9", *(f"s{i}" for i in range(12, N))]
    assert missing(store, STAGE) == []


def test_requests_are_made_when_they_are_taken(tmp_path: Path) -> None:
    class First(Streams):
        def stream(self, requests: Iterable[Request]) -> Iterator[Response]:
            next(iter(requests))
            raise KeyboardInterrupt

    class Watched(list[Request]):
        made = 0

        def __getitem__(self, index: Any) -> Any:
            self.made += 1
            return super().__getitem__(index)

    items = Watched(STAGE.items)  # type: ignore[arg-type]
    stage = questions()
    object.__setattr__(stage, "items", items)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, First(), stage)
    assert items.made == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("twice", "answered 's0', which was not asked or was answered before"),
        ("unknown", "answered 'nobody', which was not asked"),
        ("forgets", r"without an answer to 1 requests \(the first is s3\)"),
        ("stops", r"without an answer to 35 requests \(the first is s5\)"),
        ("text", "returned str where an mmbench.Response"),
        ("nothing", "a Response whose text is NoneType"),
    ],
)
def test_each_request_is_answered_exactly_once_or_the_run_says_which_is_not(
    tmp_path: Path, wrong: str, said: str
) -> None:
    class Wrong(Streams):
        def stream(self, requests: Iterable[Request]) -> Iterator[Response]:
            for number, request in enumerate(requests):
                if wrong == "forgets" and number == 3:
                    continue
                yield answer(request)
                if wrong == "stops" and number == 4:
                    return
                if wrong == "twice":
                    yield answer(request)
                if wrong == "unknown":
                    yield Response("nobody", "")
                if wrong == "text":
                    yield "yes"  # type: ignore[misc]
                if wrong == "nothing":
                    yield Response(request.sample_id, None)  # type: ignore[arg-type]

    with pytest.raises(RunFailedError, match=said):
        run(tmp_path, Wrong(), STAGE)
    assert lines(tmp_path)[0]["id"] == "s0"  # what had arrived is kept


@pytest.mark.parametrize("wide", [1, 4, N])
def test_a_request_that_raises_is_the_only_error_and_all_others_are_answered(tmp_path: Path, wide: int) -> None:
    class Poisoned(Streams):
        def one(self, request: Request) -> Response:
            if request.sample_id in ("s0", "s13"):
                raise ValueError(f"cannot say\n{request.text}")
            return answer(request)

    model = Poisoned(wide)
    store = run(tmp_path, model, STAGE)
    assert store.errors(STAGE) == {f"s{i}": f"ValueError: cannot say question {i}" for i in (0, 13)}
    assert sum(text is not None for text in answered(store, STAGE).values()) == N - 2
    assert len(model.taken) <= N + 2 * 2 * wide  # it looks for the two by halves


def test_a_stream_that_always_raises_ends_the_run_and_stores_nothing(tmp_path: Path) -> None:
    class Broken(Streams):
        def one(self, request: Request) -> Response:
            raise ConnectionError("no such host")

    model = Broken()
    with pytest.raises(RunFailedError, match=r"first 8 items of fake: answers \(ConnectionError: no such host\)"):
        run(tmp_path, model, STAGE)
    assert len(set(model.taken)) <= 12
    assert missing(run(tmp_path, Streams(), STAGE), STAGE) == []


def test_a_broken_picture_ends_its_request(tmp_path: Path) -> None:
    class Unreadable(Streams):
        def one(self, request: Request) -> Response:
            if request.sample_id in ("s1", "s6"):
                raise MediaError(request.sample_id, "not a picture")
            return answer(request)

    store = run(tmp_path, Unreadable(), STAGE)
    assert store.errors(STAGE) == {"s1": "not a picture", "s6": "not a picture"}


def test_money_is_spent_up_to_the_limit_and_the_run_goes_on_later(tmp_path: Path) -> None:
    class Paid(Streams):
        def one(self, request: Request) -> Response:
            return answer(request, cost=0.25, input_tokens=10)

    model = Paid()
    with pytest.raises(RunFailedError, match=r"stopped at --max-cost 1: \$1.0000 were spent and 36 items are left"):
        run(tmp_path, model, STAGE, max_cost=1.0)
    assert len(model.taken) == len(lines(tmp_path)) == 4
    with pytest.raises(RunFailedError, match=r"\$7.5000 were spent and 6 items"):  # those in flight arrive
        run(tmp_path, Paid(10), STAGE, max_cost=6.0)
    store = run(tmp_path, Paid(), STAGE, max_cost=6.0)
    assert missing(store, STAGE) == []
    assert {usage.cost for usage in store.usage(STAGE).values()} == {0.25}
