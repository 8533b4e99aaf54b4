"""The conversation core that all interfaces share: a question in its conversation to an answer."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.intents import OVERVIEW, Intents
from index import Answer, Conversation, Library, ModelError, UnknownArticle
from index.answers.answer import build_answer
from index.search.questions import check_question
from index.verification.support import Judge

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_GIVEN = 8  # sentences that an LLM is given at most
_CLOSE = 0.25  # and only those whose score comes so close to the best: others are off the question


class Chat:
    """Answers from a library, with sentences of its articles alone; small talk with fixed replies.

    With an LLM it answers in the LLM's words, as far as sentences support them. It keeps nothing
    between calls, so any number of conversations may share one.
    """

    def __init__(self, library: Library, *, llm: "LLM | None" = None) -> None:
        self._library = library
        self._llm = llm
        self._judge = Judge(library.encoder)
        self._intents = Intents(library.encoder)

    def reply(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Answer:
        """Answer a question as one more turn of a conversation; `articles` are ids, None is all.

        Small talk gets a fixed reply that cites nothing, and a question for what the articles are
        about their most central sentences.
        Raises: UnknownArticle; QuestionError for a question without words.
        """
        *_, last = self.stream(question, conversation=conversation, articles=articles)
        return last

    def stream(
        self,
        question: str,
        *,
        conversation: Conversation = Conversation(),
        articles: Sequence[int] | None = None,
    ) -> Generator[Answer]:
        """Yield the answer as it grows: each one is verified, and the last one is final.

        Closing the generator cancels the request to the LLM. Raises: as `reply`.
        """
        intent = self._intents.of(question)
        if intent is None:
            yield from self._answered(question, conversation, articles)
        elif intent == OVERVIEW:
            yield from self._overview(question, articles)
        else:
            yield self._small_talk(question, intent, articles)

    def _answered(
        self, question: str, conversation: Conversation, articles: Sequence[int] | None
    ) -> Generator[Answer]:
        if self._llm is None or not self._library.titles():
            yield self._library.ask(question, conversation=conversation, articles=articles)
            return
        check_question(question)  # before anything is sent
        from bot.llm.compose import WITHOUT, compose, condense, sources_of

        problem, standalone = "", None
        try:
            standalone = condense(self._llm, question, conversation)
        except ModelError as error:  # asking it once more would only take as long again
            problem = f"{error}; {WITHOUT}"
        ranking = self._library.rank(
            standalone or question,
            conversation=Conversation() if standalone else conversation,
            articles=articles,
        )
        extracted = build_answer(question, ranking)
        if problem or not ranking.hits:
            yield replace(extracted, notice=problem or extracted.notice)
            return
        best = max(hit.score for hit in ranking.hits[:_GIVEN])
        given = [hit for hit in ranking.hits[:_GIVEN] if best - hit.score <= _CLOSE]
        sources = sources_of(given, ranking.articles)
        with closing(compose(self._llm, self._judge, extracted, sources)) as answers:
            yield from answers

    def _overview(self, question: str, articles: Sequence[int] | None) -> Generator[Answer]:
        overview = self._library.overview(question=question, articles=articles)
        if self._llm is None or overview.abstained:
            yield overview
            return
        from bot.llm.compose import compose, sources_of

        cited = dict.fromkeys(citation.article_id for citation in overview.citations)
        read = {each: self._library.article(each) for each in cited}
        title = ", ".join(article.title for article in read.values())
        given = sources_of(overview.hits, read)
        with closing(compose(self._llm, self._judge, overview, given, title=title)) as answers:
            yield from answers

    def _small_talk(self, question: str, intent: str, articles: Sequence[int] | None) -> Answer:
        titles = self._library.titles()
        unknown = [each for each in articles or () if each not in titles]
        if unknown:
            raise UnknownArticle(unknown[0])
        asked = titles if articles is None else articles
        reply = self._intents.reply(intent, [titles[each] for each in asked])
        return Answer(question, question, reply, (), None, 1.0, False, (), "small talk")
