"""The bot in a process of its own, and everything that can go wrong around it.

Whatever goes wrong, the loopback Discord's one invariant holds: it is checked after each test.
"""

import signal
from collections.abc import Iterator, Mapping

import pytest

from tests.support.bot_process import BotProcess
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import (
    BOT,
    EPHEMERAL,
    MANAGER,
    MEMBER,
    OTHER_GUILD,
    Fault,
    Interaction,
    Meeting,
    Message,
    meetings,
    rate_limited,
)

SHIPS = b"""# Ships

The ship Aurora sank near Iceland in 1911. Her captain drowned with 11 sailors.

The ship Borealis sank near Norway in 1920. Her captain swam to the shore."""
QUESTION = "When did the ship Aurora sink?"
ANSWER = "sank near Iceland in 1911"
CALLBACK, ORIGINAL, FOLLOW_UP = r"/callback$", r"/messages/@original$", rf"/webhooks/{BOT}/\w+$"
LIMITED, BEFORE, AFTER = rate_limited(0.3), Fault(), Fault(applied=True)
CUT, CUT_AFTER = Fault(dropped=True), Fault(applied=True, dropped=True)
LATE = Fault(status=None, delay=1.0)
EXPIRED = Fault(status=None, expired=True)

ANSWERED: Mapping[str, list[Meeting]] = {
    "none": [],
    "callback-429": meetings("POST", CALLBACK, LIMITED),
    "callback-500": meetings("POST", CALLBACK, BEFORE),
    "callback-500-applied": meetings("POST", CALLBACK, AFTER),
    "callback-cut": meetings("POST", CALLBACK, CUT),
    "callback-cut-twice": meetings("POST", CALLBACK, CUT, CUT),
    "callback-cut-applied": meetings("POST", CALLBACK, CUT_AFTER),
    "callback-cut-applied-then-500": meetings("POST", CALLBACK, CUT_AFTER, BEFORE),
    "callback-late": meetings("POST", CALLBACK, LATE),
    "edit-429": meetings("PATCH", ORIGINAL, LIMITED, LIMITED),
    "edit-500": meetings("PATCH", ORIGINAL, BEFORE, BEFORE),
    "edit-500-applied": meetings("PATCH", ORIGINAL, AFTER),
    "edit-cut": meetings("PATCH", ORIGINAL, CUT),
    "edit-cut-twice": meetings("PATCH", ORIGINAL, CUT, CUT),
    "edit-cut-applied": meetings("PATCH", ORIGINAL, CUT_AFTER),
    "edit-cut-five-times": meetings("PATCH", ORIGINAL, CUT, CUT, CUT, CUT, CUT),
    "edit-late": meetings("PATCH", ORIGINAL, LATE),
    "edit-expired": meetings("PATCH", ORIGINAL, EXPIRED),
    "callback-cut-applied-and-edit-500-applied": [
        *meetings("POST", CALLBACK, CUT_AFTER),
        *meetings("PATCH", ORIGINAL, AFTER),
    ],
}
"""What an answer may meet on its way and yet arrive, once."""

BROKEN: Mapping[str, list[Meeting]] = {
    "callback-too-late": meetings("POST", CALLBACK, Fault(delay=3.2), BEFORE),
    "edit-refused": meetings("PATCH", ORIGINAL, Fault(status=400, code=50035)),
}
"""What no answer survives."""

TOLD: Mapping[str, list[Meeting]] = {
    "none": [],
    "callback-500-applied": meetings("POST", CALLBACK, AFTER),
    "edit-500-applied": meetings("PATCH", ORIGINAL, AFTER),
    "edit-cut": meetings("PATCH", ORIGINAL, CUT),
    "follow-up-429": meetings("POST", FOLLOW_UP, LIMITED),
    "follow-up-500": meetings("POST", FOLLOW_UP, BEFORE),
    "follow-up-cut": meetings("POST", FOLLOW_UP, CUT),
    "follow-up-refused": meetings("POST", FOLLOW_UP, Fault(status=403)),
    "delete-429": meetings("DELETE", ORIGINAL, LIMITED),
    "delete-500-applied": meetings("DELETE", ORIGINAL, AFTER),
    "delete-cut": meetings("DELETE", ORIGINAL, CUT),
    "delete-cut-applied": meetings("DELETE", ORIGINAL, CUT_AFTER),
}
"""What an error may meet on its way and yet be told, once."""

