"""Index: an index a file, each with `build` (what is new in the kb to the index)."""
