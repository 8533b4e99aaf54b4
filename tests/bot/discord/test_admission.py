import asyncio

import pytest

from bot.discord.intake import Busy, Intake


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def intake(clock: Clock, **options: float) -> Intake:
    limits = {"total": 3, "per_server": 2, "cooldown": 0, "workers": 1} | options
    return Intake(clock=clock, **limits)  # type: ignore[arg-type]


def test_a_member_waits_between_two_questions() -> None:
    clock = Clock()
    taken = intake(clock, cooldown=3)
    with taken.place(1, 9):
        pass
    clock.now = 1.5
    with (
        pytest.raises(Busy, match=r"^One question at a time: try again in 2 s\.$"),
        taken.place(1, 9),
    ):
        pass
    with taken.place(2, 9):
        pass
    clock.now = 3
    with taken.place(1, 9):
        assert taken.under_way == 1


def test_a_server_and_the_bot_have_so_many_places() -> None:
    taken = intake(Clock())
    with taken.place(1, 9), taken.place(2, 9):
        with pytest.raises(Busy, match=r"^This server has too many .* busy, try again in 1 s\.$"):
            taken.place(3, 9).__enter__()
        with taken.place(3, 8), pytest.raises(Busy, match=r"^I have too many .* waiting: busy"):
            taken.place(4, 7).__enter__()
    assert taken.under_way == 0


def test_a_refused_question_does_not_start_the_pause() -> None:
    taken = intake(Clock(), cooldown=60, per_server=1)
    with taken.place(1, 9), pytest.raises(Busy, match="too many"):
        taken.place(2, 9).__enter__()
    with taken.place(2, 9):
        pass


def test_the_wait_follows_from_how_long_answers_take() -> None:
    clock = Clock()
    taken = intake(clock, per_server=2)
    for member in range(30):
        with taken.place(member, 9):
            clock.now += 20
    with taken.place(1, 9), taken.place(2, 9), pytest.raises(Busy) as refused:
        taken.place(3, 9).__enter__()
    seconds = int(str(refused.value).split()[-2])
    assert 8 <= seconds <= 10


def test_the_place_of_a_question_that_failed_is_free_again() -> None:
    taken = intake(Clock())
    with pytest.raises(RuntimeError), taken.place(1, 9):
        raise RuntimeError
    assert taken.under_way == 0


async def test_stopping_takes_nothing_new_and_waits_for_the_rest() -> None:
    taken = intake(Clock())
    with taken.place(1, 9):
        taken.stop()
        with pytest.raises(Busy, match="restarted: try again"):
            taken.place(2, 9).__enter__()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(taken.drained(), 0.01)
    await asyncio.wait_for(taken.drained(), 1)


def test_only_so_many_members_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.discord.intake._REMEMBERED", 2)
    taken = intake(Clock(), cooldown=60)
    for member in (1, 2, 3):
        with taken.place(member, 9):
            pass
    with taken.place(1, 9):  # forgotten, and remembered anew
        assert taken.under_way == 1
    for member in (1, 3):
        with pytest.raises(Busy, match="One question at a time"):
            taken.place(member, 9).__enter__()
