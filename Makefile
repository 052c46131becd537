# make            builds into build/; 'make demo' and 'make check' also install
#                 what is missing (apt, as root or by sudo -n)
# make install    DESTDIR= PREFIX=/usr/local
# make encoder    fetches the sentence encoder (7 MB) by npm
# make check check-long check-asan check-fuzz bench lint completions clean
BUILD ?= build
PREFIX ?= /usr/local
CC ?= cc

# Build, then test: Debian 12's packages.
NEED_LIB = libc6-dev libssl-dev libsqlite3-dev libyaml-dev libutf8proc-dev \
	libarchive-dev libisal-dev libetpan-dev libcurl4-gnutls-dev zlib1g-dev
NEED = gcc pkg-config $(NEED_LIB) ca-certificates tzdata
NEED_TEST = $(NEED) perl sqlite3 jq mandoc binutils util-linux python3 \
	dovecot-core dovecot-imapd openssl
# Whoever has npm has node, be it Debian's or another.
NPM = $(if $(shell command -v npm),,nodejs npm)
NEED_TEST += $(NPM)
NEED_ARM64 = gcc-aarch64-linux-gnu qemu-user-static

PKGS = libssl libcrypto sqlite3 yaml-0.1 libutf8proc libarchive libisal \
	libcurl zlib
WARN = -Wall -Wextra -Wno-missing-field-initializers -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	-Wformat=2 -Wvla -Wundef
FLAGS = -std=c11 -D_GNU_SOURCE -ffp-contract=off -fno-math-errno -O2 -g -fPIE \
	-fstack-protector-strong -D_FORTIFY_SOURCE=2 $(WARN) -Ilib \
	$(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
# libetpan's own flags would turn PIE off; each command loads what it uses.
LINK = $(BUILD)/libcn.a -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS) \
	$(shell pkg-config --libs $(PKGS)) -letpan -lm

# Its loops are long enough: a text is asked in a twentieth less time.
$(BUILD)/lib/ai/%.o: FLAGS += -O3

