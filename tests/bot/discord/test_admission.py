import asyncio
from contextlib import suppress

import pytest
from prometheus_client.exposition import generate_latest

from bot.discord.admission import AdmissionControl, Busy


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def control(clock: Clock | None = None, **options: float) -> AdmissionControl:
    limits = {"total": 3, "per_server": 2, "cooldown": 0, "workers": 1} | options
    return AdmissionControl(clock=clock or Clock(), **limits)  # type: ignore[arg-type]


def test_a_member_waits_between_two_questions() -> None:
    clock = Clock()
    admission = control(clock, cooldown=60)
    with admission.slot(1, 9) as pause:
        assert pause == 0
    clock.now = 54.5
    with (
        pytest.raises(Busy, match=r"^One question every 60 s: try again in 6 s\.$"),
        admission.slot(1, 9),
    ):
        pass
    with admission.slot(2, 9) as pause:
        assert pause == 0
    clock.now = 60
    with admission.slot(1, 9) as pause:
        assert (pause, admission.questions) == (0, 1)


def test_a_short_rest_of_the_cooldown_is_waited_out_and_each_question_waits_for_the_last() -> None:
    clock = Clock()
    admission = control(clock, cooldown=3, total=9, per_server=9)
    with admission.slot(1, 9):
        pass
    clock.now = 1
    with admission.slot(1, 9) as second, admission.slot(1, 9) as third:
        assert (second, third) == (2, 5)
        with pytest.raises(Busy, match=r"try again in 8 s"):
            admission.slot(1, 9).__enter__()
    clock.now = 9
    with admission.slot(1, 9) as later:
        assert later == 0


def test_a_server_and_the_bot_have_so_many_places() -> None:
    admission = control()
    with admission.slot(1, 9), admission.slot(2, 9):
        with pytest.raises(Busy, match=r"^This server has too many .* busy, try again in 1 s\.$"):
            admission.slot(3, 9).__enter__()
        with admission.slot(3, 8), pytest.raises(Busy, match=r"^I have too many .* waiting: busy"):
            admission.slot(4, 7).__enter__()
    assert admission.questions == 0


def test_a_refused_question_does_not_start_the_pause() -> None:
    admission = control(cooldown=60, per_server=1)
    with admission.slot(1, 9), pytest.raises(Busy, match="too many"):
        admission.slot(2, 9).__enter__()
    with admission.slot(2, 9):
        pass


def test_the_wait_follows_from_how_long_answers_take() -> None:
    clock = Clock()
    admission = control(clock, per_server=2)
    for member in range(30):
        with admission.slot(member, 9):
            clock.now += 20
    with admission.slot(1, 9), admission.slot(2, 9), pytest.raises(Busy) as refused:
        admission.slot(3, 9).__enter__()
    seconds = int(str(refused.value).split()[-2])
    assert 8 <= seconds <= 10


def test_the_place_of_a_question_that_failed_is_free_again() -> None:
    admission = control()
    with pytest.raises(RuntimeError), admission.slot(1, 9):
        raise RuntimeError
    assert admission.questions == 0


def test_no_question_is_accepted_once_the_bot_stops() -> None:
    admission = control()
    with admission.slot(1, 9):
        admission.stop()
        with pytest.raises(Busy, match="restarted: try again"):
            admission.slot(2, 9).__enter__()


def test_only_so_many_members_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.discord.admission._LARGEST_COOLDOWN_TABLE", 2)
    admission = control(cooldown=60)
    for member in (1, 2, 3):
        with admission.slot(member, 9):
            pass
    with admission.slot(1, 9):  # forgotten, and remembered anew
        assert admission.questions == 1
    for member in (1, 3):
        with pytest.raises(Busy, match="One question every 60 s"):
            admission.slot(member, 9).__enter__()


async def held(admission: AdmissionControl, until: asyncio.Event, *, telling: bool = False) -> None:
    with admission.request() as entry:
        try:
            if telling:
                entry.outcome = "busy"
            await until.wait()
        except asyncio.CancelledError:
            entry.outcome = "interrupted"
            raise


async def test_it_is_empty_when_all_that_was_under_way_has_ended() -> None:
    admission, until = control(), asyncio.Event()
    tasks = [asyncio.create_task(held(admission, until)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not await admission.drained(0.01)
    until.set()
    assert await admission.drained(5)
    await asyncio.gather(*tasks)
    shown = generate_latest(admission.metrics.registry).decode().splitlines()
    assert 'footnote_requests_total{outcome="done"} 3.0' in shown
    assert "footnote_under_way 0.0" in shown


async def test_who_is_being_told_already_is_not_interrupted() -> None:
    admission, until = control(), asyncio.Event()
    waiting = asyncio.create_task(held(admission, until))
    telling = asyncio.create_task(held(admission, until, telling=True))
    await asyncio.sleep(0)
    admission.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()
    assert not telling.done()
    until.set()
    await telling
    assert await admission.drained(0)


async def test_an_entry_within_another_does_not_end_it() -> None:
    admission = control()
    with admission.request():
        with admission.request():
            pass
        assert not await admission.drained(0)
    assert await admission.drained(0)


async def test_all_else_waits_where_many_are_acknowledged_at_once() -> None:
    admission, until = control(), asyncio.Event()

    async def acknowledge() -> None:
        with admission.acknowledging():
            await until.wait()

    few = [asyncio.create_task(acknowledge()) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.wait_for(admission.yield_to_acknowledgements(), 0.05)
    one_more = asyncio.create_task(acknowledge())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(admission.yield_to_acknowledgements())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    until.set()
    await asyncio.wait_for(waiting, 1)
    await asyncio.gather(*few, one_more)
