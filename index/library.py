"""The front door: add articles, search them, ask them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Self

from index.answers import answer as answering
from index.answers import overview as telling
from index.answers.answer import Answer, with_links
from index.answers.conversation import Conversation
from index.checks import check_names, check_question
from index.documents.document import Document
from index.documents.loading import check_text, load, read
from index.errors import UnknownArticle
from index.models.encoder import Encoder
from index.models.reader import Reader
from index.models.reranker import Reranker
from index.search.retriever import Ranking, Retriever
from index.storage.indexing import Progress, draft, known_from
from index.storage.records import Model, Stats
from index.storage.stores import ArticleStore, Folder, SentenceVectors, open_store
from index.text import relocation as revision
from index.text.article import Article
from index.text.citation import Citation, Hit
from index.text.fragments import linked
from index.text.relocation import Located

if TYPE_CHECKING:
    from index.documents.web import Fetcher
    from index.llamaindex import ArticleRetriever
    from index.storage.postgres import Connections

_HITS = 10  # what an answer is chosen from


class Library:
    """Articles on one shelf of a library. Safe to share between threads.

    Open it with `Library.open`; it is a context manager that closes itself.
    """

    def __init__(
        self,
        store: ArticleStore,
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
        path: "str | os.PathLike[str] | Folder | Connections | None",
        *,
        shelf: str = "default",
        also: tuple[str, ...] = (),
        encoder: Encoder | None = None,
        reader: Reader | Literal["off"] | None = None,
        reranker: Reranker | None = None,
        fetcher: "Fetcher | None" = None,
    ) -> Self:
        """Open the library in a directory, made when it is missing, or one in memory for None.

        `postgresql://user:password@host/database` opens one that many processes share. Libraries
        at several shelves of one place share more if that is opened by
        `index.storage.stores.shared`.
        The articles on the shelves of `also` are asked and read together with the shelf's own;
        what is added or removed is the shelf's own.
        Models are loaded when they are first needed; the encoder and the reader are the packaged
        ones when None. The reader reads the best sentences closely, which helps their order and
        finds the short answer. A reranker, if there is one, has the last word on their order.
        The fetcher gets web pages; when None, pages of the public web alone.
        Raises: LibraryError when it is no library, made by another model or a newer version,
        locked or out of reach.
        """
        store, vectors = open_store(path, shelf=shelf, also=also)
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
        """Keep what was made for searching and let go; a second call does nothing."""
        if not self._store.closed:
            try:
                self._vectors.save()
            finally:
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
    def pristine(self) -> bool:
        """Whether nothing was ever added here."""
        return self._store.pristine

    def add(
        self,
        source: str | os.PathLike[str],
        *,
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Article:
        """Take in a file or a web page.

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
        """Take in what a file of this name holds. With a `source` it replaces what was from there.

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
        """Take in a text. With a `source` it replaces what was added from there before.

        Raises: SourceError when it holds no text, LibraryError when it cannot be kept.
        """
        check_text(text, name=title)
        return self.add_document(Document(text, title, source), title=title, progress=progress)

    def add_document(
        self, loaded: Document, *, title: str | None = None, progress: Progress | None = None
    ) -> Article:
        """Take in what was loaded; it replaces what was from the same source.

        Raises: SourceError for names that cannot be kept, LibraryError when it cannot be kept.
        """
        check_names(title, loaded.title, loaded.source, loaded.author)
        known = self._store.find(title=title, source=loaded.source, text=loaded.text)
        if known is not None:
            return replace(self.article(known), notice=loaded.notice)
        self._store.check_model(self._model)
        named = replace(loaded, title=title or loaded.title)
        kept = known_from(self._store, loaded.source)
        made = draft(named, encoder=self._encoder, progress=progress, known=kept)
        return replace(self._store.add(made, self._model), notice=loaded.notice)

    def remove(self, article_id: int) -> None:
        """Forget an article. Raises: UnknownArticle; LibraryError for one of another shelf."""
        self._store.remove(article_id)

    def articles(self) -> list[Article]:
        """All articles on the shelf, the oldest first."""
        with self._store.reading():
            return [self._store.article(rows.article_id) for rows in self._store.rows(None)]

    def titles(self, *, own: bool = False) -> dict[int, str]:
        """The titles of all articles, by id: quick, for it reads no text.

        `own` leaves out those that are only read from here, of the shelves of `also`.
        """
        return self._store.titles(own=own)

    def stats(self) -> Stats:
        """Tell what the library holds on all its shelves, and in what."""
        with self._store.reading():
            kept = self._vectors.stats()
            return Stats(
                articles=self._store.article_count(),
                passages=self._store.passage_count(),
                sentences=kept.sentences,
                index=kept.kind,
                memory=kept.memory,
                disk=self._store.size + kept.disk,
            )

    def article(self, article_id: int) -> Article:
        """One article. Raises: UnknownArticle."""
        return self._store.article(article_id)

    def locate(self, citation: Citation, *, whole: Citation | None = None) -> Located:
        """Say where what was cited stands now: an article may have changed since, or be gone.

        `whole` cites the sentence around the words of `citation`, as for `Answer.short`.
        """
        article = self._at_hand(citation.article_id)
        if article is None:
            return Located("removed", None)
        found = revision.locate(citation, article, whole=whole)
        if found.citation is None:
            return found
        return replace(found, citation=linked(found.citation, {article.id: article}))

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
        """Give the sentences nearest to a question, the best first: one hit a sentence.

        `articles` are the ids to search in; None is all on the shelf.
        Raises: UnknownArticle; ValueError for a question without words or a top_k below 1.
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}; it must be 1 or more")
        return list(
            self.rank(question, conversation=conversation, articles=articles, limit=top_k).hits
        )

    def ask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Answer from the articles with cited sentences, or say that they do not say.

        Raises: UnknownArticle; ValueError for a question without words.
        """
        ranking = self.rank(question, conversation=conversation, articles=articles)
        return with_links(answering.answer(question, ranking), ranking.articles)

    def overview(self, *, question: str, articles: Sequence[int] | None = None) -> Answer:
        """Answer what the articles are about with their most central sentences.

        Of several articles the first three are told of. It abstains only where there is none.
        Raises: UnknownArticle; ValueError for a question without words.
        """
        check_question(question)
        with self._store.reading():
            rows = self._store.rows(articles)[: telling.MOST_ARTICLES]
            read = [
                (self._store.article(each.article_id), self._store.vectors(each)) for each in rows
            ]
        told = telling.overview(question, read)
        return with_links(told, {article.id: article for article, _ in read})

    def as_retriever(
        self, top_k: int = 5, articles: Sequence[int] | None = None
    ) -> "ArticleRetriever":
        """Give a LlamaIndex retriever over this library: it plugs into any of its engines."""
        from index.llamaindex import ArticleRetriever  # it takes over a second to import

        return ArticleRetriever(self.search, top_k=top_k, articles=articles)

    @cached_property
    def _model(self) -> Model:
        return Model.of(self._encoder)

    def _places_now(self, cited: Iterable[Citation]) -> Iterator[tuple[int, int]]:
        """Give article id and sentence number, today, of what was cited and is still there."""
        for citation in cited:
            article = self._at_hand(citation.article_id)
            found = article and revision.locate(citation, article).citation
            if found:
                yield found.article_id, found.sentence

    def _at_hand(self, article_id: int) -> Article | None:
        try:
            with self._store.reading():
                [rows] = self._store.rows([article_id])
                return self._retriever.article(rows)
        except UnknownArticle:
            return None
