"""Whatever a server does: each request ends as its own answer or its own error, exactly once, or the run ends with a sentence."""

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mmbench.errors import RunFailedError, UserError
from mmbench.models.served.verdicts import Verdicts
from mmbench.samples import Request, Response
from tests.models.served.conftest import FakeClock
from tests.openai_server import KEY, LocalServer
from tests.openai_server.server import WRONG_SHAPES

Served = Callable[..., Any]
Questions = Callable[[int], list[Request]]
PASSING = ["rst", "cut", "cut_chunked", "cut_unmarked", "malformed", *WRONG_SHAPES]


@pytest.mark.parametrize("kind", PASSING)
def test_an_answer_that_is_not_whole_is_asked_for_again(
    server: LocalServer, served: Served, questions: Questions, kind: str
) -> None:
    server.fault("question 002.", kind, times=2)
    found = served().generate(questions(5))
    assert [one.text for one in found] == [f"re: question {index:03d}." for index in range(5)]
    assert [one.usage.attempts for one in found] == [1, 1, 3, 1, 1]
    assert Counter(server.texts()) == {
        request.sample_id: 3 if index == 2 else 1 for index, request in enumerate(questions(5))
    }


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_status_that_may_pass_is_asked_again(
    server: LocalServer, served: Served, questions: Questions, status: int
) -> None:
    server.fault("001", "status", status=status, times=3)
    assert [one.text for one in served().generate(questions(3))][1] == "re: question 001."
    assert len(server.log) == 6


def test_what_the_server_asks_to_wait_is_waited(
    server: LocalServer, served: Served, questions: Questions, clock: FakeClock
) -> None:
    server.fault("000", "status", status=429, headers={"Retry-After": "7"}, times=1)
    served(concurrency=1).generate(questions(1))
    assert 7 <= max(clock.waits) <= 8
    assert clock.time >= 7
    server.fault("000", "status", status=429, headers={"retry-after-ms": "2500", "Retry-After": "3"}, times=1)
    clock.waits.clear()
    served(concurrency=1).generate(questions(1))
    assert 2.5 <= max(clock.waits) < 3.5


def test_waits_grow_and_differ(server: LocalServer, served: Served, questions: Questions, clock: FakeClock) -> None:
    server.fault("000", "status", status=500, times=7)
    served().generate(questions(1))
    bounds = [min(60.0, 2.0**step) for step in range(7)]
    assert len(clock.waits) == 7
    assert all(0 <= wait <= bound for wait, bound in zip(clock.waits, bounds, strict=True))
    assert len(set(clock.waits)) == 7


