# Everything a newcomer needs: make run, make test. "make help" lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help assets build run generate check lint test unit fuzz journey kill e2e bench clean

LISTEN ?= 127.0.0.1:8080
DATA ?= data
FUZZTIME ?= 10s
ASSET_SOURCES := $(shell find web/src -type f 2>/dev/null) web/build.mjs web/package-lock.json
GO_SOURCES := $(shell find cmd internal services -type f -not -name '*_test.go' -not -path '*/dist/*' -not -path '*/pdf/font/*' 2>/dev/null) go.mod go.sum
export CGO_ENABLED ?= 0

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## run: build and start the demonstration county on SQLite, with some weeks of cases in it; prints the address
run: build
	bin/tongban serve --demo --demo-cases --data $(DATA) --listen $(LISTEN)

## build: build bin/tongban with everything in it
build: bin/tongban

bin/tongban: internal/kit/web/dist/manifest.json internal/app/thirdparty/licences.txt $(GO_SOURCES)
	go build -trimpath -ldflags '-s -w' -o $@ ./cmd/tongban
	@echo "$@: $$(($$(stat -c %s $@) / 1000000)) MB"

internal/app/thirdparty/licences.txt: go.sum web/package-lock.json tools/licences/main.go | internal/kit/web/dist/manifest.json
	cd tools && go run ./licences -root .. -out ../$@

## assets: build styles, scripts and icons into internal/kit/web/dist, and fetch the fonts of the PDF files
assets: internal/kit/web/dist/manifest.json internal/kit/pdf/font/NotoSansSC_400Regular.ttf.gz

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

internal/kit/web/dist/manifest.json internal/kit/pdf/font/NotoSansSC_400Regular.ttf.gz &: web/node_modules/.package-lock.json $(ASSET_SOURCES)
	cd web && npm run --silent build

## generate: generate page components and procedure diagrams; commit the result
generate:
	go tool templ generate
	go test ./internal/statute/... -run Diagram -update

## check: what must hold before the tests: format, lint, tidy modules, generated files, service packages
check: build bin/golangci-lint bin/gofumpt
	@unformatted=$$(bin/gofumpt -l cmd internal services bench test tools); [ -z "$$unformatted" ] || { echo "gofumpt: $$unformatted"; exit 1; }
	go vet ./...
	bin/golangci-lint run
	go mod tidy -diff
	go mod verify
	@go tool templ generate -log-level error && git diff --exit-code --stat -- '*_templ.go'
	bin/tongban check services/

bin/golangci-lint bin/gofumpt &: tools/go.mod tools/go.sum
	cd tools && go build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	cd tools && go build -o ../bin/gofumpt mvdan.cc/gofumpt

## test: everything: unit tests on both databases with the race detector, fuzzing, the API journey, kill -9, browsers
test: unit fuzz journey kill e2e

# What the tests need and this machine lacks is installed once.
.PHONY: setup
setup: build
	scripts/setup

# Tens of thousands of requests, and weeks in the life of a county, one step after the
# other, by pages and operations that other tests ask for with the race detector: watching
# these too would be half of the time of all tests of the product.
SWEEPS = ^(TestHostileInput|TestDemonstrationHasLived)$$

# SQLite is C translated to Go: watching its memory too would be half of the time, and
# tell of races that are not ours. What calls it is watched.
## unit: every Go test with the race detector, on SQLite and PostgreSQL
unit: setup
	export TEST_POSTGRES="$$(scripts/test-postgres)"; \
	CGO_ENABLED=1 go test -race -gcflags=modernc.org/...=-race=false -shuffle=on -timeout 60m -skip '$(SWEEPS)' ./cmd/... ./internal/... ./services/...; \
	go test -shuffle=on -timeout 60m -run '$(SWEEPS)' ./internal/app

## fuzz: every fuzz test for FUZZTIME
fuzz: assets
	scripts/fuzz $(FUZZTIME)

# A second, slow reading of the law, and the code, on ORACLE random cases.
ORACLE ?= 1000000
.PHONY: oracle
## oracle: compare every deadline of a million random cases with a second reading of the law, and tell how long it took
oracle: assets
	ORACLE_HISTORIES=$(ORACLE) go test ./internal/casework/ -count=1 -timeout 20m -run '^TestOracle' -v

# The policy, the lists and a second reading of the law, on PERMISSIONS random triples.
PERMISSIONS ?= 10000000
.PHONY: permissions
## permissions: ask the policy, the lists and a second reading who may do what in ten million cases, on both databases
permissions: setup
	export TEST_POSTGRES="$$(scripts/test-postgres)"; PERMISSIONS=$(PERMISSIONS) go test ./internal/casework/ -count=1 -timeout 60m -run '^(TestPermissionsAreOneRule|TestTallyIsExact)$$' -v

## journey: the whole journey by the API alone, and its result judged by pdfsig, on SQLite and PostgreSQL
journey: setup
	test/journey/run

## kill: kill -9 in the middle of submissions and of deadlines, and a full disk; nothing acknowledged may be lost, nothing may come twice
kill: setup
	export TEST_POSTGRES="$$(scripts/test-postgres)"; go test -count=1 -timeout 20m ./test/kill/...

## e2e: the journeys of people in a real browser, both languages, phone and desk, with an accessibility check of each page
e2e: setup
	node test/e2e/run.mjs

## bench: the benchmarks, as ratios in one run
bench: build
	bench/footprint
	bench/run

## clean: remove what was built; the data folder stays
clean:
	rm -rf bin web/node_modules internal/app/thirdparty/licences.txt
	find internal/kit/web/dist internal/kit/pdf/font -type f -not -name .gitkeep -delete
