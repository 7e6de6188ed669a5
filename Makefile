# A fresh machine needs only `make demo` and `make test`; both install what is missing first.
.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

# Each worker compiles all test modules again if Python may not keep what it has compiled.
unexport PYTHONDONTWRITEBYTECODE

# One more than a small machine has processors: some tests wait for servers.
WORKERS ?= 3
# The quick tests wait for nothing, and each worker imports everything.
QUICK_WORKERS ?= 2
PORT ?= 8250
CONFORMANCE_EXAMPLES ?= 300
HISTORIES ?= 300
FUZZ_FACTOR ?= 20
FUZZ_SEED := $(or $(FUZZ_SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))
PYTEST_ARGS ?=
BENCH_ARGS ?=
HOUSE_ARGS ?=
STYLE_ARGS ?=
QUICK := tests/unit tests/style tests/docs tests/caspio_ingest
SCALE_ARGS ?= --sizes 10000 100000
BIN := .venv/bin

.PHONY: help demo test test-full quick fuzz check docs docs-serve format bench bench-details bench-house bench-learn bench-read byte-ranges scale conformance crash-matrix production-test agents-test soak race pictures pin-images emulator clean setup setup-test

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

demo: setup ## Set up and run everything on this machine, with sample documents
	@$(BIN)/caspio-ingest demo

test: setup-test ## Set up and run the test suite (PYTEST_ARGS="-k naming", WORKERS=0 for one process)
	@$(BIN)/python -m pytest -m "not bench and not full" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test-full: setup-test ## Run the test suite with every case: `make test` tries a sample of those that are many and alike
	@$(BIN)/python -m pytest -m "not bench" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

quick: setup-test ## Run the tests that need no server and little time: the fast loop, under a minute
	@$(BIN)/python -m pytest -m "not integration and not bench and not slow and not full" -n $(QUICK_WORKERS) --dist loadfile $(QUICK) $(PYTEST_ARGS)

check: setup-test ## Lint, formatting, types and import rules, as in CI
	@status=0; for tool in "ruff check ." "ruff format --check ." mypy lint-imports; do \
		echo "== $$tool"; $(BIN)/$$tool || status=1; \
	done; echo "== style"; $(BIN)/python -m tests.style || status=1; exit $$status

docs: setup-test ## Build the documentation site into site/, and fail on a broken link
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build
	@echo "docs: open site/index.html"

docs-serve: setup-test ## Serve the documentation on this machine while you write it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve

style: setup-test ## Check the word list, the limits of functions, modules and folders, and the names of classes (STYLE_ARGS="--only words docs")
	@$(BIN)/python -m tests.style $(STYLE_ARGS)

format: setup-test ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: setup-test ## Draw many new examples for the property tests (FUZZ_SEED=1 repeats a run, FUZZ_FACTOR=20)
	@echo "fuzz: FUZZ_SEED=$(FUZZ_SEED) repeats this run"
	@FUZZ_FACTOR=$(FUZZ_FACTOR) $(BIN)/python -m pytest -m "hypothesis and not bench" -n $(WORKERS) -p no:randomly \
		--hypothesis-seed=$(FUZZ_SEED) --timeout 0 $(PYTEST_ARGS)

bench: setup-test ## Measure the cost beside other programs, and write docs/benchmarks.md (BENCH_ARGS="--quick --only start")
	@$(BIN)/python -m tests.bench.table $(BENCH_ARGS)

bench-details: setup-test ## Print the other measurements: stages, memory, large documents, the review page, agents
	@$(BIN)/python -m pytest -m bench -p no:randomly -s tests/bench $(PYTEST_ARGS)

bench-house: ## Measure how hard the code is to enter (HOUSE_ARGS="--list processors" or "--peers")
	@$(or $(wildcard $(BIN)/python),python3) -m tests.bench.house $(HOUSE_ARGS)

bench-read: setup-test ## Compare reading with tesseract and OCRmyPDF (BENCH_ARGS="--every 5 --json FILE"); measure confidences
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.read $(BENCH_ARGS)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.confidence $(CONFIDENCE_ARGS)

bench-learn: setup-test ## Measure learning from filled records (LEARN_ARGS="--corpora FOLDER --cache FOLDER --tables curves year")
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.learning $(LEARN_ARGS)

byte-ranges: setup-test ## Measure the input ranges of the recognition model again, after its package changed
	@$(BIN)/python -m tests.bench.int8_ranges

scale: setup-test ## Measure enumeration, a sample and a rescan with many files (SCALE_ARGS="--sizes 10000 1000000")
	@$(BIN)/python -m tests.bench.scale $(SCALE_ARGS)

crash-matrix: setup-test ## Kill a run at every boundary, run again, compare; write the table to docs/reliability.md
	@$(BIN)/python -m tests.crash

production-test: setup-test ## Run the production profile on this machine: two workers, PostgreSQL, Redis, S3; kill and stop them
	@$(BIN)/python -m pytest -m bench -p no:randomly tests/production $(PYTEST_ARGS)

conformance: setup-test ## Send many generated requests to every operation of the local Caspio (CONFORMANCE_EXAMPLES=300)
	@CONFORMANCE_EXAMPLES=$(CONFORMANCE_EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) tests/conformance $(PYTEST_ARGS)

soak: setup-test ## Run 1,000 documents with a fault in every twentieth call, then 300 random histories (HISTORIES=300)
	@$(BIN)/python -m tests.crash.soak
	@$(BIN)/python -m tests.crash.histories --histories $(HISTORIES)

race: setup-test ## Let four workers race over 2,000 documents on PostgreSQL, and kill two of them
	@$(BIN)/python -m tests.crash.race

pictures: setup-test ## Take the pictures of README and docs; needs Chromium; look at them before you commit
	@$(BIN)/python -m docs.pictures.make

pin-images: setup ## Ask the registries for the digests of the base images, and write them into the files of infra/
	@$(BIN)/python -m infra.pin_images

agents-test: setup-test ## Run the MCP conformance suite and other clients against the agents' server; needs the package registries
	@$(BIN)/python -m tests.agents

emulator: setup ## Start the local Caspio with the sample documents (PORT=8250)
	@$(BIN)/python -m infra.samples demo/seed --settings http://127.0.0.1:$(PORT)
	@echo 'In another terminal: export CASPIO_CLIENT_ID=id CASPIO_CLIENT_SECRET=secret'
	@echo 'and: $(BIN)/caspio-ingest run --config demo/seed/caspio-ingest.toml'
	@$(BIN)/caspio-ingest emulator --seed demo/seed --port $(PORT)

clean: ## Remove what runs and tools leave behind; .venv stays
	rm -rf demo dist site .mypy_cache .ruff_cache .hypothesis .import_linter_cache .pytest_cache
	find . -name __pycache__ -not -path './.venv/*' -not -path './.uv/*' -prune -exec rm -rf {} +

setup:
	@infra/setup.sh demo

setup-test:
	@infra/setup.sh test
