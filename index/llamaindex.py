"""Footnote as a LlamaIndex retriever: exact sentences for any of its query and chat engines."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.vector_stores import MetadataFilters
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from index.text.article import ArticleInfo
from index.text.citation import Hit


class Searchable(Protocol):
    """What a retriever needs of a library."""

    def search(
        self, question: str, *, top_k: int = 5, articles: Sequence[int] | None = None
    ) -> list[Hit]:
        """Return at most `top_k` sentences, the best first."""
        ...

    def catalog(self) -> list[ArticleInfo]:
        """Return what there is to say of all articles."""
        ...


class ArticleRetriever(BaseRetriever):
    """Returns one node for each sentence; `start_char_idx` and `end_char_idx` are its place.

    The node's metadata has `article_id`, `sentence`, `title`, and `source`, `url` and `page` where
    the article has them. An LLM is shown the title alone, and nothing of it is embedded.
    """

    def __init__(
        self,
        library: Searchable,
        *,
        top_k: int = 5,
        articles: Sequence[int] | None = None,
        filters: MetadataFilters | None = None,
    ) -> None:
        super().__init__()
        self._library = library
        self._top_k = top_k
        self._articles = articles
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        known = {info.id: info for info in self._library.catalog()}
        chosen = self._chosen(known)
        if chosen == []:
            return []
        hits = self._library.search(query_bundle.query_str, top_k=self._top_k, articles=chosen)
        return [
            NodeWithScore(node=_node(hit, known.get(hit.article_id)), score=hit.score)
            for hit in hits
        ]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _chosen(self, known: dict[int, ArticleInfo]) -> list[int] | None:
        """Return the ids to search in; None is all."""
        if self._filters is None:
            return None if self._articles is None else list(self._articles)
        holds = build_metadata_filter_fn(lambda id_: _described(known[int(id_)]), self._filters)
        asked = known if self._articles is None else self._articles
        return [each for each in asked if each in known and holds(str(each))]


def _described(info: ArticleInfo) -> dict[str, object]:
    return {
        "article_id": info.id,
        "title": info.title,
        "source": info.source,
        "author": info.author,
        "published": info.published,
    }


def _node(hit: Hit, info: ArticleInfo | None) -> TextNode:
    metadata = {
        "article_id": hit.article_id,
        "sentence": hit.sentence,
        "title": hit.title,
        "source": info.source if info is not None else None,
        "url": hit.url,
        "page": hit.page,
    }
    present = {key: value for key, value in metadata.items() if value is not None}
    return TextNode(
        id_=f"{hit.article_id}:{hit.sentence}",
        text=hit.quote,
        start_char_idx=hit.start,
        end_char_idx=hit.end,
        metadata=present,
        excluded_llm_metadata_keys=[key for key in present if key != "title"],
        excluded_embed_metadata_keys=list(present),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=str(hit.article_id))},
    )
