"""Posted results of ClinicalTrials.gov: records of the measures, and the readable text that their spans point into.

Numbers are the strings that were sent. Groups are joined by id, which is unique in a module only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialkb.records import Denominator, Group, Measurement, ResultMeasure

from ._ctgov_json import block, items, line, string, words

_KNOWN = {
    "type", "title", "description", "populationDescription", "reportingStatus", "paramType", "dispersionType",
    "unitOfMeasure", "timeFrame", "groups", "denoms", "classes", "analyses",
}  # fmt: skip


class Page:
    """Lines of a text under construction, and how long it is so far."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0

    def add(self, piece: str) -> tuple[int, int]:
        """Append a piece; its span in the text."""
        start = self.length
        self.parts.append(piece)
        self.length += len(piece)
        return start, self.length

    def line(self, text: str | None) -> None:
        """A line of its own; nothing where there is no text."""
        if text:
            self.add(text + "\n")

    def end(self, text: str) -> None:
        """The rest of a line that was begun with `add`."""
        self.add(text + "\n")

    def text(self) -> str:
        return "".join(self.parts).rstrip("\n")


def groups(module: Mapping[str, Any], key: str = "groups") -> tuple[Group, ...]:
    return tuple(Group(string(g, "id") or "", string(g, "title"), string(g, "description")) for g in items(module, key))


def name(group_id: str, named: Mapping[str, Group]) -> str:
    """What a group is called in the text: its title, or its id."""
    group = named.get(group_id)
    return line(group.title) if group and group.title else group_id


def denominators(holder: Mapping[str, Any], class_title: str | None = None) -> Iterator[Denominator]:
    for d in items(holder, "denoms"):
        for c in items(d, "counts"):
            value = string(c, "value")
            if value is not None:
                yield Denominator(string(d, "units"), string(c, "groupId") or "", value, class_title)


def measures(module: Mapping[str, Any]) -> tuple[tuple[ResultMeasure, ...], list[tuple[str, str]]]:
    """The posted outcome measures, and name and text of the section of each."""
    found = [_measure(m, f"results:{n}") for n, m in enumerate(items(module, "outcomeMeasures"))]
    return tuple(m for m, _ in found), [(m.section, text) for m, text in found]


def _measure(m: Mapping[str, Any], section: str) -> tuple[ResultMeasure, str]:
    page = Page()
    group_list = groups(m)
    named = {g.id: g for g in group_list}
    title = string(m, "title") or "(no title)"
    page.line(line(title))
    _head(page, m, group_list)
    denoms = (*denominators(m), *(d for c in items(m, "classes") for d in denominators(c, string(c, "title"))))
    measurements = tuple(_measurements(page, m, named, denoms))
    analyses = tuple(_analysis(page, a, named) for a in items(m, "analyses"))
    record = ResultMeasure(
        section,
        string(m, "type"),
        title,
        description=string(m, "description"),
        population=string(m, "populationDescription"),
        reporting_status=string(m, "reportingStatus"),
        param_type=string(m, "paramType"),
        dispersion_type=string(m, "dispersionType"),
        unit=string(m, "unitOfMeasure"),
        time_frame=string(m, "timeFrame"),
        groups=group_list,
        denominators=denoms,
        measurements=measurements,
        analyses=analyses,
        extra={k: v for k, v in m.items() if k not in _KNOWN},
    )
    return record, page.text()


def _head(page: Page, m: Mapping[str, Any], group_list: tuple[Group, ...]) -> None:
    for label, key in (("", "description"), ("Type: ", "type"), ("Time frame: ", "timeFrame")):
        if text := string(m, key):
            page.line(label + block(text))
    for label, key in (("Population: ", "populationDescription"), ("Statistic: ", "paramType")):
        if text := string(m, key):
            page.line(label + block(text))
    for label, key in (("Dispersion: ", "dispersionType"), ("Unit: ", "unitOfMeasure")):
        if text := string(m, key):
            page.line(label + line(text))
    for g in group_list:
        about = f": {block(g.description)}" if g.description else ""
        page.line(f"Group {line(g.title or g.id)}{about}")


