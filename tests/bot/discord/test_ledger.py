import asyncio
from contextlib import suppress

from prometheus_client.exposition import generate_latest

from bot.discord.ledger import Ledger


async def held(ledger: Ledger, until: asyncio.Event, *, telling: bool = False) -> None:
    with ledger.entry() as entry:
        try:
            if telling:
                entry.outcome = "busy"
            await until.wait()
        except asyncio.CancelledError:
            entry.outcome = "interrupted"
            raise


async def test_it_is_empty_when_all_that_was_under_way_has_ended() -> None:
    ledger, until = Ledger(), asyncio.Event()
    tasks = [asyncio.create_task(held(ledger, until)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not await ledger.emptied(0.01)
    until.set()
    assert await ledger.emptied(5)
    await asyncio.gather(*tasks)
    shown = generate_latest(ledger.metrics.registry).decode().splitlines()
    assert 'footnote_requests_total{outcome="done"} 3.0' in shown
    assert "footnote_under_way 0.0" in shown


async def test_who_is_being_told_already_is_not_interrupted() -> None:
    ledger, until = Ledger(), asyncio.Event()
    waiting = asyncio.create_task(held(ledger, until))
    telling = asyncio.create_task(held(ledger, until, telling=True))
    await asyncio.sleep(0)
    ledger.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()
    assert not telling.done()
    until.set()
    await telling
    assert await ledger.emptied(0)


async def test_an_entry_within_another_does_not_end_it() -> None:
    ledger = Ledger()
    with ledger.entry():
        with ledger.entry():
            pass
        assert not await ledger.emptied(0)
    assert await ledger.emptied(0)


async def test_all_else_waits_where_many_are_acknowledged_at_once() -> None:
    ledger, until = Ledger(), asyncio.Event()

    async def acknowledge() -> None:
        with ledger.acknowledging():
            await until.wait()

    few = [asyncio.create_task(acknowledge()) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.wait_for(ledger.uncrowded(), 0.05)
    one_more = asyncio.create_task(acknowledge())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(ledger.uncrowded())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    until.set()
    await asyncio.wait_for(waiting, 1)
    await asyncio.gather(*few, one_more)
