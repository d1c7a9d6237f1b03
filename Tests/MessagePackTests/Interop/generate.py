"""Writes PythonFixtures.swift: values as Python's msgpack package encodes them.

Run with an interpreter that has `msgpack` installed:  python3 generate.py > PythonFixtures.swift
"""

import datetime
import math
import struct

import msgpack


def swift_string(text):
    return '"' + "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "\\u{%x}" % ord(c) for c in text) + '"'


def swift(value):
    """The value as an expression of type MessagePackValue; `Blob` and friends keep long contents short."""
    if value is None:
        return ".nil"
    if isinstance(value, bool):
        return f".bool({str(value).lower()})"
    if isinstance(value, Single):
        return f".float(Float(bitPattern: 0x{struct.unpack('>I', struct.pack('>f', value.value))[0]:08x}))"
    if isinstance(value, int):
        return f".int({value})" if value < 1 << 63 else f".uint({value})"
    if isinstance(value, float):
        return f".double(Double(bitPattern: 0x{struct.unpack('>Q', struct.pack('>d', value))[0]:016x}))"
    if isinstance(value, Repeated):
        return value.swift
    if isinstance(value, str):
        return f".string({swift_string(value)})"
    if isinstance(value, bytes):
        return f".binary({list(value)})"
    if isinstance(value, msgpack.ExtType):  # a tuple, too
        return f".extension(code: {value.code}, data: {list(value.data)})"
    if isinstance(value, (list, tuple)):
        return ".array([" + ", ".join(map(swift, value)) + "])"
    if isinstance(value, dict):
        return ".map([" + ", ".join(f".init({swift(k)}, {swift(v)})" for k, v in value.items()) + "])"
    raise TypeError(type(value))


class Single:
    """A number that travels in four bytes."""

    def __init__(self, value):
        self.value = value

    def pack(self):
        return msgpack.packb(self.value, use_single_float=True)


class Repeated:
    """A long value, spelled short on the Swift side."""

    def __init__(self, value, swift):
        self.value, self.swift = value, swift

    def pack(self):
        return msgpack.packb(self.value)


def letters(count):
    return Repeated("x" * count, f'.string(String(repeating: "x", count: {count}))')


def zeros(count):
    return Repeated(bytes(count), f".binary([UInt8](repeating: 0, count: {count}))")


def nils(count):
    return Repeated([None] * count, f".array([MessagePackValue](repeating: .nil, count: {count}))")


def numbered(count):
    return Repeated({i: True for i in range(count)}, f".map((0..<{count}).map {{ .init(.int($0), .bool(true)) }})")


def extension(count):
    return Repeated(msgpack.ExtType(7, bytes(count)), f".extension(code: 7, data: [UInt8](repeating: 0, count: {count}))")


INTEGERS = [0, 1, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1]
INTEGERS += [-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63)]
DOUBLES = [0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, math.pi]
STRINGS = ["", "a", "\0", "a\0b", "ü", "日本語", "👩‍👩‍👧‍👦", "e\u0301", "x" * 31]
LONG = [letters(n) for n in (32, 255, 256, 65535, 65536)] + [zeros(n) for n in (0, 1, 255, 256, 65535, 65536)]
LONG += [nils(n) for n in (0, 15, 16, 65535, 65536)] + [numbered(n) for n in (0, 15, 16, 65535, 65536)]
LONG += [extension(n) for n in (0, 1, 2, 3, 4, 8, 15, 16, 17, 255, 256, 65535, 65536)]
NESTED = [
    [],
    {},
    [1, [2, [3, []]]],
    {"name": "Ada", "age": 36, "tags": ["x", None], "nested": {"pi": math.pi, "ok": True}},
    {2: "int", True: "bool", b"k": "bytes", None: 0},
    (1, "tuple", b"\x00\xff"),
    msgpack.ExtType(0, b"\x01"),
    msgpack.ExtType(127, b"abc"),
]
TIMES = [(0, 0), (1, 0), (2**32 - 1, 0), (2**32, 0), (1, 1), (2**34 - 1, 999999999), (2**34, 0), (-1, 0), (-1, 999999999)]
TIMES.append((int(datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc).timestamp()), 123456789))


def pack(value):
    return value.pack() if hasattr(value, "pack") else msgpack.packb(value)


def emit(value):
    data = pack(value)
    # Long contents repeat one byte: their beginning and length tell everything a mistake could get wrong.
    head = ", ".join(f"0x{b:02x}" for b in data[:24])
    checksum = 0
    for byte in data:
        checksum = (checksum * 31 + byte) & 0xFFFFFFFF
    print(f"  .init({swift(value)}, {len(data)}, 0x{checksum:08x}, [{head}]),")


print("// Written by generate.py with msgpack", ".".join(map(str, msgpack.version)), "for Python; do not edit.")
print("internal import MessagePack\n")
print("// swift-format-ignore")
print("let pythonFixtures: [PythonFixture] = [")
singles = [Single(v) for v in (0.0, -0.0, 1.5, math.inf, -math.inf, math.nan)]
for item in [None, True, False, *INTEGERS, *DOUBLES, *singles, *STRINGS, *LONG, *NESTED]:
    emit(item)
print("]\n")
print("// swift-format-ignore")
print("let pythonTimestamps: [(MessagePackTimestamp, [UInt8])] = [")
for seconds, nanoseconds in TIMES:
    data = msgpack.packb(msgpack.Timestamp(seconds, nanoseconds))
    print(f"  (.init(seconds: {seconds}, nanoseconds: {nanoseconds}), {list(data)}),")
print("]")
