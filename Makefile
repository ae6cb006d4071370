# make demo · make test · make torture · make fuzz · make soak · make schemathesis · make lint · make bench · make docs
# make install · make deb · make check-units · make check-deb
# Everything is built once, optimised: what is shown, tested and measured is what is shipped.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
# Packages from apt: LMDB (the log), ISA-L (CRC-32C), and what finds them.
PACKAGES = liblmdb-dev libisal-dev pkg-config
FLAGS = -c release -Xswiftc -warnings-as-errors
SOURCES = Package.swift Sources Tests Benchmarks
BIN = .build/release
# The one place that says it.
VERSION = $(shell sed -n 's/.*text = "\(.*\)"/\1/p' Sources/JourneyModel/Vocabulary/Version.swift)

.PHONY: deps build demo test torture fuzz soak schemathesis lint format bench docs install install-files install-docs deb check-units check-deb clean

deps:
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "installing:" $$missing; \
	if [ "$$(id -u)" = 0 ]; then run=; elif command -v sudo >/dev/null; then run=sudo; \
	else echo "missing:" $$missing "— install them as root: apt-get install" $$missing >&2; exit 1; fi; \
	$$run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$run apt-get install -y -qq $$missing >/dev/null
	@command -v $(SWIFT) >/dev/null || { echo "missing: a Swift 6.3 toolchain (https://swift.org/install)" >&2; exit 1; }

build: deps
	$(SWIFT) build $(FLAGS)

demo: build
	@docs/demo.sh $(BIN)

test: deps
	$(SWIFT) build $(FLAGS) --build-tests
	$(SWIFT) test $(FLAGS) --skip-build --parallel

# The long runs of what kills the daemon, cuts the power and damages files: ROUNDS=… LOSTCACHE_ROUNDS=… FLIPS=… SEED=…
torture: deps
	$(SWIFT) build $(FLAGS) --build-tests
	ROUNDS=$${ROUNDS:-10000} LOSTCACHE_ROUNDS=$${LOSTCACHE_ROUNDS:-1000} FLIPS=$${FLIPS:-20000} $(SWIFT) test $(FLAGS) --skip-build --no-parallel --filter 'TortureTests|LostCacheTests|FullDiskTests|DamageTests'

# A running daemon against its OpenAPI document, and against what the CloudEvents SDK writes; installs both into .build-venv: CASES=… SEED=…
schemathesis: PACKAGES += python3-venv
schemathesis: build
	Tests/Contract/run.sh $(BIN)

# Spoilt input for all that reads what clients send, a million inputs at least: MINUTES=… SEED=…
fuzz: deps
	$(SWIFT) build $(FLAGS) --product Fuzz
	$(BIN)/Fuzz --minutes $${MINUTES:-10} $${SEED:+--seed $$SEED}

# A long day: RATE events a second for MINUTES with followers, questions and restarts; nothing may be lost, doubled or reordered.
soak: deps
	$(SWIFT) build $(FLAGS) --product Soak
	$(SWIFT) build $(FLAGS) --product journeyd
	$(BIN)/Soak --journeyd $(BIN)/journeyd --minutes $${MINUTES:-60} --rate $${RATE:-20000}

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

# Durable events a second beside Redis Streams in the same run, then how a log grows: memory, bytes of disk, the time of a start. About ten minutes.
bench: PACKAGES += redis-server
bench: build
	$(SWIFT) build -c release --package-path Benchmarks --scratch-path .build-benchmarks
	.build-benchmarks/release/LoadGenerator rates --journeyd $(BIN)/journeyd --events $${EVENTS:-5000000}
	.build-benchmarks/release/LoadGenerator growth --journeyd $(BIN)/journeyd
	directory=$$(mktemp -d) && GLIBC_TUNABLES=glibc.malloc.hugetlb=1 $(BIN)/ViewBenchmark --data $$directory; rm -rf $$directory

# Then, where systemd runs: systemd-sysusers && systemctl daemon-reload && systemctl enable --now journeyd
install: build install-files install-docs

# A configuration that is there already is left alone; the example lies beside the documentation.
install-files:
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/journeyd share/doc/journeyd lib/systemd/system lib/sysusers.d) \
		$(DESTDIR)$(SYSCONFDIR)/journeyd
	install -m 755 $(BIN)/journeyd $(BIN)/journeyctl $(DESTDIR)$(PREFIX)/bin/
	cp -R schemas $(DESTDIR)$(PREFIX)/share/journeyd/
	install -m 644 README.md systemd/journeyd.yaml $(DESTDIR)$(PREFIX)/share/doc/journeyd/
	install -m 644 systemd/sysusers.d/journeyd.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/
	for unit in journeyd.service journeyd.socket; do \
		sed 's|/usr/local/|$(PREFIX)/|; s|/etc/|$(SYSCONFDIR)/|' systemd/$$unit > $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit && \
		chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit 1; done
	test -e $(DESTDIR)$(SYSCONFDIR)/journeyd/journeyd.yaml || \
		install -m 644 systemd/journeyd.yaml $(DESTDIR)$(SYSCONFDIR)/journeyd/

# The units as they are installed: no fault, no warning, and an exposure of 1.5 at most.
check-units: PACKAGES = systemd
check-units: build
	systemd/packaging/check-units $(BIN)

# A Debian package of programs that carry Swift's runtime with them, in .build-package.
deb: PACKAGES += dpkg-dev
deb: deps
	$(SWIFT) build $(FLAGS) --static-swift-stdlib --scratch-path .build-package --product journeyd
	$(SWIFT) build $(FLAGS) --static-swift-stdlib --scratch-path .build-package --product journeyctl
	systemd/packaging/build-deb .build-package/release $(VERSION) .build-package

# Installs the package under a real systemd on a copy of this system, restarts, reloads, hangs, purges it, and looks that nothing remains. As root.
check-deb: deb
	systemd/packaging/check-deb .build-package/journeyd_$(VERSION)_$$(dpkg --print-architecture).deb

# The event catalogue, and whether the documents' examples print what they say.
docs: build
	$(BIN)/journeyctl catalogue --format markdown > $(BIN)/event-catalogue.md
	docs/check.py $(BIN) docs/first-ten-minutes.md docs/control-interface.md

# Manual pages and completions, made by the programs themselves; `install` depends on it.
install-docs: build
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/doc/journeyd
	$(BIN)/journeyctl manual > $(DESTDIR)$(PREFIX)/share/man/man1/journeyctl.1
	for verb in $$($(BIN)/journeyctl manual --list); do \
		$(BIN)/journeyctl manual $$verb > $(DESTDIR)$(PREFIX)/share/man/man1/journeyctl-$$verb.1 || exit 1; \
	done
	$(BIN)/journeyd --experimental-dump-help | $(BIN)/journeyctl manual --of - --section 8 > $(DESTDIR)$(PREFIX)/share/man/man8/journeyd.8
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BIN)/journeyctl completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/journeyctl
	$(BIN)/journeyctl completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_journeyctl
	$(BIN)/journeyctl completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/journeyctl.fish
	$(BIN)/journeyctl catalogue --format markdown > $(DESTDIR)$(PREFIX)/share/doc/journeyd/event-catalogue.md
	cp -R docs/*.md docs/examples $(DESTDIR)$(PREFIX)/share/doc/journeyd/

clean:
	rm -rf .build .build-*
