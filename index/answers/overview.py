"""What an article is about: its most central sentences.

A sentence is central when it is similar to many that are central themselves (LexRank; Erkan and
Radev 2004): a random walk over the sentences prefers steps to similar ones, and sometimes jumps,
preferably to where writers put what matters: the article's beginning, a paragraph's first sentence.
"""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from index.answers.answer import ABSTENTION, Answer, cite_in, cited_text
from index.models.tokens import FloatArray
from index.text.article import Article
from index.text.citation import Hit
from index.text.segmentation import same_paragraph

MOST_ARTICLES = 3
"""Of more articles, only the first of the collection are summarised."""

_OF_ONE, _OF_EACH = 4, 2
_MOST_COMPARED = 2_000  # sentences: every one is compared with every other
_STEPS = 50
_DAMPING = 0.85  # the probability of a step to a similar sentence, instead of a jump
_SHARPNESS = 2  # the power of cosines: dissimilar sentences count next to nothing
_LIKE, _SAME = 0.8, 0.95  # neighbours in a passage have a cosine of 0.86 in the median
_LEADING = 1.0  # how much likelier a jump to a paragraph's first sentence is
_EARLY = 2.0  # and to the article's first, which falls off with the number
_FEWEST_WORDS = 6
_CAPTION = re.compile(
    r"(?:photo(?:graph)?s?|image|picture|figure|fig\.|table|map|caption)\b.{0,9}:", re.I
)
_ENDED = re.compile(r"[.!?…。][\"'”’»)\]]*(?:\[\w+\])*$")
_LEANING = re.compile(
    r"[\"“‘']?(?:he|she|it|they|his|her|its|their|this|these|that|those|such|but|and|or|so|yet|also"
    r"|however|therefore|thus|hence|instead|moreover|furthermore|in addition|then|there|here)\b",
    re.I,
)


def summarize(question: str, articles: Sequence[tuple[Article, FloatArray]]) -> Answer:
    """Cite the most central sentences of articles, given with their sentences' vectors.

    The confidence is 1, since no question is matched; without an article the answer abstains, and
    the confidence is 0.
    """
    count = _OF_ONE if len(articles) == 1 else _OF_EACH
    hits = [hit for each in articles[:MOST_ARTICLES] for hit in _central_hits(*each, count)]
    if not hits:
        return Answer(question, question, ABSTENTION, (), None, 0.0, True, (), "overview")
    read = {article.id: article for article, _ in articles}
    citations = cite_in(read, hits)
    return Answer(
        question=question,
        query=question,
        text=cited_text(citations),
        citations=citations,
        short=None,
        confidence=1.0,
        abstained=False,
        nearest=(),
        origin="overview",
        hits=tuple(hits),
    )


def central(vectors: FloatArray, paragraphs: Sequence[int], *, count: int = 4) -> list[int]:
    """Return the indices of the most central sentences, at most `count`, in reading order.

    vectors:    (sentences, dimension) float32, rows of unit length
    paragraphs: the number of each sentence's paragraph, non-decreasing
    Dissimilar sentences are preferred; two that say nearly the same are never returned together.
    """
    order = np.argsort(-_centrality(vectors, paragraphs), kind="stable").tolist()
    chosen: list[int] = []
    for limit in (_LIKE, _SAME):
        for index in order:
            unlike = all(vectors[index] @ vectors[other] < limit for other in chosen)
            if len(chosen) < count and unlike and index not in chosen:
                chosen.append(index)
    return sorted(chosen)


def _centrality(vectors: FloatArray, paragraphs: Sequence[int]) -> FloatArray:
    """(sentences,) the probability that the random walk is at each; they sum to 1."""
    similar = np.maximum(vectors @ vectors.T, 0) ** _SHARPNESS
    np.fill_diagonal(similar, 0)
    jumps = _preference(paragraphs)
    totals = similar.sum(axis=1, keepdims=True)
    steps = np.where(totals > 0, similar / np.maximum(totals, 1e-9), jumps)
    visits = jumps
    for _ in range(_STEPS):
        visits = _DAMPING * (visits @ steps) + (1 - _DAMPING) * jumps
    return visits


def _preference(paragraphs: Sequence[int]) -> FloatArray:
    """(sentences,) the probability that a jump goes to each; they sum to 1."""
    numbers = np.asarray(paragraphs)
    leading = np.diff(numbers, prepend=-1) != 0
    early = 1 / (1 + np.arange(len(numbers)))
    weights = (1 + _LEADING * leading + _EARLY * early).astype(np.float32)
    return np.asarray(weights / weights.sum(), np.float32)


def _central_hits(article: Article, vectors: FloatArray, count: int) -> list[Hit]:
    kept = _standalone(article)
    paragraphs = _paragraphs(article)
    chosen = central(vectors[kept], [paragraphs[index] for index in kept], count=count)
    hits = []
    for rank, at in enumerate(chosen, start=1):
        hits.append(Hit.of(article, kept[at] + 1, score=1.0, rank=rank))
    return hits


def _standalone(article: Article) -> list[int]:
    """Return the indices of sentences that make sense alone: no headings, captions or fragments."""
    quotes = [article.quote(sentence.number) for sentence in article.sentences]
    whole = [index for index, quote in enumerate(quotes) if _is_whole(quote)]
    alone = [index for index in whole if not _LEANING.match(quotes[index])]
    kept = alone if len(alone) >= _OF_ONE else whole or list(range(len(quotes)))
    return kept[:_MOST_COMPARED]


def _is_whole(quote: str) -> bool:
    words = len(quote.split())
    return words >= _FEWEST_WORDS and bool(_ENDED.search(quote)) and not _CAPTION.match(quote)


def _paragraphs(article: Article) -> list[int]:
    """Return the number of each sentence's paragraph, from 0."""
    pairs = pairwise(article.sentences)
    starts = [not same_paragraph(article.text, left, right) for left, right in pairs]
    return list(accumulate(starts, initial=0))
