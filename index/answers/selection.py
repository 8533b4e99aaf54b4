"""Which of the ranked sentences are cited: the best, and those that belong with it."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from index.search.questions import asks, numbers
from index.search.retriever import Ranking
from index.text.article import Article
from index.text.citation import Hit
from index.text.structure import Outline

_MOST_CITED = 3
_MOST_LISTED = 8  # items of a list that is asked for
_MARGIN = 0.05  # a sentence that scores so close to the best one is cited with it; it cites the
# right one for 0.03 more of the questions than the best alone, with a quarter of a sentence more
_MARGIN_FOLLOWING = 0.03  # the same, of questions that follow others, whose scores lie closer
_WIDE_MARGIN = 0.08  # where several facts are asked for: up to 0.1 it finds more, beyond little
_LISTED_MARGIN = 0.4  # items of one list differ by what they say, not by how well they answer
_MATCHED_ALIKE = 0.02  # of the question's weight: by how much less such an item matches
_ALIKE = 0.9  # as cosine; neighbours in a passage have 0.86 in the median and say other things
_GAIN = 0.04  # of the question's weight: what a sentence must match better to be worth adding

_SEVERAL = re.compile(
    r"\bwhy\b|\w.*\band\b|\bcompare|\bdifferen|\bboth\b|\bversus\b|\bvs\b"
    r"|\bwhich (?:\w+ )?(?:is|are|has|have|was|were|gets?|lasts?|costs?) (?:\w+ )?"
    r"(?:\w+er|more|less)\b"
    r"|\bhow(?:['’]?[ds]| (?:else |exactly )?(?:come|to|is|are|was|were|do|does|did|has|have|had"
    r"|can|could|will|would|shall|should|may|might|must))\b",
    re.IGNORECASE | re.DOTALL,
)
_LIST = re.compile(
    r"\b(?:list|name|who|what|which)\b.*\b(?:all|are|were)\b|^\s*(?:list|name)\b"
    r"|\bwhat (?:do|should)\b|\bsteps?\b|\bhow (?:do|to|can)\b|\bwhich \w+s\b"
    r"|\bwho (?:should|may|can)(?: not|n't)?\b"
    r"|\bwhat (?:changed|is new|was (?:added|fixed|removed|changed)|else)\b",
    re.IGNORECASE,
)
_ANSWER_WORD = re.compile(
    r"\W*(?:yes|no|yep|nope|not? (?:yet|really|quite|always)|never|sometimes|maybe|of course|both"
    r"|neither|it depends)\W*",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:which|what) (?:\w+ )?(?:version|release|edition|section|chapter|year|date)\b|\bwhen\b"
    r"|\bin which\b|\bhow (?:new|recent)\b|\bversion\b",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Whether one fact is seldom enough: why, how it is done, a comparison, or two things."""
    return _SEVERAL.search(question) is not None


def cited_hits(ranking: Ranking) -> list[Hit]:
    """Return the hits to cite: the best, what adds to it, and what these are read with."""
    question = ranking.query.text
    chosen = _close(ranking)
    if asks_for_several(question):
        chosen = _adding(ranking)
    chosen = _with_other_articles(ranking, chosen)
    chosen = _with_list(ranking, chosen, question)
    return _unique([*chosen, *(each for hit in chosen for each in _read_with(ranking, hit))])


def _close(ranking: Ranking) -> list[Hit]:
    hits, margin = ranking.hits, _MARGIN_FOLLOWING if ranking.query.follows else _MARGIN
    return [hit for hit in hits[:_MOST_CITED] if hits[0].score - hit.score <= margin]


