"""Articles that change: what is encoded again, and which cited sentences are found again.

python -m benchmarks.revision [SQUAD_FILE]. Sentences are drawn from each article, and each is
changed in it alone, with the article's own words. Nothing was fitted but the bar of
`index/text/relocation.py`, on the sentences that were removed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from benchmarks.squad import Case, chosen_cases
from index import Article, Citation, Encoder, Sentence
from index.text.citation import relocate
from index.text.segmentation import Reading, pack, reading_of, segment

_DRAWN = 100  # sentences of an article
_ADDED = "This sentence was not here before. "


@dataclass(frozen=True, slots=True)
class Change:
    """A new text of an article, and where in it the changed sentence stands now, if it does."""

    text: str
    span: tuple[int, int] | None


Way = Callable[[str, Sentence, Random], Change]


def table(cases: Sequence[Case], encoder: Encoder) -> list[str]:
    """Give the table."""
    rows = [
        "| change to one sentence | sentences | found again | said to be gone | taken for another"
        " | passages encoded again |",
        "|---|---|---|---|---|---|",
    ]
    for name, way in _WAYS.items():
        outcomes = Counter(outcome for case in cases for outcome in _outcomes(case, way))
        count = sum(outcomes.values())
        shares = (outcomes[each] / count for each in ("found", "gone", "another"))
        again = sum(_encoded_again(case, way, encoder) for case in cases) / len(cases)
        cells = (name, f"{count}", *(f"{share:.3f}" for share in shares), f"{again:.3f}")
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _removed(text: str, sentence: Sentence, _: Random) -> Change:
    return Change(text[: sentence.start] + text[sentence.end :], None)


def _moved(text: str, sentence: Sentence, _: Random) -> Change:
    shift = len(_ADDED)
    return Change(_ADDED + text, (sentence.start + shift, sentence.end + shift))


def _reworded(share: float) -> Way:
    """Replace a share of a sentence's words with words from anywhere in the article."""

    def way(text: str, sentence: Sentence, random: Random) -> Change:
        words = text[sentence.start : sentence.end].split()
        others = text.split()
        for at in random.sample(range(len(words)), max(1, round(share * len(words)))):
            words[at] = random.choice(others)
        now = " ".join(words)
        changed = text[: sentence.start] + now + text[sentence.end :]
        return Change(changed, (sentence.start, sentence.start + len(now)))

    return way


_WAYS: dict[str, Way] = {
    "one stands above it": _moved,
    "a tenth of its words replaced": _reworded(0.1),
    "a quarter": _reworded(0.25),
    "half": _reworded(0.5),
    "removed": _removed,
}


def _outcomes(case: Case, way: Way) -> Iterator[str]:
    random = Random(case.title)  # noqa: S311 (it draws the same every time)
    sentences = segment(case.text)
    for sentence in random.sample(sentences, min(_DRAWN, len(sentences))):
        quote = case.text[sentence.start : sentence.end]
        if case.text.count(quote) > 1:
            continue  # nothing can tell it from its twin
        change = way(case.text, sentence, random)
        cited = Citation(
            article_id=1,
            number=1,
            sentence=sentence.number,
            start=sentence.start,
            end=sentence.end,
            quote=quote,
        )
        now = relocate(cited, _article(change.text)).citation
        if now is None:
            yield "gone"
        else:
            start, end = change.span or (0, 0)
            yield "found" if now.start < end and start < now.end else "another"


def _encoded_again(case: Case, way: Way, encoder: Encoder) -> float:
    """Give the share of passages that have to be encoded after one sentence in the middle."""
    sentences = segment(case.text)
    random = Random(case.title)  # noqa: S311
    change = way(case.text, sentences[len(sentences) // 2], random)
    known = set(_readings(case.text, encoder))
    readings = _readings(change.text, encoder)
    return sum(reading not in known for reading in readings) / len(readings)


def _readings(text: str, encoder: Encoder) -> list[Reading]:
    sentences = segment(text)
    lengths = encoder.count_tokens([text[each.start : each.end] for each in sentences])
    runs = pack(text, sentences, lengths, max_tokens=encoder.max_tokens)
    return [reading_of(text, sentences, *run) for run in runs]


def _article(text: str) -> Article:
    return Article(1, "", text, None, "", datetime.now(UTC))


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
