package okazaki

import (
	"errors"
	"strconv"
	"strings"
)

// The errors that a Store returns.
var (
	ErrExists   = errors.New("the key exists")
	ErrNotFound = errors.New("no such key")
	ErrBusy     = errors.New("the store is busy, try again")
)

// ErrTooBig is what Engine.Work returns for a span that needs more memory
// than there is: the span is split, or at its floor given a larger worker.
var ErrTooBig = errors.New("the span does not fit in memory")

// An Error is something that the user can mend. It is shown as it is, exits 2
// and is HTTP 400.
type Error struct {
	File    string // as the user named it; empty if no file is at fault
	Line    int64  // from 1; 0 if unknown
	Record  string // the name of a record in File, if that says more than the line
	Message string // what is wrong
	Hint    string // what to do about it
	Err     error  // the cause, for errors.Is; not shown
}

// Error is one line: where, what, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.FormatInt(e.Line, 10))
		}
		b.WriteString(": ")
	}
	if e.Record != "" {
		b.WriteString("record " + strconv.Quote(e.Record) + ": ")
	}
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
