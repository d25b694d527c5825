# Everything a newcomer runs; needs Python 3.11 or newer, make, and a package index.
# PYTHON chooses the interpreter, ARGS goes to the command: make train ARGS="--dataset kth --data-dir DIR"

PYTHON ?= python3
ARGS ?=
# What carries over best from drawn figures to filmed people, for half a minute of training: docs/actors.md.
DRAWN := --variant varied-more --preset robust

# The environment is made anew when another Python is chosen, an extra installed again when the requirements change.
VERSION := $(shell $(PYTHON) -c 'import sys; print("-".join(map(str, sys.version_info[:3])))' 2>/dev/null)
ENVIRONMENT := .venv/.python-$(VERSION)
RUN := .venv/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check
PACKAGING := setup.cfg pyproject.toml

# Tests run in as many processes as there are cores, up to four; those of one file in one of them.
SIDE_BY_SIDE := --numprocesses=auto --maxprocesses=4 --dist=loadfile

.DEFAULT_GOAL := help
.PHONY: help train test coverage check peers speed results table1 equations site soak fuzz lowest build clean environment
.DELETE_ON_ERROR:

help:
	@echo 'make train     train and evaluate on drawn figures ($(DRAWN)); ARGS="..." for others: see ARGS="--help"'
	@echo 'make test      run the tests; SEQDL_TEST_DATA=DIR adds those on real video'
	@echo 'make coverage  the tests as plain Python, without compiled code: lines and branches that they reach'
	@echo 'make check     lint, format and types'
	@echo 'make peers     add PyTorch and ffmpeg to the environment: the tests then also compare with them'
	@echo 'make speed     race against PyTorch and others (after make peers); ARGS="--parts journeys" times whole commands'
	@echo 'make results   docs/results.md and the README table from the records in experiments/results'
	@echo 'make equations docs/equations.html from docs/equations.md, the sources and the last figures'
	@echo 'make site      the documentation as a site, in build/site: open its index.html'
	@echo 'make table1    Table 1 of the paper, on KTH: ARGS="--data-dir DIR"; ARGS="--dry-run" says what it costs'
	@echo 'make soak      make every operation on the disk fail in turn; ARGS="--seed 1 --minutes 60"'
	@echo 'make fuzz      hostile input of every kind; ARGS="--seconds 600 --seed 1"'
	@echo 'make lowest    run the tests with the lowest versions that setup.cfg allows; ARGS="tests/video" for some'
	@echo 'make build     wheel and sdist in dist/'
	@echo 'make clean     remove the environment, caches and builds; runs/ stays'
	@echo 'PYTHON=python3.12 chooses the interpreter (now: $(PYTHON))'

train: .venv/.with-plot
	$(RUN) -m seqdl.train $(or $(ARGS),$(DRAWN))

test: .venv/.with-test
	$(RUN) -m pytest $(SIDE_BY_SIDE) $(ARGS)

coverage: .venv/.with-test
	NUMBA_DISABLE_JIT=1 $(RUN) -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term $(ARGS)

check: .venv/.with-lint
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

# Where no CPU build of torch is found this brings gigabytes of CUDA: install the CPU build by hand before.
peers: $(ENVIRONMENT)
	$(INSTALL) --editable '.[peers]'

speed: $(ENVIRONMENT)
	$(RUN) -m experiments.speed $(ARGS)

results: .venv/.with-plot
	$(RUN) -m experiments.results write

table1: .venv/.with-plot
	$(RUN) -m experiments.table1 $(ARGS)

equations: .venv/.with-docs
	$(RUN) docs/build_equations.py $(ARGS)

# Every operation on the disk is made to fail in turn: ARGS="--seed 1 --minutes 60".
soak: .venv/.with-test
	$(RUN) tests/faults/soak.py $(ARGS)

# A warning ends it, and so does a link that leads nowhere.
site: .venv/.with-docs
	$(RUN) -m sphinx -b html -c docs/site -EqW --keep-going . build/site

fuzz: .venv/.with-test
	PYTHONPATH=.:tests $(RUN) -m fuzz $(ARGS)

# An environment of its own, made anew each time: what is lowest may have changed. What is old is deprecated by others.
lowest:
	$(PYTHON) -m venv --clear .lowest
	.lowest/bin/python -m pip install --quiet --disable-pip-version-check --editable . \
	    $$($(PYTHON) tests/lowest.py test export sklearn)
	.lowest/bin/python -m pytest -W ignore::DeprecationWarning $(ARGS)

build: .venv/.with-lint
	rm -rf build dist
	$(RUN) -m build

environment: $(ENVIRONMENT)

$(ENVIRONMENT):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "error: seqdl needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1 | tail -n 1);" \
	        "name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "error: $(PYTHON) cannot make environments: install its venv module (Debian: apt install python3-venv)" >&2; \
	    exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.with-%: $(ENVIRONMENT) $(PACKAGING)
	@echo "Installing seqdl and what it needs (extra: $*); the first time this takes a minute or two ..."
	@$(INSTALL) --editable '.[$*]'
	@touch $@

clean:
	rm -rf .venv .lowest build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .numba_cache
	find seqdl tests experiments -name __pycache__ -type d -prune -exec rm -rf {} +
