"""The command line, and the only place where things are put together."""

import argparse
import logging
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.arguments import parser

if TYPE_CHECKING:  # --help must not wait for these
    from llama_index.core.llms import LLM
    from rich.console import Console

    from bot.chat import Chat
    from bot.settings import Settings
    from index import Library

ANSWERED, ABSTAINED, FAILED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Gives its exit code: 0 done or answered, 1 abstained, 2 misuse or error."""
    known = parser()
    options = known.parse_args(arguments)
    if options.command is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            known.print_help(sys.stderr)
            return FAILED
        options.command = "chat"
    from index.errors import FootnoteError, UnknownArticle

    try:
        return _run(options)
    except UnknownArticle as error:
        line = f"no article with id {error.article_id!r} here; `footnote list` shows the ids"
        print(f"footnote: {line}", file=sys.stderr)  # noqa: T201
        return FAILED
    except (FootnoteError, ValueError) as error:
        print(f"footnote: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return getattr(error, "exit_code", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever was reading has seen enough, as in `footnote list | head`
        sys.stderr.close()
        return ANSWERED
    except Exception:
        logging.exception("footnote: an error that nobody foresaw; please report it with this:")
        return FAILED


def _run(options: argparse.Namespace) -> int:
    from rich.console import Console

    from bot.settings import load_settings

    settings = load_settings()
    if getattr(options, "library", None):
        settings = settings.at(options.library)
    console = Console(emoji=False)  # a title may hold :dog:
    if options.command in ("serve", "sync"):
        return _discord(options, settings, console)
    if options.command != "add":
        _check_there(settings)
    with _open(settings, _opener(settings), server=getattr(options, "server", None)) as library:
        match options.command:
            case "ask":
                return _ask(_chat_with(library, settings), options, console)
            case "chat":
                _chat(library, settings, console)
            case "search":
                return _search(library, options, console)
            case "add":
                try:
                    return _add(library, options, console)
                finally:  # some were perhaps added before one could not be
                    _retire_shipped_article(library, console)
            case "list":
                _list(library, options, console)
            case "remove":
                _remove(library, options.article, console)
    return ANSWERED


def _check_there(settings: "Settings") -> None:
    """Raise LibraryError where a folder was named that holds no library: a slip of the pen."""
    from index.errors import LibraryError
    from index.storage.stores import is_missing

    place = settings.library
    if isinstance(place, Path) and is_missing(place):
        make = f"footnote add FILE --library {shlex.quote(str(place))}"
        raise LibraryError(
            f"there is no library at {str(place)!r}; expected a folder that one was made in: check"
            f" the path, or make one with `{make}`"
        )


def _open(
    settings: "Settings", opened: "Callable[..., Library]", *, server: int | None = None
) -> "Library":
    """Open the library, at the shelf of a server's articles if one is named."""
    from bot.sharing import shelf_of

    if server is not None:
        return opened(settings.place, shelf=shelf_of(server))
    library = opened(settings.place)
    if settings.library is None:
        _settle(library)
    return library


def _settle(library: "Library") -> None:
    """Give the shipped article to a library that nothing was ever added to."""
    from bot.shipped import add_shipped

    if library.pristine:
        with _waiting("Setting up the library…"):
            add_shipped(library)


def _opener(settings: "Settings") -> "Callable[..., Library]":
    """Give `Library.open` with the models that are set, which its libraries share."""
    from index import Encoder, Library, Reader, Reranker

    encoder = Encoder(settings.model)
    reader: Reader | Literal["off"] = "off"
    if settings.reader.lower() != "off":
        reader = Reader(settings.reader)
    reranker = Reranker(settings.reranker) if settings.reranker else None

    return partial(Library.open, encoder=encoder, reader=reader, reranker=reranker)


def _warm_up(opened: "Callable[..., Library]") -> None:
    """Answer a question over a text in memory, so that all that is needed is loaded."""
    from bot.chat import Chat

    with opened(None) as library:
        library.add_text("The bot is awake. It waits for questions.", title="Warm-up")
        Chat(library).reply("What does the bot wait for?")


def _discord(options: argparse.Namespace, settings: "Settings", console: "Console") -> int:
    """Run the bot, or tell Discord its commands."""
    from contextlib import ExitStack, closing

    from bot.discord.pool import CollectionPool
    from bot.discord.runner import Shards, serve, sync, token_of
    from bot.discord.state import State
    from index.storage.stores import Folder, shared

    token_of(settings)  # before anything is made or loaded
    shards, announced = None, list[str]()
    if options.command == "serve":
        shards = Shards.read(options.shards, options.of)
    opened = _opener(settings)
    with ExitStack() as stack:
        place = stack.enter_context(closing(shared(settings.place)))
        with opened(place) as library:  # makes the tables
            if options.command == "serve":
                _settle(library)
                announced = _announced(library, settings)
        pool = CollectionPool(
            lambda name, also: opened(place, shelf=name, also=also),
            State(place.path / "discord.db" if isinstance(place, Folder) else place),
            sharing=settings.shared,
            llm=_llm(settings),
            workers=settings.workers,
        )
        stack.enter_context(closing(pool))
        if options.command == "serve":
            warm_up = partial(_warm_up, opened)
            return serve(settings, pool, warm_up=warm_up, announced=announced, shards=shards)
        count = sync(settings, pool, guild=options.guild)
    console.print(f"told Discord {count} commands", highlight=False)
    return ANSWERED


