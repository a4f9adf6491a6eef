"""A stand-in for ChiCTR: a detail page, a list of hits and an XML file of invented trials, and the firewall's answers."""

from __future__ import annotations

from collections.abc import Sequence

from standin import Asked, Reply

NUMBER = "ChiCTR2600000017"
XML_PATH = "./bin/chictr/DownloadXml?path=QUJD" + "eHl6" * 30
BLOCK_405 = (
    "<html><title>405</title><body>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</body></html>"
)
CHALLENGE = (
    "<html><head><script>var arg1='89AB';(function(){document.cookie='acw_sc__v2='+arg1;})();</script>"
    f"<script src='/aliyunwaf_slide.js'></script></head><body>{'<!-- -->' * 2000}</body></html>"
)
SLIDER = "<html><head><title>滑动验证页面</title></head><body><div id='nc'></div></body></html>"
NO_FIELDS = "<html><head><title>中国临床试验注册中心</title></head><body><p>系统维护中</p></body></html>"


def both(zh_label: str, en_label: str, zh: str, en: str, style: str = "p") -> str:
    """A bilingual field: a Chinese and an English row."""
    return (
        f'<tr class="cn"><td style="width: 200px" class="left_title"><p class="cn">{zh_label}</p></td>'
        f'<td><{style} class="cn">\n   {zh}&nbsp;\n </{style}></td></tr>'
        f'<tr class="en"><td class="left_title"><p class="en">{en_label}</p></td><td><p class="en">{en}</p></td></tr>'
    )


def neutral(zh_label: str, en_label: str, value: str) -> str:
    """A field of one row with both labels."""
    return (
        f'<tr><td class="left_title"><p class="cn">{zh_label}</p><p class="en">{en_label}</p></td>'
        f"<td>{value}&nbsp;</td></tr>"
    )


def block(*rows: str) -> str:
    return f'<div class="project-ms"><table><tbody>{"".join(rows)}</tbody></table></div>'


def arm(zh: str, en: str, size: str, zh_what: str, en_what: str) -> str:
    return (
        '<table class="noComma"><tbody><tr><td><p class="cn">组别：</p></td>'
        f'<td><p class="cn">{zh}</p></td><td><p class="cn">样本量：</p></td><td rowspan="2">\n {size}\n </td></tr>'
        f'<tr><td><p class="en">Group：</p></td><td><p class="en">{en}</p></td><td><p class="en">Sample size：</p></td></tr>'
        f'<tr><td><p class="cn">干预措施：</p></td><td><p class="cn">{zh_what}</p></td>'
        '<td><p class="cn">干预措施代码：</p></td><td rowspan="2"></td></tr>'
        f'<tr><td><p class="en">Intervention：</p></td><td><p>{en_what}\n</p></td>'
        '<td><p class="en">Intervention code：</p></td><!-- <td><p></p></td> --></tr></tbody></table>'
    )


def outcome(zh: str, en: str, zh_kind: str, en_kind: str, zh_time: str, en_time: str) -> str:
    def cell(language: str, label: str, text: str) -> str:
        return f'<td class="t"><p class="{language}">{label}</p></td><td><p class="{language}">{text}</p></td>'

    return (
        '<div class="noComma subitem"><table><tbody>'
        f'<tr class="cn">{cell("cn", "指标中文名：", zh)}{cell("cn", "指标类型：", zh_kind)}</tr>'
        f'<tr class="en">{cell("en", "Outcome：", en)}{cell("en", "Type：", en_kind)}</tr>'
        f'<tr class="cn">{cell("cn", "测量时间点：", zh_time)}{cell("cn", "测量方法：", "影像学")}</tr>'
        f'<tr class="en">{cell("en", "Measure time point of outcome：", en_time)}{cell("en", "Measure method：", "")}</tr>'
        "</tbody></table></div>"
    )


SITE = (
    '<table class="noComma"><tbody><tr class="cn"><td><p class="cn">国家：</p></td><td>中国</td><td><p class="cn">省(直辖市)：'
    '</p></td><td>某省&nbsp;</td></tr><tr class="en"><td><p class="en">Country：</p></td><td><p>China</p></td></tr>'
    '<tr class="cn"><td><p class="cn">单位(医院)：</p></td><td>虚构医院&nbsp;</td></tr><tr class="en"><td class="sub">'
    '<p class="en">Institution<br />hospital：</p></td><td><p>Hospital of Invention</p></p></td></tr></tbody></table>'
)
ARMS = (
    arm("试验组", "experimental group", "12", "虚构细胞", "Invented cells"),
    arm("对照组", "control group", "6", "标准治疗", "Standard care"),
)
OUTCOMES = (
    outcome("客观缓解率", "ORR", "主要指标", "Primary indicator", "第12周", "Week 12"),
    outcome("剂量限制性毒性", "DLT", "次要指标", "Secondary indicator", "第28天", "Day 28"),
    outcome("细胞因子释放综合征", "CRS", "副作用指标", "Adverse events", "第28天", "Day 28"),
)


