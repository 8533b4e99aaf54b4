"""Web pages as sites serve them, made for tests: the article's text is known to the character.

Each shape is built as another kind of site builds it, with its menus, adverts, comments, cookie
banners, related stories, share buttons and footers.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from tests.support.stories import Block, Story

_BODY = (
    "The lighthouse on Skerry Point was lit again on Tuesday, after eleven years in the dark.",
    "“We had almost given up hope,” said Ruth Calder, who keeps the harbour’s books. She was among "
    "some two hundred people who had walked out along the causeway at low tide to see it.",
    "The lamp was taken out in 2015, when the coast guard judged that ships no longer needed it. "
    "Fishermen disagreed from the start: in fog, they said, no screen replaces a light.",
    "Repairs cost 340,000 pounds, of which the village raised a third by itself. The rest came "
    "from a fund for old buildings and from a brewer who asked not to be named.",
    "What remains to be done is the stair. It has 112 steps, nine of them broken, and will be "
    "closed to visitors until spring. Nobody is in a hurry, Mrs. Calder said; the light can be "
    "seen from everywhere.",
)
_MORE = (
    "Skerry Point has had a light since 1788. The first was a coal fire in an iron basket, which "
    "a widow and her two sons kept burning for thirty years.",
    "An oil lamp followed in 1821, and electricity in 1934. During the war the tower was painted "
    "grey; traces of that paint came to light when the scaffolding went up last March.",
)
_HEADING = "Two centuries of light"
TITLE = "Skerry Point shines again"


def paragraphs() -> tuple[str, ...]:
    """The paragraphs of the article."""
    return _BODY + _MORE


_MENU = ("Home", "Local news", "Sport and leisure", "Weather", "Subscribe now for £1 a week")
_ADVERTS = (
    "Advertisement: Save up to 40% on garden furniture this weekend only.",
    "Sponsored: Ten tricks that dentists will never tell you about.",
)
_RELATED = (
    "Ferry strike enters its third week",
    "Council votes on new bridge",
    "Five walks for a rainy Sunday",
)
_COMMENTS = (
    "Great to see this at last, my grandfather worked there for years!",
    "Waste of money if you ask me, the road to the harbour is full of holes.",
    "@harbourseal could not agree more. When will they learn?",
)
_COOKIES = (
    "We value your privacy",
    "We and our 847 partners store information on your device to show you personalised adverts.",
    "Accept all cookies",
    "Manage my choices",
)
_SHARE = ("Share on Facebook", "Share on WhatsApp", "Copy link", "Print this page")
_LETTER = (
    "Sign up to our newsletter",
    "Get the day’s headlines in your inbox every morning, for nothing.",
)
_FOOTER = (
    "Copyright 2026 Coast Courier Ltd. All rights reserved.",
    "Privacy policy",
    "Terms and conditions",
    "We use cookies to improve your experience on our website.",
)
BOILERPLATE = (
    *_MENU,
    *_ADVERTS,
    *_RELATED,
    *_COMMENTS,
    *_COOKIES,
    *_SHARE,
    *_LETTER,
    *_FOOTER,
)
SKERRY = Story(
    TITLE,
    (
        *(Block("paragraph", (each,)) for each in _BODY),
        Block("heading", (_HEADING,)),
        *(Block("paragraph", (each,)) for each in _MORE),
    ),
)


@dataclass(frozen=True)
class News:
    """A page, and what of it is the article."""

    name: str
    page: str
    title: str
    text: str
    boilerplate: tuple[str, ...] = BOILERPLATE


def news_pages(story: Story) -> list[News]:
    """Give a story as each shape of site would publish it."""
    return [
        News(name, shape(escape(story.title), story), story.title, story.text)
        for name, shape in _SHAPES.items()
    ]


def _links(lines: tuple[str, ...], tag: str = "li") -> str:
    return "".join(f'<{tag}><a href="/{n}">{line}</a></{tag}>' for n, line in enumerate(lines))


def _lines(lines: tuple[str, ...], tag: str = "p", kind: str = "") -> str:
    opening = f'{tag} class="{kind}"' if kind else tag
    return "".join(f"<{opening}>{line}</{tag}>\n" for line in lines)


def blocks(story: Story, *, paragraph: str = "p", heading: str = "h2") -> Iterator[str]:
    """Give the blocks of a story as HTML, a list or a table at once."""
    for kind, run in story.runs():
        words = [[escape(each, quote=False) for each in block.words] for block in run]
        match kind:
            case "item":
                yield "<ul>" + "".join(f"<li>{each}</li>" for [each] in words) + "</ul>"
            case "row":
                rows = ("".join(f"<td>{cell}</td>" for cell in row) for row in words)
                yield "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
            case _:
                opening = heading if kind == "heading" else paragraph
                closing = opening.split()[0]
                yield from (f"<{opening}>{each}</{closing}>" for [each] in words)


def _semantic(title: str, story: Story) -> str:
    """As a newspaper's own system writes it: elements that say what they are."""
    first, *rest = blocks(story)
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{title} | Coast Courier</title><meta property="og:title" content="{title}">
<script>var ads = ["buy", "now"];</script><style>p {{ color: black }}</style></head><body>
<div id="cookie-banner" role="dialog" aria-modal="true"><h2>{_COOKIES[0]}</h2>
<p>{_COOKIES[1]}</p><button>{_COOKIES[2]}</button><button>{_COOKIES[3]}</button></div>
<header><nav><ul>{_links(_MENU)}</ul></nav></header>
<main><article><h1>{title}</h1>{first}
<aside class="advert"><p>{_ADVERTS[0]}</p></aside>{"".join(rest)}
<ul class="share-buttons">{_links(_SHARE)}</ul></article>
<section class="related"><h2>Related stories</h2><ul>{_links(_RELATED)}</ul></section>
<section id="comments" class="comments"><h2>Comments</h2>{_lines(_COMMENTS)}</section></main>
<footer>{_lines(_FOOTER)}</footer></body></html>"""


def _blog(title: str, story: Story) -> str:
    """As a blog system writes it: divisions with class names."""
    comments = "".join(
        f'<li class="comment"><div class="comment-body"><p>{line}</p></div></li>'
        for line in _COMMENTS
    )
    return f"""<!DOCTYPE html><html><head><title>{title} – Coast Courier</title></head>
