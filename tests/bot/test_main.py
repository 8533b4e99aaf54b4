import json
import os
import pty
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from index import Article, Library
from tests.index.documents.test_html import HALF_READ

PETS = "The dog of the Millers barked at the postman. The cat slept on the roof of the barn."
SHIPS = "# Ships\n\nThe ship *Aurora* sank near Iceland in 1911."

pytestmark = pytest.mark.usefixtures("loaded_models")


@pytest.fixture
def kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library directory that the settings name, with one article in it."""
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(home / "kept"))
    monkeypatch.setenv("FOOTNOTE_READER", "off")
    (home / "pets.txt").write_text(PETS)
    (home / "ships.md").write_text(SHIPS)
    assert main(["add", "pets.txt"]) == 0
    return home / "kept"


def test_an_answer_is_printed_and_the_exit_code_is_0(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ask", "Where", "did", "the", "cat", "sleep?"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("[1] The cat slept on the roof of the barn.")
    assert shown.err == ""


def test_a_question_off_the_topic_is_refused_without_sentences_and_the_exit_code_is_1(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ask", "What is the capital of France?"]) == 1
    assert capsys.readouterr().out == "The article does not say.\n"


def test_the_short_answer_is_printed_first_and_is_in_the_json(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FOOTNOTE_READER")
    assert main(["add", "ships.md"]) == 0
    capsys.readouterr()
    assert main(["ask", "When did the ship Aurora sink?"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first in ("1911", "in 1911")
    assert second == "[1] The ship Aurora sank near Iceland in 1911."
    assert main(["ask", "--json", "When did the ship Aurora sink?"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["short"]["quote"] == first
    with Library.open(kept) as library:
        text = library.article(answer["short"]["article_id"]).text
    assert text[answer["short"]["start"] : answer["short"]["end"]] == first


def test_json_gives_citations_that_stand_in_the_article(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ask", "--json", "Where did the cat sleep?"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [citation] = answer["citations"]
    with Library.open(kept) as library:
        text = library.article(citation["article_id"]).text
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert answer["text"] == f"{citation['quote']} [1]"


def test_articles_are_added_listed_asked_alone_and_removed(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "ships.md", "pets.txt"]) == 0
    assert capsys.readouterr().out.endswith(
        "added 2: Ships (2 sentences)\nunchanged 1: pets (2 sentences)\n2 of 2 added\n"
    )
    assert main(["ask", "--article", "1", "Where did the ship sink?"]) == 1
    assert main(["ask", "--article", "1", "--article", "2", "Where did the ship sink?"]) == 0
    capsys.readouterr()
    assert main(["remove", "2"]) == 0
    assert capsys.readouterr().out == "removed 2: Ships\n"
    assert main(["list"]) == 0
    source = str(kept.parent / "pets.txt")
    assert capsys.readouterr().out == f"1\tpets\t2\t\t{source}\n"
    assert main(["list", "--json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["title"], listed["source"]) == (1, "pets", source)
    assert main(["add", "ships.md"]) == 0
    assert capsys.readouterr().out == "added 3: Ships (2 sentences)\n"


def test_the_list_tells_how_much_there_is_when_asked(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "ships.md"]) == 0
    capsys.readouterr()
    assert main(["list", "--stats"]) == 0
    told = [line.replace("\t", " ") for line in capsys.readouterr().out.splitlines()[-6:]]
    size = sum(file.stat().st_size for file in kept.iterdir())
    assert told == [
        "articles 2",
        "passages 2",
        "sentences 4",
        "index exact",
        "in memory 0.0 MiB",
        f"on disk {size / 2**20:,.1f} MiB",
    ]


MISTAKES = [
    (["ask", "?!"], "has no words"),
    (["ask", "x" * 5_000], "ask in 4,000 or fewer"),
    (["ask", "--article", "7", "who?"], "no article with id 7 here; `footnote list` shows"),
    (["remove", "7"], "no article with id 7 here; `footnote list` shows the ids"),
    (["add", "missing.txt"], "there is no file"),
    (["add", "kept"], "holds no file that Footnote reads; expected one that ends in .docx"),
    (["add", "--title", "T", "pets.txt", "ships.md"], "--title names one article"),
    (["search", "--top", "0", "cat"], "--top is 0; expected 1 or more"),
    (["list", "--library", "pets.txt"], "'pets.txt': File exists; expected a folder"),
    (["list", "--library", "~nobody-at-all/x"], "expected a folder for the library"),
    (["list", "--library", "x" * 300], "File name too long; expected a folder"),
    (["ask", "--library", "nowhere", "who?"], "there is no library at 'nowhere'"),
    (["chat", "--library", "nowhere"], "there is no library at 'nowhere'"),
    (["list", "--library", "no where"], "with `footnote add FILE --library 'no where'`"),
    (["remove", "--library", "nowhere", "1"], "there is no library at 'nowhere'"),
    (["search", "--library", "nowhere", "cat"], "there is no library at 'nowhere'"),
    (["--library", "mysql://localhost/x", "list"], "is no folder"),
    (["--library", "postgresql://127.0.0.1:1/x", "list"], "try again when the server answers"),
]


def test_a_mistake_is_one_line_on_stderr_and_the_exit_code_is_2(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    wrong = []
    for arguments, said in MISTAKES:
        code = main(arguments)
        out, err = capsys.readouterr()
        one_line = err.startswith("footnote: ") and err.count("\n") == 1
        if (code, out, one_line) != (2, "", True) or said not in err:
            wrong.append((arguments, code, out, err))
    assert wrong == []
    assert not (kept.parent / "nowhere").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["ask"],
        ["remove", "one"],
        ["ask", "--article", "x", "who"],
        ["list", "--json", "--stats"],
    ],
)
def test_misuse_of_the_command_line_exits_with_2(home: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("asl", "there is no command 'asl'; did you mean 'ask'?"),
        ("LIST", "there is no command 'LIST'; did you mean 'list'?"),
        ("Who's in?", "is no command; to ask it, put 'ask' before it"),
        ("frobnicate", "there is no command 'frobnicate'; expected one of ask, chat, search, add"),
    ],
)
def test_a_mistyped_command_is_told_what_was_meant(
    home: Path, capsys: pytest.CaptureFixture[str], typed: str, said: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([typed, "who?"])
    assert exit_.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_without_a_command_a_pipe_gets_the_help(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: footnote")


@pytest.mark.parametrize("command", ["ask", "chat", "search", "add", "list", "remove", "serve"])
def test_the_help_of_each_command_has_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([command, "--help"])
    assert exit_.value.code == 0
    assert f"Example: footnote {command}" in capsys.readouterr().out


def test_a_folder_is_added_file_by_file_without_what_is_hidden_or_not_read(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept.parent / "docs"
    for name, text in {
        "b.md": "# Bees\n\nBees hum.",
        "a.TXT": "Ants walk.",
        "deep/c.txt": "Cows moo.",
        ".git/d.txt": "Hidden.",
        "e.py": "print()",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    capsys.readouterr()
    assert main(["add", "docs"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "added 2: a (1 sentences)",
        "added 3: Bees (2 sentences)",
        "added 4: c (1 sentences)",
        "3 of 3 added",
    ]


def test_adding_goes_on_after_a_file_that_cannot_be_read(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept.parent / "bad.txt").write_bytes(b"\0\1")
    (kept.parent / "pets.txt").write_text(f"{PETS} It rained.")
    capsys.readouterr()
    assert main(["add", "pets.txt", "bad.txt", "ships.md"]) == 2
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "updated 1: pets (3 sentences)",
        "added 2: Ships (2 sentences)",
        "2 of 3 added",
    ]
    [error] = said.err.splitlines()
    assert "bad.txt' is binary" in error


@pytest.mark.parametrize(
    ("data", "arguments", "title"),
    [
        (b"Ants walk.\nBees hum.", ["--title", "Small"], "Small"),
        (b"On ants\n\nAnts walk.", [], "On ants"),
        (b"Ants walk.", [], "standard input"),
    ],
)
def test_standard_input_is_added(
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    arguments: list[str],
    title: str,
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
    capsys.readouterr()
    assert main(["add", "-", *arguments]) == 0
    assert capsys.readouterr().out.startswith(f"added 2: {title} (")


def test_ctrl_c_while_adding_says_how_far_it_came(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add = Library.add

    def stopped(self: Library, source: str, **options: Any) -> Article:
        if source == "stop.txt":
            raise KeyboardInterrupt
        return add(self, source, **options)

    monkeypatch.setattr(Library, "add", stopped)
    assert main(["add", "ships.md", "stop.txt"]) == 130
    assert capsys.readouterr().err == "Stopped: 1 of 2 added.\n"
    assert main(["add", "stop.txt"]) == 130
    assert capsys.readouterr().err == "Stopped; nothing was added.\n"


def test_search_shows_the_nearest_sentences(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["search", "cat", "roof", "--top", "1"]) == 0
    assert capsys.readouterr().out == "1 pets: The cat slept on the roof of the barn.\n"
    assert main(["search", "--json", "cat roof"]) == 0
    first, *_ = json.loads(capsys.readouterr().out)
    assert (first["rank"], first["title"]) == (1, "pets")
    assert main(["remove", "1"]) == 0
    assert main(["search", "cat"]) == 1


def test_another_model_than_the_librarys_is_refused(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("no-such-model", "/no/such/folder", "./no-such-folder"):
        monkeypatch.setenv("FOOTNOTE_MODEL", name)
        capsys.readouterr()
        assert main(["ask", "Where did the cat sleep?"]) == 2
        assert capsys.readouterr().err.startswith(f"footnote: no model {name!r}: expected")


def test_the_default_library_gets_the_shipped_article_once(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Who broke into the embassy compound?"]) == 0
    assert "forced their way into" in capsys.readouterr().out
    assert main(["remove", "1"]) == 0
    assert main(["list"]) == 0
    assert "There is no article yet" in capsys.readouterr().err


def test_the_shipped_article_goes_when_another_is_added(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "pets.txt").write_text(PETS)
    assert main(["list"]) == 0
    shipped = capsys.readouterr().out
    assert "embassy" in shipped.lower()
    assert main(["add", "--server", "5", "pets.txt"]) == 0
    assert "removed" not in capsys.readouterr().out
    assert main(["add", "missing.txt"]) == 2
    assert main(["list"]) == 0
    assert capsys.readouterr().out == shipped
    assert main(["add", "pets.txt", "missing.txt"]) == 2
    added, count, removed = capsys.readouterr().out.splitlines()
    assert (added, count) == ("added 3: pets (2 sentences)", "1 of 2 added")
    assert removed.startswith("removed 1: ")
    assert removed.endswith(" (the example that ships with Footnote)")
    assert main(["add", "pets.txt"]) == 0
    assert "removed" not in capsys.readouterr().out


def test_a_servers_articles_are_added_listed_and_removed_by_its_id(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "--server", "5", "ships.md"]) == 0
    assert capsys.readouterr().out.endswith("added 2: Ships (2 sentences)\n")
    for server, title in (("5", "Ships"), ("6", "There is no article yet")):
        assert main(["list", "--server", server]) == 0
        shown = "".join(capsys.readouterr())
        assert title in shown
        assert "pets" not in shown
    assert main(["list"]) == 0
    assert "Ships" not in capsys.readouterr().out
    assert main(["remove", "2"]) == main(["remove", "--server", "5", "1"]) == 2
    assert "no article with id 1 here" in capsys.readouterr().err
    with Library.open(kept, collection="guild-5", reader="off") as library:
        assert library.titles() == {2: "Ships"}
    assert main(["remove", "--server", "5", "2"]) == 0
    assert capsys.readouterr().out == "removed 2: Ships\n"


@pytest.mark.parametrize("server", ["0", "-5", "five", "guild-5"])
def test_what_is_no_servers_id_is_misuse(
    kept: Path, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    for command in (["list"], ["add", "ships.md"], ["remove", "1"]):
        with pytest.raises(SystemExit) as exit_:
            main([*command, f"--server={server}"])
        assert exit_.value.code == 2
        assert f"'{server}' is no server's id; expected a whole" in capsys.readouterr().err


def test_a_library_that_was_chosen_is_made_by_add_alone_and_used_as_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "pets.txt").write_text(PETS)
    mine = str(home / "mine")
    assert main(["list", "--library", mine]) == 2
    assert "`footnote add FILE --library " in capsys.readouterr().err
    assert main(["add", "--library", mine, "pets.txt"]) == 0
    assert main(["list", "--library", mine]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("1\tpets\t2")


def test_a_library_in_postgresql_is_used_like_any_other(
    kept: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FOOTNOTE_LIBRARY", address)
    assert main(["list"]) == 0
    assert main(["add", "ships.md"]) == 0
    assert main(["--library", address, "ask", "When did the ship Aurora sink?"]) == 0
    assert main(["remove", "1"]) == 0
    monkeypatch.setenv("FOOTNOTE_LIBRARY", address.replace("/postgres?", "/nowhere?"))
    assert main(["list"]) == 2
    shown = capsys.readouterr()
    assert "There is no article yet" in shown.err
    assert "[1] The ship Aurora sank near Iceland in 1911." in shown.out
    assert "removed 1: Ships" in shown.out
    *_, error = shown.err.splitlines()
    assert '"nowhere" does not exist; check the server, the database' in error
    assert "secret" not in error


def test_an_error_that_nobody_foresaw_is_told_with_its_traceback(
    kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AttributeError("a mistake of ours")

    monkeypatch.setattr(Library, "catalog", broken)
    assert main(["list"]) == 2
    assert "a mistake of ours" in caplog.text


def test_chat_reads_questions_from_a_pipe(kept: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        cwd=kept.parent,
        input="Where did the cat sleep?\n/quit\nnever read\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    assert done.stdout.splitlines()[:2] == [
        "? Where did the cat sleep?",
        "[1] The cat slept on the roof of the barn.",
    ]
    assert "never read" not in done.stdout
    assert done.stderr == ""


def test_a_chat_in_a_pipe_ends_with_the_error_of_a_model(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("Where did the cat sleep?\n"))
    monkeypatch.setenv("FOOTNOTE_MODEL", "./no-such-folder")
    assert main(["chat"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("footnote: no model './no-such-folder': expected")
    assert said.out == ""


def test_add_shows_its_progress_on_a_terminal(kept: Path) -> None:
    (kept.parent / "[bold]ships.md").write_text(SHIPS)
    controller, terminal = pty.openpty()
    adding = subprocess.Popen(
        [sys.executable, "-m", "bot", "add", "[bold]ships.md"],
        cwd=kept.parent,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    drawn = b"".join(iter(lambda: _read(controller), b""))
    os.close(controller)
    assert adding.wait(timeout=180) == 0
    assert b"Reading [bold]ships.md" in drawn
    assert b"100%" in drawn


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 10_000)
    except OSError:  # how Linux says that the other end was closed
        return b""


def test_help_imports_nothing_heavy() -> None:
    script = """
