# hellod: `make help` lists what can be done.
VERSION := 0.1.0

PREFIX ?= /usr
DESTDIR ?=
SBINDIR = $(PREFIX)/sbin
# The program has a folder of its own, which hello.service may execute from: see there.
PROGRAMDIR = $(PREFIX)/lib/hellod
WWWDIR = $(PREFIX)/share/hellod/www
MANDIR = $(PREFIX)/share/man
COMPLETIONDIR = $(PREFIX)/share/bash-completion/completions
CATALOGDIR = $(PREFIX)/lib/systemd/catalog
# Asked only when it is used: a fresh machine has no pkg-config yet.
UNITDIR = $(or $(shell pkg-config --variable=systemdsystemunitdir systemd),/lib/systemd/system)
GENERATORDIR = $(or $(shell pkg-config --variable=systemdsystemgeneratordir systemd),/lib/systemd/system-generators)

# By size: a request costs as many instructions as with -O2, and the text of the program is a quarter smaller. debian/rules
# says so, too.
CFLAGS ?= -Os -g
WERROR ?= -Werror
WARNINGS := -Wall -Wextra $(WERROR) -Wformat=2 -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough -Wstrict-overflow=2
B := build
VARIANT_FLAGS :=
, := ,

# What makes a fault of ours hard to use, in every build but those of VARIANT_FLAGS: a sanitizer sees more, and not
# through fortified calls. CPPFLAGS may hold another level of _FORTIFY_SOURCE, and none goes with -O0.
# tests/lint/rules/hardening looks for all of it in what was built.
HARDENING := $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3) -fstack-protector-strong \
             -fstack-clash-protection $(if $(filter x86_64 i%86,$(or $(DEB_HOST_GNU_CPU),$(shell uname -m))),-fcf-protection) -fPIE
HARDENING_LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack
# Relocations in little room: a server at rest keeps each page that its start has read.
SMALL_LINK := -Wl,-z,pack-relative-relocs
ifneq ($(VARIANT_FLAGS),)
HARDENING :=
HARDENING_LINK :=
endif

ALL_CFLAGS := -std=gnu17 -pthread $(WARNINGS) -D_GNU_SOURCE -DHELLOD_VERSION='"$(VERSION)"' -Isrc $(HARDENING) $(CFLAGS) $(VARIANT_FLAGS)
LIBS := -linih
TEST_LIBS := -lcmocka

