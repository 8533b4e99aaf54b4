"""Admission control: which requests are served, and which are in flight.

A member has a cooldown between questions; each server, and the bot, has a bounded queue. What is
in flight is counted for the metrics, and waited for or cancelled when the bot stops.
"""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import aiohttp
import discord

from bot.discord.monitoring import Metrics
from index import FootnoteError

DONE = "done"

_LARGEST_COOLDOWN_TABLE = 10_000  # members whose last question is remembered
_FIRST_ESTIMATE = 1.0  # seconds that an answer takes, before there was one
_WEIGHT = 0.1  # of the newest answer in the moving average
_CROWD = 20  # concurrent acknowledgements from which on everything else waits
_LONGEST_PAUSE = 5.0  # seconds of a cooldown that are waited out, instead of a refusal
_LONGEST_WAIT = 3.0  # seconds, after which an acknowledgement comes too late anyway

_log = logging.getLogger(__name__)


class Refused(FootnoteError):
    """A request that is not served; its text, in Discord's Markdown, says what to do instead."""


class Busy(Refused):
    """A question that is not accepted now; its text says when to try again."""


@dataclass(slots=True)
class InFlight:
    """A request in flight; `outcome` is its result in one word, for the log and the metrics."""

    outcome: str = DONE


class AdmissionControl:
    """Limits and tracks requests. It belongs to one event loop."""

    def __init__(
        self,
        *,
        total: int,
        per_server: int,
        cooldown: float,
        workers: int,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the limits.

        total, per_server: questions in flight, overall and from one server
        cooldown: seconds between two questions of one member
        workers: questions that are answered concurrently
        """
        self.metrics = metrics or Metrics()
        self._total = total
        self._per_server = per_server
        self._cooldown = cooldown
        self._workers = workers
        self._clock = clock
        self._stopped = False
        self._questions: Counter[int] = Counter()  # in flight, by server
        self._last_asked: dict[int, float] = {}  # by member, the oldest first
        self._mean_seconds = _FIRST_ESTIMATE
        self._in_flight: dict[asyncio.Task[object], InFlight] = {}
        self._later: set[asyncio.Task[None]] = set()
        self._acknowledging = 0
        self._uncrowded = asyncio.Event()
        self._uncrowded.set()
        watch = self.metrics.watch
        watch("footnote_under_way", "Requests in flight", lambda: len(self._in_flight))
        watch("footnote_questions_under_way", "Questions in flight", lambda: self.questions)

    @property
    def questions(self) -> int:
        """The number of questions in flight."""
        return self._questions.total()

    @contextmanager
    def request(self, server: int | None = None) -> Iterator[InFlight]:
        """Track the current task as a request until the block ends, and count its outcome.

        `server` is where it came from; None is direct messages.
        """
        task, began, entry = asyncio.current_task(), time.monotonic(), InFlight()
        assert task is not None  # noqa: S101
        outer = self._in_flight.get(task)
        self._in_flight[task] = entry
        try:
            yield entry
        finally:
            del self._in_flight[task]
            if outer is not None:
                self._in_flight[task] = outer
            seconds = time.monotonic() - began
            self.metrics.count(entry.outcome, seconds, server=server)
            _log.info(entry.outcome, extra={"seconds": round(seconds, 3)})

    @contextmanager
    def slot(self, member: int, server: int) -> Iterator[float]:
        """Occupy a place in the queues until the block ends; never wait for one.

        `server` is any id that shares a queue. Yields how many seconds of the member's cooldown
        are left, which the block must wait out first; a longer one is refused. Raises: Busy.
        """
        now = self._clock()
        pause = max(0.0, self._last_asked.get(member, -math.inf) + self._cooldown - now)
        self._check(server, pause)
        self._last_asked.pop(member, None)
        self._last_asked[member] = now + pause
        while len(self._last_asked) > _LARGEST_COOLDOWN_TABLE:
            del self._last_asked[next(iter(self._last_asked))]
        self._questions[server] += 1
        try:
            yield pause
            seconds = self._clock() - now - pause
            self._mean_seconds += _WEIGHT * (seconds - self._mean_seconds)
        finally:
            self._questions[server] -= 1
            if not self._questions[server]:
                del self._questions[server]

    @contextmanager
    def acknowledging(self) -> Iterator[None]:
        """Count the block as an acknowledgement in progress."""
        self._acknowledging += 1
        if self._acknowledging > _CROWD:
            self._uncrowded.clear()
        try:
            yield
        finally:
            self._acknowledging -= 1
            if self._acknowledging <= _CROWD:
                self._uncrowded.set()

    async def yield_to_acknowledgements(self) -> None:
        """Wait while many acknowledgements are in progress: only those have Discord's deadline."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._uncrowded.wait()

    def later(self, seconds: float, call: Callable[[], Awaitable[object]]) -> None:
        """Await a call after some seconds, unless the bot stops before; its failure is no matter.

        It is no request: nobody waits for it.
        """

        async def run() -> None:
            await asyncio.sleep(seconds)
            try:
                await call()
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                _log.info("what was to be done later failed: %s", type(error).__name__)

        task = asyncio.create_task(run())
        self._later.add(task)  # or else it might be collected before it runs
        task.add_done_callback(self._later.discard)

    def stop(self) -> None:
        """Accept no more questions; those in flight go on."""
        self._stopped = True

    def cancel(self) -> None:
        """Cancel the requests in flight, except those whose error is being reported already."""
        for waiting in self._later:
            waiting.cancel()
        for task, entry in self._in_flight.items():
            if entry.outcome == DONE:
                task.cancel()

    async def drained(self, seconds: float) -> bool:
        """Wait until no request is in flight. Return False where `seconds` do not suffice."""
        end = time.monotonic() + seconds
        while self._in_flight and (left := end - time.monotonic()) > 0:
            await asyncio.wait(self._in_flight.keys(), timeout=left)
        return not self._in_flight

    def _check(self, server: int, pause: float) -> None:
        if self._stopped:
            raise Busy("I am being restarted: try again in a minute.")
        if pause > _LONGEST_PAUSE:
            raise Busy(
                f"One question every {self._cooldown:.0f} s: try again in {math.ceil(pause)} s."
            )
        full = self._questions[server] >= self._per_server
        if full or self.questions >= self._total:
            # By then about a quarter of the queue is free again.
            waiting = min(self._questions[server], self._per_server) or self.questions
            seconds = max(1, math.ceil(self._mean_seconds * waiting / 4 / self._workers))
            whose = "This server has" if full else "I have"
            raise Busy(f"{whose} too many questions waiting: busy, try again in {seconds} s.")
