# Every target prepares what it needs in .venv and then does its job; a second call starts at once.
PYTHON ?= python3
REFERENCE ?=
BIN := .venv/bin
STAMP := .venv/stamp
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt

run: $(STAMP)-runtime
	$(BIN)/twin run gb300-nvl72 --out out

test: $(STAMP)-test
	$(BIN)/python -m pytest $(if $(REFERENCE),--reference="$(REFERENCE)")

test-all: $(STAMP)-test
	$(BIN)/python -m pytest -m "" $(if $(REFERENCE),--reference="$(REFERENCE)")

lint: $(STAMP)-lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(STAMP)-runtime
	$(BIN)/python -m benchmarks

docs: $(STAMP)-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf .venv out build dist docs/_build
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: made once, the runtime first, then the extra a target asks for.
$(STAMP)-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not that. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up .venv; once, about a minute."
	@$(PYTHON) -m venv --clear .venv
	@touch $@

$(STAMP)-runtime: $(STAMP)-venv pyproject.toml constraints.txt
	@$(PIP) hatchling
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(STAMP)-test $(STAMP)-lint $(STAMP)-docs: $(STAMP)-%: $(STAMP)-runtime
	@$(PIP) --no-build-isolation --editable ".[$*]"
	@touch $@

.PHONY: run test test-all lint bench docs clean
