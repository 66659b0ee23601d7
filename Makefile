# Two commands for a newcomer: `make demo` and `make test`; both set everything up first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test slow check inspect bench docs clean

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: setup
	$(BIN)/python docs/demo.py

test: setup check
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# What takes minutes: laws that hypothesis tries with at least 2,000 examples each, and whole walks over SSE.
slow: setup
	$(BIN)/python -m pytest -m slow -n 2

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The MCP Inspector's command line against the server, with the Node.js it needs from npm.
inspect: setup tests/inspector/node_modules
	$(BIN)/python -m pytest -m inspector

tests/inspector/node_modules: tests/inspector/package.json
	npm install --prefix tests/inspector --no-package-lock --no-audit --no-fund --loglevel=error
	touch $@

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python docs/generate.py

clean:
	rm -rf .venv tests/inspector/node_modules .coverage .coverage.* dist
