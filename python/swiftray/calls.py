"""Calls as they travel: what to run, and its arguments. The Swift side calls it a call frame."""

import functools
import struct

from . import values

MAGIC = b"\xc1SWIFTR\x01"
FUNCTION, CONSTRUCTOR, METHOD = 0, 1, 2

_INLINE, _NUMBERED = 0, 2
_PLACE = struct.Struct("<BIH22x")


@functools.lru_cache(maxsize=1024)
def frame(kind, name, count):
    """A call whose arguments all follow it."""
    text = name.encode()
    head = MAGIC + struct.pack("<BH", kind, len(text)) + text + struct.pack("<HH", 0, count)
    return head + b"".join(_PLACE.pack(_NUMBERED, 24, number) for number in range(count))


def write(kind, name, arguments):
    """`(payload, references that are arguments, references inside of arguments)` of a call with its values inside."""
    import ray

    text = name.encode()
    parts = [MAGIC, struct.pack("<BH", kind, len(text)), text, struct.pack("<HH", 0, len(arguments))]
    direct, inner = [], []
    for value in arguments:
        if isinstance(value, ray.ObjectRef):
            parts.append(_PLACE.pack(_NUMBERED, 24, len(direct)))
            direct.append(value)
        else:
            data = values.encode(value, inner)
            parts += (struct.pack("<BI", _INLINE, len(data)), data)
    return b"".join(parts), direct, inner


def is_frame(value):
    return isinstance(value, bytes) and value[:8] == MAGIC


def arguments(payload, rest):
    """The arguments of a call that Swift wrote: Python values, and references where Swift gave references."""
    offset = len(MAGIC) + 1
    for _ in range(2):
        (count,) = struct.unpack_from("<H", payload, offset)
        offset += 2 + count
    (count,) = struct.unpack_from("<H", payload, offset)
    offset += 2
    view = memoryview(payload)
    found = []
    for _ in range(count):
        tag, size = struct.unpack_from("<BI", payload, offset)
        data = view[offset + 5 : offset + 5 + size]
        offset += 5 + size
        found.append(rest[int.from_bytes(data[:2], "little")] if tag == _NUMBERED else values.decode(data))
    return found