import sys
from bot.__main__ import main
try:
    main(["--help"])
except SystemExit:
    heavy = {"torch", "transformers", "numpy", "faiss", "rich", "pydantic", "llama_index"}
    print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    assert done.stdout.startswith("usage: footnote")
    assert done.stdout.splitlines()[-1] == "[]"


def test_listing_and_errors_load_no_model(kept: Path) -> None:
    script = """
import sys
from bot.__main__ import main
commands = [
    ["list"],
    ["list", "--stats"],
    ["remove", "77"],
    ["remove", "1"],
    ["ask", ""],
    ["ask", "--article", "77", "who"],
    ["search", "--article", "77", "who"],
    ["search", "--top", "0", "who"],
    ["add", "missing.md"],
]
codes = [main(command) for command in commands]
try:
    main(["--version"])
except SystemExit as ended:
    codes.append(ended.code)
heavy = {"torch", "transformers", "onnxruntime", "sentence_transformers", "faiss", "scipy"}
found = (heavy | {"discord"}) & set(sys.modules)
codes.append(main(["serve"]))
print(codes, sorted(found | heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=kept.parent,
        env={**os.environ, "FOOTNOTE_LIBRARY": str(kept)},
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    assert done.stdout.splitlines()[-1] == "[0, 0, 2, 0, 2, 2, 2, 2, 2, 0, 2] []"


def test_add_says_when_much_of_a_page_did_not_arrive(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept.parent / "hall.html").write_text(HALF_READ)
    capsys.readouterr()
    assert main(["add", "hall.html"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("added 2: hall (")
    assert "of the words of this page were read as its main text" in " ".join(said.err.split())
