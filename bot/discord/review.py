"""`/review`: the latest answers that members voted against, and those that say nothing."""

import discord
from discord import app_commands

from bot.discord.buttons import REASONS
from bot.discord.client import FootnoteClient
from bot.discord.delivery import InteractionDelivery, Outgoing, report_errors
from bot.discord.markdown import escape_markdown, split, truncate
from bot.discord.state import Reviewed, State

_LONGEST_QUESTION = 200
_NOTHING = "There is nothing to review: no answer has a 👎, and none was refused."
_KEPT = "-# The text of new questions is kept: `/review keep_questions:False` forgets it."
_NOT_KEPT = "-# The text of questions is not kept: `/review keep_questions:True` keeps it from now."


@app_commands.command(description="List the latest answers with a 👎, and questions not answered")
@app_commands.describe(keep_questions="Keep the text of these questions from now on, or forget it")
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def review(
    interaction: discord.Interaction[FootnoteClient], keep_questions: bool | None = None
) -> None:
    """List them as links to the messages; Discord decides who may use the command."""
    to_member = InteractionDelivery(interaction, interaction.client.admission, ephemeral=True)
    async with report_errors(to_member) as delivery:
        await delivery.acknowledge()
        server = interaction.guild_id or 0

        def work(state: State) -> tuple[list[Reviewed], bool]:
            if keep_questions is not None:
                state.keep_questions(server, keep=keep_questions)
            return state.review(server), state.keeps_questions(server)

        found, kept = await interaction.client.pool.with_state(work)
        lines = [_line(server, each) for each in found] or [_NOTHING]
        await delivery.deliver(Outgoing(split([*lines, _KEPT if kept else _NOT_KEPT])))


def _line(server: int, reviewed: Reviewed) -> str:
    link = f"https://discord.com/channels/{server}/{reviewed.channel}/{reviewed.message}"
    reasons = ", ".join(REASONS[each].lower() for each in reviewed.reasons if each in REASONS)
    parts = (
        "not answered" if reviewed.refused else "",
        f"👎 {reasons}".strip() if reviewed.reasons else "",
        link,
    )
    question = escape_markdown(truncate(reviewed.question, _LONGEST_QUESTION))
    return f"- {' · '.join(filter(None, parts))}" + (f" · “{question}”" if question else "")
