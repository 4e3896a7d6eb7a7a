// Package checkout is what tools that change a checkout of Okazaki share.
//
// Its one invariant: it changes nothing in the checkout that it reads.
package checkout

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ModulePath is the path of a go.mod's module.
func ModulePath(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return path, nil
		}
	}
	return "", errors.New(file + " names no module")
}

// Copy copies a checkout to a folder, without what isn't its own and without the
// folders that have one of the names left.
func Copy(root, to string, left ...string) error {
	left = append(left, "node_modules", ".git", ".bin")
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path) // it is below
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(left, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o777)
		case !d.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), b, 0o666)
	})
}
