"""A library is killed, starved, damaged and shared, by processes that do it in earnest.

The functions named `child_…` run in processes of their own: they get their orders on standard
input and tell what they did, line by line, on standard output. Those that only add and remove
never import torch, and so start at once.
"""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Self

import numpy as np
import pytest

from index import Answer, Library, LibraryError
from index.models.tokens import FloatArray
from index.storage.records import EncodedArticle, sha256
from index.storage.sqlite import SqliteDatabase
from index.storage.sqlite_store import SqliteStore
from index.storage.store import Store
from index.text.segmentation import segment
from tests.support.standin import StandIn, drafted, one_thread, story

ROOT = Path(__file__).parents[3]
ROUNDS = 12
ROUNDS_OF_MAKING = 8
"""Many more are run by `python -m benchmarks.crash`."""
NOBODY = 65534
SECONDS_TO_LIVE = 120

Holding = dict[str, str]
"""What a library holds: the SHA-256 of each article's text, by its source."""


class Child:
    """A process that runs one of the functions below, and is ready for its orders."""

    def __init__(self, function: Callable[[], None]) -> None:
        module, name = function.__module__, function.__name__
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {module} import {name}; {name}()"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give it no chance to tidy up."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def order(self, *orders: object) -> None:
        """Say what to do, once it is ready."""
        assert self.hear() == ["ready"]
        self.say(*orders)

    def say(self, *words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def hear(self) -> list[Any]:
        """Wait for the next line that it tells."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the child ended: {self._process.wait()}"
        return list(json.loads(line))

    def finish(self) -> list[list[Any]]:
        """Let it come to its end; what it told until then."""
        assert self._process.stdout is not None
        told = [json.loads(line) for line in self._process.stdout]
        assert self._process.wait() == 0
        return told


def tell(*words: object) -> None:
    print(json.dumps(words), flush=True)  # noqa: T201


def orders() -> Any:
    import faiss  # noqa: F401

    drafted("Load what a draft needs. Do it now.")
    signal.alarm(SECONDS_TO_LIVE)  # a child that waits for ever ends its test, not all of them
    tell("ready")
    return json.loads(sys.stdin.readline() or sys.exit())


def text_of(number: int) -> str:
    return story(number, sentences=1 + number % 50)


@cache
def draft_of(number: int) -> EncodedArticle:
    return drafted(text_of(number))


def holding(library: Library) -> Holding:
    return {str(article.source): article.sha256 for article in library.articles()}


def add(library: Library, source: str, number: int) -> int:
    return library.add_text(text_of(number), title=f"Story {number}", source=source).id


def child_has_children_and_kills_them() -> None:
    """For each order fork a process, kill it after so many seconds, and tell what it told."""
    name, folder, seed, seconds = orders()
    while name:
        read, write = os.pipe()
        process = os.fork()
        if not process:
            os.dup2(write, sys.stdout.fileno())
            with suppress(LibraryError):  # its server was killed
                globals()[name](folder, seed)
            os._exit(0)
        os.close(write)
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        with os.fdopen(read) as told:  # its last line may be cut short, and then was not told
            whole = [json.loads(line) for line in told if line.endswith("\n")]
        tell(os.waitstatus_to_exitcode(status), whole)
        signal.alarm(SECONDS_TO_LIVE)
        name, folder, seed, seconds = json.loads(sys.stdin.readline())


def child_has_children_on_postgres() -> None:
    """Do that with what each of them would else import anew at hand."""
    import index.storage.postgres_store  # noqa: F401

    child_has_children_and_kills_them()


def _changes(folder: str, seed: int) -> None:
    random, count, parent = Random(seed), 0, os.getppid()
    while os.getppid() == parent:
        library = Library.open(folder, encoder=StandIn())
        tell("holds", holding(library))
        for _ in range(random.randint(1, 5)):
            held = {str(article.source): article.id for article in library.articles()}
            wish = random.choice(["add", "replace", "remove"])
            if wish == "remove" and len(held) > 2:
                source = random.choice(sorted(held))
                tell("remove", source)
                library.remove(held[source])
            else:
                count += 1
                renewed = wish == "replace" and held
                source = random.choice(sorted(held)) if renewed else f"/{seed}/{count}"
                number = random.randrange(1_000_000)
                tell("add", source, number)
                add(library, source, number)
            tell("done")
        library.close()
        assert "torch" not in sys.modules


def _makes(folder: str, _: int) -> None:
    library = Library.open(folder, encoder=StandIn())
    tell("add", "/first", 7)
    add(library, "/first", 7)
    tell("done")
    library.close()
    time.sleep(60)


def child_dies_at_every_step() -> None:
    """Fork for every step of a library's life, and die there; tell what is found afterwards."""
    [folder] = orders()
    encoder, step, alive = StandIn(), 0, False
    while not alive:
        step += 1
        process = os.fork()
        if not process:
            _die_at(step)
            _live(folder, encoder)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        assert ended in {0, -signal.SIGKILL}
        alive = ended == 0
        with Library.open(folder, encoder=encoder) as library:
            tell(holding(library))
            if library.articles():
                assert_indexed(library)
        assert_sound(Path(folder))
        shutil.rmtree(folder)


def _live(folder: str, encoder: StandIn) -> None:
    with Library.open(folder, encoder=encoder) as library:
        add(library, "/a", 50)  # one sentence
    with Library.open(folder, encoder=encoder) as library:
        add(library, "/b", 1)  # two
        add(library, "/a", 100)
        library.remove(library.articles()[1].id)


def _die_at(step: int) -> None:
    """Count each statement; be killed before the one that is meant."""
    left = iter(range(step))

    def counted(call: Any) -> Any:
        def one_step(*args: Any) -> Any:
            if next(left) == step - 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args)

        return one_step

    SqliteDatabase.rows = counted(SqliteDatabase.rows)  # type: ignore[method-assign]


