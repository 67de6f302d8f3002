# hellod: `make help` lists what can be done.
VERSION := 0.1.0

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror -Wformat=2 -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough -Wstrict-overflow=2
B := build
VARIANT_FLAGS :=

ALL_CFLAGS := -std=gnu17 -pthread $(WARNINGS) -D_GNU_SOURCE -DHELLOD_VERSION='"$(VERSION)"' -Isrc $(CFLAGS) $(VARIANT_FLAGS)
LIBS := -lsystemd -linih
TEST_LIBS := -lcmocka

SOURCES := $(wildcard src/*.c src/http/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
LIBRARY := $(B)/libhellod.a
SUPPORT := $(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c))
UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
OTHER_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/conversations/*.c tests/process/test_*.c))

.PHONY: all
all: $(B)/hellod

$(B)/hellod: $(B)/src/main.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS)

$(LIBRARY): $(filter-out $(B)/src/main.o,$(OBJECTS))
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/%: $(B)/tests/%.o $(SUPPORT) $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

.PHONY: unit
unit: $(UNIT_TESTS)
	@set -e; for t in $(UNIT_TESTS); do $$t; done

-include $(OBJECTS:.o=.d) $(SUPPORT:.o=.d) $(UNIT_TESTS:=.d) $(OTHER_TESTS:=.d)
.SECONDARY:
