// Package okazaki holds the nouns of burst-parallel genomics: a Job over a
// Span is split, worked by an Engine, remembered by a Store, and announced by
// a Waker. Everything else in the module implements one of them.
//
// Its one invariant: any way of cutting a job gives the same bytes as no cut.
package okazaki

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Span is a half-open range [Lo, Hi) of a stage's axis. The engine says what
// a unit is: a base, a byte, a genome, a tile of pairs.
type Span struct {
	Lo int64 `json:"lo"`
	Hi int64 `json:"hi"`
}

// Len is the number of units in the span.
func (s Span) Len() int64 { return s.Hi - s.Lo }

// String is the span as a reader writes it: [3,17).
func (s Span) String() string { return fmt.Sprintf("[%d,%d)", s.Lo, s.Hi) }

// A Job is one request. It is immutable. The id of its question is the hash
// of the job without its limits and the places of its inputs.
type Job struct {
	Analysis string          `json:"analysis"`
	Version  int             `json:"version"` // of the analysis: another version is another answer
	Params   json.RawMessage `json:"params,omitempty"`
	Inputs   []Input         `json:"inputs,omitempty"`
	Stages   []string        `json:"stages"`
	Limits   Limits          `json:"limits"`
}

// Limits bound what a job may cost and how finely it is cut.
type Limits struct {
	Budget      MBs           `json:"budget"`            // may be spent, all stages, retries and Calls together
	Classes     []int64       `json:"classes"`           // memory of each worker class, megabytes, ascending
	Turn        time.Duration `json:"turn"`              // the longest that one attempt may run
	Aim         time.Duration `json:"aim"`               // how long a span should take
	Deadline    time.Duration `json:"deadline"`          // after the job's creation, by the store's clock
	Concurrency int           `json:"concurrency"`       // wakes that may be under way at once
	Span        int64         `json:"span,omitempty"`    // units a span, forced; 0: from the measured speed
	Partial     bool          `json:"partial,omitempty"` // go on with what there is where spans are missing
	Calls       Prices        `json:"calls,omitzero"`    // what one call of each kind takes from the budget; 0: nothing
}

// Calls counts calls, by their kind.
type Calls struct {
	Creates int64 `json:"creates,omitempty"` // to the store, of values of up to SmallValue bytes
	Large   int64 `json:"large,omitempty"`   // creates of larger values
	Gets    int64 `json:"gets,omitempty"`
	Lists   int64 `json:"lists,omitempty"`
	Entries int64 `json:"entries,omitempty"` // that lists returned
	Rings   int64 `json:"rings,omitempty"`   // of the waker
}

// Prices are what one call of each kind of Calls costs.
type Prices struct {
	Creates MBms `json:"creates,omitempty"`
	Large   MBms `json:"large,omitempty"`
	Gets    MBms `json:"gets,omitempty"`
	Lists   MBms `json:"lists,omitempty"`
	Entries MBms `json:"entries,omitempty"`
	Rings   MBms `json:"rings,omitempty"`
}

// SmallValue is the largest value, in bytes, that stores which charge by size
// take for the least that they charge.
const SmallValue = 512

// Plus is the sum of c and d.
func (c Calls) Plus(d Calls) Calls {
	return Calls{c.Creates + d.Creates, c.Large + d.Large, c.Gets + d.Gets, c.Lists + d.Lists, c.Entries + d.Entries, c.Rings + d.Rings}
}

// Minus is the calls of c that are not d's.
func (c Calls) Minus(d Calls) Calls {
	return Calls{c.Creates - d.Creates, c.Large - d.Large, c.Gets - d.Gets, c.Lists - d.Lists, c.Entries - d.Entries, c.Rings - d.Rings}
}

// Worth is what the calls cost together.
func (c Calls) Worth(each Prices) MBms {
	return MBms(c.Creates)*each.Creates + MBms(c.Large)*each.Large + MBms(c.Gets)*each.Gets +
		MBms(c.Lists)*each.Lists + MBms(c.Entries)*each.Entries + MBms(c.Rings)*each.Rings
}

