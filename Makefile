# Clairscore. `make` lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BUILD    ?= build
CC       ?= gcc
OPTIMISE ?= -O3
SANITIZE ?=
WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
CFLAGS   += -std=gnu17 -D_GNU_SOURCE $(OPTIMISE) -g -I. $(WARN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS  += -Wl,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE))

SHARED_LIBS   := -lulfius -lyder -lorcania -lmicrohttpd -ljansson -lsodium -lunistring -lxgboost -lgsl -lgslcblas -lm -lz -lpthread
BACKEND_LIBS  := -lsqlite3 -lpq -lrhonabwy -lcurl
FRONTEND_LIBS := -lcurl -liddawc -lrhonabwy -lcmark-gfm-extensions -lcmark-gfm
NOTEBOOK_LIBS := -llinear -llbfgs -lfann -lgomp

sources = $(wildcard $(1)/*.c $(1)/*/*.c)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

SHARED_SRC   := $(call sources,shared)
BACKEND_MAIN := backend/backend.c backend/import.c backend/audit.c backend/keys.c
BACKEND_SRC  := $(filter-out $(BACKEND_MAIN),$(call sources,backend))
FRONTEND_MAIN := frontend/frontend.c frontend/accounts_main.c
FRONTEND_SRC := $(filter-out $(FRONTEND_MAIN),$(call sources,frontend))
NOTEBOOK_MAIN := $(wildcard notebooks-port/0*.c)
NOTEBOOK_SRC := $(filter-out $(NOTEBOOK_MAIN),$(call sources,notebooks-port))
NOTEBOOKS    := $(patsubst notebooks-port/%.c,$(BUILD)/%,$(NOTEBOOK_MAIN))
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

LIBSHARED    := $(BUILD)/libshared.a
LIBBACKEND   := $(BUILD)/libbackend.a
LIBFRONTEND  := $(BUILD)/libfrontend.a
LIBNOTEBOOKS := $(BUILD)/libnotebooks.a
ASSETS       := $(BUILD)/frontend-assets
BENCHES      := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))
PROGRAMS     := $(BUILD)/backend $(BUILD)/import $(BUILD)/audit $(BUILD)/keys $(BUILD)/frontend $(BUILD)/accounts $(NOTEBOOKS)

.SECONDARY: # objects of test programs stay

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: $(PROGRAMS) $(ASSETS)/.complete ## compile the servers and the notebooks into build/

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# The methods of the notebooks work on all cores; the servers have a pool of their own.
$(BUILD)/obj/notebooks-port/%.o: CFLAGS += -fopenmp

# The same sums to the last bit whatever the processor: no multiplication melts into an addition.
$(BUILD)/obj/shared/model/tree_shap_%.o: CFLAGS += -ffp-contract=off -Wno-psabi

# Its vectors are handed over within one file alone.
$(BUILD)/obj/backend/population/nearest_%.o: CFLAGS += -Wno-psabi

# Embedded (shared/base/embed.h), which the dependency files do not see.
CHART_JS := node_modules/chart.js/dist/chart.js
$(CHART_JS):
	@scripts/install.sh build
$(BUILD)/obj/backend/resources/operations.o: backend/openapi.json
SWAGGER := node_modules/swagger-ui-dist
SWAGGER_FILES := $(SWAGGER)/swagger-ui.css $(SWAGGER)/swagger-ui-bundle.js
$(SWAGGER_FILES): | $(CHART_JS)
	@test -f $@ || scripts/install.sh build
$(BUILD)/docs/%.gz: $(SWAGGER)/%
	@mkdir -p $(@D) && gzip -9nc $< > $@