def child_opens_what_it_is_told() -> None:
    folder, name = orders()
    while folder:
        with Library.open(folder, encoder=StandIn()) as library:
            tell(add(library, f"/{name}", 3))
        folder, name = json.loads(sys.stdin.readline())


def child_adds_ten() -> None:
    folder, first = orders()
    with Library.open(folder, encoder=StandIn()) as library:
        for number in range(first, first + 10):
            tell(add(library, f"/{number}", number))
            add(library, "/same", number)


def child_renews() -> None:
    """Replace an article by its next version, and another each time by one under a new id."""
    folder, versions = orders()
    with Library.open(folder, encoder=StandIn()) as library:
        for version in range(1, versions + 1):
            library.add_text(tale(version), title="A tale", source="/a")
            passing = library.add_text(tale(version), title="A tale", source=f"/{version}")
            time.sleep(0.01)
            library.remove(passing.id)
        library.add_text(tale(0), title="The end", source="/end")


def child_reads_on() -> None:
    """Search until the end of the tale."""
    import index.search.retriever

    index.search.retriever.EXACT = 0  # go by the vector index and the keywords
    with Library.open(None, encoder=StandIn()) as warm:
        warm.add_text("Load torch. Do it now.", title="t")
        warm.ask("What to load?")
    [folder] = orders()
    versions: set[str] = set()
    with Library.open(folder, encoder=StandIn()) as library:
        while not any(article.source == "/end" for article in library.articles()):
            with library._store.reading():
                hits = library.search("Which version of the tale tells of number 3?", top_k=20)
                articles = {hit.article_id: library.article(hit.article_id) for hit in hits}
                assert hits
            for hit in hits:
                text = articles[hit.article_id].text
                assert text[hit.start : hit.end] == hit.quote
                assert tale(int(text.split()[1])) == text
            answer = library.ask("Version of the tale tells of number 3.")
            for article_id in {citation.article_id for citation in answer.citations}:
                told = {c.quote.split()[1] for c in answer.citations if c.article_id == article_id}
                assert len(told) == 1  # one version, not parts of two
                versions |= told
    tell(len(versions))  # how many it met


def tale(version: int) -> str:
    lines = range(1, 5 + version % 7)
    return " ".join(f"Version {version} of the tale tells of number {line}." for line in lines)


def child_meets_a_full_disk() -> None:
    [folder] = orders()
    library = Library.open(folder, encoder=StandIn())
    largest = max(file.stat().st_size for file in Path(folder).iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 8192,) * 2)
    for number in range(4):
        with suppress(LibraryError):
            add(library, f"/{number}", number)
            tell("added", f"/{number}", number)
    try:
        library.add_text(story(1, sentences=600), title="Long", source="/long")
    except LibraryError as error:
        tell("refused", str(error))
    tell("holds", holding(library))
    library.close()


