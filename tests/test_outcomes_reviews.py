"""Reviews: which study a value belongs to, by lists, openings, names and citations; and what is nobody's."""

from __future__ import annotations

import pytest

from trialkb.flat import extract_line

RATE = "- The 5-year OS rate was 49%."


def whose(text: str) -> list[tuple[str, float | None, str]]:
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    return [(o["endpoint"], o["value"], o.get("study_id") or o.get("study_name") or "") for o in found]


@pytest.mark.parametrize(
    "head",
    [
        "A phase II, single-arm, open-label trial included 18 children who received azacitidine.",
        "In a placebo-controlled trial, 921 men were randomly assigned.",
        "In another study, 48 patients were treated with imatinib.",
        "In one study, ten patients received dasatinib.",
        "In the second trial, 610 patients were randomly assigned to sequential therapy.",
        "In the largest trial reported to date, 519 patients were assigned to surgery.",
        "In a study conducted in Norway, 910 women received tamoxifen.",
        "In a trial that investigated ifosfamide, the following was observed:",
        "This question was addressed in a noninferiority-designed, randomized, controlled trial with 1,386 men.",
        "The Nordic Herceptin (NORHER) study assessed trastuzumab.",
        "The European Osteosarcoma 2008R1 trial evaluated 284 patients.",
        "Based on the results of the SKION-MDS 98 study, transplant is given.",
        "In the NSABP-B35 double-blind study, 3,104 patients were treated.",
        "A report from the Nordic Working Group on Childhood Leukemia included 100 transplant recipients at many centers.",
        "A retrospective case series of nine patients was reported.",
        "A National Cancer Institute protocol of 979 patients used cladribine.",
        "The Dutch Lymphoma Study Group compared BR versus FCR as first-line therapy.",
        "The COG reported the outcomes of 81 patients.",
        "Investigators from St. Olav Children's Hospital reported 39 patients.",
        "A single institution enrolled 13 patients.",
        "Twenty-seven previously untreated patients older than 60 years received brentuximab vedotin.",
        "For 302 patients with relapsed disease, the drug was compared with placebo.",
        "The outcomes of 253 patients who underwent transplant were reported to a registry.",
    ],
)
def test_the_head_of_an_item_opens_its_study(head: str) -> None:
    found = whose(f"1. {head}\n\n{RATE}")
    assert [(e, v) for e, v, _ in found] == [("OS", 49)]
    assert found[0][2]


@pytest.mark.parametrize(
    "head",
    [
        "A pooled analysis of three phase II studies included 277 patients.",
        "A meta-analysis of nine trials included 2,411 patients.",
        "In a systematic review of 12 trials, 900 patients were treated.",
        "Outcomes have improved over time.",
    ],
)
def test_what_is_pooled_or_general_is_nobody_s(head: str) -> None:
    assert whose(f"1. {head}\n\n{RATE}") == []


def test_a_pooled_item_leaves_the_next_item_its_study() -> None:
    text = (
        "1. A meta-analysis of nine trials included 2,411 patients.\n\n- The ORR was 40%.\n"
        f"2. In a phase II trial, 48 patients received nilotinib.\n\n{RATE}"
    )
    assert [(e, v, n[:18]) for e, v, n in whose(text)] == [("OS", 49, "In a phase II tria")]


def test_a_new_number_closes_the_study_before() -> None:
    text = (
        "1. In a phase II trial, 48 patients received nilotinib.\n\n- The ORR was 40%.\n"
        "2. Treatment was given by injection or by infusion.\n\n- The ORR was 85%."
    )
    assert [v for _, v, _ in whose(text)] == [40]


def test_a_list_within_an_item_is_of_the_item_s_study() -> None:
    text = (
        "2. The second trial of the group (NCT01234567) enrolled 900 patients.\n\n"
        "1. Ninety percent of patients in this study achieved remission.\n"
        "2. Donors mattered.\n\n- The 5-year OS rate was 53%."
    )
    assert ("OS", 53, "NCT01234567") in whose(text)


def test_the_study_enrolled_goes_on_with_the_one_before() -> None:
    text = (
        "1. A phase III trial ([NCT07654321](/clinicaltrials/NCT07654321)) compared A with B. "
        f"The study enrolled 1,609 patients.\n\n{RATE}"
    )
    assert whose(text) == [("OS", 49, "NCT07654321")]


