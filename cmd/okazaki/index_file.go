package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"okazaki"
	"okazaki/analysis/guide"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/cmd/okazaki/internal/output"
)

// An indexKind is a kind of index, by what its files begin with.
type indexKind struct {
	what, ending string
	is           func(io.ReaderAt) bool
}

var (
	guideKind = indexKind{"an index of guides", ".okx", guide.IsIndex}
	genesKind = indexKind{"a model of genes", ".okg", gene.IsModel}
	knownKind = indexKind{"an annotation source", ".okk", known.IsSource}
)

// isAt says whether the file at path has the kind.
func (k indexKind) isAt(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, nil
	}
	defer f.Close()
	return k.is(f), nil
}

// An indexFile is a file that appears under its name once it is whole. It
// replaces an index of its kind; any other file only if the user forces it.
type indexFile struct {
	path  string
	kind  indexKind
	guard *output.Guard
	tmp   *os.File
}

// newIndex says before any work why an index can't be written to path.
func (a *app) newIndex(kind indexKind, path string, inputs ...string) (*indexFile, error) {
	x := &indexFile{path: path, kind: kind, guard: a.guard(inputs...)}
	for _, other := range []indexKind{guideKind, genesKind, knownKind} {
		if other.ending != kind.ending && strings.HasSuffix(path, other.ending) {
			return nil, &okazaki.Error{File: path, Message: "a file of this name is " + other.what + ", and this is " + kind.what, Hint: "name it with " + kind.ending}
		}
	}
	if err := x.guard.Check(path, kind.isAt); err != nil {
		return nil, err
	}
	prefix := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".okazaki-")
	output.RemoveStale(prefix)
	var err error
	if x.tmp, err = os.CreateTemp(filepath.Dir(path), filepath.Base(prefix)+"*"); err != nil {
		return nil, x.explain(err)
	}
	return x, nil
}

// discard removes what has not been committed.
func (x *indexFile) discard() {
	_ = x.tmp.Close() // write may have closed it
	_ = os.Remove(x.tmp.Name())
}

// write writes the index and gives it its name.
func (x *indexFile) write(write func(io.Writer) error) error {
	err := write(x.tmp)
	if err == nil {
		err = errors.Join(x.tmp.Chmod(0o644), x.tmp.Sync())
	}
	if err = errors.Join(err, x.tmp.Close()); err != nil {
		return mendOr(fmt.Errorf("index %s: %w", x.path, err))
	}
	return x.explain(x.guard.Put(x.tmp.Name(), x.path, x.kind.isAt))
}

func (x *indexFile) explain(err error) error {
	if _, ok := errors.AsType[*okazaki.Error](err); ok || err == nil {
		return err
	}
	return &okazaki.Error{File: x.path, Message: "can't be written: " + output.Reason(err), Hint: "name another file with --output", Err: err}
}
