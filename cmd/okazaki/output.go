package main

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

// An output is where the files of an answer go. They are written beside it and
// appear there, all together, at the end.
type output struct {
	outputOptions
	dir     string            // the folder as the user named it; "" for stdout
	file    string            // the main file's name, if the user named one
	main    string            // the main file's name before that
	forms   map[string]form   // of files that are not written as the analysis does
	columns []okazaki.Column  // of its tables
	tmp     string            // holds the files until they are whole
	tmps    map[string]string // and those that go elsewhere, by name
	names   []string          // of the files that were created
	sums    map[string]answerFile
	notes   []okazaki.Note
	rows    map[string]*rowCounter // of tables
	written atomic.Int64           // bytes, of all files
}

// outputOptions say what is written and where.
type outputOptions struct {
	where    string            // what --output says
	command  string            // "virus": the command that wrote it
	asked    asked             // what it is the answer to, as far as that is known
	names    []string          // of all files that there may be, the main one first
	apart    map[string]string // paths of files that go elsewhere, by name
	guard    *guard
	analysis *okazaki.Analysis // nil: files are written as they are
	tables   string            // format of its tables, if the user gave one
	stdout   io.Writer         // that the main file goes to
}

// newOutput says early, before the job is paid for, why an answer can't be
// written to where.
func newOutput(options outputOptions) (*output, error) {
	o := &output{outputOptions: options, main: options.names[0]}
	if o.where != "-" {
		o.dir = filepath.Clean(o.where)
		if namesFile(o.dir) {
			o.dir, o.file = filepath.Dir(o.dir), filepath.Base(o.dir)
		}
		if info, err := os.Stat(o.dir); err == nil && !info.IsDir() {
			return nil, &okazaki.Error{File: o.dir, Message: "this is a file, and the answer needs a folder", Hint: "name another with --output, or - for stdout"}
		}
	}
	if o.analysis != nil {
		if err := o.shape(o.analysis, o.tables); err != nil {
			return nil, err
		}
	}
	if err := o.check(o.outputOptions.names); err != nil {
		return nil, err
	}
	if err := o.begin(); err != nil {
		return nil, err
	}
	o.discard()
	return o, nil
}

// check returns an error unless all files of these names may be written.
func (o *output) check(names []string) error {
	paths := make([]string, len(names))
	for i, name := range names {
		if o.form(name).dropped {
			continue
		}
		if o.printed(name) {
			if err := o.guard.checkStdout(o.stdout); err != nil {
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
		if err := o.guard.check(paths[i], ours); err != nil {
			return err
		}
	}
	return nil
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
	o.names, o.notes, o.tmps, o.sums, o.rows = nil, nil, map[string]string{}, map[string]answerFile{}, map[string]*rowCounter{}
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
	prefix := filepath.Join(at, "."+strings.ReplaceAll(o.command, " ", "-")+".okazaki-")
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
		return nil, fmt.Errorf("%q is not the name of an output", name)
	}
	if o.form(name).dropped {
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
func (o *output) Build() string {
	v := buildVersion()
	return v.line()
}

// Note is okazaki.Outputs'.
func (o *output) Note(n okazaki.Note) { o.notes = append(o.notes, n) }

// An outputFile explains its faults and is on disk once it is closed.
type outputFile struct {
	f    *os.File
	o    *output
	name string
	size int64
	crc  uint32
}

func (f *outputFile) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	f.size, f.crc = f.size+int64(n), crc32.Update(f.crc, castagnoli, p[:n])
	f.o.written.Add(int64(n))
	return n, f.o.explain(f.name, err)
}

func (f *outputFile) Close() error {
	f.o.sums[f.name] = answerFile{Size: f.size, CRC: checksum(f.crc)}
	return f.o.explain(f.name, errors.Join(f.f.Sync(), f.f.Close()))
}

// path is where a file of the answer goes. What is named after the main file,
// such as its index, goes along with it.
func (o *output) path(name string) string {
	if path, ok := o.apart[name]; ok {
		return path
	}
	if rest, ok := strings.CutPrefix(name, o.main); ok && o.file != "" && (rest == "" || rest[0] == '.') {
		return filepath.Join(o.dir, o.file+rest)
	}
	return filepath.Join(o.dir, o.form(name).name)
}

// printed says whether a file has no path: it is the one that goes to stdout,
// or it goes nowhere.
func (o *output) printed(name string) bool { return o.dir == "" && o.apart[name] == "" }

// print copies the main file to stdout.
func (o *output) print() error {
	name := o.main
	if !slices.Contains(o.names, name) {
		return nil
	}
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

// A folderful is what a command writes into a folder besides an answer.
type folderful struct {
	dir, command string
	names        []string
	write        func(okazaki.Outputs) error
	inputs       []string // files and folders that are read
	made         any      // what the files are made of besides: options of a simulation
}

// writeFolder writes files into a folder, all or none, and returns their
// paths.
func (a *app) writeFolder(f folderful) ([]string, error) {
	if namesFile(filepath.Clean(f.dir)) {
		return nil, &okazaki.Error{
			File: f.dir, Message: fmt.Sprintf("this names a file, and okazaki %s writes several", f.command),
			Hint: "name a folder with --output, one without the ending of a file",
		}
	}
	options := outputOptions{where: f.dir, command: f.command, names: f.names, guard: a.guard(f.inputs...), stdout: a.out}
	if f.made != nil {
		options.asked.Data = digestOf(f.made)
	}
	out, err := newOutput(options)
	if err == nil {
		err = out.begin()
	}
	if err != nil {
		return nil, err
	}
	defer out.discard()
	if err := f.write(out); err != nil {
		return nil, err
	}
	done, err := out.commit()
	if err != nil {
		return nil, err
	}
	a.tellStale(done)
	return done.paths, nil
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
