"""Run every measurement and rewrite RESULTS.md: python -m benchmarks [SQUAD_FILE] [--only TITLE]…

With `--only` the sections of these titles alone are measured, and written in place of the old ones.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    ablation,
    abstention,
    comparison,
    conversation,
    formats,
    intents,
    invention,
    load,
    precision,
    reading,
    retrieval,
    revision,
    scale,
    speed,
    start,
    stories,
    trials,
)
from benchmarks.dialogues import DIALOGUES
from benchmarks.results import RESULTS, commit, keep_section, machine, section_of, today
from benchmarks.squad import Case, chosen_path, load_cases
from index import Encoder, Reader
from index.answers.confidence import SHORT_THRESHOLD
from index.search.retriever import EXACT

_NAMED = ("onnxruntime", "faiss-cpu", "nupunkt")


def main() -> None:
    """Measure, print and keep it."""
    only = _chosen_titles()
    path, encoder = chosen_path(), Encoder()
    cases = load_cases(path)
    if only:
        for title, remark, measure in _SECTIONS:
            if title in only:
                print(f"measuring: {title}", file=sys.stderr)
                measured = [*remark.split("\n"), "", *measure(cases, encoder)]
                keep_section(title, [*measured, "", f"Measured on {today()}."])
        return
    lines = ["# Results", "", "Written by `make bench`.", "", *_circumstances(path, encoder)]
    for title, remark, measure in _SECTIONS:
        print(f"measuring: {title}", file=sys.stderr)
        lines += ["", f"## {title}", "", *remark.split("\n"), "", *measure(cases, encoder)]
    print("\n".join(lines))
    kept = section_of(RESULTS.read_text(encoding="utf-8"), scale.TITLE)
    lines += ["", kept.rstrip()] if kept else []
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _chosen_titles() -> list[str]:
    """Take the titles after `--only` from the command line. Raises: SystemExit for others."""
    if "--only" not in sys.argv:
        return []
    at = sys.argv.index("--only")
    titles, sys.argv[at:] = sys.argv[at + 1 :], []
    known = [title for title, *_ in _SECTIONS]
    wrong = [title for title in titles if title not in known]
    if wrong or not titles:
        raise SystemExit(f"--only takes titles of sections, not {wrong}: {', '.join(known)}")
    return titles


def _typed(cases: list[Case], encoder: Encoder) -> list[str]:
    if not DIALOGUES.is_file():
        return [f"Skipped: there is no {DIALOGUES}."]
    return retrieval.typed_table(cases, encoder)


_SECTIONS: list[tuple[str, str, Callable[[list[Case], Encoder], list[str]]]] = [
    (
        "Retrieval",
        "Each article whole, in a library of its own; a hit is a sentence in which a gold answer"
        " begins. Nothing is excluded.",
        retrieval.table,
    ),
    (
        "Questions as people type them",
        "Made whole by hand, over the same articles; a hit is a sentence of the evidence.",
        _typed,
    ),
    (
        "What each part is worth",
        "The same questions, ranked in other ways, the reader off; typed are the questions of the"
        " table above.",
        ablation.table,
    ),
    (
        "Beside its peers",
        "Answerable questions; times are over Footnote's with the reader off. A misplaced sentence"
        " is one that was returned with another place than its own. Below, the same of the"
        " stories.\n\n![](plots/hits.png)",
        comparison.table,
    ),
    (
        "Abstention",
        "On a mixture of what people ask, by constants fitted on other documents.\n\n"
        "![](plots/risk-coverage.png) ![](plots/reliability.png) ![](plots/short.png)",
        lambda _, encoder: abstention.measured(encoder),
    ),
    (
        "Short answers",
        "Exact match and F1 as SQuAD counts them, of the words that the reader finds, sure or not."
        f" A short answer is given from a probability of {SHORT_THRESHOLD}, and right when its F1"
        " is at least 0.5.",
        lambda cases, encoder: reading.table(reading.readings(cases, encoder, Reader())),
    ),
    (
        "Conversations",
        "Dialogues over the same articles, each turn asked with the turns before it, as Footnote"
        " itself answered them.",
        conversation.table,
    ),
    (
        "Small talk and overviews",
        "Examples, each left out of its own comparison, and questions that are to be answered from"
        " an article. Some of those below do ask what it is about. Threshold and examples were"
        " chosen with these questions at hand, so that others may fare worse.",
        intents.measured,
    ),
    (
        "Trials",
        "Documents as people have them, and what they ask. An answer is good when its quotes hold"
        " what was expected, or when it refuses, or answers tentatively, what the documents do not"
        " say; outright are the answers that are not tentative.",
        lambda _, encoder: trials.measured(encoder, Reader()),
    ),
    (
        "Stories",
        "Articles of many kinds, written for this project, each in a library of its own: questions"
        " that repeat little of their words, and chats. A short answer is right when it holds the"
        " known one or stands in it.",
        lambda _, encoder: stories.measured(encoder, Reader()),
    ),
    (
        "Articles that change",
        "A citation of the older version is sought in the newer one, in which one sentence was"
        " changed, a hundred of each article in turn; and what has to be encoded after that.",
        revision.table,
    ),
    (
        "What an LLM invents",
        "A scripted LLM writes a statement wherever its reply has room for it, also in obedience to"
        " a sentence of the article, and cites sentences for it. The statements are written by"
        " hand, and nothing was fitted on them. Left out are also those whose answer was Footnote's"
        " own.",
        invention.table,
    ),
    (
        "Numbers the models compute with",
        "Answerable questions over whole articles; times are over those of float32.",
        lambda cases, _: precision.table(cases),
    ),
    (
        start.TITLE,
        start.REMARK,
        lambda *_: start.table(chosen_path()),
    ),
    (
        "Speed",
        "Medians of times taken in turn, in one run.",
        lambda cases, _: speed.table(cases),
    ),
    (
        "Speed by size",
        f"Beyond {EXACT:,} sentences, only those near the candidates are scored."
        "\n\n![](plots/latency.png)",
        speed.size_table,
    ),
    (
        "Formats",
        "The shipped article and two of SQuAD's, written in each format with what stands around an"
        " article there, and read. F1 is of the characters in their order; boilerplate is the share"
        " of what was read that is not the article's. Each row shows the worst of its files. The"
        " real pages are other extractors' test data, and their known text what those expect.",
        formats.table,
    ),
    (
        "The Discord bot under load",
        "In a process of its own, over real sockets, against a Discord on this machine, with the"
        " first article and its questions. Nobody may ask more than the queues hold: the others"
        " are told when to try again.",
        lambda cases, _: load.table(cases),
    ),
]


def _circumstances(path: Path, encoder: Encoder) -> list[str]:
    return [
        f"- date: {today()}",
        f"- commit: {commit()}",
        f"- machine: {machine(*_NAMED)}",
        f"- model: {encoder.name}, weights {encoder.fingerprint[:12]}",
        f"- questions: {path.name}",
    ]


if __name__ == "__main__":
    main()
