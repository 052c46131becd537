# make, make install, check, check-long, check-asan, check-fuzz, bench, lint,
# demo.  Everything that is built lands in $(BUILD).
BUILD ?= build
PREFIX ?= /usr/local
CC ?= cc

PKGS = libcrypto sqlite3 yaml-0.1 zlib libutf8proc libarchive
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wundef
BASE = -std=c11 -D_GNU_SOURCE -ffp-contract=off -O2 -g -fPIE \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 $(WARN) -Ilib
FLAGS = $(BASE) $(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS)) -ldeflate -lm

LIB = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*/*.c))
CMD = $(patsubst cmd/%.c,$(BUILD)/bin/%,$(wildcard cmd/*.c))
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))

all: $(CMD)

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libcn.a: $(LIB)
	@rm -f $@
	ar rcs $@ $(LIB)

$(BUILD)/bin/%: cmd/%.c $(BUILD)/libcn.a
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -MF $(BUILD)/$*.d -pie -o $@ $< $(BUILD)/libcn.a \
	    $(LDFLAGS) $(LIBS)

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libcn.a
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -pie -o $@ $< $(BUILD)/libcn.a $(LDFLAGS) $(LIBS)

unit: $(UNIT)

clean:
	rm -rf $(BUILD)

.PHONY: all unit clean
-include $(LIB:.o=.d) $(wildcard $(BUILD)/*.d $(BUILD)/unit/*.d)
