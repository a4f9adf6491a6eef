"""The same statement in English and in Chinese gives the same records (the other facts have their pairs elsewhere)."""

from collections.abc import Callable, Iterator

import pytest

from trialkb.extract import arms, dose, eligibility, endpoints, line, lymphodepletion
from trialkb.records import Document, Finding, Section

Find = Callable[[Document], Iterator[Finding]]
LEFT_OUT = {"measure", "definition", "number", "label"}  # words of the source, not what they say


def records(find: Find, text: str, section: str) -> list[tuple[str, str, str]]:
    document = Document("X1", "trial", "test", (Section(section, text),), b"")
    found = [f for f in find(document) if f.field != "eligibility.criterion"]
    assert all(text[f.start : f.end].strip() for f in found)
    kept = [{k: v for k, v in sorted((f.detail or {}).items()) if k not in LEFT_OUT} for f in found]
    return sorted((f.field, f.value, repr(d)) for f, d in zip(found, kept, strict=True))


PAIRS: list[tuple[Find, str, str, str]] = [
    (dose.find, "body", "CAR-T cells are given at a dose of 2.5×10⁸ cells.", "CAR-T细胞剂量为2.5×10⁸个。"),
    (dose.find, "body", "CAR-T cells are infused at 1×10⁶/kg.", "按1×10⁶个/kg回输CAR-T细胞。"),
    (dose.find, "body", "A dose of 100 million CAR-T cells is infused.", "每次回输1亿个CAR-T细胞。"),
    (dose.find, "body", "CAR-T cells at 3×10^6-1×10^7 cells/kg are infused.", "回输CAR-T细胞3×10^6~1×10^7个/kg。"),
    (dose.find, "body", "Doses of 1×10⁶, 3×10⁶ and 1×10⁷ CAR-T cells/kg.", "CAR-T细胞剂量为1×10⁶、3×10⁶和1×10⁷个/kg。"),
    (dose.find, "body", "A single infusion of CAR-T cells.", "CAR-T细胞单次输注。"),
    (dose.find, "body", "NK cells are infused every 2 weeks.", "NK细胞每2周回输。"),
    (dose.find, "body", "Mice received 1×10⁷ CAR-T cells.", "小鼠注射1×10⁷个CAR-T细胞。"),
    (lymphodepletion.find, "body", "Lymphodepletion with fludarabine and cyclophosphamide.", "清淋方案为氟达拉滨和环磷酰胺。"),
    (lymphodepletion.find, "body", "Lymphodepletion: fludarabine 30 mg/m2 for 3 days.", "清淋：氟达拉滨30 mg/m²，连续3天。"),
    (lymphodepletion.find, "body", "Preconditioning with nab-paclitaxel and fludarabine.", "预处理采用白蛋白紫杉醇和氟达拉滨。"),
    (lymphodepletion.find, "body", "Bridging therapy is allowed.", "允许桥接治疗。"),
    (lymphodepletion.find, "body", "Cell infusion is followed by IL-2.", "细胞输注后给予白介素-2。"),
    (line.find, "body", "Patients failed first-line therapy.", "患者一线治疗失败。"),
    (line.find, "body", "Patients had at least two prior lines of therapy.", "患者既往至少接受过二线治疗。"),
    (line.find, "body", "Patients are previously untreated.", "患者未经治疗。"),
    (line.find, "title", "CAR-T for relapsed or refractory lymphoma", "CAR-T治疗复发或难治性淋巴瘤"),
    (line.find, "title", "Adjuvant immunotherapy", "辅助治疗"),
    (endpoints.find, "body", "The primary endpoint was objective response rate.", "主要终点为客观缓解率。"),
    (endpoints.find, "body", "Secondary endpoints are PFS, OS and disease control rate.", "次要终点为PFS、OS和疾病控制率。"),
    (endpoints.find, "body", "The primary endpoint is dose-limiting toxicity.", "主要终点为剂量限制性毒性。"),
    (endpoints.find, "primary_outcomes", "Maximum tolerated dose (MTD)", "最大耐受剂量（MTD）"),
    (endpoints.find, "primary_outcomes", "Safety and tolerability", "安全性和耐受性"),
    (endpoints.find, "secondary_outcomes", "Progression-free survival", "无进展生存期"),
    (eligibility.find, "eligibility",
     "Inclusion Criteria:\n1. Age 18-70 years\n2. ECOG 0-1", "纳入标准：\n1、年龄18-70岁\n2、ECOG 0-1分"),
    (eligibility.find, "eligibility", "Inclusion Criteria: 1. Life expectancy ≥ 3 months", "纳入标准：1. 预计生存期≥3个月"),
    (eligibility.find, "eligibility", "Exclusion Criteria: 1. HGB < 80 g/L", "排除标准：1. 血红蛋白＜80 g/L"),
    (eligibility.find, "eligibility", "ANC ≥1.0×10^9/L; platelets ≥75×10^9/L", "中性粒细胞计数≥1.0×10⁹/L；血小板计数≥75×10⁹/L"),
    (eligibility.find, "eligibility", "AST and ALT ≤ 2.5 × ULN", "谷草转氨酶和谷丙转氨酶≤2.5倍正常值上限"),
    (eligibility.find, "eligibility", "Total bilirubin ≤ 1.5 × ULN", "总胆红素≤1.5×ULN"),
    (eligibility.find, "eligibility", "Creatinine clearance at least 60 mL/min", "肌酐清除率不低于60 ml/min"),
    (eligibility.find, "eligibility", "Exclusion Criteria: CKD stage III and above", "排除标准：慢性肾脏病III期及以上"),
    (eligibility.find, "eligibility", "Exclusion Criteria: Child-Pugh class C", "排除标准：Child-Pugh C级"),
    (eligibility.find, "eligibility", "LVEF ≥ 50%", "左心室射血分数≥50%"),
    (eligibility.find, "eligibility",
     "Exclusion Criteria: Radiotherapy within 4 weeks before infusion", "排除标准：输注前4周内接受放疗"),
    (eligibility.find, "eligibility", "CLDN18.2 IHC ≥2+ in ≥40% of tumor cells", "CLDN18.2免疫组化≥2+的肿瘤细胞≥40%"),
    (eligibility.find, "eligibility", "Exclusion Criteria: Prior CAR-T therapy", "排除标准：既往接受过CAR-T治疗"),
    (eligibility.find, "eligibility", "Women of childbearing age use contraception", "育龄妇女采取避孕措施"),
    (arms.find, "body", "No groups are named.", "没有分组。"),
]  # fmt: skip


