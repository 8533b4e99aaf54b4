"""The REPL: questions in, cited sentences out, on a terminal or in a pipe."""

import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console
from rich.live import Live

from bot.chat import Chat
from bot.terminal.render import (
    answer_view,
    articles_lines,
    articles_view,
    hits_view,
    lines_view,
    print_line,
    sanitize,
    show,
    sources_view,
)
from index import Answer, Conversation, FootnoteError, Library, Turn, UnknownArticle

HELP = """\
Ask a question, or give a command; its first letters are enough:
  /sources         show the sentences of the last answer inside their paragraphs
  /search WORDS    show the sentences nearest to these words
  /articles        list the articles
  /use ID [ID …]   ask only these articles; /use all asks every one
  /new             start a new conversation, without what was said before
  /clear           clear the screen
  /help            show this (so does ?)
  /quit            leave (so do quit, exit and Ctrl-D)"""

_ALONE = {
    **dict.fromkeys(("quit", "exit", "q", ":q", "bye"), "/quit"),
    **dict.fromkeys(("help", "?", "/?"), "/help"),
    "clear": "/clear",
}
"""Words that stand alone on a line, and the command that each means."""

_LEAVING = ("/quit", "/exit")
_NO_ARTICLE = "There is no article yet: leave, and add one with `footnote add FILE`."
_FOUND = 5  # sentences that a search shows


