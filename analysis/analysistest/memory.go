package analysistest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing/iotest"

	"okazaki"
)

// Files opens inputs from memory by their digest, or from the operating
// system by their path. Many goroutines may use it at once.
type Files struct {
	content map[string][]byte
	opened  atomic.Int64 // how many
	open    atomic.Int64 // how many of them are not closed
	fail    int64        // the one that can't be opened, from 1; 0: none
}

// NewJob is the job that asks a with these parameters (a JSON object, or
// nothing) and inputs, and the Files to open them.
func NewJob(a okazaki.Analysis, params string, inputs []Input) (*okazaki.Job, *Files, error) {
	job := &okazaki.Job{Analysis: a.Name, Version: a.Version, Stages: a.Stages, Params: json.RawMessage(params)}
	files := &Files{content: map[string][]byte{}}
	for _, in := range inputs {
		content := in.Bytes
		if in.Path != "" {
			var err error
			if content, err = os.ReadFile(in.Path); err != nil {
				return nil, nil, err
			}
		}
		sum := sha256.Sum256(content)
		digest := hex.EncodeToString(sum[:])
		if in.Path == "" {
			files.content[digest] = content
		}
		job.Inputs = append(job.Inputs, okazaki.Input{
			Role: in.Role, Name: in.Name, Path: in.Path, Size: int64(len(content)), Digest: digest,
		})
	}
	return job, files, nil
}

// Open implements okazaki.Files.
func (f *Files) Open(ctx context.Context, in okazaki.Input) (okazaki.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.opened.Add(1) == f.fail {
		return nil, fmt.Errorf("input %s: %w", in.Name, os.ErrPermission)
	}
	if in.Path != "" {
		file, err := os.Open(in.Path)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		f.open.Add(1)
		return osFile{file, info.Size(), f}, nil
	}
	content, ok := f.content[in.Digest]
	if !ok {
		return nil, fmt.Errorf("input %s: %w", in.Name, os.ErrNotExist)
	}
	f.open.Add(1)
	return &memFile{Reader: bytes.NewReader(content), files: f}, nil
}

// check says whether all files were closed.
func (f *Files) check() error {
	if n := f.open.Load(); n != 0 {
		return fmt.Errorf("%d of %d files were not closed", n, f.opened.Load())
	}
	return nil
}

type osFile struct {
	*os.File
	size  int64
	files *Files
}

func (f osFile) Size() int64 { return f.size }

func (f osFile) Close() error {
	err := f.File.Close()
	if err == nil {
		f.files.open.Add(-1)
	}
	return err
}

type memFile struct {
	*bytes.Reader
	files  *Files
	closed atomic.Bool
}

func (f *memFile) Close() error {
	if f.closed.Swap(true) {
		return os.ErrClosed
	}
	f.files.open.Add(-1)
	return nil
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	if f.closed.Load() {
		return 0, os.ErrClosed
	}
	return f.Reader.ReadAt(p, off)
}

// outputs holds what Render writes. Nothing of it is an answer before Render
// has succeeded and every file is closed.
type outputs struct {
	files map[string]*output
	notes []okazaki.Note
}

type output struct {
	bytes.Buffer
	closed bool
}

func (o *output) Close() error {
	o.closed = true
	return nil
}

// Create implements okazaki.Outputs.
func (o *outputs) Create(name string) (io.WriteCloser, error) {
	if name == "" || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("output %q is not the plain name of a file", name)
	}
	if o.files[name] != nil {
		return nil, fmt.Errorf("output %q is created twice", name)
	}
	o.files[name] = &output{}
	return o.files[name], nil
}

// Note implements okazaki.Outputs.
func (o *outputs) Note(n okazaki.Note) { o.notes = append(o.notes, n) }

func (o *outputs) answer() (map[string][]byte, error) {
	answer := map[string][]byte{}
	for _, n := range o.notes {
		answer[Notes] = append(answer[Notes], n.Text+"\n"...)
	}
	for name, f := range o.files {
		if !f.closed {
			return nil, fmt.Errorf("output %q was never closed", name)
		}
		answer[name] = f.Bytes()
	}
	return answer, nil
}

// gathered is a stage's result. Its readers answer less than they are asked
// for, as readers may, and open counts those that were not closed.
type gathered struct {
	bytes []byte
	open  atomic.Int64
}

func (g *gathered) result(ctx context.Context) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.open.Add(1)
	return &gatheredReader{iotest.HalfReader(bytes.NewReader(g.bytes)), g}, nil
}

type gatheredReader struct {
	io.Reader
	from *gathered
}

func (r *gatheredReader) Close() error {
	if r.from != nil {
		r.from.open.Add(-1)
		r.from = nil
	}
	return nil
}
