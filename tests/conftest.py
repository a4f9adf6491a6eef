"""Shared by the tests: where the real records are, records written for the tests, and a small kb made of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("default")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real records; the test is skipped, saying so, where it is absent."""
    place = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
    if not (place / "data").is_dir():
        pytest.skip(f"the real records are not at {place} (set TRIALKB_SHARED)")
    return place


def study(nct: str, title: str, **more: object) -> dict[str, object]:
    """An invented study in the true shape of API v2."""
    section: dict[str, object] = {
        "identificationModule": {"nctId": nct, "briefTitle": title},
        "statusModule": {
            "overallStatus": more.pop("status", "RECRUITING"),
            "startDateStruct": {"date": more.pop("start", "2023-05")},
            "lastUpdatePostDateStruct": {"date": more.pop("updated", "2026-01-05")},
        },
        "descriptionModule": {"briefSummary": more.pop("summary", f"An invented study. {title}.")},
        "conditionsModule": {"conditions": more.pop("conditions", ["Gastric Cancer"])},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": more.pop("phases", ["PHASE1"])},
        "armsInterventionsModule": {"interventions": [{"type": "BIOLOGICAL", "name": more.pop("drug", "CAR-T cells")}]},
        "contactsLocationsModule": {"locations": [{"country": more.pop("country", "China")}]},
        "eligibilityModule": {
            "eligibilityCriteria": more.pop("criteria", "Inclusion Criteria:\n\n* Age \\>= 18 years")
        },
    }
    assert not more, more
    return {"protocolSection": section, "hasResults": False}


STUDIES = (
    study("NCT90000001", "CLDN18.2 CAR-T in advanced gastric cancer", drug="anti-CLDN18.2 CAR-T"),
    study(
        "NCT90000002",
        "CD19 CAR-T in large B-cell lymphoma",
        conditions=["DLBCL"],
        phases=["PHASE2"],
        status="COMPLETED",
    ),
    study(
        "NCT90000003", "GD2 CAR-T for neuroblastoma", conditions=["Neuroblastoma"], country="Italy", start="2019-02-11"
    ),
    study("NCT90000004", "Claudin 18.2 redirected T cells for pancreatic cancer", conditions=["Pancreatic Cancer"]),
    study(
        "NCT90000005", "间皮素CAR-T治疗卵巢癌", conditions=["卵巢癌"], summary="评价间皮素CAR-T治疗复发卵巢癌的安全性。"
    ),
)


@pytest.fixture
def studies_file(tmp_path: Path) -> Path:
    file = tmp_path / "studies.jsonl"
    file.write_text("".join(json.dumps(s, ensure_ascii=False) + "\n" for s in STUDIES), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def small_kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kb of the invented studies, extracted and indexed (for reading only)."""
    from trialkb import kb, pipeline

    folder = tmp_path_factory.mktemp("kb")
    file, path = folder / "studies.jsonl", folder / "kb.sqlite"
    file.write_text("".join(json.dumps(s, ensure_ascii=False) + "\n" for s in STUDIES), encoding="utf-8")
    with kb.writing(path) as db:
        pipeline.read_file(db, file)
        pipeline.extract(db)
        pipeline.index(db, path)
    return path
