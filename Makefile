# What a user types: `make run` and `make test`. Each target does its own set-up, and does it once.

CARGO ?= cargo
# The tests find what was built here, whatever the user's own settings are.
export CARGO_TARGET_DIR := $(CURDIR)/target
# A name to connect to: `make run HOST=example.com PORT=443 TLS=1`
HOST ?=
PORT ?= 443
TLS ?=

BIN := target/debug
# Everything native is built together: a part of the workspace alone would build wasmtime again, with other features.
BUILD := $(CARGO) build --workspace --all-targets --locked --quiet
WASM := $(CARGO) build --target wasm32-wasip2 --release --locked --quiet
WASM_OUT := target/wasm32-wasip2/release

# Steps of the build that do not wait for wasmtime.
TOOL := $(CARGO) run --locked --quiet -p switchboard-tools --no-default-features --bin

# What Python's package is made of, its environment, and a component that runs any script.
VENV := target/venv
PYTHON_SOURCES := $(shell find sdk/python/src sdk/python/pyproject.toml wit -type f -not -name '*.pyc')
PYTHON_APP := target/python/python
# The same on the component model's loop, and with Unix sockets.
PYTHON_LOOP := target/python/loop
PYTHON_POSIX := target/python/posix
# The libraries that it is tried with.
PYTHON_SITE := target/python/site

.PHONY: help run test test-rust test-python bench example-python component app example servers package python venv programs build setup lint doc clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Connect past two dead addresses with TLS, or to HOST and PORT, with TLS=1 or without
	@$(if $(HOST),$(BIN)/switchboard connect '$(HOST)' '$(PORT)' $(if $(filter 1,$(TLS)),--tls) -v,$(BIN)/demo)

test: test-rust test-python ## Run all tests

test-rust: build app example servers ## Run those in Rust
	@tools/needs.sh openssl python3
	@$(CARGO) test --workspace --locked --no-fail-fast

test-python: python $(PYTHON_SITE)/made ## Run those of sdk/python
	@tools/needs.sh openssl redis-server nats-server
	@$(MAKE) --silent --no-print-directory -j2 target/python/sessions.cwasm $(PYTHON_POSIX).wasm
	@$(VENV)/bin/pytest -n 2 sdk/python

example-%: build ## Build, plug and run examples/rust/http, redis, chat or dns against a server on loopback
	@tools/needs.sh openssl
	@$(WASM) -p switchboard-example-$*
	@$(BIN)/example $*

bench: build app python ## Measure against native tokio and CPython's asyncio
	@tools/needs.sh python3
	@$(BIN)/bench

component: target/component ## Build target/switchboard.wasm, -posix.wasm with Unix sockets, and -tls.wasm, TLS alone

COMPONENTS := target/switchboard.wasm target/switchboard-posix.wasm target/switchboard-tls.wasm
# Where it is missing, all are built.
$(COMPONENTS):

# To cargo all three are the same file, which it would link again three times whenever it is asked; so it is asked only if
# something has changed. A component that comes out as it was keeps its time, for what is built from it.
target/component: $(shell find guest crypto tools wit -type f) Cargo.toml Cargo.lock Makefile $(COMPONENTS) | setup
	@echo 'Building the component: target/switchboard.wasm'
	@$(WASM) -p switchboard-guest
	@$(TOOL) document -- $(WASM_OUT)/switchboard.wasm wit switchboard target/documented.wasm
	@cmp -s target/documented.wasm target/switchboard.wasm \
		|| cp target/documented.wasm target/switchboard.wasm
	@echo 'Building it for hosts with the POSIX capability: target/switchboard-posix.wasm'
	@$(WASM) -p switchboard-guest --features posix
	@$(TOOL) document -- $(WASM_OUT)/switchboard.wasm wit switchboard target/documented.wasm
	@cmp -s target/documented.wasm target/switchboard-posix.wasm \
		|| cp target/documented.wasm target/switchboard-posix.wasm
	@echo 'Building its TLS alone: target/switchboard-tls.wasm'
	@$(CARGO) rustc --target wasm32-wasip2 --release --locked --quiet -p switchboard-guest --no-default-features \
		-- -Clink-arg=--skip-wit-component
	@$(TOOL) narrow -- $(WASM_OUT)/switchboard.wasm target/narrowed.wasm \
		wasi:random/random wasi:random/insecure-seed wasi:clocks/wall-clock
	@$(TOOL) document -- target/narrowed.wasm wit switchboard-tls target/documented.wasm
	@cmp -s target/documented.wasm target/switchboard-tls.wasm \
		|| cp target/documented.wasm target/switchboard-tls.wasm
	@touch $@

app: setup ## Build the applications that the tests plug it into: app.wasm, posix-app.wasm, and client-app.wasm on the Rust SDK
	@echo 'Building the application that the tests plug it into: target/app.wasm'
	@$(WASM) -p switchboard-app
	@cmp -s $(WASM_OUT)/app.wasm target/app.wasm \
		|| cp $(WASM_OUT)/app.wasm target/app.wasm
	@echo 'Building the one that the tests of switchboard:posix run: target/posix-app.wasm'
	@$(WASM) -p switchboard-posix-app
	@cmp -s $(WASM_OUT)/posix_app.wasm target/posix-app.wasm \
		|| cp $(WASM_OUT)/posix_app.wasm target/posix-app.wasm
	@echo 'Building the one on the Rust SDK, and its examples: target/client-app.wasm'
	@$(WASM) -p switchboard-client-app
	@$(WASM) -p switchboard-client --example first --example secure
	@cmp -s $(WASM_OUT)/client_app.wasm target/client-app.wasm \
		|| cp $(WASM_OUT)/client_app.wasm target/client-app.wasm

