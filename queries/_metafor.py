"""A runnable R script (metafor) with the same studies, models and figures as the pooled answer.

The script pools by a binomial GLMM and by logit REML with Hartung-Knapp, prints both, draws a forest plot and stops
with an error where a figure differs from trialkb's by more than 0.0005.
"""

from __future__ import annotations

from collections.abc import Sequence

from ._pool import METHODS, ROUGH, Pooled

_FITS = {
    METHODS["GLMM"]: 'rma.glmm(measure = "PLO", xi = xi, ni = ni, data = dat)',
    METHODS["REML"]: 'rma(measure = "PLO", xi = xi, ni = ni, data = dat, method = "REML")',
    METHODS["REML-HK"]: 'rma(measure = "PLO", xi = xi, ni = ni, data = dat, method = "REML", test = "knha")',
    METHODS["DL"]: 'rma(measure = "PLO", xi = xi, ni = ni, data = dat, method = "DL")',
    METHODS["PM"]: 'rma(measure = "PLO", xi = xi, ni = ni, data = dat, method = "PM")',
    METHODS["FT"]: 'rma(measure = "PFT", xi = xi, ni = ni, data = dat, method = "DL")',
}
_HEAD = """\
# {title}
# Written by trialkb; needs R with metafor (and lme4 for the GLMM). Run: Rscript {name}
suppressPackageStartupMessages(library(metafor))
dat <- data.frame(
  study = c({studies}),
  xi = c({events}),
  ni = c({totals})
)
check <- function(name, found, expected) {{
  cat(sprintf("%s estimate %.4f ci %.4f %.4f pi %.4f %.4f tau2 %.4f\\n", name,
              found[1], found[2], found[3], found[4], found[5], found[6]))
  off <- abs(found - expected) > 0.0005
  if (any(off, na.rm = TRUE)) stop(paste("differs from trialkb:", name))
}}
"""
_FIT = """
{var} <- {call}
p <- predict({var}, transf = {back})
check("{name}", c(p$pred, p$ci.lb, p$ci.ub, p$pi.lb, p$pi.ub, {var}$tau2),
      c({expected}))
"""
_ROUGH_FIT = """
# The spread between studies is so wide that lme4's quadrature is too rough to be compared; trialkb, on a fine grid, has
# (estimate, ci, pi, tau2): {expected}
{var} <- {call}
print(predict({var}, transf = transf.ilogit))
"""
_PLOT = """
png("forest.png", width = 1800, height = {height}, res = 180)
forest({var}, slab = sprintf("%s  %d/%d", dat$study, as.integer(dat$xi), as.integer(dat$ni)), transf = {back},
       addpred = TRUE, refline = NA, xlab = "{label}", header = TRUE)
invisible(dev.off())
"""


def script(
    studies: Sequence[str],
    events: Sequence[int],
    totals: Sequence[int],
    pooled: Sequence[Pooled],
    title: str = "Pooled proportion",
    label: str = "Proportion",
    name: str = "forest.R",
) -> str:
    """The R script; pooled values that are not a model's (one study, no event at all) are left out of it."""
    head = _HEAD.format(
        title=" ".join(title.split()),
        name=name,
        studies=", ".join(_quoted(s) for s in studies),
        events=", ".join(map(str, events)),
        totals=", ".join(map(str, totals)),
    )
    models = [p for p in pooled if p.method in _FITS and p.estimate is not None]
    parts = [_fit(f"m{i}", p) for i, p in enumerate(models, 1)]
    if models:
        height = 500 + 60 * len(studies)
        parts.append(_PLOT.format(var="m1", back=_back(models[0]), label=label.replace('"', "'"), height=height))
    else:
        parts.append("\n# no model to fit: " + "; ".join(n for p in pooled for n in p.notes) + "\n")
    return head + "".join(parts)


def _back(p: Pooled) -> str:
    return "transf.ipft.hm, targs = list(ni = dat$ni)" if p.method == METHODS["FT"] else "transf.ilogit"


def _fit(var: str, p: Pooled) -> str:
    figures = (p.estimate, p.low, p.high, p.pi_low, p.pi_high, p.tau2)
    expected = ", ".join("NA" if v is None else f"{v:.6f}" for v in figures)
    if ROUGH in p.notes:
        return _ROUGH_FIT.format(var=var, call=_FITS[p.method], expected=expected)
    return _FIT.format(var=var, call=_FITS[p.method], back=_back(p), name=p.method, expected=expected)


def _quoted(text: str) -> str:
    r"""An R string literal.

    >>> print(_quoted('Qi "2024" \\ x'))
    "Qi \"2024\" \\ x"
    """
    flat = "".join(c if c.isprintable() else " " for c in text)
    return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'
