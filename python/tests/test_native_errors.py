"""What Python makes of errors of native workers, without a cluster."""

import pytest

import ray
from swiftray import errors, swift_error


def marked(text, type_name="Shop.Closed", payload=b"\x01\x02"):
    return "An exception was thrown while executing function(swiftray.call): swift_ray::Error: " + str(
        errors.marked(errors.SwiftTaskError(text, type_name, payload))
    )


def test_a_marked_text_is_the_exception_that_the_python_lane_raises():
    found = errors.of_native_worker(marked("come back\ntomorrow"))
    assert isinstance(found, ray.exceptions.RayTaskError)
    with pytest.raises(swift_error("Shop.Closed")) as caught:
        raise found.as_instanceof_cause()
    assert (caught.value.type_name, caught.value.payload) == ("Shop.Closed", b"\x01\x02")
    assert str(found.cause) == "come back\ntomorrow"
    assert "swift-ray-error" not in str(found.as_instanceof_cause())


@pytest.mark.parametrize("text", ["", "plain", "[swift-ray-error]A[/swift-ray-error]", "[swift-ray-error]!![/swift-ray-error]"])
def test_other_texts_are_none(text):
    assert errors.of_native_worker(text) is None


@pytest.mark.parametrize("text, type_name", [(marked("no"), "Shop.Closed"), (marked("no", type_name=""), "")])
def test_the_type_may_be_missing(text, type_name):
    assert errors.of_native_worker(text).cause.type_name == type_name


def test_ray_turns_a_cpp_failure_into_it_and_leaves_others_alone():
    from ray.core.generated.common_pb2 import CPP, RayException

    from swiftray import hooks

    assert hooks.install()
    of = ray.exceptions.RayError.from_bytes
    swift = of(RayException(language=CPP, formatted_exception_string=marked("no")).SerializeToString())
    assert type(swift.cause) is swift_error("Shop.Closed")
    other = of(RayException(language=CPP, formatted_exception_string="std::bad_alloc").SerializeToString())
    assert type(other) is ray.exceptions.CrossLanguageError


def test_lines_that_nobody_can_read_are_notes_of_rays_log_monitor():
    lines = marked("no").splitlines()
    assert [line for line in lines if "swift-ray-error" in line and not line.startswith(":task_name:")] == []
    assert lines[-1] == ":task_name:"
