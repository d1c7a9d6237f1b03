"""What native workers ask about the cluster: plain values, because C++ carries nothing else."""

from . import host


def cluster_resources():
    return host.resources(False)


def available_resources():
    return host.resources(True)


def nodes():
    """`[id, address, whether it lives, resources]` of each."""
    return [list(found) for found in host.nodes()]


def named_actors():
    """`[name, namespace, class]` of each."""
    return [list(found) for found in host.named_actors(None)]
