"""The lexicon is whole, and rules kept as data match their examples and not their counter-examples."""

import pytest

from trialkb import terms
from trialkb.extract import _rules


def test_every_broader_id_exists_and_no_term_is_broader_than_itself():
    known = set(terms.by_id())
    for term in terms.terms():
        for broader in term.broader:
            assert (term.kind, broader) in known, (term.id, broader)
        assert term.id not in terms.ancestors(term.kind, term.id)


def test_ids_are_unique_within_a_kind():
    ids = [(t.kind, t.id) for t in terms.terms()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("Non-Hodgkin's Lymphomas", "nhl"),
        ("Lymphoma, B-Cell", "b_nhl"),
        ("Leukemia, Lymphocytic, Chronic, B-Cell", "cll"),
        ("Oesophageal cancer", "esophageal_cancer"),
        ("B-cell malignancies", "b_cell_malignancy"),
        ("Waldenström macroglobulinemia", "waldenstrom"),
        ("Primary Mediastinal (Thymic) Large B-cell Cell Lymphoma", "pmbcl"),
        ("急性B淋巴细胞白血病", "b_all"),
        ("食管胃结合部腺癌", "gej_adenocarcinoma"),
    ],
)
def test_one_mention_for_the_whole_name(words, id):
    found = [m for m in terms.mentions(words) if m.kind == "indication"]
    assert [(m.id, m.words) for m in found] == [(id, words)]


def test_digestive_tumour_covers_gastric_cancer():
    assert "gastric_cancer" in terms.descendants("indication", "digestive_tumour")
    assert "haematological_malignancy" in terms.ancestors("indication", "dlbcl")


@pytest.mark.parametrize("name", ["construct", "design", "modality", "stage", "target"])
def test_rules_match_their_examples_only(name):
    for rule in _rules.load(name):
        assert rule.example, rule.id
        assert rule.pattern.search(rule.example), rule.id
        assert rule.counter, rule.id
        assert not rule.pattern.search(rule.counter), rule.id
        assert rule.may(rule.example.lower()), rule.id
