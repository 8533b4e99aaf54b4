"""The servers' shelves, and the threads in which questions to them are answered."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bot.chat import Chat
from bot.state import State
from index import Answer, Article, Conversation, FootnoteError, Library

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

Result = TypeVar("Result")


class NoArticles(FootnoteError):
    """A shelf that is empty yet."""


@dataclass(slots=True)
class Shelf:
    """One server's articles, and the chat over them."""

    library: Library
    chat: Chat
    readers: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A question and where it was asked. `server` 0 stands for direct messages.

    channels: the channel and, for a thread, the channel that it belongs to
    articles: ids to ask; None is those that the channel is bound to
    """

    text: str
    member: int
    server: int
    channels: tuple[int, ...]
    articles: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with the articles that it cites, by id."""

    answer: Answer
    articles: dict[int, Article]


class Desk:
    """Answers and takes in articles off the event loop. At most `most_open` shelves rest open."""

    def __init__(
        self,
        open_shelf: Callable[[str], Library],
        state: State,
        *,
        llm: "LLM | None" = None,
        workers: int = 2,
        most_open: int = 8,
    ) -> None:
        """`open_shelf` opens the library at the shelf of a name; all its errors pass through."""
        self.state = state
        self._open_shelf = open_shelf
        self._llm = llm
        self._most_open = most_open
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()
        self._lock = threading.Lock()
        self._under_way: set[Future[Any]] = set()
        self._answering = ThreadPoolExecutor(workers, "answering")
        self._ingesting = ThreadPoolExecutor(2, "ingesting")

    async def answer(self, question: Question, conversation: Conversation) -> Given:
        """Answer from the server's shelf.

        Raises: NoArticles, UnknownArticle, LibraryError, ModelError; ValueError for a question
        without words.
        """
        return await self.run(
            question.server, lambda shelf: self._answer(shelf, question, conversation)
        )

    async def run(self, server: int, work: Callable[[Shelf], Result]) -> Result:
        """Run quick work with a shelf, in a thread. Raises: as `work`."""
        return await self._lend(self._answering, server, work)

    async def ingest(self, server: int, work: Callable[[Shelf], Result]) -> Result:
        """Run long work with a shelf, where no question waits for it. Raises: as `work`."""
        return await self._lend(self._ingesting, server, work)

    async def note(self, work: Callable[[State], Result]) -> Result:
        """Run what reads or changes the bot's state, in a thread. Raises: LibraryError."""
        return await asyncio.to_thread(work, self.state)

    async def titles(self, server: int) -> dict[int, str]:
        """Give the titles on a server's shelf, by id, without waiting behind questions."""
        return await self._lend(None, server, lambda shelf: shelf.library.titles())

    def close(self, *, patience: float | None = None) -> bool:
        """Let what is under way finish, then close the shelves and the state.

        False where `patience`, in seconds, does not suffice; then nothing is closed.
        """
        for threads in (self._answering, self._ingesting):
            threads.shutdown(wait=False, cancel_futures=True)
        if wait(self._under_way, patience).not_done:
            return False
        for shelf in self._shelves.values():
            shelf.library.close()
        self._shelves.clear()
        self.state.close()
        return True

    def _answer(self, shelf: Shelf, question: Question, conversation: Conversation) -> Given:
        articles = self._scope(shelf.library, question)
        answer = shelf.chat.reply(question.text, conversation=conversation, articles=articles)
        if answer.origin != "small talk":
            self.state.count(question.server, "abstained" if answer.abstained else "answered")
        cited = dict.fromkeys(citation.article_id for citation in answer.citations)
        return Given(answer, {each: shelf.library.article(each) for each in cited})

    def _scope(self, library: Library, question: Question) -> Sequence[int] | None:
        """Choose the articles to ask: those named, those bound here or above, or all."""
        if question.articles is not None:
            return question.articles
        titles = library.titles()
        if not titles:
            raise NoArticles("There is no article here yet")
        for channel in question.channels:
            bound = [article for article in self.state.bound(channel) if article in titles]
            if bound:
                return bound
        return None

    async def _lend(
        self, threads: ThreadPoolExecutor | None, server: int, work: Callable[[Shelf], Result]
    ) -> Result:
        def task() -> Result:
            with self._leased(f"guild-{server}" if server else "default") as shelf:
                return work(shelf)

        if threads is None:
            return await asyncio.to_thread(task)
        future = threads.submit(task)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return await asyncio.wrap_future(future)

    @contextmanager
    def _leased(self, name: str) -> Iterator[Shelf]:
        with self._lock:
            shelf = self._shelves.get(name) or self._opened(name)
            self._shelves.move_to_end(name)
            shelf.readers += 1
            idle = self._surplus()
        for each in idle:
            each.library.close()
        try:
            yield shelf
        finally:
            with self._lock:
                shelf.readers -= 1

    def _opened(self, name: str) -> Shelf:
        library = self._open_shelf(name)
        self._shelves[name] = Shelf(library, Chat(library, llm=self._llm))
        return self._shelves[name]

    def _surplus(self) -> list[Shelf]:
        """Take out the shelves that nobody reads and that were asked longest ago."""
        surplus = max(0, len(self._shelves) - self._most_open)
        idle = [name for name, shelf in self._shelves.items() if not shelf.readers]
        return [self._shelves.pop(name) for name in idle[:surplus]]
