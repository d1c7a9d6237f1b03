"""The places inside Ray that are replaced to save copies.

Each is private to Ray, so each is looked at before it is touched: where it does not look as expected, the public way,
which costs a copy more, is taken, and one line says so.
"""

import logging
import os

from . import errors, large, values

log = logging.getLogger("swiftray")

CALL_MAGIC = b"\xc1SWIFTR\x01"

# Versions whose private parts were tried. Others work through public interfaces only.
KNOWN_VERSIONS = ((2, 50), (2, 60))

installed = False
raw_arguments = False
_warned = False


def ray_version():
    import ray

    parts = ray.__version__.split(".")
    try:
        return int(parts[0]), int(parts[1])
    except ValueError:
        return (0, 0)


def is_known_version():
    low, high = KNOWN_VERSIONS[0], KNOWN_VERSIONS[-1]
    return low <= ray_version() <= high


def warn_once(reason):
    global _warned
    # The driver has said it.
    if not _warned and "SWIFTRAY_WORKER" not in os.environ:
        _warned = True
        log.warning("Ray %s: %s; using public interfaces only, which is slower", _ray().__version__, reason)


def install():
    """Replaces what can be replaced. Returns whether values cross without being pickled."""
    global installed, raw_arguments
    if installed:
        return True
    if not is_known_version():
        warn_once("this version was not tried with swiftray")
        return False
    try:
        from ray._private.serialization import SerializationContext
        from ray._private.worker import Worker
        from ray._raylet import MessagePackSerializedObject

        _hook_serialize(SerializationContext, MessagePackSerializedObject)
        _hook_msgpack(SerializationContext)
        raw_arguments = _hook_arguments(Worker)
        _hook_errors()
        from . import handles

        handles.install()
    except (ImportError, AttributeError, TypeError) as error:
        warn_once(f"the serializer is not as expected ({error})")
        return False
    installed = True
    return True


def _hook_serialize(context, serialized_object):
    stock = context.serialize
    serialized_object(b"XLANG", b"\xc0", [], None)

    def serialize(self, value):
        if type(value) is values.Encoded:
            return serialized_object(b"XLANG", value.data, contained(value.refs or ()), None)
        return stock(self, value)

    context.serialize = serialize


def _hook_errors():
    """What Swift code threw in a native worker arrives as the exception it is, not as the text of one."""
    from ray.exceptions import CrossLanguageError, RayError

    stock = RayError.from_ray_exception

    def from_ray_exception(ray_exception, *more, **named):
        found = stock(ray_exception, *more, **named)
        if type(found) is not CrossLanguageError:
            return found
        return errors.of_native_worker(ray_exception.formatted_exception_string) or found

    RayError.from_ray_exception = staticmethod(from_ray_exception)


def contained(objects):
    """The references that keep what occurs inside a value alive; an actor's handle has one of its own."""
    import ray

    refs = []
    for found in objects:
        if isinstance(found, ray.ObjectRef):
            refs.append(found)
        elif isinstance(found, ray.actor.ActorHandle):
            _, keeper, weak = found._serialization_helper()
            if not weak:
                refs.append(keeper)
    return refs


def _hook_msgpack(context):
    """Swift's extension codes mean something to Python code, too."""
    stock = context._deserialize_msgpack_data
    from ray._raylet import split_buffer

    def _deserialize_msgpack_data(self, data, metadata_fields, *more, **named):
        if metadata_fields[0] == b"XLANG":
            return values.decode(split_buffer(data)[0])
        return stock(self, data, metadata_fields, *more, **named)

    context._deserialize_msgpack_data = _deserialize_msgpack_data


class Raw:
    """An argument of a Swift call as Ray's store holds it: nine bytes of header, then MessagePack. `ref` is the object's
    own where it was not sent inside the call."""

    __slots__ = ("data", "ref")

    def __init__(self, data, ref):
        self.data = data
        self.ref = ref


def _is_swift_call(serialized):
    if len(serialized) < 2:
        return False
    data, metadata = serialized[1][0], serialized[1][1]
    if data is None:
        return False
    view = memoryview(data)
    if metadata == b"RAW":
        return view[:8] == CALL_MAGIC
    return metadata == b"XLANG" and len(view) > 22 and CALL_MAGIC in bytes(view[9:22])


def _hook_arguments(worker):
    """Arguments of Swift calls stay as they are in the store: Swift reads them in place."""
    stock = worker.deserialize_objects

    def deserialize_objects(self, serialized_objects, object_refs, *more, **named):
        if more or named or not _is_swift_call(serialized_objects):
            return stock(self, serialized_objects, object_refs, *more, **named)
        result = []
        for entry, ref in zip(serialized_objects, object_refs):
            data, metadata = entry[0], entry[1]
            if metadata == b"XLANG" or (metadata == b"" and data is not None):
                result.append(Raw(data, ref))
            elif metadata == b"PYTHON" and data is not None and (parts := large.parts(data)) is not None:
                result.append(Raw(parts, ref))
            elif metadata == b"RAW":
                result.append(b"" if data is None else bytes(memoryview(data)))
            else:
                result.append(stock(self, [entry], [ref])[0])
        return result

    worker.deserialize_objects = deserialize_objects
    return True


def _ray():
    import ray

    return ray
