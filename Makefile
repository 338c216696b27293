# The project's commands; `make` alone lists them.

PYTHONS := python3.14 python3.13 python3.12 python3.11 python3
# The first that is new enough and can make virtual environments. Some are mere names: version managers leave those.
PYTHON = $(or $(firstword $(foreach name,$(PYTHONS),$(shell \
	$(name) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name)))),$(error \
	No Python 3.11 or newer with the modules venv and ensurepip is on PATH (looked for: $(PYTHONS)). \
	Install one, or name it: make PYTHON=/path/to/python))
BIN := .venv/bin
NODE := tests/acceptance/node
GENERATORS := tests/acceptance/generators
PEERS := benchmarks/peers
# The newest one is tried if it is on this machine; pyenv and the hosted workflow have it, Debian 12 does not.
OTHER_PYTHONS := 3.11 3.12 3.13 $(shell { command -v python3.14 || pyenv prefix 3.14; } >/dev/null 2>&1 && echo 3.14)
# The versions of urllib3 with which the interceptor is tested beside the newest.
URLLIB3S := 1.26 2.0
# Only this makes `make acceptance` and `make bench` install missing system packages, as root on Debian. CI sets CI.
INSTALL := $(or $(ACCEPTANCE_INSTALL),$(if $(CI),1))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
.NOTPARALLEL:
.DEFAULT_GOAL := help
# What `make acceptance` needs besides Python and Node, each with a target below.
SYSTEM := browser nginx wrk jq php guzzle mono ruby java jackson tesseract
.PHONY: help setup serve test check acceptance soak soak-memory audit bench bench-peers $(SYSTEM) clean

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: .venv/with-lint .venv/with-test ## Make .venv with all Python tools; activate it by `. .venv/bin/activate`

serve: .venv/ready ## Serve the fake gateway on 127.0.0.1:6649 until Ctrl-C
	@exec $(BIN)/omixa-mock serve --host 127.0.0.1 --port 6649

test: .venv/with-test ## Run the tests that need Python only; what needs an absent tool is skipped
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not acceptance' -rs

check: .venv/with-lint .venv/with-test .venv/with-acceptance ## Lint, and check format and types
	@# Each runs, whatever the others found.
	@failed=; for tool in 'ruff check' 'ruff format --check' mypy; do \
		echo "$(BIN)/$$tool"; $(BIN)/$$tool || failed="$$failed, $$tool"; \
	done; test -z "$$failed" || { echo "make check failed: $${failed#, }" >&2; exit 1; }

acceptance: .venv/with-test .venv/with-acceptance $(OTHER_PYTHONS:%=.venv-%/ready) .venv-openai-2/ready .venv-schemathesis/ready .venv-mitmproxy/ready .venv-floor/ready $(URLLIB3S:%=.venv-urllib3-%/ready) .venv-generators/ready .venv-wrappers/ready $(NODE)/node_modules/.package-lock.json $(GENERATORS)/node_modules/.package-lock.json $(SYSTEM) ## Run the tests with real clients, browser, nginx and Pythons, and the slow ones; a skip fails
	OMIXA_MOCK_ACCEPTANCE=1 $(BIN)/python -m pytest -n auto --dist worksteal -m acceptance -rs

soak: .venv/with-test ## Let a million calls fail at every moment, some minutes long: the money must agree to the last cent
	$(BIN)/python -m tests.soak

soak-memory: .venv/ready ## Send a million requests through one process, a quarter of an hour long: its memory must stay flat
	$(BIN)/python tests/soak_memory.py

audit: .venv-audit/ready ## Look up every package that a user installs in the database of known vulnerabilities
	.venv-audit-tool/bin/python -m pip --python .venv-audit/bin/python freeze --exclude omixa-mock > .venv-audit/packages.txt
	.venv-audit-tool/bin/python -m pip_audit --strict --no-deps --disable-pip --requirement .venv-audit/packages.txt

bench: .venv/with-test .venv/with-bench wrk ## Measure how fast everything is, beside yardsticks: minutes; fills docs/performance.md
	$(BIN)/python -m benchmarks --output docs
	$(BIN)/python -m benchmarks --stalls --output docs
	$(BIN)/python -m benchmarks --growth --output docs
	$(BIN)/python -m benchmarks.strategies --examples 500 --output docs

bench-peers: .venv/with-test .venv-bench-peers/ready $(PEERS)/node_modules/.package-lock.json wrk ## Measure other fakes at the same job (installs them); fills docs/performance.md
	$(BIN)/python -m benchmarks --peers --output docs

clean: ## Remove what these commands made
	rm -rf .venv .venv-* $(NODE)/node_modules $(GENERATORS)/node_modules $(PEERS)/node_modules build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up: each stamp stands for a finished installation, and is older than what it was made from when that changed.

.venv/ready: pyproject.toml
	@# One that was interrupted has no pip: it is made anew.
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		echo 'Setting up .venv, once: about half a minute.'; $(PYTHON) -m venv --clear .venv; }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/with-%: .venv/ready
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@

# python3.X from PATH, or from pyenv, where that has it without showing it.
.venv-%/ready: pyproject.toml
	test -x .venv-$*/bin/python || for python in python$* "$$(pyenv prefix $* 2>/dev/null)/bin/python"; do \
		"$$python" -m venv .venv-$* 2>/dev/null && break; \
	done || { echo 'Python $* is not on this machine; install it.' >&2; exit 1; }
	.venv-$*/bin/python -m pip install --quiet --editable .
	@touch $@

