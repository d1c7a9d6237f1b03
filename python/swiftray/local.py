"""Python code that Swift calls in its own process."""

from . import names


def find(name, source):
    """The function, class or object of that name, without what `@ray.remote` has put around it."""
    path, labels = names.split_labels(name)
    found = names.find(path, source)
    plain = getattr(found, "_function", None) or getattr(found, "__ray_actor_class__", None)
    if plain is None:
        metadata = getattr(found, "__ray_metadata__", None)
        plain = getattr(metadata, "modified_class", None)
    found = found if plain is None else plain
    return found if labels is None else _labelled(found, labels, name)


def _labelled(found, labels, name):
    def call(*arguments):
        plain, named = names.arranged(arguments, labels, name)
        return found(*plain, **named)

    return call
