"""CSV and TSV exports of ClinicalTrials.gov: columns by name, old and new layout, outcome items taken apart."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from trialkb import kb, pipeline, reading
from trialkb.errors import BadInput
from trialkb.harvest import _outcome_items, ctgov, ctgov_csv
from trialkb.records import Document

NEW = {
    "NCT Number": "NCT90000001",
    "Study Title": "Claudin18.2 CAR-T in Gastric Cancer, Third Line",
    "Study URL": "https://clinicaltrials.gov/study/NCT90000001",
    "Study Status": "ACTIVE_NOT_RECRUITING",
    "Brief Summary": "An open study.\n\n* one arm",
    "Study Results": "NO",
    "Conditions": "Gastric Cancer|Cancer of Stomach, Recurrent",
    "Interventions": "BIOLOGICAL: anti-CLDN18.2 CAR-T|DRUG: Cyclophosphamide, 300 mg/m2|Not typed: x",
    "Primary Outcome Measures": "Dose-limiting toxicity (DLT), Number of patients with DLT, by CTCAE 5.0, 28 days",
    "Secondary Outcome Measures": "Objective response rate, 12 months|Overall survival, from infusion to death, 2 years",
    "Sponsor": "A Hospital",
    "Collaborators": "B Ltd.|C Ltd.",
    "Sex": "ALL",
    "Age": "ADULT, OLDER_ADULT",
    "Phases": "PHASE1|PHASE2",
    "Enrollment": "30",
    "Funder Type": "OTHER",
    "Study Type": "INTERVENTIONAL",
    "Study Design": "Allocation: NA | Intervention Model: SINGLE_GROUP | Masking: NONE | Primary Purpose: TREATMENT",
    "Other IDs": "ABC-1|ChiCTR2400000001",
    "Start Date": "2024-05",
    "Last Update Posted": "2025-01-31",
    "Locations": "A Hospital, Wuhan, Hubei, 430000, China|B Clinic, Tehran, Iran, Islamic Republic of",
}
OLD = {
    "Rank": "1",
    "NCT Number": "NCT90000002",
    "Title": "CEA CAR-T",
    "Status": "Active, not recruiting",
    "Study Results": "Has Results",
    "Interventions": "Drug: X|Diagnostic Test: Y",
    "Outcome Measures": "Overall survival|Length of stay, in days",
    "Sponsor/Collaborators": "A Hospital|B Ltd.",
    "Gender": "All",
    "Age": "18 Years to 75 Years \xa0 (Adult, Older Adult)",
    "Phases": "Phase 1|Phase 2",
    "Funded Bys": "Other|Industry",
    "Study Type": "Interventional",
    "Study Designs": "Allocation: N/A|Intervention Model: Single Group Assignment|Masking: None (Open Label)",
    "Start Date": "September 20, 2018",
    "Completion Date": "June 2022",
}


def table(*rows: dict[str, str], mark: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=mark, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def one(data: bytes) -> Document:
    [document] = ctgov_csv.parse(data)
    return document


def test_every_column_of_the_new_layout() -> None:
    document = one(table(NEW))
    trial = document.trial
    assert trial is not None
    assert (document.id, document.title, trial.status) == ("NCT90000001", NEW["Study Title"], "ACTIVE_NOT_RECRUITING")
    assert trial.conditions == ("Gastric Cancer", "Cancer of Stomach, Recurrent")
    assert [(i.type, i.name) for i in trial.interventions] == [
        ("BIOLOGICAL", "anti-CLDN18.2 CAR-T"), ("DRUG", "Cyclophosphamide, 300 mg/m2"), (None, "Not typed: x"),
    ]  # fmt: skip
    assert (trial.phases, trial.enrollment, trial.sponsor) == (("PHASE1", "PHASE2"), 30, "A Hospital")
    assert (trial.collaborators, trial.secondary_ids) == (("B Ltd.", "C Ltd."), ("ABC-1", "ChiCTR2400000001"))
    assert (trial.allocation, trial.model, trial.masking, trial.purpose) == ("NA", "SINGLE_GROUP", "NONE", "TREATMENT")
    assert (trial.start_date, trial.update_date, trial.completion_date) == ("2024-05", "2025-01-31", None)
    assert trial.countries == ("China", "Iran, Islamic Republic of")
    assert (trial.has_results, trial.minimum_age, trial.enrollment_type) == (False, None, None)
    assert [(e.role, e.measure, e.time_frame) for e in trial.endpoints] == [
        ("PRIMARY", "Dose-limiting toxicity (DLT)", "28 days"), ("SECONDARY", "Objective response rate", "12 months"),
        ("SECONDARY", "Overall survival", "2 years"),
    ]  # fmt: skip
    assert [e.raw for e in trial.endpoints][1:] == NEW["Secondary Outcome Measures"].split("|")
    assert {s.name for s in document.sections} >= {
        "title",
        "summary",
        "conditions",
        "interventions",
        "primary_outcomes",
    }


def test_old_layout() -> None:
    trial = one(table(OLD)).trial
    assert trial is not None
    assert (trial.status, trial.phases, trial.has_results) == ("ACTIVE_NOT_RECRUITING", ("PHASE1", "PHASE2"), True)
    assert (trial.minimum_age, trial.maximum_age, trial.sex) == ("18 Years", "75 Years", "ALL")
    assert (trial.start_date, trial.completion_date) == ("2018-09-20", "2022-06")
    assert (trial.sponsor, trial.collaborators) == ("A Hospital", ("B Ltd.",))
    assert (trial.allocation, trial.model, trial.masking) == ("NA", "SINGLE_GROUP", "NONE")
    assert [e.measure for e in trial.endpoints] == ["Overall survival", "Length of stay, in days"]
    assert [i.type for i in trial.interventions] == ["DRUG", "DIAGNOSTIC_TEST"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("mark", [",", "\t"])
def test_encodings_and_marks(encoding: str, mark: str) -> None:
    row = {"NCT Number": "NCT90000003", "Study Title": "胃癌 CAR-T，三线", "Conditions": "Gastric Cancer"}
    data = table(row, mark=mark, encoding=encoding)
    module, _ = reading.detect(data, "anything.bin")
    assert module is ctgov_csv
    assert one(data).title == "胃癌 CAR-T，三线"


@pytest.mark.parametrize(
    "columns",
    [["NCT Number", "Study Title"], ["Study Title", "Study Status", "NCT Number"], ["Conditions", "NCT Number", "Age"]],
)
def test_any_choice_of_columns(columns: list[str]) -> None:
    document = one(table({c: NEW[c] for c in columns}))
    assert document.id == "NCT90000001"
    assert document.title == (NEW["Study Title"] if "Study Title" in columns else None)
    assert document.trial is not None
    assert document.trial.phases == ()


@pytest.mark.parametrize(
    "head",
    [b"a,b,c\n1,2,3\n", b"NCT Number\nNCT90000001\n", b"TrialID,Source_Register\nx,y\n", b"", b"\0\0\0", b'{"a": 1}'],
)
def test_other_tables_are_not_its_own(head: bytes) -> None:
    assert ctgov_csv.recognise(head, "x.csv") is None


def test_a_row_that_is_cut_off_is_said(tmp_path: Path) -> None:
    data = table(NEW, {**NEW, "NCT Number": "NCT90000009"})
    (tmp_path / "a.csv").write_bytes(data[:-300])
    with kb.writing(tmp_path / "kb.sqlite") as db:
        _, counts = pipeline.read_file(db, tmp_path / "a.csv")
        assert (counts.by_state["new"], counts.by_state["skipped"]) == (1, 1)


def test_a_row_without_a_number_is_refused() -> None:
    with pytest.raises(BadInput, match="NCT number"):
        one(table({**NEW, "NCT Number": "CHM-2101", "Study URL": ""}))


def test_the_whole_record_is_shown_where_it_is_held(tmp_path: Path) -> None:
    api = (
        b'[{"protocolSection":{"identificationModule":{"nctId":"NCT90000001","briefTitle":"From the API"},'
        b'"statusModule":{"lastUpdatePostDateStruct":{"date":"2020-01-01"}}}}]'
    )
    for order in ((api, table(NEW)), (table(NEW), api)):
        with kb.writing(tmp_path / f"{order[0][:1]!r}.sqlite") as db:
            for data in order:
                parse = ctgov.parse if data is api else ctgov_csv.parse
                with kb.transaction(db):
                    for document in parse(data):
                        kb.put(db, document)
            shown = kb.get(db, "NCT90000001")
            assert shown is not None
            assert shown.title == "From the API"
            assert db.execute("SELECT count(*) FROM version").fetchone()[0] == 2


@pytest.mark.parametrize(
    ("item", "measure", "description", "time"),
    [
        ("Overall survival, 2 years", "Overall survival", None, "2 years"),
        ("ORR", "ORR", None, None),
        ("PFS, time to progression or death, whichever is first, up to 36 months", "PFS",
         "time to progression or death, whichever is first", "up to 36 months"),
        ("Pharmacokinetics, Copies of the transgene in blood, Days 0, 7, 14, 28", "Pharmacokinetics",
         "Copies of the transgene in blood", "Days 0, 7, 14, 28"),
        ("Adverse events, Number of patients with events, graded by CTCAE v5.0., Baseline, Week 4, Week 12",
         "Adverse events", "Number of patients with events, graded by CTCAE v5.0.", "Baseline, Week 4, Week 12"),
    ],
)  # fmt: skip
def test_items_are_taken_apart(item: str, measure: str, description: str | None, time: str | None) -> None:
    assert _outcome_items.split(item) == _outcome_items.Parts(measure, description, time, item)


def test_backslash_escapes_are_undone_and_the_item_kept_as_printed() -> None:
    item = r"ORR \(RECIST 1.1\), Tumour \< 5 cm, 6 months"
    [endpoint] = ctgov_csv.endpoints(item, "PRIMARY")
    assert (endpoint.measure, endpoint.raw) == ("ORR (RECIST 1.1)", item)
    row = {"NCT Number": "NCT90000001", "Study Title": r"HGB \>= 80", "Conditions": r"A \& B|C"}
    document = one(table(row))
    assert document.trial is not None
    assert (document.title, document.trial.conditions) == ("HGB >= 80", ("A & B", "C"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "rows"),
    [("all_columns_2025.csv", 10), ("beta_2022_long_dates.csv", 682), ("blood_cancer_2025.csv", None),
     ("eight_columns.csv", None), ("old_layout.csv", 100), ("old_layout.tsv", 40), ("two_columns_B7H3.csv", None)],
)  # fmt: skip
def test_real_exports(name: str, rows: int | None, shared: Path) -> None:
    path = shared / "data/ctgov_csv" / name
    data = path.read_bytes()
    module, _ = reading.detect(data[: reading.HEAD], "x")
    assert module is ctgov_csv
    with path.open("rb") as stream:
        documents = [d for record in ctgov_csv.split(stream, name) for d in ctgov_csv.parse(record)]
    mark = "\t" if name.endswith("tsv") else ","
    printed = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=mark))
    assert [d.id for d in documents] == [r["NCT Number"] for r in printed]
    assert len(documents) == len(printed) == (rows or len(printed))
    for document, row in zip(documents, printed, strict=True):
        assert document.title == (row.get("Study Title") or row.get("Title") or "").strip()
        assert document.trial is not None
        if row.get("Start Date"):
            assert document.trial.start_date is not None
            assert (
                document.trial.start_date[:4]
                == row["Start Date"].strip()[-4 if row["Start Date"][0].isalpha() else 0 :][:4]
            )