def test_one_request_that_never_succeeds_is_an_error_of_its_sample(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    server.fault("002", "status", status=500)
    found = served(max_attempts=4).generate(questions(20))
    assert [one.error for one in found if one.error] == [
        "asked 4 times without an answer, the last time: 500: injected"
    ]
    assert found[2].text == ""
    assert Counter(server.texts())["question 002."] == 4


def test_a_slow_answer_is_a_failed_try(server: LocalServer, served: Served, questions: Questions) -> None:
    server.fault("001", "stall", times=1)
    server.fault("002", "stall")
    found = served(timeout=1.0, max_attempts=2).generate(questions(4))
    assert found[1].text == "re: question 001."
    assert found[2].error == "asked 2 times without an answer, the last time: no whole answer within 1 s"


def test_a_request_that_is_refused_is_an_error_and_not_asked_again(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    too_long = b'{"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}}'
    server.fault("001", "status", status=400, body=too_long)
    server.fault("003", "status", status=422, body=b'{"detail": [{"msg": "Input should be a string"}]}')
    found = served().generate(questions(5))
    assert found[1].error == "refused with 400: maximum context length is 10 tokens"
    assert found[3].error is not None
    assert "Input should be a string" in found[3].error
    assert len(server.log) == 5


def test_the_content_filter_is_an_error(server: LocalServer, served: Served, questions: Questions) -> None:
    server.finish = "content_filter"
    assert "content filter" in served().generate(questions(1))[0].error
    assert len(server.log) == 1


def test_requests_that_are_all_refused_for_one_reason_end_the_run(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    body = b'{"error": {"message": "Use max_completion_tokens instead of max_tokens: 1"}}'
    server.fault("", "status", status=400, body=body)
    with pytest.raises(RunFailedError, match="none of 10 requests.*tokens_field: max_completion_tokens"):
        served().generate(questions(100))
    assert len(server.log) < 40
    assert all(one.error for one in served(give_up_after=0).generate(questions(30)))


def test_errors_are_held_back_until_the_server_is_seen_to_work() -> None:
    verdicts = Verdicts("host", 3, works=False)
    errors = [Response(str(place), "", "error", f"refused with 400: {place} tokens") for place in range(9)]
    assert verdicts.failed(0, errors[0], refused=True) == []
    assert verdicts.failed(1, errors[1], refused=False) == []
    assert verdicts.answered() == [(0, errors[0]), (1, errors[1])]
    assert verdicts.failed(2, errors[2], refused=True) == [(2, errors[2])]  # the request's fault: the server works
    assert [verdicts.failed(place, errors[place], refused=False) for place in (3, 4)] == [[], []]
    other = Response("5", "", "error", "asked 8 times")
    assert verdicts.failed(5, other, refused=False) == []  # another reason
    with pytest.raises(
        RunFailedError, match="none of 4 requests in a row; the last was refused with 400: 6 tokens. None"
    ):
        verdicts.failed(6, errors[6], refused=False)


def test_errors_that_were_held_back_do_not_come_out_of_the_next_stream(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    model = served(concurrency=1)
    fault = server.fault("question 00", "status", status=400)
    with contextlib.closing(model.stream([*questions(4), *questions(30)[10:]])) as stream:
        next(stream)  # the first answer; four refusals are held
    server.faults.remove(fault)
    assert [one.text for one in model.generate(questions(3))] == [f"re: question {index:03d}." for index in range(3)]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "refuses the key in OPENAI_API_KEY"),
        (403, "refuses the key"),
        (404, "does not know this address or the model 'name'"),
    ],
)
def test_a_refused_key_or_model_ends_the_run_at_once(
    server: LocalServer, served: Served, questions: Questions, status: int, sentence: str
) -> None:
    server.fault("", "status", status=status, body=f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode())
    with pytest.raises(UserError, match=sentence) as caught:
        served(concurrency=2).generate(questions(50))
    assert KEY not in str(caught.value)
    assert len(server.log) <= 4


def test_a_missing_key_is_named(
    server: LocalServer, served: Served, questions: Questions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    server.fault("", "status", status=401)
    with pytest.raises(UserError, match="wants a key .401.: set OPENAI_API_KEY"):
        served().generate(questions(1))
    assert server.log[0].key is None


@pytest.mark.parametrize(
    ("status", "body"),
    [(429, b'{"error": {"message": "pay", "code": "insufficient_quota"}}'), (402, b'{"error": {"message": "pay"}}')],
)
def test_no_credit_ends_the_run(
    server: LocalServer, served: Served, questions: Questions, status: int, body: bytes
) -> None:
    server.fault("", "status", status=status, body=body)
    with pytest.raises(RunFailedError, match="no credit left"):
        served().generate(questions(3))


def test_a_server_that_is_gone_for_a_minute_costs_nothing(
    served: Served, questions: Questions, server: LocalServer, clock: FakeClock
) -> None:
    """The listening socket closes after three answers and opens again on the same port when a minute has passed."""
    back: list[LocalServer] = []

    def at(time: float) -> None:
        if time >= 60 and not back:
            back.append(LocalServer(port=server.port).__enter__())

    clock.at = at
    stream = served(concurrency=1).stream(questions(8))
    found = [next(stream) for _ in range(3)]
    server.__exit__(None, None, None)
    try:
        found += stream
    finally:
        for one in back:
            one.__exit__(None, None, None)
    assert sorted(one.text for one in found) == [f"re: question {index:03d}." for index in range(8)]
    assert 60 <= clock.time < 200
    assert max(one.usage.attempts for one in found if one.usage) > 3


def test_a_server_that_stays_away_ends_the_run_and_blames_no_sample(
    served: Served, questions: Questions, server: LocalServer, clock: FakeClock
) -> None:
    server.fault("002", "status", status=503)
    stream, found = served(concurrency=1, deadline=300).stream(questions(8)), []
    with pytest.raises(RunFailedError, match="away or too busy.*run the same command again"):  # noqa: PT012
        for response in stream:
            found.append(response)  # noqa: PERF402  (a list would be lost with the error)
    assert len(found) < 8
    assert not [one for one in found if one.error]
    assert 200 < clock.time <= 300


def test_a_server_that_asks_for_an_hour_is_not_waited_for(
    served: Served, questions: Questions, server: LocalServer, clock: FakeClock
) -> None:
    server.fault("", "status", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(RunFailedError, match="asks to wait for 3600 s"):
        served().generate(questions(1))
    assert clock.time == 0


def test_nobody_at_the_address_is_said_soon(
    server: LocalServer, served: Served, questions: Questions, clock: FakeClock
) -> None:
    server.__exit__(None, None, None)
    with pytest.raises(UserError, match="Nothing answers at 127.0.0.1:.*start the server"):
        served(concurrency=1).generate(questions(20))
    assert clock.time <= 10


@pytest.mark.parametrize("seed", range(3))
def test_faults_at_random_lose_double_and_mix_up_nothing(
    server: LocalServer, served: Served, questions: Questions, seed: int
) -> None:
    """A third of the questions is spoiled once to five times, in random ways; one in twenty for ever."""
    draw = random.Random(seed)
    lost = set()
    for request in questions(120):
        if draw.random() < 1 / 3:
            kind = draw.choice([*PASSING, "twice", "status"])
            server.fault(request.sample_id, kind, times=draw.randint(1, 5), status=draw.choice([429, 500, 503]))
        elif draw.random() < 1 / 20:
            server.fault(request.sample_id, draw.choice(PASSING))
            lost.add(request.sample_id)
    found = list(served(give_up_after=0).stream(questions(120)))
    assert sorted(one.sample_id for one in found) == [one.sample_id for one in questions(120)]
    assert {one.sample_id for one in found if one.error} == lost
    assert all(one.text == f"re: {one.sample_id}" for one in found if not one.error)
    assert len(server.log) == sum(fault.hits for fault in server.faults if fault.kind != "twice") + len(found) - len(
        lost
    )


def test_a_second_answer_on_a_connection_is_not_the_next_samples(
    server: LocalServer, served: Served, questions: Questions
) -> None:
    server.fault("", "twice")
    found = served(concurrency=1).generate(questions(6))
    assert [one.text for one in found] == [f"re: question {index:03d}." for index in range(6)]
