"""The commands, and `App`: the only place where settings, models and a library are put together."""

import argparse
import shlex
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal, Self

from rich.console import Console

from bot.adding import add_all
from bot.chat import Chat
from bot.settings import Settings, load_settings
from bot.sharing import (
    OPERATORS,
    SHIPPED_TITLE,
    add_shipped,
    announcement,
    collection_of,
    retire_shipped,
    shipped_in,
)
from bot.terminal import render
from bot.terminal.repl import Repl, piped_lines, show_answers, typed_lines
from index import Encoder, FootnoteError, Library, LibraryError, Reader, Reranker
from index.storage.opening import Place, is_missing, open_place

if TYPE_CHECKING:
    from llama_index.core.llms import LLM


ANSWERED, ABSTAINED, FAILED = 0, 1, 2  # exit codes


@dataclass(frozen=True, kw_only=True)
class App:
    """The settings, the models that all libraries of the process share, and two consoles.

    A model is loaded when it is first needed.
    """

    settings: Settings
    encoder: Encoder
    reader: Reader | Literal["off"]
    reranker: Reranker | None
    console: Console
    errors: Console

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the app that the settings describe, on standard output and standard error."""
        return cls(
            settings=settings,
            encoder=Encoder(settings.model, threads=settings.threads),
            reader=(
                "off"
                if settings.reader.lower() == "off"
                else Reader(settings.reader, threads=settings.threads)
            ),
            reranker=Reranker(settings.reranker) if settings.reranker else None,
            console=Console(emoji=False),  # a title may hold :dog:
            errors=Console(stderr=True, emoji=False),
        )

    def open(
        self,
        place: str | Path | Place | None,
        *,
        collection: str = OPERATORS,
        also: tuple[str, ...] = (),
    ) -> Library:
        """Open one collection of a library with the app's models. Raises: LibraryError."""
        return Library.open(
            place,
            collection=collection,
            also=also,
            encoder=self.encoder,
            reader=self.reader,
            reranker=self.reranker,
        )

    def library(
        self, *, server: int | None = None, create: bool = False, seed: bool = True
    ) -> Library:
        """Open the library of the settings: the operator's collection, or that of a server.

        A new library in the default place gets the shipped article, unless `seed` is unset.
        Raises: LibraryError, also for a folder without a library unless `create` is set.
        """
        named = self.settings.library
        if not create and isinstance(named, Path) and is_missing(named):
            make = f"footnote add FILE --library {shlex.quote(str(named))}"
            raise LibraryError(
                f"there is no library at {str(named)!r}; expected the folder of one: check the"
                f" path, or make one with `{make}`"
            )
        if server is not None:
            return self.open(self.settings.place, collection=collection_of(server))
        library = self.open(self.settings.place)
        if seed and named is None:
            self.seed(library)
        return library

    def seed(self, library: Library) -> None:
        """Add the shipped article to a library that nothing was ever added to."""
        if library.is_unused:
            with self.waiting("Setting up the library…"):
                add_shipped(library)

    def llm(self) -> "LLM | None":
        """Return the LLM of the settings, if they name one. Raises: ConfigError."""
        settings = self.settings
        if settings.llm_url is None or settings.llm_model is None:
            return None
        from bot.llm.client import open_llm  # it takes over a second to import

        key = settings.llm_key.get_secret_value() if settings.llm_key else None
        return open_llm(settings.llm_url, settings.llm_model, key, timeout=settings.llm_timeout)

    def load(self) -> None:
        """Load all that answering needs, by answering a question over a text in memory."""
        with self.open(None) as library:
            library.add_text("The bot is awake. It waits for questions.", title="Example")
            Chat(library).reply("What does the bot wait for?")

    def waiting(self, message: str) -> AbstractContextManager[object]:
        """Show a spinner on a terminal's standard error while a block runs."""
        return self.errors.status(message)

    def say(self, line: str) -> None:
        """Print a line as it is, whole even where the terminal is narrow."""
        render.print_line(self.console, line)


def background(work: Callable[[], Chat]) -> Future[Chat]:
    """Make a chat in a thread.

    The process ends after it: one that ends while a thread loads a model is aborted by native code.
    """
    done = Future[Chat]()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # raised again by whoever waits for it
            done.set_exception(error)

    Thread(target=run).start()
    return done


def run(options: argparse.Namespace) -> int:
    """Run the command that the options name, and return its exit code. Raises: FootnoteError."""
    settings = load_settings()
    if getattr(options, "library", None):
        settings = settings.at(options.library)
    app = App.of(settings)
    match options.command:
        case "ask":
            return ask(app, options)
        case "chat":
            return chat(app)
        case "search":
            return search(app, options)
        case "add":
            return add(app, options)
        case "list":
            return list_articles(app, options)
        case "remove":
            return remove(app, options)
        case _:  # serve or sync
            return run_discord(app, options)


