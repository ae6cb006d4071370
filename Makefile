# make demo · make test · make torture · make schemathesis · make lint · make bench · make install · make deb · make check-units · make check-deb
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

.PHONY: deps build demo test torture schemathesis lint format bench install install-files deb check-units check-deb clean

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

# Then, where systemd runs: systemd-sysusers && systemctl daemon-reload && systemctl enable --now journeyd
install: build install-files

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
check-units: deps
	packaging/check-units $(BIN)

# A Debian package of programs that carry Swift's runtime with them, in .build-package.
deb: PACKAGES += dpkg-dev
deb: deps
	$(SWIFT) build $(FLAGS) --static-swift-stdlib --scratch-path .build-package --product journeyd
	$(SWIFT) build $(FLAGS) --static-swift-stdlib --scratch-path .build-package --product journeyctl
	packaging/build-deb .build-package/release $(VERSION) .build-package

# Installs the package under a real systemd on a copy of this system, restarts, reloads, hangs, purges it, and looks that nothing remains. As root.
check-deb: deb
	packaging/check-deb .build-package/journeyd_$(VERSION)_$$(dpkg --print-architecture).deb

clean:
	rm -rf .build .build-*
