"""Text of an article, or of a person, as data in a prompt: fenced, and unable to end its fence."""

import hashlib
import re
import unicodedata

_MARKER = re.compile(r"[\[【]\s*(\^?\d[\d\s,;–-]*)[\]】]")
_TAG = re.compile(r"<(?=[^\s\d<])")


def fence(data: str) -> str:
    """Give a line that the data cannot hold: it is made of the data's own hash."""
    line = f"==={hashlib.sha256(data.encode()).hexdigest()[:16]}==="
    return line if line not in data else fence(data + line)


def quoted(text: str) -> str:
    """Give text as one line of data.

    Markers become ``(1)``, for ours alone count; and no tag of a chat template is left whole.
    """
    kept = "".join(each for each in text if each.isspace() or unicodedata.category(each) != "Cc")
    return _TAG.sub("< ", _MARKER.sub(r"(\1)", " ".join(kept.split())))
