"""Departures: what is stored of a server is deleted thirty days after the bot has left it."""

import logging
import time
from collections.abc import Callable, Collection

from bot.discord.pool import CollectionPool

DAYS_KEPT = 30
"""Days for which a server that adds the bot again finds everything as it was."""

_DAY = 24 * 60 * 60  # seconds

_log = logging.getLogger(__name__)


class Departures:
    """Notes which servers the bot is on, and forgets those that it left."""

    def __init__(
        self,
        pool: CollectionPool,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pool = pool
        self._clock = clock

    async def note(self, servers: Collection[int], *, is_own: Callable[[int], bool]) -> None:
        """Note all servers that the bot is on now; known ones that are missing were left.

        `is_own` tells which servers this process would see, since others run other shards.
        Raises: LibraryError.
        """
        now = int(self._clock())
        known = await self._pool.with_state(lambda state: state.known_servers())
        left = [each for each in known if is_own(each) and each not in servers]
        await self._pool.with_state(lambda state: state.mark_present(list(servers)))
        await self._pool.with_state(lambda state: state.mark_departed(left, at=now))

    async def joined(self, server: int) -> None:
        """Note that a server has added the bot. Raises: LibraryError."""
        await self._pool.with_state(lambda state: state.mark_present([server]))

    async def left(self, server: int) -> None:
        """Note that a server has removed the bot. Raises: LibraryError."""
        now = int(self._clock())
        await self._pool.with_state(lambda state: state.mark_departed([server], at=now))

    async def forget(self, *, is_own: Callable[[int], bool]) -> int:
        """Forget the servers that were left long enough ago, and return how many they were.

        Raises: LibraryError; what is not deleted then is deleted the next time.
        """
        before = int(self._clock()) - DAYS_KEPT * _DAY
        found = await self._pool.with_state(lambda state: state.departed(before=before))
        due = [server for server in found if is_own(server)]
        for server in due:
            await self._pool.forget_server(server)
            _log.info("a server that removed the bot is forgotten", extra={"server": server})
        return len(due)
