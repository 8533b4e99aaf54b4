"""The servers' shelves, and the threads in which questions to them are answered.

With a server's own shelf the operator's is read, as far as it is shared.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bot.chat import Chat
from bot.discord.state import State
from bot.sharing import OPERATORS, Sharing, shelf_of
from index import Answer, Conversation, FootnoteError, Library

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

Result = TypeVar("Result")


_EMPTY = (
    "There is no article here yet: a member who may manage the server adds one with `/article add`."
)
_EMPTY_DM = "There is no article here yet: whoever runs me adds one with `footnote add FILE`."
_CLOSED_DM = "Whoever runs me has not shared their articles in direct messages: ask me in a server."


class NoArticles(FootnoteError):
    """Nothing can be asked here; its text, in Discord's Markdown, says what to do."""


@dataclass(slots=True)
class Shelf:
    """What is asked on one server, and the chat over it."""

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


class Desk:
    """Answers and takes in articles off the event loop. At most `most_open` shelves rest open."""

    def __init__(
        self,
        open_shelf: Callable[[str, tuple[str, ...]], Library],
        state: State,
        *,
        sharing: Sharing = Sharing.EVERYWHERE,
        llm: "LLM | None" = None,
        workers: int = 2,
        most_open: int = 8,
    ) -> None:
        """`open_shelf` opens the library at the shelf of a name, read together with others.

        All its errors pass through.
        """
        self.state = state
        self._sharing = sharing
        self._open_shelf = open_shelf
        self._llm = llm
        self._most_open = most_open
        self._shelves: OrderedDict[str, Shelf] = OrderedDict()
        self._lock = threading.Lock()
        self._under_way: set[Future[Any]] = set()
        self._answering = ThreadPoolExecutor(workers, "answering")
        self._ingesting = ThreadPoolExecutor(2, "ingesting")

    async def answer(self, question: Question, conversation: Conversation) -> Answer:
        """Answer from the server's shelf.

        Raises: NoArticles, UnknownArticle, LibraryError, ModelError; QuestionError for a question
        without words.
        """
        return await self.run(
            question.server, lambda shelf: self._answer(shelf, question, conversation)
        )

    async def run(self, server: int, work: Callable[[Shelf], Result]) -> Result:
        """Run quick work with a shelf, in a thread. Raises: NoArticles, and as `work`."""
        return await self._lend(self._answering, server, work)

    async def ingest(self, server: int, work: Callable[[Shelf], Result]) -> Result:
        """Run long work with a shelf, where no question waits. Raises: as `run`."""
        return await self._lend(self._ingesting, server, work)

    async def note(self, work: Callable[[State], Result]) -> Result:
        """Run what reads or changes the bot's state, in a thread. Raises: LibraryError."""
        return await asyncio.to_thread(work, self.state)

    async def titles(self, server: int, *, own: bool = False) -> dict[int, str]:
        """Give the titles that can be asked, by id, without waiting behind questions.

        `own` leaves out those that the operator shares.
        """
        try:
            return await self._lend(None, server, lambda shelf: shelf.library.titles(own=own))
        except NoArticles:
            return {}

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

    def _answer(self, shelf: Shelf, question: Question, conversation: Conversation) -> Answer:
        articles = self._scope(shelf.library, question)
        answer = shelf.chat.reply(question.text, conversation=conversation, articles=articles)
        if answer.origin != "small talk":
            self.state.count(question.server, "abstained" if answer.abstained else "answered")
        return answer

    def _scope(self, library: Library, question: Question) -> Sequence[int] | None:
        """Choose the articles to ask: those named, those bound here or above, or all."""
        if question.articles is not None:
            return question.articles
        titles = library.titles()
        if not titles:
            raise NoArticles(_EMPTY if question.server else _EMPTY_DM)
        for channel in question.channels:
            bound = [article for article in self.state.bound(channel) if article in titles]
            if bound:
                return bound
        return None

    async def _lend(
        self, threads: ThreadPoolExecutor | None, server: int, work: Callable[[Shelf], Result]
    ) -> Result:
        if not (server or self._sharing.in_dms):
            raise NoArticles(_CLOSED_DM)

        def task() -> Result:
            with self._leased(shelf_of(server) if server else OPERATORS) as shelf:
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
        shared = name != OPERATORS and self._sharing.in_servers
        library = self._open_shelf(name, (OPERATORS,) if shared else ())
        self._shelves[name] = Shelf(library, Chat(library, llm=self._llm))
        return self._shelves[name]

    def _surplus(self) -> list[Shelf]:
        """Take out the shelves that nobody reads and that were asked longest ago."""
        surplus = max(0, len(self._shelves) - self._most_open)
        idle = [name for name, shelf in self._shelves.items() if not shelf.readers]
        return [self._shelves.pop(name) for name in idle[:surplus]]
