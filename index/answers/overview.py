"""What an article is about: its most central sentences, and which questions ask for them.

A sentence is central where it is like many that are central themselves (LexRank; Erkan and Radev
2004): a random walk over the sentences that prefers to step to the like, and now and then to one
that writers put what matters into.
"""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from index.answers.answer import ABSTENTION, Answer, cite_in, cited_text
from index.models.encoder import FloatArray
from index.text.article import Article
from index.text.citation import Hit
from index.text.segmentation import same_paragraph

MOST_ARTICLES = 3
"""So many articles are told of at once, the first on the shelf."""

_OF_ONE, _OF_EACH = 4, 2
_MOST_COMPARED = 2_000  # sentences: every one is compared with every other
_STEPS = 50
_DAMPING = 0.85  # how often the walk steps to a like sentence
_SHARPNESS = 2  # of cosines: the like count more, and the unlike next to nothing
_LIKE, _SAME = 0.8, 0.95  # neighbours in a passage have a cosine of 0.86 in the median
_LEADING = 1.0  # how much likelier a jump to a paragraph's first sentence is
_EARLY = 2.0  # and to the article's first, which falls off with the number
_FEWEST_WORDS = 6
_LONGEST = 300  # code points of such a question

_ASKING = """
what is are was does do about on say says tell talk talks cover covers discuss describe explain
mean mention contain happens happening happened going should need know learn remember
can could would will may you i we me us want like to be have give show write get list make provide
offer hear see read help let lets just only please pls plz quick quickly brief briefly short
shortly concise rough general generally simple basic basically really actually exactly mainly
mostly even so then now again and or the a an some any all whole entire full of in from for with as
by here this that it its your my our up down out overall everything hi hey hello there ok okay well
thanks cool lol um uh alright right great nice sorry wait first too long didnt read good no one two
three four five few couple more other own plain words word sentence sentences line lines bullet
bullets paragraph paragraphs form detail most is version everything bot time dont
"""
"""What may stand around the words that ask for an overview; any other word asks for more."""

_THING = (
    r"(?:article|text|page|story|document|doc|paper|post|passage|essay|report|piece|topic|subject"
    r"|theme)s?"
)
_MAIN = (
    r"(?:main|key|central|core|chief|principal|major|primary|essential|crucial|important|top"
    r"|general|overall|basic)"
)
_POINT = (
    r"(?:points?|ideas?|take ?aways?|facts?|messages?|findings?|parts?|details?|things?|stuff"
    r"|arguments?|bits?|topics?|subjects?|themes?)"
)
_SUMMARY = (
    r"(?:summ?[aeu]?r+(?:y|ies)|summ?[aeu]?r+[iy][sz](?:e|ed|ing)|summari[sz]ation|sum|overview"
    r"|overveiw|gist|jist|tldr|synopsis|recap|outline|abstract|rundown|run down|highlights"
    r"|essence|bottom line|take ?aways?|big picture|nutshell|(?:short|brief|condensed) version"
    r"|in short|in brief|condense|boil)"
)
_OVERVIEW = re.compile(
    rf"\b(?:{_SUMMARY}|{_MAIN} {_POINT}|too long didnt read)\b"
    r"|\b(?:what|tell|about|explain|describe|know|remember)\b.*"
    rf" (?:the|this|that|your|whole) {_THING}\b"
    r"|^(?:\w+ )*what (?:is )?(?:(?:all )?(?:of )?this|it|everything)(?: is)?(?: \w+)* about\b"
    r"|\bwhat does (?:this|it) (?:say|cover|talk|tell|discuss|describe|mention|contain|explain)\b"
    r"|^what is this$"
)
_PART_WORD = re.compile(
    rf"{_SUMMARY}|{_MAIN}|{_POINT}|{_THING}|run|take|bottom|big|picture|condensed"
)
_SPELT = (
    (r"\bt[lo] ?d ?r\b", "tldr"),
    (r"\bw(?:ha|a|u|h|o)ts\b", "what is"),
    (r"\bw(?:a|u|h|o)t\b", "what"),
    (r"\b(?:abt|bout)\b", "about"),
    (r"\bu\b", "you"),
    (r"\bgimme\b", "give me"),
    (rf"\bthat (?={_THING}\b)", "the "),
    (r"\bkeypoint", "key point"),
    (r"\b\d+ (?=sentences?|words?|lines?|bullets?|points?|paragraphs?)\b", ""),
    (r"\b(?:artic(?:el|al|l)|artickle|artikel|aritcle|aricle|artcile|atricle)\b", "article"),
)
_CAPTION = re.compile(
    r"(?:photo(?:graph)?s?|image|picture|figure|fig\.|table|map|caption)\b.{0,9}:", re.I
)
_ENDED = re.compile(r"[.!?…。][\"'”’»)\]]*(?:\[\w+\])*$")
_LEANING = re.compile(
    r"[\"“‘']?(?:he|she|it|they|his|her|its|their|this|these|that|those|such|but|and|or|so|yet|also"
    r"|however|therefore|thus|hence|instead|moreover|furthermore|in addition|then|there|here)\b",
    re.I,
)


