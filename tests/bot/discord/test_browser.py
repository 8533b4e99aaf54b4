"""Links are opened in Chromium, where there is one, and what it highlights is looked at."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index import Article
from index.documents.html import read_html
from index.text.fragments import fragment_url
from tests.support.pages import Site, serving

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

# Blocks of sentences, as HTML; the highlight has a colour that nothing else has.
BLOCKS = (
    ("h1", ("The Aurora &amp; her crew",)),
    (
        "p",
        (
            "The ship <b>Aurora</b> left the harbour at dawn, long before anybody in the town,"
            " which is <a href='/x'>not small</a>, had woken up or thought of waking.",
            "It sank.",
            "“Why, it rained – and rained, all-day,” Mr. Calder’s wife said.",
        ),
    ),
    ("li", ("Nobody knew; 100% of 3,400 pounds were lost, &lt;all&gt; of it.", "It sank.")),
    (
        "p",
        (
            "It rained, and it rained.",
            "It rained, and it rained.",
            "Größe, naïve café: <i>čeština</i> is there too, in its own letters.",
            "It sank.",
        ),
    ),
    ("p", ("The ship <b>Aurora</b> left the harbour at dawn, and it came back.", "Home")),
)
COUNT = sum(len(sentences) for _, sentences in BLOCKS)
STYLE = "::target-text, mark { background: transparent; color: rgb(255, 0, 255) }"


def page(marked: int = 0) -> str:
    """The page, with one of its sentences marked by hand."""
    number = 0
    blocks = []
    for tag, sentences in BLOCKS:
        shown = []
        for sentence in sentences:
            number += 1
            shown.append(f"<mark>{sentence}</mark>" if number == marked else sentence)
        blocks.append(f"<{tag}>{' '.join(shown)}</{tag}>")
    menu = "<nav><a href='/'>Home</a> <a href='/b'>It sank.</a></nav>"
    return (
        f"<!doctype html><meta charset=utf-8><style>{STYLE} a {{ color: inherit }}</style>"
        f"<title>Ships</title>{menu}<article>{''.join(blocks)}</article>"
    )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        for marked in range(COUNT + 1):
            running.html(f"/{marked}", page(marked))
        yield running


def highlighted(url: str, folder: Path) -> set[tuple[int, int]]:
    """The pixels that Chromium shows in the highlight's colour, or nearly."""
    image = pytest.importorskip("PIL.Image")
    shot = folder / "shot.png"
    subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={folder}",
            "--window-size=900,900",
            f"--screenshot={shot}",
            url,
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with image.open(shot) as picture:
        pixels = picture.convert("RGB").load()
        places = [(x, y) for x in range(picture.width) for y in range(picture.height)]
    shot.unlink()
    return {(x, y) for x, y in places if pixels[x, y][0] - pixels[x, y][1] > 128}


@pytest.mark.parametrize("number", [2, 3, 4, 6, 8, 9])  # two starts of Chromium each
def test_a_link_opens_at_the_sentence(site: Site, tmp_path: Path, number: int) -> None:
    url = site.url("/0")
    text = read_html(page().encode(), name="it", charset="utf-8").text
    article = Article(1, "Ships", text, url, "", datetime(2026, 1, 1, tzinfo=UTC))
    assert len(article.sentences) == COUNT
    place = article.sentences[number - 1]
    link = fragment_url(article, place.start, place.end)
    assert link is not None
    assert re.search("#:~:text=.", link)
    found, wanted = highlighted(link, tmp_path), highlighted(site.url(f"/{number}"), tmp_path)
    assert len(wanted) > 20
    assert len(found ^ wanted) <= 0.1 * len(wanted)
