"""The same statement in English and in Chinese gives the same record: what the study is, gives, binds and treats."""

import pytest

from trialkb.extract import biomarker, construct, design, indication, modality, phase, stage, target
from trialkb.records import Document, Section

PARTS = (phase, design, target, modality, construct, indication, biomarker, stage)
PAIRS = [
    (
        "A phase 1 trial of CD19 CAR-T cells in B-cell acute lymphoblastic leukemia",
        "CD19 CAR-T细胞治疗急性B淋巴细胞白血病的I期临床试验",
    ),
    ("A phase II study of BCMA CAR-T cells in multiple myeloma", "BCMA CAR-T细胞治疗多发性骨髓瘤的Ⅱ期临床研究"),
    ("A phase 1/2 trial of GPC3 CAR-T cells in hepatocellular carcinoma", "GPC3 CAR-T细胞治疗肝细胞癌的Ⅰ/Ⅱ期临床试验"),
    ("A phase 3 trial in diffuse large B-cell lymphoma", "弥漫大B细胞淋巴瘤Ⅲ期临床试验"),
    ("CAR-T cells targeting CLDN18.2 in gastric cancer", "靶向CLDN18.2的CAR-T细胞治疗胃癌"),
    ("CAR-T cells targeting Claudin18.2 in pancreatic cancer", "靶向Claudin18.2的CAR-T细胞治疗胰腺癌"),
    ("CD19/CD22 CAR-T cells in non-Hodgkin lymphoma", "CD19/CD22 CAR-T细胞治疗非霍奇金淋巴瘤"),
    ("CD19 and CD20 CAR-T cells in B-cell lymphoma", "CD19和CD20 CAR-T细胞治疗B细胞淋巴瘤"),
    ("Anti-mesothelin CAR-T cells in ovarian cancer", "抗间皮素CAR-T细胞治疗卵巢癌"),
    ("Universal CAR-T cells targeting CD7", "靶向CD7的通用型CAR-T细胞"),
    ("Autologous CAR-T cells targeting GD2 in neuroblastoma", "靶向GD2的自体CAR-T细胞治疗神经母细胞瘤"),
    ("CAR-NK cells targeting CD33 in acute myeloid leukemia", "靶向CD33的CAR-NK细胞治疗急性髓系白血病"),
    ("Cord blood CAR-NK cells targeting CD19", "靶向CD19的脐带血CAR-NK细胞"),
    ("NY-ESO-1 TCR-T cells in synovial sarcoma", "NY-ESO-1 TCR-T细胞治疗滑膜肉瘤"),
    ("Tumor infiltrating lymphocytes in cervical cancer", "肿瘤浸润淋巴细胞治疗宫颈癌"),
    ("CIK cells in lung cancer", "CIK细胞治疗肺癌"),
    ("Natural killer cells in colorectal cancer", "自然杀伤细胞治疗结直肠癌"),
    ("A single-arm, open-label, single-center study", "单臂、开放标签、单中心研究"),
    ("A randomized, double-blind, multicenter trial", "随机、双盲、多中心试验"),
    ("A dose-escalation study with a 3+3 design", "采用“3+3”设计的剂量递增研究"),
    ("A BOIN design with dose expansion phase", "BOIN设计，含剂量扩展阶段"),
    ("6 to 18 evaluable patients are planned to be enrolled", "计划入组 6～18 例可评价患者"),
    ("A total of 24 patients were enrolled", "共入组24例患者"),
    ("12 patients were treated", "12例患者接受了治疗"),
    ("DLT observation period of 28 days", "DLT观察期为28天"),
    ("4 dose groups", "设置4个剂量组"),
    ("HER2-negative, CLDN18.2-positive gastric cancer", "HER2阴性、CLDN18.2阳性胃癌"),
    ("Intraperitoneal infusion of CAR-T cells", "CAR-T细胞腹腔灌注"),
    ("CAR-T cells, lentiviral vector, 4-1BB costimulatory domain", "CAR-T细胞，慢病毒载体，4-1BB共刺激结构域"),
    ("Relapsed or refractory acute myeloid leukemia", "复发或难治性急性髓系白血病"),
    ("Advanced solid tumors", "晚期实体瘤"),
    ("Locally advanced or metastatic nasopharyngeal carcinoma", "局部晚期或转移性鼻咽癌"),
    ("Satri-cel in gastric cancer", "舒瑞基奥仑赛治疗胃癌"),
    ("Stage IV gastric cancer", "Ⅳ期胃癌"),
]


def record(words):
    document = Document("X1", "article", "test", (Section("body", words),), b"")
    found = [f for part in PARTS for f in part.find(document)]
    for f in found:
        assert 0 <= f.start < f.end <= len(words), f
    return {(f.field, f.value) for f in found}


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_give_the_same_record(english, chinese):
    assert record(english) == record(chinese)
    assert record(english)
