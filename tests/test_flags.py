"""Flags: a retracted, withdrawn or corrected record is kept and says so wherever it is shown."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trialkb import flags, kb
from trialkb.cli import main

DATA = Path(__file__).parent / "data"


def run(path: Path, *words: str) -> Result:
    done = CliRunner().invoke(main, [*words, "--kb", str(path)])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "kb.sqlite"
    run(place, "import", str(DATA / "pubmed" / "retracted.xml"), str(DATA / "pubmed" / "labelled.xml"))
    run(place, "import", str(DATA / "europepmc" / "page.json"))
    run(place, "extract")
    run(place, "index")
    return place


def test_what_stands_beside_a_record(path: Path) -> None:
    db = kb.open_kb(path)
    assert flags.of(db, "PMID:99000021") == ("RETRACTED",)
    assert flags.of(db, "PMID:99000022") == ("RETRACTED (Invented journal. 2021;1:1)",)
    assert flags.of(db, "PMID:99000023") == ()
    assert flags.of(db, "PMID:99000001") == ("corrected",)
    assert flags.of(db, "DOI:10.0000/preprint.9") == ("preprint",)
    assert flags.of(db, "NCT90000001") == ()


def test_search_show_and_families_say_so(path: Path) -> None:
    found = run(path, "search", "retracted by its notice", "--keyword-only").stdout
    assert "!! RETRACTED (Invented journal. 2021;1:1)" in found
    hits = json.loads(run(path, "search", "invented preprint", "--keyword-only", "--json").stdout)["hits"]
    assert "preprint" in next(h for h in hits if h["id"].startswith("DOI:"))["flags"]
    assert "!! RETRACTED" in run(path, "show", "PMID:99000022").stdout
    assert "RETRACTED  Retracted by its type" in run(path, "families", "PMID:99000021").stdout


def test_a_record_is_found_by_the_trial_number_it_reports(path: Path) -> None:
    hits = json.loads(run(path, "search", "NCT99000002", "--keyword-only", "--json").stdout)["hits"]
    assert hits[0]["id"] == "PMID:99000001"


def test_update_files_take_records_back_and_give_them_again(tmp_path: Path) -> None:
    place, update = tmp_path / "kb.sqlite", (DATA / "pubmed" / "update.xml").read_bytes()
    taken = update.replace(b"99000051", b"99000021")
    (tmp_path / "pubmed26n1400.xml.gz").write_bytes(gzip.compress(taken))
    run(place, "import", str(DATA / "pubmed" / "retracted.xml"))
    run(place, "import", str(tmp_path / "pubmed26n1400.xml.gz"))
    db = kb.open_kb(place)
    assert flags.of(db, "PMID:99000021") == ("RETRACTED", "WITHDRAWN by pubmed")
    assert flags.of(db, "PMID:99000052") == ()
    assert "!! RETRACTED" in run(place, "show", "PMID:99000021").stdout
    log = json.loads(run(place, "log", "--json").stdout)
    assert log[1]["message"] == "taken back by the source: PMID:99000021"
    run(place, "extract")
    assert flags.of(db, "PMID:99000021") == ("RETRACTED", "WITHDRAWN by pubmed")
    run(place, "import", str(DATA / "pubmed" / "retracted.xml"))
    assert flags.of(db, "PMID:99000021") == ("RETRACTED",)


def test_ictrp_exports_are_recognised_and_the_registrys_own_record_is_shown(tmp_path: Path) -> None:
    place = tmp_path / "kb.sqlite"
    done = run(place, "import", str(DATA / "ictrp" / "export.xml"), str(DATA / "ictrp" / "portal58.csv"))
    assert "taken as ictrp (its root is Trials_downloaded_from_ICTRP): 3 new" in done.stderr
    assert "taken as ictrp (its columns are those of an ICTRP export): 2 new" in done.stderr
    again = run(place, "import", str(DATA / "ictrp" / "export.xml"))
    assert "3 unchanged (nothing changed)" in again.stderr
    page = run(place, "families", "NCT99000001").stdout
    assert "because ChiCTR2400099001 same trial NCT99000001: secondary id “NCT99000001”" in page