def _announced(library: "Library", settings: "Settings") -> list[str]:
    """Tell what is shared with whom, given the operator's shelf."""
    from bot.sharing import announcement
    from bot.shipped import shipped_in

    titles = library.titles()
    return announcement(
        settings.shared,
        titles,
        servers_own=library.stats().articles - len(titles),
        example=len(titles) == 1 and shipped_in(library) is not None,
    )


def _retire_shipped_article(library: "Library", console: "Console") -> None:
    """Remove the example once the operator has an article of their own, and say so."""
    from bot.shipped import retire_shipped

    gone = retire_shipped(library)
    if gone is not None:
        line = f"removed {gone.id}: {gone.title} (the example that ships with Footnote)"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _chat_with(library: "Library", settings: "Settings") -> "Chat":
    """Give the chat over a library, with the LLM if one is set. Raises: ConfigError."""
    from bot.chat import Chat

    return Chat(library, llm=_llm(settings))


def _llm(settings: "Settings") -> "LLM | None":
    if settings.llm_url is None or settings.llm_model is None:
        return None
    from bot.llm.client import open_llm

    key = settings.llm_key.get_secret_value() if settings.llm_key else None
    return open_llm(settings.llm_url, settings.llm_model, key, timeout=settings.llm_timeout)


def _ask(chat: "Chat", options: argparse.Namespace, console: "Console") -> int:
    from bot.terminal.render import answer_json, answer_view, show

    with _waiting("Reading…"):
        answer = chat.reply(" ".join(options.question), articles=options.article)
    if options.json:
        print(answer_json(answer))  # noqa: T201
    else:
        show(console, answer_view(answer))
    return ABSTAINED if answer.abstained else ANSWERED


def _chat(library: "Library", settings: "Settings", console: "Console") -> None:
    from bot.terminal.repl import Repl, piped_lines, typed_lines

    repl = Repl(library, console, chat=_chat_with(library, settings))
    if sys.stdin.isatty():
        repl.greet()
        repl.run(typed_lines(settings.history))
    else:
        repl.run(piped_lines(console))


def _search(library: "Library", options: argparse.Namespace, console: "Console") -> int:
    from bot.terminal.render import hits_json, hits_view, show

    if options.top < 1:
        raise ValueError(f"--top is {options.top}; expected 1 or more")
    with _waiting("Reading…"):
        hits = library.search(" ".join(options.words), top_k=options.top, articles=options.article)
    if options.json:
        print(hits_json(hits))  # noqa: T201
    else:
        show(console, hits_view(hits))
    return ANSWERED if hits else ABSTAINED


def _add(library: "Library", options: argparse.Namespace, console: "Console") -> int:
    from bot.adding import add_all

    errors = _errors()
    added = add_all(
        library,
        options.sources,
        title=options.title,
        say=partial(console.print, markup=False, highlight=False, soft_wrap=True),
        warn=partial(errors.print, markup=False, highlight=False, soft_wrap=True),
        bar=_progress,
    )
    return ANSWERED if added.all_kept else FAILED


def _list(library: "Library", options: argparse.Namespace, console: "Console") -> None:
    from bot.terminal.render import (
        articles_json,
        articles_lines,
        articles_view,
        stats_lines,
        stats_view,
    )

    articles = library.catalog()
    if options.json:
        print(articles_json(articles))  # noqa: T201
    elif not articles:
        print("There is no article yet: add one with `footnote add FILE`.", file=sys.stderr)  # noqa: T201
    elif console.is_terminal:
        console.print(articles_view(articles))
    else:
        print(articles_lines(articles))  # noqa: T201
    if options.stats and console.is_terminal:
        console.print(stats_view(library.stats()))
    elif options.stats:
        print(stats_lines(library.stats()))  # noqa: T201


def _remove(library: "Library", article_id: int, console: "Console") -> None:
    from bot.terminal.render import shown

    title = library.article(article_id).title
    library.remove(article_id)
    line = shown(f"removed {article_id}: {title}")
    console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _progress(message: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal's stderr, and give what moves it."""
    from rich.markup import escape
    from rich.progress import Progress

    console = _errors()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(escape(message), total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def _waiting(message: str) -> AbstractContextManager[object]:
    return _errors().status(message)


def _errors() -> "Console":
    from rich.console import Console

    return Console(stderr=True, emoji=False)


if __name__ == "__main__":
    sys.exit(main())
