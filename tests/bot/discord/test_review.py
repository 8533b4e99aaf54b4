"""Owning an answer: votes with a reason, reviews, deleting, and answers to one member alone."""

from typing import Any

import discord
import pytest

from tests.support.discord_world import AURORA, BOREALIS, World

OFF_TOPIC = "Who won the World Cup in 2018?"
MODERATOR = discord.Permissions(manage_messages=True)


def bot(here: World) -> int:
    assert here.bot.user is not None
    return here.bot.user.id


async def reviewed(here: World, **options: Any) -> list[str]:
    """What `/review` lists, without its last line."""
    shown = await here.manager.slash(here.channel, "review", **options)
    assert shown.ephemeral
    lines: list[str] = shown.response.content.splitlines()
    return lines[:-1]


def link(here: World, message: Any) -> str:
    return f"https://discord.com/channels/{here.guild.id}/{here.channel.id}/{message.id}"


async def flag(here: World, answer: Any, reason: str) -> str:
    """Vote against an answer as bob, for a reason; return what the bot says in the end."""
    voted = await here.bob.click(answer, label="👎")
    assert voted.ephemeral
    assert voted.response.content == "Thank you. Recorded: 👎. What is wrong?"
    chosen = await here.bob.select(voted.response, [reason])
    assert chosen.ephemeral
    return str(chosen.response.content)


async def test_a_vote_against_an_answer_asks_why_and_is_reviewed(ships: World) -> None:
    asked = await ships.ask(AURORA)
    refused = await ships.ask(OFF_TOPIC)
    assert await flag(ships, asked.response, "outdated") == "Thank you. Recorded: out of date."
    await flag(ships, refused.response, "missing")
    assert await reviewed(ships) == [
        f"- not answered · 👎 the article does say it · {link(ships, refused.response)}",
        f"- 👎 out of date · {link(ships, asked.response)}",
    ]
    await ships.bob.click(asked.response, label="👍")
    assert len(await reviewed(ships)) == 1


async def test_a_review_without_anything_says_so(ships: World) -> None:
    assert (await reviewed(ships))[0].startswith("There is nothing to review")


async def test_questions_are_kept_only_after_a_manager_switched_that_on(ships: World) -> None:
    before = await ships.ask(OFF_TOPIC)
    await reviewed(ships, keep_questions=True)
    after = await ships.ask(OFF_TOPIC)
    asked = await ships.ask(AURORA)
    await ships.bob.click(asked.response, label="👎")
    lines = await reviewed(ships)
    assert lines == [
        f"- 👎 · {link(ships, asked.response)} · “{AURORA}”",
        f"- not answered · {link(ships, after.response)} · “{OFF_TOPIC}”",
        f"- not answered · {link(ships, before.response)}",
    ]
    assert "“" not in "".join(await reviewed(ships, keep_questions=False))


async def test_the_asker_deletes_an_answer_with_all_its_parts(here: World) -> None:
    words = ("ship", "captain", "harbour", "storm")
    sentences = [f"The {word} was {f'old and {word} like, ' * 40}and sank." for word in words]
    await here.add(" ".join(sentences), title="Long")
    await here.mention("tell me about this article")
    _, first, _ = here.channel.history()
    deleted = await here.alice.click(first, label="🗑")
    assert deleted.ephemeral
    assert deleted.response.content == "Deleted."
    assert len(here.channel.history()) == 1


async def test_a_deleted_answer_is_out_of_reviews(ships: World) -> None:
    asked = await ships.ask(OFF_TOPIC)
    await ships.alice.click(asked.response, label="🗑")
    assert (await reviewed(ships))[0].startswith("There is nothing to review")


async def test_only_the_asker_and_moderators_delete_an_answer(ships: World) -> None:
    asked = await ships.ask(AURORA)
    refused = await ships.bob.click(asked.response, label="🗑")
    assert refused.ephemeral
    assert refused.response.content.startswith("Only the member who asked, and members with")
    assert len(ships.channel.history()) == 1
    role = ships.guild.create_role("Moderators", permissions=MODERATOR)
    carol = ships.guild.add_member(ships.env.create_user("carol"), roles=[role])
    deleted = await carol.click(asked.response, label="🗑")
    assert deleted.response.content == "Deleted."
    assert ships.channel.history() == []


