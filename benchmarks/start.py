"""How soon an answer is there, what memory it takes, and how fast articles and questions are read.

python -m benchmarks.start [SQUAD_FILE] [--against FOLDER]

`FOLDER` is a checkout of another version, such as one made by `git worktree add`: it is run in turn
with this one, by the same Python, and the table compares both.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

TITLE = "Start, memory and speed"
REMARK = "Medians of five; each command in a fresh process, over a library that was made before."
ROOT = Path(__file__).parents[1]
ROUNDS = 5
_QUESTIONS = 1_000  # asked of the bot before its memory is read
_WARM = 60  # questions whose time is measured, after as many that are not
_SENTENCES = 300  # of the article of middle length
_ASKED = "Who broke into the embassy compound?"


def table(path: Path, *, against: Path | None = None) -> list[str]:
    """Measure, and return the table's lines in Markdown."""
    roots = [ROOT] if against is None else [ROOT, against.resolve()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_article(path, folder)
        found = [dict[str, list[float]]() for _ in roots]
        for number, root in enumerate(roots):
            _work("prepare", root, folder / str(number), folder)
        for _ in range(ROUNDS):
            for number, root in enumerate(roots):
                for name, value in _round(root, folder / str(number), folder).items():
                    found[number].setdefault(name, []).append(value)
        for number, root in enumerate(roots):
            found[number].update(_serving(root, folder))
    own, *others = [{name: median(each) for name, each in values.items()} for values in found]
    head = ["measure", "wanted", "measured", *(["before", "ratio"] if others else [])]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, (label, unit, wanted) in _MEASURES.items():
        cells = [label, wanted, f"{own[name]:.{_DIGITS[unit]}f} {unit}".rstrip()]
        for other in others:
            cells += [
                f"{other[name]:.{_DIGITS[unit]}f} {unit}".rstrip(),
                f"{own[name] / other[name]:.2f}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


_DIGITS = {"s": 2, "MB": 0, "": 2, "ms": 1, "passages/s": 0}
_MEASURES = {
    "shipped seconds": ("`footnote ask`, the shipped article", "s", "at most 1.5 s, 0.2 times"),
    "shipped memory": ("its peak memory", "MB", "at most 350 MB"),
    "middle seconds": (
        f"`footnote ask`, an article of {_SENTENCES} sentences",
        "s",
        "at most 2.0 s",
    ),
    "middle memory": ("its peak memory", "MB", "at most 350 MB"),
    "first": (
        "first answer of a library that was just opened, models loaded / the second",
        "",
        "at most 1.5",
    ),
    "adding": ("passages added a second", "passages/s", "at least 1.5 times"),
    "warm": ("warm question", "ms", "at most 0.7 times"),
    "ready": ("`footnote serve` until it is connected to Discord", "s", "at most 3 s"),
    "served memory": (f"its memory after {_QUESTIONS:,} questions", "MB", "at most 400 MB"),
}


def _write_article(path: Path, folder: Path) -> None:
    """Write the article of a SQuAD file that is nearest to 300 sentences, and its questions."""
    from benchmarks.squad import load_cases
    from index.text.segmentation import segment

    case = min(load_cases(path), key=lambda case: abs(len(segment(case.text)) - _SENTENCES))
    questions = [question.text for question in case.questions if question.answerable]
    (folder / "middle.txt").write_text(case.text, encoding="utf-8")
    (folder / "questions.json").write_text(json.dumps(questions), encoding="utf-8")


def _round(root: Path, own: Path, folder: Path) -> dict[str, float]:
    """Run all that takes a process of its own, once."""
    [asked, *_] = json.loads((folder / "questions.json").read_bytes())
    measured = dict[str, float]()
    for name, question in (("shipped", _ASKED), ("middle", asked)):
        command = ["-m", "bot", "ask", question, "--library", str(own / name)]
        seconds, memory = _run(root, command)
        measured |= {f"{name} seconds": seconds, f"{name} memory": memory}
    return measured | _work("measure", root, own, folder)


def _serving(root: Path, folder: Path) -> dict[str, list[float]]:
    """Serve the article of middle length to the loopback Discord, and ask it many questions."""
    from tests.support.bot_process import BotProcess
    from tests.support.loopback_discord import TOKEN, Loopback
    from tests.support.loopback_world import MANAGER

    questions = json.loads((folder / "questions.json").read_bytes())
    settings = {"FOOTNOTE_COOLDOWN": "0", "FOOTNOTE_SHARED": "off", "PYTHONPATH": str(root)}
    ready, memory = list[float](), list[float]()
    for number in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name, Loopback() as discord:
            begun = time.monotonic()
            place = Path(name)
            process = BotProcess(
                discord.address, place, token=TOKEN, settings=settings, stand_in=None
            )
            with process as bot:
                discord.wait(lambda: discord.gateway.online == 1 or not bot.running, seconds=60)
                ready.append(time.monotonic() - begun)
                if number == 0:
                    file = discord.attach("middle.txt", (folder / "middle.txt").read_bytes())
                    channel = discord.new_channel()
                    discord.slash("article add", channel=channel, rights=MANAGER, file=file)
                    discord.settle(seconds=60)
                    for question in islice(cycle(questions), _QUESTIONS):
                        discord.slash("ask", channel=discord.new_channel(), question=question)
                        discord.settle(seconds=60)
                    memory.append(bot.memory() / 2**20)
    return {"ready": ready, "served memory": memory}


def _work(task: str, root: Path, own: Path, folder: Path) -> dict[str, float]:
    """Run one of `_TASKS` in a process of another checkout, and return what it measured."""
    arguments = [str(Path(__file__)), "--task", task, str(own), str(folder)]
    done = subprocess.run(
        [sys.executable, *arguments],
        check=True,
        cwd=root,
        env=_environment(root),
        stdout=subprocess.PIPE,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _run(root: Path, arguments: list[str]) -> tuple[float, float]:
    """Return the seconds and the peak megabytes of a Python process."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=root,  # before PYTHONPATH, with -m
        env=_environment(root),
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def _environment(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root), "HF_HUB_OFFLINE": "1"}


def _prepare(own: Path, folder: Path) -> dict[str, float]:
    """Make a library of each article."""
    from index import Library

    own.mkdir()
    articles = {"shipped": ROOT / "articles" / "embassy.md", "middle": folder / "middle.txt"}
    for name, article in articles.items():
        with Library.open(own / name) as library:
            library.add(article)
    return {}


def _measure(own: Path, folder: Path) -> dict[str, float]:
    """Measure what needs loaded models: adding, a first answer, and warm questions."""
    from index import Library, Reader

    questions = json.loads((folder / "questions.json").read_bytes())
    reader = Reader()
    with Library.open(own / "shipped", reader=reader) as library:
        encoder = library.encoder
        library.ask(_ASKED)
    with Library.open(None, encoder=encoder, reader=reader) as library:
        text = (folder / "middle.txt").read_text(encoding="utf-8")
        adding = _seconds(partial(library.add_text, text, title="Middle"))
        passages = library.stats().passages
    with Library.open(own / "middle", encoder=encoder, reader=reader) as library:
        asked = islice(cycle(questions), 2 * _WARM)
        first, second, *warm = [_seconds(partial(library.ask, each)) for each in asked]
    return {
        "adding": passages / adding,
        "first": first / second,
        "warm": 1e3 * median(warm[-_WARM:]),
    }


_TASKS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "prepare": _prepare,
    "measure": _measure,
}


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print the table, or do one task for a process that measures."""
    if sys.argv[1:2] == ["--task"]:
        task, *places = sys.argv[2:]
        print(json.dumps(_TASKS[task](*map(Path, places))))
        return
    from benchmarks.results import commit, keep_section, today
    from benchmarks.squad import SQUAD

    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("questions", nargs="?", type=Path, default=SQUAD, metavar="SQUAD_FILE")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout")
    options = parser.parse_args()
    lines = table(options.questions, against=options.against)
    print("\n".join(lines))
    beside = f", beside {commit(options.against)}" if options.against else ""
    keep_section(TITLE, [REMARK, "", *lines, "", f"Measured on {today()}{beside}."])


if __name__ == "__main__":
    main()
