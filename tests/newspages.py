"""Web pages as sites serve them, made for tests: the article's text is known to the character."""

from dataclasses import dataclass

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
_HEADINGS = ("A long wait", "Two centuries of light")
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
_FOOTER = (
    "Copyright 2026 Coast Courier Ltd. All rights reserved.",
    "Privacy policy",
    "Terms and conditions",
    "We use cookies to improve your experience on our website.",
)
BOILERPLATE = (*_MENU, *_ADVERTS, *_RELATED, *_COMMENTS, *_FOOTER)


@dataclass(frozen=True)
class News:
    """A page, and what of it is the article."""

    name: str
    page: str
    title: str
    text: str
    boilerplate: tuple[str, ...] = BOILERPLATE


def _items(lines: tuple[str, ...]) -> str:
    return "".join(f'<li><a href="/{number}">{line}</a></li>' for number, line in enumerate(lines))


def _paragraphs(lines: tuple[str, ...], tag: str = "p") -> str:
    return "".join(f"<{tag}>{line}</{tag}>\n" for line in lines)


def _semantic() -> str:
    """As a newspaper's own system writes it."""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{TITLE} | Coast Courier</title><meta property="og:title" content="{TITLE}">
<script>var ads = ["buy", "now"];</script><style>p {{ color: black }}</style></head><body>
<header><nav><ul>{_items(_MENU)}</ul></nav></header>
<main><article><h1>{TITLE}</h1>{_paragraphs(_BODY[:2])}
<aside class="advert"><p>{_ADVERTS[0]}</p></aside>{_paragraphs(_BODY[2:])}
<h2>{_HEADINGS[1]}</h2>{_paragraphs(_MORE)}</article>
<section class="related"><h2>Related stories</h2><ul>{_items(_RELATED)}</ul></section>
<section id="comments" class="comments"><h2>Comments</h2>{_paragraphs(_COMMENTS)}</section></main>
<footer>{_paragraphs(_FOOTER)}</footer></body></html>"""


def _blog() -> str:
    """As a blog system writes it: divisions with class names."""
    comments = "".join(
        f'<li class="comment"><div class="comment-body"><p>{line}</p></div></li>'
        for line in _COMMENTS
    )
    return f"""<!DOCTYPE html><html><head><title>{TITLE} – Coast Courier</title></head>
<body class="single-post"><div id="masthead"><div class="menu"><ul>{_items(_MENU)}</ul></div></div>
<div id="content"><div class="post type-post"><h1 class="entry-title">{TITLE}</h1>
<div class="entry-content">{_paragraphs(_BODY)}<h2>{_HEADINGS[0]}</h2>{_paragraphs(_MORE)}
<div class="sharedaddy"><p>Share this: Facebook Twitter</p></div></div></div>
<div id="comments" class="comments-area"><ol class="comment-list">{comments}</ol></div></div>
<div id="secondary" class="widget-area sidebar"><div class="widget"><h3>Recent</h3>
<ul>{_items(_RELATED)}</ul></div><div class="widget ad">{_ADVERTS[1]}</div></div>
<div id="colophon" class="site-footer">{_paragraphs(_FOOTER, "div")}</div></body></html>"""


def _old() -> str:
    """As pages were written in 1999: a table for the layout, and nothing closed."""
    menu = "<br>".join(f'<a href="{n}.htm">{line}</a>' for n, line in enumerate(_MENU))
    return f"""<HTML><HEAD><TITLE>{TITLE}</TITLE></HEAD><BODY BGCOLOR=white>
<TABLE WIDTH=100%><TR><TD WIDTH=150 VALIGN=top><FONT SIZE=2>{menu}</FONT></TD>
<TD VALIGN=top><H1>{TITLE}</H1><P>{"<P>".join(_BODY + _MORE)}</TD></TR></TABLE>
<HR><CENTER><FONT SIZE=1>{_FOOTER[0]}</FONT></CENTER></BODY></HTML>"""


_ARTICLE = "\n\n".join((TITLE, *_BODY, _HEADINGS[1], *_MORE))
PAGES = (
    News("semantic", _semantic(), TITLE, _ARTICLE),
    News("blog", _blog(), TITLE, _ARTICLE.replace(_HEADINGS[1], _HEADINGS[0])),
    News("old", _old(), TITLE, "\n\n".join((TITLE, *_BODY, *_MORE))),
)
