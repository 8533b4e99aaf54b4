from collections import Counter

import pytest

from index.documents.document import Document
from index.documents.html import read_html
from index.errors import SourceError
from index.text.segmentation import segment
from tests.support.newspages import PAGES, News


def read(page: str | bytes, charset: str | None = None) -> Document:
    data = page.encode() if isinstance(page, str) else page
    return read_html(data, name="it", charset=charset)


def recovered(text: str, truth: str) -> float:
    """Character F1, order aside: white space does not count."""
    got, wanted = Counter("".join(text.split())), Counter("".join(truth.split()))
    return 2 * (got & wanted).total() / (got.total() + wanted.total())


@pytest.mark.parametrize("news", PAGES, ids=lambda news: news.name)
def test_the_article_of_a_page_is_recovered_with_each_sentence_whole(news: News) -> None:
    found = read(news.page)
    text = found.text
    assert found.title == news.title
    assert recovered(text, news.text) >= 0.97
    let_in = sum(len(line) for line in news.boilerplate if line in text)
    assert let_in <= 0.03 * len(text)
    wanted = {news.text[each.start : each.end] for each in segment(news.text)} - {news.title}
    assert wanted <= {text[each.start : each.end] for each in segment(text)}


SENTENCES = "<p>It began at dawn. It ended at dusk, and all of them went home again.</p>"


def blocks(inner: str) -> str:
    return read(f"<html><body><article>{SENTENCES}{inner}{SENTENCES}</article></body></html>").text


START = END = "It began at dawn. It ended at dusk, and all of them went home again."

SHOWN = {
    "inline": (
        "<p>The <b>ship</b> <a href='/a'>Aurora</a>\n  sank&nbsp;here.</p>",
        "The ship Aurora sank here.",
    ),
    "entities": ("<p>He wrote &amp;lt; and &lt;b&gt; there.</p>", "He wrote &lt; and <b> there."),
    "a break": ("<p>Roses are red,<br>violets are blue.</p>", "Roses are red,\nviolets are blue."),
    "heading": ("<h2>On the crew</h2><p>It was large.</p>", "On the crew\n\nIt was large."),
    "bullets": (
        "<ul><li>One of them.</li><li>Two of them.</li></ul>",
        "- One of them.\n- Two of them.",
    ),
    "numbers": (
        "<ol><li>One of them.</li><li>Two of them.</li></ol>",
        "1. One of them.\n2. Two of them.",
    ),
    "nested": (
        "<ul><li>One of them.<ul><li>Inside of it.</li></ul></li><li>Two of them.</li></ul>",
        "- One of them.\n  - Inside of it.\n- Two of them.",
    ),
    "quote": (
        "<blockquote><p>They said so.</p><p>All of them.</p></blockquote>",
        "They said so.\n\nAll of them.",
    ),
    "table": (
        "<table><tr><th>Ship</th><th>Year</th></tr><tr><td>Aurora</td><td>1912</td></tr></table>",
        "Ship | Year\n\nAurora | 1912",
    ),
    "code inside a line": (
        "<p>Set <code>LOG_LEVEL</code> to <kbd>debug</kbd>, in <code>app.toml</code>.</p>",
        "Set LOG_LEVEL to debug, in app.toml.",
    ),
    "code": ("<pre><code>a = 1\n  b = 2</code></pre>", "a = 1\n  b = 2"),
    "labels": (
        "<ul><li><label><input type=checkbox><span>Sharp tools.</span></label></li>"
        "<li><label><span>Gloves for all.</span></label></li></ul>",
        "- Sharp tools.\n- Gloves for all.",
    ),
    "a caption": (
        "<figure><img src=a.png><figcaption>The <b>Aurora</b> in 1912.</figcaption></figure>",
        "The Aurora in 1912.",
    ),
    "a table's caption": (
        "<table><caption>Ships</caption><tr><th>Ship</th><th>Year</th></tr>"
        "<tr><td>Aurora</td><td>1912</td></tr></table>",
        "Ships\n\nShip | Year\n\nAurora | 1912",
    ),
    "lists in cells": (
        "<table><tr><th>Plan</th><th>With</th></tr><tr><td>Team</td><td><ul><li>mail</li>"
        "<li><b>two</b> phones</li></ul></td></tr>"
        "<tr><td>Solo</td><td>no<br>phone</td></tr></table>",
        "Plan | With\n\nTeam | mail, two phones\n\nSolo | no phone",
    ),
    "names of social networks in cells": (
        "<table><tr><th>Site</th><th>Visits</th></tr><tr><td>twitter</td><td>310</td></tr>"
        "<tr><td><a href='/'>Facebook</a></td><td>12</td></tr></table>",
        "Site | Visits\n\ntwitter | 310\n\nFacebook | 12",
    ),
}


@pytest.mark.parametrize(("inner", "text"), SHOWN.values(), ids=SHOWN.keys())
def test_markup_reads_as_a_browser_shows_it(inner: str, text: str) -> None:
    assert blocks(inner) == f"{START}\n\n{text}\n\n{END}"


