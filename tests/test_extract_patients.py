"""Numbers of patients enrolled and treated: totals, and the parts of a group that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkb.extract import _patients
from trialkb.text import normalise

E, T = "n_enrolled", "n_treated"
CASES = [
    ("Between May and July, 52 pts were enrolled; 49 received at least one dose of ABX.", [(E, 52), (T, 49)]),
    ("Between May and July, 52 pts were enrolled; 49 received ABX-1 cells.", [(E, 52), (T, 49)]),
    ("Nineteen adults (9 men) with refractory lymphoma (DLBCL, n = 12; FL, n = 7) received the cells.", [(T, 19)]),
    ("ResultsEleven patients (age 4-18 years) received therapy.", [(T, 11)]),
    ("Thirteen patients with leukemia, 5 with active disease and 8 in remission, received NK cells.", [(T, 13)]),
    ("15 patients were screened, 13 enrolled and 7 patients treated.", [(E, 13), (T, 7)]),
    ("A total of 12 patients, 6 patients per dose level, were treated.", [(T, 12)]),
    (
        "24 patients were enrolled and 15 (8 men) with a median age of 59 (range, 40-69) years were infused.",
        [(E, 24), (T, 15)],
    ),
    ("Of 606 patients, 177 (29%) were treated early and 429 (71%) late.", [(T, 606)]),
    ("Of 30 enrolled patients, 24 received the product.", [(E, 30), (T, 24)]),
    ("Among the 893 patients treated in second line, 297 relapsed.", [(T, 893)]),
    ("CRS occurred in 5 of 14 treated patients.", [(T, 14)]),
    ("We report the safety of autologous CAR T cells in 12 children with neuroblastoma.", [(T, 12)]),
    ("Intrapleural administration of the cells in 27 patients (25 with mesothelioma) was safe.", [(T, 27)]),
    ("In the first 6 enrolled patients on the trial, cells expanded 30-fold.", [(E, 6)]),
    ("截至2024年6月，共筛选41例，入组19例，17例完成输注。", [(E, 19), (T, 17)]),
    ("选取本院收治的肝癌患者８６例，按随机数字表法分组。", [(E, 86)]),
    ("共24名受试者接受了单次输注，21名纳入疗效分析。", [(T, 24), (E, 21)]),
    ("将226例患者随机分为两组。", [(E, 226)]),
    ("One hundred twelve patients were randomized to two arms.", [(E, 112)]),
    ("We treated two hundred and five patients with the cells.", [(T, 205)]),
    ("45 pts had received ≥1 dose of TCR-T cells.", [(T, 45)]),
    ("Seventeen evaluable patients received at least one CAR T-cell infusion.", [(T, 17)]),
    ("For this planned analysis, 75 patients received an infusion of the cells.", [(T, 75)]),
    ("We present a case series of five children who received CAR T cells on compassionate grounds.", [(T, 5)]),
    ("A cohort of 28 patients undergoing CAR T-cell therapy was studied.", [(T, 28)]),
    ("FLT3 CAR-T cells were delivered to two patients with relapsed AML.", [(T, 2)]),
    ("EBV-CTLs were evaluated in 46 patients with PTLD that had progressed during rituximab.", [(T, 46)]),
    ("NK cells were infused into nine children with neuroblastoma.", [(T, 9)]),
    ("Ten of the 12 enrolled patients received CAR T cells.", [(T, 10), (E, 12)]),
    # nobody's total
    ("CD19 CAR T cells led to remission in 14 patients.", []),
    ("Fifty patients underwent screening.", []),
    ("Eight have cleared the observation period and one patient is currently being treated.", []),
    ("CAR T cells peaked on day +14 in 1 patient, day +21 in 2 patients, and day +28 in 3 patients.", []),
    ("One patient received siltuximab and two patients received tocilizumab.", []),
    ("12 patients received bridging chemotherapy.", []),
    ("3 of 12 patients were treated at dose level 2.", []),
    ("Six patients were treated in cohort 2.", []),
    ("Cohort 1 completed without toxicity.", []),
    ("Arm A (n = 16 enrolled, n = 11 infused) and arm B (n = 28 enrolled)", []),
    ("Approximately 126 patients will be randomized.", []),
    ("18 patients are planned to be enrolled.", []),
    ("A previous trial treated 40 patients.", []),
    ("This confirmed tolerability and was meant to evaluate the cells in 6 patients.", []),
    ("Fourteen patients were enrolled in AB-01 and nine in AB-02.", []),
    ("共入组88名受试者，其中81名（A队列52名，B队列29名）接受回输。", [(E, 88), (T, 81)]),
    ("将2010年3月至2013年8月行根治术的112例胃癌患者随机分为两组，各56例。", [(E, 112)]),
    ("实际入组人数：126人。试验组72人实际接受输注，12人未输注。", [(E, 126), (T, 72)]),
    ("回顾性纳入在3家中心接受CD19 CAR-T细胞治疗的淋巴瘤患者67例。", [(T, 67)]),
    ("选取我院收治的Ⅲ～Ⅳ期肺癌患者80例，分为观察组和对照组，每组40例。", [(E, 80)]),
    ("截至9月底共有31位病人接受治疗，其中低剂量组7位。", [(T, 31)]),
    ("入组12例患者，9例完成细胞回输。", [(E, 12), (T, 9)]),
    ("联合组3例于回输当日发热，回输后5例出现寒战。", []),
    ("待第2例受试者入组后给药，每个剂量组入组3例。", []),
    ("30例患者接受托珠单抗治疗。", []),
    ("计划入组30例患者。", []),
    ("其中3例入组后出组", []),
]


@pytest.mark.parametrize(("words", "wanted"), CASES)
def test_counts(words: str, wanted: list[tuple[str, int]]) -> None:
    text = normalise(words).text
    found = list(_patients.counts(text, 0, len(text)))
    assert [(c.use, c.n) for c in found if c.use != "n_more"] == wanted
    assert all(0 <= c.start < c.end <= len(text) for c in found)


@given(st.integers(2, 9999), st.sampled_from(["patients", "adults", "pts"]))
def test_another_number_gives_another_total(n: int, who: str) -> None:
    text = f"In all, {n} {who} with lymphoma were infused."
    assert [(c.use, c.n, text[c.start : c.end]) for c in _patients.counts(text, 0, len(text))] == [(T, n, str(n))]


@given(st.text(alphabet="12 patients,were(treated)enrolled.例入组的患者;of n=", max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert all(text[c.start : c.end].strip() for c in _patients.counts(text, 0, len(text)))
