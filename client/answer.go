package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store"
)

// MissingFile is the file of an incomplete answer that names what it lacks.
const MissingFile = "missing.tsv"

// An Answer is the answer of a job. It is rendered from the store each time that
// it is written: into a folder, to a writer, or as objects of a store. What has
// gone of it since is worked again. One goroutine at a time may use it.
type Answer struct {
	Notes []okazaki.Note // about the whole answer, once it has been written

	job *Job
}

// Job is the id of the job.
func (a *Answer) Job() string { return a.job.ID }

// Holes name what the answer lacks; nil if it is whole.
func (a *Answer) Holes() []scatter.Hole { return a.job.End.Holes }

// Close lets go of the store and the engines.
func (a *Answer) Close() { a.job.Close() }

// Folder writes the files of the answer into a folder, which is made if need be,
// and returns their paths. They appear all together; files of their names are
// replaced, but never an input. Tables are tab-separated.
func (a *Answer) Folder(ctx context.Context, folder string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	out, err := a.spool(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer out.remove()
	var paths []string
	for _, name := range out.names {
		path := filepath.Join(folder, name)
		if err := a.spares(path); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	for i, name := range out.names {
		if err := os.Rename(filepath.Join(out.tmp, name), paths[i]); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// spares returns an error if a path is an input's.
func (a *Answer) spares(path string) error {
	there, err := os.Stat(path)
	if err != nil {
		return nil // it is free
	}
	for _, in := range slices.Concat(a.job.asked, a.job.Record.Inputs) {
		if info, err := os.Stat(cmp.Or(in.Path, in.Name)); err == nil && os.SameFile(there, info) {
			return &okazaki.Error{File: path, Message: "this is an input of the question", Hint: "write the answer into another folder"}
		}
	}
	return nil
}

// Copy writes one file of the answer to w; name "" stands for the main file. An
// error that is not w's leaves w untouched.
func (a *Answer) Copy(ctx context.Context, w io.Writer, name string) error {
	if name == "" && a.job.analysis == nil {
		return fmt.Errorf("job %s: which file is the main one is not known here", a.job.ID)
	}
	if name == "" {
		names, err := a.job.analysis.Outputs(a.job.Record)
		if err != nil {
			return err
		}
		name = names[0]
	}
	out, err := a.spool(ctx, os.TempDir())
	if err != nil {
		return err
	}
	defer out.remove()
	if !slices.Contains(out.names, name) {
		return &okazaki.Error{Message: fmt.Sprintf("the answer has no file %q", name), Hint: "it has " + strings.Join(out.names, ", ")}
	}
	f, err := os.Open(filepath.Join(out.tmp, name))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// Objects writes the files of the answer into a store, as PREFIX/NAME. An object
// that is there already stays.
func (a *Answer) Objects(ctx context.Context, s okazaki.Store, prefix string) ([]Object, error) {
	var out *Memory
	err := a.render(ctx, func() error {
		out = &Memory{}
		return a.write(ctx, out)
	})
	if err != nil {
		return nil, err
	}
	a.Notes = out.Notes
	return out.Put(ctx, s, prefix)
}

// render calls write, and once more if a part of the answer had gone and was
// worked again.
func (a *Answer) render(ctx context.Context, write func() error) error {
	err := write()
	if !errors.Is(err, scatter.ErrGone) {
		return err
	}
	if err := a.job.Resubmit(ctx); err != nil {
		return err
	}
	if _, err := a.job.Wait(ctx); err != nil {
		return err
	}
	if !a.job.Readable() {
		return &EndError{Job: a.job.ID, End: a.job.End}
	}
	return write()
}

// write writes all files to out, and what is missing.
func (a *Answer) write(ctx context.Context, out okazaki.Outputs) error {
	if err := a.job.Render(ctx, out); err != nil {
		return fmt.Errorf("job %s: %w", a.job.ID, err)
	}
	if a.job.End.Missing == 0 {
		return nil
	}
	w, err := out.Create(MissingFile)
	if err != nil {
		return err
	}
	return errors.Join(WriteMissing(w, a.job.Record, a.job.End), w.Close())
}

// WriteMissing writes the file that names what an incomplete answer lacks.
func WriteMissing(w io.Writer, job *okazaki.Job, end *scatter.End) error {
	_, err := fmt.Fprintln(w, "# units are counted from 0, first is missing and end is not\nstage\tfirst\tend\treason")
	return errors.Join(err, NameMissing(w, "", job, end))
}

// NameMissing writes a line for each part that an incomplete answer lacks:
// prefix, stage, first unit, the one behind the last, and the reason.
func NameMissing(w io.Writer, prefix string, job *okazaki.Job, end *scatter.End) error {
	for _, h := range end.Holes {
		reason := strings.Join(strings.Fields(h.Reason), " ")
		if _, err := fmt.Fprintf(w, "%s%s\t%d\t%d\t%s\n", prefix, job.Stages[h.Stage], h.Span.Lo, h.Span.Hi, reason); err != nil {
			return err
		}
	}
	return nil
}

// spool renders the answer into a new folder within at.
func (a *Answer) spool(ctx context.Context, at string) (out *spool, err error) {
	err = a.render(ctx, func() error {
		if out != nil {
			out.remove()
		}
		tmp, err := os.MkdirTemp(at, ".okazaki-")
		if err != nil {
			return err
		}
		out = &spool{tmp: tmp}
		return a.write(ctx, out)
	})
	if err != nil {
		if out != nil {
			out.remove()
		}
		return nil, err
	}
	a.Notes = out.notes
	return out, nil
}

// A spool holds the files of an answer on disk until they are whole.
type spool struct {
	tmp   string
	names []string
	notes []okazaki.Note
}

// Create is okazaki.Outputs'. A name has no folders.
func (s *spool) Create(name string) (io.WriteCloser, error) {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\`) {
		return nil, fmt.Errorf("%q is not the name of an output", name)
	}
	f, err := os.OpenFile(filepath.Join(s.tmp, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	s.names = append(s.names, name)
	return f, nil
}

// Note is okazaki.Outputs'.
func (s *spool) Note(n okazaki.Note) { s.notes = append(s.notes, n) }

func (s *spool) remove() { _ = os.RemoveAll(s.tmp) }

// A Memory holds the files of an answer in memory. It is an okazaki.Outputs.
type Memory struct {
	Files []*MemoryFile
	Notes []okazaki.Note
}

// A MemoryFile is a file of an answer.
type MemoryFile struct {
	bytes.Buffer
	Name string
}

// Close is io.Closer's.
func (f *MemoryFile) Close() error { return nil }

// Create is okazaki.Outputs'.
func (m *Memory) Create(name string) (io.WriteCloser, error) {
	m.Files = append(m.Files, &MemoryFile{Name: name})
	return m.Files[len(m.Files)-1], nil
}

// Note is okazaki.Outputs'.
func (m *Memory) Note(n okazaki.Note) { m.Notes = append(m.Notes, n) }

// An Object is a file of an answer in a store.
type Object struct {
	Name, Key string
	Size      int // bytes
}

// Put writes the files into a store, as PREFIX/NAME. A file that is there already
// stays: all writers of it write the same bytes.
func (m *Memory) Put(ctx context.Context, s okazaki.Store, prefix string) ([]Object, error) {
	var objects []Object
	for _, f := range m.Files {
		if !store.IsPart(f.Name) {
			return nil, fmt.Errorf("%q is not a name for an output", f.Name)
		}
		o := Object{Name: f.Name, Key: prefix + "/" + f.Name, Size: f.Len()}
		if err := s.Create(ctx, o.Key, f.Bytes()); err != nil && !errors.Is(err, okazaki.ErrExists) {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}