example: setup ## Build target/tls-engine.wasm, a program on blocking sockets to plug the TLS into
	@echo 'Building the example of examples/tls-engine: target/tls-engine.wasm'
	@$(WASM) -p switchboard-example-tls-engine --features component
	@cmp -s $(WASM_OUT)/tls-engine.wasm target/tls-engine.wasm \
		|| cp $(WASM_OUT)/tls-engine.wasm target/tls-engine.wasm

example-python: programs venv component $(PYTHON_SITE)/made ## Run the examples in Python
	@tools/needs.sh openssl redis-server
	@$(VENV)/bin/pytest -q -n 2 -p no:cacheprovider examples/python

python: programs venv component ## Build target/python/python.wasm, which runs Python scripts
	@$(MAKE) --silent --no-print-directory -j2 $(PYTHON_APP).cwasm $(PYTHON_LOOP).cwasm

$(PYTHON_APP).wasm: $(VENV)/made target/switchboard-tls.wasm
	@echo 'Building the component that runs Python scripts: $@ (half a minute)'
	@$(VENV)/bin/switchboard-py build -q -o $@

$(PYTHON_LOOP).wasm: $(VENV)/made target/switchboard.wasm
	@echo "Building that on the component model's loop: $@ (half a minute)"
	@$(VENV)/bin/switchboard-py build -q --component-loop -o $@

$(PYTHON_POSIX).wasm: $(VENV)/made target/switchboard-posix.wasm
	@echo 'Building that with Unix sockets: $@'
	@$(VENV)/bin/switchboard-py build -q --posix -o $@

# Two components, one of which calls the other's exports.
target/python/sessions.cwasm: $(VENV)/made target/switchboard.wasm $(wildcard sdk/python/tests/sessions/*)
	@echo 'Building the components that the tests of exports need'
	@$(VENV)/bin/python sdk/python/tests/sessions/build.py $@

$(PYTHON_APP).cwasm $(PYTHON_LOOP).cwasm: target/python/%.cwasm: target/python/%.wasm
	@$(BIN)/wasmtime compile $< -o $@

$(PYTHON_SITE)/made: sdk/python/tests/libraries/requirements.txt | $(VENV)/made
	@echo 'Installing the libraries that sdk/python is tried with'
	@rm -rf $(PYTHON_SITE)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --target $(PYTHON_SITE) -r $<
	@touch $@

venv: $(VENV)/made ## Install sdk/python into target/venv

$(VENV)/made: $(PYTHON_SOURCES)
	@tools/needs.sh python3-venv
	@echo 'Installing sdk/python into $(VENV)'
	@test -x $(VENV)/bin/pip || python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check 'sdk/python[build,test]'
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps sdk/python
	@touch $@

# What sdk/python needs of that, and only where it is not there already: wac and wasmtime.
programs: $(BIN)/wac $(BIN)/wasmtime $(BIN)/posix-run

$(BIN)/wac $(BIN)/wasmtime $(BIN)/posix-run &: Cargo.lock tools/Cargo.toml tools/src/wac.rs tools/src/wasmtime.rs tests/src/bin/posix-run.rs
	@$(MAKE) --silent --no-print-directory build
	@touch $(BIN)/wac $(BIN)/wasmtime $(BIN)/posix-run

servers:
	@$(CARGO) build --manifest-path tests/servers/Cargo.toml --target-dir target/servers --locked --quiet

build: component
	@echo 'Building the host, the tools and the tests (wasmtime takes ten minutes, once)'
	@$(BUILD)

setup:
	@tools/needs.sh cc
	@tools/wasm-target.sh

lint: build ## Check format and lints
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@$(CARGO) clippy -p switchboard-guest --target wasm32-wasip2 --locked -- -D warnings
	@$(CARGO) clippy -p switchboard-guest --features posix --target wasm32-wasip2 --locked -- -D warnings
	@$(CARGO) clippy -p switchboard-app --target wasm32-wasip2 --locked -- -D warnings
	@$(CARGO) clippy -p switchboard-client -p switchboard-client-app -p switchboard-example-http -p switchboard-example-redis \
		-p switchboard-example-chat -p switchboard-example-dns --target wasm32-wasip2 --locked -- -D warnings
	@$(CARGO) clippy -p switchboard-example-tls-engine --features component --target wasm32-wasip2 --locked -- -D warnings
	@$(CARGO) clippy -p switchboard-posix-app --target wasm32-wasip2 --locked -- -D warnings

# wasmtime would be built again for the host alone: its package is made, and looked at, and not built.
package: setup ## Make the packages of the crates that can be published, and build those for components
	@$(CARGO) package -p switchboard-crypto -p switchboard-client --locked --allow-dirty --target wasm32-wasip2
	@$(CARGO) package -p switchboard-host --locked --allow-dirty --no-verify

doc: component ## Write the documentation to target/doc
	@RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --features switchboard-client/hyper --no-deps --locked

clean: ## Remove everything that was built
	@$(CARGO) clean
