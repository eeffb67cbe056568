# Everything runs in .venv, made from requirements.lock on first use. Needed beforehand: make and Python 3.11 to 3.13.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

RIGHT_VERSION := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c '$(RIGHT_VERSION)' >/dev/null 2>&1 && echo $$python && break; done)

RUN ?= runs/latest
BENCHMARKS := $(filter-out common keras_plain mnist_files,$(patsubst benchmarks/%.py,%,$(wildcard benchmarks/*.py)))

.DEFAULT_GOAL := help
.PHONY: help setup demo train eval sweep test fuzz-data chaos chaos-config chaos-disk chaos-hostile chaos-kill chaos-sweep chaos-power chaos-planted lint format lock vocabulary pictures benchmarks $(BENCHMARKS:%=bench-%) clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## Make the virtual environment in .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@if ! "$(PYTHON)" -c '$(RIGHT_VERSION)' 2>/dev/null; then \
		echo "error: shapenet needs Python 3.11, 3.12 or 3.13; expected one as PYTHON, received '$(PYTHON)'." >&2; \
		echo "  help: install one, or name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@if ! $(BIN)/python -c '$(RIGHT_VERSION)' 2>/dev/null; then \
		echo "Making a virtual environment in $(VENV) with $(PYTHON)"; $(PYTHON) -m venv --clear $(VENV); fi
	@echo "Installing requirements.lock (TensorFlow is large: some minutes the first time)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock
	@echo "Installing shapenet"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup data/demo/dataset.csv ## Generate 4,000 shapes, train on them, evaluate; ends with where everything is
	@$(BIN)/shapenet train --config configs/demo.yaml
	@$(BIN)/shapenet eval

data/demo/dataset.csv: | $(STAMP)
	@$(BIN)/shapenet data generate --shape square --shape triangle --num-images 2000 --size 64 --seed 7 --out data/demo

train: CONFIG ?= configs/shapes_cnn.yaml
train: setup ## Train CONFIG=configs/shapes_cnn.yaml; more arguments in ARGS="-o key=value"
	@$(BIN)/shapenet train --config $(CONFIG) $(ARGS)

eval: setup ## Evaluate RUN=runs/latest; more arguments in ARGS="--split val"
	@$(BIN)/shapenet eval --run $(RUN) $(ARGS)

sweep: CONFIG ?= configs/sweeps/shapes.yaml
sweep: setup ## Run every trial of CONFIG=configs/sweeps/shapes.yaml and print the leaderboard
	@$(BIN)/shapenet sweep --config $(CONFIG) $(ARGS)

test: setup ## Run all tests; more arguments in ARGS="-k name"
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

fuzz-data: setup ## Feed 20,000 damaged images and 30,000 other damaged files to the sources
	@$(BIN)/python -m tests.fuzz.run image --num 20000
	@$(BIN)/python -m tests.fuzz.run csv --num 10000
	@$(BIN)/python -m tests.fuzz.run arrays --num 10000
	@$(BIN)/python -m tests.fuzz.run tfrecord --num 10000

chaos: chaos-config chaos-disk chaos-hostile chaos-kill chaos-sweep chaos-power chaos-planted ## Run every chaos target

chaos-config: setup ## Load 100,000 generated and damaged configs in-process, 1,000 by the command line
	@$(BIN)/python -m tests.fuzz.run config --num 100000
	@$(BIN)/python -m tests.fuzz.run config_cli --num 1000

chaos-disk: setup ## Fail writes, renames and the like one by one, at 300 sites of a run; ARGS="--site KIND:N:ERRNO" for one again
	@$(BIN)/python -m tests.chaos.disk $(ARGS)

chaos-hostile: setup ## Feed every hostile file, config and run folder to the commands; make test feeds a part
	@SHAPENET_HOSTILE=all $(BIN)/python -m pytest tests/hostile -n 2 --dist loadfile $(ARGS)

chaos-kill: NUM ?= 1000
chaos-kill: setup ## Kill trainings NUM=1000 times, a fifth of them inside saves, resume and compare; ARGS="--seed N --only K" for one again
	@$(BIN)/python -m tests.chaos.kill --num $(NUM) $(ARGS)

chaos-sweep: setup ## Kill sweeps 20 times, run them again and compare
	@$(BIN)/python -m tests.chaos.sweep $(ARGS)

chaos-power: setup ## Lose the power at 100 moments of a recorded training, resume and compare
	@$(BIN)/python -m tests.chaos.power_loss $(ARGS)

chaos-planted: setup ## Plant faults in copies of the package, one at a time, and see that each is caught; ARGS="--only TEXT" for some
	@$(BIN)/python -m tests.chaos.planted $(ARGS)

lint: setup ## Check style, format, types and the import direction
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## Format the code and put right what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup ## Re-make requirements.lock from pyproject.toml (with Python 3.11); ARGS=--upgrade for newer versions
	@CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --extra dev --strip-extras --allow-unsafe \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options $(ARGS) \
		--output-file requirements.lock pyproject.toml

vocabulary: setup ## Re-make shapenet/keras_vocabulary.json from the installed Keras
	@$(BIN)/python tools/keras_vocabulary.py

pictures: setup data/demo/dataset.csv ## Re-make the README's pictures; trains the demo
	@$(BIN)/python tools/pictures.py $(ARGS)

benchmarks: $(BENCHMARKS:%=bench-%) ## Run every benchmark (hours); make bench-NAME runs benchmarks/NAME.py with ARGS

$(BENCHMARKS:%=bench-%): bench-%: setup
	@$(BIN)/python benchmarks/$*.py $(ARGS)

clean: ## Remove the virtual environment, caches and build outputs; data and runs stay
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find shapenet tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
