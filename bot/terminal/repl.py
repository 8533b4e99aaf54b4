"""The local REPL: questions in, cited sentences out, from a terminal or a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from bot.chat import Chat
from bot.terminal.render import (
    answer_view,
    articles_lines,
    articles_view,
    hits_view,
    lines_view,
    show,
    shown,
    sources_view,
)
from index import Answer, Conversation, FootnoteError, Library, Turn, UnknownArticle

HELP = """\
Ask a question, or give a command; its first letters are enough:
  /sources         show each sentence that was cited last inside its paragraph
  /search WORDS    show the sentences nearest to these words
  /articles        list the articles
  /use ID [ID …]   ask only these articles; /use all asks every one
  /new             begin a new conversation, which leans on nothing said before
  /clear           clear the screen
  /help            show this (so does ?)
  /quit            leave (so do quit, exit and Ctrl-D)"""

_ALONE = {
    **dict.fromkeys(("quit", "exit", "q", ":q", "bye"), "/quit"),
    **dict.fromkeys(("help", "?", "/?"), "/help"),
    "clear": "/clear",
}
"""What people type alone on a line, and the command that they mean."""

_LEAVING = ("/quit", "/exit")
_NO_ARTICLE = "There is no article yet: leave, and add one with `footnote add FILE`."
_FOUND = 5  # sentences that a search shows


class Repl:
    """One conversation with a library's articles, shown on a console."""

    def __init__(self, library: Library, console: Console, *, chat: Chat | None = None) -> None:
        self._library = library
        self._chat = chat or Chat(library)
        self._console = console
        self._conversation = Conversation()
        self._last: Answer | None = None
        self._sourced: Answer | None = None
        self._scope: list[int] | None = None
        self._commands: dict[str, Callable[[list[str]], None]] = {
            "/articles": self._show_articles,
            "/clear": lambda _: self._console.clear(),
            "/exit": lambda _: None,
            "/help": self._show_help,
            "/new": self._begin_anew,
            "/quit": lambda _: None,
            "/search": self._search,
            "/sources": self._show_sources,
            "/use": self._use,
        }

    def greet(self) -> None:
        """Say what can be asked."""
        titles = list(self._library.titles().values())
        match titles:
            case []:
                about = _NO_ARTICLE
            case [only]:
                about = f"Ask about “{shown(only)}”."
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
            except (FootnoteError, ValueError) as error:
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
        """Return the one command that begins so; None where there is none, which is told."""
        if name in self._commands:
            return name
        begun = [command for command in self._commands if command.startswith(name)]
        if len(begun) == 1:
            return begun[0]
        if begun:
            self._say(f"{shown(name)} may be {' or '.join(begun)}: give one more letter.")
            return None
        near = get_close_matches(name, self._commands, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        self._say(f"There is no command {shown(name)}; {meant}/help shows those that there are.")
        return None

    def _answer(self, question: str) -> None:
        answers = self._chat.stream(question, conversation=self._conversation, articles=self._scope)
        with closing(answers):
            with self._console.status("Reading…"):
                self._last = next(answers)
            try:
                self._show_growing(answers)
            except KeyboardInterrupt:  # what is shown stands, and was verified
                self._say("Stopped.")
        self._conversation = self._conversation.add(Turn(question, self._last))
        if self._last.origin != "small talk":  # a word of thanks must not take the sources away
            self._sourced = self._last

    def _show_growing(self, answers: Iterator[Answer]) -> None:
        """Show each answer in the place of the one before it; a file gets the last one alone."""
        if not self._console.is_terminal:
            try:
                for answer in answers:
                    self._last = answer
            finally:
                show(self._console, self._view())
            return
        with Live(self._view(), console=self._console, auto_refresh=False) as live:
            for answer in answers:
                self._last = answer
                live.update(self._view(), refresh=True)

    def _view(self) -> RenderableType:
        assert self._last is not None  # noqa: S101
        return answer_view(self._last)

    def _begin_anew(self, _: list[str]) -> None:
        self._conversation, self._sourced = Conversation(), None
        self._say("A new conversation: what was said before is not leant on.")

    def _search(self, words: list[str]) -> None:
        if not words:
            raise ValueError("expected /search WORDS")
        with self._console.status("Reading…"):
            hits = self._library.search(" ".join(words), top_k=_FOUND, articles=self._scope)
        if hits:
            show(self._console, hits_view(hits))
        else:
            self._say("Nothing was found.")

    def _show_sources(self, _: list[str]) -> None:
        if self._sourced is None or not self._sourced.citations:
            self._say("Nothing is cited yet: ask a question first.")
        else:
            cited = {citation.article_id for citation in self._sourced.citations}
            articles = {
                each: self._library.article(each) for each in cited & {*self._library.titles()}
            }
            show(self._console, sources_view(self._sourced, articles))

    def _show_articles(self, _: list[str]) -> None:
        articles = self._library.catalog()
        if not articles:
            self._say(_NO_ARTICLE)
        elif self._console.is_terminal:
            self._console.print(articles_view(articles))
        else:
            # Rich would make spaces of the tabs.
            print(articles_lines(articles), file=self._console.file)

    def _show_help(self, _: list[str]) -> None:
        self._say(HELP)

    def _use(self, names: list[str]) -> None:
        if [name.lower() for name in names] == ["all"]:
            self._scope = None
            self._say("Asking every article.")
            return
        if not names or not all(name.isdecimal() for name in names):
            raise ValueError("expected /use ID, where /articles shows the ids, or /use all")
        articles = [self._library.article(int(name)) for name in names]
        self._scope = [article.id for article in articles]
        self._say("Asking " + ", ".join(f"“{shown(article.title)}”" for article in articles) + ".")

    def _say(self, text: str) -> None:
        show(self._console, lines_view(text))


def typed_lines(history: Path) -> Iterator[str]:
    """Prompt on the terminal until Ctrl-D; Ctrl-C drops the line. Questions are remembered."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory

    remembered: History = InMemoryHistory()
    try:
        history.parent.mkdir(parents=True, exist_ok=True)
        remembered = FileHistory(str(history))
    except OSError:  # a home that cannot be written must not keep anybody from asking
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
    """Read questions from standard input, and show each before its answer."""
    for line in sys.stdin:
        if line.strip():
            console.print(f"? {shown(line)}", markup=False, highlight=False, soft_wrap=True)
            yield line
