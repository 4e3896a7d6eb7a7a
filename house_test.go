package okazaki_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows say what the packages of a folder may import of this module, and of
// others, besides the standard library. Tests may import what they like.
var arrows = []struct {
	folder string
	own    []string // folders of this module; "." is the root
	others []string // modules
	reason string
}{
	{".", nil, nil, "the nouns, which need nothing else"},
	{"genome", nil, nil, "biology without input or output"},
	{"format", []string{".", "format", "genome"}, []string{"github.com/klauspost/compress", "github.com/ulikunitz/xz"}, "bytes to genome and back"},
	{"format/table", []string{".", "format"}, []string{"github.com/klauspost/compress", "github.com/parquet-go/parquet-go"}, "columns of files stay in one package"},
	{"analysis", []string{".", "analysis", "format", "genome"}, []string{"github.com/klauspost/compress", "github.com/parquet-go/parquet-go"}, "a question never learns how it is cut, stored or woken"},
	{"analysis/virus/distance", []string{".", "format/wire", "genome"}, []string{"golang.org/x/sys"}, "numbers alone; x/sys knows what the processor can"},
	{"analysis/virus/distance/matrix", []string{"analysis"}, []string{"github.com/parquet-go/parquet-go"}, "the formats of a matrix"},
	{"analysis/report", []string{"."}, nil, "a page knows text and numbers, and no biology; the analyses say what is on it"},
	{"analysis/kit", []string{".", "analysis", "format"}, nil, "stages, their axes and tables, whatever the question is"},
	{"analysis/analysistest", []string{".", "analysis", "format/table"}, []string{"pgregory.net/rapid"}, "the conformance suite of engines, run by their tests"},
	{"scatter", []string{"."}, nil, "the only coordinator knows stores and wakers by their contracts alone"},
	{"store", []string{".", "store"}, []string{"golang.org/x/sys"}, "a store never meets a codon"},
	{"store/aws", []string{"."}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "what the two drivers of AWS share"},
	{"store/s3", []string{".", "store"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "the cloud's client stays in its driver"},
	{"store/dynamo", []string{".", "store"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "the cloud's client stays in its driver"},
	{"store/dynamo/dynamotest", []string{"."}, nil, "a server for tests"},
	{"store/s3/s3test", []string{".", "store"}, []string{"github.com/johannesboyne/gofakes3"}, "servers for tests"},
	{"store/storetest", []string{".", "store"}, []string{"pgregory.net/rapid"}, "the conformance suite of stores, run by their tests"},
	{"wake", []string{".", "wake"}, nil, "hints, never truth"},
	{"wake/sns", []string{".", "wake"}, []string{"github.com/aws/aws-sdk-go-v2"}, "the cloud's client stays in its driver"},
	{"client", []string{".", "analysis", "deploy/aws", "format", "scatter", "store", "wake"}, []string{"golang.org/x/sys"}, "a question asked from Go: which store, which workers, what it may cost; never a flag or a screen"},
	{"deploy/aws", []string{"."}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}, "puts a template into an account, and knows no job"},
	{"deploy/aws/function", []string{".", "analysis", "client", "scatter", "store"}, []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/aws-lambda-go"}, "Lambda's events on one side, scatter on the other; which store and which waker is cmd's choice"},
	{"internal/awsemu", []string{"."}, []string{"github.com/aws/aws-sdk-go-v2", "go.yaml.in/yaml/v3"}, "an AWS for tests knows AWS, and nothing of what runs in it"},
	{"internal/filetest", []string{"."}, []string{"github.com/ulikunitz/xz"}, "files for tests"},
	{"internal/awsemu/stubborn", []string{".", "analysis"}, nil, "an analysis like any other"},
	{"api", []string{".", "analysis", "format", "genome"}, nil, "HTTP in, results out; cmd chooses where to mount it"},
	{"cmd", []string{".", "analysis", "api", "client", "cmd", "deploy", "internal/awsemu/stubborn", "format", "genome", "scatter", "store", "wake"}, []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/vbauerster/mpb/v8", "golang.org/x/term", "golang.org/x/sys", "github.com/aws/aws-lambda-go"}, "all wiring is here"},
	{"cmd/okazaki/internal/output", []string{".", "format/table"}, []string{"golang.org/x/sys"}, "which files a command writes, and how: no flag, job or biology"},
	{"bench", []string{".", "analysis", "client", "format", "genome", "scatter", "store", "wake"}, nil, "measures everything"},
}

// goFiles calls visit with every Go file of the module, by its slash path.
func goFiles(t *testing.T, visit func(path string, f *ast.File, src []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "tools" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(path), f, src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportsPointDown(t *testing.T) {
	module := modulePath(t)
	goFiles(t, func(path string, f *ast.File, _ []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		folder := filepath.ToSlash(filepath.Dir(path))
		row := -1
		for i, a := range arrows {
			inside := folder == a.folder || strings.HasPrefix(folder, a.folder+"/")
			if inside && (row < 0 || len(a.folder) > len(arrows[row].folder)) {
				row = i
			}
		}
		if row < 0 {
			t.Errorf("%s: no row of the table says what its folder may import", path)
			return
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if !allowed(module, name, arrows[row].own, arrows[row].others) {
				t.Errorf("%s imports %s, but of %s the table says: %s", path, name, arrows[row].folder, arrows[row].reason)
			}
		}
	})
}

func allowed(module, name string, own, others []string) bool {
	if name == module {
		return slices.Contains(own, ".")
	}
	if rest, ok := strings.CutPrefix(name, module+"/"); ok {
		return slices.ContainsFunc(own, func(dir string) bool { return rest == dir || strings.HasPrefix(rest, dir+"/") })
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(others, func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") })
}

// modulePath is the path in go.mod, which the module's home may change.
func modulePath(t *testing.T) string {
	t.Helper()
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(mod), "\n")
	path, ok := strings.CutPrefix(line, "module ")
	if !ok {
		t.Fatalf("go.mod begins with %q", line)
	}
	return path
}

func TestHouseRules(t *testing.T) {
	goFiles(t, func(path string, f *ast.File, src []byte) {
		if n := bytes.Count(src, []byte("\n")); n > 500 {
			t.Errorf("%s has %d lines: is it two files?", path, n)
		}
		if slices.Contains([]string{"util", "utils", "common", "helpers", "pkg"}, f.Name.Name) {
			t.Errorf("%s: package %s says nothing of what it holds", path, f.Name.Name)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: no init functions; what is registered is a plain slice", path)
			}
		}
	})
}

// TestTheWorkedExampleIsShort holds analysis/orf to what docs/add-an-analysis.md
// promises of an ordinary analysis.
func TestTheWorkedExampleIsShort(t *testing.T) {
	files := 0
	goFiles(t, func(path string, _ *ast.File, src []byte) {
		if filepath.Dir(path) != filepath.FromSlash("analysis/orf") {
			return
		}
		files++
		if n := bytes.Count(src, []byte("\n")); n > 120 && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s has %d lines; the worked example has 120 at most: what is missing in analysis/kit?", path, n)
		}
	})
	if files != 2 {
		t.Errorf("analysis/orf has %d files of Go, not 2: one of code and one of tests", files)
	}
}

// plainWords are phrases that strangers stumble over, with plainer ones.
var plainWords = [...]struct {
	phrase  *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`^// \w+ answers\b|\b([Ii]t|and|or) answers (the|its|an?|whether|how|what|true|false|nil|io|\*)`), "returns"},
	{regexp.MustCompile(`\b(is|are) no \w`), "is not a"},
	{regexp.MustCompile(`\b(is|are) of\b`), "has, belongs to, or the plain verb"},
	{regexp.MustCompile(`\b(that|those) of\b`), "the noun again"},
	{regexp.MustCompile(`\bso\s+many\b`), "the number's name"},
	{regexp.MustCompile(`\b(tells?|told) of\b`), "says, describes, reports"},
	{regexp.MustCompile(`\b[Ww]ho(ever)?\b`), "the worker, caller or process, which is an it"},
}

// leftToReword counts the phrases of plainWords in the comments, texts and
// documents of a folder, in order. A folder that is not here has none. The
// numbers may only go down. The texts that are left in analysis and format are
// in output files, which stay as they are.
var leftToReword = map[string][len(plainWords)]int{
	"analysis": {0, 5, 5, 5, 0, 0, 2},
	"format":   {0, 4, 0, 0, 0, 0, 0},
}

func TestWordsArePlain(t *testing.T) {
	places := map[string]*[len(plainWords)][]string{}
	thereIsNo := strings.NewReplacer("here is no ", "", "here are no ", "") // which is plain
	count := func(path string, first int, text string) {
		folder, _, below := strings.Cut(path, "/")
		if !below {
			folder = "."
		}
		if places[folder] == nil {
			places[folder] = new([len(plainWords)][]string)
		}
		for i, line := range strings.Split(text, "\n") {
			line = thereIsNo.Replace(strings.TrimSpace(line))
			for k, w := range plainWords {
				for _, found := range w.phrase.FindAllString(line, -1) {
					places[folder][k] = append(places[folder][k], fmt.Sprintf("%s:%d: %q, better: %s", path, first+i, found, w.instead))
				}
			}
		}
	}
	goFiles(t, func(path string, _ *ast.File, src []byte) {
		var s scanner.Scanner
		file := token.NewFileSet().AddFile(path, -1, len(src))
		s.Init(file, src, nil, scanner.ScanComments)
		for pos, tok, text := s.Scan(); tok != token.EOF; pos, tok, text = s.Scan() {
			if tok == token.COMMENT || tok == token.STRING {
				count(path, file.Line(pos), text)
			}
		}
	})
	documents, _ := filepath.Glob("docs/*.md")
	for _, path := range append(documents, "README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		count(filepath.ToSlash(path), 1, string(text))
	}
	for folder, found := range places {
		for k, most := range leftToReword[folder] {
			if n := len(found[k]); n > most {
				t.Errorf("%s has %d of these phrases, and leftToReword allows %d; reword one:\n%s", folder, n, most, strings.Join(found[k], "\n"))
			}
		}
	}
}

// TestDependenciesAreDecided wants each direct dependency in
// docs/decisions.md, with what it saves.
func TestDependenciesAreDecided(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := os.ReadFile("docs/decisions.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.Contains(fields[0], ".") {
			continue // not a direct requirement
		}
		if !bytes.Contains(decisions, []byte(fields[0])) {
			t.Errorf("docs/decisions.md does not say why %s is a dependency", fields[0])
		}
	}
}

// TestSkipsSayWhatToDo wants one wording wherever a test is skipped: "to run it:",
// and what to do.
func TestSkipsSayWhatToDo(t *testing.T) {
	goFiles(t, func(path string, f *ast.File, _ []byte) {
		ast.Inspect(f, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncLit); ok && drawsValues(fn) {
				return false // it skips a draw
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				return true
			}
			if !slices.ContainsFunc(call.Args[:min(1, len(call.Args))], saysWhatToDo) {
				t.Errorf(`%s: a test is skipped without "to run it: …", which says what to do`, path)
			}
			return true
		})
	})
}

