"""Harvest: a source a file, each with `parse` (bytes to Documents) and, where it talks to a network, `fetch`."""
