package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"okazaki"
	"okazaki/format/fasta"
	"okazaki/format/sniff"
	"okazaki/scatter"
)

// A fileArgument is a file as the command line names it.
type fileArgument struct {
	role, name string // name "-" is stdin
}

// takeInputs makes the job's inputs. Files stay where they are, unless workers
// elsewhere could not read them: those, and what can be read once only, such as
// stdin, are kept in the store.
func (a *app) takeInputs(ctx context.Context, p *place, inputs *scatter.Inputs, q *question, files []fileArgument) ([]okazaki.Input, error) {
	var taken []okazaki.Input
	stdin := false
	for _, f := range files { // a mistake is found before long files are read
		if f.name == "-" && stdin {
			return nil, &okazaki.Error{Message: "stdin can be read once only", Hint: `give "-" for one file`}
		}
		stdin = stdin || f.name == "-"
		if !once(f.name) {
			if err := q.lookAt(f); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range files {
		in, err := a.takeInput(ctx, p, inputs, f)
		if err == nil && once(f.name) {
			err = q.look(ctx, inputs, in)
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, in)
	}
	a.tell.still()
	return taken, nil
}

// once says whether a file can be read once only.
func once(name string) bool { return name == "-" || isPipe(name) }

// look returns an error if an input is plainly not what its parameter takes.
func (q *question) look(ctx context.Context, inputs *scatter.Inputs, in okazaki.Input) error {
	p := q.param(in.Role)
	if p == nil || len(p.Formats) == 0 {
		return nil
	}
	f, err := inputs.Open(ctx, in)
	if err != nil {
		return err
	}
	defer f.Close()
	return sniff.Check(in.Name, f, p.Formats...)
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

// lookAt is look for a file that is not an input yet. A file that can't be
// opened is reported by its reader.
func (q *question) lookAt(file fileArgument) error {
	p := q.param(file.role)
	if p == nil || len(p.Formats) == 0 {
		return nil
	}
	source, err := fasta.Open(file.name)
	if err != nil {
		return nil
	}
	defer source.File.Close()
	return sniff.Check(file.name, source.File, p.Formats...)
}

func (a *app) takeInput(ctx context.Context, p *place, inputs *scatter.Inputs, f fileArgument) (okazaki.Input, error) {
	switch {
	case f.name == "-":
		return a.takeStdin(ctx, inputs, f.role)
	case p.remote || isPipe(f.name):
		file, err := os.Open(f.name)
		if err != nil {
			return inputs.Describe(ctx, f.role, f.name, nil) // it says what is wrong
		}
		defer file.Close()
		return inputs.Keep(ctx, f.role, f.name, file)
	}
	shown := time.Now()
	return inputs.Describe(ctx, f.role, f.name, func(read, total int64) {
		if total > 0 && time.Since(shown) > progressEvery(a.tell) {
			shown = time.Now()
			a.tell.progress(fmt.Sprintf("reading %s: %d%%", f.name, 100*read/total), "file", f.name, "read", read, "size", total)
		}
	})
}

// isPipe says that a name is not a file that could be read again, such as
// /dev/stdin after a pipe, or what a shell puts for <(…).
func isPipe(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// takeStdin keeps stdin in the store. A read that waits for its writer does not
// keep the command from ending.
func (a *app) takeStdin(ctx context.Context, inputs *scatter.Inputs, role string) (okazaki.Input, error) {
	type keeping struct {
		in  okazaki.Input
		err error
	}
	kept := make(chan keeping, 1)
	go func() {
		in, err := inputs.Keep(ctx, role, "stdin", a.in)
		kept <- keeping{in, err}
	}()
	select {
	case k := <-kept:
		return k.in, k.err
	case <-ctx.Done():
		return okazaki.Input{}, ctx.Err()
	}
}

// openFolders puts the files of a folder in its place, sorted by name, without
// hidden ones. Folders within count only if the folder has no file of its own.
// It says early which files are missing, before a long one is read.
func (q *question) openFolders(files []fileArgument) ([]fileArgument, error) {
	var out []fileArgument
	for _, f := range files {
		if f.name == "-" {
			out = append(out, f)
			continue
		}
		info, err := os.Stat(f.name)
		if err != nil {
			return nil, &okazaki.Error{File: f.name, Message: missing(err), Hint: "check the path", Err: err}
		}
		if !info.IsDir() {
			out = append(out, f)
			continue
		}
		within, err := q.openFolder(f)
		if err != nil {
			return nil, err
		}
		out = append(out, within...)
	}
	return out, nil
}

func (q *question) openFolder(folder fileArgument) ([]fileArgument, error) {
	wrong := func(message, hint string, err error) error {
		return &okazaki.Error{File: folder.name, Message: message, Hint: hint, Err: err}
	}
	switch p := q.param(folder.role); {
	case p != nil && !p.Many:
		return nil, wrong("this is a folder, and "+p.Name+" is one file", "give a file", nil)
	}
	out, err := filesIn(folder)
	if err != nil {
		return nil, wrong("can't be read: "+osReason(err), "check the folder's permissions", err)
	}
	if len(out) == 0 {
		return nil, wrong("the folder holds no files", "check the path", nil)
	}
	fits := q.fitting(out)
	if len(fits) == 0 {
		return nil, wrong("no file of the folder is named as "+q.param(folder.role).Formats[0]+" is", "name the files in it", nil)
	}
	return fits, nil
}

// fitting are the files of a folder that are named as the parameter's are: an
// index or a README beside them is none.
func (q *question) fitting(files []fileArgument) (fits []fileArgument) {
	for _, f := range files {
		p := q.param(f.role)
		named := func(format string) bool { return sniff.Named(f.name, format) }
		if p == nil || len(p.Formats) == 0 || slices.ContainsFunc(p.Formats, named) {
			fits = append(fits, f)
		}
	}
	return fits
}

// filesIn are the files that a folder stands for.
func filesIn(folder fileArgument) (out []fileArgument, err error) {
	entries, err := os.ReadDir(folder.name) // sorted
	if err != nil {
		return nil, err
	}
	var within []fileArgument
	for _, e := range entries {
		f := fileArgument{folder.role, filepath.Join(folder.name, e.Name())}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := os.Stat(f.name); err == nil && info.Mode().IsRegular() {
			out = append(out, f)
		} else if e.IsDir() {
			within = append(within, f)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	for _, f := range within {
		files, err := filesIn(f)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	return out, nil
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

func missing(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "there is no such file"
	}
	return "can't be read: " + osReason(err)
}