def test_one_citation_names_the_study_of_a_specific_value() -> None:
    mark = "[[{0}](#cit/section_1.{0})]"
    several = f"{mark.format(3)}-{mark.format(5)}"
    text = f"Retreatment gave a response rate of 60%.{mark.format(21)}\n\nThe ORR was 35% with it.{several}"
    assert whose(text) == [("ORR", 60, "reference 21")]


@pytest.mark.parametrize(
    "sentence",
    [
        "The response rate is about 50%.",
        "Response rates of 40% to 50% have been seen.",
        "In several trials, the ORR was 45%.",
        "Up to 55% of patients achieved a CR.",
    ],
)
def test_a_general_statement_with_one_citation_is_nobody_s(sentence: str) -> None:
    assert whose(f"{sentence}[[21](#cit/section_1.21)]") == []


def test_bullets_that_cite_others_are_not_of_the_bullet_before() -> None:
    text = (
        "Key findings:\n\n- In a phase 2 trial of 40 patients given drug A, the ORR was 52% [1].\n"
        "- Drug B gave an ORR of 71% [2].\n- Drugs C and D gave an ORR of 33% [3,4]."
    )
    names = [(v, n) for _, v, n in whose(text)]
    assert [v for v, _ in names] == [52, 71]
    assert names[1][1] == "reference 2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("KarMMa试验ORR 72% CR 28%。", [("ORR", 72, "KarMMa"), ("CR", 28, "KarMMa")]),
        ("ZUMA-1 ORR 83%。", [("ORR", 83, "ZUMA-1")]),
        ("KEYNOTE-006 中ORR为33%。", [("ORR", 33, "KEYNOTE-006")]),
        ("CARTITUDE-1研究中ORR为97%。", [("ORR", 97, "CARTITUDE-1")]),
        ("CTLA-4 抑制剂的ORR为11%。", []),
        ("Rossi等[15]的研究显示，ORR为75%，CR率为20%。", [("ORR", 75, "Rossi等[15]"), ("CR", 20, "Rossi等[15]")]),
        ("Meta分析显示ORR为40%。\n\nRossi等[15]的研究显示，ORR为75%。", [("ORR", 75, "Rossi等[15]")]),
        (
            "倍诺达 (relmacabtagene autoleucel) 自体CD19 CAR-T细胞。\n适应症：LBCL。\nORR 76%。\n\n"
            "福可苏 (equecabtagene autoleucel) 自体BCMA CAR-T细胞。\n适应症：MM。\nORR 96%。",
            [("ORR", 76, "倍诺达"), ("ORR", 96, "福可苏")],
        ),
    ],
)
def test_chinese_reviews_name_trials_authors_and_products(text: str, told: list[tuple[str, float, str]]) -> None:
    assert whose(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "IFM研究[24]和美国一项研究[25]均采用该药。IFM研究中3年OS率为80%；美国研究中3年OS率为88%。",
            [("OS", 80, "reference 24"), ("OS", 88, "reference 25")],
        ),
        (
            "甲药在白血病（ORR 81%）[17] 与乙药在骨髓瘤（ORR 66%）[18] 中获益。",
            [("ORR", 81, "reference 17"), ("ORR", 66, "reference 18")],
        ),
        ("ZUMA-1研究中ORR为83%，而JULIET研究中ORR为52%。", [("ORR", 83, "ZUMA-1"), ("ORR", 52, "JULIET")]),
        ("甲药的ORR为81%[17]；乙药的CR率为40%[21]。", [("ORR", 81, "reference 17"), ("CR", 40, "reference 21")]),
        ("甲药和乙药的ORR均为81%[17,21]。", []),
        (
            "In the JULIET trial, the ORR was 52%; in the ZUMA-1 trial, the ORR was 83%.",
            [("ORR", 52, "JULIET"), ("ORR", 83, "ZUMA-1")],
        ),
        ("The ORR was 52% with this drug (Rossi et al., 2019).", [("ORR", 52, "Rossi et al. 2019")]),
        ("The ORR was 52% with this drug (Rossi et al., 2019; Meyer et al., 2020).", []),
        (
            "The ORR was 52% with this drug.<sup>12</sup> The CR rate was 20% with that one.<sup>13</sup>",
            [("ORR", 52, "reference 12"), ("CR", 20, "reference 13")],
        ),
    ],
)
def test_a_sentence_that_tells_of_several_studies_gives_each_its_own(text: str, told: list[tuple[str, float, str]]) -> None:
    assert whose(text) == told


def test_a_study_that_one_is_likened_to_is_not_the_study() -> None:
    text = "In a study of 53 patients (like those who took part in the DALMATIA study), the ORR was 66%."
    assert [(v, n[:23]) for _, v, n in whose(text)] == [(66, "In a study of 53 patien")]


