"""What a driver says inside of a job: decisions without a cluster."""

import json

from swiftray import jobs


def environment(**runtime_env):
    return {jobs.JOB: json.dumps({"runtime_env": runtime_env, "metadata": {}})}


def test_outside_of_jobs_nothing_changes():
    options = {"runtime_env": {"env_vars": {"A": "1"}}, "address": "auto"}
    assert jobs.adapt(options, {}) is options


def test_what_the_job_says_is_not_repeated():
    options = {"runtime_env": {"env_vars": {"A": "1", "B": "2"}, "pip": ["x"], "working_dir": "."}, "namespace": "n"}
    adapted = jobs.adapt(options, environment(env_vars={"A": "9"}, working_dir="gcs://x.zip"))
    assert adapted == {"runtime_env": {"env_vars": {"B": "2"}, "pip": ["x"]}, "namespace": "n"}
    assert options["runtime_env"]["env_vars"] == {"A": "1", "B": "2"}


def test_the_program_is_found_on_every_node(tmp_path):
    inside, outside = str(tmp_path / "bin" / "app"), "/usr/bin/app"
    for path, expected in ((inside, "./bin/app"), (outside, "/usr/bin/app")):
        adapted = jobs.adapt({"runtime_env": {"py_executable": path}}, environment(), str(tmp_path))
        assert adapted["runtime_env"]["py_executable"] == expected


def test_strange_job_descriptions_do_no_harm():
    for text in ("{", "[]", "7", "{}", '{"runtime_env": null}'):
        assert jobs.adapt({"runtime_env": {"env_vars": {"A": "1"}}}, {jobs.JOB: text})["runtime_env"] == {"env_vars": {"A": "1"}}
