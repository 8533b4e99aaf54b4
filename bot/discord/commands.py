"""The commands: `/ask`, `/stats`, `/article …`, and those in the menu of a message."""

import discord
from discord import app_commands

from bot.discord.admission import Refused
from bot.discord.client import FootnoteClient
from bot.discord.delivery import InteractionDelivery, Outgoing, report_errors
from bot.discord.help_commands import PrivacyCommands, about, articles, help_, to_member
from bot.discord.history import NEW_TOPIC, question_in
from bot.discord.managing import bold
from bot.discord.markdown import escape_markdown, short_title
from bot.discord.panels import Listing, Page
from bot.discord.review import review
from index import Article

Interaction = discord.Interaction[FootnoteClient]

_LONGEST_QUESTION = 2_000
_LONGEST_LINK = 2_000
_LONGEST_TITLE = 200
_MOST_CHOICES, _LONGEST_CHOICE = 25, 100  # Discord's own limits


def add_commands(tree: app_commands.CommandTree[FootnoteClient]) -> None:
    """Add every command to a tree."""
    tree.add_command(ask)
    tree.add_command(stats)
    tree.add_command(help_)
    tree.add_command(articles)
    tree.add_command(about)
    tree.add_command(PrivacyCommands())
    tree.add_command(new)
    tree.add_command(review)
    tree.add_command(ArticleCommands())
    tree.add_command(add_as_article)
    tree.add_command(ask_about_this)


def _server(interaction: Interaction) -> int:
    """Return the server whose articles a command is about.

    Discord lets through only whom the server allows to use the command, which its owner can change,
    so no permission is asked for here; in direct messages nobody may. Raises: Refused.
    """
    if interaction.guild_id is None:
        raise Refused("Articles are managed on a server: use that in one of its channels.")
    return interaction.guild_id


async def complete_article(interaction: Interaction, typed: str) -> list[app_commands.Choice[int]]:
    """Suggest the articles that can be asked here."""
    return choices(await interaction.client.pool.titles(interaction.guild_id or 0), typed)


async def complete_own_article(
    interaction: Interaction, typed: str
) -> list[app_commands.Choice[int]]:
    """Suggest the server's own articles."""
    return choices(await interaction.client.pool.titles(interaction.guild_id or 0, own=True), typed)


def choices(titles: dict[int, str], typed: str) -> list[app_commands.Choice[int]]:
    """Return the articles whose title contains what was typed, or whose id it is."""
    wanted = typed.casefold().strip()
    return [
        app_commands.Choice(
            name=short_title(f"{number}: {title}", longest=_LONGEST_CHOICE), value=number
        )
        for number, title in titles.items()
        if wanted in title.casefold() or wanted == str(number)
    ][:_MOST_CHOICES]


@app_commands.command(description="Ask the article: the answer is made of its sentences")
@app_commands.describe(
    question="What you want to know",
    article="Ask this one alone",
    thread="Open a thread for follow-ups",
    private="Show the answer to you alone",
)
@app_commands.autocomplete(article=complete_article)
async def ask(
    interaction: Interaction,
    question: app_commands.Range[str, 1, _LONGEST_QUESTION],
    article: int | None = None,
    thread: bool = False,
    private: bool = False,
) -> None:
    """Answer a question in the channel, in a thread of its own, or to the member alone."""
    client = interaction.client
    if private and thread:
        async with report_errors(to_member(interaction)):
            raise Refused("A private answer has no thread: leave out `private` or `thread`.")
        return
    answer = await client.answering.ask(interaction, question, article=article, private=private)
    if thread and answer is not None:
        needs_mention = not client.intents.message_content
        await client.answering.open_thread(
            interaction, answer, question, needs_mention=needs_mention
        )


@app_commands.command(description="Start a fresh conversation here")
@app_commands.dm_only()
async def new(interaction: Interaction) -> None:
    """Mark in a direct channel that what follows is a new topic."""
    async with report_errors(
        InteractionDelivery(interaction, interaction.client.admission)
    ) as delivery:
        await delivery.acknowledge()
        await delivery.deliver(Outgoing([NEW_TOPIC]))


@app_commands.context_menu(name="Ask the article about this")
async def ask_about_this(interaction: Interaction, message: discord.Message) -> None:
    """Ask with a message as the question."""
    await interaction.client.answering.ask(interaction, question_in(message.content))


