"""FAISS's indexes in files: written whole or not at all, and read only where they are whole.

A file ends with a token, which says what it was made from, and a digest of all before it.
"""

import hashlib
import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_DIGEST = 32
_EXACT = b"IxM2"  # what FAISS begins the file of an IndexIDMap2 with
_AT_ONCE = 2**24


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An index that was read, its token, and the digest of its file."""

    index: Any
    token: str
    digest: bytes
    mapped: bool


def token_of(path: Path, length: int) -> str | None:
    """Give the token that a file of this name ends with; it costs no reading of it all."""
    try:
        with path.open("rb") as file:
            file.seek(-length - _DIGEST, os.SEEK_END)
            return file.read(length).decode("ascii", errors="replace")
    except OSError:
        return None


def is_exact(path: Path) -> bool:
    """Whether a file begins as one of an exact index does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_EXACT)) == _EXACT
    except OSError:
        return False


def load(path: Path, length: int, *, mapped: bool = True) -> Snapshot | None:
    """Read an index with a token of this length, or give None where there is no whole one.

    An exact one is held in memory; another may be mapped: its lists are read as they are needed,
    and cannot be changed.
    """
    import faiss

    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            end = len(all_) - length - _DIGEST
            with memoryview(all_) as view:
                digest = _sha256(view[: max(end, 0)])
                if end <= 0 or bytes(view[end + length :]) != digest:
                    return None
                token = bytes(view[end : end + length]).decode("ascii")
                if view[:4] == _EXACT or not mapped:
                    index = faiss.deserialize_index(np.frombuffer(view[:end], np.uint8))
                    return Snapshot(index, token, digest, mapped=False)
            before = os.fstat(file.fileno())
            # The other flag, IO_FLAG_MMAP, starts 32 threads a search to read ahead.
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            if os.path.samestat(before, path.stat()):  # no other has put another in its place
                return Snapshot(index, token, digest, mapped=True)
    except (OSError, ValueError, RuntimeError):
        pass
    return None


def write(path: Path, index: Any, token: str) -> None:
    """Put an index into a file, beside what others may have left there when they were killed.

    Raises: OSError.
    """
    import faiss

    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    for left in path.parent.glob(f"{path.stem}.*.tmp"):
        left.unlink(missing_ok=True)
    try:
        try:
            faiss.write_index(index, str(temporary))
        except RuntimeError as error:  # FAISS's word for a full disk, and for anything else
            raise OSError(str(error)) from error
        with temporary.open("r+b") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
                digest = _sha256(all_)
            file.seek(0, os.SEEK_END)
            file.write(token.encode() + digest)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):  # another took it for left over: it writes its own
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sha256(content: Any) -> bytes:
    digest = hashlib.sha256()
    with memoryview(content) as view:
        for begin in range(0, len(view), _AT_ONCE):
            digest.update(view[begin : begin + _AT_ONCE])
    return digest.digest()
