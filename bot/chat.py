"""The conversation core that all interfaces share: a question in its conversation to an answer."""

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.intents import OVERVIEW, Intents
from index import Answer, Conversation, Library, ModelError, UnknownArticle
from index.answers.answer import build_answer
from index.library import HITS
from index.search.retriever import Ranking
from index.text.structure import outline_of

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from bot.settings import Mode

ASKING = "asking the model…"
"""The notice of an extracted answer that is shown while the LLM is asked."""

WORDED = "In the model’s words; compare the quotes:"
"""The line above statements in the words of an LLM."""

GIVEN = 16
"""Sentences that an LLM is given at most."""

REST = 60.0
"""Seconds for which an LLM is left alone that took too long or could not be reached."""

_REWRITTEN = 12  # of these, for a follow-up as the LLM has rewritten it; the others as it was asked


class Chat:
    """Answers from a library, with sentences of its articles alone; small talk with fixed replies.

    With an LLM and the mode `quote` the LLM chooses which sentences are quoted; with `word` it
    words the answer, above the quotes. It keeps nothing of a conversation between calls, so any
    number of them may share one.
    """

    def __init__(
        self,
        library: Library,
        *,
        llm: "LLM | None" = None,
        mode: "Mode" = "quote",
    ) -> None:
        self._library = library
        self._llm = llm
        self._mode = mode
        self._rests_until = 0.0  # by the monotonic clock
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
        """Yield the answer; the last one is final.

        Where an LLM is asked, the extracted answer comes first, with the notice `ASKING`, and the
        next one takes its place. Interrupting that cancels the request. Raises: as `reply`.
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
        """Rank and, with an LLM, ask that too; a follow-up that it rewrites is ranked once more."""
        llm = self._available_llm()
        if llm is None:
            yield self._library.ask(question, conversation=conversation, articles=articles)
            return
        extracted, ranking = self._ranked(question, question, conversation, articles)
        if not ranking.hits:
            yield extracted
            return
        yield replace(extracted, notice=ASKING)
        from bot.llm.answers import answer_with
        from bot.llm.asking import condense, sources_of

        hits, read, outlines = ranking.hits, ranking.articles, ranking.outlines
        try:
            whole = condense(llm, question, conversation)
            if whole is not None:  # it is searched for and never shown
                query = extracted.query
                extracted, ranking = self._ranked(question, whole, Conversation(), articles)
                extracted = replace(extracted, query=query)
                hits = (*ranking.hits[:_REWRITTEN], *hits[: GIVEN - _REWRITTEN])
                read, outlines = read | ranking.articles, outlines | ranking.outlines
            sources = sources_of(hits, read, outlines)
            yield answer_with(llm, self._mode, extracted, sources, conversation)
        except ModelError as error:
            yield replace(extracted, notice=self._failed(error))

    def _ranked(
        self,
        question: str,
        searched: str,
        conversation: Conversation,
        articles: Sequence[int] | None,
    ) -> tuple[Answer, Ranking]:
        """Return what the library itself answers, and the ranking with as many as an LLM gets."""
        ranking = self._library.rank(
            searched, conversation=conversation, articles=articles, limit=GIVEN
        )
        return build_answer(question, replace(ranking, hits=ranking.hits[:HITS])), ranking

    def _overview(self, question: str, articles: Sequence[int] | None) -> Generator[Answer]:
        """Summarize; there is nothing to choose, so that an LLM is asked in mode `word` only."""
        overview = self._library.overview(question=question, articles=articles)
        llm = self._available_llm() if self._mode == "word" else None
        if llm is None or overview.abstained:
            yield overview
            return
        yield replace(overview, notice=ASKING)
        from bot.llm.answers import answer_with
        from bot.llm.asking import sources_of

        read = {each.article_id: self._library.article(each.article_id) for each in overview.hits}
        outlines = {each: outline_of(article) for each, article in read.items()}
        try:
            yield answer_with(llm, "word", overview, sources_of(overview.hits, read, outlines))
        except ModelError as error:
            yield replace(overview, notice=self._failed(error))

    def _available_llm(self) -> "LLM | None":
        return self._llm if time.monotonic() >= self._rests_until else None

    def _failed(self, error: ModelError) -> str:
        """Return the notice of a failure; where asking again soon would fail too, let it rest."""
        from bot.llm.answers import WITHOUT
        from bot.llm.client import Unreachable

        if not isinstance(error, Unreachable):
            return f"{error}; {WITHOUT}"
        self._rests_until = time.monotonic() + REST
        return f"{error}; {WITHOUT}, and so are the questions of the next minute"

    def _small_talk(self, question: str, intent: str, articles: Sequence[int] | None) -> Answer:
        titles = self._library.titles()
        unknown = [each for each in articles or () if each not in titles]
        if unknown:
            raise UnknownArticle(unknown[0])
        asked = titles if articles is None else articles
        reply = self._intents.reply(intent, [titles[each] for each in asked])
        return Answer(question, question, reply, (), None, 1.0, False, (), "small talk")
