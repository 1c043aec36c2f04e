"""The rates as a picture: for each case a bar for each system, on a logarithmic axis. Pure."""
import html
import math

import summary

COLOURS = {"conclave": "#1b6ca8", "etcd": "#d98f2b", "zookeeper": "#8a8a8a"}
WIDTH, LEFT, RIGHT, TOP = 900, 170, 150, 60
BAR, BAR_GAP, GROUP_GAP = 13, 2, 12


def decades(values):
    """The powers of ten that enclose all values."""
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def position(value, low, high):
    """Where on the axis a value lies, in pixels from the left."""
    share = (math.log10(value) - low) / max(1, high - low)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def grouped(rows):
    groups = {}
    for row in rows:
        if row.workload not in summary.ONE_LATENCY and row.values["rate"] > 0:
            groups.setdefault(row.case, []).append(row)
    return groups


def text(x, y, words, **style):
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{html.escape(words)}</text>'


def legend(systems):
    parts, x = [], LEFT
    for system in systems:
        parts.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{COLOURS.get(system, "#444")}"/>')
        parts.append(text(x + 18, 40, system))
        x += 110
    return parts


def axis(low, high, bottom):
    parts = []
    for exponent in range(low, high + 1):
        x = position(10.0**exponent, low, high)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        parts.append(text(x, bottom + 16, f"{10**exponent:,}" if exponent >= 0 else str(10.0**exponent), text_anchor="middle"))
    return parts


def bar(row, y, low, high):
    x = position(row.values["rate"], low, high)
    label = f"{row.values['rate']:,.0f}/s"
    if row.system != "conclave" and row.ratio:
        label += f"  (conclave {row.ratio[0]:.1f}x)"
    return [f'<rect x="{LEFT}" y="{y}" width="{max(1.0, x - LEFT):.1f}" height="{BAR}" fill="{COLOURS.get(row.system, "#444")}"/>',
            text(x + 5, y + BAR - 3, label)]


def bars(groups, low, high):
    """The bars and the y at which they end."""
    parts, y = [], TOP
    for case, rows in groups.items():
        height = len(rows) * (BAR + BAR_GAP)
        workload, _, clients = case.rpartition("-")
        parts.append(text(LEFT - 8, y + height / 2 + 3, f"{workload}, {int(clients):,}", text_anchor="end"))
        for row in rows:
            parts += bar(row, y, low, high)
            y += BAR + BAR_GAP
        y += GROUP_GAP
    return parts, y


def render(found):
    groups = grouped(summary.rows(found["rounds"]))
    if not groups:
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="40">{text(10, 25, "There are no results.")}</svg>\n'
    rows = [row for group in groups.values() for row in group]
    low, high = decades([row.values["rate"] for row in rows])
    drawn, bottom = bars(groups, low, high)
    systems = list(dict.fromkeys(row.system for row in rows))
    title = text(LEFT, 18, "Operations (watch: events) per second by workload and clients; logarithmic", font_weight="bold")
    parts = [title, *legend(systems), *axis(low, high, bottom), *drawn]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + 30}" font-family="sans-serif" font-size="11">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")
