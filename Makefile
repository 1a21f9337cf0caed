# Clairscore. `make` lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BUILD    ?= build
CC       ?= gcc
OPTIMISE ?= -O3
SANITIZE ?=
WARN     := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror
CFLAGS   += -std=gnu17 $(OPTIMISE) -g -I. $(WARN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
LDFLAGS  += $(if $(SANITIZE),-fsanitize=$(SANITIZE))

SHARED_LIBS   := -lulfius -lyder -lorcania -lmicrohttpd -ljansson -lsodium -lxgboost -lm -lpthread
BACKEND_LIBS  := -lsqlite3
FRONTEND_LIBS := -lcurl
NOTEBOOK_LIBS := -lgsl -lgslcblas

sources = $(wildcard $(1)/*.c $(1)/*/*.c)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

SHARED_SRC   := $(call sources,shared)
BACKEND_MAIN := backend/backend.c backend/import.c
BACKEND_SRC  := $(filter-out $(BACKEND_MAIN),$(call sources,backend))
FRONTEND_MAIN := frontend/frontend.c
FRONTEND_SRC := $(filter-out $(FRONTEND_MAIN),$(call sources,frontend))
NOTEBOOK_MAIN := $(wildcard notebooks-port/0*.c)
NOTEBOOK_SRC := $(filter-out $(NOTEBOOK_MAIN),$(call sources,notebooks-port))
NOTEBOOKS    := $(patsubst notebooks-port/%.c,$(BUILD)/%,$(NOTEBOOK_MAIN))
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

LIBSHARED    := $(BUILD)/libshared.a
LIBBACKEND   := $(BUILD)/libbackend.a
LIBFRONTEND  := $(BUILD)/libfrontend.a
LIBNOTEBOOKS := $(BUILD)/libnotebooks.a
PROGRAMS     := $(BUILD)/backend $(BUILD)/import $(BUILD)/frontend $(NOTEBOOKS)

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: $(PROGRAMS) ## compile the servers and the notebooks into build/

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

define library
$(1): $(call objects,$(2))
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(eval $(call library,$(LIBSHARED),$(SHARED_SRC)))
$(eval $(call library,$(LIBBACKEND),$(BACKEND_SRC)))
$(eval $(call library,$(LIBFRONTEND),$(FRONTEND_SRC)))
$(eval $(call library,$(LIBNOTEBOOKS),$(NOTEBOOK_SRC)))

$(BUILD)/backend $(BUILD)/import: $(BUILD)/%: $(BUILD)/obj/backend/%.o $(LIBBACKEND) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(BACKEND_LIBS) $(SHARED_LIBS)

$(BUILD)/frontend: $(BUILD)/obj/frontend/frontend.o $(LIBFRONTEND) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(FRONTEND_LIBS) $(SHARED_LIBS)

$(NOTEBOOKS): $(BUILD)/%: $(BUILD)/obj/notebooks-port/%.o $(LIBNOTEBOOKS) $(LIBSHARED)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(NOTEBOOK_LIBS) $(SHARED_LIBS)

# One program a test file, with the libraries of all houses: the linker takes what the test uses.
$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(LIBBACKEND) $(LIBFRONTEND) $(LIBNOTEBOOKS) $(LIBSHARED)
	@mkdir -p $(@D)
	@echo "  LINK $@"
	@$(CC) $(LDFLAGS) $^ -o $@ -lcmocka $(BACKEND_LIBS) $(FRONTEND_LIBS) $(NOTEBOOK_LIBS) $(SHARED_LIBS)

.PHONY: unit
unit: $(UNIT_TESTS) ## unit tests alone
	@for test in $(UNIT_TESTS); do echo "== $$test"; $$test || exit 1; done

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
