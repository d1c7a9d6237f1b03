"""Swift functions as tasks of Ray."""

import collections
import datetime
import os
import random
import time

import numpy
import pyarrow
import pytest


def test_a_swift_function_is_a_task(ray):
    add = ray.swift_task("TwoLanguages.add(_:_:)")
    assert ray.get(add.remote(2, 3)) == 5
    assert isinstance(add.remote(1, 2), ray.ObjectRef)


@pytest.mark.parametrize("name", ["TwoLanguages.add(_:_:)", "TwoLanguages.add", "add(_:_:)", "add"])
def test_names_may_be_shortened(ray, name):
    assert ray.get(ray.swift_task(name).remote(4, 5)) == 9


def test_tasks_run_in_other_processes(ray):
    assert ray.get(ray.swift_task("process").remote()) != os.getpid()


def test_labels_are_keywords(ray):
    describe = ray.swift_task("describe")
    assert ray.get(describe.remote("tea", count=3)) == "3 x tea"
    assert ray.get(describe.remote("tea", 2)) == "2 x tea"


def test_overloads_are_told_apart_by_their_arguments(ray):
    sign = ray.swift_task("sign")
    assert ray.get(sign.remote(-4)) == "negative"
    assert ray.get(sign.remote(-4.5, of="x")) == "x is negative"


def test_references_stand_for_their_values(ray):
    add = ray.swift_task("add")
    assert ray.get(add.remote(add.remote(1, 2), ray.put(5))) == 8


def test_plain_put_of_a_dictionary_reaches_swift(ray):
    person = {"name": "Ada", "address": {"street": "Main", "number": 3}, "tags": {"x": 1.5}}
    moved = ray.get(ray.swift_task("moved").remote(ray.put(person), to="Side"))
    assert moved == {"name": "Ada", "address": {"street": "Side", "number": None}, "tags": {"x": 1.5}}


def test_references_inside_values_stay_references(ray):
    assert ray.get(ray.swift_task("sum").remote([ray.put(3), ray.put(4)])) == 7
    assert ray.get(ray.get(ray.swift_task("scatter").remote([5, 6]))) == [5, 6]


def test_results_of_python_tasks_reach_swift_and_back(ray):
    @ray.remote
    def twice(number):
        return 2 * number

    add = ray.swift_task("add")
    assert ray.get(twice.remote(add.remote(twice.remote(1), 3))) == 10


def test_options_are_rays_own(ray):
    add = ray.swift_task("add", num_cpus=0.5).options(memory=1 << 20, name="sum", max_retries=0)
    assert ray.get(add.remote(1, 1)) == 2
    with pytest.raises(ValueError):
        ray.swift_task("add").options(no_such_option=1).remote(1, 1)


def test_options_of_the_declaration_are_defaults(ray):
    granted = ray.swift_task("granted")
    assert ray.get(granted.remote()) == {"CPU": 0.25, "shelf": 0.5}
    assert ray.get(granted.options(num_cpus=0.5).remote()) == {"CPU": 0.5, "shelf": 0.5}
    assert ray.get(ray.swift_task("granted", resources={}).remote()) == {"CPU": 0.25}


def test_declared_errors_are_tried_again(ray):
    restock = ray.swift_task("restock")
    assert ray.get(restock.remote("tea")) == 3
    with pytest.raises(ray.swift_error("TwoLanguages.OutOfStock")):
        ray.get(restock.options(max_retries=1).remote("tea"))


def test_several_returns(ray):
    number, text = ray.swift_task("pair", num_returns=2).remote(7)
    assert ray.get(number) == 7
    assert ray.get(text) == "number 7"
    assert ray.get(ray.swift_task("pair").remote(7)) == [7, "number 7"]


def test_streams_are_generators_of_references(ray):
    assert [ray.get(ref) for ref in ray.swift_task("countdown").remote(3)] == [3, 2, 1]