def test_a_trial_named_late_and_once_is_not_the_news_s_study() -> None:
    text = (
        "AB-12D治疗骨髓瘤的I期研究结果近日公布。41例患者接受了AB-12D输注。\n\nAB-12D的ORR为92.7%。\n\n"
        + "研究者认为AB-12D值得进一步研究。" * 20
        + "\n\n专家点评：其他药物在CandleX-1研究中已经获批。"
    )
    assert [(v, n) for _, v, n in whose(text)] == [(92.7, "AB-12D")]


def test_bullets_headed_by_a_product_and_its_trial_are_that_trial_s() -> None:
    text = "- Axi-cel（ZUMA-7）：ORR 83%。\n- Liso-cel（TRANSFORM）：ORR 87%。\n- Tisa-cel (BELINDA): ORR 46.3%。"
    assert whose(text) == [("ORR", 83, "ZUMA-7"), ("ORR", 87, "TRANSFORM"), ("ORR", 46.3, "BELINDA")]


def test_in_one_and_in_the_other_are_two_studies() -> None:
    text = (
        "Two randomized trials have been done. In one, 359 patients were treated; the ORR was 83%. In the other, the ORR was 50%."
    )
    assert [(v, n[:12]) for _, v, n in whose(text)] == [(83, "In one, 359 "), (50, "In the other")]


def test_numbers_in_round_brackets_that_count_up_are_citations() -> None:
    text = (
        "Marrow is used (1). In the NORDIC-2 trial, the ORR was 83% (2). With drug B, the ORR was 52% (3). "
        "With drugs C and D, the ORR was 44% (4, 5)."
    )
    assert whose(text) == [("ORR", 83, "NORDIC-2"), ("ORR", 52, "reference 3")]


def test_a_citation_met_before_is_the_study_told_with_it() -> None:
    text = (
        "The IMPULSE trial treated 512 patients.[[30](#cit/s.30)] In another trial, the ORR was 11%.[[31](#cit/s.31)] "
        "Fever occurred, and the CR rate was 5%.[[30](#cit/s.30)]"
    )
    assert [(e, v, n[:7]) for e, v, n in whose(text)] == [("ORR", 11, "In anot"), ("CR", 5, "IMPULSE")]


def test_present_tense_tells_no_study() -> None:
    assert whose("Patients with relapse have a median OS of 8 months after this drug.[[8](#cit/s.8)]") == []


def test_items_headed_by_a_label_are_of_what_it_says() -> None:
    text = "1. HARMONIE研究：纳入93例患者，ORR 52%。\n2. ZUMA-1：101例，ORR 82%。\n3. 真实世界研究：275例，ORR 79%。"
    assert whose(text) == [("ORR", 52, "HARMONIE"), ("ORR", 82, "ZUMA-1"), ("ORR", 79, "真实世界研究")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "1. The trial (NCT01234567) had several cohorts. The pivotal cohort (cohort 4) included 73 patients.\n\n"
            "Patients received one infusion.[[36](#cit/s.36)]\n\n- The ORR was 31%.[[36](#cit/s.36)]\n"
            "- In a subsequent analysis of the pooled cohort of 153 patients, the median OS was 14 months.[[37](#cit/s.37)]",
            [("ORR", 31, "NCT01234567"), ("OS", 14, "NCT01234567")],
        ),
        (
            "ZUMA-1研究（NCT02348216）中，ORR为82%[13]。5年随访结果显示，中位OS为25.8个月[14]。",
            [("ORR", 82, "NCT02348216"), ("OS", 25.8, "NCT02348216")],
        ),
        (
            "In ZUMA-1, 101 patients were treated; the ORR was 82% [13]. "
            "With longer follow-up, the median OS was 26 months [14].",
            [("ORR", 82, "ZUMA-1"), ("OS", 26, "ZUMA-1")],
        ),
        (
            "**Cells A, lung cancer, NCT01234567**\n- The ORR was 31%.\n\n**Cells B, colon cancer, Lancet 2025**\n"
            "- First-in-human phase 1 targeting CISH.\n- The ORR was 12%.\n\n"
            "**Cells C, NCT07654321**\n- The ORR was 5%.",
            [("ORR", 31, "NCT01234567"), ("ORR", 12, "Cells B"), ("ORR", 5, "NCT07654321")],
        ),
        ("一项研究(NCT01-234567)治疗15例患者，ORR为40%。", [("ORR", 40, "NCT01234567")]),
        ("HORIZON-T 研究中ORR为33%，而HOVON50 研究中ORR为41%。", [("ORR", 33, "HORIZON-T"), ("ORR", 41, "HOVON50")]),
    ],
)
def test_what_goes_on_with_a_study_and_what_does_not(text: str, told: list[tuple[str, float, str]]) -> None:
    assert whose(text) == told


