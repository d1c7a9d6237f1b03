"""Draws the ratios as bars on a logarithmic scale, readable on light and on dark pages."""
import math
from xml.sax.saxutils import escape

LABEL_WIDTH, PLOT_WIDTH, VALUE_WIDTH = 300, 420, 80
ROW_HEIGHT, BAR_HEIGHT, TOP, BOTTOM, MARGIN = 22, 12, 64, 24, 12

STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #57606a; }
  .grid { stroke: #d0d7de; }
  .base { stroke: #57606a; }
  .bar { fill: #d9562b; }
  .slower { fill: #8c959f; }
  .limit { stroke: #0969da; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .base { stroke: #9198a1; }
    .bar { fill: #f0743e; }
    .slower { fill: #6e7681; }
    .limit { stroke: #58a6ff; }
  }
"""


def draw(rows):
    """Bars say how many times as fast as Ray; without Ray in the results, what part of the limit in C is reached."""
    against_ray = any(row["x_ray"] for row in rows)
    key = "x_ray" if against_ray else "x_c_limit"
    rows = [row for row in rows if row[key]]
    marks = [limit_mark(row) if against_ray else None for row in rows]
    scale = Scale([row[key] for row in rows] + [mark for mark in marks if mark])
    height = TOP + ROW_HEIGHT * len(rows) + BOTTOM
    width = LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<style>{STYLE}</style>",
        *draw_head(against_ray),
        *draw_grid(scale, height),
    ]
    for index, (row, mark) in enumerate(zip(rows, marks)):
        parts += draw_row(row, row[key], mark, scale, TOP + ROW_HEIGHT * index)
    return "\n".join(parts) + "\n</svg>\n"


def limit_mark(row):
    """Where the limit in C stands on the scale of Ray: both ratios have swift-ray above the line, so it cancels."""
    return row["x_ray"] / row["x_c_limit"] if row["x_ray"] and row["x_c_limit"] else None


class Scale:
    """Whole decades around all the values and 1."""

    def __init__(self, values):
        self.low = math.floor(min([0.0] + [math.log10(value) for value in values]))
        self.high = max(self.low + 1, math.ceil(max([0.0] + [math.log10(value) for value in values])))

    def x(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(MARGIN + LABEL_WIDTH + PLOT_WIDTH * share, 1)

    @property
    def decades(self):
        return [10.0**exponent for exponent in range(self.low, self.high + 1)]


def draw_head(against_ray):
    title = "swift-ray: how many times as good as Ray" if against_ray else "swift-ray: share of the machine's limit in C"
    yield f"<title>{title}</title>"
    yield text(MARGIN, 22, title, "title")
    if against_ray:
        x = MARGIN + LABEL_WIDTH + PLOT_WIDTH
        yield f'<line class="limit" x1="{x - 76}" x2="{x - 76}" y1="11" y2="25"/>'
        yield text(x - 68, 22, "limit in C", "quiet")


def draw_grid(scale, height):
    for value in scale.decades:
        x = scale.x(value)
        yield f'<line class="{"base" if value == 1 else "grid"}" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - BOTTOM + 4}"/>'
        yield text(x, TOP - 14, f"{value:,.15g}x", "quiet", "middle")


def draw_row(row, value, mark, scale, y):
    middle = y + ROW_HEIGHT / 2
    base, end = scale.x(1), scale.x(value)
    left, width = min(base, end), max(1.0, round(abs(end - base), 1))
    kind = "bar" if value >= 1 else "slower"
    yield text(MARGIN + LABEL_WIDTH - 8, middle + 4, row["case"], anchor="end")
    yield f'<rect class="{kind}" x="{left}" y="{middle - BAR_HEIGHT / 2}" width="{width}" height="{BAR_HEIGHT}" rx="2"/>'
    edge = max(base, end)
    if mark:
        x = scale.x(mark)
        yield f'<line class="limit" x1="{x}" x2="{x}" y1="{middle - 8}" y2="{middle + 8}"/>'
        # The number stands behind whatever would cross it.
        if edge - 4 < x < edge + 60:
            edge = x
    yield text(edge + 6, middle + 4, label(value), "quiet")


def label(value):
    if value >= 10:
        return f"{value:,.0f}x"
    return f"{value:.1f}x" if value >= 1 else f"{value:.2g}x"


def text(x, y, content, kind="", anchor="start"):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{x}" y="{y:g}"{attributes}>{escape(content)}</text>'