// drawsValues says whether a function tests a property with rapid.
func drawsValues(fn *ast.FuncLit) bool {
	for _, p := range fn.Type.Params.List {
		if star, ok := p.Type.(*ast.StarExpr); ok {
			if sel, ok := star.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "T" {
				pkg, ok := sel.X.(*ast.Ident)
				return ok && pkg.Name == "rapid"
			}
		}
	}
	return false
}

func saysWhatToDo(arg ast.Expr) bool {
	lit, ok := arg.(*ast.BasicLit)
	if !ok {
		return false
	}
	text, err := strconv.Unquote(lit.Value)
	return err == nil && strings.HasPrefix(text, "to run it: ")
}

// crowded are the packages of more than most files, and how many they have: fewer
// each time, until there is none.
var crowded = map[string]int{
	"analysis/guide": 59,
	"analysis/virus": 54,
	"cmd/okazaki":    43,
	"scatter":        30,
}

// TestPackagesAreRooms bounds the files of a package.
func TestPackagesAreRooms(t *testing.T) {
	const most = 20
	files := map[string]int{}
	goFiles(t, func(path string, _ *ast.File, _ []byte) {
		if !strings.HasSuffix(path, "_test.go") {
			files[filepath.ToSlash(filepath.Dir(path))]++
		}
	})
	for folder, n := range files {
		allows, listed := crowded[folder]
		switch {
		case !listed && n > most:
			t.Errorf("%s has %d files: make rooms of at most %d", folder, n, most)
		case listed && n <= most:
			t.Errorf("%s has %d files: take it off the list", folder, n)
		case listed && n != allows:
			t.Errorf("%s has %d files, and the list says %d: more need a room of their own, fewer a smaller number", folder, n, allows)
		}
	}
}
