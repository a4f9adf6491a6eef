"""Queries: a question a file, each with `run` (a kb and its arguments to an answer)."""
