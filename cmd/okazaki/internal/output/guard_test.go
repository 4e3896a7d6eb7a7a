package output

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// stage opens an answer in dir and creates its files with the text.
func stage(t *testing.T, dir, text string, names ...string) *Output {
	t.Helper()
	o, err := New(Options{Where: dir, Command: "test", Names: names, Guard: NewGuard(nil, nil, "", false), Stdout: io.Discard})
	if err == nil {
		err = o.Begin()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		w, err := o.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text+" "+name); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func TestRowsAreCounted(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "name\n": 1, "name\na\nb\n": 3, "# about\n## this\nname\na\n#b\n": 3, "# about\n": 0,
	} {
		for size := 1; size < 9; size++ {
			c := &rowCounter{WriteCloser: nowhere{}}
			for rest := text; rest != ""; {
				n := min(size, len(rest))
				if _, err := c.Write([]byte(rest[:n])); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if c.rows != want {
				t.Errorf("%q in pieces of %d bytes has %d rows, want %d", text, size, c.rows, want)
			}
		}
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFileThatAppearsDuringTheWorkIsNotReplaced(t *testing.T) {
	for _, there := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "answer")
		if there {
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		o := stage(t, dir, "new", "a.txt", "b.txt")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		foreign := filepath.Join(dir, "b.txt")
		if err := os.WriteFile(foreign, []byte("precious"), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Commit(); err == nil || !strings.Contains(err.Error(), "b.txt: this is there already") {
			t.Errorf("error %v", err)
		}
		if got := contents(t, foreign); got != "precious" {
			t.Errorf("the file is %q", got)
		}
		if _, err := os.Stat(filepath.Join(dir, "a.txt")); err == nil {
			t.Error("a part of the answer was written")
		}
		// Even between the last look and the new name.
		o = stage(t, t.TempDir(), "new", "c.txt")
		if err := o.Guard.Put(filepath.Join(o.tmp, "c.txt"), foreign, Ours); err == nil || contents(t, foreign) != "precious" {
			t.Errorf("put: %v", err)
		}
	}
}

func TestWhatACommandThatStoppedMidwayWroteIsStillOurs(t *testing.T) {
	dir := t.TempDir()
	if _, err := stage(t, dir, "first", "a.txt", "b.txt").Commit(); err != nil {
		t.Fatal(err)
	}
	o := stage(t, dir, "second", "a.txt", "b.txt")
	if err := os.Remove(filepath.Join(o.tmp, "b.txt")); err != nil { // so that it can't go on after a.txt
		t.Fatal(err)
	}
	if _, err := o.Commit(); err == nil {
		t.Fatal("no error")
	}
	if a, b := contents(t, filepath.Join(dir, "a.txt")), contents(t, filepath.Join(dir, "b.txt")); a != "second a.txt" || b != "first b.txt" {
		t.Fatalf("the files are %q and %q", a, b)
	}
	if _, err := stage(t, dir, "third", "a.txt", "b.txt").Commit(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) != 1 {
		t.Errorf("hidden files %q, error %v", left, err)
	}
}

func TestManyCommandsAtOnceInOneFolder(t *testing.T) {
	dir := t.TempDir()
	var all []*Output
	for i := range 32 {
		all = append(all, stage(t, dir, "text", fmt.Sprintf("%d.txt", i)))
	}
	var wg sync.WaitGroup
	errs := make([]error, len(all))
	for i, o := range all {
		wg.Go(func() { _, errs[i] = o.Commit() })
	}
	wg.Wait()
	for i, err := range errs {
		path := filepath.Join(dir, fmt.Sprintf("%d.txt", i))
		is, readErr := Ours(path)
		if err != nil || readErr != nil || !is {
			t.Errorf("%s: error %v, okazaki's is %v, error %v", path, err, is, readErr)
		}
	}
}

func TestEqualAnswersHaveEqualRecords(t *testing.T) {
	var records [][]byte
	for range 2 {
		dir := filepath.Join(t.TempDir(), "answer")
		for range 2 {
			if _, err := stage(t, dir, "text", "a.txt", "b.txt").Commit(); err != nil {
				t.Fatal(err)
			}
			records = append(records, []byte(contents(t, filepath.Join(dir, recordName))))
		}
	}
	for _, r := range records {
		if !bytes.Equal(r, records[0]) {
			t.Errorf("%s\nand\n%s", r, records[0])
		}
	}
}

func TestStaleFilesOfAnswers(t *testing.T) {
	file := func(text string) answerFile {
		name, crc, _ := strings.Cut(text, "=")
		return answerFile{Name: name, CRC: crc}
	}
	for _, c := range []struct {
		name         string
		earlier, now []string
		stale        []string
	}{
		{"nothing in common", []string{"a=1", "b=1"}, []string{"c=1"}, nil},
		{"all replaced", []string{"a=1", "b=1"}, []string{"a=2", "b=2"}, nil},
		{"part replaced", []string{"a=1", "b=1"}, []string{"a=2", "c=2"}, []string{"b"}},
		{"part replaced by the same", []string{"a=1", "b=1"}, []string{"a=1"}, nil},
	} {
		var before, after answer
		for _, f := range c.earlier {
			before.Files = append(before.Files, file(f))
		}
		for _, f := range c.now {
			after.Files = append(after.Files, file(f))
		}
		r := &record{Answers: []answer{before}}
		var stale []string
		for _, a := range r.add(after) {
			for _, f := range a.Files {
				stale = append(stale, f.Name)
			}
		}
		if !slices.Equal(stale, c.stale) {
			t.Errorf("%s: stale are %q, not %q", c.name, stale, c.stale)
		}
		names := map[string]int{}
		for _, a := range r.Answers {
			for _, f := range a.Files {
				names[f.Name]++
			}
		}
		for _, f := range append(c.earlier, c.now...) {
			if n := names[file(f).Name]; n != 1 {
				t.Errorf("%s: the record has %s %d times", c.name, f, n)
			}
		}
	}
	// What belongs together is stale together, whichever command wrote it.
	r := &record{}
	r.add(answer{Command: "one", Files: []answerFile{file("a=1"), file("b=1")}})
	r.add(answer{Command: "two", Files: []answerFile{file("a=1")}})
	if stale := r.add(answer{Command: "three", Files: []answerFile{file("a=2")}}); len(stale) != 1 || stale[0].Files[0].Name != "b" {
		t.Errorf("stale are %v", stale)
	}
}

// A record is believed about files in its folder, whatever wrote it and when.
func TestARecordNamesFilesOfItsFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "answer")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	outside := []string{"../precious.txt", `..\precious.txt`, "/etc/hosts", `C:\x`, "sub/a.txt", ".", "..", "", "a\x00b"}
	r := &record{Answers: []answer{{Command: "test"}}}
	for _, name := range append(outside, "a.txt", "chr1:100.tsv") {
		r.Answers[0].Files = append(r.Answers[0].Files, answerFile{Name: name})
	}
	if err := r.write(folder, filepath.Join(folder, "tmp")); err != nil {
		t.Fatal(err)
	}
	got, err := readRecord(folder)
	if err != nil || len(got.Answers) != 1 || len(got.Answers[0].Files) != 2 || got.Answers[0].Data != "" {
		t.Fatalf("%+v, error %v", got, err)
	}
	// Such a file outside is not removed as a part of an answer that is replaced.
	precious := filepath.Join(filepath.Dir(folder), "precious.txt")
	for _, name := range []string{filepath.Join(folder, "a.txt"), precious} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i := range r.Answers[0].Files {
		r.Answers[0].Files[i].CRC = checksum(0)
	}
	if err := r.write(folder, filepath.Join(folder, "tmp")); err != nil {
		t.Fatal(err)
	}
	done, err := stage(t, folder, "new", "a.txt").Commit()
	if err != nil || len(done.Removed) > 0 || len(done.Stale) > 0 {
		t.Errorf("%+v, error %v", done, err)
	}
	contents(t, precious)
}

func TestStaleFilesByQuestion(t *testing.T) {
	of := func(command, data string, names ...string) answer {
		a := answer{Command: command, Asked: Asked{data}}
		for _, name := range names {
			name, named := strings.CutPrefix(name, "named ")
			a.Files = append(a.Files, answerFile{Name: name, Named: named})
		}
		return a
	}
	for _, c := range []struct {
		name         string
		earlier, now answer
		stale        bool
	}{
		{"another format of the same", of("virus", "1", "a.tsv"), of("virus", "1", "a.parquet"), false},
		{"other data", of("virus", "1", "a.tsv"), of("virus", "2", "b.tsv"), true},
		{"other data, one file equal", of("virus", "1", "a.tsv", "b.tsv"), of("virus", "2", "a.tsv"), true},
		{"another command", of("virus", "1", "a.tsv"), of("guide", "2", "a.csv"), false},
		{"a record without questions", of("virus", "", "a.tsv"), of("virus", "2", "b.csv"), false},
		{"named files of many targets", of("guide", "1", "named x.tsv"), of("guide", "2", "named y.tsv"), false},
		{"named files of one name", of("guide", "1", "named x.tsv.gz"), of("guide", "2", "named x.csv"), true},
		{"a folder beside a named file", of("guide", "1", "named x.tsv"), of("guide", "2", "guides.tsv"), false},
	} {
		stale := (&record{Answers: []answer{c.earlier}}).add(c.now)
		if got := len(stale) > 0; got != c.stale {
			t.Errorf("%s: %+v", c.name, stale)
		}
	}
}

func TestFileNameWithoutItsFormat(t *testing.T) {
	for name, want := range map[string]string{
		"a.tsv": "a", "a.tsv.gz": "a", "a.b.parquet": "a.b", "genomes.fasta.zst": "genomes", "tree.nwk": "tree.nwk", "A.TSV": "A", "x.gz": "x.gz", "chr1.100.csv": "chr1.100",
	} {
		if got := stem(name); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}

// Where case tells no names apart, an earlier file may be the new one.
func TestANewFileByAnotherNameIsNotStale(t *testing.T) {
	folder := t.TempDir()
	o := stage(t, folder, "new", "a.txt")
	done, err := o.Commit()
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(folder, "other.txt") // as A.txt would be there
	if err := os.Link(done.Paths[0], other); err != nil {
		t.Skipf("to run it: use a file system that has hard links: %v", err)
	}
	file := o.sums["a.txt"]
	file.Name = "other.txt"
	gone := o.leave(folder, []staleAnswer{{answer: answer{Files: []answerFile{file}}}}, done)
	if contents(t, other) != "new a.txt" || len(done.Removed) > 0 || len(gone) != 1 {
		t.Errorf("removed %q, gone %q", done.Removed, gone)
	}
}