def _measurements(
    page: Page, m: Mapping[str, Any], named: Mapping[str, Group], denoms: tuple[Denominator, ...]
) -> Iterator[Measurement]:
    """Each number, rendered as `class | category | group: value (lower to upper) unit, N=denominator`."""
    unit = line(string(m, "unitOfMeasure") or "")
    of_group: dict[str, list[Denominator]] = {}
    for d in denoms:
        of_group.setdefault(d.group_id, []).append(d)
    for c in items(m, "classes"):
        class_title = string(c, "title")
        for category in items(c, "categories"):
            category_title = string(category, "title")
            titles = [line(t) for t in (class_title, category_title) if t]
            for x in items(category, "measurements"):
                group = string(x, "groupId") or ""
                page.add(" | ".join([*titles, name(group, named)]) + ": ")
                value = string(x, "value")
                start, end = page.add(line(value or "no value"))
                page.end(_tail(x, unit, _of(of_group.get(group, ()), class_title)))
                yield Measurement(
                    group,
                    value,
                    string(x, "spread"),
                    string(x, "lowerLimit"),
                    string(x, "upperLimit"),
                    string(x, "comment"),
                    class_title,
                    category_title,
                    start if value is not None else None,
                    end if value is not None else None,
                )


def _of(own: Sequence[Denominator], class_title: str | None) -> str:
    """What a number of a class is counted of, as printed behind it; `own` are the denominators of its group."""
    fitting = [d for d in own if class_title and d.class_title == class_title] or [d for d in own if not d.class_title]
    return ", ".join(f"N={d.value}" + ("" if d.units in (None, "Participants") else f" {d.units}") for d in fitting)


def _tail(x: Mapping[str, Any], unit: str, of: str) -> str:
    low, high, spread, comment = (string(x, k) for k in ("lowerLimit", "upperLimit", "spread", "comment"))
    between = f" ({low or '?'} to {high or '?'})" if low or high else f" (± {spread})" if spread else ""
    note = f" [{line(comment)}]" if comment else ""
    return f"{between}{' ' + unit if unit else ''}{', ' + of if of else ''}{note}"


def _analysis(page: Page, a: Mapping[str, Any], named: Mapping[str, Group]) -> dict[str, Any]:
    """A statistical analysis as posted, with the span of its parameter's value in the text."""
    who = " vs ".join(name(g, named) for g in words(a, "groupIds"))
    what = line(string(a, "paramType") or string(a, "statisticalMethod") or "")
    page.add(f"Analysis{' of ' + who if who else ''}: {what} ")
    posted = dict(a)
    if value := string(a, "paramValue"):
        posted["span"] = list(page.add(line(value)))
    low, high, level = (string(a, k) for k in ("ciLowerLimit", "ciUpperLimit", "ciPctValue"))
    limits = f" ({level + '% CI ' if level else ''}{low or '?'} to {high or '?'})" if low or high else ""
    p = string(a, "pValue")
    about = [line(t) for k in ("pValueComment", "groupDescription", "estimateComment") if (t := string(a, k))]
    tested = "" if p is None else f", p {p if p[:1] in '<>=' else '= ' + p}"
    page.end(limits + tested + "".join(f"; {t}" for t in about))
    return posted


def participant_flow(module: Mapping[str, Any]) -> tuple[tuple[Group, ...], str]:
    """The groups, and a line a milestone or reason and group."""
    page = Page()
    group_list = groups(module)
    named = {g.id: g for g in group_list}
    for key in ("recruitmentDetails", "preAssignmentDetails"):
        page.line(block(string(module, key) or ""))
    for period in items(module, "periods"):
        title = line(string(period, "title") or "Period")
        for m in items(period, "milestones"):
            for x in items(m, "achievements"):
                page.line(_flow_line(title, string(m, "type"), x, named))
        for d in items(period, "dropWithdraws"):
            for x in items(d, "reasons"):
                page.line(_flow_line(title, string(d, "type"), x, named))
    return group_list, page.text()


def _flow_line(title: str, kind: str | None, x: Mapping[str, Any], named: Mapping[str, Group]) -> str:
    comment = string(x, "comment")
    who = name(string(x, "groupId") or "", named)
    count = string(x, "numSubjects") or "not given"
    return f"{title} | {line(kind or '')} | {who}: {count}{' [' + line(comment) + ']' if comment else ''}"


def baseline(module: Mapping[str, Any]) -> tuple[tuple[Group, ...], str]:
    """The groups, and a line a characteristic, category and group."""
    page = Page()
    group_list = groups(module)
    named = {g.id: g for g in group_list}
    page.line(block(string(module, "populationDescription") or ""))
    overall = tuple(denominators(module))
    for d in overall:
        page.line(f"{d.units or 'Participants'} | {name(d.group_id, named)}: {d.value}")
    for m in items(module, "measures"):
        kind = ", ".join(line(t) for k in ("paramType", "dispersionType") if (t := string(m, k)))
        page.line(f"{line(string(m, 'title') or '')}{' (' + kind + ')' if kind else ''}")
        own = (*denominators(m), *(d for c in items(m, "classes") for d in denominators(c, string(c, "title"))))
        list(_measurements(page, m, named, own))
    return group_list, page.text()
