"""The documentation holds: its code is run, its commands are parsed, its figures are compared."""

import re
import shlex
import shutil
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import index
from benchmarks.pictures import terminal
from bot.__main__ import main, parser
from bot.chat import Chat
from bot.settings import Settings
from index import Encoder, Library, Reader
from index.documents.loading import LARGEST_FILE
from index.documents.pdf import MOST_PAGES
from index.documents.sandbox import CPU_SECONDS, MEMORY, WALL_SECONDS
from index.documents.web import TIMEOUT
from index.search.questions import LONGEST_QUESTION

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")))
}
RESULTS = (ROOT / "benchmarks/RESULTS.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


def commands() -> list[str]:
    """All lines of shell blocks, without comments."""
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    return [shlex.join(shlex.split(line, comments=True)) for line in lines]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, encoder: Encoder, reader: Reader) -> None:
    """Libraries that are opened use models that are loaded already."""
    monkeypatch.setattr("index.collection.Encoder", lambda: encoder)
    monkeypatch.setattr("index.collection.Reader", lambda: reader)


@pytest.mark.usefixtures("loaded_models")
def test_the_transcript_is_what_the_command_prints(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [transcript] = blocks("README.md", "console")
    for exchange in transcript.split("$ ")[1:]:
        command, shown = exchange.split("\n", maxsplit=1)
        main(shlex.split(command)[1:])
        assert capsys.readouterr().out.strip() == shown.strip()


@pytest.mark.usefixtures("models")
def test_the_picture_of_the_terminal_shows_what_the_terminal_shows() -> None:
    with Library.open(None) as library:
        library.add(ROOT / "articles/embassy.md")
        taken = terminal(Chat(library))
    kept = (ROOT / "benchmarks/pictures/terminal.svg").read_text(encoding="utf-8")
    shown = re.findall(r"<text[^>]*>([^<]*)<", taken)
    assert len(shown) > 10
    assert shown == re.findall(r"<text[^>]*>([^<]*)<", kept)


@pytest.mark.usefixtures("models", "short_pause")
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_the_python_of_a_page_runs_and_prints_what_its_comments_say(
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "articles", tmp_path / "articles")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code in blocks(page, "python"):
        expected = re.findall(r"^ *print\(.*\)  # (.+)$", code, re.MULTILINE)
        exec(compile(code, page, "exec"), names)
        printed = capsys.readouterr().out.splitlines()
        assert [line for line in expected if line not in printed] == []


def test_every_shell_command_is_one_that_there_is() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    parsed = 0
    for command in commands():
        program, *arguments = shlex.split(command) or [""]
        if Path(program).name == "footnote":
            parser().parse_args(arguments)
            parsed += 1
        elif program == "make":
            assert arguments[0] in targets
    assert parsed > 15


def test_every_module_that_is_named_as_a_command_exists() -> None:
    named = {name for text in PAGES.values() for name in re.findall(r"python -m ([\w.]+)", text)}
    assert len(named) > 15
    assert [name for name in sorted(named) if find_spec(name) is None] == []


def test_every_link_leads_to_a_file_and_every_page_is_linked() -> None:
    linked, lost = set(), []
    for page, text in PAGES.items():
        for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
            path = (ROOT / page).parent.joinpath(target) if target else ROOT / page
            linked.add(path.resolve())
            if not path.exists():
                lost.append((page, target))
            elif heading and heading not in headings(path):
                lost.append((page, heading))
    assert lost == []
    assert [page for page in PAGES if page != "README.md" and ROOT / page not in linked] == []


def headings(path: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}


def test_every_setting_is_documented_with_its_default() -> None:
    names = {
        "DISCORD_TOKEN" if name == "discord_token" else f"FOOTNOTE_{name.upper()}": field.default
        for name, field in Settings.model_fields.items()
    }
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", PAGES["docs/configuration.md"], re.MULTILINE)
    documented = dict(rows)
    assert documented.keys() == names.keys()
    example = re.findall(
        r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert dict(example).keys() == names.keys()
    for name, value in example:
        default = names[name]
        told = "" if default is None else str(getattr(default, "value", default)).lower()
        told = told.removesuffix(".0") if isinstance(default, float) else told
        assert value.lower() == told, name
        if told:
            assert documented[name].strip("`").lower() == told, name


def test_every_attribute_that_is_named_exists() -> None:
    text = "\n".join(PAGES.values())
    named = set(re.findall(r"`([A-Z]\w+)\.(\w+)`", text))
    assert ("Answer", "short") in named
    public = {name: getattr(index, name) for name in index.__all__} | {"Chat": Chat}
    missing = [
        f"{name}.{attribute}"
        for name, attribute in sorted(named)
        if name in public
        and attribute not in getattr(public[name], "__annotations__", {})
        and not hasattr(public[name], attribute)
    ]
    assert missing == []


def test_the_limits_of_documents_are_those_of_the_code() -> None:
    text = PAGES["docs/documents.md"]
    for limit in (
        f"at most {LARGEST_FILE // 2**20} MiB",
        f"at most {MOST_PAGES:,} pages",
        f"{CPU_SECONDS} s of CPU time, {WALL_SECONDS} s by the clock, {MEMORY // 2**30} GiB",
        f"{TIMEOUT:.0f} seconds",
    ):
        assert limit in text, limit
    assert f"at most {LONGEST_QUESTION:,} characters" in PAGES["README.md"]


def test_the_reading_order_names_every_module_once() -> None:
    page = PAGES["docs/architecture.md"]
    order = page.split("## Reading order")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([\w/]+\.py)` \|", order, re.MULTILINE)
    modules = {
        path.relative_to(ROOT).as_posix()
        for room in ("index", "bot")
        for path in ROOT.glob(f"{room}/**/*.py")
        if path.name != "__init__.py"
    }
    assert sorted(modules.difference(named)) == [], "not in the reading order"
    assert sorted(set(named) - modules) == [], "not there"
    assert sorted(each for each in set(named) if named.count(each) > 1) == [], "named twice"


def test_every_file_that_is_named_exists() -> None:
    paths = r"`((?:index|bot|prompts|tests|benchmarks|deploy|articles)/[\w./]*)`"
    lost = [
        (page, path)
        for page, text in PAGES.items()
        for path in re.findall(paths, text)
        if not (ROOT / path).exists()
    ]
    assert lost == []


def test_every_measured_figure_stands_in_the_results() -> None:
    rows = RESULTS.splitlines()
    compared = 0
    for page, text in PAGES.items():
        for line in text.splitlines():
            if not re.search(r"\b\d\.\d{3}\b", line) or page == "docs/scale.md":
                continue
            assert line in rows, (page, line)
            compared += 1
    assert compared > 25


def test_the_page_about_how_it_works_has_the_constants_of_the_code() -> None:
    from index.answers.selection import _MARGIN
    from index.search.maxsim import ABOVE, AROUND, BEFORE
    from index.search.retriever import EXACT

    text = PAGES["docs/how-it-works.md"]
    for constant in (
        f"up to {EXACT:,} sentences",
        f"in the sentence's context counts {ABOVE}",
        f"in the sentence before it {BEFORE}",
        f"elsewhere in the passage {AROUND}",
        f"within {_MARGIN} of its score",
    ):
        assert constant in text, constant


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", pins, re.MULTILINE))
    versions = {name.replace("_", "-"): version for name, version in pinned.items()}
    for each in wanted:
        requirement = Requirement(each)
        assert requirement.specifier.contains(versions[requirement.name]), each


def test_every_dependency_has_a_bound_above() -> None:
    for each in PROJECT["dependencies"]:
        assert any(part.operator in ("<", "==") for part in Requirement(each).specifier), each


def test_the_changelog_knows_this_version_and_is_short() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {PROJECT['version']}" in text
    assert len(text.splitlines()) < 40, "did a merge bring lines back that were merged into one?"
