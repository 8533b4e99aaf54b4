import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from bot.terminal.repl import Repl, piped_lines, typed_lines
from index import Article, Library

PETS = "The dog of the Millers barked at the postman. The cat slept on the roof of the barn."
SHIPS = "The ship Aurora sank near Iceland in 1911. Her captain drowned with eleven sailors."


@pytest.fixture
def pets(library: Library) -> Article:
    return library.add_text(PETS, title="Pets")


@pytest.fixture
def ships(library: Library) -> Article:
    return library.add_text(SHIPS, title="Ships")


def typed(library: Library, *lines: str) -> list[str]:
    console = Console(file=StringIO(), width=100)
    with console.capture() as capture:
        Repl(library, console).run(iter(lines))
    return [line.rstrip() for line in capture.get().splitlines()]


def on_terminal(library: Library, *lines: str) -> list[str]:
    console = Console(file=StringIO(), width=100, force_terminal=True, color_system=None)
    with console.capture() as capture:
        Repl(library, console).run(iter(lines))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_question_is_answered_with_its_sentence(library: Library, pets: Article) -> None:
    first, *_ = typed(library, "Where did the cat sleep?")
    assert first == "[1] The cat slept on the roof of the barn."


def test_sources_shows_the_cited_sentence_in_its_paragraph(library: Library, pets: Article) -> None:
    lines = typed(library, "Where did the cat sleep?", "/sources")
    assert "[1] Pets, sentence 2 of 2" in lines
    assert f"    {PETS}" in lines


def test_sources_follow_an_article_that_changes_meanwhile(library: Library) -> None:
    def lines() -> Iterator[str]:
        library.add_text(PETS, title="Pets", source="there")
        yield "Where did the cat sleep?"
        library.add_text(f"It was May. {PETS}", title="Pets", source="there")
        yield "/sources"
        library.remove(1)
        yield "/sources"

    console = Console(file=StringIO(), width=120)
    with console.capture() as capture:
        Repl(library, console).run(lines())
    shown = [line.rstrip() for line in capture.get().splitlines()]
    assert shown[-3:] == [
        "[1] Pets, sentence 3 of 3, moved since that answer",
        f"    It was May. {PETS}",
        "[1] The article was removed: “The cat slept on the roof of the barn.”",
    ]


def test_sources_before_any_answer_says_so(library: Library) -> None:
    assert typed(library, "/sources") == ["Nothing is cited yet: ask a question first."]


def test_use_narrows_what_is_asked_and_all_widens_it(
    library: Library, pets: Article, ships: Article
) -> None:
    question = "Where did the ship sink?"
    lines = typed(library, f"/use {pets.id}", question, "/use All", question)
    assert lines[:2] == ["Asking “Pets”.", "The article does not say."]
    assert lines[-3:-1] == [
        "Asking every article.",
        "[1] The ship Aurora sank near Iceland in 1911.",
    ]


def test_articles_are_listed(library: Library, pets: Article, ships: Article) -> None:
    console = Console(file=StringIO())
    Repl(library, console).run(iter(["/articles"]))
    assert console.file.getvalue() == "1\tPets\t2\t\t\n2\tShips\t2\t\t\n"  # type: ignore[attr-defined]
    header, *rows = on_terminal(library, "/articles")
    assert header.split() == ["id", "title", "sentences", "by", "source"]
    assert [row.split() for row in rows] == [["1", "Pets", "2"], ["2", "Ships", "2"]]


def test_a_list_without_articles_says_so(library: Library) -> None:
    [said] = typed(library, "/articles")
    assert said.startswith("There is no article yet: leave, and add one")


def test_a_follow_up_is_read_with_what_came_before(library: Library, ships: Article) -> None:
    lines = typed(library, "When did the ship Aurora sink?", "who died with her?")
    assert "(searched for: When did the ship Aurora sink? who died with her?)" in lines


MISTAKES = [
    ("/use 9", "no article with id 9 here; /articles shows the ids"),
    ("/use", "expected /use ID"),
    ("/use pets", "expected /use ID"),
    ("/frobnicate", "There is no command /frobnicate"),
    ("???", "has no words"),
    ("x" * 5_000, "ask in 4,000 or fewer"),
    ("/help", "Ask a question, or give a command"),
    ("/s", "/s may be /search or /sources: give one more letter."),
    ("/artikles", "There is no command /artikles; did you mean /articles?"),
    ("/search", "expected /search WORDS"),
]


def test_after_a_mistake_and_its_message_the_next_question_is_answered(
    library: Library, pets: Article
) -> None:
    answer = "[1] The cat slept on the roof of the barn."
    shown = {line: typed(library, line, "Where did the cat sleep?") for line, _ in MISTAKES}
    assert [line for line, said in MISTAKES if said not in " ".join(shown[line])] == []
    assert [line for line, lines in shown.items() if answer not in lines] == []


