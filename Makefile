# make run: set up .venv and machine the default part.   make test: set up and pass the tests.
# not the python3 of an active environment, which may lack pip
PY    ?= $(or $(shell python3 -c 'import sys; print(sys._base_executable)'),python3)
VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP   := $(PY) -m pip --disable-pip-version-check --python $(BIN)/python install --quiet

.PHONY: run test view lint docs validation lock clean

run: $(STAMP)
	$(BIN)/twin run $(ARGS)

test: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile $(ARGS)

view: $(STAMP)
	$(BIN)/twin view latest

lint: $(STAMP)
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

docs: $(STAMP)  ## the site, in site/: opens from the file system
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

validation: $(STAMP)  ## its tables again, from the recordings (minutes)
	$(BIN)/python docs/make_validation.py

# Needs python3, pip and make only; the versions and their hashes are in requirements.lock.
$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) with the $$(grep -c == requirements.lock) pinned packages of requirements.lock (once, about 2.6 GB, some minutes) ..."
	@$(PY) -c 'import sys; assert sys.version_info[:2] == (3, 11), "the pinned packages are for Python 3.11, this is " + sys.version'
	$(PY) -m venv --without-pip $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

lock:  ## resolve the versions again; needs `pip install uv`
	printf 'hatchling\neditables\n' | uv pip compile -q pyproject.toml - --extra dev --generate-hashes \
	  --python-version 3.11 --python-platform linux --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock

clean:
	rm -rf $(VENV)
