"""The conversation core that every face shares: a question and what came before, to an answer."""

from collections.abc import Sequence

from index import Answer, Article, Conversation, Library


class Chat:
    """Answers from a library, with sentences of its articles alone."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def reply(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Answer a question as one more turn of a conversation; `articles` are ids, None is all.

        Raises: UnknownArticle; ValueError for a question without words.
        """
        return self._library.ask(question, conversation=conversation, articles=articles)

    def cited_articles(self, answer: Answer) -> dict[int, Article]:
        """Give the articles that an answer cites, by id. Raises: UnknownArticle."""
        ids = sorted({citation.article_id for citation in answer.citations})
        return {article_id: self._library.article(article_id) for article_id in ids}
