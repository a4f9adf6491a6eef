"""Outcomes told in Chinese: wordings, lists, arms, subgroups, grades, states, and what is no result."""

from __future__ import annotations

import re

import pytest
from telling import told

from trialkb.extract._outcome_cues import rows

FOUND = [
    ("共入组37例患者，其中36例可评价疗效，客观缓解率（ORR）为58.3%（21/36），疾病控制率（DCR）为75.0%（27/36）。",
     ["ORR 58.3% 21/36", "DCR 75% 27/36"]),
    ("试验组和对照组的ORR分别为22%和4%（P=0.02）。", ["ORR 22% @试验组", "ORR 4% @对照组"]),
    ("试验组和对照组中位PFS分别为3.25个月和1.77个月（HR=0.37，95%CI 0.24~0.56，P<0.0001）。",
     ["PFS 3.25 months @试验组", "PFS 1.77 months @对照组", "PFS hazard_ratio 0.37 [0.24,0.56] @试验组 vs 对照组"]),
    ("15例患者中，CR 3例，PR 6例，SD 4例，PD 2例，ORR为60.0%，DCR为86.7%。",
     ["CR count 3 /15", "PR count 6 /15", "SD count 4 /15", "PD count 2 /15", "ORR 60% /15", "DCR 86.7% /15"]),
    ("15例患者均发生了CRS，其中1~2级14例，3级1例，无4级及以上CRS发生。",
     ["CRS count 15 /15", "CRS count 14 /15 g1-2", "CRS count 1 /15 g3", "CRS count 0 g>=4"]),
    ("全组无一例发生剂量限制性毒性，亦无治疗相关死亡。", ["DLT count 0", "TRM count 0"]),
    ("所有患者均未出现≥3级ICANS。", ["ICANS count 0 g>=3"]),
    ("中位随访12.5个月（范围3.2~24.1个月），中位总生存期尚未达到，12个月OS率为71.4%（95%CI：50.2%~84.9%）。",
     ["FOLLOW_UP 12.5 months [3.2,24.1]", "OS not_reached", "OS 71.4% [50.2,84.9] at 12 months"]),
    ("低剂量组3例、中剂量组6例和高剂量组3例患者完成输注，未达到最大耐受剂量。", ["MTD dose not_reached"]),
    ("高剂量组ORR为66.7%（4/6），低剂量组为33.3%（1/3）。", ["ORR 66.7% 4/6 @高剂量组", "ORR 33.3% 1/3 @低剂量组"]),
    ("最常见的3级及以上不良事件为淋巴细胞减少（100%）、中性粒细胞减少（66.0%）和白细胞减少（54.0%）。",
     ["LYMPHOPENIA 100% g>=3", "NEUTROPENIA 66% g>=3", "OTHER_SAFETY 54% g>=3"]),
    ("联合治疗组1年、2年无复发生存率分别为84.0%、68.5%，对照组分别为71.2%、52.0%。",
     ["RFS 84% at 1 year @联合治疗组", "RFS 68.5% at 2 years @联合治疗组",
      "RFS 71.2% at 1 year @对照组", "RFS 52% at 2 years @对照组"]),
    ("34例(85.0%)发生CRS，1级22例(55.0%)、2级10例(25.0%)、3级2例(5.0%)。",
     ["CRS 85% 34/", "CRS 55% 22/ g1", "CRS 25% 10/ g2", "CRS 5% 2/ g3"]),
    ("12例患者中有5例达到PR(41.7%)，4例SD(33.3%)，另3例PD。",
     ["PR 41.7% 5/12", "SD 33.3% 4/12", "PD count 3 /12"]),
    ("7例患者获得客观缓解，其中2例为完全缓解，5例为部分缓解。", ["ORR count 7", "CR count 2", "PR count 5"]),
    ("最佳总体缓解率为48.6%(17/35, 95%CI 31.4-66.0)，完全缓解率为 14.3%。",
     ["ORR 48.6% 17/35 [31.4,66.0]", "CR 14.3% /35"]),
    ("中位缓解持续时间(DOR)为5.6个月(95%CI: 4.5～8.3)，中位起效时间为1.9个月。",
     ["DOR 5.6 months [4.5,8.3]", "TTR 1.9 months"]),
    ("3例(20%)患者出现神经毒性，均为1级。", ["NEUROTOXICITY 20% 3/ g1"]),
    ("治疗相关严重不良事件发生率为8.3%（1/12），无患者因不良反应死亡。", ["SAE 8.3% 1/12", "TRM count 0"]),
    ("90例接受BCMA CAR-T治疗的患者总缓解率达95.6%，其中严格意义的完全缓解率（sCR）为67.8%，微小残留病（MRD）阴性率为93.3%。",
     ["ORR 95.6% /90", "sCR 67.8% /90", "MRD_NEG 93.3% /90"]),
    ("骨髓抑制发生率观察组为32.5%(13/40)，对照组为55.0%(22/40)，差异有统计学意义(P<0.05)。",
     ["HEMATOLOGIC_TOX 32.5% 13/40 @观察组", "HEMATOLOGIC_TOX 55% 22/40 @对照组"]),
    ("观察组有效率为72.5%，明显高于对照组的50.0%（χ2=4.27，P=0.039）。", ["ORR 72.5% @观察组", "ORR 50% @对照组"]),
    ("RP2D确定为2.5×10⁸个细胞。", ["RP2D dose 2.5e+08"]),
    ("弥漫大B细胞淋巴瘤患者的ORR为73%，滤泡性淋巴瘤患者为93%。",
     ["ORR 73% #弥漫大B细胞淋巴瘤", "ORR 93% #滤泡性淋巴瘤"]),
    ("感染发生率为18.2%（2/11），均为2级，经抗感染治疗后好转。", ["INFECTION 18.2% 2/11 g2"]),
    ("1例患者（8.3%）出现3级CRS，经托珠单抗治疗后缓解。", ["CRS 8.3% 1/ g3"]),
    ("4例出现CRS（1级3例，2级1例）。", ["CRS count 4", "CRS count 3 g1", "CRS count 1 g2"]),
    ("疗效评价：CR 2例（13.3%），PR 5例（33.3%），SD 6例（40.0%），PD 2例（13.3%）。",
     ["CR 13.3% 2/", "PR 33.3% 5/", "SD 40% 6/", "PD 13.3% 2/"]),
    ("CRS发生率为78.6%（33/42），多为1～2级，≥3级者占7.1%（3/42）；ICANS发生率为9.5%，均为1级。",
     ["CRS 78.6% 33/42", "CRS 7.1% 3/42 g>=3", "ICANS 9.5% g1"]),
    ("12例可评估患者中，2例部分缓解（PR），8例疾病稳定（SD），2例疾病进展（PD）。",
     ["PR 2/12 #可评估", "SD count 8 /12 #可评估", "PD count 2 /12 #可评估"]),
    ("ORR及DCR分别为41.7%（5/12）、83.3%（10/12）。", ["ORR 41.7% 5/12", "DCR 83.3% 10/12"]),
    ("剂量组1无患者发生DLT，剂量组2有1例发生DLT。", ["DLT count 0 @剂量组1", "DLT count 1 @剂量组2"]),
    ("中位PFS为6.2个月（95%CI 4.1～未达到），中位OS未达到（95%CI 9.8个月～不可估计）。",
     ["PFS 6.2 months [4.1,None]", "OS not_reached [9.8,None]"]),
    ("A组、B组、C组的ORR依次为30.0%、45.0%和60.0%。", ["ORR 30% @A组", "ORR 45% @B组", "ORR 60% @C组"]),
    ("输注后第28天，18例患者达到MRD阴性完全缓解（90.0%，18/20）。", ["MRD_NEG 90% 18/20 at 28 days"]),
    ("ORR达到了33%（5/15，2例CR、3例PR）。", ["ORR 33% 5/15", "CR count 2 /15", "PR count 3 /15"]),
    ("5例患者发生3级治疗相关不良反应，没有4级或5级治疗相关不良反应。", ["TRAE count 5 g3", "TRAE count 0 g4-5"]),
    ("两组患者中位OS分别为14.2个月和11.6个月（HR 0.78，95% CI 0.61-0.99；P=0.041）。",
     ["OS 14.2 months", "OS 11.6 months", "OS hazard_ratio 0.78 [0.61,0.99]"]),
    ("Ⅲ～Ⅳ度骨髓抑制发生率为26.7%，Ⅲ度腹泻1例。", ["HEMATOLOGIC_TOX 26.7% g3-4", "OTHER_SAFETY count 1 g3"]),
    ("客观缓解率为 38．8 ％（38／98），中位无进展生存期 4．4 个月。", ["ORR 38.8% 38/98", "PFS 4.4 months"]),
    ("输注剂量为2.5×108个CAR-T细胞，ORR 38.8%，6个月ORR 57.1%。", ["ORR 38.8%", "ORR 57.1% at 6 months"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), FOUND)
def test_found(text: str, want: list[str]) -> None:
    assert told(text) == want


NOTHING = [
    "晚期胃癌二线化疗的ORR不足20%，中位OS仅8个月左右。",
    "假设ORR由10%提高至30%，单侧α=0.05，把握度80%，需入组29例。",
    "荷瘤小鼠经CAR-T治疗后肿瘤缩小80%，60%的小鼠存活超过60天。",
    "两组3级以上血液学毒性发生率差异无统计学意义（P=0.42）。",
    "既往研究报道PD-1抑制剂单药ORR为12%。",
    "拟入组12例患者，若6例中有2例发生DLT则停止爬坡。",
    "本研究旨在评估CT041的DLT、MTD及ORR。",
    "主要终点为ORR，次要终点包括PFS和OS。",
    "患者中位年龄56岁，60.0%为男性，既往中位治疗线数为3线。",
    "CLDN18.2阳性率为65.2%，CAR-T细胞转导率为42.3%。",
    "CRS按ASTCT标准分级，≥3级CRS给予托珠单抗8 mg/kg。",
    "未见新的安全性信号。",
    "治疗费用降低了30%。",
    "PD-1抗体治疗失败后4周内输注，第28天评价疗效。",
]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_may_be_found(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(("name", "pattern", "example"), [row for row in rows() if row[2]])
def test_a_cue_matches_its_example(name: str, pattern: str, example: str) -> None:
    assert re.search(pattern, example, re.I | re.A), name


def test_cues_do_not_repeat_themselves() -> None:
    told = [row[:2] for row in rows()]
    assert len(set(told)) == len(told)