def test_tasks_run_at_the_same_time(ray):
    sleepy = ray.swift_task("sleepy", num_cpus=0.1)
    ray.get([sleepy.remote(1) for _ in range(4)])
    started = time.monotonic()
    ray.get([sleepy.remote(700) for _ in range(4)])
    assert time.monotonic() - started < 2.5


def test_a_task_may_wait_for_tasks_at_any_depth(ray):
    assert ray.get(ray.swift_task("factorial").remote(10)) == 3_628_800


def test_no_result_is_none(ray):
    assert ray.get(ray.swift_task("nothing").remote()) is None


def test_get_times_out_and_succeeds_later(ray):
    ref = ray.swift_task("sleepy").remote(1500)
    with pytest.raises(ray.exceptions.GetTimeoutError):
        ray.get(ref, timeout=0.05)
    assert ray.get(ref) == 1500


def test_cancel(ray):
    ref = ray.swift_task("sleepy").remote(60_000)
    ray.wait([ref], timeout=0.5)
    ray.cancel(ref)
    with pytest.raises((ray.exceptions.TaskCancelledError, ray.exceptions.RayTaskError)):
        ray.get(ref, timeout=20)


# -- values


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**64 - 1, 0.0, -0.0, 1.5, 1.7976931348623157e308, float("inf"),
        float("-inf"), "", "grüße 🌍 漢字", "a\0b", b"", b"\x00\xff", [], {}, [1, "two", 3.0, None], {"a": {"b": [1]}},
        {1: "one"}, {True: 1}, [[1, 2], [3]], "x" * 100_000,
    ],
)  # fmt: skip
def test_values_return_as_they_went(ray, value):
    found = ray.get(ray.swift_task("echo").remote(value))
    assert found == value and type(found) is type(value)


def test_nan_stays_nan(ray):
    found = ray.get(ray.swift_task("echo").remote(float("nan")))
    assert found != found


def test_random_unsigned_numbers(ray):
    seed = random.randrange(2**32)
    print("seed", seed)
    numbers = [random.Random(seed + n).getrandbits(64) for n in range(100)]
    assert ray.get(ray.swift_task("echo").remote(numbers)) == numbers


def test_many_integers(ray):
    numbers = list(range(10_000))
    assert ray.get(ray.swift_task("echo").remote(numbers)) == numbers


def test_arbitrary_bytes(ray):
    data = bytes(range(256)) * 10
    expected = 0
    for byte in data:
        expected = (expected * 31 + byte) & 0xFFFF_FFFF
    assert ray.get(ray.swift_task("checksum").remote(data)) == expected


def test_arrays_of_numbers_are_numpy_arrays(ray):
    numbers = numpy.arange(100_000.0)
    assert ray.get(ray.swift_task("total").remote(numbers)) == numbers.sum()
    assert ray.get(ray.swift_task("total").remote(ray.put(numbers))) == numbers.sum()
    ramp = ray.get(ray.swift_task("ramp").remote(1000))
    assert isinstance(ramp, numpy.ndarray) and (ramp == numpy.arange(1000.0)).all()


def test_arrow_columns_are_arrays_and_tables_their_columns(ray):
    numbers = pyarrow.array(range(100_000), type=pyarrow.float64())
    assert ray.get(ray.swift_task("total").remote(numbers)) == 4_999_950_000
    assert ray.get(ray.swift_task("total").remote(ray.put(numbers))) == 4_999_950_000
    table = pyarrow.table({"small": pyarrow.array([1, 2], type=pyarrow.int8()), "some": [True, None], "name": ["a", "b"]})
    seen = ray.get(ray.swift_task("echo").remote(table))
    assert {name: list(column) for name, column in seen.items()} == table.to_pydict()
    assert ray.get(ray.swift_task("echo").remote(table["small"][1])) == 2
    assert ray.get(ray.swift_task("echo").remote(pyarrow.py_buffer(b"raw"))) == b"raw"
    # Swift's arrays are numpy's for Python, and those are Arrow's without a copy.
    assert pyarrow.array(ray.get(ray.swift_task("ramp").remote(3))).to_pylist() == [0, 1, 2]


