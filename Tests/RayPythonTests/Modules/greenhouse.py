"""What the Swift tests call."""

import asyncio
import os
import threading
import time

import ray


def add(a, b):
    return a + b


def echo(value):
    return value


def echo_all(*values):
    return list(values)


def scale(values, by=2):
    return [value * by for value in values]


def describe(value):
    return f"{type(value).__module__}.{type(value).__name__}"


def process():
    return os.getpid()


def thread():
    return threading.get_ident()


def pair():
    return 7, "seven"


def nothing():
    return None


def count_down(start):
    while start > 0:
        yield start
        start -= 1


async def slowly(value):
    await asyncio.sleep(0.01)
    return value


def nap(seconds):
    time.sleep(seconds)
    return seconds


class Wilted(Exception):
    pass


def water(plant):
    if plant == "cactus":
        raise Wilted(f"the {plant} had too much")
    return f"{plant} watered"


@ray.remote(num_cpus=1000)
def greedy():
    return "ran"


@ray.remote(num_cpus=0.5)
def modest():
    return ray.get_runtime_context().get_assigned_resources().get("CPU", 0.0)


def total(numbers):
    import numpy

    assert isinstance(numbers, numpy.ndarray), type(numbers)
    return float(numbers.sum())


def ramp(count):
    import numpy

    return numpy.arange(count, dtype="float64")


def weights():
    import pyarrow

    return pyarrow.chunked_array([[0.5, 1.5], [2.0]])


def harvest():
    import pyarrow

    return pyarrow.table({"weight": [0.5, 1.5], "count": [1, None], "name": ["fig", "plum"]})


class Opaque:
    def __init__(self, text):
        self.text = text


def wrap(text):
    return Opaque(text)


def unwrap(opaque):
    return opaque.text


def values_of(refs):
    return ray.get(refs)


def spread(values):
    return [ray.put(value) for value in values]


class Bed:
    """A plain class."""

    def __init__(self, *plants, soil="clay"):
        self.plants = list(plants)
        self.soil = soil

    def plant(self, name, times=1):
        self.plants += [name] * times
        return len(self.plants)

    def all(self):
        return self.plants

    def facts(self):
        return {"soil": self.soil, "count": len(self.plants)}

    def dig(self):
        raise Wilted("nothing but roots")

    def process(self):
        return os.getpid()

    def walk(self):
        for plant in self.plants:
            yield plant

    def pair(self):
        return self.plants[0], len(self.plants)


@ray.remote(num_cpus=0, max_concurrency=4)
class Clock:
    async def tick(self, delay):
        await asyncio.sleep(delay)
        return delay


def make_named(name):
    """An actor that plain Ray code makes."""
    handle = ray.remote(Bed).options(name=name, num_cpus=0).remote("fern", soil="peat")
    ray.get(handle.all.remote())
    keep.append(handle)
    return name


keep = []


def use_swift_actor(handle, number):
    return ray.get(handle.add.remote(number))


def use_named_swift_actor(name, number):
    return ray.get(ray.get_actor(name).add.remote(number))