// An Input is one file that a job reads. Its content is immutable and known by
// its digest; Path is only where one reader found it.
type Input struct {
	Role   string `json:"role"`           // what the analysis calls it: "genomes", "reference"
	Name   string `json:"name"`           // what the user called it, for messages
	Path   string `json:"path,omitempty"` // absolute; empty when the store holds the bytes
	Copy   string `json:"copy,omitempty"` // which copy of the bytes in the store it is; empty if there is none
	Size   int64  `json:"size"`           // bytes as stored
	Digest string `json:"digest"`         // sha256 of those bytes, hex
}

// A File is an open Input. Many goroutines may read one at once.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Files opens a job's inputs, wherever they lie.
type Files interface {
	Open(ctx context.Context, in Input) (File, error)
}

// An Analysis is a question that the command line and the service can ask:
// its name, its parameters, and how to open the Engine that answers it.
type Analysis struct {
	Name    string
	Version int    // raised whenever the same job would give other bytes
	Short   string // one line
	Long    string
	Example string
	Params  []Param
	// Check returns an error if a job's parameters, or the roles of its inputs,
	// contradict each other. It is called before an input is read, and by Open.
	// Nil: each parameter is for itself.
	Check func(job *Job) error
	// Outputs names the files that Render may create for a job, the main one
	// first. It knows the job's parameters, and the roles and names of its inputs.
	Outputs func(job *Job) ([]string, error)
	// Endings say how to write the main file in the format that --output's ending
	// names: "vcf", "json". Tables are written in any format of package table.
	Endings map[string]Ending
	Columns []Column // of all tables, by name; the others hold text
	// Progress says what the stages of a job do, for the user. Stages beyond
	// its result are shown by their names; so are all if Progress is nil.
	Progress func(job *Job) []Doing
	Stages   []string // in order; the gathered result of one is an input of the next
	// Parallel says that Work uses all of Task.Cores. A process then works one
	// span of a job at a time, in order, rather than one a core.
	Parallel bool
	// Open reads the job's parameters and small inputs. It is called once a
	// process and job; the engine is then shared by all workers. An error
	// leaves nothing open.
	Open func(ctx context.Context, job *Job, files Files) (Engine, error)
}

// An Ending is how an analysis is asked for a main file of a format.
type Ending struct {
	Param, Value string // what has to be given, or stay as it is
	File         string // is then the main file; of "json" it may be lines of JSON
}

// A Doing is what a stage does, in words for the user.
type Doing struct {
	Verb  string  // "Aligning"
	Units string  // what the stage's units are: "genomes"; "" if that tells nobody anything
	Share float64 // of the work of the whole job, about, in any unit
}

// A Column is a column of a table.
type Column struct {
	Name string
	Kind Kind   // StringParam: text; IntParam, FloatParam or BoolParam: "", NA and . are not known
	Unit string // of its numbers: "bases", "bases, from 1"
	NA   bool   // StringParam: NA is not known
}

// A Param is one parameter of an analysis. The command line makes a flag of
// it, the service a field of its schema.
type Param struct {
	Name     string
	Kind     Kind
	Default  string   // as it would be typed
	Choices  []string // the only values allowed, or for FileParam the names that are built in
	Help     string
	Formats  []string // FileParam: what it takes, by the names of package sniff; none: any file
	Many     bool     // FileParam: more than one file; the command line's arguments
	Text     bool     // FileParam: what is not a file's name is text, such as a gene's name
	Output   bool     // StringParam: names a file of the answer; the command line takes a path
	Required bool
}

// A Kind is the type of a Param's value.
type Kind int

// The kinds of Param.
const (
	StringParam Kind = iota
	IntParam
	FloatParam
	BoolParam
	FileParam // becomes an Input with the parameter's name as its role, unless its value is one of Choices, or Text
)

