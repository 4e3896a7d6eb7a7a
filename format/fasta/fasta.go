// Package fasta reads FASTA, whole or any range of its records, compressed in
// any way that package unpack knows.
//
// Its one invariant: a range of records is read the same wherever reading
// began.
package fasta

import (
	"errors"
	"io/fs"
	"os"

	"okazaki"
)

// A Source is a file of FASTA.
type Source struct {
	Name string       // what the user called it, for messages
	File okazaki.File // stays the caller's to close
}

// A Record is one sequence with its name.
type Record struct {
	Header      string // the whole header line after '>', without blanks at its ends
	Name        string // its first word
	Description string // what follows that
	// Seq holds the letters as they are, in either case, without line ends,
	// spaces and tabs. A caller may keep it if it puts another slice in its
	// place, for the next record's letters.
	Seq  []byte
	File string // the Source's Name
	Line int64  // of the '>', from 1
	// Common says that Seq holds nothing but A, C, G, T and N, all upper case. It
	// may be false all the same.
	Common bool
	// Err says why this record can't be used though the file can: it has no
	// letters, or one that is not a nucleotide's. It is an *okazaki.Error.
	Err error
}

// MaxLetters is the most that one record may hold, as in BAM and INSDC.
const MaxLetters = 1<<31 - 1

// Open opens a file of this machine. A file that is missing, may not be read
// or is a folder is an *okazaki.Error.
func Open(path string) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return Source{}, openError(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return Source{}, openError(path, err)
	}
	if !info.Mode().IsRegular() {
		f.Close()
		return Source{}, &okazaki.Error{File: path, Message: "this is not a regular file", Hint: "name a file of FASTA"}
	}
	return Source{path, localFile{f, info.Size()}}, nil
}

type localFile struct {
	*os.File
	size int64
}

func (f localFile) Size() int64 { return f.size }

func openError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &okazaki.Error{File: path, Err: err, Message: "there is no such file", Hint: "check the spelling and the folder"}
	case errors.Is(err, fs.ErrPermission):
		return &okazaki.Error{File: path, Err: err, Message: "it may not be read", Hint: "change its permissions"}
	}
	return err
}

// missing is the error for a Source without a File.
func (s Source) missing() error {
	if s.File != nil {
		return nil
	}
	return &okazaki.Error{File: s.Name, Err: fs.ErrNotExist, Message: "there is no such file", Hint: "check the spelling and the folder"}
}
