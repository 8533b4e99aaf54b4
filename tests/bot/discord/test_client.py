"""What members ask, press and read: the real bot, library and encoder on a Discord in memory."""

from pathlib import Path
from typing import Any

import discord
import pytest

from index import Encoder
from index.search.questions import Query
from tests.support.discord_world import AURORA, BOREALIS, SHIPS, World, client_over, world

CITED = "> **[1]** The ship Aurora sank near Iceland in 1911."
ROW = ["Follow up", "👍", "👎", "🗑"]
OFF_TOPIC = "Who won the World Cup in 2018?"


def labels(message: Any) -> list[str]:
    rows = message.components
    if rows and isinstance(rows[0], dict):
        return [each["label"] for row in rows for each in row["components"] if each["type"] == 2]
    return [button.label for row in rows for button in row.children]


def cited(message: Any) -> list[str]:
    """The labels in the menu of the citations."""
    [menu] = [each for row in message.components for each in row["components"] if each["type"] == 3]
    return [option["label"] for option in menu["options"]]


async def in_context(by: Any, message: Any, number: int) -> Any:
    """Choose a citation in the menu of an answer."""
    [menu] = [each for row in message.components for each in row["components"] if each["type"] == 3]
    return await by.select(message, [menu["options"][number - 1]["value"]], custom_id="fn:cited")


async def test_a_command_is_answered_in_the_channel_with_the_question_first(ships: World) -> None:
    asked = await ships.ask(AURORA)
    assert asked.acknowledged
    assert not asked.ephemeral
    question, quote, note = asked.response.content.splitlines()
    assert question == f"-# “{AURORA}”"
    assert quote == CITED
    assert note == "-# — Ships"
    assert labels(asked.response) == ["In context", *ROW]
    assert asked.followups == []


