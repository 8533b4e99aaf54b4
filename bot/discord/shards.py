"""Which of a bot's shards one process runs."""

import re
from dataclasses import dataclass
from typing import Any

from index import ConfigError


@dataclass(frozen=True, slots=True)
class Shards:
    """Those of a bot's `count` shards, `first` to `last`, that one process runs.

    Discord shows each server to one shard, so whatever one process knows of a server by itself,
    such as that an article is being added there, no other process need know.
    """

    first: int
    last: int
    count: int

    @classmethod
    def read(cls, shards: str | None, of: int | None) -> "Shards | None":
        """Read `A-B` or a number, and how many there are; None where neither is given.

        Raises: ConfigError.
        """
        if shards is None and of is None:
            return None
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", shards or "", re.ASCII)
        if found and of is not None:
            first = int(found[1])
            last = int(found[2] or first)
            if first <= last < of:
                return cls(first, last, of)
        raise ConfigError(
            f"--shards {shards or '…'} --of {of or '…'}: expected both, and shards from 0 on that"
            " are fewer than there are, such as --shards 0-3 --of 16"
        )

    @property
    def options(self) -> dict[str, Any]:
        """What discord.py's client is told of them."""
        return {"shard_ids": list(range(self.first, self.last + 1)), "shard_count": self.count}
