# Every command anyone needs. Needs Python 3.11 or newer and make; the rest is installed into .venv.
# APPORTION_TARGET=duckdb|bigquery|snowflake chooses the warehouse for loading and building alike.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test build load report explain check-seeds impact check-focus check-nise equality bench scale-plan mutants lint \
	fix lock clean

help:         ## This list
	@grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: $(READY) profiles.yml   ## Install what is needed into .venv

# Byte code is compiled once here: without it every dbt command costs 15 CPU seconds more.
$(READY): requirements.lock requirements-uv.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@touch $@

profiles.yml: | profiles.example.yml
	cp profiles.example.yml $@

demo: setup   ## Load the sandbox company, build, print the answers
	$(BIN)/python -m commands.demo

# Unit tests judge the code, not the data: make test has them.
build: setup check-seeds   ## Check the seeds, then dbt build: models and data tests
	$(BIN)/dbt build --no-version-check --exclude-resource-type unit_test

load: setup   ## Load every configured source (python -m ingestion run)
	$(BIN)/python -m ingestion run

report: setup ## Print what the warehouse answers
	$(BIN)/python -m commands.report

explain: setup ## Why: FEATURE=doc-chat MONTH=2026-11, or CHARGE=<x_charge_id of fct_charges>
	$(BIN)/python -m commands.explain $(if $(CHARGE),--charge '$(CHARGE)') $(if $(FEATURE),--feature '$(FEATURE)') $(if $(MONTH),--month '$(MONTH)')

check-seeds: setup   ## Every seed against its schema, in a person's words
	$(BIN)/python -m commands.check_seeds

# make answers every failure with its own 2; the codes of the command itself stand in docs/impact.md.
# BASE is read by the shell, not by make, so that no branch name is ever run.
impact: setup ## What a change of seeds/ moves, in money: make impact BASE=main OPTIONS="--max-unallocated-increase 0.5"
	$(BIN)/python -m commands.impact --base "$${BASE:-main}" $(OPTIONS)

check-focus: setup   ## The exported FOCUS view against focus-validator, in an environment of its own
	$(BIN)/python -m commands.check_focus

check-nise: setup   ## Made-up bills and OpenShift reports of koku-nise: is every file's sum that of the fact?
	$(BIN)/python -m commands.check_nise

# An emulator has its own environment in .venvs, made on first use. docs/equality.md is written by WRITE=1.
equality: setup ## The same bills built on DuckDB and on an emulator, every value compared: ENGINE=snowflake
	$(BIN)/python -m equality $(or $(ENGINE),snowflake) $(if $(DAYS),--days $(DAYS)) $(if $(SCALE),--scale $(SCALE)) $(if $(WRITE),--write)

bench: setup  ## Time and memory beside peers; quick: make bench SIZES=100000 RUNS=1
	$(BIN)/python -m benchmarks $(if $(SIZES),--sizes $(SIZES)) $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write)

scale-plan: setup ## Bytes and cost on BigQuery and Snowflake at 1e8 to 1e10 lines, into docs/scale.md; no account
	$(BIN)/python -m commands.scale_plan --write docs/scale.md

mutants: setup ## Seeded faults that the tests must notice: NAMES="allocation priority_ignored" JOBS=2
	$(BIN)/python -m tests.mutants $(NAMES) --jobs $(or $(JOBS),2)

test: setup lint check-seeds   ## Every test; .ci/run calls this
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: setup   ## Python, SQL and YAML
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar models tests/dbt analyses

fix: setup    ## Repair what the linters can
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .
	$(BIN)/sqlfluff fix --quiet models tests/dbt analyses

lock:         ## Choose versions again: pyproject.toml -> requirements*.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --upgrade --custom-compile-command 'make lock' -o requirements.lock
	$(BIN)/uv pip compile --quiet tests/focus/requirements.in --universal --python-version 3.12 --generate-hashes \
	    --no-emit-index-url --upgrade --custom-compile-command 'make lock' -o tests/focus/requirements.lock
	for wanted in tests/prism/requirements.in tests/nise/requirements.in equality/engines/*/requirements.in; do \
	    $(BIN)/uv pip compile --quiet $$wanted --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --upgrade --custom-compile-command 'make lock' -o $${wanted%.in}.lock || exit 1; done
	grep -A 100 '^uv==' requirements.lock | sed -n '1p; 2,$$ { /^    --hash/!q; p }' > requirements-uv.lock

clean:        ## Remove everything that was installed, loaded or built
	rm -rf $(VENV) .venvs .work target logs profiles.yml apportion.duckdb apportion.duckdb.wal