def test_a_table_of_data_stays_one_within_a_table_for_the_layout() -> None:
    menu = "<td><a href='/a'>Home</a> <a href='/b'>The first ship of all</a></td>"
    data = "<table><tr><td>Ship</td><td>Year</td></tr><tr><td>Aurora</td><td>1912</td></tr></table>"
    inner = f"<h1>Ships</h1>{SENTENCES}<ul><li>One of them.</li></ul>{data}{SENTENCES}"
    page = f"<table><tr>{menu}<td>{inner}</td></tr></table>"
    wanted = ("Ships", START, "- One of them.", "Ship | Year", "Aurora | 1912", END)
    assert read(page).text == "\n\n".join(wanted)


@pytest.mark.parametrize(
    "unwanted",
    [
        "<p hidden>%s</p>",
        "<p style='color: red; display:none'>%s</p>",
        "<div style='visibility: hidden'><p>%s</p></div>",
        "<div class='advertisement'><p>%s</p></div>",
        "<section id=mid-advert><p>%s</p></section>",
    ],
)
def test_adverts_and_what_a_page_hides_are_left_out(unwanted: str) -> None:
    assert blocks("<h2>Then</h2>" + unwanted % "Nobody sees this.") == f"{START}\n\nThen\n\n{END}"


def test_what_a_script_would_show_is_read_where_it_is_the_article() -> None:
    page = f"<div hidden><article>{SENTENCES * 3}</article></div><p>One moment.</p>"
    assert START in read(f"<html><body>{page}</body></html>").text


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="author" content="Ruth Calder">'
        '<meta property="article:published_time" content="2024-05-31T10:00:00Z">',
        '<script type="application/ld+json">{"@context": "https://schema.org", "@type": '
        '"NewsArticle", "author": {"@type": "Person", "name": "Ruth Calder"}, '
        '"datePublished": "2024-05-31"}</script>',
    ],
    ids=["meta", "json-ld"],
)
def test_a_page_names_its_author_and_date(head: str) -> None:
    found = read(f"<html><head>{head}</head><body><article>{SENTENCES}</article></body></html>")
    assert (found.author, found.published) == ("Ruth Calder", "2024-05-31")


def test_a_page_of_one_sentence_is_read() -> None:
    assert read("<p>It began at dawn.</p>") == Document("It began at dawn.")


