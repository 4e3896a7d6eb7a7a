// Package output writes the files of an answer: in the formats that their names
// ask for, all together or none, without replacing an input or a file that okazaki
// did not write.
//
// Its one invariant: a file under its final name is whole.
package output

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"okazaki"
)

// An Output is where the files of an answer go. They are written beside it and
// appear there, all together, at the end.
type Output struct {
	Options
	Dir     string            // the folder as the user named it; "" for stdout
	file    string            // the main file's name, if the user named one
	Main    string            // the main file's name before that
	forms   map[string]Form   // of files that are not written as the analysis does
	columns []okazaki.Column  // of its tables
	tmp     string            // holds the files until they are whole
	tmps    map[string]string // and those that go elsewhere, by name
	names   []string          // of the files that were created
	sums    map[string]answerFile
	Notes   []okazaki.Note
	rows    map[string]*rowCounter // of tables
	Written atomic.Int64           // bytes, of all files
}

// Options say what is written and where.
type Options struct {
	Where    string            // what --output says
	Command  string            // "virus": the command that wrote it
	Asked    Asked             // what it is the answer to, as far as that is known
	Names    []string          // of all files that there may be, the main one first
	Apart    map[string]string // paths of files that go elsewhere, by name
	Guard    *Guard
	Analysis *okazaki.Analysis // nil: files are written as they are
	Tables   string            // format of its tables, if the user gave one
	Stdout   io.Writer         // that the main file goes to
	Build    func() string     // names the program that writes it, which takes a while
}

// New says early, before the job is paid for, why an answer can't be
// written to where.
func New(options Options) (*Output, error) {
	o := &Output{Options: options, Main: options.Names[0]}
	if o.Where != "-" {
		o.Dir = filepath.Clean(o.Where)
		if NamesFile(o.Dir) {
			o.Dir, o.file = filepath.Dir(o.Dir), filepath.Base(o.Dir)
		}
		if info, err := os.Stat(o.Dir); err == nil && !info.IsDir() {
			return nil, &okazaki.Error{File: o.Dir, Message: "this is a file, and the answer needs a folder", Hint: "name another with --output, or - for stdout"}
		}
	}
	if o.Analysis != nil {
		if err := o.shape(o.Analysis, o.Tables); err != nil {
			return nil, err
		}
	}
	if err := o.check(o.Options.Names); err != nil {
		return nil, err
	}
	if err := o.Begin(); err != nil {
		return nil, err
	}
	o.Discard()
	return o, nil
}

// check returns an error unless all files of these names may be written.
func (o *Output) check(names []string) error {
	paths := make([]string, len(names))
	for i, name := range names {
		if o.Form(name).dropped {
			continue
		}
		if o.printed(name) {
			if err := o.Guard.CheckStdout(o.Stdout); err != nil {
				return err
			}
			continue
		}
		paths[i] = o.path(name)
		if strings.EqualFold(filepath.Base(paths[i]), recordName) {
			return &okazaki.Error{File: paths[i], Message: "this is the record of what okazaki wrote here", Hint: "name another with --output"}
		}
		for _, other := range paths[:i] {
			if other != "" && samePlace(other, paths[i]) {
				return &okazaki.Error{File: paths[i], Message: "this is the name of another file of the answer", Hint: "name another with --output"}
			}
		}
		if err := o.Guard.Check(paths[i], Ours); err != nil {
			return err
		}
	}
	return nil
}

// Begin makes a place for the files: in the folder itself if it is there, so
// that they only need to be renamed.
func (o *Output) Begin() error {
	at := os.TempDir()
	if o.Dir != "" {
		at = o.Dir
		if _, err := os.Stat(at); err != nil {
			at = filepath.Dir(at)
		}
	}
	var err error
	o.names, o.Notes, o.tmps, o.sums, o.rows = nil, nil, map[string]string{}, map[string]answerFile{}, map[string]*rowCounter{}
	o.tmp, err = o.makeTmp(at)
	for name, path := range o.Apart {
		if folder := filepath.Dir(path); err == nil && folder != o.Dir {
			o.tmps[name], err = o.makeTmp(folder)
		}
	}
	if err != nil {
		o.Discard()
	}
	return err
}

// makeTmp makes a folder of our own in another.
func (o *Output) makeTmp(at string) (string, error) {
	if err := os.MkdirAll(at, 0o777); err != nil {
		return "", o.explain(at, err)
	}
	prefix := filepath.Join(at, "."+strings.ReplaceAll(o.Command, " ", "-")+".okazaki-")
	RemoveStale(prefix)
	tmp := prefix + strings.ToLower(rand.Text())
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return "", o.explain(at, err)
	}
	return tmp, nil
}

// RemoveStale removes what a killed process left more than a day ago.
func RemoveStale(prefix string) {
	left, _ := filepath.Glob(prefix + "*")
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path) // another process may be at it too
		}
	}
}

// Create is okazaki.Outputs'. A name has no folders.
func (o *Output) Create(name string) (io.WriteCloser, error) {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\`) {
		return nil, fmt.Errorf("%q is not the name of an output", name)
	}
	if o.Form(name).dropped {
		return chain{nowhere{}}, nil
	}
	f, err := os.OpenFile(filepath.Join(cmp.Or(o.tmps[name], o.tmp), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, o.explain(name, err)
	}
	o.names = append(o.names, name)
	return o.shaped(name, &outputFile{f: f, o: o, name: name})
}

// Build says which build writes the files.
func (o *Output) Build() string { return o.Options.Build() }

// Note is okazaki.Outputs'.
func (o *Output) Note(n okazaki.Note) { o.Notes = append(o.Notes, n) }

// An outputFile explains its faults and is on disk once it is closed.
type outputFile struct {
	f    *os.File
	o    *Output
	name string
	size int64
	crc  uint32
}

func (f *outputFile) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	f.size, f.crc = f.size+int64(n), crc32.Update(f.crc, castagnoli, p[:n])
	f.o.Written.Add(int64(n))
	return n, f.o.explain(f.name, err)
}

func (f *outputFile) Close() error {
	f.o.sums[f.name] = answerFile{Size: f.size, CRC: checksum(f.crc)}
	return f.o.explain(f.name, errors.Join(f.f.Sync(), f.f.Close()))
}

// path is where a file of the answer goes. What is named after the main file,
// such as its index, goes along with it.
func (o *Output) path(name string) string {
	if path, ok := o.Apart[name]; ok {
		return path
	}
	if rest, ok := strings.CutPrefix(name, o.Main); ok && o.file != "" && (rest == "" || rest[0] == '.') {
		return filepath.Join(o.Dir, o.file+rest)
	}
	return filepath.Join(o.Dir, o.Form(name).name)
}

// printed says whether a file has no path: it is the one that goes to stdout,
// or it goes nowhere.
func (o *Output) printed(name string) bool { return o.Dir == "" && o.Apart[name] == "" }

// print copies the main file to stdout.
func (o *Output) print() error {
	name := o.Main
	if !slices.Contains(o.names, name) {
		return nil
	}
	f, err := os.Open(filepath.Join(o.tmp, name))
	if err != nil {
		return fmt.Errorf("output %s: %w", name, err)
	}
	defer f.Close()
	if _, err := io.Copy(o.Stdout, f); err != nil {
		return o.explain("stdout", err)
	}
	return nil
}

// Discard removes what has not been committed.
func (o *Output) Discard() {
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
func (o *Output) explain(name string, err error) error {
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
