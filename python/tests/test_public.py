"""What is asked of a Ray that nobody has tried, through its public interfaces."""

import pytest
from swiftray import host, public


def test_values_and_failures_are_fetched(ray):
    @ray.remote(max_retries=0)
    def fail():
        raise ValueError("no")

    value, failed = ray.put([1, "a"]), fail.remote()
    entries = public.get([value, failed, value], -1)
    assert host.raw(value, entries[0]) == host.raw(value, entries[2]) == (1, b"\x92\x01\xa1a")
    kind, described = host.raw(failed, entries[1])
    assert kind == 2 and described[2] == "no" and described[3] == "ValueError"


def test_what_is_late_is_told(ray):
    late = ray.swift_task("sleepy").remote(60_000)
    ready = ray.put(1)
    with pytest.raises(ray.exceptions.GetTimeoutError):
        public.get([ready, late], 50)
    assert public.wait([late, ready], 1, 5_000, True) == ([ready], [late])
    assert public.wait([late], 1, 0, False) == ([], [late])
    ray.cancel(late)


def test_elements_come_one_by_one(ray):
    @ray.remote
    def numbers():
        yield 1
        yield 2

    stream = numbers.remote()
    assert [ray.get(public.next_element(stream, 10_000)) for _ in range(2)] == [1, 2]
    assert public.next_element(stream, 10_000) is None

    @ray.remote
    def never():
        import time

        time.sleep(600)
        yield 1

    stream = never.remote()
    assert public.next_element(stream, 50) is False
    ray.cancel(stream)
