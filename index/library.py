"""The front door: add articles, search them, ask them."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, Self

from index.answers.answer import Answer, build_answer
from index.answers.conversation import Conversation, Remembered
from index.answers.overview import MOST_ARTICLES, summarize
from index.documents.document import Document
from index.documents.loading import check_names, check_text, load, read
from index.errors import UnknownArticle
from index.models.encoder import Encoder
from index.models.reader import Reader, Reranker
from index.search.questions import check_question
from index.search.retriever import Ranking, Retriever
from index.storage.indexing import Progress, encode_article, reusable_vectors
from index.storage.opening import Place, open_store
from index.storage.records import ModelId, Stats
from index.storage.store import SentenceVectors, Store
from index.text.article import Article, ArticleInfo
from index.text.citation import Citation, Hit, linked
from index.text.relocation import Relocation, find_quote, relocate

if TYPE_CHECKING:
    from llama_index.core.vector_stores import MetadataFilters

    from index.documents.web import Fetcher
    from index.llamaindex import ArticleRetriever

_HITS = 10  # what an answer is chosen from


class LlamaDocument(Protocol):
    """What `Library.add_documents` reads of a LlamaIndex ``Document``."""

    @property
    def id_(self) -> str:
        """What tells it from others: the same id later replaces its article."""
        ...

    @property
    def metadata(self) -> dict[str, object]:
        """Where the title is looked for."""
        ...

    @property
    def text(self) -> str:
        """The article's text."""
        ...


