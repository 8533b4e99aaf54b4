import io
import zipfile

import pytest

from index.documents import epub
from index.documents.document import Document
from index.documents.epub import read_epub
from index.documents.loading import load, read
from index.documents.web import Fetcher
from index.errors import SourceError
from tests.support.archives import CONTAINER, METADATA, book, chapter, package, zipped
from tests.support.newspages import TITLE, paragraphs
from tests.support.pages import Reply, serving

pytestmark = pytest.mark.usefixtures("in_process")


def text_of(*bodies: str) -> str:
    return read_epub(book(*bodies), name="it").text


def refusal(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_epub(data, name="it")
    return str(caught.value)


def test_chapters_are_read_in_the_order_of_the_spine() -> None:
    bodies = [f"<h1>Part {n}</h1>\n<p>{text}</p>" for n, text in enumerate(paragraphs())]
    found = read_epub(book(*bodies), name="it")
    wanted = [f"Part {n}\n\n{text}" for n, text in enumerate(paragraphs())]
    assert found.text == "\n\n".join(wanted)
    assert (found.title, found.author) == (TITLE, "Ruth Calder, Ann Lee")
    assert (found.published, found.pages) == ("2024-05-31", ())


SHOWN = {
    "lists": (
        "<ul><li>One</li><li><p>Two</p><ol><li>In</li></ol></li></ul>",
        "- One\n- Two\n  1. In",
    ),
    "table": ("<table><tr><th>Ship</th><td>1912</td></tr></table>", "Ship | 1912"),
    "an empty anchor": ("<p><a id='a'/>One.</p><p>Two.</p>", "One.\n\nTwo."),
    "notes": ("<p>One.<sup><a epub:type='noteref' href='#n'>1</a></sup> Two.</p>", "One. Two."),
    "unseen": ("<script>no()</script><nav>No.</nav><p hidden=''>No.</p><p>One.</p>", "One."),
    "ruby": ("<p><ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp></ruby></p>", "東"),
    "a picture": ("<svg><text>No.</text></svg><p>One.<img src='a' alt='No.'/></p>", "One."),
}


@pytest.mark.parametrize(("body", "text"), SHOWN.values(), ids=SHOWN.keys())
def test_a_chapter_reads_as_a_reader_shows_it(body: str, text: str) -> None:
    assert text_of(body) == text


def test_front_matter_is_kept_and_cover_and_contents_are_not() -> None:
    items = (
        '<item id="cover" href="cover.xhtml"/><item id="nav" href="nav.xhtml" properties="nav"/>'
        '<item id="old" href="old.xhtml"/><item id="list" href="list.xhtml"/>'
        '<item id="none" href="none.xhtml"/><item id="pref" href="pref.xhtml"/>'
        '<item id="one" href="one.xhtml"/>'
    )
    spine = "".join(
        f'<itemref idref="{each}"/>'
        for each in ("cover", "nav", "old", "none", "list", "pref", "one", "one", "lost", "one")
    )
    guide = '<reference type="cover" href="cover.xhtml"/><reference type="text" href="one.xhtml"/>'
    parts = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package(items, spine, guide),
        "OEBPS/cover.xhtml": chapter("<p>A cover</p>"),
        "OEBPS/nav.xhtml": chapter("<p>Contents</p>"),
        "OEBPS/list.xhtml": chapter("<p>More contents</p>", "epub:type='frontmatter toc'"),
        "OEBPS/old.xhtml": "<!-- no -->",
        "OEBPS/none.xhtml": "",
        "OEBPS/pref.xhtml": chapter("<p>A preface.</p>"),
        "OEBPS/one.xhtml": chapter("<p>It began.</p>"),
    }
    assert read_epub(zipped(parts), name="it").text == "A preface.\n\nIt began."


def test_a_chapter_is_read_in_the_encoding_that_it_is_in() -> None:
    others: dict[str, str | bytes] = {
        "OEBPS/text/c 0.xhtml": chapter("<p>Žluťoučký</p>").encode("utf-16"),
        "OEBPS/text/c 1.xhtml": chapter("<p>kůň</p>").replace("utf-8", "latin2").encode("latin2"),
    }
    assert read_epub(book("", "", others=others), name="it").text == "Žluťoučký\n\nkůň"


