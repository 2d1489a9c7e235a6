# The first build compiles the Kubernetes scheduler and takes minutes; Go's
# build cache makes the next ones quick.
GO ?= go
# Without kustomize's plug-ins, which are never loaded: with them the linker keeps all
# code that a plug-in could call, a third of the command.
TAG = kustomize_disable_go_plugin_support
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 20s
SOAK ?= 5000
FAULTS ?= 200
COUNT ?= 5

# The engine checks its own state in its own tests and wherever the oracle plays; with this flag in all.
INVARIANTS = -ldflags '-X github.com/kube-rehearse/rehearse/sim.invariants=on'

.PHONY: help build test check-long race lint bench bench-check bench-check-test soak broken golden fuzz licenses fit-llm

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

build: ## the command, in ./bin
	$(GO) build -tags $(TAG) -ldflags '-s -w' -o bin/rehearse ./cmd/rehearse

# vet goes through all dependencies, once for each set of flags and tags: go test doesn't
# do it once more.
test: ## everything that has to hold
	$(GO) vet -tags $(TAG) ./...
	$(GO) test -vet off -timeout 20m -tags $(TAG) ./...
	$(GO) test -vet off -timeout 20m -tags kubeletoracle,$(TAG) ./sim/kubelet/oracle

check-long: ## what takes an hour: all packages with invariants, FAULTS random faults, the race detector, SOAK random clusters, the rules broken on purpose, every fuzz target
	$(GO) test $(INVARIANTS) -tags $(TAG) -timeout 0 ./...
	$(GO) test ./cmd/rehearse -run TestRandomFaults -timeout 0 -args -faults $(FAULTS) -faults-seed $$(date +%s)
	$(MAKE) race soak broken fuzz

race: ## the same under the race detector
	$(GO) test -race -timeout 0 ./...

lint: ## vet, formatting and staticcheck
	$(GO) vet -tags $(TAG) ./...
	$(GO) vet -tags kubeletoracle,$(TAG) ./sim/kubelet/oracle
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	$(GO) run $(STATICCHECK) ./...

bench: ## benchmarks of the parts, and COUNT times each row of docs/performance.md
	$(GO) test -run '^$$' -bench . -benchmem $$($(GO) list ./... | grep -v /cmd/)
	$(GO) test ./cmd/rehearse -run '^$$' -bench . -benchtime 1x -count $(COUNT) -timeout 0

bench-check: ## the benchmarks of the parts beside those of commit BASE, as ratios; fails when one is a loss
	cd testdata/benchcheck && $(GO) run . -base $(BASE)

bench-check-test: ## bench-check has to see optimisations that are taken back, and nothing in an unchanged commit
	cd testdata/benchcheck && $(GO) test -count 1 -timeout 0 ./...

soak: ## SOAK random scenarios beside Kubernetes' own controllers; what differs is shrunk and kept
	$(GO) test ./sim/control/oracle -run 'TestRandomClusters|TestRareBranches' -timeout 0 -args -cases $(SOAK) -seed $$(date +%s) -keep
	$(GO) test -tags kubeletoracle ./sim/kubelet/oracle -timeout 0 -args -pods $(SOAK) -first $$(date +%s)

broken: ## break each rule of the kubelet's model in turn: its tests have to fail
	BROKEN=all $(GO) test ./sim/kubelet -run TestBrokenRulesAreSeen -count 1 -timeout 0 -v
	BROKEN=oracle $(GO) test ./sim/kubelet -run TestBrokenRulesAreSeen -count 1 -timeout 0 -v

golden: ## rewrite the recorded outputs; say in the commit why they change
	$(GO) test ./report ./report/truth/life ./scenarios/manifest ./cmd/rehearse -update
	$(GO) test ./report/result -update-schema

licenses: ## the modules in the command and their licences
	@$(GO) list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/rehearse | sort -u | \
	while read module version folder; do \
		file=$$(ls $$folder/LICENSE* $$folder/COPYING* 2>/dev/null | head -n 1); \
		case "$$(tr -s ' \n' '  ' < "$${file:-/dev/null}")" in \
			*"Apache License"*) name=Apache-2.0 ;; \
			*"Mozilla Public License"*) name=MPL-2.0 ;; \
			*"Permission is hereby granted, free of charge"*) name=MIT ;; \
			*"Permission to use, copy, modify, and"*) name=ISC ;; \
			*"Neither the name"*|*"contributors may be used to endorse"*) name=BSD-3-Clause ;; \
			*"Redistribution and use"*) name=BSD-2-Clause ;; \
			*) echo "$$module $$version: no licence that is known" >&2; exit 1 ;; \
		esac; \
		echo "$$module $$version $$name"; \
	done

fit-llm: ## fit the times of model servers to the measurements again, and leave each model and GPU out
	$(GO) test ./sim/llm/calibrate -run 'Fit|LeftOut' -refit -v -timeout 0

fuzz: ## every fuzz target for FUZZTIME
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$package || exit 1; \
		done; \
	done
