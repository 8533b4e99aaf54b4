"""What the operator shares on servers and in direct messages, and who may change it."""

from contextlib import closing
from pathlib import Path

import pytest

from bot.discord.uploads import Limits
from bot.sharing import Sharing
from index import Encoder
from tests.support.discord_world import AURORA, SHIPS, World, client_over, open_pool, world

FAIR = "The fair of Lund opens in May. Its mayor cuts a red ribbon."
OPENS = "When does the fair of Lund open?"
HARBOUR = b"# The harbour\n\nThe harbour was built in 1850. It froze each winter."
TO_MANAGERS = (
    "There is no article here yet: a member who may manage the server adds one with `/article add`."
)
CLOSED = "Whoever runs me has not shared their articles in direct messages: ask me in a server."


async def asked(here: World, question: str, **options: object) -> str:
    """Ask on the server; give the answer, or the error that the member alone sees."""
    result = await here.ask(question, **options)
    return str((result.response or result.followups[0]).content)


async def in_dm(here: World, text: str) -> str:
    await here.alice.user.send_dm(text)
    return str(here.alice.user.dm_channel.last_message.content)


async def listed(here: World) -> list[str]:
    return (await here.manage("list")).splitlines()


async def test_a_server_without_articles_is_answered_from_the_operators(here: World) -> None:
    here.share(FAIR, title="Fairs")
    assert (await asked(here, OPENS)).splitlines() == [
        f"-# “{OPENS}”",
        "> **[1]** The fair of Lund opens in May.",
        "-# — Fairs",
    ]
    await here.mention(OPENS)
    assert "opens in May" in here.channel.last_message.content
    result = await here.ask(OPENS)
    shown = await here.bob.click(result.response, label="In context")
    assert "**The fair of Lund opens in May.** Its mayor cuts" in shown.response.content


async def test_a_servers_own_articles_are_asked_with_the_operators(here: World) -> None:
    fairs = here.share(FAIR, title="Fairs")
    ships = await here.add()
    assert "opens in May" in await asked(here, OPENS)
    assert "in 1911" in await asked(here, AURORA)
    assert "in 1911" in await asked(here, AURORA, article=ships)
    assert "opens in May" in await asked(here, OPENS, article=fairs)
    assert await here.alice.autocomplete(here.channel, "ask", "article", "") == [
        {"name": f"{fairs}: Fairs", "value": fairs},
        {"name": f"{ships}: Ships", "value": ships},
    ]


async def test_what_the_operator_adds_and_removes_meanwhile_is_seen_at_once(here: World) -> None:
    await here.add()
    assert "opens" not in await asked(here, OPENS)
    fairs = here.share(FAIR, title="Fairs", source="fairs")
    assert "opens in May" in await asked(here, OPENS)
    here.share(FAIR.replace("May", "June"), title="Fairs", source="fairs")
    assert "opens in June" in await asked(here, OPENS)
    here.unshare(fairs)
    assert "opens" not in await asked(here, OPENS)


async def test_the_list_marks_what_is_shared_and_what_is_asked(here: World) -> None:
    fairs = here.share(FAIR, title="Fairs")
    ships = await here.add()
    note = (
        "-# What is shared comes from whoever runs me: choose among it with `/article use`; it"
        " cannot be removed here."
    )
    assert await listed(here) == [
        f"`   {ships}` **Ships** · 4 sentences",
        f"`   {fairs}` **Fairs** · 2 sentences · shared",
        "-# All are asked here.",
        note,
    ]
    used = await here.manage("use", articles=f"{fairs}")
    assert "now ask **Fairs** alone." in used
    assert await listed(here) == [
        f"`   {ships}` **Ships** · 4 sentences",
        f"`   {fairs}` **Fairs** · 2 sentences · shared · asked here",
        "-# This channel asks those marked.",
        note,
    ]
    assert "1911" not in await asked(here, AURORA)
    here.unshare(fairs)
    assert (await listed(here))[-1] == "-# All are asked here."
    assert "in 1911" in await asked(here, AURORA)


async def test_many_shared_articles_are_listed_in_pages_the_chosen_ones_first(here: World) -> None:
    ids = [here.share(f"The clock number {each} is slow.", title=f"C{each}") for each in range(33)]
    await here.manage("use", articles=f"{ids[-1]}")
    lines = await listed(here)
    assert lines[0] == f"`  {ids[-1]}` **C32** · 1 sentences · shared · asked here"
    assert lines[1].endswith("**C0** · 1 sentences · shared")
    assert lines[10] == "-# Page 1 of 4"


