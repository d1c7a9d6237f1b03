"""Which Swift function a Python call means, and the order in which it takes its arguments."""

import functools
from collections import namedtuple

from .errors import swift_error
from .library import native

# `labels` has "_" where Swift's parameter has no label; `options` are what the declaration says, as keywords of `ray.remote`.
Signature = namedtuple("Signature", "name labels streams options")
ActorSignature = namedtuple("ActorSignature", "name is_concurrent labels methods options")


def _signature(name, labels, streams, options):
    return Signature(name, labels, streams, _options(options))


def _options(given):
    options = dict(given)
    strategy, errors = options.get("scheduling_strategy"), options.get("retry_exceptions")
    if isinstance(strategy, tuple):
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(strategy[0], soft=strategy[1])
    if isinstance(errors, list):
        options["retry_exceptions"] = [swift_error(name) for name in errors]
    return options


def base_name(name):
    """`Module.Type.add(_:to:)` → `add`"""
    return name.partition("(")[0].rpartition(".")[2]


@functools.lru_cache(maxsize=None)
def functions(name):
    """The functions that a name stands for: one, or overloads that differ in their labels."""
    failure, found = native().functions(name)
    if failure is not None:
        raise LookupError(failure)
    return tuple(_signature(*each) for each in found)


@functools.lru_cache(maxsize=None)
def actor(name):
    """An actor class and its methods."""
    failure, full, is_concurrent, labels, methods, options = native().actor(name)
    if failure is not None:
        raise LookupError(failure)
    return ActorSignature(full, is_concurrent, labels, tuple(_signature(*each) for each in methods), _options(options))


def declared(name, arguments, keywords):
    """The options of the function that these arguments mean; none where nobody can tell."""
    candidates = functions(name)
    if any(each.options != candidates[0].options for each in candidates):
        candidates = [each for each in candidates if order(each, arguments, keywords) is not None]
    return candidates[0].options if candidates else {}


@functools.lru_cache(maxsize=None)
def methods(actor_name, name):
    found = tuple(each for each in actor(actor_name).methods if name in (each.name, base_name(each.name)))
    if not found:
        known = sorted({base_name(each.name) for each in actor(actor_name).methods})
        raise AttributeError(f"{actor_name} has no method '{name}'; it has {', '.join(known) or 'none'}")
    return found


def check(candidates, arguments, keywords):
    """Raises where the caller can be told already that no function takes these arguments."""
    if any(order(each, arguments, keywords) is not None for each in candidates):
        return
    if len(candidates) > 1:
        choose(candidates, arguments, keywords)
    wanted = ", ".join(candidates[0].labels)
    given = ", ".join([*("_" for _ in arguments), *keywords])
    raise TypeError(
        f"{candidates[0].name} takes ({wanted}), the call has ({given}); Python callers give every parameter, also those that have a "
        "default in Swift"
    )


def choose(candidates, arguments, keywords):
    """The candidate that takes these arguments, and the arguments in its order."""
    fitting = [(each, ordered) for each in candidates if (ordered := order(each, arguments, keywords)) is not None]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and len(candidates) == 1 and not keywords:
        # Swift's own complaint names the parameters and their types.
        return candidates[0], arguments
    names = ", ".join(each.name for each in candidates)
    given = f"{len(arguments)} arguments" + (f" and {', '.join(keywords)}" if keywords else "")
    if fitting:
        raise TypeError(f"{given} could mean any of {names}; use the full name")
    raise TypeError(f"{given} do not fit {names}")


def order(signature, arguments, keywords):
    """Positional arguments first, then every other parameter by its label; None where they do not fit."""
    labels = signature.labels
    if len(arguments) + len(keywords) != len(labels):
        return None
    if not keywords:
        return arguments
    rest = labels[len(arguments) :]
    if len(set(rest)) != len(rest) or set(rest) != set(keywords):
        return None
    return (*arguments, *(keywords[label] for label in rest))