def test_authors_with_a_year_in_brackets_each_have_their_own_values() -> None:
    text = (
        "Rossi and co-workers (2018) treated 17 patients; the ORR was 35%. In the study of Meyer (2019), the ORR was 13%. "
        "Tanaka et al. (2020) observed a median OS of 14.2 months."
    )
    assert [(v, n.split()[0]) for _, v, n in whose(text)] == [(35, "Rossi"), (13, "Meyer"), (14.2, "Tanaka")]


def test_a_target_is_no_product_and_a_label_with_a_number_is_a_study() -> None:
    text = "- Study 1: anti-GPC3 CAR T cells (n = 13). ORR 15%.\n- Study 2: anti-CLDN18.2 CAR T cells (n = 37). ORR 48.6%."
    assert whose(text) == [("ORR", 15, "Study 1"), ("ORR", 48.6, "Study 2")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("OptiTROP-Lung03试验的中位OS为20.0个月。", [("OS", 20, "OptiTROP-Lung03")]),
        ("HARMONi-A研究的中位PFS为7.1个月。", [("PFS", 7.1, "HARMONi-A")]),
        (
            "- CodeBreaK 100（PMID `34096690`）：126 名既往治疗患者，单臂 ORR 37.1%。\n"
            "- CodeBreaK 300（PMID `37870968`）：160 名患者；联合组对比标准治疗，ORR 26.4% vs 0%。",
            [("ORR", 37.1, "CodeBreaK 100"), ("ORR", 26.4, "CodeBreaK 300"), ("ORR", 0, "CodeBreaK 300")],
        ),
        ("QUILT 2.005 III期临床试验共入组366名患者，9个月CR率为84%。", [("CR", 84, "QUILT 2.005")]),
        ("前言：预后较差。在高危人群占比69.5%的FUMANBA-1研究中，ORR达到96.1%。", [("ORR", 96.1, "FUMANBA-1")]),
        ("骨髓瘤患者的CLDN18 100（表达）：ORR为20%。", []),
    ],
)
def test_names_of_trials_in_chinese_reviews(text: str, told: list[tuple[str, float, str]]) -> None:
    assert whose(text) == told


