"""The README says what is so: its transcript, its Python and its lists are run and compared."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from bot.__main__ import main

pytestmark = pytest.mark.usefixtures("loaded_models")

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_transcript_is_what_the_command_prints(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [transcript] = blocks("console")
    for exchange in transcript.split("$ ")[1:]:
        command, shown = exchange.split("\n", maxsplit=1)
        main(shlex.split(command)[1:])
        assert capsys.readouterr().out.strip() == shown.strip()


def test_the_python_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    first, second = blocks("python")
    names: dict[str, object] = {}
    exec(compile(first, "README.md", "exec"), names)
    assert "forced their way into the compound" in capsys.readouterr().out
    exec(compile(second, "README.md", "exec"), names)
    assert capsys.readouterr().out == second.split("# ")[1].split("\n")[0] + "\n"


def test_the_reading_order_names_every_module_once() -> None:
    table = README.split("## Reading order")[1].split("##")[0]
    named = set(re.findall(r"`(?:\w+/)?(\w+\.py)`", table))
    modules = {path.name for folder in ("index", "bot") for path in (ROOT / folder).glob("*.py")}
    assert named == modules - {"__init__.py"}


def test_every_measured_figure_stands_in_the_results() -> None:
    results = (ROOT / "benchmarks/RESULTS.md").read_text(encoding="utf-8").splitlines()
    measured = README.split("## Measured")[1].split("\n## ")[0].splitlines()
    rows = [line for line in measured if line.startswith("|")]
    assert len(rows) > 12
    assert [row for row in rows if row not in results] == []
    prose = [line for line in measured if not line.startswith("|")]
    assert re.findall(r"\b0\.\d", "\n".join(prose)) == []


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = re.findall(r"^([\w.-]+)==\S+$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert {re.split(r"[<>=[]", each)[0] for each in wanted} <= {
        each.replace("_", "-") for each in pinned
    }


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
