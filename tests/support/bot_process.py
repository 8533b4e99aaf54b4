"""The bot in a process of its own, as it is started in earnest."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]


@contextmanager
def nobody() -> Iterator[str]:
    """Yield an address of this machine where nobody listens, nor can until the block ends."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


class BotProcess:
    """`footnote serve` against an address. A context manager that ends it, whatever happened."""

    def __init__(
        self,
        address: str,
        folder: Path,
        *,
        token: str | None,
        arguments: tuple[str, ...] = ("serve",),
        settings: Mapping[str, str] | None = None,
        stand_in: float | None = 0,
    ) -> None:
        """`stand_in`: seconds that it needs for a passage of a `story`; None: the real model."""
        self._log = folder / f"bot-{time.monotonic_ns()}.log"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FOOTNOTE_", "DISCORD_"))
        }
        own = {
            "FOOTNOTE_HEALTH": "0",  # any free port, which is logged
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_STATE_HOME": str(folder / "state"),
            "FOOTNOTE_LIBRARY": str(folder / "library"),
            "PYTHONPATH": str(ROOT),
            "HF_HUB_OFFLINE": "1",
        }
        if token is not None:
            own["DISCORD_TOKEN"] = token
        if stand_in is not None:
            own |= {"STAND_IN": f"{stand_in}", "FOOTNOTE_READER": "off"}
        self._command = [sys.executable, "-m", "tests.support.launch_bot", address, *arguments]
        self._environment = kept | own | dict(settings or {})
        self._folder = folder

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)
        if error is not None:
            error.add_note(self.said())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def said(self) -> str:
        """All that it wrote to stderr."""
        return self._log.read_text(encoding="utf-8")

    def logged(self) -> list[dict[str, Any]]:
        """The whole JSON lines among what it wrote."""
        lines = self.said().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line[-1] == "\n"]

    def memory(self) -> int:
        """Its resident memory in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def look(self, page: str) -> tuple[int, str]:
        """Look at its health or its metrics: the status and the page; 0 where nobody listens."""
        at = [line["address"] for line in self.logged() if line["event"] == "health is shown"]
        if not at:
            return 0, ""
        try:
            with urlopen(f"http://{at[0]}/{page}", timeout=5) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except URLError:
            return 0, ""

    @property
    def at_work(self) -> bool:
        """Whether it has requests in flight."""
        _, metrics = self.look("metrics")
        return bool(metrics) and "footnote_under_way 0.0" not in metrics.splitlines()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(how)

    def exit_code(self, *, seconds: float = 30) -> int:
        """Wait for its end."""
        return self._process.wait(seconds)
