"""The command line: what each command takes, and how an error leaves it."""

import argparse
import logging
import re
import sys
from difflib import get_close_matches
from importlib import metadata
from typing import NoReturn

COMMANDS = ("ask", "chat", "search", "add", "list", "remove", "serve", "sync")

FAILED, INTERRUPTED = 2, 130  # exit codes, beside those of `bot.commands`

_WRONG_CHOICE = re.compile(r"invalid choice: (?P<quote>['\"])(?P<typed>.*)(?P=quote) \(choose from")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    It is 0 after an answer or where all was done, 1 after an abstention, 2 after an error and 130
    after Ctrl-C. Raises: SystemExit with 2 for arguments that no command takes.
    """
    known = parser()
    options = known.parse_args(arguments)
    if options.command is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            known.print_help(sys.stderr)
            return FAILED
        options.command = "chat"
    from index.errors import FootnoteError, UnknownArticle

    try:
        from bot.commands import run  # --help does not wait for it

        return run(options)
    except UnknownArticle as error:
        line = f"no article with id {error.article_id!r} here; `footnote list` shows the ids"
        print(f"footnote: {line}", file=sys.stderr)  # noqa: T201
        return FAILED
    except FootnoteError as error:
        print(f"footnote: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return getattr(error, "exit_code", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has ended, as in `footnote list | head`
        sys.stderr.close()
        return 0
    except Exception:
        logging.exception("footnote: an unexpected error; please report it with this traceback:")
        return FAILED


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `command` is None where none was named."""
    shared = _Parser(add_help=False)
    shared.add_argument(
        "--library",
        metavar="PLACE",
        default=argparse.SUPPRESS,
        help="use the library in this folder or at this postgresql:// address",
    )
    main = _Parser(
        prog="footnote",
        description="Ask questions about articles; answers are built from cited sentences.",
        epilog="Without a command, footnote opens a chat. Example: footnote ask 'Who broke in?'",
        parents=[shared],
        exit_on_error=False,
    )
    main.add_argument("--version", "-V", action="version", version=metadata.version("footnote-bot"))
    commands = main.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, summary: str, example: str) -> argparse.ArgumentParser:
        description = f"{summary[0].upper()}{summary[1:]}."
        epilog = f"Example: footnote {example}"
        return commands.add_parser(
            name, parents=[shared], help=summary, description=description, epilog=epilog
        )

    ask = command("ask", "answer one question", "ask 'Who broke into the compound?'")
    ask.add_argument("question", nargs="+", metavar="QUESTION", help="the question, quoted or not")
    _add_scope(ask)
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")
    command("chat", "ask one question after the other", "chat")
    search = command("search", "show the sentences nearest to some words", "search air strikes")
    search.add_argument("words", nargs="+", metavar="WORD", help="what to search for")
    search.add_argument(
        "--top", type=int, default=5, metavar="K", help="show at most K sentences (default: 5)"
    )
    _add_scope(search)
    search.add_argument("--json", action="store_true", help="print them as JSON")
    add = command(
        "add",
        "add files of text, Markdown, HTML, PDF, Word, EPUB or subtitles, folders, or web pages",
        "add notes.md reports/ https://example.com/news",
    )
    add.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="a file, a folder, an address, or - for stdin"
    )
    add.add_argument("--title", help="the title of the one article that is added")
    _add_server(add)
    listing = command("list", "list the articles", "list")
    form = listing.add_mutually_exclusive_group()
    form.add_argument(
        "--stats",
        action="store_true",
        help="show how much there is, and in which kind of index",
    )
    form.add_argument("--json", action="store_true", help="print the list as JSON")
    _add_server(listing)
    remove = command("remove", "remove an article", "remove 3")
    remove.add_argument("article", type=int, metavar="ID", help="its id, as `footnote list` shows")
    _add_server(remove)
    serve = command("serve", "run the Discord bot", "serve")
    serve.add_argument(
        "--shards", metavar="A-B", help="run only the shards A to B of the bot in this process"
    )
    serve.add_argument("--of", type=int, metavar="N", help="the number of all shards")
    sync = command("sync", "register the bot's commands with Discord", "sync")
    sync.add_argument("--guild", type=int, metavar="ID", help="on this server alone, at once")
    return main


class _Parser(argparse.ArgumentParser):
    """Suggests the command that a mistyped one resembles."""

    def parse_args(  # type: ignore[override]
        self, args: list[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        try:
            return super().parse_args(args, namespace)
        except argparse.ArgumentError as error:
            self.fail(error)

    def fail(self, error: argparse.ArgumentError) -> NoReturn:
        """Exit with code 2 and a message that says what was expected."""
        wrong = _WRONG_CHOICE.search(str(error))
        if wrong is None:
            self.error(str(error))
        typed = wrong["typed"]
        near = get_close_matches(typed.lower(), COMMANDS, n=1)
        if near:
            self.error(f"there is no command {typed!r}; did you mean {near[0]!r}?")
        if " " in typed:
            self.error(f"{typed!r} is no command; to ask it, put 'ask' before it")
        self.error(f"there is no command {typed!r}; expected one of {', '.join(COMMANDS)}")


def _add_scope(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--article", type=int, action="append", metavar="ID", help="only this one; may repeat"
    )


def _add_server(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--server", type=read_server, metavar="ID", help="the articles of this Discord server alone"
    )


def read_server(text: str) -> int:
    """Return the id of a Discord server. Raises: ArgumentTypeError for text that is none."""
    if not re.fullmatch("[1-9][0-9]{0,18}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no server's id; expected a whole number such as 81384788765712384:"
            " switch on Developer Mode in Discord, right-click the server and choose Copy Server ID"
        )
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
