"""Bounds-checked reading of bytes, and the two ways in which `.lig` writes numbers."""

import struct

from ligeia.errors import FormatError

MAX_VARINT = 2**56 - 1


class Reader:
    """Reads a stream from the front; every read beyond the end is a `FormatError`."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data, self.position = data, position

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        if count < 0 or count > len(self.data) - self.position:
            left = len(self.data) - self.position
            raise FormatError(f"the stream ends early: {count} bytes expected at {self.position}, {left} left")
        self.position += count
        return self.data[self.position - count : self.position]

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def varint(self) -> int:
        """Return an unsigned integer, seven bits a byte, lowest first (LEB128); only the shortest encoding is valid."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
            if shift >= 56:
                raise FormatError(f"a number before byte {self.position} is longer than 8 bytes")
        if byte == 0 and shift > 7:
            raise FormatError(f"a number before byte {self.position} is not in its shortest encoding")
        return value

    def number(self) -> float:
        """Return a non-negative number: 2n for the integer n, or 1 and then a float64."""
        value = self.varint()
        if value % 2 == 0:
            return float(value // 2)
        if value != 1:
            raise FormatError(f"{value} is not a valid tag of a number")
        decoded: float = struct.unpack("<d", self.take(8))[0]
        return decoded


def varint(value: int) -> bytes:
    """Encode an unsigned integer below 2^56 in as few bytes as possible."""
    assert 0 <= value <= MAX_VARINT, value
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(value: float) -> bytes:
    """Encode a non-negative number, short where it is an integer."""
    if float(value).is_integer() and 0 <= value < 2**31:
        return varint(2 * int(value))
    return varint(1) + struct.pack("<d", value)
