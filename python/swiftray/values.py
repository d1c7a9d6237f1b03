"""Swift's values as Python sees them, and back.

Values cross as MessagePack, which Ray reads in every language. Four extension codes are Swift's own: arrays of numbers,
object references, actor handles and pickled Python objects.
"""

import array
import collections.abc
import dataclasses
import datetime
import pickle
import struct
import threading

import msgpack

from .errors import Refused

TYPED_ARRAY = 0x54
REFERENCE = 0x52
ACTOR = 0x41
PICKLED = 0x50

# The kinds of Swift's typed arrays: struct format, numpy name.
KINDS = {
    1: ("b", "int8"),
    2: ("h", "int16"),
    3: ("i", "int32"),
    4: ("q", "int64"),
    5: ("B", "uint8"),
    6: ("H", "uint16"),
    7: ("I", "uint32"),
    8: ("Q", "uint64"),
    9: ("f", "float32"),
    10: ("d", "float64"),
    11: ("?", "bool"),
}
_KIND_OF_NAME = {name: kind for kind, (_, name) in KINDS.items()}
_KIND_OF_TYPECODE = {"b": 1, "h": 2, "i": 3, "q": 4, "l": 4, "B": 5, "H": 6, "I": 7, "Q": 8, "L": 8, "f": 9, "d": 10}

# Ray's own limit is deeper than any value a program means to send.
_LENGTH_LIMIT = 2**31 - 1


class OpaquePythonObject:
    """A pickled Python object on its way through Swift code that does not look inside."""

    __slots__ = ("pickled",)

    def __init__(self, pickled):
        self.pickled = pickled

    def load(self):
        return pickle.loads(self.pickled)


class Encoded:
    """MessagePack that is written already; the references inside are in `refs`."""

    __slots__ = ("data", "refs")

    def __init__(self, data, refs=()):
        self.data = data
        self.refs = refs

    def __len__(self):
        return len(decode(self.data))

    def __iter__(self):
        """The parts of a tuple, for calls with several returns."""
        return (Encoded(encode(part), self.refs) for part in decode(self.data))

    def __reduce__(self):
        # Only where Ray's serializer could not be taught: the reader gets the value itself. Ray's pickler looks for the
        # references, so that what is inside lives until it is read.
        return _decode_holding, (self.data, tuple(self.refs or ()))


def _decode_holding(data, _refs):
    return decode(data)


class _Collector(threading.local):
    refs = None


_collector = _Collector()


def encode(value, refs=None):
    """MessagePack of a Python value. References that occur inside are appended to `refs`."""
    if type(value) is Encoded:
        if refs is not None:
            refs.extend(value.refs)
        return value.data
    outer, _collector.refs = _collector.refs, refs
    try:
        return msgpack.packb(value, default=_encode_other, use_bin_type=True)
    finally:
        _collector.refs = outer


def decode(data):
    """The Python value of MessagePack bytes."""
    return msgpack.unpackb(
        data,
        ext_hook=_decode_extension,
        raw=False,
        strict_map_key=False,
        timestamp=3,
        max_bin_len=_LENGTH_LIMIT,
        max_str_len=_LENGTH_LIMIT,
        max_ext_len=_LENGTH_LIMIT,
        max_array_len=_LENGTH_LIMIT,
        max_map_len=_LENGTH_LIMIT,
    )


# -- what msgpack does not know by itself


def _encode_other(value):
    name = type(value).__module__.partition(".")[0]
    if name == "numpy":
        return _settled(_encode_numpy(value))
    if name == "pyarrow":
        return _settled(_encode_arrow(value))
    if isinstance(value, array.array):
        kind = _KIND_OF_TYPECODE.get(value.typecode)
        if kind is not None:
            return _typed_array(kind, value.tobytes())
    if isinstance(value, _COLLECTIONS):
        return list(value)
    if isinstance(value, memoryview):
        return value.tobytes()
    if isinstance(value, datetime.datetime):
        aware = value if value.tzinfo is not None else value.astimezone()
        return msgpack.Timestamp.from_datetime(aware)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if name == "ray":
        encoded = _encode_ray(value)
        if encoded is not None:
            return encoded
    return msgpack.ExtType(PICKLED, _dumps(value))