def detail(
    *,
    number: str = NUMBER,
    phase: tuple[str, str] = ("I期+II期", "1-2"),
    status: tuple[str, str] = ("正在进行", "Recruiting"),
    arms: Sequence[str] = ARMS,
    english: bool = True,
) -> str:
    """A detail page in the structure of 2025; without `english` its English rows are empty."""

    def two(zh_label: str, en_label: str, zh: str, en: str, style: str = "p") -> str:
        return both(zh_label, en_label, zh, en if english else "", style)

    about = block(
        neutral("注册号：", 'Registration number：</p><input type="hidden" name="pid" value="900017" /><p>', number),
        neutral("最近更新日期：", "Date of Last Refreshed on：", "2026-05-28 08:56:14"),
        neutral("注册时间：", "Date of Registration：", "2026-01-02 00:00:00"),
        two("注册号状态：", "Registration Status：", "预注册", "Prospective registration"),
        two("注册题目：", "Public title：", "虚构CAR-T细胞治疗胃癌", "Invented CAR-T cells in gastric cancer"),
        two("研究课题的正式科学名称：", "Scientific title：", "虚构CAR-T细胞I/II期研究", "Phase 1/2 study of invented cells"),
        neutral("在二级注册机构或其它机构的注册号：", "The registration number of the Partner Registry or other\n register：",
                "NCT00000005"),
    )  # fmt: skip
    people = block(
        '<tr class="cn"><td class="left_title"><p class="cn">申请注册联系人：</p></td><td><p class="cn">某甲</p></td>'
        '<td class="left_title"><p class="cn">研究负责人：</p></td><td><p class="cn">某乙</p></td></tr>',
        neutral("研究负责人电话：", "Study leader's <br />telephone：", "+86 000 0000"),
        neutral("申请注册联系人电子邮件：", "Applicant E-mail：", "nobody@invented.example"),
        both("研究负责人通讯地址：", "Study leader's address：", "虚构路1号", "1 Invention Road"),
    )
    study = block(
        two("研究实施负责（组长）单位：", "Primary sponsor：", "虚构医院", "Hospital of Invention"),
        both("研究实施负责（组长）单位地址：", "Primary sponsor's address：", "虚构路2号", "2 Invention Road"),
        two("研究疾病：", "Target disease：", "胃癌", "Gastric cancer"),
        two("研究类型：", "Study type：", "干预性研究", "Interventional study"),
        two("研究所处阶段：", "Study phase：", phase[0], phase[1], "span"),
        two("研究设计：", "Study design：", "随机平行对照", "Parallel"),
        two("研究目的：", "Objectives of Study：", "评价安全性；\n评价疗效。", "To assess safety."),
        two("纳入标准：", "Inclusion criteria", "1 年龄18-70岁；<br>\n2 ECOG 0-1。", "1. Age 18-70<br>\n2. ECOG 0-1"),
        two("排除标准：", "Exclusion criteria：", "3 脑转移。", "3. Brain metastases"),
        neutral("研究实施时间：", "Study execute time：", '<span class="cn">从</span><span class="en">From</span>'
                '<span>2026-02-01 00:00:00</span><span class="cn">至</span><span>2028-02-01 00:00:00</span>'),
    )  # fmt: skip
    nested = (
        block(neutral("干预措施：", "Interventions：", "".join(arms)))
        + block(neutral("研究实施地点：", "Countries of recruitment and research settings：", SITE))
        + block(neutral("测量指标：", "Outcomes：", "".join(OUTCOMES)))
    )
    rest = block(
        '<tr><td class="left_title"><p class="cn">征募研究对象情况：</p><p class="en">Recruiting status：</p></td>'
        f'<td><p class="cn">{status[0]}</p><p class="en">{status[1]}</p></td>'
        '<td class="left_title"><p class="cn">年龄范围：</p><p class="en">Participant age：</p></td><td><table><tr>'
        '<td><span class="cn">最小</span><span class="en">Min age</span></td><td>18</td><td><span class="cn">岁</span>'
        '<span class="en">years</span></td></tr><tr><td><span class="cn">最大</span><span class="en">Max age</span></td>'
        '<td></td><td><span class="cn">岁</span></td></tr></table></td></tr>',
        '<tr><td class="left_title"><p class="cn">性别：</p></td><td><p class="cn">男女均可</p></td>'
        '<td class="left_title"><p class="en">Gender：</p></td><td><p class="en">Both</p></td></tr>',
        two("盲法：", "Blinding：", "开放", "Open label"),
    )
    return (
        "<!DOCTYPE html><html><head><title>中国临床试验注册中心</title></head><body>"
        f'<div class="project-tit"><a href="{XML_PATH}">下载XML文档</a></div>{about}{people}{study}{nested}{rest}</body></html>'
    )