def test_quit_leaves_at_once(library: Library, pets: Article) -> None:
    words = ("/quit", "/exit", "/QUIT", "/q", "/ex", "/exit now", "quit", "Exit", "q", ":q", "Bye")
    shown = {word: typed(library, "", word, "Where did the cat sleep?") for word in words}
    assert list(shown.values()) == [[]] * len(words)


def test_help_alone_on_a_line_shows_the_commands(library: Library) -> None:
    shown = [typed(library, word) for word in ("help", "?", "HELP", "/Help", "/h")]
    [first, *others] = shown[0]
    assert shown == [shown[0]] * 5
    assert first.startswith("Ask a question, or give a command")
    assert [line.split()[0] for line in others] == [
        "/sources",
        "/search",
        "/articles",
        "/use",
        "/new",
        "/clear",
        "/help",
        "/quit",
    ]


def test_the_help_fits_a_terminal_of_eighty_columns(library: Library) -> None:
    assert max(map(len, typed(library, "help"))) <= 80


@pytest.mark.parametrize("line", ["/SOURCES", "/so", "/Sourc"])
def test_a_command_is_known_by_its_first_letters_in_any_case(
    library: Library, pets: Article, line: str
) -> None:
    assert "[1] Pets, sentence 2 of 2" in typed(library, "Where did the cat sleep?", line)


def test_clear_clears_the_screen(library: Library, pets: Article) -> None:
    for word in ("clear", "/clear"):
        console = Console(file=StringIO(), width=80, force_terminal=True)
        Repl(library, console).run(iter([word]))
        assert console.file.getvalue() == "\x1b[2J\x1b[H"  # type: ignore[attr-defined]


def test_new_begins_a_conversation_that_leans_on_nothing(library: Library, ships: Article) -> None:
    first, leaning = "When did the ship Aurora sink?", "who died with her?"
    assert any(f"{first} {leaning}" in line for line in typed(library, first, leaning))
    assert typed(library, first, "/new", "/sources")[-1].startswith("Nothing is cited yet")
    lines = typed(library, first, "/new", leaning)
    assert "A new conversation: earlier questions and answers are not used." in lines
    assert not any("searched for" in line for line in lines)


def test_search_shows_the_nearest_sentences(
    library: Library, pets: Article, ships: Article
) -> None:
    first, *_ = typed(library, "/search cat roof")
    assert first == "1 Pets: The cat slept on the roof of the barn."
    assert typed(library, f"/use {ships.id}", "/search cat roof")[1].startswith("1 Ships: ")


def test_a_pipe_gets_each_sentence_on_a_line_of_its_own(library: Library) -> None:
    long = "The cat slept " + "and slept " * 30 + "on the roof of the barn."
    library.add_text(long, title="Long")
    assert typed(library, "Where did the cat sleep?")[0] == f"[1] {long}"


def test_ctrl_c_stops_the_answer_and_not_the_conversation(
    library: Library, pets: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = library.ask

    def interrupted(*_: object, **__: object) -> None:
        monkeypatch.setattr(library, "ask", ask)
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "ask", interrupted)
    lines = typed(library, "Where did the cat sleep?", "Where did the cat sleep?")
    assert lines[:2] == ["Stopped.", "[1] The cat slept on the roof of the barn."]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "There is no article yet"),
        ([PETS], "Ask about “Title 0”."),
        ([PETS, SHIPS], "Ask about 2 articles."),
    ],
)
def test_the_greeting_says_what_can_be_asked(library: Library, texts: list[str], said: str) -> None:
    for number, text in enumerate(texts):
        library.add_text(text, title=f"Title {number}")
    console = Console(file=StringIO(), width=100)
    with console.capture() as capture:
        Repl(library, console).greet()
    assert capture.get().startswith(said)


def test_questions_are_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("first?\n\n  second?  \n"))
    console = Console(file=StringIO(), width=40)
    with console.capture() as capture:
        assert list(piped_lines(console)) == ["first?\n", "  second?  \n"]
    assert capture.get() == "? first?\n? second?\n"


def test_typed_questions_are_remembered(tmp_path: Path) -> None:
    history = tmp_path / "state" / "history"
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("who?\rdropped\x03why?\r\x04")
        assert list(typed_lines(history)) == ["who?", "why?"]
    assert [line for line in history.read_text().splitlines() if line.startswith("+")] == [
        "+who?",
        "+why?",
    ]


def test_a_home_that_cannot_be_written_does_not_keep_anybody_from_asking(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("who?\r\x04")
        assert list(typed_lines(tmp_path / "file" / "history")) == ["who?"]
