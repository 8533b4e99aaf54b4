"""The same articles and questions put to other retrievers, with the same model's weights.

Each is set up as its documentation shows. Those that bring no sentence splitter that works offline
are given Footnote's sentences. Needs `pip install -r benchmarks/requirements.txt`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from index import Article

_MOST = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What a peer returned: the text, where that truly begins, and where the peer says so."""

    text: str
    start: int
    claimed: int | None


class Peer(Protocol):
    """A retriever over one article."""

    def search(self, question: str) -> list[Found]:
        """Give the ten nearest sentences, the best first."""
        ...


def peers(model: str) -> dict[str, Callable[[Article], Peer]]:
    """Name each peer and how it indexes an article; `model` is the folder of the weights."""
    embedding = _llamaindex_embedding(model)
    langchain = _langchain_embedding(model)
    return {
        "LlamaIndex sentence window + FAISS": lambda article: SentenceWindow(article, embedding),
        "LlamaIndex query fusion (dense + BM25)": lambda article: QueryFusion(article, embedding),
        "LangChain + FAISS": lambda article: LangChain(article, langchain),
        "Haystack (dense + BM25, joined)": lambda article: Haystack(article, model),
        "txtai hybrid": lambda article: Txtai(article, model),
    }


class SentenceWindow:
    """LlamaIndex: `SentenceWindowNodeParser`, `FaissVectorStore`, `VectorStoreIndex`."""

    def __init__(self, article: Article, embedding: Any) -> None:
        self._starts, nodes = _window_nodes(article.text)
        self._retriever = _faiss_index(nodes, embedding).as_retriever(similarity_top_k=_MOST)

    def search(self, question: str) -> list[Found]:
        """Give the ten nearest sentences."""
        return [
            _from_node(scored.node, self._starts) for scored in self._retriever.retrieve(question)
        ]


class QueryFusion:
    """LlamaIndex: `QueryFusionRetriever` over the same index and a `BM25Retriever`."""

    def __init__(self, article: Article, embedding: Any) -> None:
        from llama_index.core.llms import MockLLM
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
        from llama_index.retrievers.bm25 import BM25Retriever

        self._starts, nodes = _window_nodes(article.text)
        dense = _faiss_index(nodes, embedding).as_retriever(similarity_top_k=_MOST)
        keyword = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=_MOST)
        self._retriever = QueryFusionRetriever(
            [dense, keyword],
            llm=MockLLM(),  # never asked: the question is the only query
            num_queries=1,
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=_MOST,
            use_async=False,
        )

    def search(self, question: str) -> list[Found]:
        """Give the ten best by reciprocal rank."""
        return [
            _from_node(scored.node, self._starts) for scored in self._retriever.retrieve(question)
        ]


class LangChain:
    """LangChain: `FAISS.from_documents` over Footnote's sentences."""

    def __init__(self, article: Article, embedding: Any) -> None:
        from langchain_community.vectorstores import FAISS
        from langchain_core.documents import Document

        self._store = FAISS.from_documents(
            [
                Document(text, metadata={"start_index": start})
                for start, text in _sentences(article)
            ],
            embedding,
        )

    def search(self, question: str) -> list[Found]:
        """Give the ten nearest sentences."""
        return [
            Found(each.page_content, each.metadata["start_index"], each.metadata["start_index"])
            for each in self._store.similarity_search(question, k=_MOST)
        ]


class Haystack:
    """Haystack: an in-memory store, BM25 and embedding retrievers, joined by reciprocal rank."""

    def __init__(self, article: Article, model: str) -> None:
        from haystack import Document, Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        store = InMemoryDocumentStore()
        embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
        embedder.warm_up()
        documents = [Document(content=text, meta={"start": at}) for at, text in _sentences(article)]
        store.write_documents(embedder.run(documents=documents)["documents"])
        self._pipeline = Pipeline()
        self._pipeline.add_component(
            "text", SentenceTransformersTextEmbedder(model=model, progress_bar=False)
        )
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=_MOST))
        self._pipeline.add_component("keyword", InMemoryBM25Retriever(store, top_k=_MOST))
        self._pipeline.add_component(
            "join", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=_MOST)
        )
        self._pipeline.connect("text.embedding", "dense.query_embedding")
        self._pipeline.connect("dense", "join")
        self._pipeline.connect("keyword", "join")

    def search(self, question: str) -> list[Found]:
        """Give the ten best by reciprocal rank."""
        data = {"text": {"text": question}, "keyword": {"query": question}}
        documents = self._pipeline.run(data)["join"]["documents"]
        return [Found(each.content, each.meta["start"], each.meta["start"]) for each in documents]


class Txtai:
    """txtai: `Embeddings(hybrid=True)` over Footnote's sentences."""

    def __init__(self, article: Article, model: str) -> None:
        from txtai import Embeddings

        self._sentences = list(_sentences(article))
        self._embeddings = Embeddings(path=model, hybrid=True)
        self._embeddings.index(text for _, text in self._sentences)

    def search(self, question: str) -> list[Found]:
        """Give the ten best by txtai's weighing of both scores."""
        rows = [self._sentences[row] for row, _ in self._embeddings.search(question, _MOST)]
        return [Found(text, start, start) for start, text in rows]


def _sentences(article: Article) -> Iterator[tuple[int, str]]:
    for sentence in article.sentences:
        yield sentence.start, article.text[sentence.start : sentence.end]


def _window_nodes(text: str) -> tuple[dict[str, int], list[Any]]:
    """Part a text as LlamaIndex does, and note where each node truly begins."""
    from llama_index.core import Document
    from llama_index.core.node_parser import SentenceWindowNodeParser

    parser = SentenceWindowNodeParser.from_defaults(
        window_size=3, window_metadata_key="window", original_text_metadata_key="original_text"
    )
    nodes: list[Any] = parser.get_nodes_from_documents([Document(text=text)])
    starts, position = {}, 0
    for node in nodes:
        words = node.text.strip()
        position = text.index(words, position)
        starts[node.node_id] = position
        position += len(words)
    return starts, nodes


def _faiss_index(nodes: Sequence[Any], embedding: Any) -> Any:
    """Index by inner product: with distances, as its examples have it, fusion sorts worst first."""
    import faiss
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.vector_stores.faiss import FaissVectorStore

    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(len(embedding.get_query_embedding("?"))))
    context = StorageContext.from_defaults(vector_store=store)
    return VectorStoreIndex(nodes, storage_context=context, embed_model=embedding)


def _from_node(node: Any, starts: dict[str, int]) -> Found:
    return Found(node.text.strip(), starts[node.node_id], node.start_char_idx)


def _llamaindex_embedding(model: str) -> Any:
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    return HuggingFaceEmbedding(model_name=model)


def _langchain_embedding(model: str) -> Any:
    from langchain_huggingface import HuggingFaceEmbeddings

    return HuggingFaceEmbeddings(model_name=model)