async def test_an_abstention_says_so_and_shows_what_is_nearest(
    ships: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.answers.answer.OFF_TOPIC", 0.0)
    asked = await ships.ask(OFF_TOPIC)
    _, first, *quotes = asked.response.content.splitlines()
    assert first == "**The article does not say.** The nearest that it says:"
    assert len(quotes) == 3
    for number, quote in enumerate(quotes, start=1):
        assert quote.startswith(f"> **[{number}]** ")
        assert quote[10:] in SHIPS
    assert labels(asked.response) == ROW
    shown = await in_context(ships.alice, asked.response, 1)
    assert shown.ephemeral
    assert quotes[0][10:] in shown.response.content


async def test_a_refusal_of_what_is_off_the_topic_shows_no_sentences(ships: World) -> None:
    asked = await ships.ask(OFF_TOPIC)
    _, *shown = asked.response.content.splitlines()
    assert shown == ["**The article does not say.**"]
    assert labels(asked.response) == ROW


async def test_several_sentences_are_cited_by_number_in_one_menu(ships: World) -> None:
    asked = await ships.ask("what is this about?")
    content = asked.response.content
    numbers = [line[4:7] for line in content.splitlines() if line.startswith("> ")]
    assert numbers == [f"[{number}]" for number in range(1, len(numbers) + 1)]
    assert len(numbers) == 4
    assert "-# — Ships · overview" in content
    quotes = [line[4:].split("** ") for line in content.splitlines() if line.startswith("> ")]
    assert cited(asked.response) == [f"{number} {quote}" for number, quote in quotes]
    assert labels(asked.response) == ROW


async def test_a_long_answer_comes_in_parts_that_hang_together(here: World) -> None:
    words = ("ship", "captain", "harbour", "storm")
    sentences = [f"The {word} was {f'old and {word} like, ' * 40}and sank." for word in words]
    await here.add(" ".join(sentences), title="Long")
    asked = await here.ask("what is this about?")
    parts = [asked.response, *asked.followups]
    assert len(parts) == 2
    assert all(len(part.content) <= 2_000 and not part.ephemeral for part in parts)
    lines = "\n".join(part.content for part in parts).splitlines()
    assert [line[10:] for line in lines if line.startswith("> ")] == sentences
    assert labels(asked.response) == ROW
    await here.mention("tell me about this article")
    first, second = here.channel.history()[-2:]
    await here.alice.send(here.channel, "When did the captain sink?", reply_to=second)
    assert second.reference.message_id == first.id
    assert "Searched for" not in here.channel.last_message.content


async def test_small_talk_is_answered_without_buttons(ships: World) -> None:
    sent = await ships.mention("thanks!")
    reply = ships.channel.last_message
    assert reply.reference.message_id == sent.id
    assert "You are welcome" in reply.content
    assert labels(reply) == []


async def test_a_mention_is_answered_by_a_reply_that_pings_nobody(ships: World) -> None:
    sent = await ships.mention(AURORA)
    reply = ships.channel.last_message
    assert reply.reference.message_id == sent.id
    assert reply.content.splitlines()[0] == CITED
    [post] = [each for each in ships.env.http_requests if each.path.endswith("/messages")]
    assert post.json["allowed_mentions"] == {"parse": []}
    assert (post.json["nonce"], post.json["enforce_nonce"]) == (f"{sent.id}-0", True)


async def test_a_mention_without_a_question_is_told_what_to_do(ships: World) -> None:
    await ships.mention("<@&1> ")
    assert ships.channel.last_message.content.startswith("Ask me something: write your question")


async def test_messages_between_members_and_from_bots_are_left_alone(ships: World) -> None:
    first = await ships.alice.send(ships.channel, AURORA)
    await ships.bob.send(ships.channel, "no idea", reply_to=first)
    robot = ships.guild.add_member(ships.env.create_user("robot", bot=True))
    await ships.mention(AURORA, by=robot)
    assert [each.author.name for each in ships.channel.history()] == ["alice", "bob", "robot"]


async def test_a_dm_reads_the_operators_collection_and_is_a_conversation(ships: World) -> None:
    await ships.pool.ingest(
        0,
        lambda collection: collection.library.add_text(
            SHIPS.replace("Aurora", "Zephyr"), title="Own"
        ),
    )
    user = ships.alice.user
    await user.send_dm("When did the ship Zephyr sink?")
    assert "The ship Zephyr sank near Iceland in 1911." in user.dm_channel.last_message.content
    await user.send_dm("And where did she sink?")
    last = user.dm_channel.last_message.content
    assert "-# Searched for: When did the ship Zephyr sink? And where did she sink?" in last
    asked = await user.slash("ask", question="and who drowned?")
    whole = "When did the ship Zephyr sink? And where did she sink? and who drowned?"
    assert f"Searched for: {whole}" in asked.response.content


async def test_a_reply_to_an_answer_continues_it_whoever_asked(ships: World) -> None:
    await ships.mention(BOREALIS)
    first = ships.channel.last_message
    await ships.alice.send(ships.channel, "What did her captain do?", reply_to=first)
    second = ships.channel.last_message
    assert f"Searched for: {BOREALIS} What did her captain do?" in second.content
    assert "Her captain swam to the shore." in second.content
    await ships.alice.send(ships.channel, "and where was it?", reply_to=second)
    third = ships.channel.last_message
    whole = f"{BOREALIS} What did her captain do? and where was it?"
    assert f"Searched for: {whole}" in third.content
    await ships.bob.send(ships.channel, "and where was it?", reply_to=second)
    assert f"Searched for: {whole}" in ships.channel.last_message.content


async def test_new_starts_a_fresh_conversation_in_a_direct_message(ships: World) -> None:
    ships.share("The ship Zephyr sank near Oslo in 1950.", title="Zephyr")
    user = ships.env.create_user("dora")
    await user.send_dm("When did the ship Zephyr sink?")
    fresh = await user.slash("new")
    assert fresh.response.content.startswith("**New topic.**")
    await user.send_dm("And where did she sink?")
    assert "Searched for" not in user.dm_channel.last_message.content


async def test_a_mention_alone_says_when_it_cannot_read_the_message_above(ships: World) -> None:
    asked = await ships.bob.send(ships.channel, BOREALIS)
    assert ships.bot.user is not None
    await ships.alice.send(ships.channel, f"<@{ships.bot.user.id}>", reply_to=asked)
    assert ships.channel.last_message.content.startswith("Discord does not show me the message")


async def test_with_the_intent_a_mention_alone_answers_the_message_it_replies_to(
    tmp_path: Path, encoder: Encoder
) -> None:
    async with world(tmp_path, encoder, message_content=True) as ships:
        await ships.add()
        asked = await ships.bob.send(ships.channel, BOREALIS)
        assert ships.bot.user is not None
        await ships.alice.send(ships.channel, f"<@{ships.bot.user.id}>", reply_to=asked)
        answer = ships.channel.last_message
        assert answer.content.startswith(f"-# “{BOREALIS}”\n> **[1]** The ship Borealis sank")
        await ships.alice.send(ships.channel, "What did her captain do?", reply_to=answer)
        assert f"Searched for: {BOREALIS} What did" in ships.channel.last_message.content


async def test_a_reply_whose_content_does_not_arrive_is_told_how_to_ask(ships: World) -> None:
    asked = await ships.ask(AURORA)
    await ships.alice.send(ships.channel, "and where?", reply_to=asked.response)
    assert ships.channel.last_message.content == (
        "Discord does not show me what you wrote there: mention me, or press **Follow up** under"
        " an answer."
    )


async def test_follow_up_asks_on_from_the_answer_it_stands_under(ships: World) -> None:
    asked = await ships.ask(BOREALIS)
    opened = await ships.alice.click(asked.response, label="Follow up")
    assert opened.modal is not None
    assert opened.modal["title"] == "Follow up"
    second = await ships.alice.submit_modal(opened, {"question": "What did her captain do?"})
    assert "-# “What did her captain do?”" in second.response.content
    assert f"Searched for: {BOREALIS} What did her captain do?" in second.response.content
    third = await ships.follow_up(second.response, "and where was it?")
    whole = f"{BOREALIS} What did her captain do? and where was it?"
    assert f"Searched for: {whole}" in third.response.content
    other = await ships.follow_up(second.response, "and where was it?", by=ships.bob)
    assert f"Searched for: {whole}" in other.response.content


async def test_a_follow_up_of_an_abstention_leans_on_nothing(ships: World) -> None:
    asked = await ships.ask(OFF_TOPIC)
    second = await ships.follow_up(asked.response, "and where was it?")
    assert "Searched for" not in second.response.content


async def test_a_thread_is_a_conversation_of_its_own(ships: World) -> None:
    asked = await ships.ask(BOREALIS, thread=True)
    [thread] = ships.channel.threads
    assert thread.id == asked.response.id
    assert thread.name == BOREALIS
    assert thread.last_message.content.startswith("Ask on here: mention me in your message")
    await ships.mention("What did her captain do?", channel=thread)
    first = thread.last_message.content
    assert f"Searched for: {BOREALIS} What did her captain do?" in first
    await ships.mention("and where was it?", by=ships.bob, channel=thread)
    assert "Searched for" not in thread.last_message.content
    inside = await ships.ask("and where was it?", channel=thread)
    whole = f"{BOREALIS} What did her captain do? and where"
    assert f"Searched for: {whole}" in inside.response.content
    await ships.ask(AURORA, thread=True)
    other = ships.channel.threads[-1]
    await ships.mention("What did her captain do?", channel=other)
    assert f"Searched for: {AURORA} What did her captain do?" in other.last_message.content


async def test_in_a_thread_members_may_talk_among_themselves(ships: World) -> None:
    await ships.ask(AURORA, thread=True)
    [thread] = ships.channel.threads
    said = len(thread.history())
    await ships.alice.send(thread, "interesting, bob!")
    assert len(thread.history()) == said + 1


async def test_with_the_intent_a_thread_needs_no_mention(tmp_path: Path, encoder: Encoder) -> None:
    async with world(tmp_path, encoder, message_content=True) as ships:
        await ships.add()
        await ships.ask(BOREALIS, thread=True)
        [thread] = ships.channel.threads
        assert thread.last_message.content.startswith("Ask on here: write your question")
        await ships.alice.send(thread, "What did her captain do?")
        assert f"Searched for: {BOREALIS} What did" in thread.last_message.content


async def test_where_no_thread_can_be_opened_the_answer_stands_and_it_is_said(
    ships: World,
) -> None:
    ships.env.inject_error("POST", "/channels/*/messages/*/threads", status=403, code=50013)
    asked = await ships.ask(AURORA, thread=True)
    assert CITED in asked.response.content
    [told] = asked.followups
    assert told.ephemeral
    assert told.content.startswith("I could not open a thread here: give me the permissions")


async def test_in_context_shows_the_paragraph_to_one_member(ships: World) -> None:
    asked = await ships.ask(AURORA)
    shown = await ships.bob.click(asked.response, label="In context")
    assert shown.ephemeral
    assert shown.response.content == (
        "> **The ship Aurora sank near Iceland in 1911.** Her captain drowned with 11 sailors.\n"
        "-# Ships · sentence 1 of 4"
    )


async def test_in_context_says_when_the_article_has_changed_or_gone(ships: World) -> None:
    asked = await ships.ask(AURORA)
    await ships.pool.ingest(ships.guild.id, lambda collection: collection.library.remove(1))
    gone = await ships.alice.click(asked.response, label="In context")
    assert gone.ephemeral
    assert gone.response.content.startswith("No article with id 1 here")


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (
            f"A list of ships.\n\n{SHIPS}",
            "> **The ship Aurora sank near Iceland in 1911.** Her captain drowned with 11 sailors."
            "\n-# S · sentence 2 of 5 · moved since that answer",
        ),
        (
            SHIPS.replace("Iceland in 1911", "Iceland in May 1911"),
            "> **The ship Aurora sank near Iceland in May 1911.** Her captain drowned with 11"
            " sailors.\n-# S · sentence 1 of 4 · reworded since that answer",
        ),
        (
            SHIPS.replace("near Iceland", "near\nIceland"),
            "> **The ship Aurora sank near Iceland in 1911.** Her captain drowned with 11 sailors."
            "\n-# S · sentence 1 of 5",
        ),
        (
            f"{SHIPS} Nobody else did.",
            "> **The ship Aurora sank near Iceland in 1911.** Her captain drowned with 11 sailors."
            "\n-# S · sentence 1 of 5",
        ),
        (
            "Everything is different now. Nothing is as it was.",
            "The article has changed since that answer, and no longer says that: ask again.",
        ),
    ],
    ids=["moved", "reworded", "parted", "elsewhere", "gone"],
)
async def test_in_context_finds_the_sentence_in_another_text_under_the_same_id(
    here: World, now: str, shown: str
) -> None:
    await put(here, SHIPS)
    asked = await here.ask(AURORA)
    await put(here, now)
    pressed = await here.alice.click(asked.response, label="In context")
    assert pressed.response.content == shown


