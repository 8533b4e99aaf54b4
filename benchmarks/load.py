"""The bot in a process of its own under load, the real model loaded, over real sockets.

python -m benchmarks.load [SQUAD_FILE] [QUESTIONS]
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from benchmarks.squad import Case, chosen_path, load_cases
from tests.support.bot_process import BotProcess
from tests.support.loopback_discord import TOKEN, Loopback
from tests.support.loopback_world import DEADLINE, MANAGER, Interaction, Message

AT_ONCE, IN_A_ROW = 1_000, 10_000
_TOGETHER = 8  # questions under way while many are asked in a row
_BUSY = "try again"
_PATIENCE = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Load:
    """What came of the two runs. Times are in seconds, memory in bytes."""

    delays: list[float]
    answered: int
    busy: int
    lost: int
    beats: int
    latest: float
    in_a_row: int
    in_a_row_answered: int
    rate: float
    warm: int
    end: int


def table(cases: list[Case], *, at_once: int = AT_ONCE, in_a_row: int = IN_A_ROW) -> list[str]:
    """Measure, and give the table's lines in Markdown."""
    load = measure(cases[0], at_once=at_once, in_a_row=in_a_row)
    timely = sum(delay < DEADLINE for delay in load.delays)
    total = len(load.delays)
    rows = [
        ("interactions at once", "", f"{total}"),
        ("acknowledged within 3 s", f"{total}", f"{timely}"),
        ("slowest acknowledgement", "3 s", f"{max(load.delays):.2f} s"),
        ("answered, or told when to try again", f"{total}", f"{load.answered + load.busy}"),
        ("of these answered", "", f"{load.answered}"),
        ("answered twice, or left thinking", "0", f"{load.lost}"),
        ("heartbeats, one a second", "", f"{load.beats}"),
        ("the latest came late by", "at most 1 s", f"{load.latest:.2f} s"),
        (f"questions, {_TOGETHER} at a time", "", f"{load.in_a_row}"),
        ("of these answered", f"{load.in_a_row}", f"{load.in_a_row_answered}"),
        ("answered a second", "", f"{load.rate:.1f}"),
        ("memory at the end / after a fifth", "at most 1.05", f"{load.end / load.warm:.3f}"),
    ]
    return [
        "| measure | wanted | measured |",
        "|---|---|---|",
        *(f"| {name} | {wanted} | {measured} |" for name, wanted, measured in rows),
    ]


def measure(case: Case, *, at_once: int, in_a_row: int) -> Load:
    """Let a bot answer over one article: first all at once, then one after the other."""
    questions = cycle(question.text for question in case.questions)
    with tempfile.TemporaryDirectory() as folder, Loopback() as discord:
        settings = {"FOOTNOTE_COOLDOWN": "0", "FOOTNOTE_SHARED": "off"}
        process = BotProcess(
            discord.address, Path(folder), token=TOKEN, settings=settings, stand_in=None
        )
        with process as bot:
            _prepare(discord, bot, case)
            burst = discord.ask_at_once(list(islice(questions, at_once)))
            discord.come_to_rest(seconds=_PATIENCE, quiet=1.0)
            seen = [_seen(discord, each) for each in burst]
            fifth, rest = in_a_row // 5, in_a_row - in_a_row // 5
            answered = _in_a_row(discord, list(islice(questions, fifth)))
            warm, begun = bot.memory(), time.monotonic()
            answered += _in_a_row(discord, list(islice(questions, rest)))
            taken, end = time.monotonic() - begun, bot.memory()
    lateness = discord.gateway.lateness
    return Load(
        delays=[each.delay for each in burst],
        answered=seen.count("answered"),
        busy=seen.count("busy"),
        lost=seen.count("lost"),
        beats=len(lateness),
        latest=max(lateness),
        in_a_row=in_a_row,
        in_a_row_answered=answered,
        rate=rest / taken,
        warm=warm,
        end=end,
    )


def _prepare(discord: Loopback, bot: BotProcess, case: Case) -> None:
    discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=_PATIENCE)
    file = discord.attach(f"{case.title}.txt", case.text.encode())
    discord.slash("article add", channel=discord.new_channel(), rights=MANAGER, file=file)
    discord.settle(seconds=_PATIENCE)
    discord.slash("ask", channel=discord.new_channel(), question=case.questions[0].text)
    discord.settle(seconds=_PATIENCE)


def _in_a_row(discord: Loopback, questions: list[str]) -> int:
    """Ask with a few under way at any time, and give how many got an answer."""
    made: list[Interaction] = []
    for question in questions:
        made += discord.ask_at_once([question])
        _wait_for(discord, made[: -_TOGETHER + 1][-_TOGETHER:])
    _wait_for(discord, made[-_TOGETHER:])
    return sum(_seen(discord, each) == "answered" for each in made)


def _wait_for(discord: Loopback, interactions: list[Interaction]) -> None:
    discord.wait(lambda: all(map(_over, interactions)), seconds=_PATIENCE, what="the bot to answer")


def _over(interaction: Interaction) -> bool:
    if interaction.callback is None:
        return time.monotonic() - interaction.sent > 2 * DEADLINE
    return any(message.visible for message in _messages(interaction))


def _seen(discord: Loopback, interaction: Interaction) -> str:
    texts = [message.text for message in discord.outcomes(interaction)]
    if len(texts) != 1 or interaction.thinking:
        return "lost"
    return "busy" if _BUSY in texts[0] else "answered"


def _messages(interaction: Interaction) -> list[Message]:
    return [each for each in (interaction.original, *interaction.followups) if each is not None]


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument.isdecimal()]
    sys.argv[1:] = [argument for argument in sys.argv[1:] if not argument.isdecimal()]
    count = int(given[0]) if given else IN_A_ROW
    print("\n".join(table(load_cases(chosen_path()), in_a_row=count)))
