"""The content of a gzip or zlib file as a stream that ends with an error where the file is cut."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

GZIP_BITS, ZLIB_BITS = 31, 15
"""What `zlib.decompressobj` takes for each form."""

_CHUNK_BYTES = 1 << 18


class InflatingReader(io.RawIOBase):
    """What a compressed file holds; members that follow each other are joined, as gzip does.

    Args:
        file: The compressed file.
        wbits: `GZIP_BITS` or `ZLIB_BITS`.
    """

    def __init__(self, file: BinaryIO, wbits: int) -> None:
        self._file = file
        self._wbits = wbits
        self._inflater = zlib.decompressobj(wbits)
        self._pending = b""

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the front of `buffer`; see `io.RawIOBase.readinto`.

        Raises:
            zlib.error: The data is damaged, or of another form.
            EOFError: The file ends too early.
        """
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()

    def _next(self, most: int) -> bytes:
        while True:
            data = self._inflater.decompress(self._pending, most)
            self._pending = self._inflater.unconsumed_tail
            if data:
                return data
            if self._inflater.eof:
                rest = self._inflater.unused_data or self._file.read(_CHUNK_BYTES)
                if not rest:
                    return b""
                self._inflater, self._pending = zlib.decompressobj(self._wbits), rest
            elif not self._pending:
                self._pending = self._file.read(_CHUNK_BYTES)
                if not self._pending:
                    raise EOFError("the compressed data is cut")
