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

from index.text.citation import Hit


class Search(Protocol):
    """What `Library.search` is."""

    def __call__(self, question: str, *, top_k: int, articles: Sequence[int] | None) -> list[Hit]:
        """Give at most `top_k` sentences, the best first."""
        ...


class ArticleRetriever(BaseRetriever):
    """Gives one node a sentence, whose `start_char_idx` and `end_char_idx` are its place.

    The node's metadata has `article_id` and the `sentence` number, which an LLM is not shown.
    """

    def __init__(
        self, search: Search, *, top_k: int = 5, articles: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self._search = search
        self._top_k = top_k
        self._articles = articles

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._search(query_bundle.query_str, top_k=self._top_k, articles=self._articles)
        return [NodeWithScore(node=_node(hit), score=hit.score) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(hit: Hit) -> TextNode:
    return TextNode(
        id_=f"{hit.article_id}:{hit.sentence.number}",
        text=hit.quote,
        start_char_idx=hit.sentence.start,
        end_char_idx=hit.sentence.end,
        metadata={"article_id": hit.article_id, "sentence": hit.sentence.number},
        excluded_llm_metadata_keys=["article_id", "sentence"],
        excluded_embed_metadata_keys=["article_id", "sentence"],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=str(hit.article_id))},
    )
