"""The cases of Benchmarks/cases.json in Python Ray; prints one line of JSON for each.

    microbenchmark.py [--list] [--cases SUBSTRING | --case NAME] [--seconds N]
"""
import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import time

ROUNDS = 4
MIB = 1 << 20
# Ray's tests use half of the cores for actors.
ACTOR_COUNT = max(1, multiprocessing.cpu_count() // 2)

CASES = {}


def rate(name, unit, operations_per_call=1):
    """Registers a case: the function prepares and returns the call that is timed."""

    def register(prepare):
        CASES[name] = (unit, lambda seconds: measure_rate(prepare(), operations_per_call, seconds))
        return prepare

    return register


def once(name, unit):
    """Registers a case that runs once and returns (value, note)."""

    def register(run):
        def report(_seconds):
            value, note = run()
            return {"mean": value, "sd": 0.0, "note": note}

        CASES[name] = (unit, report)
        return run

    return register


def measure_rate(call, operations_per_call, seconds):
    """Counts calls during a warm-up; each round then repeats a tenth of that many until its time is over."""
    count, start = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - start < seconds / 2:
        call()
        count += 1
    step = count // 10 + 1
    samples = []
    for _ in range(ROUNDS):
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            for _ in range(step):
                call()
            count += step
        samples.append(operations_per_call * count / (time.perf_counter() - start))
    return {"mean": statistics.fmean(samples), "sd": statistics.pstdev(samples)}


def define_remote():
    """Declares the remote functions and classes; importing Ray takes long, so `--list` does without."""
    global ray, numpy, small_value, put_small, put_zeros, make_references, call_all
    global Actor, AsyncActor, TaskClient, ActorClient
    import numpy
    import ray

    @ray.remote
    def small_value():
        return b"ok"

    @ray.remote
    def put_small(count):
        for _ in range(count):
            ray.put(0)

    @ray.remote
    def put_zeros(count, element_count):
        for _ in range(count):
            ray.put(numpy.zeros(element_count, dtype=numpy.int64))

    @ray.remote
    def make_references(count):
        return [ray.put(1) for _ in range(count)]

    @ray.remote
    def call_all(actors, count):
        ray.get([actors[i % len(actors)].small_value.remote() for i in range(count)])

    @ray.remote(num_cpus=0)
    class Actor:
        def small_value(self):
            return b"ok"

        def small_value_of(self, number):
            return b"ok"

    @ray.remote
    class AsyncActor:
        async def small_value(self):
            return b"ok"

        async def small_value_of(self, number):
            return b"ok"

    @ray.remote(num_cpus=0)
    class TaskClient:
        def submit_and_get(self, count):
            ray.get([small_value.remote() for _ in range(count)])

    @ray.remote(num_cpus=0)
    class ActorClient:
        def __init__(self, servers):
            self.servers = servers

        def call_each(self, count):
            ray.get([server.small_value.remote() for server in self.servers for _ in range(count)])

        def call_each_with_reference(self, count):
            argument = ray.put(0)
            ray.get([server.small_value_of.remote(argument) for server in self.servers for _ in range(count)])


# Objects


@rate("single client get calls (Plasma Store)", "gets/s")
def _():
    ref = ray.put(0)
    return lambda: ray.get(ref)


@rate("single client put calls (Plasma Store)", "puts/s")
def _():
    return lambda: ray.put(0)


@rate("multi client put calls (Plasma Store)", "puts/s", 1000)
def _():
    return lambda: ray.get([put_small.remote(100) for _ in range(10)])


# Gigabytes are nominal in these two, as in Ray's results: 800 MiB count as 0.8.
@rate("single client put gigabytes", "GB/s", 0.8)
def _():
    zeros = numpy.zeros(100 * MIB, dtype=numpy.int64)
    return lambda: ray.put(zeros)


@rate("multi client put gigabytes", "GB/s", 8)
def _():
    return lambda: ray.get([put_zeros.remote(10, 10 * MIB) for _ in range(10)])


@rate("single client get object containing 10k refs", "gets/s")
def _():
    ref = make_references.remote(10_000)
    return lambda: ray.get(ref)


@rate("single client put 1 KiB", "puts/s")
def _():
    value = bytes(data(1024))
    return lambda: ray.put(value)


@rate("single client get 1 KiB", "gets/s")
def _():
    ref = ray.put(bytes(data(1024)))
    return lambda: ray.get(ref)


def data(byte_count):
    """Bytes that somebody has written, unlike untouched zeros; numpy arrays are the kind Ray puts fastest."""
    return (numpy.arange(byte_count) * 31).astype(numpy.uint8)


def register_put(mebibytes):
    @rate(f"single client put {mebibytes} MiB of data", "GB/s", mebibytes * MIB / 1e9)
    def _():
        value = data(mebibytes * MIB)
        return lambda: ray.put(value)


for mebibytes in (1, 16, 100):
    register_put(mebibytes)


# Tasks


def submit_and_get(count):
    ray.get([small_value.remote() for _ in range(count)])


@rate("single client tasks and get batch", "batches/s")
def _():
    return lambda: submit_and_get(1000)


@rate("single client wait 1k refs", "loops/s")
def _():
    def pop_one_by_one():
        pending, first = [small_value.remote() for _ in range(1000)], True
        while pending:
            _ready, pending = ray.wait(pending, fetch_local=first)
            first = False

    return pop_one_by_one


@rate("single client tasks sync", "tasks/s")
def _():
    return lambda: ray.get(small_value.remote())


@rate("single client tasks async", "tasks/s", 1000)
def _():
    return lambda: submit_and_get(1000)


@rate("multi client tasks async", "tasks/s", 40_000)
def _():
    clients = [TaskClient.remote() for _ in range(4)]
    return lambda: ray.get([client.submit_and_get.remote(10_000) for client in clients])


@rate("1000 concurrent awaiting tasks", "tasks/s", 1000)
def _():
    async def await_one():
        return await small_value.remote()

    async def await_all():
        await asyncio.gather(*(await_one() for _ in range(1000)))

    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(await_all())


# Actors


def sync_calls(actor_class):
    actor = actor_class.remote()
    return lambda: ray.get(actor.small_value.remote())


def async_calls(actor):
    return lambda: ray.get([actor.small_value.remote() for _ in range(1000)])


def one_to_n(actor_class):
    client = ActorClient.remote([actor_class.remote() for _ in range(ACTOR_COUNT)])
    return lambda: ray.get(client.call_each.remote(5000))


def n_to_n(actor_class):
    actors = [actor_class.remote() for _ in range(ACTOR_COUNT)]
    return lambda: ray.get([call_all.remote(actors, 5000) for _ in range(4)])


rate("1:1 actor calls sync", "calls/s")(lambda: sync_calls(Actor))
rate("1:1 actor calls async", "calls/s", 1000)(lambda: async_calls(Actor.remote()))
rate("1:1 actor calls concurrent", "calls/s", 1000)(lambda: async_calls(Actor.options(max_concurrency=16).remote()))
rate("1:n actor calls async", "calls/s", 5000 * ACTOR_COUNT)(lambda: one_to_n(Actor))
rate("n:n actor calls async", "calls/s", 20_000)(lambda: n_to_n(Actor))


@rate("n:n actor calls with arg async", "calls/s", 1000 * ACTOR_COUNT)
def _():
    clients = [ActorClient.remote([Actor.remote()]) for _ in range(ACTOR_COUNT)]
    return lambda: ray.get([client.call_each_with_reference.remote(1000) for client in clients])


rate("1:1 async-actor calls sync", "calls/s")(lambda: sync_calls(AsyncActor))
rate("1:1 async-actor calls async", "calls/s", 1000)(lambda: async_calls(AsyncActor.remote()))


@rate("1:1 async-actor calls with args async", "calls/s", 1000)
def _():
    actor = AsyncActor.remote()
    return lambda: ray.get([actor.small_value_of.remote(i) for i in range(1000)])


rate("1:n async-actor calls async", "calls/s", 5000 * ACTOR_COUNT)(lambda: one_to_n(AsyncActor))
rate("n:n async-actor calls async", "calls/s", 20_000)(lambda: n_to_n(AsyncActor))


@rate("placement group create/removal", "PGs/s", 100)
def _():
    from ray.util.placement_group import placement_group, remove_placement_group

    def create_and_remove():
        groups = [placement_group([{"custom": 0.001}]) for _ in range(100)]
        for group in groups:
            group.wait(timeout_seconds=30)
        for group in groups:
            remove_placement_group(group)

    return create_and_remove


# Scale and footprint


@once("1M tasks queued by one driver", "tasks/s")
def _():
    start = time.perf_counter()
    refs = [small_value.remote() for _ in range(1_000_000)]
    submitted = time.perf_counter()
    ray.get(refs)
    elapsed = time.perf_counter() - start
    peak = process_status(os.getpid())["VmHWM"] >> 10
    return 1e6 / elapsed, f"submitted in {(submitted - start) * 1e3:.0f} ms, driver peak RSS {peak} MiB"


@once("idle memory of driver and 2 workers", "MiB")
def _():
    family = idle_processes()
    return sum(process["VmRSS"] for process in family) / 1024, describe(family)


@once("idle threads of driver and 2 workers", "threads")
def _():
    family = idle_processes()
    return float(sum(process["Threads"] for process in family)), describe(family)


def idle_processes():
    """The driver and everything it started, once two actors (so: two worker processes) have answered."""
    actors = [Actor.remote() for _ in range(2)]
    ray.get([actor.small_value.remote() for actor in actors])
    time.sleep(1)
    return family_of(os.getpid())


def describe(family):
    return ", ".join(f"{process['VmRSS'] >> 10} MiB/{process['Threads']} threads" for process in family)


def process_status(pid):
    fields = {"VmRSS": 0, "VmHWM": 0, "pid": pid}
    with open(f"/proc/{pid}/status") as lines:
        for line in lines:
            name, _, rest = line.partition(":")
            words = rest.split()
            if words and words[0].isdigit():
                fields[name] = int(words[0])
    return fields


def family_of(root):
    """A process, then its children, theirs, and so on."""
    processes = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                processes.append(process_status(int(entry)))
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended
    family = [process for process in processes if process["pid"] == root]
    for parent in family:
        family += [process for process in processes if process["PPid"] == parent["pid"]]
    return family


def run(name, seconds):
    unit, measure = CASES[name]
    head = {"case": name, "unit": unit}
    # A cluster for each case: what one leaves behind cannot slow the next one down.
    needs_custom = name.startswith("placement group")
    ray.init(logging_level="error", log_to_driver=False, resources={"custom": 100} if needs_custom else None)
    try:
        return head | measure(seconds)
    except Exception as error:
        return head | {"error": f"{type(error).__name__}: {error}"}
    finally:
        ray.shutdown()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--cases", default="", metavar="SUBSTRING")
    parser.add_argument("--case", metavar="NAME")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each of the four rounds")
    options = parser.parse_args()
    names = [name for name in CASES if (name == options.case if options.case else options.cases in name)]
    if not options.list:
        define_remote()
    for name in names:
        print(json.dumps({"case": name, "unit": CASES[name][0]} if options.list else run(name, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
