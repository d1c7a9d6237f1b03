"""`import swiftray as ray` is Ray."""

import importlib
import subprocess
import sys

import pytest
import ray as plain
import swiftray


@pytest.mark.parametrize("name", sorted((set(plain.__all__) & set(vars(plain))) - {"init"}))
def test_everything_of_ray_is_there(name):
    assert getattr(swiftray, name) == getattr(plain, name)


def test_modules_of_ray_are_there():
    assert swiftray.exceptions is plain.exceptions
    assert swiftray.util is plain.util
    assert swiftray.experimental.__name__ == "ray.experimental"


def test_the_list_of_names_has_both():
    assert {"remote", "get", "swift_task", "init"} <= set(swiftray.__all__)
    assert {"remote", "swift_actor_class"} <= set(dir(swiftray))


def test_what_neither_has_is_an_attribute_error():
    with pytest.raises(AttributeError, match="neither swiftray nor ray"):
        swiftray.no_such_thing
    assert not hasattr(swiftray, "__wrapped__")


def test_from_import_works():
    from swiftray import ObjectRef, remote

    assert remote is plain.remote and ObjectRef is plain.ObjectRef


def test_a_script_for_ray_runs_unchanged(ray):
    @ray.remote
    class Tally:
        def __init__(self):
            self.total = 0

        def add(self, number):
            self.total += number
            return self.total

    @ray.remote(num_returns=2)
    def halves(number):
        return number // 2, number - number // 2

    tally = Tally.remote()
    first, second = halves.remote(7)
    assert ray.get([tally.add.remote(first), tally.add.remote(second)]) == [3, 7]
    ready, pending = ray.wait([first, second], num_returns=2)
    assert len(ready) == 2 and not pending
    with pytest.raises(ray.exceptions.GetTimeoutError):
        ray.get(ray.remote(lambda: __import__("time").sleep(5)).remote(), timeout=0.05)


def test_a_library_that_is_missing_is_told():
    with pytest.raises(FileNotFoundError, match="not on this node"):
        subprocess_load("/no/such/libApp.so")


def test_a_library_without_swift_is_told():
    with pytest.raises(RuntimeError, match="cannot load the Swift library"):
        subprocess_load("libc.so.6", absolute=True)


def subprocess_load(path, absolute=False):
    """A process loads one library only, so that another needs another process."""
    if absolute:
        import ctypes.util

        path = next(line.split()[-1] for line in open("/proc/self/maps") if "libc.so" in line)
    code = f"import swiftray\ntry: swiftray.load({path!r})\nexcept Exception as error: print(type(error).__name__, error)"
    environment = {**__import__("os").environ, "PYTHONPATH": ":".join(sys.path)}
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60).stdout
    kind, _, message = text.partition(" ")
    raise {"FileNotFoundError": FileNotFoundError, "RuntimeError": RuntimeError}[kind](message)


def test_modules_of_ray_are_modules_here():
    import ray.util
    import ray.util.queue
    import swiftray.util
    import swiftray.util.queue
    from swiftray.exceptions import RayError

    assert swiftray.util is ray.util
    assert swiftray.util.queue.Queue is ray.util.queue.Queue
    assert RayError is ray.exceptions.RayError
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("swiftray.no_such_module")
