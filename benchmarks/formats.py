"""What is recovered of an article that comes as a text, Markdown, web page, PDF, Word or EPUB file.

python -m benchmarks.formats [SQUAD_FILE]

The known texts are the shipped article and two of SQuAD's, which tests.support.newspages and
tests.support.papers write in each format, with what stands around an article there. Both texts are
compared with runs of white space as one space. The longest common subsequence of their characters,
exact (rapidfuzz's bit-parallel LCSseq), is what was recovered: precision is its share of the text
that was read, recall of the known text, F1 their harmonic mean. So what is missing, what is added
and what stands in another order all count. Boilerplate is the share of the text that was read which
is not in that subsequence, whatever it is, or which stands in a known line of boilerplate, where
that is more.

Citations are exact where the sentences are the text at their places, and together all that is
visible in it. The shipped article's files go through a library for that: its sentences are those
that a search for all of them gives, and the citations of answers are looked at too. A sentence of
the known text is whole where it is one of the text that was read; bullets and tables look otherwise
in a PDF. Each row shows the worst of its files.

Beside them, real pages, of which other extractors' tests keep the text that they expect, where
`make pages` has brought them: newspaper4k's, from its source distribution on PyPI; and those of
Mozilla's Readability where its repository has been cloned to build/readability. There is no target
for them: what they expect differs about titles, captions and lists.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from lxml import html
from rapidfuzz.distance import LCSseq

from benchmarks.squad import Case, chosen_cases
from index import Article, Encoder, Library, SourceError
from index.documents.document import Document
from index.documents.loading import read
from index.text.segmentation import segment
from tests.support.newspages import BOILERPLATE, news_pages
from tests.support.papers import CHROMIUM, FOOT, HEAD, PDFS, PRINTED, epub_book, word_file
from tests.support.stories import Story, markdown, story

LEAST_F1, MOST_BOILERPLATE = 0.97, 0.03
SHIPPED = Path(__file__).parents[1] / "articles" / "embassy.md"
BUILD = Path(__file__).parents[1] / "build"
_QUESTIONS = (
    "Who broke into the compound?",
    "How many soldiers did the Pentagon send?",
    "What did the demonstrators set alight?",
)
_BLOCKS = "//p | //div | //li | //h1 | //h2 | //h3 | //h4 | //td | //tr | //br | //pre | //figure"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a format, the text that is known of it, and what else it says."""

    row: str
    name: str
    data: bytes
    text: str
    boilerplate: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """What came of a file; shares of characters, and counts of sentences and citations."""

    f1: float
    boilerplate: float
    sentences: int
    whole: int
    checked: int = 0
    exact: int = 0


def table(cases: list[Case], encoder: Encoder) -> list[str]:
    """Measure, and give the lines of two tables in Markdown."""
    found: defaultdict[str, list[Recovery]] = defaultdict(list)
    with Library.open(None, encoder=encoder) as library:
        for told, questions in _stories(cases):
            for file in files(told, questions):
                found[file.row].append(_measured(file, library))
    return [
        "| format | files | character F1 | boilerplate | sentences whole | citations exact |",
        "|---|---|---|---|---|---|",
        f"| wanted | | at least {LEAST_F1} | at most {MOST_BOILERPLATE} | | all |",
        *(_line(row, recoveries) for row, recoveries in found.items()),
        "",
        *_real_table(),
    ]


def shipped_story() -> Story:
    """Give the shipped article as a story."""
    title, _, text = SHIPPED.read_text(encoding="utf-8").partition("\n")
    return story(title.removeprefix("# "), text)


def files(told: Story, questions: tuple[str, ...] = (), *, printed: bool = True) -> Iterator[File]:
    """Give a story in every format; `printed` says whether Chromium, if there is one, is run."""
    text = told.text
    western = text.encode("cp1252", "replace")
    yield File("text, UTF-8", "a.txt", text.encode(), text, (), questions)
    yield File("text, UTF-16", "a.txt", text.encode("utf-16"), text, (), questions)
    known = western.decode("cp1252")
    yield File("text, Windows-1252", "a.txt", western, known, (), questions)
    yield File("Markdown", "a.md", markdown(told).encode(), text, (), questions)
    for news in news_pages(told):
        row = f"HTML, {news.name}"
        yield File(row, "a.html", news.page.encode(), text, BOILERPLATE, questions)
    for row, make in {**PDFS, **(PRINTED if printed and CHROMIUM else {})}.items():
        yield File(row, "a.pdf", make(told), text, (HEAD,), questions)
    yield File("DOCX", "a.docx", word_file(told), text, (HEAD, FOOT), questions)
    yield File("EPUB", "a.epub", epub_book(told), text, (), questions)


