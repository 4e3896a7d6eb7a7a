// Command move gives Okazaki's module another path, by which it can be fetched, and
// the packages of deploy/packages that address.
//
//	go run -C tools ./move example.org/team/okazaki
//
// Its one invariant: what is neither a package of the module nor its address stays
// as it is.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"okazaki/tools/checkout"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run -C tools ./move PATH")
		os.Exit(2)
	}
	if err := move("..", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "move:", err)
		os.Exit(1)
	}
}

// fetchable is a path that begins with the name of a host.
var fetchable = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~-]+)+$`)

// placeholder is the address in documents and packages until the module has one.
const placeholder = "example.org/team/okazaki"

// move gives the module in a folder, and the one of its tools, the path to. Where
// the address stands as a placeholder, or as the path until now, it is written anew.
func move(root, to string) error {
	if !fetchable.MatchString(to) {
		return fmt.Errorf("%q can't be fetched: give a path such as example.org/team/okazaki", to)
	}
	from, err := checkout.ModulePath(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	for _, mod := range []string{"go.mod", "tools/go.mod"} {
		if err := edit(filepath.Join(root, mod), func(b []byte) ([]byte, error) {
			return bytes.Replace(b, []byte("module "+from), []byte("module "+to), 1), nil
		}); err != nil {
			return err
		}
	}
	var files []string
	packages := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || path != root && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.Type().IsRegular() && strings.HasSuffix(path, ".go"):
			files = append(files, path)
			folder, err := filepath.Rel(root, filepath.Dir(path))
			packages[strings.TrimSuffix(from+"/"+filepath.ToSlash(folder), "/.")] = true
			return err
		}
		return nil
	})
	for _, path := range files {
		if err == nil {
			err = edit(path, func(b []byte) ([]byte, error) { return renamed(b, packages, from, to) })
		}
	}
	if err != nil {
		return err
	}
	old := placeholder
	if fetchable.MatchString(from) {
		old = from
	}
	return readdress(root, old, to)
}

// readdress writes another address into the packages and CONTRIBUTING.md.
func readdress(root, old, to string) error {
	address := func(path string) error {
		return edit(path, func(b []byte) ([]byte, error) { return bytes.ReplaceAll(b, []byte(old), []byte(to)), nil })
	}
	if err := address(filepath.Join(root, "CONTRIBUTING.md")); err != nil {
		return err
	}
	return filepath.WalkDir(filepath.Join(root, "deploy", "packages"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".go") {
			return err
		}
		return address(path)
	})
}

// edit changes a file, if change changes anything.
func edit(path string, change func([]byte) ([]byte, error)) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, err := change(b)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if bytes.Equal(b, after) {
		return nil
	}
	return os.WriteFile(path, after, 0o666)
}

// renamed is source of Go with other names for its packages: in imports, and in
// strings that are nothing but the name of a package below the module's root.
func renamed(src []byte, packages map[string]bool, from, to string) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ParseComments)
	if err != nil {
		return src, nil // a test's input that isn't Go
	}
	var names []*ast.BasicLit
	imports := map[*ast.BasicLit]bool{}
	for _, spec := range f.Imports {
		imports[spec.Path] = true
	}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		name, err := strconv.Unquote(lit.Value)
		if err == nil && packages[name] && (imports[lit] || name != from) {
			names = append(names, lit)
		}
		return true
	})
	out := slices.Clone(src)
	slices.Reverse(names) // the last first, so that places stay right
	for _, lit := range names {
		at := fset.Position(lit.Pos()).Offset
		name, _ := strconv.Unquote(lit.Value) // as above
		out = slices.Replace(out, at, at+len(lit.Value), []byte(strconv.Quote(to+strings.TrimPrefix(name, from)))...)
	}
	if len(names) == 0 {
		return src, nil
	}
	return format.Source(out) // imports have an order
}