async def test_the_operators_articles_cannot_be_removed_from_a_server(here: World) -> None:
    fairs = here.share(FAIR, title="*Fairs*")
    ships = await here.add()
    removed = await here.manage("remove", article=fairs)
    assert removed == (
        r"**\*Fairs\*** comes from whoever runs me, and cannot be removed here: choose what this"
        " channel asks with `/article use`."
    )
    assert "opens in May" in await asked(here, OPENS)
    offered = await here.manager.autocomplete(here.channel, "article remove", "article", "")
    assert offered == [{"name": f"{ships}: Ships", "value": ships}]
    removed = await here.manage("remove", article=ships)
    assert removed.startswith("Removed **Ships**.\n")


async def test_what_is_shared_counts_towards_no_servers_limits(
    tmp_path: Path, encoder: Encoder
) -> None:
    async with world(tmp_path, encoder, limits=Limits(articles=1, size=300)) as here:
        here.share("The bell rang. " * 40, title="Bells", source="upload: harbour.md")
        here.share(FAIR, title="Fairs")
        added = await here.manage("add", file=("harbour.md", HARBOUR))
        assert added == "Added **The harbour** (id 3, 3 sentences)."
        refused = await here.manage("add", file=("other.md", HARBOUR))
        assert refused.startswith("This server has 1 articles of its own, and 1 is")


@pytest.mark.parametrize("sharing", [Sharing.OFF, Sharing.DMS])
async def test_a_server_with_which_nothing_is_shared_is_told_what_to_do(
    tmp_path: Path, encoder: Encoder, sharing: Sharing
) -> None:
    async with world(tmp_path, encoder, sharing=sharing) as here:
        fairs = here.share(FAIR, title="Fairs")
        assert await asked(here, OPENS) == TO_MANAGERS
        assert await listed(here) == ["There is no article here yet: add one with `/article add`."]
        await here.add()
        assert "in 1911" in await asked(here, AURORA)
        assert "opens" not in await asked(here, OPENS)
        assert (await asked(here, OPENS, article=fairs)).startswith(f"No article with id {fairs}")
        assert len(await listed(here)) == 2
        used = await here.manage("use", articles=f"{fairs}")
        assert used.startswith("Give ids as `/article list` shows them")


@pytest.mark.parametrize("sharing", [Sharing.EVERYWHERE, Sharing.DMS])
async def test_direct_messages_ask_what_is_shared_with_them(
    tmp_path: Path, encoder: Encoder, sharing: Sharing
) -> None:
    async with world(tmp_path, encoder, sharing=sharing) as here:
        await here.add()
        assert await in_dm(here, OPENS) == (
            "There is no article here yet: whoever runs me adds one with `footnote add FILE`."
        )
        here.share(FAIR, title="Fairs")
        assert "opens in May" in await in_dm(here, OPENS)
        assert "1911" not in await in_dm(here, AURORA)


@pytest.mark.parametrize("sharing", [Sharing.SERVERS, Sharing.OFF])
async def test_direct_messages_are_told_where_nothing_is_shared_with_them(
    tmp_path: Path, encoder: Encoder, sharing: Sharing
) -> None:
    async with world(tmp_path, encoder, sharing=sharing) as here:
        fairs = here.share(FAIR, title="Fairs")
        user = here.alice.user
        for text in (OPENS, "thanks!", SHIPS):
            assert await in_dm(here, text) == CLOSED
        result = await user.slash("ask", question=OPENS, article=fairs)
        assert result.followups[0].content == CLOSED
        stats = await user.slash("stats")
        assert stats.response.content.startswith("Articles: **0**")


async def test_an_old_answer_in_a_closed_dm_opens_no_article(
    tmp_path: Path, encoder: Encoder
) -> None:
    async with world(tmp_path, encoder) as here:
        here.share(FAIR, title="Fairs")
        await in_dm(here, OPENS)
        answer = here.alice.user.dm_channel.last_message
        with closing(open_pool(here.folder, encoder, sharing=Sharing.SERVERS)) as later:
            await here.env.restart_bot(client_over(later))
            shown = await here.alice.user.click(answer, label="In context")
            assert shown.response.content == CLOSED
