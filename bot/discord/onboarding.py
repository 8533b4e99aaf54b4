"""Onboarding: the greeting on a new server, help, and what the bot says about itself."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata

import aiohttp
import discord
from cachetools import LRUCache

from bot.discord.admission import AdmissionControl
from bot.discord.answering import Answering
from bot.discord.delivery import InteractionDelivery, Outgoing, report_errors, send
from bot.discord.departures import DAYS_KEPT
from bot.discord.examples import examples
from bot.discord.markdown import escape_markdown, short_title, split
from bot.discord.panels import Example, Topic, example_buttons, label_of, topic_buttons
from bot.discord.pool import CollectionPool, NoArticles, OpenCollection
from index import LibraryError, ModelError

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    read_message_history=True,
)
"""The permissions that the bot asks for, and needs in each channel where it answers."""

_NAMED = 5  # titles in one message
_MOST_READ = 3  # articles that examples are made from
_MOST_REMEMBERED = 256  # lists of examples
_RECENT = 10  # entries of the audit log in which the bot's adding is looked for
_NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "read_message_history": "Read Message History",
}
_HOW_TO_ASK = (
    "Ask with `/ask`, or mention me and write your question behind my name. To ask on, reply to an"
    " answer or press **Follow up**. On any message, *Apps → Ask the article about this* asks with"
    " its text."
)
_HOW_TO_ADD = (
    "Use `/article add` with a `file` (text, Markdown, HTML, PDF, Word or EPUB) or a `link` to a"
    " page. On a message, *Apps → Add as article* adds its text or its file. Discord lets members"
    " with Manage Server do that, and whomever they allow under *Server Settings → Integrations*."
)
_HOW_TO_USE_HERE = (
    "I answer in every channel that I can see, when I am asked: with `/ask`, when I am mentioned,"
    " and when somebody replies to one of my answers. `/article use` chooses which articles a"
    " channel asks."
)
_NO_EXAMPLES = "I could make no example from these articles: ask your own question with `/ask`."
_NOTHING_YET = "There is no article here yet: a manager of the server adds one with `/article add`."
_KEPT = (
    "I keep which articles a channel asks, the votes on answers (with the ids of the message and of"
    " the member), counts of answers and which servers I am on. I keep neither questions nor"
    " answers, and do not log them."
    " `/privacy delete-mine` deletes what is kept of you. When a server removes me, its articles,"
    f" votes and bindings are deleted after {DAYS_KEPT} days."
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be asked somewhere: the titles by id, and the ids the channel is restricted to."""

    titles: dict[int, str]
    bound: list[int]
    examples: tuple[str, ...] = ()

    @property
    def asked(self) -> list[str]:
        """The titles that are asked there."""
        return [self.titles[each] for each in self.bound] or list(self.titles.values())