def child_may_not_write() -> None:
    folders = orders()
    Library.open(None, encoder=StandIn()).close()  # imports what the user below may not read
    if os.getuid() == 0:  # whom permissions do not hold back
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    for folder in folders:
        try:
            Library.open(folder, encoder=StandIn())
        except LibraryError as error:
            tell(str(error))


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the library is, find by the vector index and the keywords."""
    monkeypatch.setattr("index.search.retriever.EXACT", 0)


@contextmanager
def opened(
    folder: str | Path, encoder: StandIn | None = None, collection: str = "default"
) -> Iterator[Library]:
    with Library.open(folder, encoder=encoder or StandIn(), collection=collection) as library:
        yield library


def assert_sound(folder: Path) -> None:
    """The tables agree with one another, and SQLite finds no fault in them."""
    with closing(sqlite3.connect(folder / "library.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.execute("INSERT INTO keyword (keyword) VALUES ('integrity-check')")
        raw.rollback()
        sentences = raw.execute(
            'SELECT sentence.id, substr(text, start + 1, "end" - start), passage_id'
            " FROM sentence JOIN article ON article.id = article_id ORDER BY sentence.id"
        ).fetchall()
        keywords = raw.execute("SELECT rowid, sentence FROM keyword ORDER BY rowid").fetchall()
        passages = {key for (key,) in raw.execute("SELECT id FROM passage")}
        counted = [
            raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("sentence", "keyword")
        ]
    assert [row[:2] for row in sentences] == keywords
    assert counted == [len(sentences)] * 2
    assert {row[2] for row in sentences} == passages


def assert_whole(library: Library, drafts: dict[str, EncodedArticle]) -> None:
    """Every article is kept as it was drafted; `drafts` are by the text's SHA-256."""
    store = library._store
    for article in library.articles():
        draft = drafts[article.sha256]
        [rows] = store.rows([article.id])
        assert article.text == draft.source.text
        assert article.sentences == draft.sentences == segment(article.text)
        assert np.array_equal(store.vectors(rows), as_kept(store, draft.vectors))
        assert [(p.first, p.last) for _, p in store.passages(rows)] == list(draft.passages)
        assert [kept.tolist() for kept in store.tokens(rows)] == [
            draft.token_ids.tolist(),
            draft.token_counts.tolist(),
        ]


def assert_indexed(library: Library) -> None:
    """The vector index holds what the store holds."""
    scope = library._store.rows(None)
    scope = tuple(sorted(scope, key=lambda rows: rows.first))
    ids = [row for rows in scope for row in range(rows.first, rows.last + 1)]
    vector = StandIn().mean("rivers of Zürich")
    found = library._vectors.nearest(vector, scope, limit=len(ids) + 9)
    assert sorted(found) == ids
    kept = np.concatenate([library._store.vectors(rows) for rows in scope]) @ vector
    cosines = dict(zip(ids, kept, strict=True))
    exact = isinstance(library._store, SqliteStore)
    best = sorted(kept, reverse=True)
    assert np.allclose([cosines[row] for row in found], best, atol=1e-6 if exact else 2e-3)


def as_kept(store: Store, vectors: FloatArray) -> FloatArray:
    """Vectors as they come back: PostgreSQL keeps them in half precision."""
    return (
        vectors if isinstance(store, SqliteStore) else vectors.astype(np.float16).astype(np.float32)
    )


def assert_finds(library: Library, random: Random) -> None:
    """By its vector index too, and any of its sentences is cited for a question that repeats it."""
    assert_indexed(library)
    article = random.choice(library.articles())
    sentence = random.choice(article.sentences)
    question = article.text[sentence.start : sentence.end]
    answer = library.ask(question)
    assert_cites(library, answer)
    places = {(c.article_id, c.start, c.end) for c in answer.citations}
    assert (article.id, sentence.start, sentence.end) in places


def assert_cites(library: Library, answer: Answer) -> None:
    assert answer.citations
    for citation in answer.citations:
        text = library.article(citation.article_id).text
        assert text[citation.start : citation.end] == citation.quote


