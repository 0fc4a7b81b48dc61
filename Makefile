# Needs git, make and python3 (3.11 or later); everything else is installed into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help install run test check format bench docs chaos clean

help: ## show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bot needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV), once …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)/sinch-1 'sinch<2'
	@touch $@

install: $(READY) ## set up .venv

run: $(READY) ## the sample bot with a local Conversation API and a chat page
	@$(BIN)/bot dev

test: $(READY) ## all tests
	@$(BIN)/python -m pytest $(ARGS)

check: $(READY) ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY) ## put the source into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## measure against other ways of doing the same
	@$(BIN)/python -m bench $(ARGS)

docs: $(READY) ## build the documentation into site/
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@$(BIN)/python docs/generate.py
	@$(BIN)/zensical build --clean --strict

chaos: $(READY) ## let contacts talk while everything fails; ARGS='--seed 1 --minutes 5'
	@$(BIN)/python -m tests.chaos $(ARGS)

clean: ## remove what was installed and built
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis
