"""A small set of training data in the files of the large one."""

import json
from pathlib import Path

import pytest

from training.documents import PUBLIC

STORY = """\
@story kiln-{0} | reference
# The kiln
1 Ada Penn built the kiln at Marlow in 1931.
2 It was fired with peat.

3 Her brother Tom sold the bricks.
4 He moved to Perth in 1950.
@ask
Q 1 | Who put the oven up? | Ada Penn
Q 2 | What did it burn? | peat
U 1 | Who paid for the kiln?
@chat
A 3 | who sold the bricks? | = | Tom
A 4 | and where did he go? | Where did Tom go? | Perth
U 4 | why? | Why did Tom move to Perth?
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Seven stories in a file, and one row in each public one."""
    (tmp_path / "stories").mkdir()
    (tmp_path / "training").mkdir()
    text = "".join(map(STORY.format, "abcdefg"))
    (tmp_path / "stories" / "reference.txt").write_text(text, encoding="utf-8")
    row = {
        "question": "Who sank?",
        "context": "It blew. The Aurora sank.",
        "answers": [{"text": "The Aurora", "start": 9}],
        "impossible": False,
    }
    for name in PUBLIC:
        path = tmp_path / "training" / f"{name}.jsonl"
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    selqa = {
        "question": "Who?",
        "title": "T",
        "sentences": ["It blew.", "Ada left."],
        "answers": [1],
    }
    (tmp_path / "training" / "S_selqa.jsonl").write_text(json.dumps(selqa), encoding="utf-8")
    return tmp_path
