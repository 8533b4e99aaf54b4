"""A passage is a run of whole sentences that the encoder reads at once.

A sentence is understood from its neighbours, so it is encoded among them; and no passage is
longer than what the encoder reads, so nothing of an article goes unread.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from index.text.segmentation import Sentence, same_paragraph

Reading = tuple[str, tuple[int, ...]]
"""All that a passage's vectors depend on: its text, and where its sentences start in it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences `first` to `last` of an article, both included; `number` is 1-based."""

    article_id: int
    number: int
    first: int
    last: int


def passage_text(text: str, sentences: Sequence[Sentence], first: int, last: int) -> str:
    """Return sentences `first` to `last` of a text, with the white space between them.

    >>> from index.text.segmentation import segment
    >>> text = "It began.  It went on. It ended."
    >>> passage_text(text, segment(text), 1, 2)
    'It began.  It went on.'
    """
    return text[sentences[first - 1].start : sentences[last - 1].end]


def reading_of(text: str, sentences: Sequence[Sentence], first: int, last: int) -> Reading:
    """Return what the vectors of sentences `first` to `last` depend on, wherever they stand."""
    run = sentences[first - 1 : last]
    starts = tuple(sentence.start - run[0].start for sentence in run)
    return passage_text(text, sentences, first, last), starts


def pack(
    text: str,
    sentences: Sequence[Sentence],
    lengths: Sequence[int],
    *,
    capacity: int,
    joined: Collection[int] = (),
) -> list[tuple[int, int]]:
    """Group sentences into passages: the numbers of the first and the last sentence of each.

    `lengths` are the sentences' word pieces and `capacity` what the encoder reads at once. A
    passage is a paragraph where that fits, and parts of one where it does not. A sentence longer
    than `capacity` is a passage of its own. After the `joined` sentences, such as headings, a
    passage goes on over a blank line.
    """
    runs: list[tuple[int, int]] = []
    load = 0
    for index, (sentence, length) in enumerate(zip(sentences, lengths, strict=True)):
        joins = (
            index > 0
            and load + length <= capacity
            and (
                sentences[index - 1].number in joined
                or same_paragraph(text, sentences[index - 1], sentence)
            )
        )
        first = runs.pop()[0] if joins else sentence.number
        runs.append((first, sentence.number))
        load = load + length if joins else length
    return runs
