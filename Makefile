# Two commands for a newcomer: `make demo` and `make test`; both set everything up first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test slow check clients bench docs clean

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

# What takes minutes: laws that hypothesis tries with at least 2,000 examples each, whole walks over SSE, and replicas,
# which share a redis-server on the PATH.
slow: setup
	$(BIN)/python -m pytest -m slow -n 2

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Clients that nobody here wrote, with the Node.js they need from npm: the MCP conformance suite, the official TypeScript
# SDK and the MCP Inspector.
clients: setup tests/node_modules
	$(BIN)/python -m pytest -m clients tests/conformance tests/inspector tests/typescript

tests/node_modules: tests/package.json
	npm install --prefix tests --no-package-lock --no-audit --no-fund --loglevel=error
	touch $@

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python docs/generate.py

clean:
	rm -rf .venv tests/node_modules .coverage .coverage.* dist
