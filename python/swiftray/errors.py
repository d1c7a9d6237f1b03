"""Failures between Swift and Python."""

import base64
import re
import sys
import traceback
import types


class SwiftTaskError(Exception):
    """Swift code threw an error. `type_name` is its Swift type, `payload` its bytes for Swift receivers."""

    def __init__(self, text, type_name="", payload=b""):
        super().__init__(text)
        self.type_name = type_name
        self.payload = payload

    def __reduce__(self):
        return type(self), (str(self), self.type_name, self.payload)


def marked(error):
    """The same error with its payload in the text, for where Ray keeps the text only."""
    payload, name = (base64.b64encode(part).decode() for part in (error.payload, error.type_name.encode()))
    # Ray's log monitor keeps lines with this beginning to itself, and the second takes back what the first one says.
    note = "\n:task_name:"
    text = f"{error}{note}[swift-ray-error]{payload}.{name}[/swift-ray-error]{note}"
    return type(error)(text, error.type_name, error.payload)


class SwiftRetryableError(SwiftTaskError):
    """An error of a type that the caller wants to be tried again."""


class Refused(Exception):
    """A call that cannot be made; `code` is what Swift's `RayError` calls the reason."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code

    def __reduce__(self):
        return type(self), (self.code, str(self))


def swift_error(type_name):
    """The exception class of a Swift error type: `except swift_error("Shop.OutOfStock") as error`.

    All are subclasses of `SwiftTaskError`. Failures that Swift's side of the runtime finds are called after their code:
    `swift_error("RayError.unknownFunction")`.
    """
    return getattr(swift_errors, _identifier(type_name))


def thrown(text, type_name, payload):
    """The exception for an error that Swift code has thrown."""
    return swift_error(type_name)(text, type_name, payload) if type_name else SwiftTaskError(text, type_name, payload)


def _identifier(type_name):
    return re.sub(r"\W", "_", type_name.replace(".", "__"))


class _SwiftErrors(types.ModuleType):
    """A module that has a class for whatever type is asked for, so that pickles name classes and share them."""

    def __getattr__(self, name):
        if name.startswith("__") or not name.isidentifier():
            raise AttributeError(name)
        found = type(name, (SwiftTaskError,), {"__module__": self.__name__, "__qualname__": name})
        setattr(self, name, found)
        return found


swift_errors = _SwiftErrors("swiftray.swift_errors")
sys.modules[swift_errors.__name__] = swift_errors


_NATIVE = re.compile(
    r"(?:\n:task_name:)?\[swift-ray-error\]([A-Za-z0-9+/=]*)(?:\.([A-Za-z0-9+/=]*))?\[/swift-ray-error\](?:\n:task_name:)?"
)
_BEFORE = re.compile(r"\A.*?while executing function\([^)]*\): (?:swift_ray::Error: )?", re.DOTALL)


def of_native_worker(text):
    """The exception for what Swift code threw in a native worker, of which Ray has the text only; None for other failures.

    It is what the same code throws in a Python worker.
    """
    found = _NATIVE.search(text)
    if not found:
        return None
    from ray.exceptions import RayTaskError

    try:
        payload, type_name = (base64.b64decode(part or "") for part in found.groups())
        type_name = type_name.decode()
    except ValueError:
        return None
    readable = _BEFORE.sub("", text[: found.start()]).strip()
    return RayTaskError("swift", f"{type_name or 'Swift error'}: {readable}", thrown(readable, type_name, payload))

# What Ray says when a call has given back fewer or more objects than it was asked for.
_SPLIT = re.compile(r"Task returned (\d+) objects, but num_returns=(\d+)\.")

# Exceptions of Ray by name, so that older versions need not have them; the first match in the class's ancestry wins.
_CODES = {
    "TaskCancelledError": "taskCancelled",
    "WorkerCrashedError": "workerCrashed",
    "ActorUnavailableError": "actorUnavailable",
    "ActorDiedError": "actorDied",
    "ActorUnschedulableError": "infeasible",
    "RayActorError": "actorDied",
    "NodeDiedError": "nodeDied",
    "LocalRayletDiedError": "nodeDied",
    "OwnerDiedError": "ownerDied",
    "ObjectFreedError": "objectReleased",
    "ObjectLostError": "objectLost",
    "OutOfMemoryError": "outOfMemory",
    "ObjectStoreFullError": "objectStoreFull",
    "OutOfDiskError": "objectStoreFull",
    "GetTimeoutError": "getTimedOut",
    "RuntimeEnvSetupError": "runtimeEnvironmentFailed",
    "TaskUnschedulableError": "infeasible",
    "PendingCallsLimitExceeded": "pendingCallsLimitExceeded",
    "ActorAlreadyExistsError": "actorNameTaken",
    "ActorHandleNotFoundError": "actorNotFound",
    "AuthenticationError": "connectionLost",
    "RpcError": "connectionLost",
    "RaySystemError": "internalError",
    "CrossLanguageError": "taskFailed",
    "AsyncioActorExit": "actorDied",
}


def describe(error, depth=0):
    """`(payload, code, message, type, traceback lines, cause)` of an exception; a payload says everything by itself."""
    payload = _payload(error)
    if payload:
        return (payload, "taskFailed", "", "", [], None)
    if isinstance(error, Refused):
        return (b"", error.code, str(error), "", [], None)
    # `ray.get` makes one exception of two, the task's and the user's, which has the first one's text as its own.
    if hasattr(error, "cause") and any(each.__name__ == "RayTaskError" for each in type(error).__mro__):
        return _describe_task_error(error, depth)
    code = _code(error)
    marked = _NATIVE.search(str(error)) if code == "actorDied" else None
    if marked:
        text = _NATIVE.sub("", str(error)).rstrip()
        return (b"", code, text, "", [], (base64.b64decode(marked.group(1)), "taskFailed", "", "", [], None))
    if code is not None:
        cause = getattr(error, "cause", None) or error.__cause__
        inner = describe(cause, depth + 1) if isinstance(cause, BaseException) and depth < 8 else None
        return (b"", code, _text(error), "", [], inner)
    split = _SPLIT.fullmatch(str(error)) if type(error) is ValueError else None
    if split:
        text = f"the result has {split.group(1)} elements and cannot be split into {split.group(2)}"
        return (b"", "invalidArgument", text, "", [], None)
    return (b"", "taskFailed", _text(error), _type_name(error), _lines(error), None)


def _describe_task_error(error, depth):
    cause = error.cause
    if isinstance(cause, BaseException) and cause is not error and depth < 8:
        payload, code, message, type_name, lines, inner = describe(cause, depth + 1)
        if not payload and not lines and code == "taskFailed":
            lines = _remote_traceback(error).strip().splitlines()
        return (payload, code, message, type_name, lines, inner)
    match = _NATIVE.search(_remote_traceback(error))
    if match:
        return (base64.b64decode(match.group(1)), "taskFailed", "", "", [], None)
    return (b"", "taskFailed", str(error), "", [], None)


def _remote_traceback(error):
    return getattr(error, "traceback_str", None) or str(error)


def _payload(error):
    payload = getattr(error, "payload", None)
    if isinstance(error, SwiftTaskError) and payload:
        return payload
    match = _NATIVE.search(str(error)) if type(error).__name__ == "CrossLanguageError" else None
    return base64.b64decode(match.group(1)) if match else b""


def _code(error):
    for ancestor in type(error).__mro__:
        if ancestor.__module__.partition(".")[0] == "ray" and ancestor.__name__ in _CODES:
            return _CODES[ancestor.__name__]
    return None


def _text(error):
    return str(error) or type(error).__name__


def _type_name(error):
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _lines(error):
    if error.__traceback__ is None:
        return []
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).strip().splitlines()
