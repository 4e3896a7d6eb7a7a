package consequence_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/variant/gene"
)

// An expectation is what bcftools says about a record, and what a reader
// wishes.
type expectation struct{ record, wish, want string }

// recordKey returns a record's name; the suite sorts alternatives.
func recordKey(pos, ref, alt string) string {
	alts := strings.Split(alt, ",")
	slices.Sort(alts)
	return pos + " " + ref + ">" + strings.Join(alts, ",")
}

// A command is one run of bcftools csq.
type command struct {
	annotation, reference, variants string
	local, merge                    bool // each allele by itself; all on one haplotype
	keep                            func(r record) bool
	expected                        []expectation
}

// readPairs are the expectations in pairs of lines.
func readPairs(lines []string) (out []expectation) {
	for i := 0; i+1 < len(lines); i += 2 {
		x, y := strings.Split(lines[i], "\t"), strings.Split(lines[i+1], "\t")
		if len(x) == 4 && len(y) == 4 {
			out = append(out, expectation{recordKey(x[0], x[1], x[2]), x[3], y[3]})
		}
	}
	return out
}

// readLines are the lines of a file that aren't empty, by paragraph.
func readLines(t *testing.T, path string) (paragraphs [][]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			lines = append(lines, line)
		} else if len(lines) > 0 {
			paragraphs, lines = append(paragraphs, lines), nil
		}
	}
	if len(lines) > 0 {
		paragraphs = append(paragraphs, lines)
	}
	return paragraphs
}

var options = regexp.MustCompile(`-f (\S+) -g (\S+)(.*?)\|`)

// readCommands returns the runs of a .cmd file; each is expected to write a
// paragraph of its .out file.
func readCommands(t *testing.T, path string) (out []command) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	paragraphs := readLines(t, path+".out")
	for line := range strings.Lines(string(text)) {
		m := options.FindStringSubmatch(line)
		if m == nil || len(paragraphs) == 0 {
			continue
		}
		c := command{annotation: filepath.Join(dir, m[2]), reference: filepath.Join(dir, m[1]),
			local: strings.Contains(line, "csq -l"), merge: strings.Contains(line, "--phase m")}
		for f := range strings.FieldsSeq(m[3]) {
			if strings.HasSuffix(f, ".vcf") {
				c.variants = filepath.Join(dir, f)
			}
			if _, pos, ok := strings.Cut(strings.Trim(f, "'"), "POS!="); ok {
				not, _ := strconv.Atoi(pos)
				c.keep = func(r record) bool { return r.pos != not }
			}
			if strings.Contains(f, "FILTER=") {
				c.keep = func(r record) bool { return r.filter == "PASS" }
			}
		}
		if strings.Contains(line, "%EXP") {
			c.expected = readPairs(slices.Concat(paragraphs...))
			paragraphs = nil
		} else {
			for _, l := range paragraphs[0] {
				col := strings.Split(l, "\t")
				if len(col) < 4 || len(col) > 4 && !strings.Contains(line, "%TBCSQ") {
					continue
				}
				// Of a sample: the haplotypes, which are often the same.
				said := strings.Join(col[min(len(col)-1, 3+strings.Count(line, "%GT")+strings.Count(line, "%SAMPLE")):], ",")
				record := recordKey(col[0], col[1], col[2])
				if len(col) > 4 {
					record += " " + col[3] // the sample or its genotype
				}
				c.expected = append(c.expected, expectation{record, said, said})
			}
			paragraphs = paragraphs[1:]
		}
		out = append(out, c)
	}
	return out
}

// readSuite are all runs of the suite.
func readSuite(t *testing.T, root string) (out []command) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "test/csq/*/*.txt*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		dir := filepath.Dir(path)
		base := strings.TrimSuffix(strings.TrimSuffix(path, "-l"), ".txt")
		if strings.HasSuffix(base, "ascii-art") {
			continue
		}
		stem := filepath.Join(dir, filepath.Base(dir))
		out = append(out, command{annotation: stem + ".gff", reference: stem + ".fa", variants: base + ".vcf",
			local: strings.HasSuffix(path, "-l"), expected: readPairs(slices.Concat(readLines(t, path)...))})
	}
	stem := filepath.Join(root, "csq")
	out = append(out, command{annotation: stem + ".gff3", reference: stem + ".fa", variants: stem + ".vcf",
		expected: readPairs(slices.Concat(readLines(t, stem+".1.out")...))})
	files, err = filepath.Glob(filepath.Join(root, "test/csq/*/*.cmd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		out = append(out, readCommands(t, path)...)
	}
	return out
}

// compileFiles is the model of files of the suite. Features that begin before
// the contig or end after it, because the suite cut it out of a longer one,
// are cut as well.
func compileFiles(t *testing.T, annotation, reference string) *gene.Model {
	t.Helper()
	seq, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	length, name := map[string]int{}, ""
	for line := range strings.Lines(string(seq)) {
		if strings.HasPrefix(line, ">") {
			name = strings.Fields(line[1:])[0]
			continue
		}
		length[name] += len(strings.TrimSpace(line))
	}
	text, err := os.ReadFile(annotation)
	if err != nil {
		t.Fatal(err)
	}
	var cut strings.Builder
	for line := range strings.Lines(string(text)) {
		col := strings.Split(line, "\t")
		if col = col[:min(9, len(col))]; len(col) == 9 && length[col[0]] > 0 {
			lo, _ := strconv.Atoi(col[3])
			hi, _ := strconv.Atoi(col[4])
			col[3], col[4] = strconv.Itoa(max(lo, 1)), strconv.Itoa(min(hi, length[col[0]]))
			if max(lo, 1) > min(hi, length[col[0]]) {
				continue
			}
			line = strings.TrimRight(strings.Join(col, "\t"), "\n") + "\n"
		}
		cut.WriteString(line)
	}
	m, err := gene.Compile(gene.Text{Name: annotation, Reader: strings.NewReader(cut.String())},
		gene.Text{Name: reference, Reader: bytes.NewReader(seq)})
	if err != nil {
		t.Fatalf("%s: %v", annotation, err)
	}
	return m
}