def recovery(text: str, known: str, boilerplate: Sequence[str] = ()) -> Recovery:
    """Compare what was read with what is known."""
    got, wanted = one_space(text), one_space(known)
    common = LCSseq.similarity(got, wanted)
    let_in = sum(len(line) * got.count(line) for line in boilerplate)
    sentences = set(_sentences(known))
    return Recovery(
        f1=2 * common / (len(got) + len(wanted)),
        boilerplate=max(len(got) - common, let_in) / max(1, len(got)),
        sentences=len(sentences),
        whole=len(sentences.intersection(_sentences(text))),
    )


def one_space(text: str) -> str:
    """Give a text with each run of white space as one space."""
    return " ".join(text.split())


def misplaced(text: str) -> list[str]:
    """Give what is wrong with the places of a text's sentences: nothing, if they are exact."""
    cut = [text[each.start : each.end] for each in segment(text)]
    wrong = [each for each in cut if not each or each != each.strip()]
    if "".join("".join(cut).split()) != "".join(text.split()):
        wrong.append("the sentences are not the whole text")
    return wrong


def _stories(cases: list[Case]) -> Iterator[tuple[Story, tuple[str, ...]]]:
    yield shipped_story(), _QUESTIONS
    for case in cases[:2]:
        yield story(case.title, case.text), ()


def _measured(file: File, library: Library) -> Recovery:
    text = _without_imprint(read(file.data, name=file.name))
    found = recovery(text, file.text, file.boilerplate)
    quotes = [(each.start, each.end, text[each.start : each.end]) for each in segment(text)]
    if file.questions:
        article = library.add_bytes(file.data, name=file.name)
        text, quotes = article.text, list(_quoted(library, article, file.questions))
        library.remove(article.id)
    wrong = sum(text[start:end] != quote for start, end, quote in quotes) + len(misplaced(text))
    return replace(found, checked=len(quotes), exact=len(quotes) - wrong)


def _without_imprint(found: Document) -> str:
    """Give a text without the block of what only the file's properties say."""
    begins = [offset for offset, kind in found.marks or () if kind == "meta"]
    return found.text[: begins[0]].rstrip() if begins else found.text


def _quoted(
    library: Library, article: Article, questions: tuple[str, ...]
) -> Iterator[tuple[int, int, str]]:
    """Give places and quotes of all sentences, and of what is cited in answers."""
    scope = [article.id]
    for hit in library.search(questions[0], top_k=len(article.sentences), articles=scope):
        yield hit.start, hit.end, hit.quote
    for question in questions:
        answer = library.ask(question, articles=scope)
        for citation in (*answer.citations, *([answer.short] if answer.short else ())):
            yield citation.start, citation.end, citation.quote


def _sentences(text: str) -> Iterator[str]:
    return (one_space(text[each.start : each.end]) for each in segment(text))


def _line(row: str, found: list[Recovery]) -> str:
    whole, sentences = (
        sum(getattr(each, name) for each in found) for name in ("whole", "sentences")
    )
    exact, checked = (sum(getattr(each, name) for each in found) for name in ("exact", "checked"))
    f1, boilerplate = min(each.f1 for each in found), max(each.boilerplate for each in found)
    return (
        f"| {row} | {len(found)} | {f1:.3f} | {boilerplate:.3f} |"
        f" {whole} of {sentences} | {exact} of {checked} |"
    )


def _real_table() -> list[str]:
    lines = [
        "| real pages | files | F1, median | F1 at least 0.97 | boilerplate, median | refused |",
        "|---|---|---|---|---|---|",
    ]
    for row, pages in (("newspaper4k", _newspaper()), ("Readability", _readability())):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(_page_recovery, pages))
        read_ones = [each for each in found if each is not None]
        if read_ones:
            good = sum(each.f1 >= LEAST_F1 for each in read_ones)
            lines.append(
                f"| {row} | {len(found)} | {median(each.f1 for each in read_ones):.3f} | {good} |"
                f" {median(each.boilerplate for each in read_ones):.3f} |"
                f" {len(found) - len(read_ones)} |"
            )
    return lines if len(lines) > 2 else ["Real pages: skipped, `make pages` brings them."]


def _page_recovery(known_page: tuple[Path, str]) -> Recovery | None:
    page, known = known_page
    try:
        return recovery(_without_imprint(read(page.read_bytes(), name=page.name)), known)
    except SourceError:
        return None


def _newspaper() -> Iterator[tuple[Path, str]]:
    for page in sorted(BUILD.glob("newspaper4k-*/tests/data/html/*.html")):
        known = page.parents[1] / "txt" / f"{page.stem}.txt"
        if known.is_file():
            yield page, known.read_text(encoding="utf-8")


def _readability() -> Iterator[tuple[Path, str]]:
    for page in sorted(BUILD.glob("readability/test/test-pages/*/source.html")):
        tree = html.document_fromstring(page.with_name("expected.html").read_bytes().decode())
        for element in tree.xpath(_BLOCKS):
            element.tail = f"\n{element.tail or ''}"
        yield page, tree.text_content()


if __name__ == "__main__":
    print("\n".join(table(chosen_cases(), Encoder())))
