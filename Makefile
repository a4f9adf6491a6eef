# trialkb: `make demo` and `make test` need only Python 3.11, make and a package index; both are safe to run twice.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false

.PHONY: demo test check bench docs clean

demo: $(VENV)/.run
	$(BIN)/trialkb demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(BIN)/python -m cogapp --check README.md $(wildcard docs/*.md)

docs: $(VENV)/.dev
	$(BIN)/python -m cogapp -r README.md $(wildcard docs/*.md)

bench: $(VENV)/.dev
	$(PIP) install -q -c constraints.txt -e ".[bench]"
	$(BIN)/python bench/run.py

$(VENV)/.run: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) install -q -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info kb.sqlite*