def test_rows_and_lines_of_a_page_stand_for_themselves() -> None:
    text = (
        "ABC-1研究共治疗20例患者。\n客观缓解率（ORR）\n91.67%\n复发难治患者\n中位随访\n42.7周\n大部分患者达到完全缓解（CR）\n"
        "注射部位反应 | 约91% | 1级\n头颈癌 | 客观缓解率 | 80.5%\n血管肉瘤 | 完全缓解率 | 50%\n脑膜瘤 | 无进展生存期 | 未提供"
    )
    assert whose(text) == [
        ("ORR", 91.67, "ABC-1"),
        ("FOLLOW_UP", 42.7, "ABC-1"),
        ("ORR", 80.5, "ABC-1"),
        ("CR", 50, "ABC-1"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "The phase 2 KarMMa trial tested ide-cel in 128 patients. The ORR was 73%.\n\nThe safety profile was consistent with "
            "the Phase 1 CRB-401 trial. CRS of any grade occurred in 84% of patients.",
            [("ORR", 73, "KarMMa"), ("CRS", 84, "KarMMa")],
        ),
        (
            "In the ZUMA-7 trial, the ORR was 83%. PFS was longer than in the ZUMA-1 trial. CRS occurred in 6% of patients.",
            [("ORR", 83, "ZUMA-7"), ("CRS", 6, "ZUMA-7")],
        ),
        (
            "Of the patients in the FELIX trial, 76% achieved a complete response. Expansion was in line with the prior ALLCAR19 "
            "study.\n\nSafety analysis demonstrated grade ≥3 CRS in 3% (3/94) of patients.",
            [("CR", 76, "FELIX"), ("CRS", 3, "FELIX")],
        ),
        (
            "The ORR was 62% with cells, compared with 30% with chemotherapy in the ZUMA-7 trial.",
            [("ORR", 62, "ZUMA-7"), ("ORR", 30, "ZUMA-7")],
        ),
        (
            "A company announced results from a Phase 2 clinical trial, LUMEN, evaluating CAR T cells in lymphoma.\n\n"
            "The overall response rate was 71% (n=47/66).",
            [("ORR", 71, "LUMEN")],
        ),
        (
            "A company reported a phase 1/2 study, dubbed BEACON-3, of its TIL therapy. The ORR was 45%.",
            [("ORR", 45, "BEACON-3")],
        ),
        (
            "A cell therapy shrank tumors in some patients in a pivotal clinical trial.\nAnother 21 had a partial response to "
            "the therapy, which is called lete-cel.",
            [("PR", 21, "lete-cel")],
        ),
        (
            "Ide-cel (idecabtagene vicleucel) achieved an ORR of 73%. Responses may be lost.",
            [("ORR", 73, "Ide-cel")],
        ),
        (
            "Rossi, Blood Adv 2026, 30 children: ORR 70%.\n\nAbram, Lancet 2020 TRANSIT NHL 001 (cells), 269 treated; ORR 73%.",
            [("ORR", 70, "Rossi 2026"), ("ORR", 73, "Abram 2020")],
        ),
        (
            "Interim data from the Phase 1/2 trial (KEYNOTE-A11), testing cells X, were presented. The ORR was 44%.",
            [("ORR", 44, "KEYNOTE-A11")],
        ),
        (
            "A small company said that its cells worked in patients with lupus in an early trial.\n\nOf 12 patients treated, 10 "
            "achieved a complete response.\n\nKymriah, made by another company, had an ORR of 52% in its trial.",
            [("CR", 10, "A small company said that its cells work"), ("ORR", 52, "Kymriah")],
        ),
        ("The ORR was 21% following one-time treatment with LN-145 monotherapy in the study.", [("ORR", 21, "LN-145")]),
        (
            "In the NIH's early series of 93 people, 19 had complete remissions. A randomized trial in France, using cells made "
            "in-house, found responses in 52% of patients.[^3] In 2021 the FDA approved brexu-cel, based on a single-arm study "
            "in which 65% of 54 patients responded.[^4]",
            [
                ("CR", 19, "In the NIH's early series of 93 people, "),
                ("ORR", 52, "A randomized trial in France, using cell"),
                ("ORR", 65, "brexu-cel"),
            ],
        ),
    ],
)
def test_a_study_s_name_and_those_that_it_is_only_likened_to(text: str, told: list[tuple[str, float, str]]) -> None:
    assert [(e, v, n[:40]) for e, v, n in whose(text)] == told


def test_bullets_of_a_piece_of_news_are_of_its_one_study() -> None:
    text = (
        "The therapy was found to be safe in patients with myeloma, according to findings from a phase I study presented at the "
        "annual meeting.\n\nKEY POINTS\n- The overall response rate among the 61 patients treated was 72%.\n"
        "- CRS occurred in 51% of patients."
    )
    assert [(e, v, bool(n)) for e, v, n in whose(text)] == [("ORR", 72, True), ("CRS", 51, True)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "1. In a trial (NCT01208662), 722 patients received VRd.\n\n- The 5-year OS rate was 79.2%.\n2. A meta-analysis was "
            "performed for all trials of 2000 to 2021.\n\n- Patients had an OS benefit (HR, 0.66; 95% CI, 0.45-0.97).",
            [("OS", 79.2)],
        ),
        ("In an analysis of 12 clinical studies of clofarabine in ALL, the overall remission rate was 28%.", []),
        (
            "A group performed a phase I/II study. Thirty-five patients were treated at the recommended phase II doses, and "
            "their results were pooled. The ORR was 51%.",
            [("ORR", 51)],
        ),
        (
            "LN-145 showed a response rate of 44% in the LUMEN trial. By comparison, the response rate for Keytruda is 14%.",
            [("ORR", 44)],
        ),
    ],
)
def test_what_is_pooled_and_what_is_a_market_s(text: str, told: list[tuple[str, float]]) -> None:
    assert [(e, v) for e, v, _ in whose(text)] == told


def test_the_size_of_one_study_is_none_of_the_next() -> None:
    text = (
        "1. One study treated 27 patients.\n\n- The complete response rate was 33%.\n2. On the AALL07P1 (NCT00873093) trial, ten "
        "patients were treated with bortezomib.\n\n- Seven patients had a response."
    )
    found = extract_line({"doc_id": "x", "kind": "review", "text": text})["outcomes"]
    assert [(o["endpoint"], o["value"], o["den"]) for o in found] == [("CR", 33, None), ("ORR", 7, 10)]