def test_there_are_thirty_pairs_at_least() -> None:
    assert len(PAIRS) >= 30


@pytest.mark.parametrize(("find", "section", "english", "chinese"), PAIRS)
def test_both_languages_give_the_same_records(find: Find, section: str, english: str, chinese: str) -> None:
    assert records(find, english, section) == records(find, chinese, section)


def test_the_pairs_say_something() -> None:
    assert sum(bool(records(find, english, section)) for find, section, english, _ in PAIRS) >= 30


@pytest.mark.parametrize(("find", "section", "english", "chinese"), PAIRS)
def test_full_width_digits_and_letters_change_nothing(find: Find, section: str, english: str, chinese: str) -> None:
    wide = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "0123456789ABCDEGHILNOPRST"})
    assert section != "body" or records(find, chinese.translate(wide), section) == records(find, chinese, section)


@pytest.mark.parametrize(("find", "section", "english", "chinese"), PAIRS)
def test_hard_wrapped_lines_change_nothing(find: Find, section: str, english: str, chinese: str) -> None:
    for i in range(1, len(chinese)) if section == "body" else ():
        if all("\u3400" <= c <= "\u9fff" for c in chinese[i - 1 : i + 1]):
            assert records(find, chinese[:i] + "\n" + chinese[i:], section) == records(find, chinese, section)
