# `make run` and `make test` are all that a new machine needs (python3 >= 3.11 with venv, and make).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Scripts in a virtual environment hold its path: what was set up at another one is set up anew.
HERE := $(shell pwd | cksum | cut -d' ' -f1)
SOUND := $(VENV)/.sound-$(HERE)
STAMP := $(VENV)/.installed-$(HERE)
DEV_STAMP := $(VENV)/.installed-dev-$(HERE)
# In another encoding Python fails on a path with Chinese signs.
export LC_ALL := C.UTF-8
.DEFAULT_GOAL := help
.PHONY: help run test check lint docs clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# Without its Python (another one came with the system) nothing of an environment counts: what is set up is not there.
ifeq ($(shell test -x $(BIN)/python && echo there),)
.PHONY: $(STAMP) $(DEV_STAMP)
endif

# The environment is sound but while something is put into it; one whose set-up was cut short is made from nothing.
define install
@test -e $(SOUND) && test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
@rm -f $(SOUND)
$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '$(1)'
@touch $(SOUND) $(STAMP) $@
endef

$(STAMP): pyproject.toml
	$(call install,.)

$(DEV_STAMP): pyproject.toml
	$(call install,.[dev])

run: $(STAMP)  ## set up, refresh the sources of config/ and publish into feeds/ (works offline)
	$(BIN)/tagwire refresh --fail never
	@echo "The feeds are in feeds/: open feeds/index.html in a browser, subscribe to feeds/all.xml"

test: $(DEV_STAMP)  ## set up and run the whole test suite
	$(BIN)/python -m pytest -n auto

lint: $(DEV_STAMP)  ## lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(DEV_STAMP)  ## build the documentation as a site, in build/docs
	$(BIN)/mkdocs build --quiet -f .ci/mkdocs.yml

check: lint test  ## everything a change must pass

clean:  ## remove the virtual environment and what tools cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