def _adding(ranking: Ranking) -> list[Hit]:
    """Choose hits that add to each other: near the best, or matching what it does not match.

    None says what a chosen one says.
    """
    hits, coverage = ranking.hits, ranking.coverage
    chosen = [0]
    covered = coverage[0].copy()
    for index in range(1, len(ranking.likeness)):
        near = hits[0].score - hits[index].score <= _WIDE_MARGIN
        gain = float(np.maximum(coverage[index] - covered, 0) @ ranking.shares)
        unlike = all(ranking.likeness[index][other] < _ALIKE for other in chosen)
        if (near and unlike) or (gain > _GAIN and hits[index].score > 0.6 * hits[0].score):
            chosen.append(index)
            covered = np.maximum(covered, coverage[index])
    return [hits[index] for index in chosen[:_MOST_CITED]]


def _with_other_articles(ranking: Ranking, chosen: list[Hit]) -> list[Hit]:
    """Add the best hit of another article that says the same kind of thing: they may disagree."""
    best = ranking.hits[0]
    for index, hit in enumerate(ranking.hits[: len(ranking.likeness)]):
        if hit.article_id in {each.article_id for each in chosen}:
            continue
        near = best.score - hit.score <= _WIDE_MARGIN
        if near and ranking.likeness[index][0] >= _ALIKE and hit.quote != best.quote:
            return [*chosen, hit]
    return chosen


def _with_list(ranking: Ranking, chosen: list[Hit], question: str) -> list[Hit]:
    """Where an item of a list is best, cite those that belong with it instead.

    Those are its other items where a list is asked for, and else the ones that match the question
    as well: then it is the lead-in that they stand under which matches.
    """
    best = ranking.hits[0]
    article, outline = ranking.articles[best.article_id], ranking.outlines[best.article_id]
    items = outline.items(best.sentence)
    if len(items) < 2:
        return chosen
    if _LIST.search(question):
        scores = {hit.sentence: hit.score for hit in ranking.hits if _same_article(hit, best)}
        near = [
            number
            for number in items
            if best.score - scores.get(number, best.score) <= _LISTED_MARGIN
        ]
    else:
        matched = ranking.coverage @ ranking.shares
        alike = {
            hit.sentence
            for hit, match in zip(ranking.hits, matched, strict=False)
            if _same_article(hit, best) and matched[0] - match <= _MATCHED_ALIKE
        }
        near = [number for number in items if number in alike]
        if len(near) < 2:
            return chosen
    others = [each for each in chosen[1:] if not _same_article(each, best)]
    return [best, *others, *(_hit(article, number, best) for number in near[:_MOST_LISTED])]


def _read_with(ranking: Ranking, hit: Hit) -> Iterable[Hit]:
    """Return what a sentence is not understood without: its header, its speaker, its "No."."""
    article, outline = ranking.articles[hit.article_id], ranking.outlines[hit.article_id]
    number = hit.sentence
    wanted = [outline.headers.get(number), *_speakers(outline, number)]
    before = article.sentence_before(number)
    if before is not None and _ANSWER_WORD.fullmatch(article.quote(before.number)):
        wanted.append(before.number)
    heading = outline.headings.get(number)
    if heading is not None and _PART.search(ranking.query.text):
        wanted.append(_dated(article, outline, number))
    return [_hit(article, each, hit) for each in wanted if each is not None]


def _speakers(outline: Outline, number: int) -> Iterator[int]:
    """Return the sentences that lead from a quotation to whom it is of."""
    while number in outline.turns:
        number = outline.turns[number]
        yield number


def _dated(article: Article, outline: Outline, number: int) -> int | None:
    """Return the nearest heading above a sentence that names a number, such as a release's."""
    above = [each for each in outline.above[number - 1] if each in outline.heads]
    quotes = {each: article.quote(each) for each in above}
    named = [each for each in above if numbers(quotes[each]) and not asks(quotes[each])]
    return named[-1] if named else None


def _hit(article: Article, number: int, like: Hit) -> Hit:
    return Hit.of(article, number, score=like.score, rank=like.rank)


def _same_article(left: Hit, right: Hit) -> bool:
    return left.article_id == right.article_id


def _unique(hits: Sequence[Hit]) -> list[Hit]:
    found = {(hit.article_id, hit.sentence): hit for hit in reversed(hits)}
    return list(found.values())
