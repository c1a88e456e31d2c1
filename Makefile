# make demo [ARGS='--seed 1']        train, translate, compare on MiniStreets: ten minutes
# make test [ARGS='-k translator']   lint and all tests
# make test-fast                     the tests that are not marked slow or export: under two minutes
# make docs                          the documentation as a site in site/
# make install                       .venv with everything that the other targets but docs need
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DOCS   := $(VENV)/.installed-docs
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile

.PHONY: demo test test-fast lint docs install clean
install: $(STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "$(PYTHON) is older than 3.10; name a newer one: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# A stamp is written last, so an interrupted installation is repeated.
$(STAMP): setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[mmseg,dev]'
	@touch $@

$(DOCS): setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python tools/demo.py $(ARGS)

test: lint
	$(PYTEST) $(ARGS)

test-fast: $(STAMP)
	$(PYTEST) -m 'not slow and not export' $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/basedpyright

# --strict: a broken link or an undocumented public name is an error.
docs: $(DOCS)
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) site work_dirs data/ministreets