def hits(numbers: Sequence[str]) -> str:
    """A list of hits, with its header row in a `t-head`."""
    rows = "".join(
        f'<tr><td><a href="historyversionpub.html?regno={n}">历史版本</a></td><td>{n}</td><td><a class="tit1 wto" '
        f'href="showproj.html?proj={i}" title="虚构细胞治疗胃癌 {i}">虚构…</a><p>虚构医院</p></td><td>干预性研究</td>'
        "<td>2026/01/02</td></tr>"
        for i, n in enumerate(numbers, 900017)
    )
    return (
        f'<html><body><div>共检索到<span id="data-total">{len(numbers)}</span>个符合检索条件的试验。</div><table class="table1">'
        f'<t-head><tr><th>历史版本</th><th>注册号</th></tr></t-head>{rows}</table><div id="pagination"></div></body></html>'
    )


XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<trials subjects="1"><Triall><main><trial_id>{NUMBER}</trial_id><reg_name>ChiCTR</reg_name>
<date_registration>2026-01-02</date_registration><primary_sponsor>Hospital of Invention</primary_sponsor>
<public_title>Invented cells in gastric cancer</public_title><scientific_title/><date_enrolment>2026-02-01</date_enrolment>
<target_size>experimental:12;control:6;</target_size><recruitment_status>Recruiting</recruitment_status>
<url>http://www.chictr.org.cn/showproj.aspx?proj=900017</url><study_type>Interventional study</study_type>
<study_design>Parallel</study_design><phase>1-2</phase><hc_freetext>Gastric cancer</hc_freetext>
<i_freetext>experimental:Invented cells;control:Standard care;</i_freetext></main>
<contacts><contact><firstname>N.</firstname><lastname>Obody</lastname><email>nobody@invented.example</email></contact></contacts>
<countries><country2>China</country2></countries><criteria><inclusion_criteria>Age 18 or over</inclusion_criteria>
<agemin>18</agemin><agemax/><gender>Both</gender><exclusion_criteria>Brain metastases</exclusion_criteria></criteria>
<primary_outcome><prim_outcome>ORR;DLT;</prim_outcome></primary_outcome>
<secondary_outcome><sec_outcome>PFS;</sec_outcome></secondary_outcome>
<secondary_ids><secondary_id><sec_id>NCT00000005</sec_id></secondary_id></secondary_ids>
<ethics_reviews><ethics_review><contact_name>N. Obody</contact_name></ethics_review></ethics_reviews></Triall></trials>"""


def site(asked: Asked) -> Reply:
    """The site as it answers a browser."""
    if asked.path == "/showproj.html" and asked.query.get("proj") == "900017":
        return _html(detail())
    if asked.path == "/searchproj.html":
        return _html(hits([NUMBER] if asked.query.get("regno") in ("", NUMBER) else []))
    if asked.path == "/bin/chictr/DownloadXml":
        return Reply(body=XML.encode(), headers={"Content-Type": "application/xml"})
    return Reply(400, "参数错误".encode())


def _html(text: str) -> Reply:
    return Reply(body=text.encode(), headers={"Content-Type": "text/html;charset=UTF-8"})


def firewall(kind: str) -> Reply:
    """What the firewall sends instead: "405", "challenge", "slider" or "nothing" (a page without fields)."""
    if kind == "405":
        return Reply(405, BLOCK_405.encode(), {"Content-Type": "text/html"})
    return _html({"challenge": CHALLENGE, "slider": SLIDER, "nothing": NO_FIELDS}[kind])