def is_overview(question: str) -> bool:
    """Whether a message asks what the article as a whole says, and for nothing in it."""
    words = " ".join(re.findall(r"\w+", re.sub(r"['’`´]", "", question.lower())))
    for wrong, right in _SPELT:
        words = re.sub(wrong, right, words)
    rest = set(words.split()) - set(_ASKING.split())
    known = all(_PART_WORD.fullmatch(word) for word in rest)
    return len(question) <= _LONGEST and known and _OVERVIEW.search(words) is not None


def summarize(question: str, articles: Sequence[tuple[Article, FloatArray]]) -> Answer:
    """Cite the most central sentences of articles, each behind its sentences' vectors.

    That is what the articles say whatever the question, so the confidence is 1; without an
    article the answer abstains, and it is 0.
    """
    count = _OF_ONE if len(articles) == 1 else _OF_EACH
    hits = [hit for each in articles[:MOST_ARTICLES] for hit in _central_hits(*each, count)]
    if not hits:
        return Answer(question, question, ABSTENTION, (), None, 0.0, True, (), "overview")
    read = {article.id: article for article, _ in articles}
    citations = cite_in(read, hits)
    cited = dict.fromkeys(citation.article_id for citation in citations)
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
        articles=tuple(read[each].info for each in cited),
    )


def central(vectors: FloatArray, paragraphs: Sequence[int], *, count: int = 4) -> list[int]:
    """Give the indices of the most central sentences, at most `count`, in reading order.

    vectors:    (sentences, dimension) float32, rows of unit length
    paragraphs: the number of each sentence's paragraph, never falling
    They are unlike each other, as far as there are such; none says the same as another.
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
    """(sentences,) how often the random walk is at each; they sum to 1."""
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
    """(sentences,) how likely a jump goes to each; they sum to 1."""
    numbers = np.asarray(paragraphs)
    leading = np.diff(numbers, prepend=-1) != 0
    early = 1 / (1 + np.arange(len(numbers)))
    weights = (1 + _LEADING * leading + _EARLY * early).astype(np.float32)
    return np.asarray(weights / weights.sum(), np.float32)


def _central_hits(article: Article, vectors: FloatArray, count: int) -> list[Hit]:
    kept = _telling(article)
    paragraphs = _paragraphs(article)
    chosen = central(vectors[kept], [paragraphs[index] for index in kept], count=count)
    hits = []
    for rank, at in enumerate(chosen, start=1):
        hits.append(Hit.of(article, kept[at] + 1, score=1.0, rank=rank))
    return hits


def _telling(article: Article) -> list[int]:
    """Choose the sentences that can stand by themselves: no headings, captions or fragments."""
    quotes = [article.text[sentence.start : sentence.end] for sentence in article.sentences]
    whole = [index for index, quote in enumerate(quotes) if _is_whole(quote)]
    alone = [index for index in whole if not _LEANING.match(quotes[index])]
    kept = alone if len(alone) >= _OF_ONE else whole or list(range(len(quotes)))
    return kept[:_MOST_COMPARED]


def _is_whole(quote: str) -> bool:
    words = len(quote.split())
    return words >= _FEWEST_WORDS and bool(_ENDED.search(quote)) and not _CAPTION.match(quote)


def _paragraphs(article: Article) -> list[int]:
    """Give the number of each sentence's paragraph, from 0."""
    pairs = pairwise(article.sentences)
    starts = [not same_paragraph(article.text, left, right) for left, right in pairs]
    return list(accumulate(starts, initial=0))
