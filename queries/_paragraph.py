"""The paragraph for a protocol's background, in English or Chinese, and the evidence appendix.

Two to four sentences; every number is followed by the key of what it is cited from, and stands in the table too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trialkb.terms import by_id

from ._bench_cells import METHODS_ZH
from ._evidence import Held
from ._studies import Study

if TYPE_CHECKING:
    from ._request import Request
    from .bench import Answer

_UNITS = {"en": {"mo": "months", "wk": "weeks", "d": "days", "a": "years", "%": "%", "{participants}": "patients"},
          "zh": {"mo": "个月", "wk": "周", "d": "天", "a": "年", "%": "%", "{participants}": "例"}}  # fmt: skip


def term(kind: str, id: str, language: str) -> str:
    """A lexicon term as prose names it.

    >>> term("endpoint", "ORR", "en"), term("indication", "gastric_cancer", "zh")
    ('objective response rate (ORR)', '胃癌')
    """
    found = by_id().get((kind, id))
    if found is None:
        return id
    if language == "zh":
        name = found.zh[0].rstrip("?") if found.zh else found.preferred
        return f"{name}（{id}）" if kind == "endpoint" and found.zh else name
    name = found.preferred if kind != "indication" else found.preferred[0].lower() + found.preferred[1:]
    return f"{name[0].lower()}{name[1:]} ({id})" if kind == "endpoint" and id.isupper() else name


def write(a: Answer, language: str) -> str:
    """The paragraph. Nothing is in it that is not in the table."""
    sentences = _zh(a) if language == "zh" else _en(a)
    return ("" if language == "zh" else " ").join(s for s in sentences if s)


def _keys(studies: Sequence[Study]) -> str:
    return "[" + ", ".join(sorted({s.paper.source.key for s in studies})) + "]"


def _studies(count: int) -> str:
    return "one study" if count == 1 else f"{count} studies"


def _ends(a: Answer) -> tuple[Study, Study]:
    """The studies with the lowest and the highest share."""
    used = sorted((s for s in a.used if s.count), key=lambda s: s.count.events / s.count.total if s.count else 0)
    return used[0], used[-1]


def _differ(a: Answer) -> bool:
    """Whether the studies report different shares."""
    return len({s.count.events / s.count.total for s in a.used if s.count}) > 1


def _figure(s: Study) -> str:
    assert s.count is not None
    mark = "*" if s.count.derived else ""
    return f"{100 * s.count.events / s.count.total:.1f}% ({s.count.events}{mark}/{s.count.total})"


def _what(a: Answer, language: str) -> str:
    r = a.request
    kind = "/".join(r.modality) or ({"en": "therapy", "zh": "靶向疗法"}[language] if r.target else "")
    therapy = "/".join(r.target) + ("-directed " if r.target and language == "en" else " " if r.modality else "") + kind
    where = (" or " if language == "en" else "或").join(term("indication", i, language) for i in r.indication)
    if language == "zh":
        if not therapy.strip():
            return f"{where}的治疗" if where else "所检索研究"
        return f"{therapy.strip()}治疗{where}" if where else therapy.strip()
    return f"{therapy.strip() or 'treatment'} in {where}" if where else therapy.strip() or "treatment"


def named(r: Request, language: str) -> str:
    """The endpoint with its grade, as prose names it."""
    name, grade = term("endpoint", r.endpoint, language), r.name.partition("grade ")[2].replace(">=", "≥")
    if not grade:
        return name
    return f"{grade}级{name}" if language == "zh" else f"{name} of grade {grade}"


def _en(a: Answer) -> Iterator[str]:
    name = named(a.request, "en")
    if a.request.sort == "share" and "rate" not in name:
        name = f"rate of {name}"
    if a.request.sort != "share":
        yield (
            f"For {_what(a, 'en')}, the {name} was reported by {_studies(len(a.studies))}: "
            + "; ".join(f"{_timed(s.held[0], 'en')} [{s.paper.source.key}]" for s in a.studies)
            + "."
        )
        return
    used, p = a.used, a.pooled
    if not used:
        yield f"For {_what(a, 'en')}, no study reports counts for the {name} that may be pooled."
        return
    total = sum(s.count.total for s in used if s.count)
    if len(used) == 1:
        yield f"For {_what(a, 'en')}, one study reports the {name}: {_figure(used[0])} {_keys(used)}."
        yield _limits_en(a)
        return
    if p is None or p.estimate is None:
        yield f"For {_what(a, 'en')}, {len(used)} studies with {total} patients report the {name} {_keys(used)}."
    if p and p.estimate is not None and p.low is not None and p.high is not None:
        pi = (
            f"; prediction interval for a new study {100 * p.pi_low:.1f}-{100 * p.pi_high:.1f}%"
            if p.pi_low is not None and p.pi_high is not None
            else ""
        )
        i2 = f"; I² {p.i2:.1f}%" if p.i2 is not None else ""
        yield (
            f"For {_what(a, 'en')}, the {name} pooled over {len(used)} studies with {total} patients is "
            f"{100 * p.estimate:.1f}% (95% CI {100 * p.low:.1f}-{100 * p.high:.1f}%{pi}{i2}; {p.method}) {_keys(used)}."
        )
    low, high = (f"{_figure(s)} [{s.paper.source.key}]" for s in _ends(a))
    yield f"Single studies report from {low} to {high}." if _differ(a) else ""
    yield _limits_en(a)


def _limits_en(a: Answer) -> str:
    parts = []
    if 1 < len(a.used) < 5:
        known = a.pooled is not None and a.pooled.pi_low is not None
        narrow = " and the prediction interval is likely too narrow" if known else ""
        parts.append(f"with so few studies the spread between them is hardly known{narrow}")
    if any(s.count and s.count.derived for s in a.used):
        parts.append("numerators marked * are computed: from a printed percentage and n, or as a sum of printed counts")
    mixed = [s for s in a.used if s.mixed]
    if mixed:
        parts.append(f"patients with other tumours are counted too {_keys(mixed)}")
    if any("cited, not read from the source" in s.flags for s in a.used):
        parts.append("figures are cited and were not read from the full reports")
    words = "; ".join(parts)
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _zh(a: Answer) -> Iterator[str]:
    name = named(a.request, "zh")
    if a.request.sort == "share" and "率" not in name:
        name += "发生率" if a.request.safety else "率"
    if a.request.sort != "share":
        yield (
            f"{_what(a, 'zh')}：{len(a.studies)}项研究报告了{name}，{'分别' if len(a.studies) > 1 else ''}为"
            + "；".join(f"{_timed(s.held[0], 'zh')}[{s.paper.source.key}]" for s in a.studies)
            + "。"
        )
        return
    used, p = a.used, a.pooled
    if not used:
        yield f"{_what(a, 'zh')}：尚无研究报告可合并的{name}例数。"
        return
    total = sum(s.count.total for s in used if s.count)
    if len(used) == 1:
        yield f"{_what(a, 'zh')}：一项研究报告了{name}，为{_figure(used[0])}{_keys(used)}。"
        yield _limits_zh(a)
        return
    if p is None or p.estimate is None:
        yield f"{_what(a, 'zh')}：{len(used)}项研究共{total}例患者报告了{name}{_keys(used)}。"
    if p and p.estimate is not None and p.low is not None and p.high is not None:
        known = p.pi_low is not None and p.pi_high is not None
        pi = f"；新研究的预测区间{100 * (p.pi_low or 0):.1f}%-{100 * (p.pi_high or 0):.1f}%" if known else ""
        i2 = f"；I²={p.i2:.1f}%" if p.i2 is not None else ""
        ci = f"95%CI {100 * p.low:.1f}%-{100 * p.high:.1f}%"
        yield (
            f"{_what(a, 'zh')}：{len(used)}项研究共{total}例患者合并的{name}为{100 * p.estimate:.1f}%"
            f"（{ci}{pi}{i2}；{METHODS_ZH.get(p.method, p.method)}）{_keys(used)}。"
        )
    low, high = (f"{_figure(s)}[{s.paper.source.key}]" for s in _ends(a))
    yield f"各研究报告值为{low}至{high}。" if _differ(a) else ""
    yield _limits_zh(a)


def _limits_zh(a: Answer) -> str:
    parts = []
    if 1 < len(a.used) < 5:
        known = a.pooled is not None and a.pooled.pi_low is not None
        parts.append("研究数量过少，研究间差异难以估计" + ("，预测区间可能过窄" if known else ""))
    if any(s.count and s.count.derived for s in a.used):
        parts.append("标*的分子由报告的百分比和例数推算，或为报告的例数之和")
    mixed = [s for s in a.used if s.mixed]
    if mixed:
        parts.append(f"部分研究包括其他肿瘤患者{_keys(mixed)}")
    if any("cited, not read from the source" in s.flags for s in a.used):
        parts.append("数据为转引，未核对全文")
    return "；".join(parts) + "。" if parts else ""


def _timed(h: Held, language: str) -> str:
    """A time, or a share at a time: a bare 63% of a survival endpoint would say nothing."""
    said, t = _printed(h, language), h.outcome.time_point
    name = {"median": ("median ", "中位"), "mean": ("mean ", "平均")}.get(h.outcome.statistic, ("", ""))
    if t is None:
        return f"{name[language == 'zh']}{said}"
    unit = _UNITS[language].get(t.unit or "", t.unit or "")
    return f"{t.value:g}{unit}时{said}" if language == "zh" else f"{said} at {t.value:g} {unit}"


def _printed(h: Held, language: str) -> str:
    o = h.outcome
    if o.value_status != "reported" or o.value is None:
        states = {"not_reached": "未达到", "not_estimable": "不可估计"}
        return states.get(o.value_status, "未报告") if language == "zh" else o.value_status.replace("_", " ")
    unit = _UNITS[language].get(o.unit or "", o.unit or "")
    gap = "" if language == "zh" or unit == "%" else " "
    d = o.dispersion
    if d and d.type.startswith("CONFIDENCE") and d.lower is not None:
        ci = f" (95% CI {d.lower:g}-{'NE' if d.upper is None else format(d.upper, 'g')})"
        return f"{o.value:g}{gap}{unit}" + (ci if language == "en" else ci.replace(" (", "（").replace(")", "）"))
    return f"{o.value:g}{gap}{unit}"


def appendix(a: Answer) -> Iterator[Mapping[str, Any]]:
    """Every number of the table with its source sentence, document, offsets and date of retrieval."""
    for s in a.studies:
        for h, use in (
            *((h, "row") for h in s.held),
            *((h, "follow-up") for h in s.beside),
            *((e.held, e.why) for e in s.history),
        ):
            keys = {p.id: p.source.key for p in s.papers}
            o, e = h.outcome, h.outcome.evidence
            share = f"{o.numerator}/{o.denominator}" if o.numerator is not None and o.denominator is not None else None
            number = " ".join(x for x in (_printed(h, "en") if o.value is not None else None, share) if x)
            yield {
                "key": keys.get(o.document, o.document), "number": number or o.value_status,
                "use": use, "endpoint": o.endpoint, "sentence": " ".join(h.sentence.split()), "quote": h.quote,
                "document": o.document, "section": e.section, "start": e.value_span[0], "end": e.value_span[1],
                "retrieved": h.retrieved[:10], "outcome": h.id, "derived": ", ".join(o.derived) or None,
            }  # fmt: skip