REPLIED: Mapping[str, list[Fault]] = {
    "none": [],
    "429": [LIMITED],
    "500": [BEFORE],
    "500-applied": [AFTER],
    "cut": [CUT],
    "cut-applied-twice": [CUT_AFTER, CUT_AFTER],
}
"""What a reply may meet on its way and yet arrive, once."""


@pytest.fixture(scope="module")
def discord() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(scope="module")
def bot(discord: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot that knows one article on its first server."""
    folder = tmp_path_factory.mktemp("bot")
    settings = {
        "FOOTNOTE_COOLDOWN": "0",
        "FOOTNOTE_SERVER_QUEUE": "64",
        "FOOTNOTE_SHARED": "off",  # so that the second server has nothing to ask
    }
    with BotProcess(discord.address, folder, token=TOKEN, settings=settings) as started:
        discord.at_work = lambda: started.at_work
        discord.wait(lambda: discord.gateway.online == 1 or not started.running, seconds=300)
        assert started.running, started.said()
        file = discord.attach("ships.md", SHIPS)
        added = discord.slash("article add", rights=MANAGER, file=file)
        discord.settle(seconds=300)
        [outcome] = discord.outcomes(added)
        assert outcome.text.startswith("Added **Ships**")
        yield started


@pytest.fixture(scope="module")
def answered(discord: Loopback, bot: BotProcess) -> Mapping[str, Interaction]:
    """Questions that were asked all at once, each with what it met."""
    asked = {name: ask(discord, faults) for name, faults in {**ANSWERED, **BROKEN}.items()}
    discord.settle()
    return asked


@pytest.fixture(scope="module")
def told(discord: Loopback, bot: BotProcess) -> Mapping[str, Interaction]:
    """The same on a server that has no article to ask."""
    asked = {name: ask(discord, faults, guild=OTHER_GUILD) for name, faults in TOLD.items()}
    discord.settle()
    return asked


@pytest.fixture(scope="module")
def replied(discord: Loopback, bot: BotProcess) -> Mapping[str, Message]:
    """Mentions of the bot, each in a channel where sending meets its faults."""
    asked = {}
    for name, faults in REPLIED.items():
        channel = discord.new_channel()
        discord.inject("POST", f"/channels/{channel}/messages$", *faults)
        asked[name] = discord.say(f"<@{BOT}> {QUESTION}", channel=channel)
    discord.settle()
    assert discord.clear_faults() == 0
    return asked


@pytest.fixture(autouse=True)
def _invariant(discord: Loopback, bot: BotProcess) -> Iterator[None]:
    yield
    discord.check()
    said = bot.said()
    assert TOKEN not in said
    assert "Aurora" not in said, "a question or an article is logged"
    assert not [each for each in discord.world.interactions.values() if each.token in said]


def ask(
    discord: Loopback, faults: list[Meeting] | None = None, *, guild: int | None = None
) -> Interaction:
    """Ask in a channel of its own."""
    channel = discord.new_channel() if guild is None else discord.new_channel(guild)
    return discord.slash("ask", channel=channel, faults=faults or [], question=QUESTION)


@pytest.mark.parametrize("met", ANSWERED)
def test_an_answer_arrives_once_whatever_it_meets(
    discord: Loopback, answered: Mapping[str, Interaction], met: str
) -> None:
    interaction = answered[met]
    [outcome] = discord.outcomes(interaction)
    assert ANSWER in outcome.text
    assert interaction.faults == []


@pytest.mark.parametrize("met", TOLD)
def test_an_error_is_told_once_whatever_it_meets(
    discord: Loopback, told: Mapping[str, Interaction], met: str
) -> None:
    interaction = told[met]
    [outcome] = discord.outcomes(interaction)
    assert "There is no article here yet" in outcome.text
    assert interaction.faults == []


@pytest.mark.parametrize("met", REPLIED)
def test_a_reply_arrives_once_whatever_it_meets(
    discord: Loopback, replied: Mapping[str, Message], met: str
) -> None:
    [reply] = discord.replies(replied[met])
    assert ANSWER in reply.text
    assert reply.allowed_mentions is not None
    assert not reply.allowed_mentions.get("parse")


def test_an_answer_that_must_go_to_the_channel_is_sent_once_there(
    discord: Loopback, bot: BotProcess
) -> None:
    channel = discord.new_channel()
    discord.inject("POST", f"/channels/{channel}/messages$", CUT_AFTER, AFTER)
    faults = meetings("PATCH", ORIGINAL, EXPIRED)
    asked = discord.slash("ask", channel=channel, faults=faults, question=QUESTION)
    discord.settle()
    [outcome] = discord.outcomes(asked)
    assert ANSWER in outcome.text
    assert discord.clear_faults() == 0


def test_an_answer_that_is_refused_is_a_visible_error(
    discord: Loopback, answered: Mapping[str, Interaction]
) -> None:
    [outcome] = discord.outcomes(answered["edit-refused"])
    assert "Something went wrong" in outcome.text


def test_an_interaction_that_cannot_be_acknowledged_in_time_is_let_go(
    discord: Loopback, answered: Mapping[str, Interaction]
) -> None:
    asked = answered["callback-too-late"]
    assert asked.callback is None
    assert discord.outcomes(asked) == []


COMMANDS = ("help", "articles", "about", "privacy delete-mine", "article list", "article use")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_only_its_member_sees_ends_in_one_answer_or_one_error(
    discord: Loopback, bot: BotProcess, command: str
) -> None:
    met = {
        name: ANSWERED[name] for name in ("callback-cut-applied", "edit-cut", "edit-500-applied")
    }
    used = {
        name: discord.slash(command, channel=discord.new_channel(), faults=list(faults))
        for name, faults in {**met, **BROKEN}.items()
    }
    discord.settle()
    for name in met:
        assert used[name].faults == []
        assert len(discord.outcomes(used[name])) == 1
    assert "Something went wrong" in discord.outcomes(used["edit-refused"])[0].text
    assert discord.outcomes(used["callback-too-late"]) == []


def test_the_rights_of_a_command_are_discords_to_give(discord: Loopback, bot: BotProcess) -> None:
    listed = discord.slash("article list", channel=discord.new_channel(), rights=MEMBER)
    unbound = discord.slash("article list", channel=discord.new_dm(6_000))
    lost = discord.slash(
        "article use",
        channel=discord.new_channel(),
        rights=MEMBER,
        faults=meetings("POST", CALLBACK, CUT_AFTER),
        articles="all",
    )
    discord.settle()
    assert "**Ships**" in discord.outcomes(listed)[0].text
    assert "managed on a server" in discord.outcomes(unbound)[0].text
    assert "every article here" in discord.outcomes(lost)[0].text


PRESSED: Mapping[str, list[Meeting]] = {
    each: ANSWERED[each] for each in ("none", "callback-cut-applied", "edit-500-applied")
} | {"edit-cut": ANSWERED["edit-cut"]}
"""What the answer to a press may meet on its way."""


def replied_in_a_channel_of_its_own(discord: Loopback) -> tuple[Message, Message]:
    """Ask by a mention; return the question and its answer."""
    asked = discord.say(f"<@{BOT}> {QUESTION}", channel=discord.new_channel())
    discord.settle()
    [answer] = discord.replies(asked)
    return asked, answer


@pytest.mark.parametrize("met", PRESSED)
def test_a_vote_its_reason_and_a_review_are_confirmed_once(
    discord: Loopback, bot: BotProcess, met: str
) -> None:
    _, answer = replied_in_a_channel_of_its_own(discord)
    member = 4711
    pressed = [
        discord.press(answer, "fn:vote:wrong", user=member, faults=list(PRESSED[met])),
        discord.press(
            answer,
            f"fn:why:{answer.id}",
            values=["outdated"],
            user=member,
            faults=list(PRESSED[met]),
        ),
        discord.slash("review", rights=MANAGER, faults=list(PRESSED[met])),
    ]
    discord.settle()
    shown = [each.original.text for each in pressed if each.original]
    assert [text.split()[0] for text in shown] == ["Thank", "Thank", "-"]
    assert all(each.faults == [] for each in pressed)


@pytest.mark.parametrize("met", PRESSED)
def test_an_answer_is_deleted_and_that_is_said_once(
    discord: Loopback, bot: BotProcess, met: str
) -> None:
    asked, answer = replied_in_a_channel_of_its_own(discord)
    discord.withdrawn.add(asked.id)
    path = f"/messages/{answer.id}$"
    faults = {"none": BEFORE, "edit-cut": CUT_AFTER}.get(met, CUT)
    discord.inject("DELETE", path, faults)
    custom_id = f"fn:del:{asked.author['id']}"
    pressed = discord.press(
        answer, custom_id, user=int(asked.author["id"]), faults=list(PRESSED[met])
    )
    discord.settle()
    assert pressed.original is not None
    assert pressed.original.text == "Deleted."
    assert answer.deleted
    assert discord.clear_faults() == 0


def test_an_answer_goes_with_its_question_also_while_it_is_being_given(
    discord: Loopback, bot: BotProcess
) -> None:
    asked, answer = replied_in_a_channel_of_its_own(discord)
    discord.inject("DELETE", f"/messages/{answer.id}$", CUT)
    discord.delete(asked)
    early = discord.say(f"<@{BOT}> {QUESTION}", channel=discord.new_channel())
    discord.inject("POST", f"/channels/{early.channel_id}/messages$", LATE)
    discord.delete(early)
    discord.settle()
    assert discord.replies(asked) == discord.replies(early) == []
    discord.clear_faults()


@pytest.mark.parametrize("fault", [LIMITED, AFTER, CUT_AFTER, Fault(status=404, code=10008)])
def test_an_edited_question_is_answered_anew_once(
    discord: Loopback, bot: BotProcess, fault: Fault
) -> None:
    asked, answer = replied_in_a_channel_of_its_own(discord)
    if fault.code:  # the answer was deleted meanwhile
        answer.deleted = True
    else:
        discord.inject("PATCH", f"/messages/{answer.id}$", fault)
    discord.edit(asked, f"<@{BOT}> When did the ship Borealis sink?")
    discord.wait(lambda: any("Norway" in each.text for each in discord.replies(asked)))
    discord.settle()
    assert discord.clear_faults() == 0


@pytest.mark.parametrize("met", PRESSED)
def test_a_private_answer_and_a_new_topic_are_shown_once(
    discord: Loopback, bot: BotProcess, met: str
) -> None:
    private = discord.slash(
        "ask",
        channel=discord.new_channel(),
        faults=list(PRESSED[met]),
        question=QUESTION,
        private=True,
    )
    fresh = discord.slash("new", channel=discord.new_dm(4711), faults=list(PRESSED[met]))
    discord.settle()
    assert private.original is not None
    assert fresh.original is not None
    assert private.original.flags & EPHEMERAL
    assert ANSWER in private.original.text
    assert fresh.original.text.startswith("**New topic.**")


def test_an_attachment_that_cannot_be_had_is_a_visible_error(
    discord: Loopback, bot: BotProcess
) -> None:
    lost = discord.attach("lost.md", b"") | {"url": f"{discord.address}/attachments/0/lost.md"}
    added = discord.slash("article add", channel=discord.new_channel(), rights=MANAGER, file=lost)
    discord.settle()
    [outcome] = discord.outcomes(added)
    assert "could not be fetched from Discord: upload it again" in outcome.text


def test_what_was_asked_while_the_connection_was_down_is_answered_after_resuming(
    discord: Loopback, bot: BotProcess
) -> None:
    before = discord.gateway.identified, discord.gateway.resumed
    discord.drop_gateway()
    asked = ask(discord)
    discord.settle()
    assert ANSWER in discord.outcomes(asked)[0].text
    after = discord.gateway.identified, discord.gateway.resumed
    assert after == (before[0], before[1] + 1)


def test_a_drop_in_mid_answer_does_not_touch_the_answer(discord: Loopback, bot: BotProcess) -> None:
    asked = ask(discord)
    discord.wait(lambda: asked.callback is not None)
    discord.drop_gateway()
    discord.settle()
    [outcome] = discord.outcomes(asked)
    assert ANSWER in outcome.text
    discord.wait(lambda: discord.gateway.online == 1)


def test_a_session_that_is_declared_invalid_is_begun_anew(
    discord: Loopback, bot: BotProcess
) -> None:
    before = discord.gateway.identified
    discord.invalidate_sessions()
    discord.wait(lambda: discord.gateway.identified == before + 1)
    asked = ask(discord)
    discord.settle()
    assert ANSWER in discord.outcomes(asked)[0].text


def test_a_request_to_reconnect_is_followed(discord: Loopback, bot: BotProcess) -> None:
    before = discord.gateway.resumed
    discord.ask_to_reconnect()
    discord.wait(lambda: discord.gateway.resumed == before + 1)
    asked = ask(discord)
    discord.settle()
    assert ANSWER in discord.outcomes(asked)[0].text


def test_heartbeats_are_never_late(discord: Loopback, bot: BotProcess) -> None:
    assert max(discord.gateway.lateness) < 3 * discord.gateway.interval


def test_sigterm_in_mid_answer_finishes_or_marks_every_answer_and_exits_with_0(
    discord: Loopback, bot: BotProcess
) -> None:
    asked = [ask(discord) for _ in range(12)]
    discord.wait(lambda: all(each.callback is not None for each in asked))
    bot.stop(signal.SIGTERM)
    assert bot.exit_code(seconds=30) == 0
    discord.check()
    assert all(len(discord.outcomes(each)) == 1 for each in asked)
