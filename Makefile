# Needs Python >= 3.11 and nothing else; everything is installed into .venv, by hash, once per change of a lock.

PYTHON ?= python3
PORT ?= 8443
HEALTH_PORT ?= 8080
ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help run test check bench cluster lock clean

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: .venv/.installed  ## serve the shipped rules on https://127.0.0.1:8443, without a cluster
	@PATH="$(CURDIR)/$(BIN):$$PATH" PORT=$(PORT) HEALTH_PORT=$(HEALTH_PORT) sh examples/run.sh

test: .venv/.installed-dev  ## run every test; ARGS="-k name" chooses
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/.installed-dev  ## style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_architecture.py

bench: .venv/.installed-dev  ## measure
	@$(BIN)/python -m bench $(ARGS)

cluster: .venv/.installed-dev  ## a real API server that asks Doorward, for playing with kubectl
	@$(BIN)/python -m tests.e2e.playground $(ARGS)

lock: .venv/.installed-dev  ## write the lock files anew, with the newest versions
	$(PIP) install --upgrade uv
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | $(LOCK) --upgrade --output-file requirements-build.lock -
	$(LOCK) --upgrade --output-file requirements.lock pyproject.toml
	$(LOCK) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## remove what the targets above made here
	rm -rf .venv .cache .bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Doorward needs Python >= 3.11, and $(PYTHON) is {sys.version.split()[0]}: say make PYTHON=python3.12 or the like")'
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements-build.lock requirements.lock pyproject.toml | $(BIN)/pip
	@echo "installing into .venv"
	@$(PIP) install --require-hashes -r requirements-build.lock -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed | $(BIN)/pip
	@echo "installing what the tests need into .venv"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
