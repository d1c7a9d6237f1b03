"""The same cases in Python, with nothing of swift-ray."""

import sys
import time

import numpy
import ray


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


def measure(name, number, body):
    print("begin", name, flush=True)
    start = time.perf_counter()
    body(number)
    print("end", name, number, time.perf_counter() - start, flush=True)


def main(scale):
    def count(base):
        return max(int(base * scale), 10)

    ray.init(num_cpus=2, include_dashboard=False, logging_level="warning")
    ray.get([square.remote(index) for index in range(100)])
    measure("task_sync", count(1000), lambda number: [ray.get(square.remote(index)) for index in range(number)])
    measure("task_async", count(4000), lambda number: ray.get([square.remote(index) for index in range(number)]))
    counter = Counter.remote()
    ray.get(counter.add.remote(0))
    measure("actor_sync", count(2000), lambda number: [ray.get(counter.add.remote(1)) for _ in range(number)])
    measure("actor_async", count(8000), lambda number: ray.get([counter.add.remote(1) for _ in range(number)]))

    numbers = numpy.ones(100 << 17)
    for _ in range(2):
        ray.get(ray.put(numbers))
    measure("put_100MiB", 5, lambda number: [ray.put(numbers) and None for _ in range(number)])
    ref = ray.put(numbers)
    measure("get_100MiB", 20, lambda number: [ray.get(ref).nbytes for _ in range(number)])
    ray.shutdown()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
