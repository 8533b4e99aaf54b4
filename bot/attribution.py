"""Attribution: who wrote an article, and on which pages its cited sentences stand."""

from collections.abc import Iterable

from index import Article, ArticleInfo, Citation


def byline(article: Article | ArticleInfo) -> str:
    """Return who wrote an article and when, as far as it says."""
    return ", ".join(filter(None, (article.author, article.published)))


def pages_shown(citations: Iterable[Citation]) -> str:
    """Return the pages of those citations that have one, such as ``[1] p. 3, [2] p. 4``."""
    return ", ".join(f"[{each.number}] p. {each.page}" for each in citations if each.page)
