"""The local REPL: questions in, cited sentences out, from a terminal or a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live

from bot.chat import Chat
from bot.render import answer_view, articles_view, shown, sources_view
from index import Answer, Conversation, FootnoteError, Library, Turn

HELP = """\
Ask a question, or give a command:
  /sources         show each cited sentence of the last answer inside its paragraph
  /articles        list the articles
  /use ID [ID …]   ask only these articles; /use all asks every one
  /help            show this
  /quit            leave (so does Ctrl-D)"""


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
            "/help": self._show_help,
            "/sources": self._show_sources,
            "/use": self._use,
        }

    def greet(self) -> None:
        """Say what can be asked."""
        articles = self._library.articles()
        match articles:
            case []:
                about = "There is no article yet: leave, and add one with `footnote add FILE`."
            case [only]:
                about = f"Ask about “{shown(only.title)}”."
            case _:
                about = f"Ask about {len(articles)} articles."
        self._say(f"{about} /help shows the commands.")

    def run(self, lines: Iterator[str]) -> None:
        """Answer line by line until the lines end or one says to quit."""
        for line in lines:
            words = line.split()
            if words and words[0] in ("/quit", "/exit"):
                return
            try:
                self._handle(line.strip(), words)
            except (FootnoteError, ValueError) as error:
                self._say(f"{error}")
            except KeyboardInterrupt:
                self._say("Stopped.")

    def _handle(self, line: str, words: list[str]) -> None:
        if not words:
            return
        if not line.startswith("/"):
            self._answer(line)
        elif words[0] in self._commands:
            self._commands[words[0]](words[1:])
        else:
            self._say(f"There is no command {words[0]}; /help shows those that there are.")

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
                self._console.print(self._view())
            return
        with Live(self._view(), console=self._console, auto_refresh=False) as live:
            for answer in answers:
                self._last = answer
                live.update(self._view(), refresh=True)

    def _view(self) -> RenderableType:
        assert self._last is not None  # noqa: S101
        return answer_view(self._last, self._chat.cited_articles(self._last))

    def _show_sources(self, _: list[str]) -> None:
        if self._sourced is None or not self._sourced.citations:
            self._say("Nothing is cited yet: ask a question first.")
        else:
            cited = {citation.article_id for citation in self._sourced.citations}
            articles = {
                each: self._library.article(each) for each in cited & {*self._library.titles()}
            }
            self._console.print(sources_view(self._sourced, articles))

    def _show_articles(self, _: list[str]) -> None:
        self._console.print(articles_view(self._library.articles()))

    def _show_help(self, _: list[str]) -> None:
        self._say(HELP)

    def _use(self, names: list[str]) -> None:
        if names == ["all"]:
            self._scope = None
            self._say("Asking every article.")
            return
        if not names or not all(name.isdecimal() for name in names):
            raise ValueError("expected /use ID, where /articles shows the ids, or /use all")
        articles = [self._library.article(int(name)) for name in names]
        self._scope = [article.id for article in articles]
        self._say("Asking " + ", ".join(f"“{shown(article.title)}”" for article in articles) + ".")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)


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
            console.print(f"? {shown(line)}", markup=False, highlight=False)
            yield line
