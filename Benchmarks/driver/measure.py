"""Runs the programs of one case in turn: the limit, swift-ray, Ray."""
import json
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile

SLOW_TIMEOUT = 1800
START_RUNS = {"limit": 50, "swift": 20, "ray": 3}


class Failure(Exception):
    pass


def load_cases(root: pathlib.Path):
    return json.loads((root / "cases.json").read_text())


def measure(case, programs, options):
    """Measures each side `--repeat` times, in turn, so that a change of the machine's mood meets all of them."""
    sides = {"limit": measure_limit, "swift": measure_swift, "ray": measure_ray}
    results = {name: [] for name in sides}
    for _ in range(options.repeat):
        for name, side in sides.items():
            try:
                result = side(case, programs, options)
            except Failure as failure:
                result = {"error": str(failure)}
            if result is not None:
                results[name].append(result)
    return {name: combine(found) for name, found in results.items()}


def combine(results):
    """The median of what was measured; otherwise the first reason why nothing was."""
    measured = [result for result in results if "mean" in result]
    if not measured:
        return results[0] if results else None
    combined = dict(measured[len(measured) // 2])
    combined["mean"] = statistics.median(result["mean"] for result in measured)
    combined["sd"] = statistics.median(result.get("sd", 0.0) for result in measured)
    failed = [result for result in results if "error" in result]
    return combined | ({"error": failed[0]["error"]} if failed else {})


def measure_limit(case, programs, options):
    limit = case.get("limit")
    if limit is None:
        return None
    command = [*programs.limits, *limit["run"].split()]
    if limit["run"] == "start":
        command += ["--runs", str(START_RUNS["limit"]), "--", *programs.limits, "hello"]
    else:
        command += ["--seconds", str(options.seconds)]
    cores = os.cpu_count() or 1
    if limit.get("pairs"):
        command += ["--pairs", str(max(1, cores // 2))]
    # With several threads a small copy gets slower and a large one faster: the limit is the better of the two.
    variants = [[], ["--threads", str(cores)]] if limit.get("threads") and cores > 1 else [[]]
    key = limit.get("value", "value")
    best = max(run_json(command + variant, timeout(case, options))[key] for variant in variants)
    return {"mean": best * limit.get("scale", 1.0)}


def measure_swift(case, programs, options):
    if programs.swift is None:
        return None
    return measure_program(case, programs, options, programs.swift, programs.swift_first_result, "swift")


def measure_ray(case, programs, options):
    if programs.ray is None:
        return None
    if "ray" in case and not (case.get("slow") and options.slow):
        return {"skipped": case["ray"]}
    return measure_program(case, programs, options, programs.ray, programs.ray_first_result, "ray")


def measure_program(case, programs, options, program, first_result, side):
    if case.get("limit", {}).get("run") == "start":
        command = [*programs.limits, "start", "--runs", str(START_RUNS[side]), "--", *first_result]
        return {"mean": run_json(command, timeout(case, options))["value"]}
    return run_json([*program, "--case", case["case"], "--seconds", str(options.seconds)], timeout(case, options))


def timeout(case, options):
    return SLOW_TIMEOUT if case.get("slow") else 120 + 15 * options.seconds


def run_json(command, limit):
    """Runs a program and returns the last JSON object that it prints."""
    with tempfile.TemporaryFile("w+") as errors:
        # The working directory must not shadow modules that the programs import: this one holds a folder named "ray".
        with tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True, cwd=directory)
            try:
                output, _ = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                stop(process)
                raise Failure(f"no result after {limit:.0f} s") from None
            except BaseException:
                stop(process)
                raise
        errors.seek(0)
        tail = errors.read()[-500:].strip()
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise Failure(f"{pathlib.Path(command[0]).name} ended with status {process.returncode} and no result: {tail}")
    return json.loads(lines[-1])


def stop(process):
    """Ends a program and everything it started: politely first, so that it can clean up."""
    family = descendants(process.pid)
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid, started in family:
        if start_time(pid) == started:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def descendants(root):
    """Processes started by `root`, each with its start time: an id alone may belong to somebody else later."""
    parents = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*") if pathlib.Path("/proc").exists() else []:
        fields = stat_fields(int(entry.name))
        if fields:
            parents[int(entry.name)] = int(fields[1])
    family, wanted = [], {root}
    while found := [pid for pid, parent in parents.items() if parent in wanted]:
        family += [(pid, start_time(pid)) for pid in found]
        wanted = set(found)
    return family


def stat_fields(pid):
    try:
        # The name in parentheses may hold spaces; what follows it does not.
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def start_time(pid):
    fields = stat_fields(pid)
    return fields[19] if fields else None