LIB = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*/*.c lib/desk/*/*.c))
BIN = $(patsubst cmd/%.c,$(BUILD)/bin/%,$(wildcard cmd/*.c))
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
TOOL = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/*.c))
PRELOAD = $(patsubst tests/preload/%.c,$(BUILD)/%.so, \
	$(wildcard tests/preload/*.c))
FUZZ = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
SHARE = $(BUILD)/share/convonest
MAN = $(wildcard man/*.[1-8])
UNITS = $(wildcard man/units/*)

all: $(BIN) $(SHARE)/starter.model $(SHARE)/macros.yaml \
	$(SHARE)/providers.yaml $(SHARE)/starter.yaml

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

# Greek as it is typed in haste and in capitals, without accents.
BARE = s/ά/α/g; s/έ/ε/g; s/ή/η/g; s/\(ί\|ϊ\|ΐ\)/ι/g; s/ό/ο/g; s/\(ύ\|ϋ\|ΰ\)/υ/g; s/ώ/ω/g
$(BUILD)/lib/ai/lexicon.o: FLAGS += -I$(BUILD)/lib/ai
$(BUILD)/lib/ai/lexicon.o: $(BUILD)/lib/ai/lexicon.inc
$(BUILD)/lib/ai/lexicon.inc: lib/ai/moods.txt lib/ai/rights.txt
	@mkdir -p $(@D)
	LC_ALL=C awk '/^[A-Z]/ { n = split(substr($$0, length($$1 $$2) + 3), \
	    p, "|"); for (i = 1; i <= n; i++) print p[i] "\t" $$1 "\t" $$2 }' \
	    lib/ai/moods.txt lib/ai/rights.txt | LC_ALL=C sed 'p; $(BARE)' | \
	    LC_ALL=C sort -u | \
	    awk -F '\t' '{ print "LEX(\"" $$1 "\", " $$2 ", " $$3 ")" }' >$@.tmp
	mv $@.tmp $@

$(BUILD)/lib/desk/reply/usual.o: FLAGS += -I$(BUILD)/lib/desk/reply
$(BUILD)/lib/desk/reply/usual.o: $(BUILD)/lib/desk/reply/usual.inc
$(BUILD)/lib/desk/reply/usual.inc: lib/desk/reply/usual.txt \
	lib/ai/langwords.txt
	@mkdir -p $(@D)
	sed '/^#/d; /^$$/d; s/^[a-z]*: //; s/.*/"&",/' \
	    lib/desk/reply/usual.txt lib/ai/langwords.txt >$@.tmp
	mv $@.tmp $@

$(BUILD)/libcn.a: $(LIB)
	@rm -f $@
	ar rcs $@ $(LIB)

$(BUILD)/bin/%: cmd/%.c $(BUILD)/libcn.a
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -MF $(BUILD)/$*.d -o $@ $< $(LINK)

$(SHARE)/starter.model: lib/ai/starter.yaml $(BUILD)/bin/cn-model
	@mkdir -p $(@D)
	CN_ENCODER= $(BUILD)/bin/cn-model train lib/ai/starter.yaml -o $@

$(SHARE)/starter.yaml: lib/ai/starter.yaml
	@mkdir -p $(@D)
	cp $< $@

$(SHARE)/macros.yaml: lib/desk/reply/macros.yaml
$(SHARE)/providers.yaml: lib/desk/account/providers.yaml
$(SHARE)/macros.yaml $(SHARE)/providers.yaml:
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libcn.a
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -o $@ $< $(LINK)

$(BUILD)/tests/%: tests/%.c $(BUILD)/libcn.a
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -o $@ $< $(LINK)

$(BUILD)/%.so: tests/preload/%.c
	$(CC) $(FLAGS) -fPIC -shared -o $@ $<

$(BUILD)/convert: lib/ai/encoder/convert.c $(BUILD)/libcn.a
	$(CC) $(FLAGS) -MMD -MP -o $@ $< $(LINK)

encoder:
	@sh tests/need.sh $(NEED) openssl $(NPM)
	@$(MAKE) -s -j2 $(BUILD)/convert
	@sh lib/ai/encoder/fetch.sh $(BUILD)/convert $(SHARE)/encoder.bin

tools: all $(UNIT) $(TOOL) $(PRELOAD)

demo:
	@sh tests/need.sh $(NEED) jq
	@$(MAKE) -s -j2 all
	@BUILD=$(BUILD) sh tests/demo.sh

check:
	@sh tests/need.sh $(NEED_TEST)
	@sh tests/oidc/install.sh
	@$(MAKE) -s -j2 tools
	@BUILD=$(BUILD) sh tests/run.sh tests/*.t

# What a build for that machine is linked with, in build/arm64/root.
arm64:
	@sh tests/need.sh $(NEED_ARM64)
	@sh tests/long/arm64.sh $(BUILD)/arm64 $(NEED_LIB)

check-long: check
	@sh tests/need.sh clang $(NEED_ARM64)
	@BUILD=$(BUILD) sh tests/run.sh tests/long/*.t

# The preloaded counter and the sanitizers do not go together.
check-asan:
	@sh tests/need.sh $(NEED_TEST)
	@sh tests/oidc/install.sh
	@$(MAKE) -s -j2 BUILD=$(BUILD)/asan tools CFLAGS="-fsanitize=address,undefined \
	    -fno-sanitize-recover=all -fno-omit-frame-pointer $(CFLAGS)"
	@BUILD=$(BUILD)/asan ASAN=1 sh tests/run.sh $(filter-out \
	    tests/style.t tests/layers.t tests/sample.t,$(wildcard tests/*.t))

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libcn.a
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -fsanitize=fuzzer -o $@ $< $(LINK)

fuzzers: $(FUZZ)

SECONDS_EACH = 60
check-fuzz:
	@sh tests/need.sh $(NEED_TEST) clang libclang-rt-14-dev
	@$(MAKE) -s -j2 BUILD=$(BUILD)/fuzz CC=clang fuzzers CFLAGS="-g \
	    -fsanitize=address,undefined,fuzzer-no-link \
	    -fno-sanitize-recover=all $(CFLAGS)"
	@for f in $(notdir $(FUZZ)); do \
	    mkdir -p $(BUILD)/fuzz/corpus-$$f; \
	    $(BUILD)/fuzz/fuzz/$$f -max_total_time=$(SECONDS_EACH) \
	        -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
	        -artifact_prefix=$(BUILD)/fuzz/ \
	        $(BUILD)/fuzz/corpus-$$f || exit 1; \
	done

bench:
	@sh tests/need.sh $(NEED_TEST) notmuch fasttext isync
	@$(MAKE) -s -j2 all
	@BUILD=$(BUILD) sh tests/bench/run.sh
	@BUILD=$(BUILD) sh tests/bench/fetch.sh
	@BUILD=$(BUILD) sh tests/bench/millions.sh
	@BUILD=$(BUILD) sh tests/bench/language.sh
	@BUILD=$(BUILD) sh tests/bench/spam.sh
	@BUILD=$(BUILD) sh tests/bench/workflow.sh
	@BUILD=$(BUILD) sh tests/bench/past.sh
	@BUILD=$(BUILD) sh tests/bench/drafts.sh

# POSIX makes NULL a pointer, so that it may end a variadic call.
lint:
	@sh tests/need.sh $(NEED_TEST) cppcheck
	cppcheck -q --std=c11 --enable=warning,portability --inline-suppr \
	    --suppress=varFuncNullUB --error-exitcode=1 -Ilib lib cmd
	mandoc -Tlint -Wwarning $(MAN)

completions: all
	@sh completions/generate.sh $(BUILD)/bin completions

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/convonest
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(SHARE)/* $(DESTDIR)$(PREFIX)/share/convonest
	for m in $(MAN); do install -D -m 644 $$m \
	    $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done
	for u in $(UNITS); do install -D -m 644 $$u \
	    $(DESTDIR)$(PREFIX)/lib/systemd/system/$${u##*/}; done
	install -D -m 644 completions/cn.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/cn
	install -D -m 644 completions/_cn \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_cn
	install -D -m 644 completions/cn.fish \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/cn.fish

clean:
	rm -rf $(BUILD)

.PHONY: all encoder tools demo check arm64 check-long check-asan check-fuzz fuzzers bench \
	lint completions install clean
.SECONDARY:
-include $(LIB:.o=.d) $(wildcard $(BUILD)/*.d $(BUILD)/unit/*.d \
	$(BUILD)/tests/*.d)