# What people iterate over, and MessagePack does not know.
_COLLECTIONS = (
    set, frozenset, range, collections.deque, collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView,
)  # fmt: skip


def _settled(value):
    """MessagePack asks once for each value: a scalar may stand for one that it does not know either."""
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        # Times of numpy and Arrow without a zone are UTC's.
        value = value.replace(tzinfo=datetime.timezone.utc)
    return _encode_other(value) if isinstance(value, (datetime.date, datetime.timedelta)) else value


def _dumps(value):
    import ray.cloudpickle

    return ray.cloudpickle.dumps(value)


def _encode_numpy(value):
    import numpy

    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, numpy.ndarray):
        kind = _KIND_OF_NAME.get(value.dtype.name)
        if kind is not None and value.ndim == 1:
            little = value.astype(value.dtype.newbyteorder("<"), copy=False)
            return _typed_array(kind, numpy.ascontiguousarray(little).tobytes())
        if value.ndim > 1:
            return list(value)
        return value.tolist()
    return msgpack.ExtType(PICKLED, _dumps(value))


def _encode_arrow(value):
    """Columns of numbers are arrays as numpy's are, other columns lists, and tables dictionaries of their columns."""
    import pyarrow

    if isinstance(value, pyarrow.Scalar):
        return value.as_py()
    if isinstance(value, (pyarrow.Array, pyarrow.ChunkedArray)):
        is_plain = value.null_count == 0 and str(value.type) in _ARROW_NUMBERS
        return _encode_numpy(value.to_numpy(zero_copy_only=False)) if is_plain else value.to_pylist()
    if isinstance(value, (pyarrow.RecordBatch, pyarrow.Table)):
        names = value.schema.names
        if len(set(names)) == len(names):
            return dict(zip(names, value.columns))
    if isinstance(value, pyarrow.Buffer):
        return value.to_pybytes()
    return msgpack.ExtType(PICKLED, _dumps(value))


# As Arrow names the types that numpy has, too.
_ARROW_NUMBERS = {"float", "double", *(name for name in _KIND_OF_NAME if not name.startswith("float"))}


def _typed_array(kind, data):
    return msgpack.ExtType(TYPED_ARRAY, bytes((kind, 0)) + data)


def _decode_extension(code, data):
    if code == TYPED_ARRAY:
        return decode_typed_array(memoryview(data))
    if code == REFERENCE:
        return decode_reference(data)
    if code == ACTOR:
        return decode_actor(data)
    if code == PICKLED:
        return pickle.loads(data)
    return msgpack.ExtType(code, bytes(data))


def kind_of(code):
    """`(struct format, numpy name)`; None for a code that is none. The highest bit says that the array is longer than 4 GiB."""
    return KINDS.get(code & 0x7F)


def decode_typed_array(data):
    if len(data) < 2 or kind_of(data[0]) is None or len(data) < 2 + data[1]:
        raise ValueError(f"a typed array of {len(data)} bytes that is none")
    format, name = kind_of(data[0])
    elements = data[2 + data[1] :]
    try:
        import numpy
    except ImportError:
        result = array.array({"?": "b"}.get(format, format))
        result.frombytes(elements)
        return result
    return numpy.frombuffer(elements, dtype=name)


# -- references and actors


def _encode_ray(value):
    import ray

    if isinstance(value, ray.ObjectRef):
        return msgpack.ExtType(REFERENCE, encode_reference(value))
    if isinstance(value, ray.actor.ActorHandle):
        return msgpack.ExtType(ACTOR, encode_actor(value))
    return None


def note(ref):
    """Tells the object that is being encoded that it holds a reference."""
    if _collector.refs is not None and ref is not None:
        _collector.refs.append(ref)


