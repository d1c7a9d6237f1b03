"""Swift's functions and actor classes as Ray's remote functions and actor classes."""

import ray

from . import classes, joining, library, signatures, worker

_remote = {}


def _lane(function):
    """One remote function for all Swift functions: Ray keeps workers and leases for each apart."""
    if function not in _remote:
        _remote[function] = ray.remote(function)
    return _remote[function]


class SwiftFunction:
    """A Swift function that runs as a task; see `swift_task`."""

    def __init__(self, name, options):
        self._name = name
        self._options = options

    def options(self, **options):
        """The same function with other options, which are Ray's own."""
        return SwiftFunction(self._name, {**self._options, **options})

    def remote(self, /, *arguments, **keywords):
        """Starts the call. Labelled parameters may be given as keywords; references stand for their values."""
        if library.is_loaded():
            signatures.check(signatures.functions(self._name), arguments, keywords)
        joining.ensure()
        options = {"name": self._name, **self._declared(arguments, keywords), **self._options}
        returns = options.get("num_returns")
        streams = returns == "streaming" or self._streams()
        if streams and returns not in (None, "streaming"):
            raise ValueError(f"'{self._name}' yields a stream: num_returns can be 'streaming' only, not {returns!r}")
        joining.lead_to_package(options)
        lane = _lane(worker.swift_stream_named if streams else worker.swift_named)
        return lane.options(**options).remote(self._name, *arguments, **keywords)

    def _declared(self, arguments, keywords):
        return signatures.declared(self._name, arguments, keywords) if library.is_loaded() else {}

    def _streams(self):
        """Known only where the library is loaded; elsewhere streams need `num_returns="streaming"`."""
        if not library.is_loaded():
            return False
        return all(each.streams for each in signatures.functions(self._name))

    def __call__(self, *arguments, **keywords):
        raise TypeError(
            f"Swift function '{self._name}' runs remotely: use .remote(), or swiftray.call('{self._name}', ...) in this process"
        )

    def __repr__(self):
        return f"SwiftFunction({self._name})"

    def __reduce__(self):
        return SwiftFunction, (self._name, self._options)


class SwiftActorClass:
    """A Swift actor class; see `swift_actor_class`."""

    def __init__(self, name, options):
        self._name = name
        self._options = options

    def options(self, **options):
        """The same class with other options, which are Ray's own."""
        return SwiftActorClass(self._name, {**self._options, **options})

    def remote(self, /, *arguments, **keywords):
        """Starts an actor. The handle is Ray's own, with a method for each of the class's methods."""
        found = signatures.actor(self._name)
        signatures.check((signatures.Signature(found.name, found.labels, False, {}),), arguments, keywords)
        joining.ensure()
        options = {**found.options, **self._options}
        if not found.is_concurrent:
            # Ray would call from several threads, and a class needs no locks.
            options["max_concurrency"] = 1
        joining.lead_to_package(options)
        return classes.remote_class(self._name).options(**options).remote(*arguments, **keywords)

    def __call__(self, *arguments, **keywords):
        raise TypeError(
            f"Swift actor class '{self._name}' is made remotely: use .remote(), or swiftray.new('{self._name}', ...) in this process"
        )

    def __repr__(self):
        return f"SwiftActorClass({self._name})"

    def __reduce__(self):
        return SwiftActorClass, (self._name, self._options)


def swift_task(name, /, **options):
    """A Swift function as a task: `swift_task("Shop.price(of:)").remote("tea")`.

    The labels, the module and the types may be left out where only one function is meant. Options are those of
    `ray.remote`; where the library is loaded, those that `@Remote(...)` declares are the defaults. Raises `LookupError` when the library is loaded and has no such function; a library that only the workers
    have says so through the result.
    """
    if library.is_loaded():
        signatures.functions(name)
    return SwiftFunction(name, options)


def swift_actor_class(name, /, **options):
    """A Swift actor class: `swift_actor_class("Shop.Counter").remote(10).add.remote(5)`.

    Options are those of `ray.remote`, over those that `@RemoteActor(...)` declares.
    Needs the Swift library in this process, because it asks for the class's methods. Raises `LookupError` when there is no
    such class.
    """
    signatures.actor(name)
    return SwiftActorClass(name, options)
