package packages_test

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// python is a python3 that has a module.
func python(t *testing.T, module, of string) string {
	t.Helper()
	for _, program := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(program, "-c", "import "+module).Run() == nil {
			return program
		}
	}
	t.Skipf("to run it: install Python's %s, of Debian's package %s", module, of)
	return ""
}

// checkSnakemake runs the wrapper for the rule of its test.
func checkSnakemake(t *testing.T, prefix string) {
	program := python(t, "tempfile", "python3")
	wrapper := absolute(t, "snakemake/bio/okazaki/virus")
	dir := inputs(t)
	bash(t, dir, prefix, program+" '"+absolute(t, "testdata/snakemake.py")+"' '"+wrapper+"/wrapper.py' '"+wrapper+"/test/Snakefile'")
	if rows := strings.Count(read(t, dir, "out/mutations.tsv"), "\n"); rows != 5 {
		t.Errorf("mutations.tsv has %d lines", rows)
	}
	for _, name := range []string{"out/clusters.tsv", "out/report.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// A tool is Galaxy's, as far as the test looks.
type tool struct {
	Tokens  []string `xml:"macros>token"`
	Command string   `xml:"command"`
	Outputs []struct {
		Name   string `xml:"name,attr"`
		From   string `xml:"from_work_dir,attr"`
		Filter string `xml:"filter"`
	} `xml:"outputs>data"`
	Tests []toolTest `xml:"tests>test"`
}

type toolTest struct {
	Count        int         `xml:"expect_num_outputs,attr"`
	Params       []toolParam `xml:"param"`
	Conditionals []struct {
		Name   string      `xml:"name,attr"`
		Params []toolParam `xml:"param"`
	} `xml:"conditional"`
	Outputs []struct {
		Name  string `xml:"name,attr"`
		Texts []struct {
			Text string `xml:"text,attr"`
		} `xml:"assert_contents>has_text"`
		Lines []struct {
			N int `xml:"n,attr"`
		} `xml:"assert_contents>has_n_lines"`
	} `xml:"output"`
}

type toolParam struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// checkGalaxy runs the tool's own tests, its command filled in by Cheetah.
func checkGalaxy(t *testing.T, prefix, version string) {
	var tool tool
	if err := xml.Unmarshal([]byte(read(t, "galaxy/okazaki_virus.xml")), &tool); err != nil {
		t.Fatal(err)
	}
	if len(tool.Tokens) != 1 || tool.Tokens[0] != version || len(tool.Tests) < 2 {
		t.Errorf("the tool has version %q and %d tests", tool.Tokens, len(tool.Tests))
	}
	program := python(t, "Cheetah", "python3-cheetah")
	for _, test := range tool.Tests {
		virus := map[string]any{"source": "sars2", "annotation": nil}
		values := map[string]any{"html": false, "virus": virus}
		for _, p := range test.Params {
			values[p.Name] = p.Value
		}
		for _, c := range test.Conditionals {
			for _, p := range c.Params {
				virus[p.Name] = p.Value
			}
		}
		values["genomes"] = strings.Split(values["genomes"].(string), ",") // it has multiple="true"
		given, err := json.Marshal(map[string]any{"template": tool.Command, "values": values})
		if err != nil {
			t.Fatal(err)
		}
		cheetah := exec.Command(program, "testdata/cheetah.py")
		cheetah.Stdin = strings.NewReader(string(given))
		dir := inputs(t)
		bash(t, dir, prefix, said(t, cheetah))
		checkToolTest(t, tool, test, dir)
	}
}

func checkToolTest(t *testing.T, tool tool, test toolTest, dir string) {
	t.Helper()
	files := map[string]string{}
	for _, o := range tool.Outputs {
		if b, err := os.ReadFile(filepath.Join(dir, o.From)); err == nil {
			files[o.Name] = string(b)
		} else if o.Filter == "" {
			t.Error(err)
		}
	}
	if len(files) != test.Count {
		t.Errorf("%d outputs, want %d", len(files), test.Count)
	}
	for _, o := range test.Outputs {
		for _, want := range o.Texts {
			if !strings.Contains(files[o.Name], want.Text) {
				t.Errorf("%s has no %q", o.Name, want.Text)
			}
		}
		for _, want := range o.Lines {
			if n := strings.Count(files[o.Name], "\n"); n != want.N {
				t.Errorf("%s has %d lines, want %d", o.Name, n, want.N)
			}
		}
	}
}

// checkMultiQC reads a table of custom content as MultiQC does: YAML behind #,
// then columns whose names the head has.
func checkMultiQC(t *testing.T, prefix string) {
	dir := inputs(t)
	script := absolute(t, "multiqc/okazaki_mqc.sh")
	out := bash(t, dir, prefix, "okazaki virus -q --reference reference.fasta -o answer genomes.fasta; sh '"+script+"' answer/mutations.tsv")
	var head struct {
		ID      string
		Plot    string `yaml:"plot_type"`
		Headers map[string]struct{ Title string }
	}
	var comments strings.Builder
	var rows [][]string
	for line := range strings.Lines(out) {
		if text, ok := strings.CutPrefix(line, "# "); ok {
			comments.WriteString(text)
			continue
		}
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	if err := yaml.Unmarshal([]byte(comments.String()), &head); err != nil || head.ID != "okazaki_virus" || head.Plot != "table" {
		t.Fatalf("%+v, %v", head, err)
	}
	if len(rows) != 5 || rows[0][0] != "Sample" || len(rows[0]) != len(head.Headers)+1 {
		t.Fatalf("%q", rows)
	}
	for _, name := range rows[0][1:] {
		if head.Headers[name].Title == "" {
			t.Errorf("the head says nothing of %s", name)
		}
	}
	if got := strings.Join(rows[2], "|"); got != "small/01|6|0|0|0|100||" { // C39A,G157A,C159G,A427C,G604T,G805C
		t.Errorf("a row is %s", got)
	}
	broken := exec.Command("sh", script)
	broken.Stdin = strings.NewReader("seqName\tsubstitutions\n")
	if said, err := broken.CombinedOutput(); err == nil || !strings.Contains(string(said), "no column totalSubstitutions") {
		t.Errorf("of another table it says %s (%v)", said, err)
	}
}
