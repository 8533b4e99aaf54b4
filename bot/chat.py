"""The conversation core that every face shares: a question and what came before, to an answer."""

from collections.abc import Sequence

from index import Answer, Conversation, Library


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
