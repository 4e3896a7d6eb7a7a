package output

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
)

// A Guard decides which files a command may replace. It never lets one of the
// command's inputs be replaced, under whatever name, and a file that okazaki
// didn't write only if the user forces it.
type Guard struct {
	inputs []os.FileInfo
	force  bool
	store  string                 // the folder of the command's store; "" if it has none
	known  map[string]os.FileInfo // files that were found to be okazaki's, by path
}

// NewGuard returns a guard of the command's inputs: files by name, where "-" is
// stdin and a folder stands for all files in it. A missing file is reported by
// its reader. store is the folder of the command's store, "" if it has none.
func NewGuard(inputs []string, stdin io.Reader, store string, force bool) *Guard {
	g := &Guard{force: force, store: store, known: map[string]os.FileInfo{}}
	for _, name := range inputs {
		if name == "" {
			continue
		}
		var info os.FileInfo
		var err error
		if in, ok := stdin.(*os.File); ok && name == "-" {
			info, err = in.Stat()
		} else {
			info, err = os.Stat(name)
		}
		switch {
		case err == nil && info.Mode().IsRegular():
			g.inputs = append(g.inputs, info)
		case err == nil && info.IsDir():
			g.addFolder(os.DirFS(name))
		}
	}
	return g
}

// addFolder adds all files of a folder to the inputs.
func (g *Guard) addFolder(folder fs.FS) {
	_ = fs.WalkDir(folder, ".", func(at string, _ fs.DirEntry, err error) error {
		if info, wrong := fs.Stat(folder, at); err == nil && wrong == nil && info.Mode().IsRegular() {
			g.inputs = append(g.inputs, info)
		}
		return nil // a file that can't be read is reported by its reader
	})
}

// isInput says whether a file is one of the inputs, by whatever name or link.
func (g *Guard) isInput(info os.FileInfo) bool {
	return slices.ContainsFunc(g.inputs, func(in os.FileInfo) bool { return os.SameFile(in, info) })
}

// Check returns an error unless a file may be written at path. ours says
// whether okazaki wrote what is there.
func (g *Guard) Check(path string, ours func(path string) (bool, error)) error {
	wrong := func(message, hint string) error {
		return &okazaki.Error{File: path, Message: message, Hint: hint}
	}
	if g.store != "" && isWithin(path, g.store) {
		return wrong("this lies in the folder of the store, "+g.store, "name another place with --output")
	}
	own, err := os.Lstat(path)
	if err != nil {
		return nil // there is no file, or to create one will say what is wrong
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && g.isInput(info):
		return wrong("this would be replaced by the answer, and is one of its inputs", "name another file with --output")
	case err == nil && info.IsDir():
		return wrong("this is a folder", "name a file in it")
	case err == nil && !info.Mode().IsRegular():
		return wrong("this is not a file", "name a file; or, where an answer has one main file, give --output - for stdout")
	case g.force:
		return nil
	case own.Mode()&fs.ModeSymlink == 0:
		if was := g.known[path]; was != nil && os.SameFile(was, own) && was.Size() == own.Size() && was.ModTime().Equal(own.ModTime()) {
			return nil // a large file is not read twice
		}
		is, err := ours(path)
		if is && err == nil {
			g.known[path] = own
		}
		if is || err != nil {
			return err
		}
	}
	return wrong("this is there already, and is not a file that okazaki wrote there and left so", "name another with --output, or give --force to replace it")
}

// CheckStdout returns an error if what is printed would go into an input.
func (g *Guard) CheckStdout(stdout any) error {
	f, ok := stdout.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err == nil && g.isInput(info) {
		return &okazaki.Error{Message: "stdout goes into one of the inputs", Hint: "send it to another file"}
	}
	return nil
}

// Put gives a file that is whole its name. A file that came there since check
// is checked too.
func (g *Guard) Put(tmp, path string, ours func(path string) (bool, error)) error {
	err := os.Link(tmp, path) // unlike a rename, it replaces nothing
	if err == nil {
		return os.Remove(tmp)
	}
	if errors.Is(err, fs.ErrExist) {
		if err := g.Check(path, ours); err != nil {
			return err
		}
	}
	return os.Rename(tmp, path)
}

// SameFolder says whether two names lead to one folder, which is there.
func SameFolder(a, b string) bool {
	ai, aerr := os.Stat(a)
	bi, berr := os.Stat(b)
	return aerr == nil && berr == nil && os.SameFile(ai, bi)
}

// samePlace says whether two paths name one file, there or not yet. Some systems
// take names for one that differ only in case.
func samePlace(a, b string) bool {
	return strings.EqualFold(filepath.Base(a), filepath.Base(b)) && realFolder(filepath.Dir(a)) == realFolder(filepath.Dir(b))
}

// realFolder is a folder, there or not yet, without the links on the way to it.
func realFolder(folder string) string {
	abs, err := filepath.Abs(folder)
	if err != nil {
		abs = folder
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if above := filepath.Dir(abs); above != abs {
		return filepath.Join(realFolder(above), filepath.Base(abs))
	}
	return abs
}

// isWithin says whether a path is a folder's, or of something in it.
func isWithin(path, folder string) bool {
	folder = realFolder(folder)
	at := filepath.Join(realFolder(filepath.Dir(path)), filepath.Base(path))
	for {
		if at == folder || SameFolder(at, folder) {
			return true
		}
		above := filepath.Dir(at)
		if above == at {
			return false
		}
		at = above
	}
}
