# What people try first. The rest is in CONTRIBUTING.md.
export CGO_ENABLED := 0
.PHONY: build test lint install demo release

build: # ./okazaki
	go build -o . ./cmd/okazaki

test: # the tests; those that need more than Go say what they need
	go test ./...

lint: # what a change must pass before its tests
	test -z "$$(gofmt -l $$(git ls-files '*.go') | tee /dev/stderr)"
	go vet ./...
	GOOS=windows go vet ./...
	mkdir -p .bin
	go build -C tools -o ../.bin/ honnef.co/go/tools/cmd/staticcheck
	.bin/staticcheck ./...

install: # okazaki in the folder of Go's programs
	go install ./cmd/okazaki

demo: # what okazaki does, on genomes that it brings along
	go run ./cmd/okazaki demo

release: # everything of a release, in dist/; the commit needs a tag, or VERSION=v1.2.3
	go run -C tools ./release $(if $(VERSION),-version $(VERSION))