// An Engine answers one job. It is pure in (job, span): the same span gives
// the same bytes on any machine, at any time, however often it is asked. All
// methods but Close may be called by many goroutines at once.
type Engine interface {
	// Plan lays out a stage's axis. prior holds the gathered results of the
	// stages before it.
	Plan(ctx context.Context, stage int, prior []Result) (Axis, error)

	// Work computes the units of t.Span, in order, and reads as much halo
	// around it as an exact result needs. After each unit, or few, it calls
	// t.Continue; told to stop, it returns the part for [t.Span.Lo, done).
	// Its context ends with the attempt.
	Work(ctx context.Context, t *Task) (part []byte, done int64, err error)

	// Merge joins the parts of adjacent spans, in order, into the part that
	// Work would have given for the whole. It is associative. A stage whose
	// Axis says Concat is never asked.
	Merge(ctx context.Context, stage int, parts [][]byte) ([]byte, error)

	// Render writes the outputs from the gathered results of all stages.
	Render(ctx context.Context, results []Result, out Outputs) error

	// Close gives back what the engine holds: its files, mappings and
	// goroutines. It is called once, after all other calls have returned, and
	// none follows. Parts and axes that were returned stay valid.
	Close() error
}

// An Eager is an Engine whose Plan of the first stage may keep results that Work
// needs later, because Plan reads the input anyway. The results do not change.
type Eager interface {
	// Ahead lets Plan use that many cores for such results. It is called before
	// Plan, by a process that will also work the job.
	Ahead(cores int)
}

// An Axis is what a stage is cut along.
type Axis struct {
	Units  int64  `json:"units"`            // the stage covers [0, Units)
	Floor  int64  `json:"floor,omitempty"`  // units that are never split further; 0 means 1
	Concat bool   `json:"concat,omitempty"` // parts join by concatenation alone
	Note   []byte `json:"note,omitempty"`   // for the engine, which finds it again in Task: an index, say
}

// A Task is one attempt at a span.
type Task struct {
	Stage int
	Span  Span
	Axis  Axis
	Prior []Result // gathered results of the stages before
	Cores int      // that the attempt may use, if the analysis is Parallel; 0 means 1
	// Continue takes the unit up to which the work is done and says whether
	// to go on. Nil means always.
	Continue func(done int64) bool
}

// Result opens a gathered result for reading from its start.
type Result func(ctx context.Context) (io.ReadCloser, error)

// Outputs takes the files of an answer, and notes on it. The files appear
// under their names, all together, only after Render succeeds.
type Outputs interface {
	Create(name string) (io.WriteCloser, error)
	// Note says a line about the whole answer.
	Note(n Note)
}

// A Note is a line about an answer, shown before its files are opened.
type Note struct {
	Text    string `json:"text"`
	Warning bool   `json:"warning,omitempty"` // not all went well
}

// A Store creates a key once. It is the only shared state there is.
//
// Keys are slash-separated runs of [a-z0-9._-]; no key is a folder of another.
type Store interface {
	// Create makes key hold value. Of all calls for a key exactly one returns
	// nil, and the others ErrExists. ErrBusy says that nothing is known and
	// the same call may be made again; it may have succeeded all the same.
	Create(ctx context.Context, key string, value []byte) error
	// Get returns key's value, or ErrNotFound.
	Get(ctx context.Context, key string) (Value, error)
	// List returns the keys that start with prefix and sort after after,
	// ascending: PageSize of them, or fewer at the end.
	List(ctx context.Context, prefix, after string) ([]Entry, error)
	// Delete forgets a key of a closed job. A missing key is not an error.
	Delete(ctx context.Context, key string) error
}

// PageSize is the number of entries in a full page of Store.List.
const PageSize = 1000

// A Value is what Store.Get returns.
type Value struct {
	Bytes []byte
	Age   time.Duration // since its creation, by the store's own clock
}

// An Entry is one key of Store.List.
type Entry struct {
	Key string
	Age time.Duration // since its creation, by the store's own clock
}

// A Wake is a hint that there may be work: it carries no truth.
type Wake struct {
	Job  string `json:"job,omitempty"`  // empty: any
	Node string `json:"node,omitempty"` // a split node; empty: the job's root
	Hint int    `json:"hint,omitempty"` // the child to look at first
}

// A Waker tells workers to look.
type Waker interface {
	// Ring wakes some worker, or nobody.
	Ring(ctx context.Context, w Wake) error
	// Wait returns the next wake. A worker that found something to do calls
	// it with found set, so that a waker that only waits can wait less.
	Wait(ctx context.Context, found bool) (Wake, error)
}
