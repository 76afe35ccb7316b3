"""The report as one HTML file that needs nothing else: curves, tables, style and a little script are all inside.

Names and messages come from strangers: all text is escaped, and a content security policy lets only our own script
and style run (by their hashes) and nothing be loaded.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from ligeia.bench.document import READING, Chart, Document, Group, Part
from ligeia.bench.page import SCRIPT, STYLE
from ligeia.bench.svg import legend, marker_definitions, picture, text
from ligeia.plots.palette import Style
from ligeia.records.tables import Table

Places = Mapping[str, int]
"""Number of each family, metric or group, as it is used in classes and options."""


def page(report: Document) -> str:
    """The whole file. The same document gives the same text."""
    families, metrics = _places(report.styles), _places(report.metrics)
    style = STYLE + _colours(report.styles, families)
    groups = "".join(_group(group, place, metrics) for place, group in enumerate(report.groups))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{_policy(style)}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(report.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{marker_definitions(report.styles, families)}"
        f"<header><h1>{text(report.title)}</h1>\n<p>{text(report.facts)}</p>\n<p>{text(READING)}</p>\n</header>\n"
        f"{_controls(report)}<main>\n{_charts(report, metrics, families)}{groups}"
        f"{''.join(_appendix(part) for part in report.appendix)}</main>\n"
        f'<div id="tip" hidden></div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n'
    )


def table_html(shown: Table, keys: Places | None = None) -> str:
    """A table; empty text where it has no lines.

    With `keys`, a line whose first cell is one of them is shown only when that metric is chosen.
    """
    if not shown:
        return ""
    head = "".join(_cell("th", name, column in shown.texts) for column, name in enumerate(shown.header))
    body = "".join(_line(shown, number, keys or {}) for number in range(len(shown.lines)))
    return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n'


def _line(shown: Table, number: int, keys: Places) -> str:
    """One line, marked where something new begins: another first cell, up to its colon, than in the line above."""
    line = shown.lines[number]
    names = [cells[0].partition(":")[0] for cells in shown.lines[max(number - 1, 0) : number + 1]]
    marks = ' class="new"' if names[0] != names[-1] else ""
    marks += f' data-metric="{keys[line[0]]}"' if line[0] in keys else ""
    return f"<tr{marks}>{''.join(_cell('td', said, column in shown.texts) for column, said in enumerate(line))}</tr>\n"


def _cell(tag: str, said: str, is_text: bool) -> str:
    kind = "" if is_text else ' class="number"'
    return f"<{tag}{kind}>{text(said)}</{tag}>"


def _charts(report: Document, metrics: Places, families: Places) -> str:
    """All charts together, so that groups can be compared."""
    figures = "".join(
        _figure(chart, f'data-group="{place}" data-metric="{metrics[chart.metric]}"', families)
        for place, group in enumerate(report.groups)
        for chart in group.charts
    )
    inside = f'<div class="charts">\n{figures}</div>\n' if figures else "<p>There is nothing to draw.</p>\n"
    return f"<section>\n<h2>Quality over rate</h2>\n{inside}</section>\n"


def _figure(chart: Chart, kind: str, families: Places) -> str:
    caption = f"<figcaption>{text(chart.title)}</figcaption>\n"
    return f"<figure {kind}>\n{caption}{legend(chart, families)}{picture(chart, families)}</figure>\n"


def _group(group: Group, place: int, metrics: Places) -> str:
    parts = "".join(_part(part, 3, metrics) for part in group.parts)
    return f'<section data-group="{place}">\n<h2>{text(group.name)}</h2>\n{parts}</section>\n'


def _part(part: Part, level: int, metrics: Places) -> str:
    over = f"<h{level}>{text(part.heading)}</h{level}>\n" if part.heading else ""
    said = f"<p>{text(part.text)}</p>\n" if part.text else ""
    return f"{over}{said}{table_html(part.table, metrics if part.by_metric else None)}"


def _appendix(part: Part) -> str:
    return f"<section>\n{_part(part, 2, {})}</section>\n"


def _controls(report: Document) -> str:
    """Two menus that the script brings to life; hidden without it, when everything is shown."""
    metric = _menu("metric", "Metric", "all metrics", report.metrics)
    group = _menu("group", "Group", "all groups", [group.name for group in report.groups])
    return f'<nav id="controls" hidden>{metric}{group}</nav>\n'


def _menu(name: str, label: str, everything: str, choices: Sequence[str]) -> str:
    options = "".join(f'<option value="{place}">{text(said)}</option>' for place, said in enumerate(choices))
    return f'<label>{label} <select id="{name}">{options}<option value="">{everything}</option></select></label>'


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _colours(styles: Mapping[str, Style], families: Places) -> str:
    """One class per family; dashed lines where the colours come round again."""
    light = "".join(f".f{families[name]}{{--c:{style.light}}}" for name, style in styles.items())
    dark = "".join(f".f{families[name]}{{--c:{style.dark}}}" for name, style in styles.items())
    rules = ".f{0} .line{{stroke-dasharray:5 3}}.f{0} .lossless{{stroke-dasharray:7 5}}"
    dashed = "".join(rules.format(families[name]) for name in styles if styles[name].dashed)
    return f"{light}{dashed}\n@media (prefers-color-scheme:dark){{{dark}}}\n"


def _policy(style: str) -> str:
    sources = f"default-src 'none'; script-src '{_hash(SCRIPT)}'; style-src '{_hash(style)}'"
    return f"<meta http-equiv=\"Content-Security-Policy\" content=\"{sources}; base-uri 'none'; form-action 'none'\">\n"


def _hash(inline: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"
