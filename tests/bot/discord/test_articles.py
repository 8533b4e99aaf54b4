"""How managers add, list, remove and choose articles, and what they cannot do."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import simcord

from bot.discord.uploads import Limits, Progress, safe_name
from index import Encoder
from index.documents.web import Fetcher
from tests.support.discord_world import AURORA, SHIPS, World, world
from tests.support.pages import Reply, serving

HARBOUR = b"# The harbour\n\nThe harbour was built in 1850. It froze each winter."


async def added(here: World, file: str, data: bytes, **options: Any) -> str:
    return await here.manage("add", file=(file, data), **options)


async def test_an_uploaded_file_can_be_asked_at_once(here: World) -> None:
    said = await added(here, "harbour.md", HARBOUR)
    assert said == "Added **The harbour** (id 1, 3 sentences)."
    asked = await here.ask("When was the harbour built?")
    assert "The harbour was built in 1850." in asked.response.content


async def test_a_file_added_again_replaces_what_it_was(here: World) -> None:
    await added(here, "harbour.md", HARBOUR)
    said = await added(here, "harbour.md", HARBOUR.replace(b"1850", b"1860"), name="Port")
    assert said.startswith("Added **Port** (id 1,")
    listed = await here.manage("list")
    assert listed.count("sentences") == 1


async def test_progress_is_shown_by_edits(here: World) -> None:
    await added(here, "harbour.md", HARBOUR)
    edits = [each.json["content"] for each in here.env.http_requests if each.method == "PATCH"]
    assert edits[0] == "Reading harbour.md…"
    assert edits[-1].startswith("Added ")


async def test_progress_is_shown_now_and_then_and_never_the_last(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []

    class Delivery:
        async def progress(self, text: str) -> None:
            shown.append(text)

    clock = iter([9.0, 9.5, 12.0])
    monkeypatch.setattr("bot.discord.uploads.time", SimpleNamespace(monotonic=clock.__next__))
    progress = Progress(Delivery(), "it")  # type: ignore[arg-type]
    for done in (1, 2, 3):
        progress("encoding", done, 4)
    await here.env.settle()
    assert shown == ["Reading it: 25%", "Reading it: 75%"]


async def test_articles_are_listed_removed_and_chosen_for_a_channel(here: World) -> None:
    await here.add()
    await added(here, "harbour.md", HARBOUR)
    other = here.guild.create_text_channel("other")
    used = await here.manage("use", articles="2")
    assert "now ask **The harbour** alone." in used
    listed = await here.manage("list")
    assert listed.splitlines() == [
        "`   1` **Ships** · 4 sentences",
        "`   2` **The harbour** · 3 sentences · asked here",
        "-# This channel asks those marked.",
    ]
    asked = await here.ask(AURORA)
    assert "does not say" in asked.response.content
    assert "in 1911" in (await here.ask(AURORA, channel=other)).response.content
    await here.ask("Hm?", thread=True)
    inherited = await here.ask(AURORA, channel=here.channel.threads[0])
    assert "does not say" in inherited.response.content
    removed = await here.manage("remove", article=2)
    assert removed == "Removed **The harbour**.\n-# **Undo** brings it back for 10 minutes."
    asked = await here.ask(AURORA)
    assert "in 1911" in asked.response.content
    everything = await here.manage("use", articles="ALL")
    assert "now ask every article here." in everything


@pytest.mark.parametrize("typed", ["", "7", "one", "1 x", "1 all", "9" * 40])
async def test_what_is_no_list_of_ids_is_refused_in_words(here: World, typed: str) -> None:
    await here.add()
    used = await here.manage("use", articles=typed or ",")
    assert used.startswith("Give ids as `/article list` shows them")


async def test_removing_what_is_not_there_is_refused_in_words(here: World) -> None:
    removed = await here.manage("remove", article=5)
    assert removed.startswith("No article with id 5 here; list the articles")


async def test_a_server_without_articles_says_how_to_add_one(here: World) -> None:
    listed = await here.manage("list")
    assert listed.startswith("There is no article here yet: add one with")
    asked = await here.ask(AURORA)
    [told] = asked.followups
    assert asked.response is None
    assert told.ephemeral
    assert told.content.startswith("There is no article here yet: a member who may manage")


async def test_members_cannot_see_the_commands_of_managers(here: World) -> None:
    sent = await here.alice.send(here.channel, SHIPS)
    for command in ("article list", "article add", "article remove", "article use"):
        with pytest.raises(simcord.SetupError, match="default-member-permissions"):
            await here.alice.slash(here.channel, command, article=1, articles="1")
    with pytest.raises(simcord.SetupError, match="default-member-permissions"):
        await here.alice.context_menu(here.channel, "Add as article", sent)


async def test_whoever_an_owner_allows_may_do_what_managers_may(here: World) -> None:
    for command in await here.bot.tree.fetch_commands():
        here.guild.set_command_permissions(command, {here.alice: True})

    async def said(command: str, **options: Any) -> str:
        result = await here.alice.slash(here.channel, f"article {command}", **options)
        assert result.ephemeral
        return str(result.response.content)

    assert (await said("add", file=("a.md", HARBOUR))).startswith("Added **The harbour** (id 1,")
    sent = await here.bob.send(here.channel, SHIPS)
    result = await here.alice.context_menu(here.channel, "Add as article", sent)
    assert result.response.content.startswith("Added **The ship Aurora")
    assert (await said("list")).count("sentences") == 2
    assert "**The harbour** alone" in await said("use", articles="1")
    assert (await said("remove", article=2)).startswith("Removed **The ship Aurora")


async def test_a_message_becomes_an_article_and_so_does_its_file(here: World) -> None:
    sent = await here.alice.send(here.channel, f"**Old ships**\n{SHIPS}")
    result = await here.manager.context_menu(here.channel, "Add as article", sent)
    assert result.response.content == "Added **Old ships** (id 1, 5 sentences)."
    filed = await here.alice.send(here.channel, "look", attachments=[("h.md", HARBOUR)])
    result = await here.manager.context_menu(here.channel, "Add as article", filed)
    assert result.response.content.startswith("Added **The harbour** (id 2,")


async def test_one_of_file_and_link_is_wanted(here: World) -> None:
    said = "Give one of the two: a `file`, or a `link`."
    assert await here.manage("add") == said
    assert await here.manage("add", file=("a.md", HARBOUR), link="https://a.example") == said


@pytest.mark.parametrize("link", ["/etc/passwd", "file:///etc/passwd", "~/x.md"])
async def test_a_link_is_never_a_file_of_the_bots(here: World, link: str) -> None:
    said = await here.manage("add", link=link)
    assert said.startswith("A link starts with `https://` or `http://`")


async def test_a_server_has_so_many_articles_and_bytes(tmp_path: Path, encoder: Encoder) -> None:
    async with world(tmp_path, encoder, limits=Limits(articles=1, size=300)) as here:
        said = await added(here, "long.txt", b"word " * 61)
        assert said.startswith("The file has 305 bytes, and 300 is the most: split it")
        await added(here, "harbour.md", HARBOUR)
        said = await added(here, "other.md", HARBOUR)
        assert said.startswith(
            "This server has 1 articles of its own, and 1 is the most: remove one first"
        )
        assert (await added(here, "harbour.md", HARBOUR + b" More.")).startswith("Added")
    async with world(tmp_path / "other", encoder, limits=Limits(articles=9, size=100)) as here:
        await added(here, "harbour.md", HARBOUR)
        said = await added(here, "other.md", HARBOUR)
        assert said.startswith(
            "With this one the server's articles would have 130 bytes of text, and"
        )


async def test_one_ingestion_at_a_time_for_each_server(here: World) -> None:
    with here.bot.uploads.turn(here.guild.id):
        said = await added(here, "harbour.md", HARBOUR)
        assert said == "Another article is being added here: wait until it is done."
        with here.bot.uploads.turn(7):
            pass
    assert (await added(here, "harbour.md", HARBOUR)).startswith("Added")


async def test_thirty_megabytes_are_refused_before_they_are_fetched(here: World) -> None:
    said = await added(here, "big.txt", b"x" * 30_000_000)
    assert said.startswith("The file has 30,000,000 bytes, and 10,485,760 is the most")
    assert here.env.errors == []


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("../../a.txt", b"", "'a.txt' is empty"),
        ("../../../etc/cron.d/evil.md", HARBOUR, "Added **The harbour**"),
        ("..\\..\\evil.txt", b"It is evil.", "Added **evil**"),
        ("@everyone [x](https://e.example).txt", b"It is so.", "Added **"),
    ],
)
async def test_files_that_mean_ill_are_harmless(
    here: World, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    told = await added(here, name, data)
    assert told.replace("\\", "").startswith(said)
    assert str(tmp_path) not in told
    assert "/tmp" not in told
    assert "@everyone" not in told


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\evil.md", "evil.md"),
        (".bashrc", "bashrc"),
        ("a\u202egpj.md", "agpj.md"),
        ("", "article"),
        ("...", "article"),
        ("a" * 300 + ".md", "a" * 80 + ".md"),
        ("C:\\x\\r\u00e9sum\u00e9 (1).txt", "r\u00e9sum\u00e9 (1).txt"),
        ("a\x00b?*.md", "ab__.md"),
    ],
)
def test_a_files_name_stays_in_its_folder(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    "link", ["http://10.0.0.1/", "https://user:pass@192.168.0.1/", "<http://127.0.0.1/>"]
)
async def test_a_link_to_a_private_address_is_refused(here: World, link: str) -> None:
    assert re.search("not on the public web|without", await here.manage("add", link=link))
    assert await here.pool.titles(here.guild.id) == {}


async def test_a_page_is_cited_with_links_to_its_sentences(here: World) -> None:
    here.bot.uploads.fetcher = Fetcher(allow_loopback=True)
    with serving() as site:
        site.pages["/ships_(old)"] = Reply(SHIPS.encode(), headers={"Content-Type": "text/plain"})
        link = site.url("/ships_(old)")
        said = await here.manage("add", link=link)
    assert said.startswith(r"Added **ships \(old\)** (id 1,")
    asked = await here.ask(AURORA)
    address = link.replace("(", "%28").replace(")", "%29")
    [line] = [line for line in asked.response.content.splitlines() if line.startswith("> ")]
    assert line.startswith(f"> [[1]](<{address}#:~:text=The%20ship%20Aurora%20sank")
    assert line.endswith(">) The ship Aurora sank near Iceland in 1911.")
    again = await here.follow_up(asked.response, "and where was it?")
    assert f"Searched for: {AURORA} and where was it?" in again.response.content
