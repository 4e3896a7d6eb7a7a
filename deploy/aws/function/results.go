package function

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"okazaki"
	"okazaki/scatter"
	"okazaki/store"
)

// index names the files of an answer. It is written after the files, so that
// they are there if it is.
const index = "index"

// A File is one of an answer's.
type File struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	URL  string `json:"url,omitempty"`
}

// render writes an answer's files, unless its index is there. Many may do so at
// once: they write the same bytes, and the first ones stay.
func (f *Function) render(ctx context.Context, id string) error {
	_, err := f.Results.Get(ctx, id+"/"+index)
	if err == nil || !errors.Is(err, okazaki.ErrNotFound) {
		return err
	}
	job, _, err := scatter.Load(ctx, f.Store, id)
	if err != nil {
		return err
	}
	var gathered []okazaki.Result
	for stage := range job.Stages {
		gathered = append(gathered, scatter.Gathered(f.Store, id, stage))
	}
	out := &outputs{}
	var rendered error
	err = f.Engines.Use(ctx, f.Store, id, func(e okazaki.Engine) error {
		rendered = e.Render(ctx, gathered, out)
		return nil
	})
	if mend, ok := errors.AsType[*okazaki.Error](rendered); ok {
		return f.say(ctx, id, answer{Error: mend.Error()})
	}
	if err := cmp.Or(err, rendered); err != nil {
		return err
	}
	var files []File
	for _, o := range out.files {
		if !store.IsPart(o.name) || o.name == index {
			return fmt.Errorf("%q is not a name for an output", o.name)
		}
		if err := create(ctx, f.Results, id+"/"+o.name, o.Bytes()); err != nil {
			return err
		}
		files = append(files, File{Name: o.name, Size: o.Len()})
	}
	return f.say(ctx, id, answer{Files: files, Notes: out.notes})
}

// say writes the index of a job's results.
func (f *Function) say(ctx context.Context, id string, a answer) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return create(ctx, f.Results, id+"/"+index, b)
}

// An answer is what the index of a job's results holds.
type answer struct {
	Files []File         `json:"files,omitempty"`
	Notes []okazaki.Note `json:"notes,omitempty"`
	Error string         `json:"error,omitempty"` // what the user can mend
}

// create writes a value; all writers of a key write the same.
func create(ctx context.Context, s okazaki.Store, key string, value []byte) error {
	err := s.Create(ctx, key, value)
	if errors.Is(err, okazaki.ErrExists) {
		return nil
	}
	return err
}

// outputs hold an answer's files in memory until they are whole.
type outputs struct {
	files []*output
	notes []okazaki.Note
}

type output struct {
	bytes.Buffer
	name string
}

// Create is okazaki.Outputs'.
func (o *outputs) Create(name string) (io.WriteCloser, error) {
	o.files = append(o.files, &output{name: name})
	return o.files[len(o.files)-1], nil
}

// Note is okazaki.Outputs'.
func (o *outputs) Note(n okazaki.Note) { o.notes = append(o.notes, n) }

// Close is io.Closer's.
func (o *output) Close() error { return nil }
