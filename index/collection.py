"""The articles of one collection in a library: add, remove, list."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from index.documents.document import Document
from index.documents.loading import check_names, check_text, load, read
from index.models.encoder import Encoder
from index.models.reader import Reader, Reranker
from index.search.retriever import Retriever
from index.storage.indexing import Progress, encode_article, reusable_passages
from index.storage.opening import Place, open_store
from index.storage.records import ModelId, SentenceVectors, Stats
from index.storage.store import Store
from index.text.article import Article, ArticleInfo

if TYPE_CHECKING:
    from llama_index.core.schema import Document as LlamaDocument

    from index.documents.web import Fetcher


class Collection:
    """The articles of one collection in a library, and what encodes and stores them.

    `Library` asks them. Safe to share between threads; a context manager that closes itself.
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
        Raises: SourceError when it cannot be read, LibraryError when it cannot be stored.

        >>> with Collection.open(None) as collection:
        ...     collection.add("article.md").source.endswith("article.md")
        True
        """
        if progress is not None:
            progress("reading", 0, 1)
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
        r"""Add what a file of this name holds. With a `source` it replaces what was from there.

        Raises: as `add`.

        >>> with Collection.open(None) as collection:
        ...     collection.add_bytes(b"# Ferries\n\nTwo boats sail.", name="a.md").title
        'Ferries'
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

        Raises: SourceError when it holds no text, LibraryError when it cannot be stored.

        >>> with Collection.open(None) as collection:
        ...     collection.add_text("Two boats sail. One waits.", title="Ferries").sentences[1]
        Sentence(number=2, start=16, end=26)
        """
        check_text(text, name=title)
        return self.add_document(Document(text, title, source), title=title, progress=progress)

    def add_document(
        self, loaded: Document, *, title: str | None = None, progress: Progress | None = None
    ) -> Article:
        """Add what was loaded; it replaces what was from the same source.

        Raises: SourceError for names that cannot be stored, LibraryError when it cannot be stored.
        """
        check_names(title, loaded.title, loaded.source, loaded.author)
        known = self._store.find(title=title, source=loaded.source, text=loaded.text)
        if known is not None:
            return replace(self.article(known), notice=loaded.notice)
        self._store.check_model(self._model)
        named = replace(loaded, title=title or loaded.title)
        reusable = reusable_passages(self._store, loaded.source)
        made = encode_article(named, encoder=self._encoder, progress=progress, reusable=reusable)
        if progress is not None:
            progress("storing", 0, 1)
        return replace(self._store.add(made, self._model), notice=loaded.notice)

    def add_documents(
        self, documents: "Iterable[LlamaDocument]", *, progress: Progress | None = None
    ) -> list[Article]:
        """Add LlamaIndex documents, such as those of a LlamaHub reader.

        A document's title is its metadata's `title` or `file_name`, else its id; the id is its
        source: added again, it does nothing, or replaces the text that has changed.
        Raises: as `add_text`; the documents before the one that fails stay added.

        >>> from llama_index.core.schema import Document
        >>> ferries = Document(text="Two boats sail.", id_="a", metadata={"title": "Ferries"})
        >>> with Collection.open(None) as collection:
        ...     [article.title for article in collection.add_documents([ferries])]
        ['Ferries']
        """
        added = []
        for document in documents:
            named = document.metadata.get("title") or document.metadata.get("file_name")
            title, source = str(named or document.id_), document.id_
            article = self.add_text(document.text, title=title, source=source, progress=progress)
            added.append(article)
        return added

    async def aadd(
        self,
        source: str | os.PathLike[str],
        *,
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Article:
        """Do what `add` does, and call `progress`, in a thread. Raises: as `add`."""
        return await asyncio.to_thread(self.add, source, title=title, progress=progress)

    def remove(self, article_id: int) -> None:
        """Remove an article. Raises: UnknownArticle; LibraryError for one of another collection.

        >>> with Collection.open(None) as collection:
        ...     article = collection.add_text("Two boats sail. One waits.", title="Ferries")
        ...     collection.remove(article.id)
        ...     len(collection)
        0
        """
        self._store.remove(article_id)

    def __len__(self) -> int:
        """Return how many articles the collection has, those of `also` included."""
        return len(self.titles())

    def articles(self) -> list[Article]:
        """Return all articles with their texts, the oldest first; `catalog` is the light form.

        >>> with Collection.open(None) as collection:
        ...     article = collection.add_text("Two boats sail. One waits.", title="Ferries")
        ...     [each.text for each in collection.articles()]
        ['Two boats sail. One waits.']
        """
        with self._store.reading():
            return [self._store.article(rows.article_id) for rows in self._store.rows(None)]

    def catalog(self, *, own: bool = False) -> list[ArticleInfo]:
        """Return what there is to say of all articles, the oldest first, without their texts.

        `own` leaves out those of the collections of `also`.

        >>> with Collection.open(None) as collection:
        ...     article = collection.add_text("Two boats sail. One waits.", title="Ferries")
        ...     [each.sentence_count for each in collection.catalog()]
        [2]
        """
        return self._store.catalog(own=own)

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """Return the titles of all articles, by id, without reading their texts.

        `own` leaves out those of the collections of `also`.

        >>> with Collection.open(None) as collection:
        ...     article = collection.add_text("Two boats sail. One waits.", title="Ferries")
        ...     collection.titles()
        {1: 'Ferries'}
        """
        return self._store.titles(own=own)

    def article(self, article_id: int) -> Article:
        """Return an article. Raises: UnknownArticle.

        >>> with Collection.open(None) as collection:
        ...     article = collection.add_text("Two boats sail. One waits.", title="Ferries")
        ...     collection.article(article.id).quote(2)
        'One waits.'
        """
        return self._store.article(article_id)

    def stats(self) -> Stats:
        """Return how much the library holds in all its collections, and in what.

        >>> with Collection.open(None) as collection:
        ...     article = collection.add_text("Two boats sail. One waits.", title="Ferries")
        ...     collection.stats().sentences
        2
        """
        with self._store.reading():
            index = self._vectors.stats()
            articles, passages, sentences = self._store.counts()
            return Stats(
                articles=articles,
                passages=passages,
                sentences=sentences,
                index=index.kind,
                memory=index.memory,
                disk=self._store.size + index.disk,
            )

    @cached_property
    def _model(self) -> ModelId:
        return ModelId.of(self._encoder)
