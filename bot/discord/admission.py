"""How many questions may be under way: a pause for each member, and bounded queues."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_REMEMBERED = 10_000  # members whose last question is remembered at most
_FIRST_GUESS = 1.0  # seconds that an answer takes, before there was one
_WEIGHT = 0.1  # of the newest answer in the mean


class Busy(Exception):
    """A question that is not taken now; its text says when to try again."""


class Intake:
    """Places for questions under way. It belongs to one event loop and never waits."""

    def __init__(
        self,
        *,
        total: int,
        per_server: int,
        cooldown: float,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Give out at most `total` places; `cooldown` is in seconds, `workers` answer at once."""
        self._total = total
        self._per_server = per_server
        self._cooldown = cooldown
        self._workers = workers
        self._clock = clock
        self._servers: Counter[int] = Counter()
        self._asked: dict[int, float] = {}
        self._mean = _FIRST_GUESS
        self._stopped = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def under_way(self) -> int:
        """How many places are taken."""
        return self._servers.total()

    @contextmanager
    def place(self, member: int, server: int) -> Iterator[None]:
        """Hold a place until the block ends; `server` is any id that shares a queue.

        Raises: Busy.
        """
        now = self._clock()
        self._check(member, server, now)
        self._remember(member, now)
        self._servers[server] += 1
        self._idle.clear()
        try:
            yield
            self._mean += _WEIGHT * (self._clock() - now - self._mean)
        finally:
            self._servers[server] -= 1
            if not self._servers[server]:
                del self._servers[server]
            if not self._servers:
                self._idle.set()

    def stop(self) -> None:
        """Take no more questions; those under way go on."""
        self._stopped = True

    async def drained(self) -> None:
        """Wait until nothing is under way."""
        await self._idle.wait()

    def _check(self, member: int, server: int, now: float) -> None:
        if self._stopped:
            raise Busy("I am being restarted: try again in a minute.")
        pause = self._asked.get(member, -math.inf) + self._cooldown - now
        if pause > 0:
            raise Busy(f"One question at a time: try again in {math.ceil(pause)} s.")
        full = self._servers[server] >= self._per_server
        if full or self.under_way >= self._total:
            whose = "This server has" if full else "I have"
            raise Busy(
                f"{whose} too many questions waiting: busy, try again in {self._wait(server)} s."
            )

    def _wait(self, server: int) -> int:
        """Seconds until about a quarter of the places are free again, by the mean so far."""
        waiting = min(self._servers[server], self._per_server) or self.under_way
        return max(1, math.ceil(self._mean * waiting / 4 / self._workers))

    def _remember(self, member: int, now: float) -> None:
        self._asked.pop(member, None)
        self._asked[member] = now
        while len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]
