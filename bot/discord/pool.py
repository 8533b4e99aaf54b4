"""The pool of open collections, and the threads in which questions to them are answered.

Each server has a collection of articles. With it the operator's is read, as far as it is shared.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from bot.chat import ASKING, Chat
from bot.discord.admission import Refused
from bot.discord.state import State
from bot.sharing import OPERATORS, Sharing, collection_of
from index import Answer, Conversation, Library, UnknownArticle

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from bot.settings import Mode

Result = TypeVar("Result")

_INGESTING = 2  # articles that are added concurrently
_EMPTY = (
    "There is no article here yet: a member who may manage the server adds one with `/article add`."
)
_EMPTY_DM = "There is no article here yet: whoever runs me adds one with `footnote add FILE`."
_CLOSED_DM = "Whoever runs me has not shared their articles in direct messages: ask me in a server."


class NoArticles(Refused):
    """Nothing can be asked here."""


@dataclass(slots=True)
class OpenCollection:
    """The library at a server's collection, the chat over it, and how many threads use it."""

    library: Library
    chat: Chat
    users: int = 0


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


class CollectionPool:
    """Answers questions and adds articles in threads; idle collections are closed."""

    def __init__(
        self,
        open_collection: Callable[[str, tuple[str, ...]], Library],
        state: State,
        *,
        sharing: Sharing = Sharing.EVERYWHERE,
        llm: "LLM | None" = None,
        llm_mode: "Mode" = "quote",
        workers: int = 2,
        most_open: int = 8,
    ) -> None:
        """Own `state` and what is opened.

        open_collection: opens the library at a collection, by its name and those read with it;
                         its errors pass through
        workers: questions that are answered concurrently
        most_open: collections that stay open while they are idle
        """
        self.state = state
        self._sharing = sharing
        self._open_collection = open_collection
        self._llm = llm
        self._llm_mode = llm_mode
        self._most_open = most_open
        self._collections: OrderedDict[str, OpenCollection] = OrderedDict()
        self._lock = threading.Lock()
        self._running: set[Future[Any]] = set()
        self._answering = ThreadPoolExecutor(workers, "answering")
        self._ingesting = ThreadPoolExecutor(_INGESTING, "ingesting")

    async def answer(
        self, question: Question, conversation: Conversation, *, show: Callable[[Answer], None]
    ) -> Answer:
        """Answer from the server's collection.

        `show` gets, in a thread, what the answer will take the place of while an LLM is asked.
        Raises: NoArticles, UnknownArticle, LibraryError, ModelError; QuestionError for a question
        without words.
        """

        def work(collection: OpenCollection) -> Answer:
            articles = self._scope(collection.library, question)
            answers = collection.chat.stream(
                question.text, conversation=conversation, articles=articles
            )
            for answer in answers:
                if answer.notice == ASKING:
                    show(answer)
            if answer.origin != "small talk":
                self.state.count(question.server, "abstained" if answer.abstained else "answered")
            return answer

        return await self.run(question.server, work)

    async def run(self, server: int, work: Callable[[OpenCollection], Result]) -> Result:
        """Run quick work with a collection, in a thread. Raises: NoArticles, and as `work`."""
        return await self._submit(self._answering, server, work)

    async def ingest(self, server: int, work: Callable[[OpenCollection], Result]) -> Result:
        """Run long work with a collection, where no question waits for it. Raises: as `run`."""
        return await self._submit(self._ingesting, server, work)

    async def with_state(self, work: Callable[[State], Result]) -> Result:
        """Run what reads or changes the bot's state, in a thread. Raises: LibraryError."""
        return await asyncio.to_thread(work, self.state)

    async def titles(self, server: int, *, own: bool = False) -> dict[int, str]:
        """Return the titles that can be asked, by id, without waiting behind questions.

        `own` leaves out those that the operator shares.
        """
        try:
            return await asyncio.to_thread(
                self._run, server, lambda collection: collection.library.titles(own=own)
            )
        except NoArticles:
            return {}

    async def shared(self) -> int:
        """Return how many articles the operator shares with servers. Raises: LibraryError."""

        def count() -> int:
            with self._lease(OPERATORS) as collection:
                return len(collection.library.titles())

        return await asyncio.to_thread(count) if self._sharing.in_servers else 0

    async def forget_server(self, server: int) -> None:
        """Delete a server's own articles, and all else that is stored of it. Raises: LibraryError.

        It may be repeated where it failed half-way, or be done by two processes at once.
        """

        def work(collection: OpenCollection) -> None:
            for article in collection.library.titles(own=True):
                with suppress(UnknownArticle):
                    collection.library.remove(article)
            self.state.forget_server(server)

        await self.ingest(server, work)

    def bound(self, titles: Container[int], channels: Sequence[int]) -> list[int]:
        """Return the articles that the first of the channels with any is restricted to."""
        for channel in channels:
            bound = [article for article in self.state.bound(channel) if article in titles]
            if bound:
                return bound
        return []

    def close(self, *, timeout: float | None = None) -> bool:
        """Wait for what is running, then close the collections and the state.

        Return False where `timeout`, in seconds, does not suffice; then nothing is closed.
        """
        for threads in (self._answering, self._ingesting):
            threads.shutdown(wait=False, cancel_futures=True)
        if wait(self._running, timeout).not_done:
            return False
        for collection in self._collections.values():
            collection.library.close()
        self._collections.clear()
        self.state.close()
        return True

    async def _submit(
        self, threads: ThreadPoolExecutor, server: int, work: Callable[[OpenCollection], Result]
    ) -> Result:
        future = threads.submit(self._run, server, work)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return await asyncio.wrap_future(future)

    def _run(self, server: int, work: Callable[[OpenCollection], Result]) -> Result:
        if not (server or self._sharing.in_dms):
            raise NoArticles(_CLOSED_DM)
        with self._lease(collection_of(server) if server else OPERATORS) as collection:
            return work(collection)

    @contextmanager
    def _lease(self, name: str) -> Iterator[OpenCollection]:
        """Keep a collection open during the block, and close those that are idle for longest."""
        with self._lock:
            collection = self._collections.get(name)
            if collection is None:
                shared = name != OPERATORS and self._sharing.in_servers
                library = self._open_collection(name, (OPERATORS,) if shared else ())
                chat = Chat(library, llm=self._llm, mode=self._llm_mode)
                collection = OpenCollection(library, chat)
                self._collections[name] = collection
            self._collections.move_to_end(name)
            collection.users += 1
            surplus = max(0, len(self._collections) - self._most_open)
            idle = [name for name, each in self._collections.items() if not each.users]
            closing = [self._collections.pop(name) for name in idle[:surplus]]
        for each in closing:
            each.library.close()
        try:
            yield collection
        finally:
            with self._lock:
                collection.users -= 1

    def _scope(self, library: Library, question: Question) -> Sequence[int] | None:
        """Return the articles to ask: those named, those bound here or above, or None for all."""
        if question.articles is not None:
            return question.articles
        titles = library.titles()
        if not titles:
            raise NoArticles(_EMPTY if question.server else _EMPTY_DM)
        return self.bound(titles, question.channels) or None