@pytest.mark.parametrize("value", [256, -1, 2**70])
def test_overflow_is_an_error_that_names_the_argument(ray, value):
    with pytest.raises((ray.SwiftTaskError, OverflowError, ray.exceptions.RayTaskError)) as failure:
        ray.get(ray.swift_task("double").remote(value))
    assert "argument 0" in str(failure.value) or "int" in str(failure.value).lower()


# -- errors


def test_errors_keep_their_type_and_text(ray):
    with pytest.raises(ray.swift_error("TwoLanguages.OutOfStock")) as failure:
        ray.get(ray.swift_task("buy").remote("tea"))
    assert failure.value.type_name == "TwoLanguages.OutOfStock"
    assert str(failure.value.cause) == "out of stock: tea"
    assert isinstance(failure.value, ray.SwiftTaskError)
    assert isinstance(failure.value, ray.exceptions.RayTaskError)


def test_errors_that_are_not_codable_keep_them_too(ray):
    with pytest.raises(ray.swift_error("TwoLanguages.Unlucky")) as failure:
        ray.get(ray.swift_task("unlucky").remote())
    assert str(failure.value.cause) == "unlucky"


def test_dependents_of_a_failed_call_fail_with_its_error(ray):
    failed = ray.swift_task("buy").remote("tea")
    with pytest.raises(ray.swift_error("TwoLanguages.OutOfStock")):
        ray.get(ray.swift_task("echo").remote(failed))


def test_python_catches_and_passes_swift_errors_on(ray):
    @ray.remote
    def shop(item):
        return ray_get(buy.remote(item))

    buy, ray_get = ray.swift_task("buy"), ray.get
    with pytest.raises(ray.SwiftTaskError):
        ray.get(shop.remote("tea"))


def test_retry_exceptions_sees_swift_errors(ray):
    buy = ray.swift_task("buy", max_retries=1, retry_exceptions=[ray.swift_error("TwoLanguages.OutOfStock")])
    with pytest.raises(ray.swift_error("TwoLanguages.OutOfStock")):
        ray.get(buy.remote("tea"))


def test_unknown_names_are_told_with_suggestions(ray):
    with pytest.raises(LookupError, match="factorial"):
        ray.swift_task("factorail")
    with pytest.raises(LookupError, match="Counter"):
        ray.swift_actor_class("Countr")


def test_a_wrong_number_of_arguments_names_the_parameters(ray):
    with pytest.raises(TypeError, match=r"takes \(_, _\), the call has \(_\)"):
        ray.swift_task("add").remote(1)
    with pytest.raises(TypeError, match="count"):
        ray.swift_task("describe").remote("tea", amount=3)


def test_names_of_parameters_may_be_those_of_python_functions(ray):
    assert ray.get(ray.swift_task("labelled").remote(name="a", arguments="b")) == "a b"
    assert ray.call("labelled", name="a", arguments="b") == "a b"
    assert ray.get(ray.swift_task("labelled", name="mine").remote(name="a", arguments="b")) == "a b"


def test_a_stream_has_no_number_of_results(ray):
    with pytest.raises(ValueError, match="streaming"):
        ray.swift_task("countdown", num_returns=1).remote(3)


def test_a_path_of_a_call_does_not_hide_this_package(ray):
    path = {"env_vars": {"PYTHONPATH": "/nowhere"}}
    assert ray.get(ray.swift_task("add", runtime_env=path).remote(1, 2)) == 3


@pytest.mark.parametrize("value", [range(3), collections.deque([0, 1, 2]), {0: 1, 1: 1, 2: 1}.keys(), {2, 1, 0}])
def test_what_can_be_iterated_over_is_an_array(ray, value):
    assert ray.get(ray.swift_task("total").remote(value)) == 3


def test_numpys_times_are_times(ray):
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    assert ray.get(ray.swift_task("echo").remote(numpy.datetime64("2020-01-02T03:04:05"))) == moment


def test_a_direct_call_says_what_to_do(ray):
    with pytest.raises(TypeError, match="remote"):
        ray.swift_task("add")(1, 2)
