"""What the Discord bot stores beside the library: channel bindings, votes, counts, commands.

No answer is stored, and the text of a question only on a server whose managers switched that on.
Beside a library in a folder it is `discord.db`; in PostgreSQL it is in the library's database,
where the bots of all shards share it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from index.storage.opening import Place
from index.storage.records import Schema

_SCHEMA = 2
_UPGRADES = {1: "state_from_1.sql"}
_OF_SERVERS = ("binding", "vote", "count", "known_server", "refusal", "question", "keeps_questions")
_MOST_REVIEWED = 15  # questions that a review lists


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An answer to look at: where it is, what members said is wrong, or that it was refused.

    reasons: keys of `REASONS`; "" stands for a vote without one
    refused: whether the article does not say it
    question: its text, where the server keeps it
    """

    channel: int
    message: int
    reasons: tuple[str, ...]
    refused: bool
    question: str


class State:
    """The bot's tables. Threads may share it. `server` 0 stands for direct messages."""

    def __init__(self, place: Place) -> None:
        """Open the tables beside the library's, or create them. Raises: LibraryError."""
        scripts = {
            name: (files("bot.discord") / name).read_text(encoding="utf-8")
            for name in ("state.sql", *_UPGRADES.values())
        }
        upgrades = {version: scripts[name] for version, name in _UPGRADES.items()}
        schema = Schema("discord", _SCHEMA, scripts["state.sql"], upgrades)
        self._database = place.database(schema)
        self._rows = self._database.rows
        self.close = self._database.close

    def bind(self, server: int, channel: int, articles: Sequence[int]) -> None:
        """Restrict a channel to these articles; none lifts the restriction."""
        with self._database.writing():
            self._rows("DELETE FROM binding WHERE channel = ?", channel)
            for article in articles:
                self._rows(
                    "INSERT INTO binding (server, channel, article) VALUES (?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    server,
                    channel,
                    article,
                )

    def bound(self, channel: int) -> list[int]:
        """Return the articles that a channel is restricted to; none where it asks all."""
        rows = self._rows("SELECT article FROM binding WHERE channel = ? ORDER BY article", channel)
        return [article for (article,) in rows]

    def forget_article(self, article: int) -> None:
        """Remove an article from every channel's restriction."""
        self._write("DELETE FROM binding WHERE article = ?", article)

    def channels_bound_to(self, article: int) -> list[int]:
        """Return the channels that are restricted to an article, alone or with others."""
        rows = self._rows("SELECT channel FROM binding WHERE article = ? ORDER BY channel", article)
        return [channel for (channel,) in rows]

    def bind_also(self, server: int, channels: Sequence[int], article: int) -> None:
        """Add an article to the restriction of channels."""
        with self._database.writing():
            self._database.many(
                "INSERT INTO binding (server, channel, article) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(server, channel, article) for channel in channels],
            )

    def vote(
        self,
        server: int,
        message: int,
        member: int,
        *,
        helpful: bool,
        channel: int = 0,
        reason: str = "",
    ) -> None:
        """Store a member's vote on an answer, in place of an earlier one.

        `channel` is where a review finds the message; 0 keeps it out of reviews.
        """
        self._write(
            "INSERT INTO vote (server, message, member, helpful, channel, reason)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (message, member) DO UPDATE SET"
            " helpful = excluded.helpful, channel = excluded.channel, reason = excluded.reason",
            server,
            message,
            member,
            int(helpful),
            channel,
            reason,
        )

    def give_reason(self, message: int, member: int, reason: str) -> None:
        """Store why a member voted against an answer."""
        self._write(
            "UPDATE vote SET reason = ? WHERE message = ? AND member = ? AND helpful = 0",
            reason,
            message,
            member,
        )

    def refuse(self, server: int, channel: int, message: int) -> None:
        """Store that the answer in this message refuses its question."""
        self._write(
            "INSERT INTO refusal (server, channel, message) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            server,
            channel,
            message,
        )

    def keep_questions(self, server: int, *, keep: bool) -> None:
        """Switch on that a server keeps the questions of its reviews, or forget them all."""
        with self._database.writing():
            self._rows("DELETE FROM keeps_questions WHERE server = ?", server)
            if keep:
                self._rows("INSERT INTO keeps_questions (server) VALUES (?)", server)
            else:
                self._rows("DELETE FROM question WHERE server = ?", server)

    def keeps_questions(self, server: int) -> bool:
        """Whether a server keeps the questions of its reviews."""
        return bool(self._rows("SELECT 1 FROM keeps_questions WHERE server = ?", server))

    def keep_question(self, server: int, message: int, member: int, text: str) -> None:
        """Store the question of an answer if its server keeps questions; otherwise do nothing.

        `member` is who asked it.
        """
        self._write(
            "INSERT INTO question (server, message, member, text) SELECT server, ?, ?, ? FROM"
            " keeps_questions WHERE server = ? ON CONFLICT DO NOTHING",
            message,
            member,
            text,
            server,
        )

    def review(self, server: int) -> list[Reviewed]:
        """Return the latest answers that were voted against or refuse their question."""
        found: dict[int, Reviewed] = {}
        flagged = self._rows(
            "SELECT channel, message, reason FROM vote WHERE server = ? AND helpful = 0"
            " AND channel <> 0 ORDER BY message DESC, member LIMIT 100",
            server,
        )
        refused = self._rows(
            "SELECT channel, message FROM refusal WHERE server = ? ORDER BY message DESC LIMIT ?",
            server,
            _MOST_REVIEWED,
        )
        refusals = {message for _, message in refused}
        for channel, message, reason in [*flagged, *((*each, None) for each in refused)]:
            before = found[message].reasons if message in found else ()
            reasons = before if reason is None or reason in before else (*before, reason)
            found[message] = Reviewed(channel, message, reasons, message in refusals, "")
        latest = sorted(found.values(), key=lambda each: -each.message)[:_MOST_REVIEWED]
        return [replace(each, question=self._question(each.message)) for each in latest]

    def forget_message(self, message: int) -> None:
        """Take a deleted answer out of reviews; its votes stay counted."""
        with self._database.writing():
            self._rows("DELETE FROM refusal WHERE message = ?", message)
            self._rows("DELETE FROM question WHERE message = ?", message)
            self._rows("UPDATE vote SET channel = 0 WHERE message = ?", message)

    def votes(self, server: int) -> tuple[int, int]:
        """Return the numbers of votes for and against answers."""
        [(helpful, wrong)] = self._rows(
            "SELECT coalesce(sum(helpful), 0), coalesce(sum(1 - helpful), 0) FROM vote"
            " WHERE server = ?",
            server,
        )
        return helpful, wrong

    def forget_member(self, member: int) -> int:
        """Delete all that is stored of a member, on every server; return how many votes it was."""
        with self._database.writing():
            [(votes,)] = self._rows("SELECT count(*) FROM vote WHERE member = ?", member)
            self._rows("DELETE FROM vote WHERE member = ?", member)
            self._rows("DELETE FROM question WHERE member = ?", member)
        return int(votes)

    def count(self, server: int, name: str) -> None:
        """Increase a count by one."""
        self._write(
            "INSERT INTO count (server, name, value) VALUES (?, ?, 1)"
            " ON CONFLICT (server, name) DO UPDATE SET value = count.value + 1",
            server,
            name,
        )

    def counts(self, server: int) -> dict[str, int]:
        """Return a server's counts, by name."""
        return dict(self._rows("SELECT name, value FROM count WHERE server = ?", server))

    def mark_present(self, servers: Sequence[int]) -> None:
        """Store that the bot is on servers."""
        with self._database.writing():
            self._database.many(
                "INSERT INTO known_server (server, departed) VALUES (?, NULL)"
                " ON CONFLICT (server) DO UPDATE SET departed = NULL",
                [(server,) for server in servers],
            )

    def mark_departed(self, servers: Sequence[int], *, at: int) -> None:
        """Store when the bot left servers, in seconds since 1970; an earlier time stays."""
        with self._database.writing():
            self._database.many(
                "INSERT INTO known_server (server, departed) VALUES (?, ?)"
                " ON CONFLICT (server) DO UPDATE"
                " SET departed = coalesce(known_server.departed, excluded.departed)",
                [(server, at) for server in servers],
            )

    def known_servers(self) -> list[int]:
        """Return the servers that the bot is on, as far as is stored."""
        return [
            server
            for (server,) in self._rows(
                "SELECT server FROM known_server WHERE departed IS NULL ORDER BY server"
            )
        ]

    def departed(self, *, before: int) -> list[int]:
        """Return the servers that the bot left before a time and has not joined again."""
        rows = self._rows(
            "SELECT server FROM known_server WHERE departed < ? ORDER BY server", before
        )
        return [server for (server,) in rows]

    def forget_server(self, server: int) -> None:
        """Delete all that is stored of a server."""
        with self._database.writing():
            for table in _OF_SERVERS:
                self._rows(f"DELETE FROM {table} WHERE server = ?", server)  # noqa: S608

    def synced(self, scope: str) -> str | None:
        """Return the definition of the commands that was last registered, if one was."""
        rows = self._rows("SELECT definition FROM synced WHERE scope = ?", scope)
        return rows[0][0] if rows else None

    def keep_synced(self, scope: str, definition: str) -> None:
        """Store the definition of the commands that was registered."""
        self._write(
            "INSERT INTO synced (scope, definition) VALUES (?, ?)"
            " ON CONFLICT (scope) DO UPDATE SET definition = excluded.definition",
            scope,
            definition,
        )

    def _question(self, message: int) -> str:
        rows = self._rows("SELECT text FROM question WHERE message = ?", message)
        return rows[0][0] if rows else ""

    def _write(self, statement: str, *values: object) -> None:
        with self._database.writing():
            self._rows(statement, *values)
