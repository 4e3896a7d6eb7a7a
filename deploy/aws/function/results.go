package function

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
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
	out := &client.Memory{}
	var rendered error
	err = f.Engines.Use(ctx, f.Store, id, func(e okazaki.Engine) error {
		rendered = client.Render(ctx, f.Store, id, job, e, out)
		return nil
	})
	if mend, ok := errors.AsType[*okazaki.Error](rendered); ok {
		return f.say(ctx, id, answer{Error: mend.Error()})
	}
	if err := cmp.Or(err, rendered); err != nil {
		return err
	}
	a := answer{Notes: out.Notes}
	for _, o := range out.Files {
		if o.Name == index {
			return fmt.Errorf("%q is not a name for an output", o.Name)
		}
		a.Files = append(a.Files, File{Name: o.Name, Size: o.Len()})
	}
	if _, err := out.Put(ctx, f.Results, id); err != nil {
		return err
	}
	return f.say(ctx, id, a)
}

// say writes the index of a job's results.
func (f *Function) say(ctx context.Context, id string, a answer) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := f.Results.Create(ctx, id+"/"+index, b); !errors.Is(err, okazaki.ErrExists) {
		return err
	}
	return nil // all writers of it write the same
}

// An answer is what the index of a job's results holds.
type answer struct {
	Files []File         `json:"files,omitempty"`
	Notes []okazaki.Note `json:"notes,omitempty"`
	Error string         `json:"error,omitempty"` // what the user can mend
}