SOURCES := $(wildcard src/*.c src/http/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
LIBRARY := $(B)/libhellod.a
FAULT := $(filter-out %/fault_calls.o %/faulty.o,$(patsubst %.c,$(B)/%.o,$(wildcard tests/support/fault*.c)))
SUPPORT := $(filter-out $(FAULT),$(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c)))
UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
BENCH_PROGRAMS := $(addprefix $(B)/tests/bench/,limit crowd hostile latency first shapes jobs)
FUZZ_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
# What plays inputs to a harness: the ones that are kept, or, with clang, libFuzzer's own.
FUZZ_DRIVER ?= $(B)/tests/fuzz/replay.o
OTHER_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/conversations/*.c tests/process/test_*.c))
SYSTEM_PROGRAMS := $(patsubst %.c,$(B)/%,$(wildcard tests/system/*.c))

UNITS := $(wildcard systemd/*.socket systemd/*.service systemd/*.path)
CATALOGS := $(wildcard systemd/*.catalog)

PORT ?= 7878
T ?=
export B T

.PHONY: all
all: $(B)/hellod $(B)/hellod-generator ## build build/hellod and build/hellod-generator (the default)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: deps-run ## install what is missing, build, serve www/ on http://127.0.0.1:7878 (PORT=NNNN for another port)
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@printf '[server]\naddress = 127.0.0.1\nport = %s\ndocument_root = %s\n' '$(PORT)' '$(CURDIR)/www' >$(B)/run.ini
	@echo 'Open http://127.0.0.1:$(PORT)/ in a browser; Ctrl-C ends it.'
	@exec systemd-socket-activate --fdname=hello.socket -l 127.0.0.1:$(PORT) $(B)/hellod --config $(B)/run.ini

.PHONY: check check-browser check-quick check-one check-system unit conversations process package asan tsan valgrind coverage lint analyse
check: deps-check ## install what is missing, run every test, also under the sanitizers, and sum up
	@tests/check lint analyse unit fuzz conversations process memcheck coverage package system asan tsan

check-browser: deps-browser ## install Chromium if it is missing, and see the pages with its eyes; pictures: build/browser
	@tests/check browser

check-quick: deps-check ## the tests of a minute: lint, unit tests, kept inputs of fuzzing, conversations
	@tests/check lint unit fuzz conversations

check-one: ## the tests with a word in their name: make check-one T=word
	@tests/check one

check-system: deps-check ## the package in a real systemd: Debian 12 and 13, booted in containers; T=word for some of it
	@tests/check system

unit: ## the tests of single modules
	@tests/check unit

conversations: ## HTTP spoken with the real server, from text files
	@tests/check conversations

process: ## the server as a process: sockets, signals, readiness, drain
	@tests/check process

package: ## the Debian package as a file: twice the same, nothing missing, nothing for lintian
	@tests/check package

asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer; T=word for some
	@tests/check asan

tsan: ## all tests under ThreadSanitizer; T=word for some
	@tests/check tsan

valgrind: ## all tests under valgrind's memcheck, and those where threads meet under helgrind, in two hours
	@tests/check valgrind

coverage: ## how many lines of src/http the unit tests and conversations run: 97 in 100 at least
	@tests/check coverage

lint: ## layers, purity, lengths, layout, scripts, pages, units; and what analyse finds
	@tests/check lint analyse

analyse: ## what gcc -fanalyzer, clang-tidy and cppcheck of Debian 12 say of src
	@tests/check analyse

.PHONY: soak
MINUTES ?= 30
soak: deps-check ## honest and hostile clients, changing files and reloads all at once, for MINUTES=30
	@LONG=1 SOAK_MINUTES=$(MINUTES) T=soak tests/check one

.PHONY: fuzz
SECONDS ?= 60
fuzz: deps-fuzz ## look for inputs that break something, a minute for each harness; T=word for some, SECONDS=n
	@SECONDS_A_HARNESS=$(SECONDS) tests/fuzz/run

.PHONY: bench bench-quick bench-exact
bench: deps-bench bench-programs ## measure hellod against its peers and the limit, 11 minutes on a quiet machine
	@tests/bench/run

bench-quick: deps-bench bench-programs ## one short round of everything, to see that it works
	@tests/bench/run quick

bench-exact: deps-bench bench-programs ## system calls and instructions a request, which any machine can count
	@tests/bench/exact

.PHONY: format
format: ## lay out all C files with clang-format
	clang-format -i $$(find src tests -name '*.[ch]')

.PHONY: install uninstall
install: $(B)/hellod $(B)/hellod-generator ## install into DESTDIR, PREFIX=/usr; an existing /etc/hello.ini is kept
	install -D -m 0755 $(B)/hellod $(DESTDIR)$(PROGRAMDIR)/hellod
	install -d $(DESTDIR)$(SBINDIR)
	ln -s -f -r $(DESTDIR)$(PROGRAMDIR)/hellod $(DESTDIR)$(SBINDIR)/hellod
	install -D -m 0755 $(B)/hellod-generator $(DESTDIR)$(GENERATORDIR)/hellod-generator
	install -D -m 0644 -t $(DESTDIR)$(WWWDIR) www/*.html
	install -D -m 0644 -t $(DESTDIR)$(UNITDIR) $(UNITS)
	sed -i 's|/usr/sbin/hellod|$(SBINDIR)/hellod|; s|/usr/lib/hellod|$(PROGRAMDIR)|' $(patsubst systemd/%,$(DESTDIR)$(UNITDIR)/%,$(UNITS))
	$(if $(CATALOGS),install -D -m 0644 -t $(DESTDIR)$(CATALOGDIR) $(CATALOGS))
	install -D -m 0644 src/hellod.8 $(DESTDIR)$(MANDIR)/man8/hellod.8
	install -D -m 0644 src/hello.ini.5 $(DESTDIR)$(MANDIR)/man5/hello.ini.5
	install -D -m 0644 src/hellod.completion $(DESTDIR)$(COMPLETIONDIR)/hellod
	test -e $(DESTDIR)/etc/hello.ini || { install -D -m 0644 etc/hello.ini $(DESTDIR)/etc/hello.ini && \
	    sed -i 's|/usr/share/hellod/www|$(WWWDIR)|' $(DESTDIR)/etc/hello.ini; }

uninstall: ## remove what install put there, save /etc/hello.ini
	rm -f $(DESTDIR)$(SBINDIR)/hellod $(DESTDIR)$(PROGRAMDIR)/hellod $(DESTDIR)$(GENERATORDIR)/hellod-generator
	rmdir $(DESTDIR)$(PROGRAMDIR)
	rm -f $(patsubst systemd/%,$(DESTDIR)$(UNITDIR)/%,$(UNITS)) $(patsubst systemd/%,$(DESTDIR)$(CATALOGDIR)/%,$(CATALOGS))
	rm -f $(DESTDIR)$(MANDIR)/man8/hellod.8 $(DESTDIR)$(MANDIR)/man5/hello.ini.5 $(DESTDIR)$(COMPLETIONDIR)/hellod
	rm -f $(patsubst www/%,$(DESTDIR)$(WWWDIR)/%,$(wildcard www/*.html))

# The package is built in a copy of the tree, so that nothing of the build is left here.
DEB = $(B)/hellod_$(VERSION)_$(shell dpkg --print-architecture).deb
DEB_TREE = $(B)/deb/hellod-$(VERSION)

.PHONY: deb
deb: deps-deb ## install what is missing and build the Debian package, build/hellod_VERSION_ARCH.deb
	@$(MAKE) --no-print-directory "$(DEB)"
	@echo "$(DEB)"

$(B)/%.deb: $(shell find Makefile README.md debian etc src systemd www -type f)
	rm -rf $(B)/deb && mkdir -p $(DEB_TREE)
	cp -R Makefile README.md debian etc src systemd tests www $(DEB_TREE)
	cd $(DEB_TREE) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u B -u T "DEB_BUILD_OPTIONS=nocheck $$DEB_BUILD_OPTIONS" \
	    dpkg-buildpackage --build=binary --no-sign >../build.log 2>&1 || { cat ../build.log && false; }
	cp $(B)/deb/$(@F) $@

.PHONY: deps-run deps-check deps-browser deps-deb deps-bench deps-fuzz
deps-run: ## install what `make run` needs from Debian's packages, if anything is missing
	@tests/deps.sh run

deps-deb: ## install what `make deb` needs from Debian's packages, if anything is missing
	@tests/deps.sh deb

deps-check: ## install what `make check` needs from Debian's packages, if anything is missing
	@tests/deps.sh check

deps-browser: ## install what `make check-browser` needs from Debian's packages, if anything is missing
	@tests/deps.sh browser

deps-fuzz: ## install what `make fuzz` needs from Debian's packages, if anything is missing
	@tests/deps.sh fuzz

deps-bench: ## install what `make bench` needs from Debian's packages, if anything is missing
	@tests/deps.sh bench

.PHONY: clean
clean: ## remove build/
	rm -rf build

$(B)/hellod: $(B)/src/main.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(HARDENING_LINK) $(SMALL_LINK) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS)

# Run early at boot: it is linked without what only a server needs.
$(B)/hellod-generator: $(B)/src/generator.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(HARDENING_LINK) $(LDFLAGS) -Wl,--as-needed -o $@ $^ -linih

$(LIBRARY): $(filter-out $(B)/src/main.o $(B)/src/generator.o,$(OBJECTS))
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c Makefile $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%.o: ALL_CFLAGS += -Itests

$(B)/tests/%: $(B)/tests/%.o $(SUPPORT) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(HARDENING_LINK) $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/fuzz.o $(B)/tests/fuzz/wire.o $(FUZZ_DRIVER) $(SUPPORT) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(HARDENING_LINK) $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

# Tests of what happens when a call fails: these calls go through tests/support/fault.c.
WRAPPED := malloc calloc reallocarray strdup mmap accept4 epoll_create1 epoll_ctl epoll_wait eventfd timerfd_create \
           timerfd_settime syscall open openat fstat fstatat fdopendir readdir readlinkat read write pread pwrite \
           sendfile send recv shutdown ioctl pthread_create memfd_create ftruncate madvise fcntl getrandom \
           clock_gettime strndup aligned_alloc asprintf vasprintf fopen fdopen open_memstream fread fwrite fflush \
           lseek readlink signalfd socket setsockopt bind listen poll posix_spawn_file_actions_init \
           posix_spawnattr_init posix_spawn waitpid execve dlopen sd_event_new sd_event_add_signal sd_event_add_io \
           sd_event_add_time sd_event_source_set_enabled sd_listen_fds_with_names
WRAPS := $(addprefix -Wl$(,)--wrap=,$(WRAPPED))
FAULT_TESTS := $(filter $(B)/tests/unit/test_fault_% $(B)/tests/unit/test_log_limit,$(UNIT_TESTS))
$(FAULT_TESTS): $(B)/%: $(B)/%.o $(FAULT) $(SUPPORT) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(WRAPS) -o $@ $^ $(LIBS) $(TEST_LIBS)

# The server itself, whose calls fail as its environment says: see tests/support/fault_environment.c.
FAULTY := $(addprefix $(B)/tests/support/,fault.o fault_calls.o fault_environment.o fault_fortified.o)
$(B)/hellod-faulty: $(B)/src/main.o $(FAULTY) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(WRAPS) -o $@ $^ $(LIBS)

# What runs in containers is alone with the C library.
$(B)/tests/system/%: $(B)/tests/system/%.o
	$(CC) $(ALL_CFLAGS) $(HARDENING_LINK) $(LDFLAGS) -o $@ $^

# What loads or outdoes the server in the bench stands alone, save where the pool itself is measured.
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/tests/bench/net.o $(B)/tests/bench/constant.o
	$(CC) $(ALL_CFLAGS) $(HARDENING_LINK) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(BENCH_LIBS)

$(B)/tests/bench/shapes $(B)/tests/bench/jobs: $(LIBRARY)
$(B)/tests/bench/shapes $(B)/tests/bench/jobs: BENCH_LIBS = $(LIBS)
$(B)/tests/bench/jobs: BENCH_LIBS += $(shell pkg-config --libs glib-2.0)
$(B)/tests/bench/jobs.o: override CPPFLAGS += $(shell pkg-config --cflags glib-2.0)

# Changes when the compiler or a flag does, so that nothing is linked from two sets of flags.
FLAGS := $(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(HARDENING_LINK) $(SMALL_LINK) $(LDFLAGS)
$(B)/flags: always
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' >$@

.PHONY: always
always:

# What tests/check builds.
.PHONY: objects fuzz-programs unit-programs conversations-programs process-programs system-programs
objects: $(OBJECTS)
unit-programs: $(UNIT_TESTS)
fuzz-programs: $(FUZZ_TESTS)
conversations-programs: $(B)/hellod $(filter $(B)/tests/conversations/%,$(OTHER_TESTS))
process-programs: $(B)/hellod $(B)/hellod-generator $(B)/hellod-faulty $(filter $(B)/tests/process/%,$(OTHER_TESTS))
system-programs: $(SYSTEM_PROGRAMS)

# A source that an analyser has nothing to say about. gcc's loses sight of what is kept in an array that grows, and of what
# CLEANUP() frees: leaks are LeakSanitizer's, and what is used before it is set is clang-tidy's.
ANALYSED_BY_GCC := $(SOURCES:%.c=$(B)/analysed/%.gcc)
ANALYSED_BY_TIDY := $(SOURCES:%.c=$(B)/analysed/%.tidy)
.PHONY: analysed-by-gcc analysed-by-clang-tidy
analysed-by-gcc: $(ANALYSED_BY_GCC)
analysed-by-clang-tidy: $(ANALYSED_BY_TIDY)

$(B)/analysed/%.gcc: %.c Makefile $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value \
	    -MMD -MP -MF $@.d -c -o $@ $<

# Not told of the flags, most of which clang doesn't know.
$(B)/analysed/%.tidy: %.c Makefile .clang-tidy
	@mkdir -p $(@D)
	clang-tidy --quiet --warnings-as-errors='*' $< -- -std=gnu17 -pthread -D_GNU_SOURCE -DHELLOD_VERSION='"$(VERSION)"' \
	    -Isrc -MMD -MP -MF $@.d -MT $@ 2>/dev/null
	@touch $@

.PHONY: bench-programs
bench-programs: $(B)/hellod $(BENCH_PROGRAMS)

-include $(OBJECTS:.o=.d) $(patsubst %.c,$(B)/%.d,$(wildcard tests/*/*.c)) $(ANALYSED_BY_GCC:=.d) $(ANALYSED_BY_TIDY:=.d)
.SECONDARY:
