package client

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/format/fasta"
	"okazaki/format/sniff"
	"okazaki/scatter"
)

// TakeInputs returns the inputs of a job of these files. Files stay where they
// are, unless workers elsewhere could not read them: those, and what can be read
// once only, such as a pipe, are kept in the store. progress, if set, hears how
// much of a file has been read.
func TakeInputs(ctx context.Context, s *Store, inputs *scatter.Inputs, an *okazaki.Analysis, files []File, progress func(file string, read, total int64)) ([]okazaki.Input, error) {
	for _, f := range files { // a mistake is found before long files are read
		if !f.once() {
			if err := lookAt(an, f); err != nil {
				return nil, err
			}
		}
	}
	var taken []okazaki.Input
	for _, f := range files {
		in, err := f.take(ctx, s, inputs, progress)
		if err == nil && f.once() {
			err = look(ctx, an, inputs, in)
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, in)
	}
	return taken, nil
}

// once says whether a file can be read once only.
func (f *File) once() bool { return f.Open != nil || isPipe(f.Name) }

// look returns an error if an input is plainly not what its parameter takes.
func look(ctx context.Context, an *okazaki.Analysis, inputs *scatter.Inputs, in okazaki.Input) error {
	p := param(an, in.Role)
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

// lookAt is look for a file that is not an input yet. One that can't be opened
// is left to the one that reads it.
func lookAt(an *okazaki.Analysis, file File) error {
	p := param(an, file.Role)
	if p == nil || len(p.Formats) == 0 {
		return nil
	}
	source, err := fasta.Open(file.Name)
	if err != nil {
		return nil
	}
	defer source.File.Close()
	return sniff.Check(file.Name, source.File, p.Formats...)
}

// take makes an input of the file.
func (f *File) take(ctx context.Context, s *Store, inputs *scatter.Inputs, progress func(file string, read, total int64)) (okazaki.Input, error) {
	switch {
	case f.Open != nil:
		return f.keep(ctx, inputs)
	case s.Remote || isPipe(f.Name):
		file, err := os.Open(f.Name)
		if err != nil {
			return inputs.Describe(ctx, f.Role, f.Name, nil) // it says what is wrong
		}
		defer file.Close()
		return inputs.Keep(ctx, f.Role, f.Name, file)
	case progress == nil:
		return inputs.Describe(ctx, f.Role, f.Name, nil)
	}
	return inputs.Describe(ctx, f.Role, f.Name, func(read, total int64) { progress(f.Name, read, total) })
}

// keep keeps the file in the store. A read that waits for its writer does not
// outlast ctx.
func (f *File) keep(ctx context.Context, inputs *scatter.Inputs) (okazaki.Input, error) {
	type keeping struct {
		in  okazaki.Input
		err error
	}
	r, err := f.Open(ctx)
	if err != nil {
		return okazaki.Input{}, err
	}
	kept := make(chan keeping, 1)
	go func() {
		in, err := inputs.Keep(ctx, f.Role, f.Name, r)
		kept <- keeping{in, errors.Join(err, r.Close())}
	}()
	select {
	case k := <-kept:
		return k.in, k.err
	case <-ctx.Done():
		return okazaki.Input{}, ctx.Err()
	}
}

// isPipe says that a name's file can't be read again, such as
// /dev/stdin after a pipe, or what a shell puts for <(…).
func isPipe(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// OpenFolders puts the files of a folder in its place, sorted by name, without
// hidden ones. Folders within count only if the folder has no file of its own.
// It says early which files are missing, before a long one is read.
func OpenFolders(an *okazaki.Analysis, files []File) ([]File, error) {
	var out []File
	for _, f := range files {
		if f.Open != nil {
			out = append(out, f)
			continue
		}
		info, err := os.Stat(f.Name)
		if err != nil {
			return nil, &okazaki.Error{File: f.Name, Message: missing(err), Hint: "check the path", Err: err}
		}
		if !info.IsDir() {
			out = append(out, f)
			continue
		}
		within, err := openFolder(an, f)
		if err != nil {
			return nil, err
		}
		out = append(out, within...)
	}
	return out, nil
}

func openFolder(an *okazaki.Analysis, folder File) ([]File, error) {
	wrong := func(message, hint string, err error) error {
		return &okazaki.Error{File: folder.Name, Message: message, Hint: hint, Err: err}
	}
	if p := param(an, folder.Role); p != nil && !p.Many {
		return nil, wrong("this is a folder, and "+p.Name+" is one file", "give a file", nil)
	}
	out, err := filesIn(folder)
	if err != nil {
		return nil, wrong("can't be read: "+reason(err), "check the folder's permissions", err)
	}
	if len(out) == 0 {
		return nil, wrong("the folder holds no files", "check the path", nil)
	}
	fits := fitting(an, out)
	if len(fits) == 0 {
		return nil, wrong("no file of the folder is named as "+param(an, folder.Role).Formats[0]+" is", "name the files in it", nil)
	}
	return fits, nil
}

// fitting are the files of a folder that are named as the parameter's are: an
// index or a README beside them is none.
func fitting(an *okazaki.Analysis, files []File) (fits []File) {
	for _, f := range files {
		p := param(an, f.Role)
		named := func(format string) bool { return sniff.Named(f.Name, format) }
		if p == nil || len(p.Formats) == 0 || slices.ContainsFunc(p.Formats, named) {
			fits = append(fits, f)
		}
	}
	return fits
}

// filesIn are the files that a folder stands for.
func filesIn(folder File) (out []File, err error) {
	entries, err := os.ReadDir(folder.Name) // sorted
	if err != nil {
		return nil, err
	}
	var within []File
	for _, e := range entries {
		f := File{Role: folder.Role, Name: filepath.Join(folder.Name, e.Name())}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if info, err := os.Stat(f.Name); err == nil && info.Mode().IsRegular() {
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
func param(an *okazaki.Analysis, name string) *okazaki.Param {
	for i := range an.Params {
		if p := &an.Params[i]; p.Name == name {
			return p
		}
	}
	return nil
}

func missing(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "there is no such file"
	}
	return "can't be read: " + reason(err)
}

// reason is an error without the operation and the path that os adds.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
