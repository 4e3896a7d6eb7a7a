// Command newanalysis begins an analysis: its folder with a test that fails until
// the analysis is written, its page in docs, and its line in the command.
//
//	go run -C tools ./newanalysis NAME
//
// Its one invariant: a file that is there already stays, or nothing is written.
package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"okazaki/tools/checkout"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run -C tools ./newanalysis NAME")
		os.Exit(2)
	}
	if err := begin("..", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "newanalysis:", err)
		os.Exit(1)
	}
	fmt.Printf(`Now fill in analysis/%[1]s/%[1]s.go until this passes:

  go test ./analysis/%[1]s

docs/add-an-analysis.md says how.
`, os.Args[1])
}

//go:embed template
var templates embed.FS

// The file with the line of each analysis, and what is before and after it.
const (
	list       = "cmd/okazaki/analyses.go"
	lastImport = "\t\"%s/scatter\"\n"
	lastLine   = "}, proofs...)\n"
)

var plain = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// begin writes the files of an analysis called name to a checkout.
func begin(root, name string) error {
	if !plain.MatchString(name) || token.IsKeyword(name) || name == "main" || name == "internal" || name == "vendor" || name == "testdata" {
		return fmt.Errorf("%q can't be the name of an analysis and of its package: give one word of small letters", name)
	}
	for _, path := range []string{"analysis/" + name, "docs/" + name + ".md"} {
		if _, err := os.Lstat(filepath.Join(root, path)); err == nil {
			return fmt.Errorf("%s is there already: give another name", path)
		}
	}
	module, err := checkout.ModulePath(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	lines, err := registered(filepath.Join(root, list), module, name)
	if err != nil {
		return err
	}
	all, err := template.ParseFS(templates, "template/*")
	if err != nil {
		return err
	}
	files := map[string][]byte{list: lines}
	for from, to := range map[string]string{
		"analysis.txt":      "analysis/NAME/NAME.go",
		"analysis_test.txt": "analysis/NAME/NAME_test.go",
		"small.fasta":       "analysis/NAME/testdata/small.fasta",
		"page.md":           "docs/NAME.md",
	} {
		var b bytes.Buffer
		if err := all.ExecuteTemplate(&b, from, map[string]string{"Module": module, "Name": name}); err != nil {
			return err
		}
		to = strings.ReplaceAll(to, "NAME", name)
		files[to] = b.Bytes()
		if strings.HasSuffix(to, ".go") {
			if files[to], err = format.Source(b.Bytes()); err != nil {
				return err
			}
		}
	}
	for to, b := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, to), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// registered is the list of analyses with one more.
func registered(file, module, name string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	src := string(b)
	for at, line := range map[string]string{
		fmt.Sprintf(lastImport, module): fmt.Sprintf("\t%q\n", module+"/analysis/"+name),
		lastLine:                        "\t" + name + ".Analysis,\n",
	} {
		if strings.Count(src, at) != 1 {
			return nil, fmt.Errorf("%s has no place for a line before %q", file, at)
		}
		src = strings.Replace(src, at, line+at, 1)
	}
	return format.Source([]byte(src)) // imports have an order
}
