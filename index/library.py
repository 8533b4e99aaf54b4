"""Ask the articles of a collection: search, answer, summarize, retrieve for LlamaIndex."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from index.answers.answer import Answer, build_answer
from index.answers.conversation import Conversation, Remembered
from index.answers.overview import MOST_ARTICLES, summarize
from index.collection import Collection
from index.errors import UnknownArticle
from index.search.questions import check_question
from index.search.retriever import Ranking
from index.text.article import Article
from index.text.citation import Citation, Hit, Relocation, find_quote, linked, relocate

if TYPE_CHECKING:
    from llama_index.core.vector_stores import MetadataFilters

    from index.llamaindex import ArticleRetriever

HITS = 10
"""Ranked sentences that an answer is chosen from."""


class Library(Collection):
    """The articles of one collection in a library. Safe to share between threads.

    Open it with `Library.open`; it is a context manager that closes itself.

    >>> library = Library.open(None)
    >>> article = library.add("article.md")
    >>> answer = library.ask("Who broke into the compound?")
    >>> answer.citations[0].quote == article.text[
    ...     answer.citations[0].start : answer.citations[0].end
    ... ]
    True
    >>> library.close()
    """

    def ask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Answer from the articles with cited sentences, or say that they do not say.

        `conversation` is what was said before, and `articles` are the ids to ask; None is all.
        Raises: UnknownArticle; QuestionError for a question without words, or of more than
        `index.search.questions.LONGEST_QUESTION` code points.

        >>> with Library.open(None) as library:
        ...     article = library.add_text("The ferry opened in 1911.", title="Ferry")
        ...     library.ask("When did the ferry open?").text
        'The ferry opened in 1911. [1]'
        """
        ranking = self.rank(question, conversation=conversation, articles=articles)
        return build_answer(question, ranking)

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

        >>> with Library.open(None) as library:
        ...     article = library.add_text("Two boats sail. One waits.", title="Ferries")
        ...     [hit.quote for hit in library.search("How many wait?", top_k=1)]
        ['One waits.']
        """
        if top_k < 1:
            raise ValueError(f"top_k is {top_k}; it must be 1 or more")
        ranking = self.rank(question, conversation=conversation, articles=articles, limit=top_k)
        return [linked(hit, ranking.articles[hit.article_id]) for hit in ranking.hits]

    def rank(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
        limit: int = HITS,
    ) -> Ranking:
        """Return at most `limit` sentences, the best first, with all that was seen of them.

        `search` and `ask` are made of it. Raises: as `ask`.

        >>> with Library.open(None) as library:
        ...     article = library.add_text("Two boats sail. One waits.", title="Ferries")
        ...     library.rank("How many wait?").hits[0].sentence
        2
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
            ranking = self._retriever.rank(query, rows, limit=limit)
        self._retriever.store_encodings()
        return ranking

    def overview(self, *, question: str, articles: Sequence[int] | None = None) -> Answer:
        """Answer what the articles are about with their most central sentences.

        Of several articles the first three are summarized. It abstains only where there is none.
        Raises: as `ask`.

        >>> with Library.open(None) as library:
        ...     article = library.add_text("The ferry opened in 1911.", title="Ferry")
        ...     library.overview(question="What is this about?").text
        'The ferry opened in 1911. [1]'
        """
        check_question(question)
        with self._store.reading():
            rows = self._store.rows(articles)[:MOST_ARTICLES]
            read = [
                (self._store.article(each.article_id), self._store.vectors(each)) for each in rows
            ]
        return summarize(question, read)

    def locate(self, citation: Citation, *, within: Citation | None = None) -> Relocation:
        """Return where what was cited stands now: an article may have changed since, or be gone.

        `within` cites the sentence around the words of `citation`, as for `Answer.short`.

        >>> with Library.open(None) as library:
        ...     article = library.add_text("It opened in 1911.", title="Ferry", source="here")
        ...     [citation] = library.ask("When did it open?").citations
        ...     article = library.add_text("Look. It opened in 1911.", title="Ferry", source="here")
        ...     library.locate(citation).state
        'moved'
        """
        article = self._at_hand(citation.article_id)
        if article is None:
            return Relocation("removed", None)
        found = relocate(citation, article, within=within)
        if found.citation is None:
            return found
        return replace(found, citation=linked(found.citation, article))

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

        >>> with Library.open(None) as library:
        ...     article = library.add_text("The ferry opened in 1911.", title="Ferry")
        ...     [found] = library.as_retriever(top_k=1).retrieve("When did it open?")
        >>> found.node.metadata
        {'article_id': 1, 'sentence': 1, 'title': 'Ferry'}
        """
        from index.llamaindex import ArticleRetriever  # it takes over a second to import

        return ArticleRetriever(self, top_k=top_k, articles=articles, filters=filters)

    async def aask(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Do what `ask` does in a thread. Raises: as `ask`.

        >>> with Library.open(None) as library:
        ...     article = library.add_text("The ferry opened in 1911.", title="Ferry")
        ...     asyncio.run(library.aask("When did the ferry open?")).abstained
        False
        """
        ask = partial(self.ask, question, conversation=conversation, articles=articles)
        return await asyncio.to_thread(ask)

    async def asearch(
        self,
        question: str,
        *,
        top_k: int = 5,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> list[Hit]:
        """Do what `search` does in a thread. Raises: as `search`."""
        search = partial(self.search, question, top_k=top_k)
        return await asyncio.to_thread(search, conversation=conversation, articles=articles)

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
