# Two commands: `make run` practises, `make test` proves. Nothing else has to be installed or set first.
PYTHON ?= $(firstword $(foreach v,python3 python3.14 python3.13 python3.12 python3.11,$(shell $(v) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $(v))))
BIN := .venv/bin

.PHONY: run test lint types validate check bench screenshots clean

run: .venv/ready
	@$(BIN)/warteschleife serve

test: .venv/ready-test
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  echo "Chromium fehlt, die Browsertests werden übersprungen. Abhilfe: sudo apt-get install -y chromium"
	$(BIN)/python -m pytest

lint: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready-test
	$(BIN)/mypy

validate: .venv/ready
	$(BIN)/warteschleife validate

check: lint types test validate

bench: .venv/ready-test
	$(BIN)/python benchmarks/turn.py
	$(BIN)/python benchmarks/score.py
	$(BIN)/python benchmarks/desk.py
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/team.py

screenshots: .venv/ready-test
	$(BIN)/python docs/screenshots.py

clean:
	rm -rf .venv var

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 oder neuer fehlt. Abhilfe: sudo apt-get install -y python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Das Modul venv fehlt. Abhilfe: sudo apt-get install -y python3-venv"; exit 1; }

.venv/ready: .venv/bin/python pyproject.toml requirements.lock
	@echo "Pakete werden installiert (einmalig, etwa eine Minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	@touch $@

.venv/ready-test: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable ".[test]"
	@touch $@
