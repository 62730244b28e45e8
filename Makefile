# `make demo` and `make test` work on a fresh Debian 12 with make and npm; they install what else they need (as root).
# The pinned Node comes from node_modules and is first on the PATH of npm scripts.

SOURCES := $(shell find src scripts share package.json tsconfig.json -type f 2>/dev/null)

.PHONY: help setup build deb demo test test-lab lab check bench clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

setup: ## install Debian and npm packages that are missing
	@scripts/setup.sh

build/praas: $(SOURCES) package-lock.json
	@scripts/setup.sh
	@echo "build: build/praas"
	@npm run --silent build:exe

build: setup build/praas ## build the executable build/praas

deb: build ## build the Debian package build/praas_<version>_amd64.deb
	@node_modules/.bin/node scripts/build-deb.ts

demo: build ## demonstrate praas with real packets, in temporary network namespaces
	@build/praas demo

test: build ## run every test
	@npm run --silent test

lab: setup ## start an OpenStack on this machine for the tests, with two tenants; lab/lab down stops it
	@lab/lab up
	@lab/lab topology

test-lab: build ## run the tests on that OpenStack; without one, start it and stop it afterwards
	@npm run --silent test lab

check: build ## types, lint and the tests that need no root
	@npm run --silent check

bench: build ## measure, and write docs/benchmarks.md
	@npm run --silent bench

clean: ## remove what was built
	rm -rf build dist node_modules/.cache
