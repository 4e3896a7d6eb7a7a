package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"okazaki"
	"okazaki/analysis"
	"okazaki/client"
	"okazaki/cmd/okazaki/internal/output"
)

// A config is everything that can be set: from defaults, then the
// configuration file, then the environment, then flags. Nothing else in the
// module reads the environment.
type config struct {
	store       string
	digests     string // folder of what is known of large files; "" for none
	wake        string
	output      string
	tables      string // format of the answer's tables; "" by the main file's name
	span        int64
	workers     int
	concurrency int
	budget      float64 // GB-seconds
	deadline    time.Duration
	turn        time.Duration
	aim         time.Duration
	memory      []int64 // MB of a worker, of each class, ascending
	fresh       bool
	partial     bool
	detach      bool
	once        bool
	idleExit    time.Duration
	wait        time.Duration
	older       time.Duration
	orphans     bool
	keepFor     time.Duration // how long the default store keeps what has ended; 0: for ever
	keepBytes   int64         // how large the default store may grow; 0: as it likes
	force       bool          // replace files that okazaki didn't write
	json        bool
	quiet       bool
	verbose     bool
}

func defaultConfig() config {
	return config{
		store:       client.DefaultStore(),
		digests:     client.DigestFolder(),
		workers:     runtime.GOMAXPROCS(0),
		concurrency: client.DefaultConcurrency,
		budget:      client.DefaultBudget,
		deadline:    client.DefaultDeadline,
		turn:        client.DefaultTurn,
		aim:         client.DefaultAim,
		memory:      []int64{client.DefaultMemory},
		wait:        3 * time.Minute,
		older:       168 * time.Hour,
		keepFor:     720 * time.Hour,
		keepBytes:   10e9,
	}
}

func (c *config) storeFlag(fs *pflag.FlagSet) {
	fs.StringVar(&c.store, "store", c.store, "where progress is kept: mem:, dir:PATH or s3://BUCKET/PREFIX?endpoint=URL")
}

func (c *config) tellFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&c.json, "json", c.json, "say everything as JSON, an object a line")
	fs.BoolVarP(&c.quiet, "quiet", "q", c.quiet, "say nothing but errors")
	fs.BoolVarP(&c.verbose, "verbose", "v", c.verbose, "say which job it is, and what it costs and may cost")
}

func (c *config) forceFlag(fs *pflag.FlagSet) {
	fs.BoolVar(&c.force, "force", c.force, "replace files that okazaki did not write, or that were changed since")
}

func (c *config) crewFlags(fs *pflag.FlagSet) {
	fs.IntVar(&c.workers, "workers", c.workers, "workers in this process; 0: leave the work to other processes")
	fs.Var((*memoryValue)(&c.memory), "memory", "megabytes of memory of one worker; or of each size of worker there is, ascending, 1769,7076: what does not fit in the smallest goes to a larger one")
}

func (c *config) jobFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&c.output, "output", "o", c.output, "folder of the answer's files, by default one named after the analysis; or the main file; -: the main file goes to stdout")
	fs.StringVar(&c.tables, "tables", c.tables, "format of the tables: tsv, csv, json, ndjson or parquet, or one with .gz or .zst after it; by default as --output ends")
	fs.Int64Var(&c.span, "span", c.span, "genomes, guides or bases of one work unit, if the budget pays for each; 0: automatic")
	fs.IntVar(&c.concurrency, "concurrency", c.concurrency, "work units under way at once, in all processes")
	fs.Var((*budgetValue)(&c.budget), "budget", "GB-seconds that the job may spend, retries included; or in money, '$5'")
	fs.Var((*durationValue)(&c.deadline), "deadline", "give up on the job this long after it was submitted")
	fs.Var((*durationValue)(&c.turn), "turn", "time limit of one work unit")
	fs.Var((*durationValue)(&c.aim), "aim", "target duration of a work unit")
	fs.BoolVar(&c.fresh, "fresh", c.fresh, "work everything again, whatever was worked before")
	fs.BoolVar(&c.partial, "partial", c.partial, "where parts of the input can't be worked, write the answer of the rest; "+client.MissingFile+" names what is missing, and the exit code is 1")
	fs.StringVar(&c.wake, "wake", c.wake, "notify cloud workers through this SNS topic, sns:ARN; by default they poll")
	fs.BoolVar(&c.detach, "detach", c.detach, "submit the job, print its id and leave")
}

func (c *config) workerFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&c.once, "once", c.once, "leave once the jobs that were open have ended; the first may still be about to come")
	fs.Var((*durationValue)(&c.wait), "wait", "with --once: leave after this long with nothing to do, whether jobs have come or not")
	fs.Var((*durationValue)(&c.idleExit), "idle-exit", "leave after this long with nothing to do; 0: stay")
}

func (c *config) keepFlags(fs *pflag.FlagSet) {
	fs.Var((*durationValue)(&c.keepFor), "keep-for", "how long the default store keeps answers; 0: for ever")
	fs.Var((*byteValue)(&c.keepBytes), "keep-bytes", "how large the default store may grow; what ended first is deleted; 0: as it likes")
}

func (c *config) gcFlags(fs *pflag.FlagSet) {
	fs.Var((*durationValue)(&c.older), "older", "delete jobs that ended longer ago than this")
	fs.BoolVar(&c.orphans, "orphans", c.orphans, "delete what belongs to no job any more, too")
}