async def test_a_follow_up_does_not_lean_on_places_of_an_older_text(
    here: World, searched: list[Query]
) -> None:
    await put(here, SHIPS)
    asked = await here.ask(AURORA)
    searched.clear()
    for text, cited in [
        (SHIPS, ((1, 1),)),
        (f"A list of ships.\n\n{SHIPS}", ((1, 2),)),
        ("The port is large. Ships are built there.", ()),
    ]:
        await put(here, text)
        await here.follow_up(asked.response, "Where was that?")
        assert [query.cited for query in searched] == [cited]
        searched.clear()


async def put(here: World, text: str) -> None:
    """Put the next version of an article on the server's collection."""
    await here.pool.ingest(
        here.guild.id, lambda collection: collection.library.add_text(text, title="S", source="s")
    )


async def test_votes_are_kept_once_a_member_and_counted(ships: World) -> None:
    asked = await ships.ask(AURORA)
    await ships.ask(OFF_TOPIC)
    for member, label in (
        (ships.alice, "👍"),
        (ships.alice, "👎"),
        (ships.bob, "👍"),
        (ships.bob, "👍"),
    ):
        voted = await member.click(asked.response, label=label)
        assert voted.ephemeral
        assert voted.response.content.startswith("Thank you. Recorded: ")
    stats = await ships.bob.slash(ships.channel, "stats")
    assert stats.ephemeral
    assert stats.response.content.splitlines() == [
        "Articles: **1**",
        "Questions answered: **1**",
        "Questions the article does not answer: **1**",
        "👍 **1** · 👎 **1**",
    ]


