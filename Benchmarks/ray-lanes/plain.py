"""The same cases in Python, with nothing of swift-ray: `python plain.py [scale] [library]`.

With a library (`limit.cpp`), functions and actors are those of Ray's C++ workers.
"""

import sys
import time

import numpy
import ray
from ray.cross_language import cpp_actor_class, cpp_function
from ray.job_config import JobConfig


@ray.remote
def square(number):
    return number * number


@ray.remote
class Counter:
    def __init__(self):
        self.count = 0

    def add(self, number):
        self.count += number
        return self.count


def functions(library):
    return (cpp_function("square"), cpp_actor_class("Counter::Create", "Counter")) if library else (square, Counter)


def measure(name, number, body):
    print("begin", name, flush=True)
    start = time.perf_counter()
    body(number)
    print("end", name, number, time.perf_counter() - start, flush=True)


def measure_best(name, number, body):
    """The fastest counts: the store's memory is touched for the first time now and then, which takes up to twenty times as long."""
    print("begin", name, flush=True)
    best = float("inf")
    for _ in range(number):
        start = time.perf_counter()
        body()
        best = min(best, time.perf_counter() - start)
    print("end", name, number, best * number, flush=True)


def warm_up(square):
    # A node starts more workers than it needs during its first calls.
    end = time.perf_counter() + 3
    while time.perf_counter() < end:
        ray.get([square.remote(index) for index in range(100)])


def main(scale, library=None):
    def count(base):
        return max(int(base * scale), 10)

    square, counter_class = functions(library)
    ray.init(
        num_cpus=2, include_dashboard=False, logging_level="warning", job_config=JobConfig(code_search_path=[library] if library else None)
    )
    warm_up(square)
    measure("task_sync", count(1000), lambda number: [ray.get(square.remote(index)) for index in range(number)])
    measure("task_async", count(4000), lambda number: ray.get([square.remote(index) for index in range(number)]))
    counter = counter_class.remote()
    ray.get(counter.add.remote(0))
    measure("actor_sync", count(2000), lambda number: [ray.get(counter.add.remote(1)) for _ in range(number)])
    measure("actor_async", count(8000), lambda number: ray.get([counter.add.remote(1) for _ in range(number)]))

    numbers = numpy.ones(100 << 17)
    for _ in range(2):
        ray.get(ray.put(numbers))
    measure_best("put_100MiB", 40, lambda: ray.put(numbers) and None)
    ref = ray.put(numbers)
    measure_best("get_100MiB", 40, lambda: ray.get(ref).nbytes)
    ray.shutdown()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, *sys.argv[2:])