class Ledger:
    """What a library may hold, by what those who changed it told."""

    def __init__(self) -> None:
        self.possible: list[Holding] = [{}]
        self.drafts: dict[str, EncodedArticle] = {}
        self._articles: dict[int, str] = {}
        self._rows: dict[int, tuple[int, str]] = {}

    def follow(self, told: list[list[Any]]) -> None:
        for line in told:
            match line:
                case ["holds", held]:
                    self.finds(held)
                case ["add", source, number]:
                    draft = draft_of(number)
                    digest = sha256(draft.source.text)
                    self.drafts[digest] = draft
                    self._may_become({**self.possible[0], source: digest})
                case ["remove", source]:
                    left = {s: held for s, held in self.possible[0].items() if s != source}
                    self._may_become(left)
                case ["done"]:
                    self.possible = self.possible[1:]

    def _may_become(self, held: Holding) -> None:
        assert len(self.possible) == 1
        self.possible.append(held)

    def finds(self, held: Holding) -> None:
        assert held in self.possible
        self.possible = [held]

    def finds_ids(self, library: Library) -> None:
        """An id that was seen before still means what it meant."""
        for article in library.articles():
            assert self._articles.setdefault(article.id, str(article.source)) == article.source
            [rows] = library._store.rows([article.id])
            for row in range(rows.first, rows.last + 1):
                meant = (row - rows.first, article.sha256)
                assert self._rows.setdefault(row, meant) == meant


def kill_while_it_changes(folder: Path, *, rounds: int) -> tuple[int, int]:
    """Kill a process at random moments; return how many changes were acknowledged and cut short."""
    ledger, random, acknowledged, interrupted = Ledger(), Random(1), 0, 0
    with Child(child_has_children_and_kills_them) as child:
        assert child.hear() == ["ready"]
        for seed in range(rounds):
            child.say("_changes", str(folder), seed, random.uniform(0, 0.3))
            status, told = child.hear()
            assert status == -signal.SIGKILL
            ledger.follow(told)
            acknowledged += told.count(["done"])
            interrupted += len(ledger.possible) - 1
            if seed % 5 == 4:
                continue  # the next child is the first to see it
            with opened(folder) as library:
                ledger.finds(holding(library))
                ledger.finds_ids(library)
                assert_whole(library, ledger.drafts)
                if library.articles():
                    assert_finds(library, random)
                assert_sound(folder)
    return acknowledged, interrupted


def kill_while_it_is_made(place: Path, *, rounds: int) -> None:
    """Kill processes at random moments while each makes a library in a new folder."""
    random = Random(2)
    with Child(child_has_children_and_kills_them) as child:
        assert child.hear() == ["ready"]
        for number in range(rounds):
            ledger, folder = Ledger(), place / f"{number}"
            child.say("_makes", str(folder), number, random.uniform(0, 0.06))
            status, told = child.hear()
            assert status == -signal.SIGKILL
            ledger.follow(told)
            with opened(folder) as library:
                ledger.finds(holding(library))
                add(library, "/second", 9)
                ledger.follow([["add", "/second", 9], ["done"]])
                ledger.finds(holding(library))
                assert_whole(library, ledger.drafts)
                assert_finds(library, random)
                assert_sound(folder)


@pytest.mark.usefixtures("by_index")
def test_a_library_is_right_whenever_its_process_is_killed(folder: Path) -> None:
    acknowledged, interrupted = kill_while_it_changes(folder, rounds=ROUNDS)
    assert acknowledged > ROUNDS // 2
    assert interrupted > 0


@pytest.mark.usefixtures("by_index")
def test_a_library_is_right_when_killed_while_it_is_made(tmp_path: Path) -> None:
    kill_while_it_is_made(tmp_path, rounds=ROUNDS_OF_MAKING)


def test_a_library_is_right_at_whichever_step_its_process_dies(folder: Path) -> None:
    a, b, renewed = (sha256(text_of(number)) for number in (50, 1, 100))
    states: list[Holding] = [
        {},
        {"/a": a},
        {"/a": a, "/b": b},
        {"/a": renewed, "/b": b},
        {"/a": renewed},
    ]
    with Child(child_dies_at_every_step) as child:
        child.order(str(folder))
        told = child.finish()
    found = [states.index(held) for [held] in told]
    assert len(found) > 60
    assert found == sorted(found)  # what was kept once stays, however much later it dies
    assert sorted(set(found)) == [0, 1, 2, 3, 4]