async def test_buttons_live_on_after_a_restart(ships: World) -> None:
    asked = await ships.ask(BOREALIS)
    await ships.env.restart_bot(client_over(ships.pool))
    shown = await ships.alice.click(asked.response, label="In context")
    assert "**The ship Borealis sank near Norway in 1920.**" in shown.response.content
    assert (await ships.alice.click(asked.response, label="👍")).acknowledged
    second = await ships.follow_up(asked.response, "What did her captain do?")
    assert f"Searched for: {BOREALIS} What did her captain do?" in second.response.content


async def test_commands_are_told_to_discord_once_and_when_they_have_changed(
    ships: World,
) -> None:
    def registered() -> int:
        return sum(
            each.method == "PUT" and each.path.endswith("/commands")
            for each in ships.env.http_requests
        )

    assert registered() == 1
    await ships.env.restart_bot(client_over(ships.pool))
    assert registered() == 1
    changed = client_over(ships.pool)
    changed.tree.remove_command("stats")
    await ships.env.restart_bot(changed)
    assert registered() == 2


async def test_the_article_option_offers_this_servers_titles(ships: World) -> None:
    await ships.add("The dog barked at the postman.", title="Pets @everyone")
    offered = await ships.alice.autocomplete(ships.channel, "ask", "article", "SHI")
    assert offered == [{"name": "1: Ships", "value": 1}]
    assert len(await ships.alice.autocomplete(ships.channel, "ask", "article", "")) == 2
    asked = await ships.ask(AURORA, article=2)
    assert "The article does not say" in asked.response.content
    unknown = await ships.ask(AURORA, article=77)
    assert unknown.followups[0].content.startswith("No article with id 77 here")