$(BUILD)/obj/backend/resources/docs.o: $(wildcard backend/docs/*) $(patsubst $(SWAGGER)/%,$(BUILD)/docs/%.gz,$(SWAGGER_FILES))
$(BUILD)/obj/backend/resources/docs.o: CFLAGS += -Wa,-I$(BUILD)/docs
$(BUILD)/obj/backend/store/migrations.o: $(wildcard backend/store/migrations/*.sql)

# Of Chart.js only what is drawn with; pages and reports get the same.
ESBUILD := node_modules/.bin/esbuild --log-level=warning --target=es2022 --minify
CHART_BUNDLE := $(BUILD)/view/chart.js
$(CHART_BUNDLE): shared/view/chart_bundle.js package-lock.json | $(CHART_JS)
	@test -x node_modules/.bin/esbuild || scripts/install.sh build
	@$(ESBUILD) $< --bundle --format=iife --legal-comments=eof --outfile=$@
$(BUILD)/obj/notebooks-port/report/report.o: CFLAGS += -Wa,-I$(BUILD)
$(BUILD)/obj/notebooks-port/report/report.o: $(CHART_BUNDLE) $(wildcard shared/view/*.html shared/view/*.css shared/view/*.js) \
    $(wildcard notebooks-port/report/*.html notebooks-port/report/*.css notebooks-port/report/*.json)
$(patsubst %.c,$(BUILD)/obj/%.o,$(NOTEBOOK_MAIN)): $(wildcard notebooks-port/*/fr.json notebooks-port/*/en.json) notebooks-port/search_space.json

define library
$(1): $(call objects,$(2))
	@mkdir -p $$(@D) && rm -f $$@
	@ar rcs $$@ $$^
endef
$(eval $(call library,$(LIBSHARED),$(SHARED_SRC)))
$(eval $(call library,$(LIBBACKEND),$(BACKEND_SRC)))
$(eval $(call library,$(LIBFRONTEND),$(FRONTEND_SRC)))
$(eval $(call library,$(LIBNOTEBOOKS),$(NOTEBOOK_SRC)))

$(BUILD)/backend $(BUILD)/import $(BUILD)/audit $(BUILD)/keys: $(BUILD)/%: $(BUILD)/obj/backend/%.o $(LIBBACKEND) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(BACKEND_LIBS) $(SHARED_LIBS)

$(BUILD)/frontend: $(BUILD)/obj/frontend/frontend.o $(LIBFRONTEND) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(FRONTEND_LIBS) $(SHARED_LIBS)

$(BUILD)/accounts: $(BUILD)/obj/frontend/accounts_main.o $(LIBFRONTEND) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(FRONTEND_LIBS) $(SHARED_LIBS)

$(NOTEBOOKS): $(BUILD)/%: $(BUILD)/obj/notebooks-port/%.o $(LIBNOTEBOOKS) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(NOTEBOOK_LIBS) $(SHARED_LIBS)

# One program a test file, with the libraries of all houses: the linker takes what the test uses.
$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(LIBBACKEND) $(LIBFRONTEND) $(LIBNOTEBOOKS) $(LIBSHARED)
	@mkdir -p $(@D)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ -lcmocka $(BACKEND_LIBS) $(FRONTEND_LIBS) $(NOTEBOOK_LIBS) $(SHARED_LIBS)

# What `make bench` measures of ours.
$(BENCHES): $(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LIBBACKEND) $(LIBNOTEBOOKS) $(LIBSHARED)
	@mkdir -p $(@D)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(BACKEND_LIBS) $(NOTEBOOK_LIBS) $(SHARED_LIBS)

$(BUILD)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(SHARED_SRC)
	@mkdir -p $(@D)
	@echo "  FUZZ $@"
	@clang -std=gnu17 -D_GNU_SOURCE -O1 -g -I. -fsanitize=fuzzer,address,undefined $^ -o $@ -lcurl $(FUZZ_LIBS) $(SHARED_LIBS)
$(BUILD)/tests/fuzz_token: FUZZ_LIBS := -lrhonabwy
$(BUILD)/tests/fuzz_token: backend/access/token.c backend/access/identity.c

# ---- The demo: a generated portfolio, the same bytes on every machine -------------------------------------

DEMO_CLIENTS ?= 10000
data/demo/application_train.csv: models/portfolio.json | $(BUILD)/00_portfolio
	@. scripts/step.sh; step "Generating a demo portfolio of $(DEMO_CLIENTS) clients" \
	    $(BUILD)/00_portfolio generate --clients $(DEMO_CLIENTS) --seed 1 --out data/demo
	@touch $@

.PHONY: run
run: ## install what is missing, build, prepare the portfolio, start both servers (DATA=DIR for real files)
	@scripts/install.sh build
	@$(MAKE) -s --no-print-directory -j$$(nproc) build
	@$(if $(DATA),,$(MAKE) -s --no-print-directory data/demo/application_train.csv)
	@DATA='$(DATA)' BUILD='$(BUILD)' scripts/run.sh

.PHONY: stop
stop: ## stop both servers
	@scripts/stop.sh

# ---- Tests and checks ------------------------------------------------------------------------------------

.PHONY: test
test: ## install what the tests need and run them all
	@scripts/install.sh build test
	@BUILD='$(BUILD)' scripts/test.sh

.PHONY: unit
unit: $(UNIT_TESTS) ## unit tests alone
	@for test in $(UNIT_TESTS); do echo "== $$test"; $$test || exit 1; done

.PHONY: api
api: build ## API tests alone: a real server, every answer held against openapi.json
	@node --test $(sort $(wildcard tests/api/*.test.js))

.PHONY: postgres
STORE_TESTS := $(addprefix $(BUILD)/tests/test_,database database_server decisions store access)
postgres: build $(STORE_TESTS) ## store and API tests on a PostgreSQL of their own
	@for test in $(STORE_TESTS); do scripts/postgres.sh $$test || exit 1; done
	@scripts/postgres.sh node --test $(sort $(wildcard tests/api/*.test.js))

.PHONY: browser
browser: build ## browser tests alone: what a manager does, in headless Chromium
	@node --test --test-concurrency=2 $(sort $(wildcard tests/browser/*.test.js)) # they wait more than they work

.PHONY: sanitize
sanitize: ## unit tests under ASan and UBSan
	@scripts/install.sh build test
	@export LSAN_OPTIONS=suppressions=tests/leaks.supp:print_suppressions=0; \
	    $(MAKE) -s --no-print-directory -j$$(nproc) BUILD=$(BUILD)/asan SANITIZE=address,undefined OPTIMISE=-O1 unit

.PHONY: threads
# Not the notebooks': libgomp is not built for TSan, which sees races in every parallel loop.
threads: ## API tests of servers built with TSan
	@scripts/install.sh build test
	@$(MAKE) -s --no-print-directory -j$$(nproc) BUILD=$(BUILD)/tsan SANITIZE=thread OPTIMISE=-O1 build
	@TSAN_OPTIONS=suppressions=$(CURDIR)/tests/tsan.supp BUILD=$(BUILD)/tsan \
	    node --test $(filter-out %_notebook.test.js,$(sort $(wildcard tests/api/*.test.js)))

C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)

.PHONY: format
format: ## lay out the C code as .clang-format says
	@clang-format -i $(C_FILES)

.PHONY: format-check
format-check:
	@clang-format --dry-run -Werror $(C_FILES)

.PHONY: cppcheck
cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppressions-list=tests/cppcheck.supp --error-exitcode=1 -I. -j$$(nproc) \
	    --include=tests/cppcheck_macros.h \
	    shared backend frontend notebooks-port

.PHONY: lint
lint: ## clang-format, clang-tidy and cppcheck
	@scripts/install.sh build lint
	@$(MAKE) -s --no-print-directory format-check cppcheck
	@git ls-files '*.c' | xargs -P $$(nproc) -n 4 scripts/tidy.sh

.PHONY: fuzz
FUZZ_SECONDS ?= 60
fuzz: ## fuzz every reader of outside bytes, FUZZ_SECONDS each (default 60)
	@scripts/install.sh build lint
	@set -e; for source in tests/fuzz/fuzz_*.c; do \
	    program=$(BUILD)/tests/$$(basename $$source .c); \
	    $(MAKE) -s --no-print-directory $$program; $$program -max_total_time=$(FUZZ_SECONDS); done

.PHONY: bench
bench: ## measure against pandas, scikit-learn, XGBoost and Flask (ONLY="NAME…", BENCH_LARGE=1 for the large ones too)
	@scripts/install.sh build bench
	@$(MAKE) -s --no-print-directory -j$$(nproc) build $(BENCHES)
	@BUILD='$(BUILD)' node tests/bench/bench.js $(ONLY)

.PHONY: bench-service
bench-service: ## the backend with 300,000 clients on both stores: every call under load (CLIENTS=N, CALL_SECONDS=N)
	@scripts/install.sh build test bench
	@$(MAKE) -s --no-print-directory -j$$(nproc) build
	@BUILD='$(BUILD)' scripts/postgres.sh node tests/bench/service.js

.PHONY: bench-dashboard
bench-dashboard: ## every page with 300,000 clients, 200 managers at work, Lighthouse (CLIENTS=N, MANAGERS=N, MANAGERS_SECONDS=N)
	@scripts/install.sh build test bench
	@test -d tests/bench/lighthouse/node_modules || npm --prefix tests/bench/lighthouse ci --silent
	@$(MAKE) -s --no-print-directory -j$$(nproc) build
	@BUILD='$(BUILD)' node tests/bench/dashboard.js

.PHONY: container
container: ## build both images, bring them up with compose, try them
	@tests/container/run.sh

.PHONY: clean
clean: stop ## remove what was built and the demo; trained models stay
	@rm -rf $(BUILD) data

# Templates, texts, styles and scripts as the frontend serves them: one folder, with Chart.js and the font from npm;
# styles and scripts made small and compressed.
FONT := node_modules/@fontsource-variable/source-sans-3
STYLES = $(filter-out frontend/styles/base.css,$(wildcard frontend/styles/*.css))
$(ASSETS)/.complete: $(shell find frontend/templates frontend/locales frontend/static frontend/styles shared/view -type f 2>/dev/null) \
    scripts/brotli.js package-lock.json $(CHART_BUNDLE)
	@echo "  COPY $(ASSETS)"
	@test -d $(FONT) || scripts/install.sh build
	@rm -rf $(ASSETS) && mkdir -p $(ASSETS)/static/css $(ASSETS)/static/js $(ASSETS)/static/font
	@cp -r frontend/templates frontend/locales $(ASSETS)/
	@cp shared/view/*.html $(ASSETS)/templates/
	@cp -r frontend/static/img frontend/static/example $(ASSETS)/static/
	@$(ESBUILD) shared/view/charts.js $(wildcard frontend/static/js/*.js) --outdir=$(ASSETS)/static/js --entry-names=[name]
	@cp $(CHART_BUNDLE) $(ASSETS)/static/js/
	@cat shared/view/palette.css frontend/styles/base.css | $(ESBUILD) --loader=css > $(ASSETS)/static/css/app.css
	@$(ESBUILD) shared/view/charts.css $(STYLES) --outdir=$(ASSETS)/static/css --entry-names=[name]
	@cp $(FONT)/files/source-sans-3-latin-wght-normal.woff2 $(ASSETS)/static/font/source-sans-3.woff2
	@cp $(FONT)/LICENSE $(ASSETS)/static/font/source-sans-3-license.txt
	@node scripts/brotli.js $(ASSETS)/static/css $(ASSETS)/static/js
	@touch $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