def test_ids_are_not_given_again_after_removal_and_reopening(place: str | Path) -> None:
    ids: list[int] = []
    for _ in range(3):
        with opened(place) as library:
            for _ in range(2):
                ids.append(add(library, "/a", 3))
                library.remove(ids[-1])
    assert ids == sorted(set(ids))
    with opened(place) as library:
        stays = add(library, "/a", 3)
        assert stays > ids[-1]
    with opened(place) as library:
        assert add(library, "/a", 4) == stays  # the same source keeps its id
        assert library.article(stays).text == text_of(4)
        other = add(library, "/b", 4)
        assert other > stays
        library.remove(stays)
    with opened(place, collection="another") as library:
        assert add(library, "/a", 3) > other


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("another", "set FOOTNOTE_MODEL=stand-in, or use another library"),
        ("stand-in", "put those weights back, or use another library"),
    ],
)
def test_another_models_library_is_refused_and_left_as_it_was(
    folder: Path, name: str, advice: str
) -> None:
    with opened(folder) as library:
        add(library, "/a", 3)
    other = StandIn(name, weights=1)
    uses: list[Callable[[Library], object]] = [
        lambda library: library.ask("Which storm?"),
        lambda library: library.search("Which storm?"),
        lambda library: library.add_text("One.", title="t"),
    ]
    for use in uses:
        with pytest.raises(LibraryError) as caught, opened(folder, other) as library:
            use(library)
        assert "'stand-in'" in str(caught.value)
        assert str(caught.value).endswith(advice)
    with opened(folder) as library:
        assert holding(library) == {"/a": sha256(text_of(3))}
        assert_cites(library, library.ask(text_of(3).split(".")[0]))


def test_another_models_library_is_refused_at_once_where_the_names_differ(
    place: str | Path,
) -> None:
    with opened(place) as library:
        add(library, "/a", 3)
    with pytest.raises(LibraryError, match="set FOOTNOTE_MODEL=stand-in"):
        Library.open(place, encoder=StandIn("another", weights=1))
    with opened(place, StandIn("the same, moved")) as library:
        add(library, "/b", 4)
    with opened(place, StandIn("the same, moved")) as library:
        assert len(library.articles()) == 2


def test_a_file_that_is_no_library_is_refused_and_left_as_it_was(folder: Path) -> None:
    folder.mkdir()
    (folder / "library.db").write_text("Dear diary,\n" * 99)
    with pytest.raises(
        LibraryError, match="no file of Footnote's: move it away, or choose another folder"
    ):
        Library.open(folder, encoder=StandIn())
    assert [file.name for file in folder.iterdir()] == ["library.db"]
    assert (folder / "library.db").read_text() == "Dear diary,\n" * 99


