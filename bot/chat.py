"""The conversation core that all interfaces share: a question in its conversation to an answer."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.intents import OVERVIEW, Intents
from index import Answer, Article, Conversation, Hit, Library, ModelError, UnknownArticle
from index.answers.answer import with_links
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
        Raises: UnknownArticle; ValueError for a question without words.
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
        extracted = self._library.ask(question, conversation=conversation, articles=articles)
        if self._llm is None:
            yield extracted
            return
        from bot.llm.compose import WITHOUT
        from bot.llm.condense import condense

        try:
            standalone = condense(self._llm, question, conversation)
        except ModelError as error:  # asking it once more would only take as long again
            yield replace(extracted, notice=f"{error}; {WITHOUT}")
            return
        if standalone is not None:
            extracted = replace(self._library.ask(standalone, articles=articles), question=question)
            conversation = Conversation()
        hits = self._library.search(
            standalone or question, top_k=_GIVEN, conversation=conversation, articles=articles
        )
        yield from self._composed(self._llm, extracted, hits)

    def _overview(self, question: str, articles: Sequence[int] | None) -> Generator[Answer]:
        overview = self._library.overview(question=question, articles=articles)
        if self._llm is None or overview.abstained:
            yield overview
            return
        from bot.llm.compose import compose, sources_of

        told = self.cited_articles(overview)
        hits = [
            Hit(
                each.article_id,
                told[each.article_id].sentences[each.sentence - 1],
                each.quote,
                1.0,
                1,
            )
            for each in overview.citations
        ]
        title = ", ".join(article.title for article in told.values())
        given = sources_of(hits, told)
        with closing(compose(self._llm, self._judge, overview, given, title=title)) as answers:
            for answer in answers:
                yield with_links(answer, told)

    def _small_talk(self, question: str, intent: str, articles: Sequence[int] | None) -> Answer:
        titles = self._library.titles()
        unknown = [each for each in articles or () if each not in titles]
        if unknown:
            raise UnknownArticle(unknown[0])
        asked = titles if articles is None else articles
        reply = self._intents.reply(intent, [titles[each] for each in asked])
        return Answer(question, question, reply, (), None, 1.0, False, (), "small talk")

    def cited_articles(self, answer: Answer) -> dict[int, Article]:
        """Return the articles that an answer cites, by id. Raises: UnknownArticle."""
        return self._articles(citation.article_id for citation in answer.citations)

    def _composed(self, llm: "LLM", extracted: Answer, hits: Sequence[Hit]) -> Generator[Answer]:
        from bot.llm.compose import compose, sources_of

        if not hits:
            yield extracted
            return
        best = max(hit.score for hit in hits)
        given = [hit for hit in hits if best - hit.score <= _CLOSE]
        found = self._articles(hit.article_id for hit in given)
        with closing(compose(llm, self._judge, extracted, sources_of(given, found))) as answers:
            for answer in answers:
                yield with_links(answer, found)

    def _articles(self, ids: Iterable[int]) -> dict[int, Article]:
        return {article_id: self._library.article(article_id) for article_id in sorted(set(ids))}