<body class="single-post"><div id="masthead"><div class="menu"><ul>{_links(_MENU)}</ul></div></div>
<div id="content"><div class="post type-post"><h1 class="entry-title">{title}</h1>
<div class="entry-content">{"".join(blocks(story))}
<div class="sharedaddy"><p>Share this: Facebook</p><ul>{_links(_SHARE)}</ul></div></div></div>
<div id="comments" class="comments-area"><ol class="comment-list">{comments}</ol></div></div>
<div id="secondary" class="widget-area sidebar"><div class="widget"><h3>Recent</h3>
<ul>{_links(_RELATED)}</ul></div><div class="widget ad">{_ADVERTS[1]}</div></div>
<div id="colophon" class="site-footer">{_lines(_FOOTER, "div")}</div>
<div class="cookie-notice-container">{_lines(_COOKIES, "span")}</div></body></html>"""


def _old(title: str, story: Story) -> str:
    """As pages were written in 1999: tables for the layout, and paragraphs never closed."""
    menu = "<br>".join(f'<a href="{n}.htm">{line}</a>' for n, line in enumerate(_MENU))
    body = "".join(blocks(story, heading="H3")).replace("</p>", "")
    return f"""<HTML><HEAD><TITLE>{title}</TITLE></HEAD><BODY BGCOLOR=white>
<TABLE WIDTH=100%><TR><TD COLSPAN=2><FONT SIZE=1>{_ADVERTS[0]}</FONT></TD></TR>
<TR><TD WIDTH=150 VALIGN=top><FONT SIZE=2>{menu}</FONT></TD>
<TD VALIGN=top><H1>{title}</H1>{body}</TD></TR></TABLE>
<HR><CENTER><FONT SIZE=1>{_FOOTER[0]}</FONT></CENTER></BODY></HTML>"""


def _soup(title: str, story: Story) -> str:
    """As a framework writes it: divisions with names made by a machine, nothing called what it is.

    Its comments are a component of their own, which says so in an attribute alone.
    """
    inner = "".join(blocks(story, paragraph='div class="css-1ab9f2x"', heading="h3"))
    share = "".join(f'<button class="css-7hh2">{line}</button>' for line in _SHARE)
    return f"""<!DOCTYPE html><html lang="en"><head><title>{title}</title>
