# Everything a person types. From a bare clone: `make demo` or `make test` sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SHELL := /bin/sh
# `make test ARGS="-k codec"` and `make bench ARGS="..."` hand ARGS on.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench docs notebooks clean

help: ## this list
	@echo "Ligeia: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1@\2/p' $(firstword $(MAKEFILE_LIST)) \
		| while IFS=@ read -r name text; do printf '  %-11s %s\n' "$$name" "$$text"; done
	@echo "PYTHON=$(PYTHON) makes $(VENV) (3.11 or newer); ARGS=\"...\" is handed on to demo, test, bench and notebooks."

demo: $(READY) ## a recording becomes a function and comes back: make demo [AUDIO=file]
	$(BIN)/python scripts/demo.py $(if $(AUDIO),"$(AUDIO)") $(ARGS)

# Hundreds of its tests start Python: without bytecode each would compile the package again.
test: $(READY) ## the whole test suite, on all cores
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(READY) ## formatting, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## all rows in results/: start-up, step, fit, size, metrics, codecs (needs LIGEIA_DATA)
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY) ## write docs/api.md again, and run every example in docs, notebooks and docstrings
	$(BIN)/python scripts/api_page.py
	$(BIN)/python -m pytest tests/test_docs.py
	$(BIN)/python -m pytest --doctest-modules src/ligeia

notebooks: $(READY) ## run the notebooks; notebooks-out/ has them with their outputs
	$(BIN)/python scripts/run_notebooks.py $(ARGS)

clean: ## back to a bare clone: removes .venv, caches, demo-out, notebooks-out
	rm -rf $(VENV) build dist demo-out notebooks-out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf src/*.egg-info
	find src tests scripts -type d -name __pycache__ -prune -exec rm -rf {} +

# Written last and only on success, so that an interrupted installation is taken up again.
$(READY): pyproject.toml constraints.txt
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
		echo "error: \"$(PYTHON)\" was not found; name a Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: Ligeia needs Python 3.11 or newer; \"$(PYTHON)\" is" \
			"$$("$(PYTHON)" -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[torch,plot,search,test]"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[metrics]" || { \
		echo "note: PESQ, STOI and ViSQOL could not be installed (they need a C and C++ compiler);" \
			"everything else works, and their tests are skipped" >&2; }
	@touch $@