class Repl:
    """A conversation with a library's articles, shown on a console."""

    def __init__(
        self,
        library: Library,
        console: Console,
        *,
        chat: Chat | Future[Chat] | None = None,
    ) -> None:
        """The first question waits for a `chat` that is still being made.

        It is ready when the models are loaded and a new library has its first article.
        """
        self._library = library
        self._chat = chat or Chat(library)
        self._console = console
        self._conversation = Conversation()
        self._last: Answer | None = None  # whose sources are shown: the last but for small talk
        self._scope: list[int] | None = None  # ids of the articles to ask; None is all
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "/articles": self._show_articles,
            "/clear": lambda _: self._console.clear(),
            "/exit": lambda _: None,
            "/help": lambda _: self._say(HELP),
            "/new": self._start_conversation,
            "/quit": lambda _: None,
            "/search": self._search,
            "/sources": self._show_sources,
            "/use": self._use,
        }

    def greet(self, *, awaited: str | None = None) -> None:
        """Print what can be asked; `awaited` is the title of an article that is being added."""
        titles = [awaited] if awaited else list(self._library.titles().values())
        match titles:
            case []:
                about = _NO_ARTICLE
            case [only]:
                about = f"Ask about “{sanitize(only)}”."
            case _:
                about = f"Ask about {len(titles)} articles."
        self._say(f"{about} /help shows the commands, quit leaves.")

    def run(self, lines: Iterator[str]) -> None:
        """Answer line by line until the lines end or one says to quit."""
        for line in lines:
            try:
                if not self._handle(line.strip()):
                    return
            except UnknownArticle as error:
                self._say(f"no article with id {error.article_id!r} here; /articles shows the ids")
            except FootnoteError as error:
                self._say(f"{error}")
            except KeyboardInterrupt:
                self._say("Stopped.")

    def _handle(self, line: str) -> bool:
        """Answer a question or follow a command. Returns whether to go on."""
        meant = _ALONE.get(line.lower(), line)
        if not meant.startswith("/"):
            if meant:
                self._answer(meant)
            return True
        name, *words = meant.split()
        command = self._command(name.lower())
        if command is not None:
            self._commands[command](words)
        return command not in _LEAVING

    def _command(self, name: str) -> str | None:
        """Return the one command that begins with `name`; None, after a message, if none does."""
        if name in self._commands:
            return name
        begun = [command for command in self._commands if command.startswith(name)]
        if len(begun) == 1:
            return begun[0]
        if begun:
            self._say(f"{sanitize(name)} may be {' or '.join(begun)}: give one more letter.")
            return None
        near = get_close_matches(name, self._commands, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        self._say(f"There is no command {sanitize(name)}; {meant}/help shows those that there are.")
        return None

    def _answer(self, question: str) -> None:
        answers = self._ready_chat().stream(
            question, conversation=self._conversation, articles=self._scope
        )
        answer, stopped = show_answers(self._console, answers, self._console.status("Reading…"))
        if stopped:
            self._say("Stopped.")
        self._conversation = self._conversation.add(Turn(question, answer))
        if answer.origin != "small talk":  # thanks must not take the sources away
            self._last = answer

    def _ready_chat(self) -> Chat:
        """Return the chat when it is ready. Raises: FootnoteError when models cannot be loaded."""
        if isinstance(self._chat, Future):
            with self._console.status("Loading the models…"):
                self._chat = self._chat.result()
        return self._chat

    def _wait_for_articles(self) -> None:
        """Wait for the first article of a new library. Raises: as `_ready_chat`."""
        if self._library.is_unused:
            self._ready_chat()

    def _start_conversation(self, _: list[str]) -> None:
        self._conversation, self._last = Conversation(), None
        self._say("A new conversation: earlier questions and answers are not used.")

    def _search(self, words: list[str]) -> None:
        if not words:
            self._say("expected /search WORDS")
            return
        self._ready_chat()
        with self._console.status("Reading…"):
            hits = self._library.search(" ".join(words), top_k=_FOUND, articles=self._scope)
        if hits:
            show(self._console, hits_view(hits))
        else:
            self._say("Nothing was found.")

    def _show_sources(self, _: list[str]) -> None:
        if self._last is None or not self._last.citations:
            self._say("Nothing is cited yet: ask a question first.")
        else:
            cited = {citation.article_id for citation in self._last.citations}
            articles = {
                each: self._library.article(each) for each in cited & {*self._library.titles()}
            }
            show(self._console, sources_view(self._last, articles))

    def _show_articles(self, _: list[str]) -> None:
        self._wait_for_articles()
        articles = self._library.catalog()
        if not articles:
            self._say(_NO_ARTICLE)
        elif self._console.is_terminal:
            self._console.print(articles_view(articles))
        else:
            print(articles_lines(articles), file=self._console.file)  # rich would expand the tabs

    def _use(self, names: list[str]) -> None:
        if [name.lower() for name in names] == ["all"]:
            self._scope = None
            self._say("Asking every article.")
            return
        if not names or not all(name.isdecimal() for name in names):
            self._say("expected /use ID, where /articles shows the ids, or /use all")
            return
        self._wait_for_articles()
        articles = [self._library.article(int(name)) for name in names]
        self._scope = [article.id for article in articles]
        self._say(
            "Asking " + ", ".join(f"“{sanitize(article.title)}”" for article in articles) + "."
        )

    def _say(self, text: str) -> None:
        show(self._console, lines_view(text))


def show_answers(
    console: Console, answers: Generator[Answer], waiting: AbstractContextManager[object]
) -> tuple[Answer, bool]:
    """Show an answer and what takes its place: a terminal each of them, a pipe the last one alone.

    Return the last one, and whether Ctrl-C came before it: then the one that is shown stays.
    `waiting` is entered until there is a first one.
    """
    stopped = False
    with closing(answers):
        with waiting:
            answer = next(answers)
        live = Live(answer_view(answer), console=console, auto_refresh=False)
        with live if console.is_terminal else nullcontext():
            try:
                for answer in answers:
                    live.update(answer_view(answer), refresh=live.is_started)
            except KeyboardInterrupt:
                stopped, answer = True, replace(answer, notice="")
                live.update(answer_view(answer), refresh=live.is_started)
    if not console.is_terminal:
        show(console, answer_view(answer))
    return answer, stopped


def typed_lines(history: Path) -> Iterator[str]:
    """Yield lines typed at a prompt until Ctrl-D, and save them; Ctrl-C discards a line."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory

    remembered: History = InMemoryHistory()
    try:
        history.parent.mkdir(parents=True, exist_ok=True)
        remembered = FileHistory(str(history))
    except OSError:  # asking works without a saved history
        pass
    session = PromptSession[str]("? ", history=remembered)
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def piped_lines(console: Console) -> Iterator[str]:
    """Yield the lines of standard input, each printed before its answer."""
    for line in sys.stdin:
        if line.strip():
            print_line(console, f"? {sanitize(line)}")
            yield line
