"""Large blocks of memory that cross without being copied more than once.

A large array of numbers is stored as a pickled object whose two buffers Ray lays side by side: 64 bytes that end with
MessagePack's head of the array, then the elements. Swift reads both as one MessagePack value in place; Python gets a numpy
array over the store's memory.
"""

import pickle

from . import values

HEAD_SIZE = 64
# Fills the front of the head; MessagePack never uses this byte.
FILLER = 0xC1


class Large:
    """Elements somewhere in Swift's memory, valid while they are being stored."""

    __slots__ = ("head", "elements")

    def __init__(self, head, elements):
        self.head = bytes((FILLER,)) * (HEAD_SIZE - len(head)) + head
        self.elements = elements

    def __reduce_ex__(self, protocol):
        return restore, (pickle.PickleBuffer(self.head), pickle.PickleBuffer(self.elements))


def restore(head, elements):
    """What Python code sees."""
    head = bytes(head).lstrip(bytes((FILLER,)))
    if head[:1] == b"\xc9":  # a typed array: format, length, code, kind, pad
        import numpy

        return numpy.frombuffer(elements, dtype=values.kind_of(head[6])[1])
    return bytes(elements)


_MARK = b"swiftray.large"


def parts(data):
    """The two buffers of a stored `Large`, or None for other pickled objects."""
    from ray._raylet import split_buffer, unpack_pickle5_buffers

    in_band, buffers = unpack_pickle5_buffers(split_buffer(data)[1])
    if len(buffers) == 2 and _MARK in bytes(in_band) and len(memoryview(buffers[0])) == HEAD_SIZE:
        return (buffers[0], buffers[1])
    return None
