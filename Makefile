# Everything a person or CI does with this checkout; `make` alone lists it.
#
# PYTHON  the interpreter that the environment is made with: 3.11 or newer
# VENV    the folder of the environment
# PROCESSES  how many the tests run in

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
PROCESSES ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench drill

help:
	@echo 'make demo    the whole product on this machine, with demo data; Ctrl-C stops it'
	@echo '             PORT=8000  AICC_HOME=var'
	@echo 'make test    the whole test suite; PYTEST_ARGS="..." go to pytest'
	@echo 'make lint    style, types, and whether a migration is missing'
	@echo 'make bench   the benchmarks; BENCH_ARGS="..." go to them'
	@echo 'make drill   faults at random while exports run: N=100 of them; DRILL_ARGS="--seed=1" draws the same again'

demo: $(VENV)/demo.stamp
	$(usable)
	@$(VENV)/bin/python manage.py demo --port=$(PORT)

test: $(VENV)/dev.stamp
	$(usable)
	$(VENV)/bin/python -m pytest --numprocesses=$(PROCESSES) --dist=loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(VENV)/dev.stamp
	$(usable)
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(VENV)/bin/python -m mypy

bench: $(VENV)/demo.stamp
	$(usable)
	$(VENV)/bin/python -m benchmarks $(BENCH_ARGS)

N ?= 100
drill: $(VENV)/demo.stamp
	$(usable)
	$(VENV)/bin/python -m benchmarks.drill --runs=$(N) $(DRILL_ARGS)

# One stamp for each set of packages: a second run installs nothing, a changed file installs again.
$(VENV)/demo.stamp: EXTRAS := local
$(VENV)/dev.stamp: EXTRAS := local,dev
$(VENV)/demo.stamp $(VENV)/dev.stamp: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo 'not there')."; \
	    echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@mkdir -p $(VENV) 2>/dev/null && test -w $(VENV) || { \
	    echo "You may not write in $(VENV). Name a folder of your own, and another for the data:"; \
	    echo "  make $(MAKECMDGOALS) VENV=$$HOME/aicc-venv AICC_HOME=$$HOME/aicc-demo"; exit 1; }
	@echo 'Installing the Python packages into $(VENV) (once, about a minute)'
	@$(VENV)/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -c '$(requirements)' | $(VENV)/bin/python -m pip install -q -c requirements.lock -r /dev/stdin
	@touch $@

# Only what the project needs, not the project: nothing is built, and a checkout that is read-only will do.
requirements = import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
    extras = [p["optional-dependencies"][name] for name in "$(EXTRAS)".split(",")]; \
    print(*sum(extras, p["dependencies"]), sep="\n")

define usable
@$(VENV)/bin/python -c '' 2>/dev/null || { \
    echo "The Python in $(VENV) does not start for you. Remove that folder, or name others:"; \
    echo "  make $@ VENV=$$HOME/aicc-venv AICC_HOME=$$HOME/aicc-demo"; exit 1; }
endef
