# make demo [ARGS='--seed 1']   train, translate, compare: the whole idea in ten minutes
# make test [ARGS='-k translator']   lint and tests
# make install                  .venv with everything
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test lint install clean
install: $(STAMP)

# The stamp is written last, so an interrupted install is done again.
$(STAMP): setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "$(PYTHON) is older than 3.10; name a newer one: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[mmseg,dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/python tools/demo.py $(ARGS)

test: lint
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:
	rm -rf $(VENV) work_dirs data/ministreets