class Library:
    """The articles of one collection in a library. Safe to share between threads.

    Open it with `Library.open`; it is a context manager that closes itself.
    """

    def __init__(
        self,
        store: Store,
        vectors: SentenceVectors,
        *,
        encoder: Encoder,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
        fetcher: "Fetcher | None" = None,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._encoder = encoder
        self._vectors = vectors
        self._retriever = Retriever(store, vectors, encoder, reader=reader, reranker=reranker)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | Place | None,
        *,
        collection: str = "default",
        also: tuple[str, ...] = (),
        encoder: Encoder | None = None,
        reader: Reader | Literal["off"] | None = None,
        reranker: Reranker | None = None,
        fetcher: "Fetcher | None" = None,
    ) -> Self:
        """Open the library in a directory, made when it is missing, or one in memory for None.

        `postgresql://user:password@host/database` opens one that many processes share. Libraries
        of several collections of one place share more if that is opened by
        `index.storage.opening.open_place`.
        The articles in the collections of `also` are asked and read together with the collection's
        own; what is added or removed is the collection's own.
        Models are loaded when they are first needed; the encoder and the reader are the packaged
        ones when None. The reader reads the best sentences closely, which helps their order and
        finds the short answer. A reranker, if there is one, has the last word on their order.
        The fetcher gets web pages; when None, pages of the public web alone.
        Raises: LibraryError when it is no library, made by another model or a newer version,
        locked or out of reach.
        """
        store, vectors = open_store(path, collection=collection, also=also)
        library = cls(
            store,
            vectors,
            encoder=encoder or Encoder(),
            reader=None if reader == "off" else reader or Reader(),
            reranker=reranker,
            fetcher=fetcher,
        )
        try:
            if store.model is not None and store.model.name != library._encoder.name:
                store.check_model(library._model)
        except BaseException:
            store.close()
            raise
        return library

    def close(self) -> None:
        """Close the library; a second call does nothing."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def encoder(self) -> Encoder:
        """The model that reads the articles."""
        return self._encoder

    @property
    def is_unused(self) -> bool:
        """Whether nothing was ever added here."""
        return self._store.is_unused

    def add(
        self,
        source: str | os.PathLike[str],
        *,
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Article:
        """Add a file or a web page.

        Added again, it does nothing, or replaces the text that has changed.
        Raises: SourceError when it cannot be read, LibraryError when it cannot be kept.
        """
        loaded = load(source, fetcher=self._fetcher)
        return self.add_document(loaded, title=title, progress=progress)

    def add_bytes(
        self,
        data: bytes,
        *,
        name: str,
        title: str | None = None,
        source: str | None = None,
        progress: Progress | None = None,
    ) -> Article:
        """Add what a file of this name holds. With a `source` it replaces what was from there.

        Raises: SourceError when it cannot be read, LibraryError when it cannot be kept.
        """
        loaded = read(data, name=name, source=source)
        return self.add_document(loaded, title=title, progress=progress)

    def add_text(
        self,
        text: str,
        *,
        title: str,
        source: str | None = None,
        progress: Progress | None = None,
    ) -> Article:
        """Add a text. With a `source` it replaces what was added from there before.

        Raises: SourceError when it holds no text, LibraryError when it cannot be kept.
        """
        check_text(text, name=title)
        return self.add_document(Document(text, title, source), title=title, progress=progress)

    def add_document(
        self, loaded: Document, *, title: str | None = None, progress: Progress | None = None
    ) -> Article:
        """Add what was loaded; it replaces what was from the same source.

        Raises: SourceError for names that cannot be kept, LibraryError when it cannot be kept.
        """
        check_names(title, loaded.title, loaded.source, loaded.author)
        known = self._store.find(title=title, source=loaded.source, text=loaded.text)
        if known is not None:
            return replace(self.article(known), notice=loaded.notice)
        self._store.check_model(self._model)
        named = replace(loaded, title=title or loaded.title)
        reusable = reusable_vectors(self._store, loaded.source)
        made = encode_article(named, encoder=self._encoder, progress=progress, reusable=reusable)
        return replace(self._store.add(made, self._model), notice=loaded.notice)

    def add_documents(
        self, documents: Iterable[LlamaDocument], *, progress: Progress | None = None
    ) -> list[Article]:
        """Add LlamaIndex documents, such as those of a LlamaHub reader.

        A document's title is its metadata's `title` or `file_name`, else its id; the id is its
        source: added again, it does nothing, or replaces the text that has changed.
        Raises: SourceError for one without text, LibraryError when it cannot be kept; those before
        it stay added.
        """
        added = []
        for document in documents:
            named = document.metadata.get("title") or document.metadata.get("file_name")
            title = str(named or document.id_)
            added.append(
                self.add_text(document.text, title=title, source=document.id_, progress=progress)
            )
        return added

    def remove(self, article_id: int) -> None:
        """Remove an article. Raises: UnknownArticle; LibraryError for one of another collection."""
        self._store.remove(article_id)

    def __len__(self) -> int:
        """Return how many articles the collection has, those of `also` included."""
        return len(self.titles())

    def articles(self) -> list[Article]:
        """Return all articles with their texts, the oldest first; `catalog` is the light form."""
        with self._store.reading():
            return [self._store.article(rows.article_id) for rows in self._store.rows(None)]

    def catalog(self, *, own: bool = False) -> list[ArticleInfo]:
        """Return what there is to say of all articles, the oldest first, without their texts.

        `own` leaves out those of the collections of `also`.
        """
        own_ids = self.titles(own=own)
        return [article.info for article in self.articles() if article.id in own_ids]

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """The titles of all articles, by id: quick, for it reads no text.

        `own` leaves out those that are only read from here, from the collections of `also`.
        """
        return self._store.titles(own=own)

    def stats(self) -> Stats:
        """Return how much the library holds in all its collections, and in what."""
        with self._store.reading():
            kept = self._vectors.stats()
            articles, passages, sentences = self._store.counts()
            return Stats(
                articles=articles,
                passages=passages,
                sentences=sentences,
                index=kept.kind,
                memory=kept.memory,
                disk=self._store.size + kept.disk,
            )

    def article(self, article_id: int) -> Article:
        """Return an article. Raises: UnknownArticle."""
        return self._store.article(article_id)

    def locate(self, citation: Citation, *, within: Citation | None = None) -> Relocation:
        """Return where what was cited stands now: an article may have changed since, or be gone.

        `within` cites the sentence around the words of `citation`, as for `Answer.short`.
        """
        article = self._at_hand(citation.article_id)
        if article is None:
            return Relocation("removed", None)
        found = relocate(citation, article, within=within)
        if found.citation is None:
            return found
        return replace(found, citation=linked(found.citation, article))

    def rank(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
        limit: int = _HITS,
    ) -> Ranking:
        """Return at most `limit` sentences, the best first, with all that was seen of them.

        `search` and `ask` are made of it. Raises: as `ask`.
        """
        check_question(question)
        query = conversation.query(question)
        with self._store.reading():
            rows = self._store.rows(articles)
            self._store.check_model(self._model)
            query = replace(
                query,
                cited=tuple(self._places_now(conversation.cited)),
                earlier=tuple(self._places_now(conversation.cited_earlier)),
            )
            return self._retriever.rank(query, rows, limit=limit)

    def search(
        self,
        question: str,
        *,
        top_k: int = 5,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> list[Hit]:
        """Return the sentences nearest to a question, the best first: one hit a sentence.

        `articles` are the ids to search in; None is all in the collection.
        Raises: as `ask`; ValueError for a top_k below 1.
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}; it must be 1 or more")
        ranking = self.rank(question, conversation=conversation, articles=articles, limit=top_k)
        return [linked(hit, ranking.articles[hit.article_id]) for hit in ranking.hits]

    def ask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Answer from the articles with cited sentences, or say that they do not say.

        Raises: UnknownArticle; QuestionError for a question without words or of
        more than `LONGEST_QUESTION` code points.
        """
        ranking = self.rank(question, conversation=conversation, articles=articles)
        return build_answer(question, ranking)

    async def aadd(
        self,
        source: str | os.PathLike[str],
        *,
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Article:
        """Do what `add` does in a thread; `progress` is called there. Raises: as `add`."""
        return await asyncio.to_thread(self.add, source, title=title, progress=progress)

    async def asearch(
        self,
        question: str,
        *,
        top_k: int = 5,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> list[Hit]:
        """Do what `search` does in a thread. Raises: as `search`."""
        return await asyncio.to_thread(
            self.search, question, top_k=top_k, conversation=conversation, articles=articles
        )

    async def aask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Do what `ask` does in a thread. Raises: as `ask`."""
        return await asyncio.to_thread(
            self.ask, question, conversation=conversation, articles=articles
        )

    def overview(self, *, question: str, articles: Sequence[int] | None = None) -> Answer:
        """Answer what the articles are about with their most central sentences.

        Of several articles the first three are summarized. It abstains only where there is none.
        Raises: as `ask`.
        """
        check_question(question)
        with self._store.reading():
            rows = self._store.rows(articles)[:MOST_ARTICLES]
            read = [
                (self._store.article(each.article_id), self._store.vectors(each)) for each in rows
            ]
        return summarize(question, read)

    def as_retriever(
        self,
        top_k: int = 5,
        *,
        articles: Sequence[int] | None = None,
        filters: "MetadataFilters | None" = None,
    ) -> "ArticleRetriever":
        """Return a LlamaIndex retriever over this library, which plugs into any of its engines.

        `articles` are the ids to search in, and `filters` choose articles by their `article_id`,
        `title`, `source`, `author` or `published`; None is all.
        """
        from index.llamaindex import ArticleRetriever  # it takes over a second to import

        return ArticleRetriever(self, top_k=top_k, articles=articles, filters=filters)

    @cached_property
    def _model(self) -> ModelId:
        return ModelId.of(self._encoder)

    def _places_now(self, cited: Iterable[Citation | Remembered]) -> Iterator[tuple[int, int]]:
        """Yield article id and sentence number, today, of what was cited and is still there."""
        for each in cited:
            article = self._at_hand(each.article_id)
            if article is None:
                continue
            if isinstance(each, Citation):
                found = relocate(each, article).citation
            else:
                found = find_quote(each.quote, article, sentence=each.sentence).citation
            if found is not None:
                yield found.article_id, found.sentence

    def _at_hand(self, article_id: int) -> Article | None:
        try:
            with self._store.reading():
                [rows] = self._store.rows([article_id])
                return self._retriever.article(rows)
        except UnknownArticle:
            return None
