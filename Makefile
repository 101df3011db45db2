# Everything runs from .venv, which `make` sets up with what constraints.txt pins.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS ?= runs/demo
BOARD ?= board
EXTRAS ?= demo
MODELS := oracle linear-alignment blind majority random constant

.PHONY: demo test test-slow vectors lint types format clean help

help:
	@echo "make demo   install the built-in suite, run it, print the leaderboard (page in $(BOARD)/index.html)"
	@echo "make test   install the test tools and run the tests"
	@echo "make vectors   the metrics beside the official scorers' outputs"
	@echo "make lint   ruff;  make types   mypy --strict"

$(VENV)/.base:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

# One stamp per set of extras; pip is asked again when the project's requirements change.
$(VENV)/.demo: $(VENV)/.base pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo]'
	touch $@

$(VENV)/.test: $(VENV)/.base pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS),dev]'
	touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@for model in $(MODELS); do \
	  $(BIN)/mmbench run --model $$model --suite demo --batch-size 256 --output-dir $(RUNS) > /dev/null || exit 1; \
	done
	@$(BIN)/mmbench leaderboard build $(RUNS) --suite demo --out $(BOARD)

test: $(VENV)/.test
	$(BIN)/python -m pytest -m 'not slow' --numprocesses auto --maxprocesses 4 --dist loadfile

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -m slow --numprocesses auto --maxprocesses 2 --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

vectors: $(VENV)/.test  # mmbench beside the official scorers
	$(BIN)/python -m tests.metrics.vectors

types: $(VENV)/.test
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) runs board .pytest_cache .mypy_cache .ruff_cache .coverage
