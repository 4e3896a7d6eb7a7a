// Command benchjson writes the lines of go test -bench as JSON, a line each.
//
//	go test ./bench -run xxx -bench Scatter | go run -C tools ./benchjson >> history.ndjson
//
// What it reads it repeats on the standard error. With -against FILE it also says
// there how each figure compares with the last one of its name in the file, which
// an earlier run wrote.
//
// Its one invariant: a line that is not of a benchmark makes no line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Line is one run of a benchmark.
type Line struct {
	Time    time.Time          `json:"time"`
	Commit  string             `json:"commit,omitempty"` // of the checkout, if there is one
	Package string             `json:"package,omitempty"`
	CPU     string             `json:"cpu,omitempty"`
	Name    string             `json:"name"` // with the number of processors, as go test writes it
	N       int64              `json:"n"`
	Metrics map[string]float64 `json:"metrics"` // by unit
}

func main() {
	against := flag.String("against", "", "a `file` that an earlier run wrote, to compare with")
	flag.Parse()
	earlier, err := load(*against)
	if err == nil {
		err = convert(os.Stdin, os.Stdout, os.Stderr, Line{Time: time.Now().UTC().Truncate(time.Second), Commit: commit()}, earlier)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchjson:", err)
		os.Exit(1)
	}
}

func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// load returns the last line of each name in a file; none if path is "".
func load(path string) (map[string]Line, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	last := map[string]Line{}
	for d := json.NewDecoder(f); ; {
		var l Line
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		last[l.Name] = l
	}
}

// convert writes the benchmarks that r has to w, each with the time and the
// commit of l. It repeats all that it reads on screen, with comparisons.
func convert(r io.Reader, w, screen io.Writer, l Line, earlier map[string]Line) error {
	out := json.NewEncoder(w)
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		text := s.Text()
		fmt.Fprintln(screen, text)
		if v, ok := strings.CutPrefix(text, "pkg: "); ok {
			l.Package = v
		}
		if v, ok := strings.CutPrefix(text, "cpu: "); ok {
			l.CPU = v
		}
		if !l.parse(text) {
			continue
		}
		if err := out.Encode(l); err != nil {
			return err
		}
		for _, unit := range slices.Sorted(maps.Keys(earlier[l.Name].Metrics)) {
			if was, is := earlier[l.Name].Metrics[unit], l.Metrics[unit]; was != 0 {
				fmt.Fprintf(screen, "\t%s: %.3g times %v, of %s\n", unit, is/was, was, earlier[l.Name].Commit)
			}
		}
	}
	return s.Err()
}

// parse reads a benchmark's line: its name, how often it ran, and values with
// their units.
func (l *Line) parse(text string) bool {
	fields := strings.Fields(text)
	if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
		return false
	}
	n, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return false
	}
	metrics := map[string]float64{}
	for i := 2; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return false
		}
		metrics[fields[i+1]] = v
	}
	l.Name, l.N, l.Metrics = fields[0], n, metrics
	return true
}