@app_commands.command(description="How many questions were answered here, and how well")
async def stats(interaction: Interaction) -> None:
    """Show this server's counts."""
    async with report_errors(to_member(interaction)) as delivery:
        await delivery.acknowledge()
        pool, server = interaction.client.pool, interaction.guild_id or 0
        titles = await pool.titles(server)
        counts, (helpful, wrong) = await pool.with_state(
            lambda state: (state.counts(server), state.votes(server))
        )
        lines = (
            f"Articles: **{len(titles)}**",
            f"Questions answered: **{counts.get('answered', 0)}**",
            f"Questions the article does not answer: **{counts.get('abstained', 0)}**",
            f"👍 **{helpful}** · 👎 **{wrong}**",
        )
        await delivery.deliver(Outgoing(["\n".join(lines)]))


@app_commands.context_menu(name="Add as article")
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def add_as_article(interaction: Interaction, message: discord.Message) -> None:
    """Add a message as an article, or the file that is attached to it."""
    async with report_errors(to_member(interaction)) as delivery:
        await delivery.acknowledge()
        server = _server(interaction)
        article = await interaction.client.uploads.add_message(server, message, delivery)
        await delivery.deliver(_added(article))


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class ArticleCommands(
    app_commands.Group, name="article", description="The articles that are asked on this server"
):
    """`/article …`, for members with Manage Server and whomever the server's owner allows."""

    @app_commands.command(description="Add an article: a file or a link")
    @app_commands.describe(
        file="A text, Markdown, HTML, PDF, Word or EPUB file",
        link="The address of a page",
        name="Its title, if you like",
    )
    async def add(
        self,
        interaction: Interaction,
        file: discord.Attachment | None = None,
        link: app_commands.Range[str, 1, _LONGEST_LINK] | None = None,
        name: app_commands.Range[str, 1, _LONGEST_TITLE] | None = None,
    ) -> None:
        """Add an article."""
        async with report_errors(to_member(interaction)) as delivery:
            await delivery.acknowledge()
            uploads, server = interaction.client.uploads, _server(interaction)
            if file is not None and link is None:
                article = await uploads.add_file(server, file, delivery, title=name)
            elif link is not None and file is None:
                article = await uploads.add_link(server, link, delivery, title=name)
            else:
                raise Refused("Give one of the two: a `file`, or a `link`.")
            await delivery.deliver(_added(article))

    @app_commands.command(name="list", description="List the articles that are asked here")
    async def list_(self, interaction: Interaction) -> None:
        """List the articles, with their ids."""
        async with report_errors(to_member(interaction)) as delivery:
            await delivery.acknowledge()
            managing, channel = interaction.client.managing, interaction.channel_id or 0
            first = Page(Listing.MANAGE, 0)
            await delivery.deliver(await managing.page(_server(interaction), channel, first))

    @app_commands.command(description="Remove an article; you can undo it for a few minutes")
    @app_commands.describe(article="The article; /article list shows their ids")
    @app_commands.autocomplete(article=complete_own_article)
    async def remove(self, interaction: Interaction, article: int) -> None:
        """Remove an article."""
        async with report_errors(to_member(interaction)) as delivery:
            await delivery.acknowledge()
            managing, server = interaction.client.managing, _server(interaction)
            await delivery.deliver(await managing.remove(server, article, removal=interaction.id))

    @app_commands.command(description="Choose the articles that are asked in this channel")
    @app_commands.describe(articles="Ids, as in “1 3”, or “all”; without them you get a menu")
    async def use(self, interaction: Interaction, articles: str | None = None) -> None:
        """Bind articles to the channel; its threads inherit them."""
        async with report_errors(to_member(interaction)) as delivery:
            await delivery.acknowledge()
            managing, server = interaction.client.managing, _server(interaction)
            channel = interaction.channel_id or 0
            if articles is None:
                await delivery.deliver(await managing.menu(server, channel))
            else:
                await delivery.deliver(await managing.choose(server, channel, articles))


def _added(article: Article) -> Outgoing:
    count = len(article.sentences)
    line = f"Added {bold(article.title)} (id {article.id}, {count} sentences)."
    notice = f"\n-# {escape_markdown(article.notice)}" if article.notice else ""
    return Outgoing([line + notice])