def encryption(algorithm: str, path: str) -> dict[str, str]:
    return {
        "META-INF/encryption.xml": f"""<encryption xmlns="urn:container"
 xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
 <enc:EncryptionMethod Algorithm="{algorithm}"/><enc:CipherData>
 <enc:CipherReference URI="{path}"/></enc:CipherData></enc:EncryptedData></encryption>"""
    }


def test_a_locked_book_is_refused_and_disguised_fonts_are_no_lock() -> None:
    fonts = encryption("http://www.idpf.org/2008/embedding", "OEBPS/fonts/a.otf")
    assert read_epub(book("<p>One.</p>", others=fonts), name="it").text == "One."
    chapters = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/text/c%200.xhtml")
    assert refusal(book("<p>One.</p>", others=chapters)).startswith(
        "it is locked by its seller (DRM): its chapters are encrypted; expected a book without"
    )


def test_a_book_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epub, "LARGEST", 20_000)
    said = "it unpacks to more than 20,000 bytes; expected a book as people write them"
    assert refusal(book(*["<p>" + "a" * 6_000 + "</p>"] * 4)).startswith(said)
    assert refusal(book("<p>" + "a" * 20_000 + "</p>")).startswith(said)


LAUGHS = '<!DOCTYPE a [<!ENTITY l0 "ha"><!ENTITY l1 "&l0;&l0;">]>'


def with_part(path: str, content: str) -> bytes:
    parts = {"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package("", "")}
    return zipped({**parts, path: content})


BROKEN = {
    "no zip": (b"No zip.", "it is no EPUB that can be read (File is not a zip file)"),
    "cut": (book("<p>One.</p>")[:300], "it is no EPUB that can be read (File is not a zip file)"),
    "another zip": (zipped({"a": "b"}), 'it is no EPUB that can be read ("There is no item named'),
    "no package": (
        zipped({"META-INF/container.xml": CONTAINER}),
        "it is no EPUB that can be read (\"There is no item named 'OEBPS/book.opf'",
    ),
    "outside": (
        zipped({"META-INF/container.xml": CONTAINER.replace("OEBPS", "../../etc")}),
        "it is no EPUB that can be read (\"There is no item named '../../etc/book.opf'",
    ),
    "damaged": (
        with_part("OEBPS/book.opf", "<package>"),
        "it is no EPUB that can be read (damaged XML in OEBPS/book.opf: ",
    ),
    "no spine": (with_part("a", ""), "it has no text: its chapters are pictures, or missing"),
    "pictures": (book("<img src='a.png'/>"), "it has no text: its chapters are pictures"),
    "nested": (book("<div>" * 1_000 + "deep"), "it cannot be read whole: its elements nest deeper"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_book_to_read_is_refused(data: bytes, said: str) -> None:
    assert refusal(data).startswith(said)


def test_a_chapter_outside_of_the_book_is_not_read() -> None:
    items = '<item id="a" href="../../../../etc/passwd"/><item id="b" href="/etc/passwd"/>'
    spine = '<itemref idref="a"/><itemref idref="b"/>'
    parts = {"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package(items, spine)}
    assert refusal(zipped(parts)).startswith("it has no text")


def test_entities_are_not_unfolded() -> None:
    metadata = METADATA.replace(TITLE, "&l1;")
    data = book("<p>One.</p>", metadata=metadata)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {path: archive.read(path) for path in archive.namelist()}
    opf = parts["OEBPS/book.opf"].replace(b"<package", LAUGHS.encode() + b"<package")
    found = read_epub(zipped({**parts, "OEBPS/book.opf": opf}), name="it")
    assert (found.title, found.text) == ("&l1;", "One.")


def test_a_book_is_known_by_its_suffix_or_its_type() -> None:
    data = book("<p>One.</p>")
    text = "One.\n\nWritten by Ruth Calder, Ann Lee.\nPublished on 2024-05-31."
    wanted = Document(text, TITLE, None, author="Ruth Calder, Ann Lee", published="2024-05-31")
    assert read(data, name="a.EPUB") == wanted
    with serving() as site:
        site.pages["/book"] = Reply(data, headers={"Content-Type": "application/epub+zip"})
        fetcher = Fetcher(allow_loopback=True)
        assert load(site.url("/book"), fetcher=fetcher).text == text
