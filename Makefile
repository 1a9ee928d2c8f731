# make book    build the default book           make lint    code, types, rooms and notebooks
# make test    every check                      make lab     the chapters in JupyterLab
# make clean   remove what was built            make lock    pin the packages anew
# make docs    the reference, in _build/docs   make bench   how fast everything is, and what moved
#
# The first call creates .venv from requirements.lock; PYTHON=python3.12 picks another Python.

PYTHON ?= python3
STUDY ?= data/providers/study.yml
BIN := .venv/bin

export PYTHONHASHSEED := 0
export OMP_NUM_THREADS := 1

.PHONY: .venv book test lint lab clean lock docs bench

book: .venv
	$(BIN)/bouwen build $(STUDY)

test: lint
	$(BIN)/python -m pytest -m "not slow"

lint: .venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bouwen.report.book.notebooks --check book/*.ipynb

docs: .venv
	$(BIN)/python -m sphinx -q -E -W -n --keep-going -d _build/docs/doctrees docs _build/docs/html

bench: .venv
	$(BIN)/python benchmarks/bench.py

lab: .venv
	$(BIN)/bouwen lab $(STUDY)

# Complete only with the file at its end: an installation that was cut short starts anew.
.venv: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "bouwen needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$(grep -o '^uv==[0-9.]*' requirements.lock)
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $@

clean:
	rm -rf _build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

lock: .venv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra dev \
		--output-file requirements.lock pyproject.toml
