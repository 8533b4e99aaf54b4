"""Bytes -> text: UTF-8, UTF-16 and Windows-1252, told apart by what they look like."""

import codecs
import re

from index.errors import SourceError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# What old pages call Latin-1 or ASCII was written on Windows, and browsers read it so.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}
# Only what pages are written in: Python knows codecs that are slow, or that run escapes, too.
_KNOWN = re.compile(
    r"utf-8|utf-16(-le|-be)?|cp(125[0-8]|874|866|932|949|950)|iso8859-\d+|koi8-[rut]|mac-\w+"
    r"|gb2312|gbk|gb18030|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_(jp|kr)|tis-620|ascii"
)
_UTF_8_PIECES = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def decode(data: bytes, *, name: str, declared: str | None = None) -> str:
    """Give the text of a file, without a byte order mark.

    A byte order mark is believed first, then what was `declared` where the bytes bear it out.
    Raises: SourceError, which calls the file `name`, when it is binary or in no such encoding.
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _strict(data, encoding, name=name)
    nul = data.find(b"\0")
    if nul >= 0:
        raise SourceError(
            f"{name} is binary: it holds a NUL byte at offset {nul}; expected text in UTF-8; "
            "export the document as plain text or Markdown"
        )
    for encoding in (_known(declared), "utf-8"):
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return _strict(data, "utf-8" if _is_damaged_utf_8(data) else "windows-1252", name=name)


def _known(declared: str | None) -> str:
    """Give Python's name for an encoding that pages are written in, and UTF-8 for any other."""
    try:
        named = codecs.lookup(declared or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return _MEANT.get(named, named) if _KNOWN.fullmatch(named) else "utf-8"


def _strict(data: bytes, encoding: str, *, name: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        label = {"windows-1252": "UTF-8"}.get(encoding, encoding.upper())
        raise SourceError(
            f"{name} is not {label}: byte 0x{data[error.start]:02x} at offset {error.start} does "
            "not fit; expected text in UTF-8; open it in an editor and save it as UTF-8"
        ) from error


def _is_damaged_utf_8(data: bytes) -> bool:
    """Say whether bytes that are not UTF-8 nearly are: mended, they would be no Windows-1252."""
    whole = sum(len(piece) for piece in _UTF_8_PIECES.findall(data))
    return whole * 2 > len(_BEYOND_ASCII.findall(data)) or _is_cut_short(data)


def _is_cut_short(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(data) - error.start > 1
    return False
