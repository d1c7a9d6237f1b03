"""Rows, ratios, the table and the JSON file."""
import datetime
import json
import os
import pathlib
import platform


def make_row(case, sides):
    """One result; ratios say how many times as good, so more is better for every unit."""
    swift, limit, ray = (mean(sides[name]) for name in ("swift", "limit", "ray"))
    less_is_better = case.get("better") == "less"
    row = {
        "case": case["case"],
        "unit": case["unit"],
        "value": swift,
        "c_limit": limit,
        "ray": ray,
        "x_c_limit": ratio(swift, limit, less_is_better),
        "x_ray": ratio(swift, ray, less_is_better),
        "sd": spread(sides["swift"]),
        "ray_sd": spread(sides["ray"]),
    }
    notes = [f"{label}: {sides[name][key]}" for name, label in (("swift", "swift-ray"), ("ray", "Ray"))
             for key in ("note", "skipped") if sides[name] and key in sides[name]]
    errors = [f"{label}: {sides[name]['error']}" for name, label in (("limit", "C limit"), ("swift", "swift-ray"), ("ray", "Ray"))
              if sides[name] and "error" in sides[name]]
    if notes:
        row["note"] = "; ".join(notes)
    if errors:
        row["error"] = "; ".join(errors)
    return row


def mean(side):
    return side.get("mean") if side else None


def spread(side):
    """None for what was measured once: 0 would promise exactness."""
    return (side.get("sd") or None) if side else None


def ratio(value, reference, less_is_better):
    if not value or not reference:
        return None
    return reference / value if less_is_better else value / reference


def save(rows, path: pathlib.Path):
    path.write_text("[\n" + ",\n".join("  " + json.dumps(rounded(row)) for row in rows) + "\n]\n")


def rounded(row):
    return {key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in row.items()}


def load(path: pathlib.Path):
    return json.loads(path.read_text())


HEADINGS = ("case", "unit", "swift-ray", "±", "C limit", "x C limit", "Ray", "±", "x Ray")


def table(rows):
    cells = [HEADINGS] + [
        (row["case"], row["unit"], short(row["value"]), short(row.get("sd")), short(row["c_limit"]), times(row["x_c_limit"]),
         short(row["ray"]), short(row.get("ray_sd")), times(row["x_ray"]))
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(text.ljust(width) if column < 2 else text.rjust(width)
                       for column, (text, width) in enumerate(zip(line, widths))).rstrip() for line in cells]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    lines += [f"{row['case']}: {row[key]}" for key in ("note", "error") for row in rows if row.get(key)]
    return "\n".join(lines)


def short(number):
    """Three digits: 3.25, 307 k, 7.94 M."""
    if number is None:
        return "-"
    # Thousands keep their digits up to 9,999: rates of that size are read as they are.
    for start, divisor, suffix in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(number) >= start:
            return significant(number / divisor) + suffix
    return significant(number)


def significant(number):
    if number == 0:
        return "0"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    if abs(number) >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if abs(number) >= 0.1 else f"{number:.2g}"


def times(number):
    return "-" if number is None else significant(number) + "x"


def describe_machine(programs):
    swift_ray = "swift-ray, " if programs.swift else ""
    ray = f"Ray {programs.ray_version}, " if programs.ray else ""
    return f"{swift_ray}{ray}{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {datetime.date.today()}"


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