def encode_reference(ref):
    worker = _worker()
    _, owner, status = worker.core_worker.serialize_object_ref(ref)
    note(ref)
    return b"".join((b"\x01", ref.binary(), struct.pack("<I", len(owner)), owner, struct.pack("<I", len(status)), status))


def decode_reference(data, outer=None):
    import ray

    data = bytes(data)
    if len(data) < 37 or data[0] != 1:
        raise ValueError(f"a reference of {len(data)} bytes that is none")
    binary = data[1:29]
    (owner_count,) = struct.unpack_from("<I", data, 29)
    owner = data[33 : 33 + owner_count]
    (status_count,) = struct.unpack_from("<I", data, 33 + owner_count)
    status = data[37 + owner_count : 37 + owner_count + status_count]
    if len(data) != 37 + owner_count + status_count:
        raise ValueError("a reference whose lengths contradict each other")
    if owner:
        worker = _worker()
        _check_owned(worker.core_worker, binary, owner)
    ref = ray.ObjectRef(binary, owner)
    if owner:
        outer = outer or worker.get_serialization_context().get_outer_object_ref()
        worker.core_worker.deserialize_and_register_object_ref(binary, outer or ray.ObjectRef.nil(), owner, status)
    return ref


def _check_owned(core, binary, owner):
    """A process knows of its own objects until their last use. Ray itself would wait for such an object for ever, or find what it
    has not yet thrown away."""
    import ray

    if core.get_worker_id().binary() not in owner:
        return
    try:
        core.get_owner_address(ray.ObjectRef(binary, skip_adding_local_ref=True))
    except AttributeError:
        return
    except Exception:
        raise Refused("objectReleased", f"object {binary.hex()} was released: nobody held a reference any more") from None


STRONG, SWIFT, ASYNC, NATIVE = 1, 2, 4, 8
# Where the Python classes that stand for Swift's actor classes claim to live: every handle carries it.
SWIFT_MODULE, SWIFT_ASYNC_MODULE = "swiftray.swift", "swiftray.swift_async"


def encode_actor(handle, flags=None, retries=None, pending=-1, class_name=None):
    serialized, keeper, weak = handle._serialization_helper()
    if not weak:
        note(keeper)
    if flags is None:
        flags = actor_flags(handle)
    flags = flags & ~STRONG if weak else flags | STRONG
    name = (class_name if class_name is not None else actor_class_name(handle)).encode()
    if retries is None:
        retries = getattr(handle, "_ray_max_task_retries", 0) or 0
    head = struct.pack("<BBiiH", 1, flags, retries, pending, len(name))
    return b"".join((head, name, struct.pack("<I", len(serialized)), serialized))


def decode_actor(data, outer=None):
    import ray

    data = bytes(data)
    if len(data) < 16 or data[0] != 1:
        raise ValueError(f"an actor handle of {len(data)} bytes that is none")
    _, flags, _, _, name_count = struct.unpack_from("<BBiiH", data)
    (count,) = struct.unpack_from("<I", data, 12 + name_count)
    serialized = data[16 + name_count :]
    if len(serialized) != count:
        raise ValueError("an actor handle whose lengths contradict each other")
    worker = _worker()
    outer = outer or worker.get_serialization_context().get_outer_object_ref()
    handle = ray.actor.ActorHandle._deserialization_helper(serialized, not flags & STRONG, outer or ray.ObjectRef.nil())
    return handle


def actor_class_name(handle):
    """The Swift or Python class behind a handle, with its module."""
    descriptor = handle._ray_actor_creation_function_descriptor
    if actor_flags(handle):
        return descriptor.class_name
    return f"{descriptor.module_name}.{descriptor.class_name}"


def actor_flags(handle):
    from . import native

    if native.is_native(handle):
        return SWIFT | NATIVE
    module = getattr(handle._ray_actor_creation_function_descriptor, "module_name", "")
    if module == SWIFT_ASYNC_MODULE:
        return SWIFT | ASYNC
    return SWIFT if module == SWIFT_MODULE else 0


def _worker():
    import ray

    worker = ray._private.worker.global_worker
    worker.check_connected()
    return worker
