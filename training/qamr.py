"""QAMR's questions and sentences as text, with the spans that its annotators marked.

Question-answer meaning representations (Michael, Stanovsky, He, Dagan, Zettlemoyer 2018): people
wrote questions on single sentences of Wikipedia and Wikinews, marked the words that answer, and
two others marked them again. The sentences of a document were drawn in runs, so that most have
the one before them in the data too.
"""

from dataclasses import dataclass
from pathlib import Path

FILES = ("wiki-sentences.tsv", "dev.tsv", "test.tsv")

_BRACKETS = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "''": '"',
}
_QUESTION, _WRITER = 5, 6  # columns; the validators' follow the writer's


@dataclass(frozen=True, slots=True)
class Text:
    """A detokenized sentence, and the half-open range of each token, in code points."""

    document: str
    text: str
    places: tuple[tuple[int, int], ...]
    before: str | None
    """The id of the sentence before it, if the data has it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question on a sentence, and a half-open span of its text per annotator who marked one."""

    sentence: str
    text: str
    spans: tuple[tuple[int, int], ...]


def load(folder: Path) -> tuple[dict[str, Text], list[Question]]:
    """Return the sentences, by id, and the questions, in the order of the files.

    Raises: SystemExit for a folder that does not hold them.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"{folder} lacks {', '.join(missing)}; expected QAMR's {', '.join(FILES)}")
    sentences_file, *question_files = (folder / name for name in FILES)
    rows = [line.split("\t") for line in _lines(sentences_file)]
    ids = {identity for identity, _ in rows}
    sentences = {identity: _sentence(identity, tokens.split(" "), ids) for identity, tokens in rows}
    questions = [
        question
        for file in question_files
        for line in _lines(file)
        if (question := _question(line.split("\t"), sentences)).spans
    ]
    return sentences, questions


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _sentence(identity: str, tokens: list[str], known: set[str]) -> Text:
    document, number = identity.rsplit(":", 1)
    before = f"{document}:{int(number) - 1}"
    text, places = "", []
    for token in tokens:
        shown = _BRACKETS.get(token, token)
        if text and shown != "n't":
            text += " "
        places.append((len(text), len(text) + len(shown)))
        text += shown
    source = document.rsplit(":", 1)[0]
    return Text(source, text, tuple(places), before if before in known else None)


def _question(columns: list[str], sentences: dict[str, Text]) -> Question:
    sentence = sentences[columns[0]]
    marked = [columns[_WRITER], *(column.split(":")[1] for column in columns[_WRITER + 1 :])]
    spans = (_span(sentence, [int(token) for token in tokens.split()]) for tokens in marked)
    return Question(columns[0], columns[_QUESTION].strip(), tuple(filter(None, spans)))


def _span(sentence: Text, tokens: list[int]) -> tuple[int, int] | None:
    """Return the range of tokens without punctuation at its edges; None if they do not touch."""
    while tokens and not _has_content(sentence, tokens[-1]):
        tokens.pop()
    while tokens and not _has_content(sentence, tokens[0]):
        tokens.pop(0)
    if not tokens or tokens[-1] - tokens[0] >= len(tokens):
        return None
    return sentence.places[tokens[0]][0], sentence.places[tokens[-1]][1]


def _has_content(sentence: Text, token: int) -> bool:
    start, end = sentence.places[token]
    return any(character.isalnum() or character in "$%€£" for character in sentence.text[start:end])