# The last OpenAI SDK on httpx; the newest one, on httpx2, is in the group test.
.venv-openai-2/ready: pyproject.toml
	test -x .venv-openai-2/bin/python || $(PYTHON) -m venv .venv-openai-2
	.venv-openai-2/bin/python -m pip install --quiet --editable . 'openai>=2,<3'
	@touch $@

# Schemathesis holds back pytest and Hypothesis where it likes: it gets an environment of its own.
.venv-schemathesis/ready: pyproject.toml
	test -x .venv-schemathesis/bin/python || $(PYTHON) -m venv .venv-schemathesis
	.venv-schemathesis/bin/python -m pip install --quiet --editable . 'schemathesis>=4,<5'
	@touch $@

# mitmproxy holds back whatever it uses: it gets an environment of its own.
.venv-mitmproxy/ready: pyproject.toml
	test -x .venv-mitmproxy/bin/python || $(PYTHON) -m venv .venv-mitmproxy
	.venv-mitmproxy/bin/python -m pip install --quiet 'mitmproxy>=11,<13'
	@touch $@

# What a user installs with every extra, and beside it the tool that looks it up.
.venv-audit/ready: pyproject.toml
	test -x .venv-audit/bin/python || $(PYTHON) -m venv --without-pip .venv-audit
	test -x .venv-audit-tool/bin/python || $(PYTHON) -m venv .venv-audit-tool
	.venv-audit-tool/bin/python -m pip install --quiet pip-audit
	.venv-audit-tool/bin/python -m pip --python .venv-audit/bin/python install --quiet '.[hypothesis,pillow,proxy,respx,yaml]'
	@touch $@

# Generators of clients, with a Java and a Go of their own, and what the generated Python imports.
.venv-generators/ready: pyproject.toml
	test -x .venv-generators/bin/python || $(PYTHON) -m venv .venv-generators
	.venv-generators/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-generators/bin/python -m pip install --quiet --group generators
	@touch $@

# LangChain and llama-index hold back half of PyPI: they get an environment of their own.
.venv-wrappers/ready: pyproject.toml
	test -x .venv-wrappers/bin/python || $(PYTHON) -m venv .venv-wrappers
	.venv-wrappers/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-wrappers/bin/python -m pip install --quiet --group wrappers
	@touch $@

# The oldest dependencies that pyproject.toml allows, and what the tests run there need.
.venv-floor/ready: pyproject.toml
	test -x .venv-floor/bin/python || $(PYTHON) -m venv .venv-floor
	.venv-floor/bin/python -c 'import pathlib, re, tomllib; \
		needs = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))["project"]["dependencies"]; \
		print(*(re.sub(">=([^,;]+)[^;]*", r"==\1", need, count=1) for need in needs), sep="\n")' > .venv-floor/floors.txt
	.venv-floor/bin/python -m pip install --quiet --constraint .venv-floor/floors.txt --editable . httpx hypothesis
	@touch $@

# The oldest requests of the group test, with each major version of urllib3 that it takes, and what the tests run there
# need.
.venv-urllib3-%/ready: pyproject.toml
	test -x .venv-urllib3-$*/bin/python || $(PYTHON) -m venv .venv-urllib3-$*
	.venv-urllib3-$*/bin/python -m pip install --quiet --editable . \
		httpx httpx2 'requests==2.32.2' requests-mock responses 'urllib3==$*.*' vcrpy
	@touch $@

# pytest-httpserver brings a pytest plugin of its own: it gets an environment of its own.
.venv-bench-peers/ready: pyproject.toml
	test -x .venv-bench-peers/bin/python || $(PYTHON) -m venv .venv-bench-peers
	.venv-bench-peers/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-bench-peers/bin/python -m pip install --quiet --group bench-peers
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

# A system package is there if its command is, or its file.
browser: COMMAND = chromium
nginx: PACKAGE = nginx-light
nginx: export PATH := $(PATH):/usr/sbin
php: PACKAGE = php-cli php-curl
guzzle: PACKAGE = php-guzzlehttp-guzzle
guzzle: FILE = /usr/share/php/GuzzleHttp/autoload.php
mono: COMMAND = mcs
mono: PACKAGE = mono-mcs mono-runtime $(patsubst %,libmono-%4.0-cil,system-net-http system-web-extensions microsoft-csharp)
java: COMMAND = javac
java: PACKAGE = default-jdk-headless
tesseract: PACKAGE = tesseract-ocr
jackson: PACKAGE = libjackson2-databind-java
jackson: FILE = /usr/share/java/jackson-databind.jar
$(SYSTEM): COMMAND ?= $@
# The policy keeps Debian from starting a server that it installs: the tests start their own.
$(SYSTEM): PACKAGE ?= $(COMMAND)
$(SYSTEM): POLICY := /usr/sbin/policy-rc.d
$(SYSTEM):
	@{ test -e "$(FILE)" || command -v $(COMMAND); } >/dev/null || { \
		test "$(INSTALL)" = 1 || { echo '$(COMMAND) is not on this machine. Install it, or run make $(MAKECMDGOALS) ACCEPTANCE_INSTALL=1' \
			'to have apt-get install it as root.' >&2; exit 1; }; \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; } || { echo '$(COMMAND) is not on this machine, and only root on Debian' \
			'can install it here.' >&2; exit 1; }; \
		echo 'Installing the system package $(PACKAGE), as root.'; \
		test -e $(POLICY) || { trap 'rm -f $(POLICY)' EXIT; printf '#!/bin/sh\nexit 101\n' > $(POLICY); chmod +x $(POLICY); }; \
		apt-get update --quiet=2 && \
		DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --no-install-recommends $(PACKAGE); }