@pytest.mark.parametrize(
    "place", ["file", "file/below", "a\0b", "a\ud800b", "~nobody-of-that-name/a"]
)
def test_a_path_that_can_be_no_folder_is_refused(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("Dear diary")
    with pytest.raises(LibraryError) as caught:
        Library.open(place, encoder=StandIn())
    assert str(caught.value).startswith(f"{place!r}: ")
    assert str(caught.value).endswith("; expected a folder for the library, or a place to make one")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert Path("file").read_text() == "Dear diary"


def test_readers_meet_only_whole_states_while_another_process_writes(folder: Path) -> None:
    with opened(folder) as library:
        library.add_text(tale(1), title="A tale", source="/a")
    with (
        Child(child_reads_on) as one,
        Child(child_reads_on) as other,
        Child(child_renews) as writer,
    ):
        for reader in (one, other):
            reader.order(str(folder))
        writer.order(str(folder), 40)
        writer.finish()
        met = [reader.finish() for reader in (one, other)]
    assert all(count > 2 for [[count]] in met)
    with opened(folder) as library:
        assert holding(library) == {"/a": sha256(tale(40)), "/end": sha256(tale(0))}
        assert_sound(folder)


def test_two_processes_that_write_at_once_lose_nothing(place: str | Path) -> None:
    with Child(child_adds_ten) as one, Child(child_adds_ten) as other:
        one.order(str(place), 100)
        other.order(str(place), 200)
        ids = [key for child in (one, other) for [key] in child.finish()]
    assert len(set(ids)) == 20
    numbers = [*range(100, 110), *range(200, 210)]
    with opened(place) as library:
        same = {article.source: article.text for article in library.articles()}.pop("/same")
        assert same in {text_of(109), text_of(209)}
        assert holding(library) == {
            **{f"/{number}": sha256(text_of(number)) for number in numbers},
            "/same": sha256(same),
        }
        assert_whole(library, {sha256(text_of(n)): draft_of(n) for n in numbers})
    if isinstance(place, Path):
        assert_sound(place)


def test_processes_may_open_a_new_library_all_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / f"{number}" for number in range(12)]
    with ExitStack() as stack:
        children = [stack.enter_context(Child(child_opens_what_it_is_told)) for _ in range(4)]
        for child in children:
            assert child.hear() == ["ready"]
        for folder in folders:
            for name, child in enumerate(children):
                child.say(str(folder), name)
            ids = [child.hear()[0] for child in children]
            assert sorted(ids) == [1, 2, 3, 4]
        for child in children:
            child.say("", "")
            assert child.finish() == []
    for folder in folders:
        with opened(folder) as library:
            assert holding(library) == {f"/{name}": sha256(text_of(3)) for name in range(4)}
            assert_sound(folder)


def test_a_full_disk_loses_nothing(folder: Path) -> None:
    with opened(folder) as library:
        add(library, "/a", 30)
        before = holding(library)
        assert isinstance(library._store, SqliteStore)
        database = library._store.database
        [(pages,)] = database.rows("PRAGMA page_count")
        database.rows(f"PRAGMA max_page_count = {pages + 3}")
        for source in ("/a", "/b"):  # an article renewed, and a new one
            with pytest.raises(LibraryError, match="the disk is full: make room and try again"):
                add(library, source, 49)
            assert holding(library) == before
            assert_cites(library, library.ask(text_of(30).split(".")[0]))
        assert_sound(folder)
        database.rows("PRAGMA max_page_count = 100000")
        add(library, "/b", 49)
        assert_finds(library, Random(0))
    with opened(folder) as library:
        assert holding(library) == {**before, "/b": sha256(text_of(49))}
        assert_sound(folder)


@pytest.mark.usefixtures("by_index")
def test_files_that_may_not_grow_lose_nothing(folder: Path) -> None:
    with opened(folder) as library:
        add(library, "/a", 30)
        before = holding(library)
    with Child(child_meets_a_full_disk) as child:
        child.order(str(folder))
        told = child.finish()
    added = {
        source: sha256(text_of(number)) for word, source, *rest in told[:-2] for number in rest
    }
    [refused, message], [_, held] = told[-2:]
    assert refused == "refused"
    assert message.startswith(f"{folder / 'library.db'}: ")
    assert message.endswith("the disk is full or fails: make room or check it, and try again")
    assert held == {**before, **added}
    with opened(folder) as library:
        assert holding(library) == held
        add(library, "/b", 49)
        assert_finds(library, Random(0))
        assert_sound(folder)


def test_a_folder_that_may_not_be_written_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        kept, empty = place / "kept", place / "empty"
        empty.mkdir()
        with opened(kept) as library:
            add(library, "/a", 3)
        for folder in (place, kept, empty):
            folder.chmod(0o555)
        try:
            with Child(child_may_not_write) as child:
                child.order(str(kept), str(empty), str(place / "new"))
                told = child.finish()
        finally:
            for folder in (place, kept, empty):
                folder.chmod(0o755)
        read_only, no_file, no_folder = (message for [message] in told)
        assert read_only.startswith(f"{kept / 'library.db'}: ")
        assert "it may not be written here: check its permissions" in read_only
        assert no_file.startswith(f"{empty / 'library.db'}: ")
        assert "check that the folder exists and may be written" in no_file
        assert no_folder.startswith(f"'{place / 'new'}': Permission denied; expected a folder")
        with opened(kept) as library:
            assert holding(library) == {"/a": sha256(text_of(3))}
        assert list(empty.iterdir()) == []
