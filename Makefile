# What a person or CI types. Everything else is behind these.

GO       ?= go
SANDBOX  := cd hack/sandbox && $(GO) run ./cmd/sandbox
CONFIG   := $(CURDIR)/.sandbox/kubeconfig
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# The modules beside the main one.
MODULES  := hack/sandbox $(dir $(wildcard examples/*/*/go.mod))

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/devloop
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/devloop ./cmd/devloop

.PHONY: demo
demo: build ## see the loop work: on your local cluster, else on the sandbox
	$(GO) run ./hack/demo

.PHONY: test
test: ## everything, on a real cluster and a real docker (TEST_CLUSTER=current for your own)
	hack/test.sh

.PHONY: test-unit
test-unit: ## what needs neither cluster nor docker
	$(GO) test -race ./...
	@for m in $(MODULES); do echo "== $$m"; (cd $$m && $(GO) test -race ./...) || exit 1; done

.PHONY: lint
lint: ## gofmt, vet, staticcheck, shell syntax, in every module
	hack/lint.sh . $(MODULES)

.PHONY: cross
cross: ## compile cmd/devloop for all platforms
	@for p in $(PLATFORMS); do echo "== $$p"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -trimpath -o /dev/null ./cmd/devloop || exit 1; done

.PHONY: sandbox
sandbox: ## a real Kubernetes on this machine (root on Linux)
	@$(SANDBOX) up --kubeconfig $(CONFIG)

.PHONY: sandbox-down
sandbox-down: ## remove all of it
	@$(SANDBOX) down --kubeconfig $(CONFIG)

.PHONY: sandbox-status
sandbox-status: ## say what runs
	@$(SANDBOX) status --kubeconfig $(CONFIG)

.PHONY: test-full
test-full: sandbox ## the whole corpus against plain helm; takes long
	KUBECONFIG=$(CONFIG) FIDELITY=full $(GO) test -race -timeout 60m -tags sandbox ./test/fidelity

.PHONY: bench
bench: build sandbox ## measure devloop, helm and the floor on the sandbox; writes docs/benchmarks.md
	KUBECONFIG=$(CONFIG) $(GO) run ./test/bench -devloop bin/devloop -out .sandbox/bench.json -docs docs/benchmarks.md $(BENCH)

.PHONY: bench-quick
bench-quick: build sandbox ## the same with fewer runs, for a first look; writes nothing
	KUBECONFIG=$(CONFIG) $(GO) run ./test/bench -devloop bin/devloop -quick -docs '' $(BENCH)

.PHONY: experiment
experiment: build sandbox ## time devloop, scripts and helm on examples/sms-checker, unattended; takes two or three hours
	KUBECONFIG=$(CONFIG) hack/experiment.sh $(EXPERIMENT)

.PHONY: picture
picture: build ## record the terminal picture of the README again
	hack/picture.sh

.PHONY: clean
clean: ## remove what was built here
	rm -rf bin
