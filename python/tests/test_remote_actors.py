"""Swift actors as actors of Ray."""

import os
import time

import pytest


@pytest.fixture
def counter(ray):
    return ray.swift_actor_class("TwoLanguages.Counter").remote(2, step=5)


def test_state_is_kept(ray, counter):
    assert ray.get(counter.value.remote()) == 10
    assert ray.get([counter.add.remote(n) for n in (1, 2, 3)]) == [11, 13, 16]
    assert ray.get(counter.process.remote()) != os.getpid()


def test_no_result_is_none(ray, counter):
    assert ray.get(counter.clear.remote()) is None
    assert ray.get(counter.value.remote()) == 0


def test_handles_are_rays_own(ray, counter):
    assert isinstance(counter, ray.actor.ActorHandle)
    assert ray.get(counter.add.options(name="sum").remote(1)) == 11
    with pytest.raises(AttributeError):
        counter.no_such_method


def test_instances_have_state_of_their_own(ray):
    cls = ray.swift_actor_class("Counter")
    first, second = cls.remote(1, step=1), cls.remote(100, step=1)
    ray.get(first.add.remote(1))
    assert ray.get([first.value.remote(), second.value.remote()]) == [2, 100]


def test_methods_chain_through_references(ray, counter):
    assert ray.get(counter.add.remote(counter.add.remote(ray.put(5)))) == 30


def test_values_of_every_kind_pass_methods(ray, counter):
    value = {"a": [1, 2.5, "x", None, True], "b": b"\x00"}
    assert ray.get(counter.echo.remote(value)) == value


def test_several_returns_and_streams(ray, counter):
    assert ray.get(counter.pair.options(num_returns=2).remote()) == [10, -10]
    assert [ray.get(ref) for ref in counter.upTo.remote(3)] == [0, 1, 2]


def test_method_names_of_this_package_are_free(ray, counter):
    assert ray.get(counter.call.remote("x")) == "called with x"


def test_options_of_the_declaration_are_defaults(ray):
    keeper = ray.swift_actor_class("Keeper").remote()
    assert ray.get(keeper.granted.remote()) == {"CPU": 0.25}
    keeper.die.remote()
    deadline = time.monotonic() + 30
    while True:
        try:
            assert ray.get(keeper.isRestarted.remote())
            break
        except ray.exceptions.RayActorError:
            assert time.monotonic() < deadline
    assert ray.get(ray.swift_actor_class("Keeper", num_cpus=0.5).remote().granted.remote()) == {"CPU": 0.5}


def test_options_and_names(ray):
    actor = ray.swift_actor_class("Counter", num_cpus=0.5).options(name="till", memory=1 << 20).remote(1, step=1)
    ray.get(actor.add.remote(1))
    assert ray.get(ray.get_actor("till").add.remote(1)) == 3
    ray.kill(actor)
    # Ray's `kill` asks for the end and does not wait for it: calls may still arrive.
    end = time.monotonic() + 20
    with pytest.raises(ray.exceptions.RayActorError):
        while time.monotonic() < end:
            ray.get(actor.value.remote())


def test_get_if_exists(ray):
    cls = ray.swift_actor_class("Counter").options(name="shared", get_if_exists=True)
    first, second = cls.remote(1, step=1), cls.remote(50, step=1)
    ray.get(first.add.remote(4))
    assert ray.get(second.value.remote()) == 5


def test_plain_tasks_use_handles_without_this_package(ray, counter):
    @ray.remote
    def add(handle, number):
        import ray

        return ray.get(handle.add.remote(number))

    assert ray.get(add.remote(counter, 7)) == 17


def test_an_actor_survives_a_method_that_throws(ray, counter):
    with pytest.raises(ray.swift_error("TwoLanguages.OutOfStock")) as failure:
        ray.get(counter.fail.remote("milk"))
    assert str(failure.value.cause) == "out of stock: milk"
    assert ray.get(counter.value.remote()) == 10


def test_an_initializer_that_throws_is_told(ray):
    broken = ray.swift_actor_class("Broken").remote("no reason")
    with pytest.raises(ray.exceptions.ActorDiedError, match="out of stock: no reason"):
        ray.get(broken.value.remote())


def test_wrong_arguments_of_the_initializer_are_told(ray):
    with pytest.raises(TypeError, match=r"takes \(_, step\)"):
        ray.swift_actor_class("Counter").remote(1, steps=2)


def test_calls_of_swift_actors_interleave(ray):
    mailbox = ray.swift_actor_class("Mailbox").remote()
    waiting = mailbox.wait.remote(2)
    mailbox.put.remote("a")
    mailbox.put.remote("b")
    # Calls that interleave may also overtake each other.
    assert sorted(ray.get(waiting, timeout=30)) == ["a", "b"]
