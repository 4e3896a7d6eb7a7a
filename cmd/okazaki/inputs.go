package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/format/fasta"
	"okazaki/format/sniff"
	"okazaki/scatter"
)

// openFolders puts the files of a folder in its place. A file named "-" is stdin.
func (a *app) openFolders(q *question, files []client.File) ([]client.File, error) {
	for i := range files {
		if files[i].Name == "-" {
			files[i].Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(a.in), nil }
		}
	}
	return client.OpenFolders(q.analysis, files)
}

// takeInputs makes the job's inputs. Files stay where they are, unless workers
// elsewhere could not read them: those, and what can be read once only, such as
// stdin, are kept in the store.
func (a *app) takeInputs(ctx context.Context, p *place, inputs *scatter.Inputs, q *question, files []client.File) ([]okazaki.Input, error) {
	stdin := false
	for i := range files {
		if files[i].Open == nil {
			continue
		}
		if stdin {
			return nil, &okazaki.Error{Message: "stdin can be read once only", Hint: `give "-" for one file`}
		}
		stdin, files[i].Name = true, "stdin"
	}
	shown := time.Now()
	taken, err := client.TakeInputs(ctx, p.Store, inputs, q.analysis, files, func(name string, read, total int64) {
		if total > 0 && time.Since(shown) > progressEvery(a.tell) {
			shown = time.Now()
			a.tell.progress(fmt.Sprintf("reading %s: %d%%", name, 100*read/total), "file", name, "read", read, "size", total)
		}
	})
	if err == nil {
		a.tell.still()
	}
	return taken, err
}

// inputs opens the inputs of a store's jobs.
func (a *app) inputs(p *place) *scatter.Inputs {
	return client.NewInputs(p.Store.Store, a.config.deadline, a.config.digests)
}

// openLocal opens a file of this machine, unless it is plainly of another format.
func openLocal(name string, formats ...string) (okazaki.File, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, &okazaki.Error{File: name, Message: "this is not a file", Hint: "give a file that stays where it is"}
	}
	source, err := fasta.Open(name)
	if err != nil {
		return nil, err
	}
	if err := sniff.Check(name, source.File, formats...); err != nil {
		return nil, errors.Join(err, source.File.Close())
	}
	return source.File, nil
}

// param is the analysis' parameter of that name; nil if it has none.
func (q *question) param(name string) *okazaki.Param {
	for i := range q.analysis.Params {
		if p := &q.analysis.Params[i]; p.Name == name {
			return p
		}
	}
	return nil
}
