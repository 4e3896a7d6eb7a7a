package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const text = `goos: linux
pkg: okazaki/bench
cpu: A CPU
BenchmarkScatterDir/workers=1-2         	       1	979966068 ns/op	         3.080 calls/span	      5102 spans/s
BenchmarkThatFails-2 --- FAIL
BenchmarkIdle
    idle_test.go:10: BenchmarkIdle 1 2 said
BenchmarkIdle-2  	      10	         0.05000 %core
PASS
ok  	okazaki/bench	3.201s
`

func TestConvert(t *testing.T) {
	at := Line{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Commit: "abc"}
	var out, screen bytes.Buffer
	if err := convert(strings.NewReader(text), &out, &screen, at, nil); err != nil {
		t.Fatal(err)
	}
	want := `{"time":"2026-01-02T03:04:05Z","commit":"abc","package":"okazaki/bench","cpu":"A CPU","name":"BenchmarkScatterDir/workers=1-2","n":1,"metrics":{"calls/span":3.08,"ns/op":979966068,"spans/s":5102}}
{"time":"2026-01-02T03:04:05Z","commit":"abc","package":"okazaki/bench","cpu":"A CPU","name":"BenchmarkIdle-2","n":10,"metrics":{"%core":0.05}}
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	if screen.String() != text {
		t.Errorf("on the screen:\n%s", screen.String())
	}

	history := filepath.Join(t.TempDir(), "history.ndjson")
	if err := os.WriteFile(history, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	earlier, err := load(history)
	if err != nil {
		t.Fatal(err)
	}
	screen.Reset()
	if err := convert(strings.NewReader(strings.Replace(text, "5102", "10204", 1)), &out, &screen, at, earlier); err != nil {
		t.Fatal(err)
	}
	if line := "\tspans/s: 2 times 5102, of abc\n"; !strings.Contains(screen.String(), line) {
		t.Errorf("it compares:\n%s", screen.String())
	}
}

func TestLoadRefusesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("{\"name\":\"a\"}\nnot JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}
