# Every target does all of its own set-up; `make help` lists them.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PARALLEL := -n auto --dist loadfile
BY_FOLDER := -n auto --dist loadscope --no-loadscope-reorder
CHECKED := exports_pipeline exports_api exports_pipeline_tests alembic benchmarks

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test check format bench bench-long pictures tour chaos tools upgrade clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.dev ## make the virtual environment with everything for development

demo: $(VENV)/.runtime ## start the embedded stack, run exports and a report as a client would, stop it
	$(BIN)/exports demo

up: $(VENV)/.runtime ## start the embedded stack in the foreground until Ctrl-C
	$(BIN)/exports up

down: $(VENV)/.runtime ## stop an embedded stack that runs in the background
	$(BIN)/exports down

check: $(VENV)/.dev ## lint, types, layers and the fast tests
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check --quiet $(CHECKED)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q -m "not slow" $(PARALLEL)

test: $(VENV)/.dev ## everything that CI runs: checks, all tests, coverage
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check --quiet $(CHECKED)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q -m "not slow" $(PARALLEL) --cov --cov-report=
	$(BIN)/coverage report --fail-under=85 --skip-covered
	$(BIN)/coverage report --fail-under=95 --include='exports_pipeline/core/*,exports_pipeline/usecases/*'
	$(BIN)/pytest -q -m slow $(BY_FOLDER) --durations 12  # unmeasured: every process of a stack would be slowed

format: $(VENV)/.dev ## format the code and mend what can be mended
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

bench: $(VENV)/.dev ## measure every claim of the README
	$(BIN)/python benchmarks/journey.py
	$(BIN)/python benchmarks/launch.py
	$(BIN)/python -m benchmarks.rows
	$(BIN)/python -m benchmarks.rows_peers
	$(BIN)/python -m benchmarks.upload
	$(BIN)/python -m benchmarks.xlsx
	$(BIN)/python -m benchmarks.pdf
	$(BIN)/python -m benchmarks.api_load
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python benchmarks/long_queue.py
	$(BIN)/python -m benchmarks.receipts
	$(BIN)/python -m benchmarks.kept
	$(BIN)/python benchmarks/schedules.py
	$(BIN)/python -m benchmarks.events
	$(BIN)/python -m benchmarks.insights
	$(BIN)/python -m benchmarks.postgres_datasets
	$(BIN)/python -m benchmarks.audit
	$(BIN)/python -m benchmarks.redaction
	$(BIN)/python -m benchmarks.recovery

pictures: $(VENV)/.dev ## renew the pictures of the documentation
	$(BIN)/python -m exports_pipeline_tests.pictures

tour: $(VENV)/.dev ## photograph the pages anew for the tour of the documentation
	$(BIN)/python -m exports_pipeline_tests.tour

bench-long: $(VENV)/.dev ## measure the claims that need an hour: exports in memory, thousands, 100 million rows, 10 million events
	$(BIN)/python -m benchmarks.in_memory
	$(BIN)/python -m benchmarks.large
	$(BIN)/python -m benchmarks.rollups
	$(BIN)/python -m benchmarks.campaigns
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.retention

chaos: $(VENV)/.dev ## ten minutes of exports while everything is killed; CHAOS_SECONDS=90 for less
	$(BIN)/python -m exports_pipeline_tests.chaos

tools: ## install the Debian packages that some tests look at the results with (without them they are skipped)
	which soffice pdftoppm qpdf chromium >/dev/null || $(ROOT) sh -c 'apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libreoffice-calc poppler-utils qpdf chromium'

ROOT := $(shell test "$$(id -u)" = 0 || echo sudo)

upgrade: $(BIN)/uv ## pin the newest versions of all dependencies anew
	echo uv | $(COMPILE) - -o requirements/installer.lock
	$(COMPILE) pyproject.toml --extra embedded --extra telemetry --group dev -o requirements/dev.lock
	$(COMPILE) pyproject.toml --extra embedded --extra telemetry -c requirements/dev.lock -o requirements/runtime.lock

COMPILE := $(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-config --system-certs --quiet --custom-compile-command "make upgrade"

clean: ## remove the virtual environment, the embedded stack's state and all caches
	rm -rf $(VENV) .exports build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# The locks are complete, so nothing is resolved; --require-hashes refuses whatever they do not name.
# uv installs in a tenth of pip's time; where it does not find the packages (an index that only pip knows), pip does.
EXACTLY := --no-deps --require-hashes
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
define install
	$(BIN)/uv pip install --quiet --system-certs --compile-bytecode --python $(BIN)/python $(EXACTLY) -r $(1) || $(PIP) $(EXACTLY) -r $(1)
	$(PIP) --no-deps --no-build-isolation --editable .
endef

$(BIN)/uv: requirements/installer.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(EXACTLY) -r requirements/installer.lock
	touch $@

$(VENV)/.runtime: $(BIN)/uv requirements/runtime.lock pyproject.toml
	$(call install,requirements/runtime.lock)
	touch $@

$(VENV)/.dev: $(BIN)/uv requirements/dev.lock pyproject.toml
	$(call install,requirements/dev.lock)
	touch $@ $(VENV)/.runtime
