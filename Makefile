# Needs Python >= 3.11, pip and make; nothing else. `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := uv==0.13.9

ARGS        ?=
PYTEST_ARGS ?=
LOCK_ARGS   ?=
ROUNDS      ?= 3
REQUESTS    ?= 20000
BENCH_ARGS  ?=
CHAOS_ARGS  ?=

# Locked, the build backend too: --build-constraint needs the pip that constraints.txt names.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PROJECT := $(INSTALL) --build-constraint constraints.txt -e

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run test lint docs docs-site screenshots bench bench-postgres chaos lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile

run: $(VENV)/installed  ## start the gateway in development mode on 127.0.0.1:8080; ARGS="--config other.yaml"
	$(BIN)/gateway serve --dev $(ARGS)

test: $(VENV)/installed-test  ## run the whole suite; PYTEST_ARGS="-k dedupe"
	$(BIN)/python -m pytest -n 3 --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/installed-test  ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(VENV)/installed  ## write what the adapters declare into docs/providers
	$(BIN)/gateway adapters pages docs/providers

docs-site: $(VENV)/bin/python  ## build docs/ as a site in build/site/site, which works without a network
	$(PROJECT) '.[docs]'
	$(BIN)/python docs/site.py build/site
	$(BIN)/zensical build --strict --clean --config-file build/site/zensical.toml

screenshots: $(VENV)/installed-test  ## take the pictures in docs/images anew, with the Chromium on the PATH
	GATEWAY_WRITE_SCREENSHOTS=1 $(BIN)/python -m pytest tests/ui/test_screenshots.py $(PYTEST_ARGS)

bench: $(VENV)/installed  ## requests a second against the ceiling and the hand-written receiver; ROUNDS= REQUESTS=
	$(BIN)/python -m bench.run --rounds $(ROUNDS) --requests $(REQUESTS) $(BENCH_ARGS)

bench-postgres: $(VENV)/installed-test  ## ingest on PostgreSQL with 1, 2 and 4 nodes, and what a claim costs
	$(BIN)/python -m bench.postgres $(BENCH_ARGS)

chaos: $(VENV)/installed-test  ## a cluster that is killed, frozen and cut off under load; CHAOS_ARGS="--webhooks 5000 --seed 7"
	$(BIN)/python -m tests.cluster.chaos $(CHAOS_ARGS)

lock: $(VENV)/bin/python  ## rewrite constraints.txt from pyproject.toml; LOCK_ARGS=--upgrade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	| $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra test --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		$(LOCK_ARGS) --output-file constraints.txt pyproject.toml -

clean:  ## remove the virtual environment and every cache; data/ stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find adapters bench gateway tests -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) pip
	$(PROJECT) .
	touch $@

$(VENV)/installed-test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) pip
	$(PROJECT) '.[test]'
	touch $(VENV)/installed $@

# Some systems ship Python without ensurepip: then the system's pip fills an empty environment.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "make: '$(PYTHON)' is missing or older than Python 3.11; name another: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
		$(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $@ install --quiet pip; } || { rm -rf $(VENV); \
		echo "make: '$(PYTHON)' can make no virtual environment: its venv and pip modules are both needed" >&2; exit 1; }
