"""What members' requests are under way, and what came of each: for the log, and for stopping."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bot.discord.health import Metrics

DONE = "done"
_CROWD = 20  # acknowledgements at once, from which on all else waits
_LONGEST_WAIT = 3.0  # seconds, after which an acknowledgement comes too late anyway

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """One request; `outcome` is what came of it, in a word."""

    outcome: str = DONE


class Ledger:
    """Keeps the tasks of requests until they end. It belongs to one event loop."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self.metrics = metrics or Metrics()
        self._entries: dict[asyncio.Task[object], Entry] = {}
        self._acknowledging = 0
        self._uncrowded = asyncio.Event()
        self._uncrowded.set()
        self.metrics.watch("footnote_under_way", "Requests under way", lambda: len(self._entries))

    @contextmanager
    def entry(self) -> Iterator[Entry]:
        """Hold the current task as under way until the block ends, and count its outcome."""
        task, begun, entry = asyncio.current_task(), time.monotonic(), Entry()
        assert task is not None  # noqa: S101
        outer = self._entries.get(task)
        self._entries[task] = entry
        try:
            yield entry
        finally:
            del self._entries[task]
            if outer is not None:
                self._entries[task] = outer
            seconds = time.monotonic() - begun
            self.metrics.count(entry.outcome, seconds)
            _log.info(entry.outcome, extra={"seconds": round(seconds, 3)})

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """Count the block as an acknowledgement under way."""
        self._acknowledging += 1
        if self._acknowledging > _CROWD:
            self._uncrowded.clear()
        try:
            yield
        finally:
            self._acknowledging -= 1
            if self._acknowledging <= _CROWD:
                self._uncrowded.set()

    async def uncrowded(self) -> None:
        """Let acknowledgements go first, where there are many: Discord waits only for those."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._uncrowded.wait()

    def cancel(self) -> None:
        """Cancel what is under way, and leave those alone whose member is being told already."""
        for task, entry in self._entries.items():
            if entry.outcome == DONE:
                task.cancel()

    async def emptied(self, seconds: float) -> bool:
        """Wait until nothing is under way. False where `seconds` do not suffice."""
        end = time.monotonic() + seconds
        while self._entries and (left := end - time.monotonic()) > 0:
            await asyncio.wait(self._entries.keys(), timeout=left)
        return not self._entries
