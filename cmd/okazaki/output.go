package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"okazaki"
)

// An output is where the files of an answer go. They are written beside it and
// appear there, all together, at the end.
type output struct {
	analysis string
	dir      string            // the folder as the user named it; "" for stdout
	file     string            // the main file's name, if the user named one
	apart    map[string]string // paths of files that go elsewhere, by name
	inputs   []fileArgument    // that no file of the answer may replace
	stdout   io.Writer         // that the main file goes to
	tmp      string            // holds the files until they are whole
	tmps     map[string]string // and those that go elsewhere, by name
	names    []string
	written  atomic.Int64 // bytes, of all files
}

// newOutput says early, before the job is paid for, why an answer can't be
// written to where.
func newOutput(where, analysis string, apart map[string]string, stdout io.Writer) (*output, error) {
	o := &output{analysis: analysis, apart: apart, stdout: stdout}
	if where != "-" {
		o.dir = filepath.Clean(where)
		if namesFile(o.dir) {
			o.dir, o.file = filepath.Dir(o.dir), filepath.Base(o.dir)
		}
		if info, err := os.Stat(o.dir); err == nil && !info.IsDir() {
			return nil, &okazaki.Error{File: o.dir, Message: "this is a file, and the answer needs a folder", Hint: "name another with --output, or - for stdout"}
		}
	}
	for _, path := range apart {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return nil, &okazaki.Error{File: path, Message: "this is a folder", Hint: "name a file in it"}
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
	switch filepath.Ext(strings.TrimSuffix(path, ".gz")) {
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
	}
	var err error
	o.names, o.tmps = nil, map[string]string{}
	o.tmp, err = o.makeTmp(at)
	for name, path := range o.apart {
		if folder := filepath.Dir(path); err == nil && folder != o.dir {
			o.tmps[name], err = o.makeTmp(folder)
		}
	}
	if err != nil {
		o.discard()
	}
	return err
}

// makeTmp makes a folder of our own in another.
func (o *output) makeTmp(at string) (string, error) {
	if err := os.MkdirAll(at, 0o777); err != nil {
		return "", o.explain(at, err)
	}
	prefix := filepath.Join(at, "."+o.analysis+".okazaki-")
	removeStale(prefix)
	tmp := prefix + strings.ToLower(rand.Text())
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return "", o.explain(at, err)
	}
	return tmp, nil
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
	f, err := os.OpenFile(filepath.Join(cmp.Or(o.tmps[name], o.tmp), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
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
	f.o.written.Add(int64(n))
	return n, f.o.explain(f.name, err)
}

func (f *outputFile) Close() error {
	return f.o.explain(f.name, errors.Join(f.f.Sync(), f.f.Close()))
}

// commit gives the files their names and answers the paths. A folder that is
// not there yet appears whole; in one that is, each file replaces the one of
// its name.
func (o *output) commit() (paths []string, err error) {
	defer o.discard()
	printed := o.dir == ""
	if !printed {
		if err := o.nameMain(); err != nil {
			return nil, err
		}
	}
	if err := o.spareInputs(); err != nil {
		return nil, err
	}
	whole := !printed && filepath.Dir(o.tmp) != o.dir && os.Rename(o.tmp, o.dir) == nil
	for _, name := range o.names {
		tmp, elsewhere := o.tmps[name]
		if printed && !elsewhere {
			continue
		}
		path := o.path(name)
		paths = append(paths, path)
		if whole && !elsewhere {
			continue
		}
		if err := os.Rename(filepath.Join(cmp.Or(tmp, o.tmp), name), path); err != nil {
			return nil, o.explain(path, err)
		}
	}
	if printed {
		return append(paths, "-"), o.print()
	}
	return paths, nil
}

// spareInputs refuses an answer that would replace what it was made of.
func (o *output) spareInputs() error {
	for _, name := range o.names {
		info, err := os.Stat(o.path(name))
		if _, elsewhere := o.tmps[name]; err != nil || o.dir == "" && !elsewhere {
			continue
		}
		for _, f := range o.inputs {
			if in, err := os.Stat(f.name); err == nil && os.SameFile(info, in) {
				return &okazaki.Error{File: o.path(name), Message: "this would be replaced by the answer, and is one of its inputs", Hint: "name another folder or file with --output"}
			}
		}
	}
	return nil
}

// path is where a file of the answer goes.
func (o *output) path(name string) string {
	if path, ok := o.apart[name]; ok {
		return path
	}
	return filepath.Join(o.dir, name)
}

// main is the index of the main file: the one named after the analysis, or
// else the first. One with a path of its own is none.
func (o *output) main() int {
	for i, n := range o.names {
		if stem, _, _ := strings.Cut(n, "."); stem == o.analysis && o.apart[n] == "" {
			return i
		}
	}
	return 0
}

// nameMain gives the main file the name that the user gave. What is named after
// it, such as its index, goes along.
func (o *output) nameMain() error {
	if o.file == "" || len(o.names) == 0 {
		return nil
	}
	main := o.main()
	for i, name := range o.names {
		if i != main && filepath.Clean(o.path(name)) == filepath.Join(o.dir, o.file) {
			return &okazaki.Error{File: o.file, Message: "this is the name of another file of the answer", Hint: "name another with --output"}
		}
	}
	was := o.names[main]
	for i, name := range o.names {
		rest, ok := strings.CutPrefix(name, was)
		if !ok {
			continue
		}
		if err := os.Rename(filepath.Join(o.tmp, name), filepath.Join(o.tmp, o.file+rest)); err != nil {
			return o.explain(o.file, err)
		}
		o.names[i] = o.file + rest
	}
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
	out, err := newOutput(dir, what, nil, a.out)
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
func (o *output) discard() {
	_ = os.RemoveAll(o.tmp)
	for _, tmp := range o.tmps {
		_ = os.RemoveAll(tmp)
	}
}

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
