# portlog: `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Where things are built; what `make run` records.
SCRATCH ?= .build
DATABASE ?= ./portlog.db
SAMPLES ?= 30
INTERVAL ?= 1s
# A toolchain that is not in PATH: make run SWIFT=/path/to/swift
export SWIFT

swift := Scripts/swift
release := $(SCRATCH)/release
release_flags := -c release --static-swift-stdlib --scratch-path $(SCRATCH)

# What a build needs besides the Swift toolchain, what the tests need besides that, and the benchmarks.
build_packages := ca-certificates g++ git libsqlite3-dev
test_packages := $(build_packages) iproute2 mount procps sqlite3 util-linux
bench_packages := $(build_packages) iproute2 procps sqlite3 util-linux

# Under sudo, what root made here is given to the user who called sudo, whatever came out.
give_back := Scripts/give-back $(SCRATCH) Package.resolved .swiftpm $(DATABASE) $(DATABASE)-wal $(DATABASE)-shm $(DATABASE)-lock
finally = status=$$?; $(give_back); exit $$status

.PHONY: help run test fuzz lint bench bench-attribution bench-alerts bench-history soak build clean

help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Builds portlog, records this host for 30 s into ./portlog.db, and asks the questions.
	@$(MAKE) --no-print-directory build
	@Scripts/run $(release)/portlog $(DATABASE) $(SAMPLES) $(INTERVAL); $(finally)

build: ## Builds the release binary: .build/release/portlog.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(build_packages)
	@$(swift) build $(release_flags) --product portlog; $(finally)

test: ## Runs all tests; those with real sockets need root.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(test_packages)
	@Scripts/test $(SCRATCH); $(finally)

fuzz: ## Does at length what the tests do a share of: 10 000 bind(), 1 000 connect(), 50 kills, slow ramps; needs root and an hour.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(test_packages)
	@PORTLOG_BIND_TRIALS=10000 PORTLOG_BIND_TRIES=400 PORTLOG_CONNECT_TRIALS=1000 PORTLOG_KILLS=50 PORTLOG_LEAST_STEP=4 \
		$(swift) test --scratch-path $(SCRATCH) --disable-xctest --filter "DifferentialTests|AddressPairTests|CrashLive|AlertsLive"; $(finally)

lint: ## Checks the style of the sources; any finding is an error.
	@$(swift) format lint --strict --recursive Sources Tests Migrations Package.swift

bench: ## Measures what recording costs against cat and ss, with 130 000 sockets; needs root.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(bench_packages)
	@{ $(swift) build $(release_flags) --product portlog && $(swift) build $(release_flags) --product portload && \
		Tests/Benchmarks/run.sh $(release); }; $(finally)

bench-attribution: ## Measures what finding owners costs, against ss and psutil; needs root.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(bench_packages)
	@{ $(swift) build $(release_flags) --product portlog && $(swift) build $(release_flags) --product portload && \
		Tests/Benchmarks/attribution.sh $(release); }; $(finally)

bench-alerts: ## Measures what the alert rules add to a sample, with 100 000 sockets towards 1 000 destinations; needs root.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(bench_packages)
	@{ $(swift) build $(release_flags) --product portlog && $(swift) build $(release_flags) --product portload && \
		Tests/Benchmarks/alerts.sh $(release); }; $(finally)

bench-history: ## Measures what a generated month costs: bytes, answers, against ss and zstd; takes a quarter of an hour.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(bench_packages) zstd
	@{ $(swift) build $(release_flags) --product portlog && $(swift) build $(release_flags) --product portgen && \
		Tests/Benchmarks/history.sh $(release); }; $(finally)

soak: ## Records 20 000 samples of heavy churn into 8 MiB and looks at every one of them; takes a quarter of an hour.
	@$(swift) --version >/dev/null
	@Scripts/install-packages $(test_packages)
	@PORTLOG_SOAK_SAMPLES=20000 $(swift) test -c release -Xswiftc -enable-testing --scratch-path $(SCRATCH)-soak --disable-xctest --filter BudgetTests/churn; $(finally)

# Installing and packing: Scripts/install, Scripts/deb, debian/, and Tests/Service for what is tried with the package.
package_packages := debhelper dpkg-dev python3
service_packages := $(package_packages) debootstrap fish lintian mandoc systemd systemd-container util-linux zsh

.PHONY: packages install uninstall deb test-package test-service

packages: ## Installs from Debian what building, testing and packing need.
	@Scripts/install-packages $(test_packages) $(service_packages)

install: ## Installs what `make build` built: DESTDIR= and PREFIX=/usr/local say where; as root.
	@Scripts/install-packages python3
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" Scripts/install install $(release)/portlog

uninstall: ## Takes away what `make install` installed; history and configuration stay.
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" Scripts/install uninstall

deb: ## Builds the Debian package: .build/deb/portlog_VERSION_ARCHITECTURE.deb.
	@$(MAKE) --no-print-directory build
	@Scripts/install-packages $(package_packages)
	@Scripts/deb $(release)/portlog $(SCRATCH)/deb; $(finally)

test-package: ## Checks what `make deb` built: lintian, manual, completions, units.
	@Scripts/install-packages $(service_packages)
	@Tests/Service/package.sh $(SCRATCH)/deb; $(finally)

test-service: ## Installs what `make deb` built in a Debian that it boots, and tries everything there; needs root.
	@Scripts/install-packages $(service_packages)
	@Tests/Service/run.sh $(SCRATCH)/deb $(SCRATCH)-service; $(finally)

clean: ## Removes what was built; a recorded ./portlog.db stays.
	rm -rf $(SCRATCH) Package.resolved