@pytest.mark.parametrize(
    ("status", "code", "shown"),
    [(404, 10008, "Deleted."), (403, 50013, "I may not delete messages here")],
    ids=["deleted meanwhile", "missing permission"],
)
async def test_an_answer_that_cannot_be_deleted_is_one_message_all_the_same(
    ships: World, status: int, code: int, shown: str
) -> None:
    asked = await ships.ask(AURORA)
    ships.env.inject_error("DELETE", "/channels/*/messages/*", status=status, code=code)
    deleted = await ships.alice.click(asked.response, label="🗑")
    assert deleted.response.content.startswith(shown)
    assert deleted.followups == []


async def test_a_private_answer_and_its_follow_ups_are_shown_to_one_member(ships: World) -> None:
    asked = await ships.ask(AURORA, private=True)
    assert asked.ephemeral
    assert "sank near Iceland in 1911" in asked.response.content
    row = [each["label"] for each in asked.response.components[-1]["components"]]
    assert row == ["In context", "Follow up", "👍", "👎"]
    second = await ships.follow_up(asked.response, "What did her captain do?")
    assert second.ephemeral
    await ships.alice.click(asked.response, label="👎")
    await ships.ask(OFF_TOPIC, private=True)
    assert (await reviewed(ships))[0].startswith("There is nothing to review")


async def test_a_private_answer_has_no_thread(ships: World) -> None:
    asked = await ships.ask(AURORA, private=True, thread=True)
    assert asked.ephemeral
    assert asked.response.content.startswith("A private answer has no thread")


async def test_the_buttons_of_former_versions_still_work(ships: World) -> None:
    asked = await ships.ask(AURORA)
    voted = await ships.bob.click(asked.response, custom_id="fn:vote:wrong")
    assert voted.response.content.startswith("Thank you. Recorded: 👎")


async def test_deleting_a_question_deletes_its_answer(ships: World) -> None:
    sent = await ships.mention(AURORA)
    other = await ships.mention(AURORA, by=ships.bob)
    await ships.alice.delete(sent)
    left, answer = ships.channel.history()
    assert left.id == other.id
    assert answer.reference.message_id == other.id


async def test_after_ten_minutes_the_answer_stays(
    ships: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await ships.mention(AURORA)
    monkeypatch.setattr("bot.discord.recent.DELETABLE", -1.0)
    await ships.alice.delete(sent)
    assert len(ships.channel.history()) == 1


@pytest.mark.parametrize(("status", "code"), [(404, 10008), (403, 50013)])
async def test_an_answer_that_cannot_go_with_its_question_is_no_error(
    ships: World, status: int, code: int
) -> None:
    sent = await ships.mention(AURORA)
    ships.env.inject_error("DELETE", "/channels/*/messages/*", status=status, code=code)
    await ships.alice.delete(sent)
    assert len(ships.channel.history()) == 1


async def test_editing_a_question_answers_anew_in_place(ships: World) -> None:
    sent = await ships.mention(AURORA)
    answer = ships.channel.last_message
    await ships.alice.edit(sent, f"<@{bot(ships)}> {BOREALIS}")
    assert len(ships.channel.history()) == 2
    assert ships.channel.last_message.id == answer.id
    assert "The ship Borealis sank near Norway in 1920." in ships.channel.last_message.content
    stats = await ships.bob.slash(ships.channel, "stats")
    await ships.alice.edit(sent, f"<@{bot(ships)}>  {BOREALIS}")  # the same question
    again = await ships.bob.slash(ships.channel, "stats")
    assert stats.response.content == again.response.content


async def test_after_two_minutes_an_edit_changes_nothing(
    ships: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = await ships.mention(AURORA)
    monkeypatch.setattr("bot.discord.recent.EDITABLE", -1.0)
    await ships.alice.edit(sent, f"<@{bot(ships)}> {BOREALIS}")
    assert "Aurora" in ships.channel.last_message.content


async def test_an_edited_question_whose_answer_is_gone_gets_one_reply(ships: World) -> None:
    sent = await ships.mention(AURORA)
    await ships.alice.click(ships.channel.last_message, label="🗑")
    assert len(ships.channel.history()) == 1
    await ships.alice.edit(sent, f"<@{bot(ships)}> {BOREALIS}")
    assert len(ships.channel.history()) == 2
    assert "Borealis" in ships.channel.last_message.content


async def test_an_answer_after_a_failed_edit_stands_as_one_error(ships: World) -> None:
    sent = await ships.mention(AURORA)
    answer = ships.channel.last_message
    await ships.alice.edit(sent, f"<@{bot(ships)}> ?")
    assert len(ships.channel.history()) == 2
    assert ships.channel.last_message.id == answer.id
