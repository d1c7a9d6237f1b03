"""Swift functions and actors in this process: no cluster, no second process."""

import threading

from . import calls, signatures, values
from .library import native
from .worker import CANCELLED, VALUE, outcome


def call(name, /, *arguments, **keywords):
    """Calls a Swift function in this process and returns its result; `async` functions are waited for.

    Labelled parameters may be given as keywords. Other Python threads run meanwhile.
    """
    return _run(calls.FUNCTION, signatures.functions(name), arguments, keywords, 0)


def new(name, /, *arguments, **keywords):
    """An instance of a Swift actor class in this process."""
    return SwiftObject(name, arguments, keywords)


def _run(kind, candidates, arguments, keywords, instance):
    signature, ordered = signatures.choose(candidates, arguments, keywords)
    if signature.streams:
        return _elements(calls.frame(kind, signature.name, len(ordered)), ordered, instance)
    payload = calls.frame(kind, signature.name, len(ordered))
    return _plain(native().run(payload, tuple(values.encode(value) for value in ordered), instance, None))


def _elements(payload, ordered, instance):
    stream = native().stream_open(payload, tuple(values.encode(value) for value in ordered), instance, None)
    try:
        while (element := native().stream_next(stream)) is not None:
            yield _plain(element)
    finally:
        native().stream_close(stream)


def _plain(result):
    if result[0] == CANCELLED:
        raise KeyboardInterrupt
    if result[0] == VALUE:
        return values.decode(result[1]) if isinstance(result[1], bytes) else result[1]
    return outcome(result)


def _run_with_others(kind, candidates, arguments, keywords, instance):
    """Like `_run`, on the one thread that runs all instances whose methods interleave."""
    signature, ordered = signatures.choose(candidates, arguments, keywords)
    if signature.streams:
        return _elements(calls.frame(kind, signature.name, len(ordered)), ordered, instance)
    done = threading.Event()
    answers = []

    def answer(result):
        answers.append(result)
        done.set()

    payload = calls.frame(kind, signature.name, len(ordered))
    token = native().start(payload, tuple(values.encode(value) for value in ordered), instance, answer, None)
    try:
        done.wait()
    except KeyboardInterrupt:
        native().cancel(token)
        done.wait()
        raise
    finally:
        native().free(token)
    return _plain(answers[0])


class SwiftObject:
    """A Swift actor in this process; its methods are called directly. It ends with its last owner, or with `close`.

    As on a cluster, one call runs at a time where no method is `async`, and calls interleave on one thread elsewhere.
    """

    def __init__(self, name, arguments, keywords):
        self._token = None
        found = signatures.actor(name)
        candidate = signatures.Signature(found.name, found.labels, False, {})
        self._name = found.name
        # A method may call Python code that calls another one.
        self._turn = None if found.is_concurrent else threading.RLock()
        self._token = _run(calls.CONSTRUCTOR, (candidate,), arguments, keywords, 0)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        candidates = signatures.methods(self._name, name)

        def method(*arguments, **keywords):
            if self._turn is None:
                return _run_with_others(calls.METHOD, candidates, arguments, keywords, self._open_token())
            with self._turn:
                return _run(calls.METHOD, candidates, arguments, keywords, self._open_token())

        method.__name__ = name
        return method

    def _open_token(self):
        if self._token is None:
            raise RuntimeError(f"the {self._name} was closed")
        return self._token

    def __reduce__(self):
        raise TypeError(
            f"{self!r} lives in this process and can be neither copied nor sent: use swift_actor_class for an actor that can"
        )

    def __dir__(self):
        return [signatures.base_name(each.name) for each in signatures.actor(self._name).methods]

    def __repr__(self):
        return f"<Swift {self._name}>"

    def close(self):
        """Gives the Swift object up; calls that run keep it until they end."""
        token, self._token = self._token, None
        if token is not None:
            native().free(token)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()