@pytest.mark.parametrize(
    ("head", "encoding", "charset"),
    [
        ("", "utf-8", None),
        ("", "cp1252", None),
        ("", "utf-16", None),
        ("", "utf-8", "iso-8859-1-nonsense"),
        ("", "iso8859-2", "iso-8859-2"),
        ('<meta charset="iso-8859-2">', "iso8859-2", None),
        ('<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r", None),
        ('<meta charset="iso-8859-1">', "cp1252", None),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_is_in(
    head: str, encoding: str, charset: str | None
) -> None:
    said = {"koi8-r": "Мать пришла домой.", "iso8859-2": "Žluťoučký kůň."}.get(
        encoding, "“Größe” – naïve…"
    )
    page = f"<html><head>{head}</head><body><p>{said}</p></body></html>"
    assert read(page.encode(encoding), charset).text == said


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (b"Only text.", "it holds no HTML; expected a web page; give text as a .txt file"),
        (b"\x89PNG\r\n<a\0", "it is binary: it holds a NUL byte at offset 8"),
        (b"<html><body><img src=a.png></body></html>", "it holds no main text"),
        (b"<!-- -->", "it holds no main text"),  # found by fuzzing, as is the next
        (b"</p>", "it holds no main text"),
        ("<div>" * 300 + SENTENCES, "it cannot be read whole: its elements nest deeper than 256"),
    ],
)
def test_what_is_no_page_with_an_article_is_refused(page: str | bytes, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(page)
    assert str(caught.value).startswith(said)


LONG = (
    "<p>The inspectors visited the hall on a Tuesday and stayed for three hours, in which they"
    " looked at every room, the roof and the cellar, and spoke with the caretaker.</p>"
)


def test_a_list_that_stands_in_the_body_is_kept_in_its_place() -> None:
    items = "<ul><li>The boiler leaks.</li><li>The fire door is locked.</li></ul>"
    found = read(f"<html><body><h1>Hall</h1>{LONG}{items}{LONG}<p>They left.</p></body></html>")
    assert "cellar, and spoke with the caretaker.\n\n- The boiler leaks.\n- The fire" in found.text
    assert found.text.startswith("Hall\n\nThe inspectors")
    assert found.notice == ""


def test_a_date_in_an_example_of_code_is_no_day_of_publication() -> None:
    page = "<html><body><article>%s<pre>restore --from 2024-03-01T02:30</pre>%s</article></body>"
    assert read(page % (LONG, LONG)).published is None
    assert read(page % ("<p>Published on <time>2023-08-17</time></p>" + LONG, LONG)).published == (
        "2023-08-17"
    )


def test_a_page_of_which_much_is_lost_is_read_again_or_says_so() -> None:
    teasers = "".join(
        f"<div class='teaser'><p>Room {n} is {n} metres long and was painted again.</p></div>"
        for n in range(3, 30)
    )
    found = read(f"<html><body><article>{LONG}{teasers}</article></body></html>")
    assert "Room 12 is 12 metres long" in found.text
    assert found.notice == ""


LOST = "".join(
    f"<div class='x'><p>Room {n} is {n} metres long and was painted again last year.</p></div>"
    for n in range(3, 30)
)


HALF_READ = f"<html><body><div class='entry-content'>{LONG * 3}</div>{LOST}</body></html>"


def test_a_page_of_which_much_is_lost_says_so() -> None:
    found = read(HALF_READ)
    assert "Room 12" not in found.text
    assert found.notice.startswith(
        "only 22% of the words of this page were read as its main text; "
    )


SMALL = {
    "a recipe": (
        "<article><h1>Soup</h1><div class='recipe-meta'><span>Serves 4</span></div>"
        "<h2>Ingredients</h2><ul><li><span>3</span> <span>carrots</span></li>"
        "<li><label><span>1 onion</span></label></li></ul>"
        "<ol><li><p>Chop them.</p></li><li><p>Boil them in salted water.</p></li></ol></article>",
        "Soup\n\nServes 4\n\nIngredients\n\n- 3 carrots\n- 1 onion\n\n"
        "1. Chop them.\n2. Boil them in salted water.",
    ),
    "what unfolds": (
        "<main><h1>Help</h1><h3><button>How do I cancel?</button></h3>"
        "<div class='panel collapse'><p>Write to the office.</p></div></main>",
        "Help\n\nHow do I cancel?\n\nWrite to the office.",
    ),
    "a restaurant's menu": (
        "<h1>The Stag</h1><div class=menu><div><h3>Trout</h3><p>From the lake.</p>"
        "<span>£12</span></div></div>",
        "The Stag\n\nTrout\n\nFrom the lake.\n\n£12",
    ),
    "hours": (
        "<div><h2>Opening hours</h2><table><tr><td>Monday</td><td>9 to 5</td></tr></table>"
        "<h2>Contact</h2><address>1 Mill Lane<br>Ashby</address></div>",
        "Opening hours\n\nMonday | 9 to 5\n\nContact\n\n1 Mill Lane\nAshby",
    ),
    "terms": (
        "<h1>Words</h1><dl><dt>Quay</dt><dd>Where a ship lies.</dd>"
        "<dt>Buoy</dt><dd>It floats.</dd></dl>",
        "Words\n\nQuay\n\nWhere a ship lies.\n\nBuoy\n\nIt floats.",
    ),
}


@pytest.mark.parametrize(("body", "text"), SMALL.values(), ids=SMALL.keys())
def test_a_small_page_keeps_its_blocks_apart(body: str, text: str) -> None:
    found = read(f"<html><body>{body}</body></html>")
    assert (found.text, found.notice) == (text, "")


@pytest.mark.parametrize("tag", ["ul", "ol"])
def test_names_of_social_networks_are_kept_in_lists_and_buttons_to_share_are_not(tag: str) -> None:
    share = "<div class='share'><a href='/f'>Facebook</a> <a href='/t'>Twitter</a></div>"
    items = f"<{tag}><li>Instagram</li><li>Pinterest</li></{tag}>"
    page = f"<html><body><article>{LONG}{items}{LONG}{share}</article></body></html>"
    text = read(page).text
    assert "Instagram\n" in text
    assert "Pinterest\n" in text
    assert "Facebook" not in text


def test_the_headline_is_read_where_it_stands_outside_of_the_article() -> None:
    head = "<title>Hall | Courier</title>"
    page = f"<header><h1>Hall</h1></header><nav><a href='/'>Home</a></nav><article>{LONG}</article>"
    found = read(f"<html><head>{head}</head><body>{page}</body></html>")
    assert found.text.startswith("Hall\n\nThe inspectors")
    assert "Home" not in found.text
    unclosed = f"<html><head>{head}</head><body><h1>Hall<div>{LONG}</div></body></html>"
    assert "The inspectors visited" in read(unclosed).text


def test_code_keeps_its_comments_and_headings_lose_their_signs() -> None:
    inner = (
        "<h2>Use<a class='headerlink' href='#use'>¶</a></h2>"
        "<pre><span class='comment'># first\n</span>run()</pre>"
    )
    assert blocks(inner) == f"{START}\n\nUse\n\n# first\nrun()\n\n{END}"


@pytest.mark.parametrize(
    "control", ["\x01", "\x0b", "\x1b", "\ufffe", "&#11;", "&#x1F;", "&#xFFFE;"]
)
def test_a_control_character_costs_a_page_nothing_but_itself(control: str) -> None:
    inner = f"{LONG}<nav>Home</nav>{control}The bill&#13; is &#110;ext.{LONG}"
    page = f"<html><head><title>T</title></head><body><h1>T</h1><article>{inner}</article></body>"
    found = read(page)
    assert found.text.startswith("T\n\nThe inspectors")
    assert "\n\nThe bill is next.\n\n" in found.text
