"""`/ask`, `/stats`, and the commands in the menu of a message."""

import hashlib
import json
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.discord.articles import ArticleCommands, added, check_manager, complete_article
from bot.discord.delivery import InteractionDelivery, Outgoing, Refused, told
from bot.discord.history import question_in
from bot.discord.markdown import cut, visible
from bot.discord.uploads import Progress, add_file
from index.documents.document import Document

if TYPE_CHECKING:
    from bot.discord.client import FootnoteClient

    Interaction = discord.Interaction[FootnoteClient]

_LONGEST_QUESTION = 2_000
_LONGEST_TITLE = 60


def add_commands(tree: app_commands.CommandTree["FootnoteClient"]) -> None:
    """Put every command into a tree."""
    tree.add_command(ask)
    tree.add_command(stats)
    tree.add_command(ArticleCommands())
    tree.add_command(add_as_article)
    tree.add_command(ask_about_this)


def definition_of(tree: app_commands.CommandTree["FootnoteClient"]) -> str:
    """Give a hash of all commands as Discord is told them."""
    told_of = [command.to_dict(tree) for command in tree.get_commands()]
    return hashlib.sha256(json.dumps(told_of, sort_keys=True).encode()).hexdigest()


@app_commands.command(description="Ask the article: the answer is made of its sentences")
@app_commands.describe(
    question="What you want to know",
    article="Ask this one alone",
    thread="Open a thread for follow-ups",
)
@app_commands.autocomplete(article=complete_article)
async def ask(
    interaction: "Interaction",
    question: app_commands.Range[str, 1, _LONGEST_QUESTION],
    article: int | None = None,
    thread: bool = False,
) -> None:
    """Answer a question in the channel, or in a thread of its own."""
    await interaction.client.ask(interaction, question, article=article, thread=thread)


@app_commands.command(description="How many questions were answered here, and how well")
async def stats(interaction: "Interaction") -> None:
    """Tell what was counted on this server."""
    delivery = InteractionDelivery(interaction, ephemeral=True)
    async with told(delivery):
        await delivery.acknowledge()
        desk, server = interaction.client.desk, interaction.guild_id or 0
        titles = await desk.titles(server)
        counts = await desk.note(lambda state: state.counts(server))
        helpful, wrong = await desk.note(lambda state: state.votes(server))
        lines = [
            f"Articles: **{len(titles)}**",
            f"Questions answered: **{counts.get('answered', 0)}**",
            f"Questions the article does not answer: **{counts.get('abstained', 0)}**",
            f"Found helpful: **{helpful}** · a wrong citation: **{wrong}**",
        ]
        await delivery.deliver(Outgoing(["\n".join(lines)]))


@app_commands.context_menu(name="Ask the article about this")
async def ask_about_this(interaction: "Interaction", message: discord.Message) -> None:
    """Ask with a message as the question."""
    await interaction.client.ask(interaction, question_in(message.content))


@app_commands.context_menu(name="Add as article")
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def add_as_article(interaction: "Interaction", message: discord.Message) -> None:
    """Take a message in as an article, or the file that it brings."""
    delivery = InteractionDelivery(interaction, ephemeral=True)
    async with told(delivery):
        await delivery.acknowledge()
        check_manager(interaction)
        client, server = interaction.client, interaction.guild_id or 0
        with client.ingestion.turn(server):
            if message.attachments:
                article = await add_file(client, server, message.attachments[0], delivery)
            elif message.content.strip():
                source = Document(message.content, _title_of(message), f"message: {message.id}")
                progress = Progress(delivery, "the message")
                article = await client.desk.ingest(
                    server, lambda shelf: client.ingestion.add(shelf, source, progress)
                )
            else:
                raise Refused("That message has no text and no file: choose another.")
        await delivery.deliver(added(article))


def _title_of(message: discord.Message) -> str:
    """Give a message's first line, or who wrote it."""
    [first, *_] = message.content.strip().splitlines()
    return cut(visible(first).strip("#*_ "), _LONGEST_TITLE) or message.author.display_name
