"""The table of products: whole, cited, true to the lexicon and, where the records are there, to the registry."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest

from trialkb import products, terms

SHARED = Path(os.environ.get("TRIALKB_SHARED", "../shared"))
RECORDS = SHARED / "data/cart_trials/2026-08-22.jsonl.gz"


def test_at_least_150_products_each_with_a_citation():
    assert len(products.products()) >= 150
    assert all(re.fullmatch(r"NCT\d{8}", p.citation) for p in products.products())


def test_targets_and_names_are_known_and_unique():
    known = {t.id for t in terms.terms() if t.kind == "target"}
    names: dict[str, str] = {}
    for p in products.products():
        assert set(p.targets) <= known, p.product
        for name in set(p.names):
            key = re.sub(r"[\s\-]+", "", name).lower()
            assert names.setdefault(key, p.product) == p.product


@pytest.mark.parametrize("name", ["satri-cel", "CT041", "Satricabtagene Autoleucel", "舒瑞基奥仑赛"])
def test_one_product_by_all_its_names(name):
    found = products.named(f"Patients received {name} once.")
    assert [(p.product, p.targets) for p, _, _ in found] == [("satricabtagene autoleucel", ("CLDN18.2",))]


@pytest.mark.parametrize("words", ["IMC0012 was given", "CT0411", "auto1mated", "U011"])
def test_a_name_inside_another_word_is_none(words):
    assert products.named(words) == ()


@pytest.mark.real
@pytest.mark.skipif(not RECORDS.exists(), reason="needs the records of TRIALKB_SHARED")
def test_the_cited_registry_records_name_their_product():
    with gzip.open(RECORDS) as stream:
        texts = {json.loads(line)["protocolSection"]["identificationModule"]["nctId"]: line.decode() for line in stream}
    here = [p for p in products.products() if p.citation in texts]
    assert len(here) >= 150
    for p in here:
        keys = [re.sub(r"[\s\-]+", "", n).lower() for n in p.names]
        text = re.sub(r"[\s\-]+", "", texts[p.citation]).lower()
        assert any(k in text for k in keys), p.product
