package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"okazaki"
)

// An output is where the files of an answer go. They are written beside it and
// appear there, all together, at the end.
type output struct {
	analysis string
	dir      string    // the folder as the user named it; "" for stdout
	file     string    // the main file's name, if the user named one
	stdout   io.Writer // that the main file goes to
	tmp      string    // holds the files until they are whole
	names    []string
}

// newOutput says early, before the job is paid for, why an answer can't be
// written to where.
func newOutput(where, analysis string, stdout io.Writer) (*output, error) {
	o := &output{analysis: analysis, stdout: stdout}
	if where != "-" {
		o.dir = filepath.Clean(where)
		if namesFile(o.dir) {
			o.dir, o.file = filepath.Dir(o.dir), filepath.Base(o.dir)
		}
		if info, err := os.Stat(o.dir); err == nil && !info.IsDir() {
			return nil, &okazaki.Error{File: o.dir, Message: "this is a file, and the answer needs a folder", Hint: "name another with --output, or - for stdout"}
		}
	}
	if err := o.begin(); err != nil {
		return nil, err
	}
	o.discard()
	return o, nil
}

// namesFile says whether the user named the main file rather than a folder:
// by its ending, unless there is such a folder.
func namesFile(path string) bool {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return false
	}
	switch filepath.Ext(path) {
	case ".tsv", ".txt", ".csv", ".json", ".ndjson", ".bed", ".vcf":
		return true
	}
	return false
}

// begin makes a place for the files: in the folder itself if it is there, so
// that they only need to be renamed.
func (o *output) begin() error {
	at := os.TempDir()
	if o.dir != "" {
		at = o.dir
		if _, err := os.Stat(at); err != nil {
			at = filepath.Dir(at)
		}
		if err := os.MkdirAll(at, 0o777); err != nil {
			return o.explain(at, err)
		}
	}
	prefix := filepath.Join(at, "."+o.analysis+".okazaki-")
	removeStale(prefix)
	o.tmp, o.names = prefix+strings.ToLower(rand.Text()), nil
	if err := os.Mkdir(o.tmp, 0o777); err != nil {
		return o.explain(at, err)
	}
	return nil
}

// removeStale removes what a killed process left more than a day ago.
func removeStale(prefix string) {
	left, _ := filepath.Glob(prefix + "*")
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path) // another process may be at it too
		}
	}
}

// Create is okazaki.Outputs'. A name has no folders.
func (o *output) Create(name string) (io.WriteCloser, error) {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\`) {
		return nil, fmt.Errorf("%q is no name of an output", name)
	}
	f, err := os.OpenFile(filepath.Join(o.tmp, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, o.explain(name, err)
	}
	o.names = append(o.names, name)
	return &outputFile{f, o, name}, nil
}

// An outputFile explains its faults and is on disk once it is closed.
type outputFile struct {
	f    *os.File
	o    *output
	name string
}

func (f *outputFile) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	return n, f.o.explain(f.name, err)
}

func (f *outputFile) Close() error {
	return f.o.explain(f.name, errors.Join(f.f.Sync(), f.f.Close()))
}

// commit gives the files their names and answers the paths. A folder that is
// not there yet appears whole; in one that is, each file replaces the one of
// its name.
func (o *output) commit() ([]string, error) {
	defer o.discard()
	if o.dir == "" {
		return []string{"-"}, o.print()
	}
	if err := o.nameMain(); err != nil {
		return nil, err
	}
	var paths []string
	for _, name := range o.names {
		paths = append(paths, filepath.Join(o.dir, name))
	}
	if filepath.Dir(o.tmp) != o.dir && os.Rename(o.tmp, o.dir) == nil {
		return paths, nil
	}
	for i, name := range o.names {
		if err := os.Rename(filepath.Join(o.tmp, name), paths[i]); err != nil {
			return nil, o.explain(paths[i], err)
		}
	}
	return paths, nil
}

// main is the index of the main file: the one named after the analysis, or
// else the first.
func (o *output) main() int {
	for i, n := range o.names {
		if stem, _, _ := strings.Cut(n, "."); stem == o.analysis {
			return i
		}
	}
	return 0
}

// nameMain gives the main file the name that the user gave.
func (o *output) nameMain() error {
	if o.file == "" || len(o.names) == 0 {
		return nil
	}
	main := o.main()
	for i, name := range o.names {
		if name == o.file && i != main {
			return &okazaki.Error{File: o.file, Message: "this is the name of another file of the answer", Hint: "name another with --output"}
		}
	}
	if err := os.Rename(filepath.Join(o.tmp, o.names[main]), filepath.Join(o.tmp, o.file)); err != nil {
		return o.explain(o.file, err)
	}
	o.names[main] = o.file
	return nil
}

// print copies the main file to stdout.
func (o *output) print() error {
	if len(o.names) == 0 {
		return nil
	}
	name := o.names[o.main()]
	f, err := os.Open(filepath.Join(o.tmp, name))
	if err != nil {
		return fmt.Errorf("output %s: %w", name, err)
	}
	defer f.Close()
	if _, err := io.Copy(o.stdout, f); err != nil {
		return o.explain("stdout", err)
	}
	return nil
}

// writeFolder writes files into a folder, all or none, and answers their
// paths.
func (a *app) writeFolder(dir, what string, write func(okazaki.Outputs) error) ([]string, error) {
	out, err := newOutput(dir, what, a.out)
	if err == nil {
		err = out.begin()
	}
	if err != nil {
		return nil, err
	}
	defer out.discard()
	if err := write(out); err != nil {
		return nil, err
	}
	return out.commit()
}

// discard removes what has not been committed.
func (o *output) discard() { _ = os.RemoveAll(o.tmp) }

var outputMends = []struct {
	err           error
	message, hint string
}{
	{syscall.ENOSPC, "the disk is full; nothing was written", "free some space, or name another folder with --output; the same command then answers from what is done"},
	{syscall.EDQUOT, "the disk quota is used up; nothing was written", "free some space, or name another folder with --output; the same command then answers from what is done"},
	{syscall.EFBIG, "the file would be larger than is allowed here; nothing was written", "raise the limit (ulimit -f), or name another folder with --output"},
	{syscall.EROFS, "the file system can't be written to", "name another folder with --output"},
	{syscall.ENOTDIR, "part of this path is a file, not a folder", "name another folder with --output"},
	{os.ErrPermission, "may not be written to", "change the permissions, or name another folder with --output"},
	{os.ErrNotExist, "this folder takes no files", "name another with --output"},
	{syscall.EPIPE, "the reader has gone away", "let it read to the end"},
}

// explain is an error of the output as the user may mend it.
func (o *output) explain(name string, err error) error {
	if err == nil {
		return nil
	}
	for _, m := range outputMends {
		if errors.Is(err, m.err) {
			return &okazaki.Error{File: name, Message: m.message, Hint: m.hint, Err: err}
		}
	}
	return fmt.Errorf("output %s: %w", name, err)
}
