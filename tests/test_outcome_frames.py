"""Arms that the frame of a comparison names, in the order of its values."""

from __future__ import annotations

import pytest

from trialkb.flat import extract_line

BEFORE = "Methods: In this randomized trial, patients received CIK cells or chemotherapy. Results: "
FRAMES = [
    ("The ORR was higher in the T-VEC arm (40.5% versus 2.3%; P<0.0001) than in the GM-CSF arm.", ["T-VEC arm", "GM-CSF arm"]),
    ("Neutropenia (10% versus 4%) was more often associated with doxorubicin than PLD.", ["doxorubicin", "PLD"]),
    ("The response rates for PLD and topotecan were 19.7% and 17.0%, respectively.", ["PLD", "topotecan"]),
    ("CR rates did not differ (NK, 61% [CI, 43%-78%] vs. DLI, 47% [CI, 29%-63%], P = .30).", ["NK", "DLI"]),
    ("Median OS was 14.1 vs 10.2 months (P = .01) in the DC group compared with the controls.", ["DC group", "controls"]),
    (
        "The 5-year OS (66.1% versus 40.2%, P < 0.01) and LFS (61.5% versus 32.8%, P < 0.01) of the DLI cohort were superior to"
        " the control cohort.",
        ["DLI cohort", "control cohort"] * 2,
    ),
    ("The ORR was higher in patients treated at 1×10^6/kg (8/9) compared with lower doses (3/8).", ["1×10^6/kg", "lower doses"]),
    ("The ORR for patients with DLBCL (n=9), FL (n=10) and MCL (n=8) was 6%, 8% and 7%, respectively.", ["DLBCL", "FL", "MCL"]),
    ("Median OS for patients in CR, PR and SD was 24.1, 12.3 and 5.6 months, respectively.", ["CR", "PR", "SD"]),
    ("Acute and chronic GVHD occurred in 17% and 5%. The ORR was 40% and 50%.", ["overall", "overall"]),
]


@pytest.mark.parametrize(("sentence", "arms"), FRAMES)
def test_arms_of_a_comparison(sentence: str, arms: list[str]) -> None:
    found = extract_line({"doc_id": "x", "kind": "abstract", "text": BEFORE + sentence})["outcomes"]
    told = [(o["arm"], o["population"]) for o in found if not o["endpoint"].startswith("OTHER_")]
    assert [a if a != "overall" else (p or a) for a, p in told] == arms
