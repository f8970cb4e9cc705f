# `make run` runs the desk, `make test` passes its tests; both set everything up first.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK_RUN := requirements/run.txt
LOCK_TEST := requirements/test.txt

.PHONY: run test pages chaos bench check fix lock clean
.DEFAULT_GOAL := run

# every process starts from what an earlier one has compiled
unexport PYTHONDONTWRITEBYTECODE

run: $(VENV)/.run
	@exec $(BIN)/desk up --demo

# the checks run beside the suite; what they found is said after it
test: $(VENV)/.test
	@$(MAKE) --no-print-directory check > $(VENV)/.checked 2>&1 & checks=$$!; \
	$(BIN)/python -m pytest -n 2 --ignore tests/pages --ignore tests/chaos tests; suite=$$?; \
	wait $$checks || { cat $(VENV)/.checked; echo "The checks found something: see above, or run \`make check\`."; exit 1; }; \
	exit $$suite

pages: $(VENV)/.test
	@$(BIN)/python -m pytest -n 2 tests/pages

# the minutes without a broker pass beside the kills
chaos: $(VENV)/.test
	@$(BIN)/python -m pytest -n 2 -x -s tests/chaos

bench: $(VENV)/.test
	@$(BIN)/python -m bench.board

check: $(VENV)/.test
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/djlint --check --lint templates

fix: $(VENV)/.test
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format . ; $(BIN)/djlint --quiet --reformat templates ; true

# uv where it can be had (seconds), pip where it can't (half a minute)
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Dateline needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || echo "uv cannot be had: pip will do, more slowly"

define install
	@echo "Setting up ($(1)) …"
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
endef

$(VENV)/.run: pyproject.toml $(LOCK_RUN) | $(VENV)/bin/python
	$(call install,$(LOCK_RUN))
	@touch $@

$(VENV)/.test: pyproject.toml $(LOCK_TEST) $(LOCK_RUN) | $(VENV)/bin/python
	$(call install,$(LOCK_TEST))
	@touch $@ $(VENV)/.run

lock: $(VENV)/bin/python
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' --quiet requirements/build.in pyproject.toml -o $(LOCK_RUN)
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' --quiet requirements/build.in pyproject.toml --extra test -c $(LOCK_RUN) -o $(LOCK_TEST)

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache
