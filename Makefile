# Thin: the work is in CMakeLists.txt and scripts/. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run build test bench lint fuzz install clean setup-build setup-test setup-lint
SHELL := /bin/bash

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
ARGS ?=
BENCH ?=
FUZZ_SECONDS ?= 60

help: ## Show this list
	@echo 'make TARGET; what is missing on the machine is installed first (scripts/setup).'
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

setup-build setup-test setup-lint: setup-%:
	@scripts/setup $*

build/%/build.ninja: CMakePresets.json
	@cmake --preset $* -DCMAKE_MESSAGE_LOG_LEVEL=NOTICE

build: setup-build ## Build the program: build/release/drystone
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build build/release -j$(JOBS) --target drystone

run: build ## Build, then start a chain; ARGS="..." are handed on
	@exec build/release/drystone start $(ARGS)

test: setup-test ## Everything that proves it works; needs no network beyond loopback
	@scripts/test

lint: setup-lint ## Format, layers, banned functions, warnings, static analysis
	@scripts/lint

bench: setup-test ## Rates beside those of peers; BENCH="crypto evm chain rpc backlog" picks
	@$(MAKE) --no-print-directory build/release/build.ninja
	@cmake --build build/release -j$(JOBS) --target drystone --target bench_all
	@scripts/bench $(BENCH)

fuzz: setup-test ## Run every fuzzer for FUZZ_SECONDS (60)
	@$(MAKE) --no-print-directory build/fuzz/build.ninja
	@scripts/fuzz $(FUZZ_SECONDS)

install: build ## Install into PREFIX (/usr/local), below DESTDIR
	@cmake --install build/release --prefix $(PREFIX)

clean: ## Remove build/; the per-user cache of deps stays
	@rm -rf build
