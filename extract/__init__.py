"""Extract: a concept a file, each with `find` (a Document to Findings or Outcomes, with exact spans)."""
