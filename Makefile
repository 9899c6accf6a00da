# The targets are the sections of .ci/run where there is one, so that what
# passes here passes there.

SCENARIO ?= paxos
N        ?= 1000
FUZZTIME ?= 30s
COUNT    ?= 6
GO       ?= go

.DEFAULT_GOAL := help
.PHONY: help check test race short lint bench bench-smoke determinism seeds soak mutants stories fuzz cover ci clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  variables: SCENARIO=$(SCENARIO) N=$(N) FUZZTIME=$(FUZZTIME) COUNT=$(COUNT)"

check: ## Formatting, go vet, the house rules: run before every commit
	.ci/run format vet lint

test: ## All tests, those of the nested modules too
	.ci/run test

race: ## All tests under the race detector (slow; live and explore are what it is for)
	$(GO) test -race ./...

short: ## The tests that take no more than seconds
	$(GO) test -short ./...

lint: ## The house rules alone
	$(GO) test ./internal/lint -count=1

bench: ## Benchmarks, COUNT times, into artifacts/bench.txt
	@mkdir -p artifacts
	@if [ -f artifacts/bench.txt ]; then mv artifacts/bench.txt artifacts/bench.old.txt; fi
	$(GO) test -run '^$$' -bench . -benchmem -count $(COUNT) ./... | tee artifacts/bench.txt
	@echo "compare with the time before:"
	@echo "  $(GO) run golang.org/x/perf/cmd/benchstat@latest artifacts/bench.old.txt artifacts/bench.txt"

bench-smoke: ## Each benchmark once, to see that it runs
	.ci/run bench

determinism: ## One seed has one hash: on one core, on two, and on arm64 under qemu
	SCENARIO=$(SCENARIO) .ci/run determinism arm64

seeds: ## Run N universes of SCENARIO
	$(GO) run ./cmd/orrery run $(SCENARIO) --seeds 1-$(N)

soak: ## Run fresh universes of SCENARIO, N at a time, until one fails or Ctrl-C
	@$(GO) build -o bin/orrery ./cmd/orrery
	@first=$$(date +%s); while echo "seeds $$first-$$((first + $(N) - 1))"; do \
		bin/orrery run $(SCENARIO) --seeds $$first-$$((first + $(N) - 1)) --stop-at-first || exit; \
		first=$$((first + $(N))); \
	done

mutants: ## Each defect (of SCENARIO, if it is given) must be found within the seeds it publishes
	$(if $(filter file,$(origin SCENARIO)),,SCENARIO=$(SCENARIO)) .ci/run mutants

stories: ## Rewrite the golden stories of testdata; commit only changes whose cause you understand
	$(GO) test $$(grep -rl --include='*_test.go' cockroachdb/datadriven . | xargs -n 1 dirname | sort -u) -rewrite
	@git diff --stat -- '*/testdata/*'

fuzz: ## Each native fuzz target for FUZZTIME
	@set -e; grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sed 's/:func /:/' | sort | \
	while IFS=: read -r file target; do \
		echo "$$target in $$(dirname $$file)"; \
		(cd $$(dirname $$file) && $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) .); \
	done

cover: ## Coverage of the statements by all tests, into artifacts/cover.html
	@mkdir -p artifacts
	$(GO) test -short -coverpkg=./... -coverprofile=artifacts/cover.txt ./...
	$(GO) tool cover -html=artifacts/cover.txt -o artifacts/cover.html
	@$(GO) tool cover -func=artifacts/cover.txt | tail -n 1

ci: ## Everything that CI runs
	.ci/run

clean: ## Remove what the other targets made
	rm -rf bin artifacts
	find . \( -name '*.test' -o -name '*.prof' \) -not -path './.git/*' -type f -delete