def ask(app: App, options: argparse.Namespace) -> int:
    """Answer one question."""
    with app.library() as library:
        for article in options.article or ():
            library.article(article)  # an unknown one is refused before a model is loaded
        chat = Chat(library, llm=app.llm(), mode=app.settings.llm_mode)
        answers = chat.stream(" ".join(options.question), articles=options.article)
        if options.json:
            with app.waiting("Reading…"):
                *_, answer = answers
            print(render.answer_json(answer))  # noqa: T201
        else:
            answer, _ = show_answers(app.console, answers, app.waiting("Reading…"))
    return ABSTAINED if answer.abstained else ANSWERED


def chat(app: App) -> int:
    """Answer one question after the other, from a terminal or a pipe."""
    with app.library(seed=False) as library:
        new = app.settings.library is None and library.is_unused

        def load() -> Chat:
            if new:
                with app.open(app.settings.place) as seeded:
                    add_shipped(seeded)
            app.load()
            return Chat(library, llm=app.llm(), mode=app.settings.llm_mode)

        loading = background(load)
        repl = Repl(library, app.console, chat=loading)
        if sys.stdin.isatty():  # the prompt does not wait for the thread
            repl.greet(awaited=SHIPPED_TITLE if new else None)
            repl.run(typed_lines(app.settings.history))
        else:
            loading.result()  # in a script an error ends the command
            repl.run(piped_lines(app.console))
    return ANSWERED


def search(app: App, options: argparse.Namespace) -> int:
    """Show the sentences nearest to some words. Raises: FootnoteError for a `--top` below 1."""
    if options.top < 1:
        raise FootnoteError(f"--top is {options.top}; expected 1 or more")
    words = " ".join(options.words)
    with app.library() as library, app.waiting("Reading…"):
        hits = library.search(words, top_k=options.top, articles=options.article)
    if options.json:
        print(render.hits_json(hits))  # noqa: T201
    else:
        render.show(app.console, render.hits_view(hits))
    return ANSWERED if hits else ABSTAINED


def add(app: App, options: argparse.Namespace) -> int:
    """Add sources. The shipped article goes once the operator has another."""
    with app.library(server=options.server, create=True) as library:
        try:
            done = add_all(
                library,
                options.sources,
                title=options.title,
                console=app.console,
                errors=app.errors,
            )
        finally:  # some may have been added before an error
            removed = retire_shipped(library)
            if removed is not None:
                example = "the example that ships with Footnote"
                app.say(f"removed {removed.id}: {removed.title} ({example})")
    return ANSWERED if done else FAILED


def list_articles(app: App, options: argparse.Namespace) -> int:
    """List the articles, and with `--stats` how much the library holds."""
    with app.library(server=options.server) as library:
        articles = library.catalog()
        stats = library.stats() if options.stats else None
    if options.json:
        print(render.articles_json(articles))  # noqa: T201
    elif not articles:
        print("There is no article yet: add one with `footnote add FILE`.", file=sys.stderr)  # noqa: T201
    elif app.console.is_terminal:
        app.console.print(render.articles_view(articles))
    else:
        print(render.articles_lines(articles))  # noqa: T201
    if stats and app.console.is_terminal:
        app.console.print(render.stats_view(stats))
    elif stats:
        print(render.stats_lines(stats))  # noqa: T201
    return ANSWERED


def remove(app: App, options: argparse.Namespace) -> int:
    """Remove an article. Raises: UnknownArticle."""
    with app.library(server=options.server) as library:
        title = library.article(options.article).title
        library.remove(options.article)
    app.say(render.sanitize(f"removed {options.article}: {title}"))
    return ANSWERED


def run_discord(app: App, options: argparse.Namespace) -> int:
    """Run the Discord bot until a signal ends it, or register its commands for `sync`.

    Raises: ConfigError, LibraryError, ModelError, StartError.
    """
    from bot.discord.pool import CollectionPool
    from bot.discord.runner import Shards, serve, sync, token_of
    from bot.discord.state import State

    settings = app.settings
    token_of(settings)  # before anything is made or loaded
    serving = options.command == "serve"
    shards = Shards.read(options.shards, options.of) if serving else None
    announced: list[str] = []
    with ExitStack() as stack:
        place = stack.enter_context(closing(open_place(settings.place)))
        with app.open(place) as library:  # creates the tables
            if serving:
                app.seed(library)
                titles = library.titles()
                announced = announcement(
                    settings.shared,
                    titles,
                    servers_own=library.stats().articles - len(titles),
                    example=len(titles) == 1 and shipped_in(library) is not None,
                )
        pool = CollectionPool(
            lambda name, also: app.open(place, collection=name, also=also),
            State(place),
            sharing=settings.shared,
            llm=app.llm(),
            llm_mode=settings.llm_mode,
            workers=settings.workers,
        )
        stack.enter_context(closing(pool))
        if serving:
            return serve(settings, pool, warm_up=app.load, announced=announced, shards=shards)
        count = sync(settings, pool, guild=options.guild)
    app.say(f"registered {count} commands with Discord")
    return ANSWERED