class Onboarding:
    """Greets servers, and helps their members."""

    def __init__(
        self,
        pool: CollectionPool,
        admission: AdmissionControl,
        answering: Answering,
        *,
        message_content: bool,
        privacy_url: str | None,
        started: datetime,
    ) -> None:
        """`started` is when the bot was started; `privacy_url` is where its operator says more."""
        self._pool = pool
        self._admission = admission
        self._answering = answering
        self._message_content = message_content
        self._privacy_url = privacy_url
        self._started = started
        self._examples: LRUCache[tuple[str, ...], tuple[str, ...]] = LRUCache(_MOST_REMEMBERED)

    async def greet(self, guild: discord.Guild) -> None:
        """Say in a new server what the bot does, in its system channel.

        Where the bot may not write there, whoever added it gets a direct message, if that is
        known; else nobody is told. Failures are logged.
        """
        with self._admission.request(guild.id) as entry:
            try:
                scope = await self._scope(guild.id, (), with_examples=True)
                topics = [topic for topic in Topic if scope.examples or topic is not Topic.TRY]
                text = f"Hello! {_answers_from(scope)}\n{_HOW_TO_ASK} `/help` says more."
                outgoing = Outgoing(split(text.split("\n")), topic_buttons(topics))
                entry.outcome = await self._first_to_hear(guild, outgoing)
            except (discord.DiscordException, LibraryError, ModelError) as error:
                entry.outcome = "failed"
                _log.warning("a server was not greeted: %s", type(error).__name__)
            except (aiohttp.ClientError, OSError) as error:
                entry.outcome = "failed"
                _log.warning("a server was not greeted: Discord is gone: %s", type(error).__name__)

    async def help(self, interaction: discord.Interaction, *, manager: bool) -> Outgoing:
        """Return what members need to know, and for managers a checklist."""
        scope = await self._scope(
            interaction.guild_id or 0, channels_of(interaction.channel), with_examples=True
        )
        lines = [_answers_from(scope), _HOW_TO_ASK]
        if manager:
            lines += ["", "**For managers**", *self._checklist(interaction, scope), ""]
        if scope.examples:
            lines.append("Try one of these:")
        return Outgoing(split(lines), example_buttons(scope.examples))

    def about(self) -> Outgoing:
        """Return the version, since when the bot runs, and what it keeps."""
        started = discord.utils.format_dt(self._started)
        ago = discord.utils.format_dt(self._started, "R")
        more = f"[How my operator handles data](<{self._privacy_url}>)"
        lines = [
            f"**Footnote** {metadata.version('footnote-bot')}, running since {started} ({ago}).",
            _KEPT,
            *([more] if self._privacy_url else []),
        ]
        return Outgoing(split(lines))

    async def press(self, interaction: discord.Interaction, panel: Topic | Example) -> None:
        """Do what a button of the greeting or of the help is for."""
        if isinstance(panel, Example):
            question = label_of(interaction, panel.custom_id)
            if question:
                await self._answering.ask(interaction, question)
                return
        delivery = InteractionDelivery(interaction, self._admission, ephemeral=True)
        async with report_errors(delivery):
            await delivery.acknowledge()
            if panel is Topic.ADD:
                await delivery.deliver(Outgoing([_HOW_TO_ADD]))
            elif panel is Topic.HERE:
                await delivery.deliver(Outgoing([f"{_HOW_TO_USE_HERE}\n{_HOW_TO_ASK}"]))
            else:
                channels = channels_of(interaction.channel)
                scope = await self._scope(interaction.guild_id or 0, channels, with_examples=True)
                said = "Try one of these:" if scope.examples else _NO_EXAMPLES
                buttons = example_buttons(scope.examples)
                await delivery.deliver(Outgoing([said if scope.titles else _NOTHING_YET], buttons))

    async def _scope(
        self, server: int, channels: Sequence[int], *, with_examples: bool = False
    ) -> Scope:
        """Return what can be asked in a channel; nothing where there is no article."""

        def work(collection: OpenCollection) -> Scope:
            titles = collection.library.titles()
            bound = self._pool.bound(titles, channels)
            made = self._made(collection, bound or list(titles)) if with_examples else ()
            return Scope(titles, bound, made)

        try:
            return await self._pool.run(server, work)
        except NoArticles:
            return Scope({}, [])

    def _made(self, collection: OpenCollection, ids: Sequence[int]) -> tuple[str, ...]:
        """Return examples from the newest articles, made once for what these say."""
        articles = [collection.library.article(each) for each in ids[-_MOST_READ:][::-1]]
        key = tuple(f"{article.id}:{article.sha256}" for article in articles)
        if key not in self._examples:  # two threads may make them at once, the same
            self._examples[key] = examples(collection.library, articles)
        return self._examples[key]

    def _checklist(self, interaction: discord.Interaction, scope: Scope) -> list[str]:
        """Return what a manager may have to set up, each with a ✓ or ✗."""
        count = len(scope.titles)
        plural = "article" if count == 1 else "articles"
        missing = [
            _NAMES[name]
            for name, needed in NEEDED
            if needed and not getattr(interaction.app_permissions, name)
        ]
        asked = _titles(scope.asked)
        return [
            _check(bool(count), f"{count} {plural} can be asked", _NOTHING_YET),
            _check(
                not missing,
                "I have the permissions that I need in this channel",
                f"In this channel I miss the permissions {', '.join(missing)}",
            ),
            _check(
                self._message_content,
                "Message Content is on: I read my threads without a mention",
                "Message Content is off: in threads members mention me or press **Follow up**;"
                " whoever runs me can change that",
            ),
            _check(
                bool(count),
                f"This channel asks {asked} alone"
                if scope.bound
                else "This channel asks every article; `/article use` chooses some",
                "This channel asks nothing yet",
            ),
        ]

    async def _first_to_hear(self, guild: discord.Guild, outgoing: Outgoing) -> str:
        """Send the greeting to where it can be sent first, and return the outcome."""
        nonce = f"{guild.id}j"
        channel = guild.system_channel
        rights = channel.permissions_for(guild.me) if channel is not None else None
        if channel is not None and rights and rights.view_channel and rights.send_messages:
            try:
                await send(channel, outgoing, nonce=nonce)
            except (discord.Forbidden, discord.NotFound):
                _log.info("the system channel cannot be written to")
            else:
                return "done"
        added_by = await _who_added(guild)
        if added_by is None:
            return "unsaid"
        await send(added_by, outgoing, nonce=nonce)
        return "done"


def channels_of(channel: object) -> tuple[int, ...]:
    """Return a channel's id and, for a thread, that of the channel that it belongs to."""
    ids = (getattr(channel, "id", None), getattr(channel, "parent_id", None))
    return tuple(each for each in ids if each)


def presence(count: int) -> discord.CustomActivity:
    """Return what stands below the bot's name; `count` is the number of shared articles."""
    articles = "1 article" if count == 1 else f"{count:,} articles"
    return discord.CustomActivity(f"/ask · {articles}" if count else "/ask")


def invite_link(application: int) -> str:
    """Return the address at which the bot is added to a server."""
    return discord.utils.oauth_url(
        application, permissions=NEEDED, scopes=("bot", "applications.commands")
    )


async def _who_added(guild: discord.Guild) -> discord.Member | discord.User | None:
    """Return who added the bot, where its rights let it read that."""
    if not guild.me.guild_permissions.view_audit_log:
        return None
    async for entry in guild.audit_logs(limit=_RECENT, action=discord.AuditLogAction.bot_add):
        if getattr(entry.target, "id", None) == guild.me.id:
            return entry.user
    return None


def _answers_from(scope: Scope) -> str:
    if not scope.titles:
        return f"I answer questions from articles, with their exact sentences. {_NOTHING_YET}"
    return f"I answer questions with the exact sentences of {_titles(scope.asked)}."


def _titles(titles: Sequence[str]) -> str:
    """Return some titles in bold, and how many more there are; empty without any."""
    shown = [f"**{escape_markdown(short_title(title))}**" for title in titles[:_NAMED]]
    if len(titles) > _NAMED:
        shown.append(f"{len(titles) - _NAMED:,} more (`/articles` lists them)")
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def _check(good: bool, well: str, ill: str) -> str:
    return f"✓ {well}" if good else f"✗ {ill}"