async def test_ask_the_article_about_this_takes_a_message_as_the_question(ships: World) -> None:
    sent = await ships.bob.send(ships.channel, AURORA)
    asked = await ships.alice.context_menu(ships.channel, "Ask the article about this", sent)
    assert asked.response.content.startswith(f"-# “{AURORA}”\n{CITED}")


async def test_two_servers_never_see_each_others_articles(ships: World) -> None:
    other = ships.env.create_guild("Airport")
    hall = other.create_text_channel("hall")
    carol = other.add_member(ships.env.create_user("carol"))
    await ships.add("The plane Zephyr landed in Oslo in 1950.", title="Planes", guild=other)
    there = await ships.ask("When did the plane Zephyr land?", by=carol, channel=hall)
    assert "The plane Zephyr landed in Oslo in 1950." in there.response.content
    ours = await ships.ask("When did the plane land?")
    assert "Zephyr" not in ours.response.content
    stolen = await ships.ask(AURORA, article=1, by=carol, channel=hall)
    assert stolen.followups[0].content.startswith("No article with id 1 here")
    assert await carol.autocomplete(hall, "ask", "article", "") == [
        {"name": "2: Planes", "value": 2}
    ]
    answer = await ships.ask(AURORA)
    await carol.slash(hall, "stats")
    await ships.alice.click(answer.response, label="👍")
    stats = await carol.slash(hall, "stats")
    assert "👍 **0**" in stats.response.content


async def test_a_short_answer_comes_first_and_is_bold_in_its_sentence(
    tmp_path: Path, encoder: Encoder
) -> None:
    async with world(tmp_path, encoder, reader=None) as ships:
        await ships.add()
        asked = await ships.ask(AURORA)
    _, short, quote, _ = asked.response.content.splitlines()
    assert short == "**1911**"
    assert quote == "> **[1]** The ship Aurora sank near Iceland in **1911**."


async def test_two_thousand_characters_are_a_question_like_any_other(ships: World) -> None:
    asked = await ships.ask((AURORA + " ") * 64 + "x" * 16)
    assert len(asked.response.content) < 2_000
    assert asked.response.content.splitlines()[0].endswith("…”")
    assert isinstance(asked.response.message, discord.Message)
