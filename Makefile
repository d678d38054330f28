# Two promises: `make run` and `make test` work on a fresh machine with Go and
# nothing else. What they need beyond Go they fetch themselves, at pinned
# versions (scripts/need).

SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := $(CURDIR)/bin
export PATH := $(BIN):$(PATH)
SCENARIO ?= mistuned
# Packages with goroutines of ours that share state: tested under the race detector.
RACE := ./workflows/... ./activities/... ./internal/loadgen/... ./internal/router/... ./internal/provision/... ./internal/llmsim/... ./server/...
# The Go client: the contract through oapi-codegen, with the templates beside it.
GENERATE_CLIENT = mkdir -p out && go run ./server --print-openapi > out/openapi.json && cd server/api/client && $(BIN)/oapi-codegen -config oapi-codegen.yaml -o $(or $(1),generated.go) $(CURDIR)/out/openapi.json

.PHONY: help run build test test-kubernetes test-short test-race test-e2e bench record bench-api bench-scale bench-run bench-detection bench-gateway bench-loadgen eval-advisor lint docs openapi client clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s "$$(printf '\t')"

run: build ## start the whole stack here, optimize the fleet, keep serving until Ctrl-C
	$(BIN)/local -scenario $(SCENARIO)

build: ## build every binary into bin/
	scripts/need temporal
	go build -o $(BIN)/server ./server
	go build -o $(BIN)/worker ./worker
	go build -o $(BIN)/llmsim ./deploy/llmsim
	go build -o $(BIN)/local ./deploy/local

test: ## everything: unit, race, replay, adapters on real components, end to end
	scripts/need temporal postgresql prometheus alertmanager haproxy chromium
	CHROMIUM_REQUIRED=1 PGTEST_REQUIRED=1 PROMETHEUS_REQUIRED=1 ALERTMANAGER_REQUIRED=1 HAPROXY_REQUIRED=1 E2E_REQUIRED=1 go test -timeout 30m ./...
	go test -race -timeout 20m $(RACE)

test-kubernetes: ## on a real control plane: KUBEBUILDER_ASSETS is a folder with kube-apiserver, etcd and kube-controller-manager
	@test -n "$$KUBEBUILDER_ASSETS" || { echo "set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kube-controller-manager"; exit 1; }
	scripts/need temporal
	E2E_REQUIRED=1 go test -count=1 -p 1 -timeout 20m -run 'Real|GuardRail|TestKubernetes' ./internal/router/gatewayapi/ ./internal/provision/kubernetes/ ./internal/e2e/

test-short: ## the quick loop: no dev server, no Postgres, no race detector
	go test -short ./...

record: ## record the replay histories afresh on a dev server (from released code only)
	scripts/need temporal
	RECORD_HISTORIES=1 go test -count=1 -p 1 ./internal/e2e/

bench: build ## measure ourselves: tables here, JSON in out/bench; one part by `make bench-<part>`, published sizes by FULL=1
	scripts/need temporal vegeta haproxy
	go run ./deploy/bench $(if $(FULL),-full)

bench-%:
	go run ./deploy/bench $(if $(FULL),-full) $*

bench-scale: build ## one worker that watches 1,000 simulated fleets, on Postgres and a dev server (ten minutes)
	scripts/need postgresql
	go run ./deploy/bench scale

bench-run: build ## the whole stack through one optimization: gain, time, requests lost (5 minutes)
	go run ./deploy/bench run

bench-detection: ## 30 rollouts whose canary breaks: seconds until noticed and until restored (about 5 minutes with FULL=1)
	scripts/need temporal
	go run ./deploy/bench $(if $(FULL),-full) $(if $(RUNS),-runs $(RUNS)) detection

bench-api: ## the API under 1,000 reads/s and 50 starts/s, on Postgres and a Temporal dev server (a minute)
	scripts/need temporal vegeta
	go build -o $(BIN)/server ./server
	go run ./deploy/bench api

bench-gateway: ## our gateway beside HAProxy before one upstream (two minutes; -full by FULL=1)
	scripts/need haproxy vegeta
	go run ./deploy/bench $(if $(FULL),-full) gateway

bench-loadgen: ## the load generator on one processor: 2,000 streams of 20 tokens/s, and vegeta beside it (a minute)
	scripts/need vegeta
	go run ./deploy/bench loadgen

.PHONY: chaos
chaos: build ## 200 seeded fault runs against the whole product, on loopback; SEED=n RUNS=n
	scripts/need temporal postgresql haproxy
	go run ./deploy/chaos $(if $(SEED),-seed $(SEED)) $(if $(RUNS),-runs $(RUNS))

eval-advisor: ## the rules on planted bottlenecks, and the language model too where GROQ_API_KEY (or ADVISOR_URL) is set
	go run ./deploy/bench advisor

lint: ## gofmt, vet, staticcheck, workflowcheck, import rules, OpenAPI, the Go client, manifests, alerts, dashboards, docs
	scripts/need staticcheck workflowcheck oapi-codegen prometheus
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "gofmt would change the files above"; exit 1; }
	go vet ./...
	$(BIN)/staticcheck ./...
	$(BIN)/workflowcheck -config workflowcheck.yaml ./workflows/...
	go test -count=1 ./internal/architecture/
	go test -count=1 -run OpenAPI ./server/api/
	PROMETHEUS_REQUIRED=1 go test -count=1 ./deploy/ ./deploy/docs/
	$(call GENERATE_CLIENT,$(CURDIR)/out/client.generated)
	@cmp -s out/client.generated server/api/client/generated.go || { echo "server/api/client/generated.go is stale: make client"; exit 1; }

docs: ## write the generated pages of docs/: settings and operations
	go run ./deploy/docs

openapi: ## print the API contract, starting nothing
	@go run ./server --print-openapi

client: ## write server/api/client/generated.go from the API contract
	scripts/need oapi-codegen
	$(GENERATE_CLIENT)

clean: ## remove what was built and run here
	rm -rf $(BIN) out .run