<meta property="og:site_name" content="Coast Courier"></head><body><div id="__next">
<div class="css-9x1" data-testid="consent-banner">{_lines(_COOKIES, "span")}</div>
<div class="css-k20"><div class="css-k21" role="navigation">{_links(_MENU, "div")}</div></div>
<div class="css-m0"><div class="css-m1"><h1 class="css-t9">{title}</h1>
<div class="css-sh">{share}</div><div class="css-body">{inner}</div></div>
<div class="css-r4"><div class="css-r5">More from Coast</div>{_links(_RELATED, "div")}</div>
<div class="css-c8" data-component="comments" id="comments-root">{_lines(_COMMENTS, "div")}</div>
</div><div class="css-f0" role="contentinfo">{_lines(_FOOTER, "span")}</div></div></body></html>"""


def _lazy(title: str, story: Story) -> str:
    """As a large site writes it: the article as JSON too, late pictures, adverts within."""
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "articleBody": story.text,
        "author": {"@type": "Person", "name": "Ruth Calder"},
    }
    advert = (
        f'<div class="ad-slot" data-ad-unit="/mid" aria-hidden="true"><p>{_ADVERTS[0]}</p></div>'
        f'<div class="related-inline"><span>Read more</span><ul>{_links(_RELATED[:1])}</ul></div>'
    )
    picture = (
        '<figure><img data-src="/a.jpg" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">'
        '<noscript><img src="/a.jpg" alt=""></noscript></figure>'
    )
    letter = f'<div class="newsletter-signup"><h4>{_LETTER[0]}</h4><p>{_LETTER[1]}</p></div>'
    first, *middle = blocks(story)
    cut = len(middle) // 2
    return f"""<!doctype html><html><head><title>{title} - Coast Courier</title>
<script type="application/ld+json">{json.dumps(about)}</script>
<meta property="og:type" content="article"><meta property="og:title" content="{title}"></head><body>
<div class="site-header"><ul class="nav">{_links(_MENU)}</ul></div>
<div class="story" itemscope itemtype="https://schema.org/NewsArticle">
<h1 itemprop="headline">{title}</h1><div class="social-share">{_links(_SHARE, "span")}</div>
<div itemprop="articleBody" class="story-body">{picture}{first}{advert}
{"".join(middle[:cut])}{picture}{letter}{"".join(middle[cut:])}</div></div>
<div class="recommended"><h3>Recommended</h3><ul>{_links(_RELATED)}</ul></div>
<div class="taboola">{_lines(_ADVERTS[1:])}</div>
<div id="disqus_thread" class="comments">{_lines(_COMMENTS, "p", "comment-text")}</div>
<div class="site-footer">{_lines(_FOOTER)}</div>
<div id="onetrust-banner-sdk" class="cookie-consent">{_lines(_COOKIES)}</div></body></html>"""


def _live(title: str, story: Story) -> str:
    """As a page that is written while things happen: posts, each with its buttons, and adverts."""
    share = f'<footer class="post-share"><ul class="share-tools">{_links(_SHARE)}</ul></footer>'
    advert = f'<div class="advertisement"><p>{_ADVERTS[1]}</p></div>'
    posts: list[list[str]] = [[]]
    for block in blocks(story):
        if block.startswith("<h2"):
            posts.append([])
        posts[-1].append(block)
    shown = advert.join(
        f'<section class="live-post" id="post-{n}">{"".join(post)}{share}</section>'
        for n, post in enumerate(posts)
    )
    return f"""<!doctype html><html lang="en"><head><title>{title} – live | Coast Courier</title>
<meta property="og:title" content="{title}"><meta name="author" content="Ruth Calder"></head><body>
<nav class="topbar"><ul>{_links(_MENU)}</ul></nav><main><article class="live-blog"><header>
<h1>{title}</h1></header><div class="live-feed">{shown}</div></article>
<aside class="sidebar"><h2>Most read</h2><ol>{_links(_RELATED)}</ol>
<form class="newsletter"><label>{_LETTER[0]}</label><p>{_LETTER[1]}</p></form></aside></main>
<section class="user-comments" id="comments">{_lines(_COMMENTS, "p")}</section>
<footer>{_lines(_FOOTER)}</footer><dialog open class="gdpr">{_lines(_COOKIES)}</dialog>
</body></html>"""


_SHAPES: dict[str, Callable[[str, Story], str]] = {
    "semantic": _semantic,
    "blog": _blog,
    "old": _old,
    "soup": _soup,
    "lazy": _lazy,
    "live": _live,
}
PAGES = tuple(news_pages(SKERRY))