// settings are the names that a configuration file may set.
func settings() []string {
	var c config
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, flags := range []func(*pflag.FlagSet){c.storeFlag, c.tellFlags, c.crewFlags, c.jobFlags, c.workerFlags, c.keepFlags, c.gcFlags} {
		flags(fs)
	}
	var names []string
	fs.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// A setting is a value from a configuration file, and where it is written.
type setting struct {
	value, file string
	line        int64
}

// fill sets the flags that the command line has not given: from the
// environment, or else from the configuration file.
func fill(flags *pflag.FlagSet) error {
	file, err := readConfig()
	if err != nil {
		return err
	}
	for _, name := range settings() {
		f := flags.Lookup(name)
		if f == nil || f.Changed {
			continue
		}
		variable := "OKAZAKI_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if v, ok := os.LookupEnv(variable); ok {
			if err := f.Value.Set(v); err != nil {
				return &okazaki.Error{Message: fmt.Sprintf("%s can't be %q", variable, v), Hint: "it sets " + f.Usage, Err: err}
			}
		} else if s, ok := file[name]; ok {
			if err := f.Value.Set(s.value); err != nil {
				return &okazaki.Error{File: s.file, Line: s.line, Message: fmt.Sprintf("%s can't be %q", name, s.value), Hint: "it sets " + f.Usage, Err: err}
			}
		}
	}
	return nil
}

// colorless says that the user wants no colour: https://no-color.org.
func colorless() bool { return os.Getenv("NO_COLOR") != "" }

// dumbTerminal says that the terminal takes no line back.
func dumbTerminal() bool { return os.Getenv("TERM") == "dumb" }

// configFile is the configuration file's name, and whether the user gave it.
func configFile() (path string, named bool) {
	if path, named = os.LookupEnv("OKAZAKI_CONFIG"); named {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false
	}
	return filepath.Join(dir, "okazaki", "config"), false
}

// readConfig reads the configuration file, $OKAZAKI_CONFIG or else
// okazaki/config in the user's configuration folder. Only a file that
// $OKAZAKI_CONFIG names must be there.
func readConfig() (map[string]setting, error) {
	path, named := configFile()
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, &okazaki.Error{File: path, Message: "the configuration can't be read: " + output.Reason(err), Hint: "mend it, or unset OKAZAKI_CONFIG", Err: err}
	}
	defer f.Close()
	return parseConfig(path, bufio.NewScanner(f))
}

func parseConfig(path string, lines *bufio.Scanner) (map[string]setting, error) {
	known := settings()
	set := map[string]setting{}
	for n := int64(1); lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, &okazaki.Error{File: path, Line: n, Message: "this is not a setting", Hint: "write key = value"}
		}
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		if !slices.Contains(known, name) {
			return nil, &okazaki.Error{File: path, Line: n, Message: fmt.Sprintf("there is no setting %q", name), Hint: instead(name, known, "one is ")}
		}
		set[name] = setting{value: value, file: path, line: n}
	}
	if err := lines.Err(); err != nil {
		return nil, &okazaki.Error{File: path, Message: "the configuration can't be read: " + err.Error(), Err: err}
	}
	return set, nil
}

// instead is the hint for a name that is not one of those known.
func instead(name string, known []string, list string) string {
	if near := analysis.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return list + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

// limits are the job's limits, as far as the configuration sets them.
func (c *config) limits() (okazaki.Limits, error) {
	o := client.Options{
		Budget: client.GBSeconds(c.budget), Memory: c.memory, Turn: given(c.turn), Aim: given(c.aim),
		Deadline: given(c.deadline), Concurrency: given(c.concurrency), Span: c.span, Partial: c.partial,
	}
	limits, err := o.Limits()
	if e, ok := errors.AsType[*okazaki.Error](err); ok {
		e.Hint = map[error]string{
			client.ErrBudget:      "give --budget more than 0",
			client.ErrSpan:        "give --span 1 or more, or 0 to let the measured speed decide",
			client.ErrConcurrency: "give --concurrency 1 or more",
		}[e.Err]
	}
	return limits, err
}

// given is the value of a flag for client.Options, where 0 stands for the
// default: a flag that is 0 allows nothing.
func given[T int | time.Duration](value T) T {
	if value == 0 {
		return -1
	}
	return value
}

// A durationValue is a flag of a time that passes, which is not below zero.
type durationValue time.Duration

// longest is more than any job, and little enough to be added up.
const longest = "876000h"

// String is pflag.Value's.
func (v *durationValue) String() string {
	if *v == 0 {
		return "0"
	}
	return time.Duration(*v).String()
}

// Type is pflag.Value's.
func (v *durationValue) Type() string { return "duration" }

// Set is pflag.Value's.
func (v *durationValue) Set(text string) error {
	d, err := time.ParseDuration(text)
	if most, _ := time.ParseDuration(longest); err == nil && (d < 0 || d > most) {
		err = errors.New("it is not of 0 to " + longest)
	}
	if err == nil {
		*v = durationValue(d)
	}
	return err
}

// A memoryValue is a flag of megabytes, ascending, with commas between.
type memoryValue []int64

// String is pflag.Value's.
func (v *memoryValue) String() string {
	var b strings.Builder
	for i, mb := range *v {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, mb)
	}
	return b.String()
}

// Type is pflag.Value's.
func (v *memoryValue) Type() string { return "megabytes" }

// Set is pflag.Value's.
func (v *memoryValue) Set(text string) error {
	const most = 1 << 27 // 128 TB
	var classes []int64
	for field := range strings.SplitSeq(text, ",") {
		mb, err := strconv.ParseInt(strings.TrimSpace(field), 10, 64)
		if err != nil || mb < 1 || mb > most {
			return fmt.Errorf("a worker can't have %q MB of memory: give 1 to %d", field, int64(most))
		}
		if n := len(classes); n > 0 && mb <= classes[n-1] {
			return errors.New("each size of worker must be larger than the one before")
		}
		classes = append(classes, mb)
	}
	*v = classes
	return nil
}
