"""The Makefile, the Dockerfile and the systemd unit: what they install, and what they set."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.__main__ import FAILED, parser
from bot.discord.runner import FAREWELL, GRACE, LAST_WORDS, MISSING_INTENT, UNREACHABLE, WRONG_TOKEN
from bot.settings import Settings, read_address
from tests.support.pages import serving

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
UNIT = (ROOT / "deploy/footnote.service").read_text(encoding="utf-8")
STOPPING = GRACE + LAST_WORDS + 2 * FAREWELL  # hanging up, and closing what is open
KNOWN = {f"FOOTNOTE_{name.upper()}" for name in Settings.model_fields} | {"HF_HUB_OFFLINE"}


def instruction(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.+)$", DOCKERFILE, re.MULTILINE)


def unit(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.+)$", UNIT, re.MULTILINE)


def docker_environment() -> dict[str, str]:
    [line] = instruction("ENV")
    return dict(word.split("=", maxsplit=1) for word in shlex.split(line))


def unit_environment() -> dict[str, str]:
    return dict(line.split("=", maxsplit=1) for line in unit("Environment"))


@pytest.mark.parametrize("environment", [docker_environment(), unit_environment()])
def test_every_variable_is_a_setting(environment: dict[str, str]) -> None:
    assert environment.keys() <= KNOWN
    assert environment["FOOTNOTE_LIBRARY"]
    assert read_address(environment["FOOTNOTE_HEALTH"]).host == "127.0.0.1"


def test_torch_comes_from_the_same_index_in_each_way_to_install_it() -> None:
    [made] = re.findall(r"^TORCH_INDEX \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [index] = project["tool"]["uv"]["index"]
    [source] = project["tool"]["uv"]["sources"]["torch"]
    assert (index["url"], index["name"]) == (made, source["index"])
    [installed] = [line for line in instruction("RUN") if "pip install" in line]
    assert f"--extra-index-url {made} " in installed


PIP = """#!/bin/sh
echo pip "$@"
test "$1" != --no-deps || test -e wheel
"""


@pytest.mark.parametrize(
    ("index", "holds", "printed"),
    [
        ("/cpu", ["page", "wheel"], ["torch", "rest"]),
        ("/cpu", ["page"], ["torch", "fallback", "rest"]),
        ("/cpu", [], ["fallback", "rest"]),
        ("", [], ["rest"]),
    ],
    ids=["a wheel", "none for this Python", "out of reach", "unset"],
)
def test_make_installs_torch_from_its_index_or_says_that_it_cannot(
    tmp_path: Path, index: str, holds: list[str], printed: list[str]
) -> None:
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "pip").write_text(PIP)
    (tmp_path / "pip").chmod(0o755)
    if "wheel" in holds:
        (tmp_path / "wheel").touch()
    with serving() as site:
        address = site.url(index) if index else ""
        if "page" in holds:
            site.html(f"{index}/torch/", "<a>torch</a>")
        done = subprocess.run(
            ["make", "--silent", ".venv/.ready", f"TORCH_INDEX={address}", "PIP=./pip"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    lines = {
        "torch": f"pip --no-deps --index-url {address} --constraint constraints.txt torch",
        "fallback": f"{address} does not give torch: it comes from pip's usual index.",
        "rest": "pip --constraint constraints.txt --editable .",
    }
    assert done.stdout.splitlines()[1:] == [lines[name] for name in printed]
    assert (tmp_path / ".venv/.ready").exists()


def test_no_token_stands_in_them() -> None:
    for text in (DOCKERFILE, UNIT):
        assert not re.search(r"DISCORD_TOKEN=(?!…)\S", text)


def test_both_run_the_command_that_there_is() -> None:
    [entry], [arguments] = instruction("ENTRYPOINT"), instruction("CMD")
    assert entry == '["footnote"]'
    assert arguments == '["serve"]'
    [command] = unit("ExecStart")
    program, *given = command.split()
    assert Path(program).name == "footnote"
    assert parser().parse_args(given).command == "serve"
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'footnote = "bot.__main__:main"' in project


def test_the_image_gets_every_package_and_no_more_rights_than_it_needs() -> None:
    copied = {line.split()[0] for line in instruction("COPY")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {package.removesuffix(".*") for package in packages} <= copied
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    words = {word for line in instruction("COPY") for word in line.split()[:-1]}
    assert words == set(allowed)
    assert instruction("USER") == ["footnote"]
    assert instruction("VOLUME") == [docker_environment()["FOOTNOTE_LIBRARY"]]
    [version] = re.findall(r"^FROM python:(\d+\.\d+)-slim$", DOCKERFILE, re.MULTILINE)
    assert version in {"3.11", "3.12", "3.13"}


def test_every_data_file_is_installed_with_its_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]
    installed = {
        path for name, each in patterns.items() for it in each for path in (ROOT / name).glob(it)
    }
    present = {
        path
        for name in ("articles", "bot", "index", "prompts")
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert installed == present


def test_the_health_check_looks_where_health_is_shown() -> None:
    address = docker_environment()["FOOTNOTE_HEALTH"]
    assert f"http://{address}/healthz" in " ".join(instruction("HEALTHCHECK"))


def test_both_stop_it_as_it_wants_to_be_stopped_and_wait_long_enough() -> None:
    assert instruction("STOPSIGNAL") == ["SIGTERM"]
    assert unit("KillSignal") == ["SIGTERM"]
    assert STOPPING < 10, "as long as `docker stop` waits"
    [seconds] = unit("TimeoutStopSec")
    assert float(seconds) > STOPPING


def test_systemd_restarts_it_unless_that_is_in_vain() -> None:
    assert unit("Restart") == ["on-failure"]
    [codes] = unit("RestartPreventExitStatus")
    assert set(map(int, codes.split())) == {FAILED, WRONG_TOKEN, MISSING_INTENT}
    assert UNREACHABLE not in {FAILED, WRONG_TOKEN, MISSING_INTENT, 0}


def test_the_documentation_lists_the_exit_codes() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for code in (FAILED, WRONG_TOKEN, MISSING_INTENT, UNREACHABLE):
        assert re.search(rf"^\| {code} \|", page, re.MULTILINE), code
