# make book    build the default book
# make quick   lint and every test that builds  make test    quick, and the tests that build books and
#              no book and starts no browser                 read them in a browser
# make long    simulations, fuzzing and all     make times   measure what tests cost: tests/TIMES.md
#              books; tables in benchmarks/
# make lab     the chapters in JupyterLab       make docs    the reference, in _build/docs
# make bench   how fast it is, and what moved   make lint    code, types, rooms and notebooks
# make clean   remove what was built            make lock    pin the packages anew
#
# The first call creates .venv from requirements.lock; PYTHON=python3.12 picks another Python, WORKERS=4 as many
# processes for tests (by default one a core), SHARE=0.1 a tenth of the runs of large simulations (unrecorded).

PYTHON ?= python3
STUDY ?= data/providers/study.yml
WORKERS ?= auto
SHARE ?= 1
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

export PYTHONHASHSEED := 0
export OMP_NUM_THREADS := 1
unexport PYTHONDONTWRITEBYTECODE  # or every worker compiles everything anew

.PHONY: .venv book quick test long times lint lab clean lock docs bench

book: .venv
	$(BIN)/bouwen build $(STUDY)

quick: lint
	$(PYTEST) -m "not book and not browser and not long"

test: lint
	$(PYTEST) -m "not long"

long: .venv
	$(PYTEST) -m long --record=benchmarks/simulations --share=$(SHARE)
	$(PYTEST) --hypothesis-profile=long tests/sem/test_syntax_properties.py tests/survey/test_disclosure.py

times: .venv
	rm -f .times.json
	$(PYTEST) -p times --times=.times.json
	$(BIN)/python tests/shared/times.py .times.json > tests/TIMES.md
	rm .times.json

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
