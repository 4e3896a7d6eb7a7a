package analysis_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis"
)

var params = []okazaki.Param{
	{Name: "reference", Kind: okazaki.FileParam, Choices: []string{"sars-cov-2", "mpox"}, Default: "sars-cov-2", Help: "the genome to compare with"},
	{Name: "genomes", Kind: okazaki.FileParam, Many: true, Required: true, Help: "FASTA files"},
	{Name: "strand", Choices: []string{"both", "forward"}, Default: "both", Help: "which strands to search"},
	{Name: "mismatches", Kind: okazaki.IntParam, Default: "3", Help: "allowed in a hit"},
	{Name: "quality", Kind: okazaki.FloatParam, Default: "0.5", Help: "the least"},
	{Name: "all", Kind: okazaki.BoolParam, Default: "false", Help: "keep every row"},
	{Name: "label", Help: "any text"},
}

func job(params string, roles ...string) *okazaki.Job {
	j := &okazaki.Job{Analysis: "guide", Params: json.RawMessage(params)}
	for i, r := range roles {
		j.Inputs = append(j.Inputs, okazaki.Input{Role: r, Name: fmt.Sprintf("file%d.fa", i+1)})
	}
	return j
}

func TestCanonical(t *testing.T) {
	const defaults = `{"all":false,"mismatches":3,"quality":0.5,"reference":"sars-cov-2","strand":"both"}`
	for name, tc := range map[string]struct{ given, want string }{
		"nothing":             {``, defaults},
		"an empty object":     {`{}`, defaults},
		"null":                {`{"mismatches": null}`, defaults},
		"an empty string":     {`{"label": "", "strand": ""}`, defaults},
		"defaults":            {`{"strand": "both", "quality": 5e-1, "all": false, "mismatches": 3.0, "reference": "sars-cov-2"}`, defaults},
		"numbers as they may": {`{"quality": -0, "mismatches": 1e3}`, strings.NewReplacer(`:3`, `:1000`, `0.5`, `0`).Replace(defaults)},
		"a large number":      {`{"mismatches": 9007199254740993}`, strings.Replace(defaults, `:3`, `:9007199254740993`, 1)},
		"another built-in":    {`{"reference": "mpox"}`, strings.Replace(defaults, "sars-cov-2", "mpox", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := analysis.Decode(params, job(tc.given, "genomes", "genomes"))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(v.Canonical()); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			again, err := analysis.Decode(params, job(string(v.Canonical()), "genomes"))
			if err != nil || string(again.Canonical()) != tc.want {
				t.Errorf("decoded again: %s, %v", again.Canonical(), err)
			}
		})
	}
}

func TestAFileTakesThePlaceOfABuiltIn(t *testing.T) {
	v, err := analysis.Decode(params, job(`{}`, "genomes", "reference"))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.String("reference"); got != "" {
		t.Errorf("the built-in %q and a file", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		params string
		roles  []string
		want   string
	}{
		"no object":            {`[1]`, []string{"genomes"}, `the parameters are not a JSON object; write them as {"name": value}`},
		"a typing error":       {`{"mismatchs": 3}`, []string{"genomes"}, `guide has no parameter "mismatchs"; did you mean "mismatches"?`},
		"no such name":         {`{"zebra": 3}`, []string{"genomes"}, `guide has no parameter "zebra"; it takes reference, genomes, strand, mismatches, quality, all, label`},
		"a string for a count": {`{"mismatches": "3"}`, []string{"genomes"}, `mismatches must be a whole number, not "3"; the default is 3`},
		"half a mismatch":      {`{"mismatches": 0.5}`, []string{"genomes"}, `mismatches must be a whole number, not 0.5; the default is 3`},
		"more than an int64":   {`{"mismatches": 99999999999999999999}`, []string{"genomes"}, `mismatches must be a whole number`},
		"more than a float64":  {`{"quality": 1e999}`, []string{"genomes"}, `quality must be a number, not 1e999`},
		"a number for a flag":  {`{"all": 1}`, []string{"genomes"}, `all must be true or false, not 1`},
		"a list for a text":    {`{"label": ["a"]}`, []string{"genomes"}, `label must be a string, not ["a"]`},
		"no such choice":       {`{"strand": "bth"}`, []string{"genomes"}, `strand can't be "bth"; did you mean "both"?`},
		"far from any choice":  {`{"strand": "leading"}`, []string{"genomes"}, `strand can't be "leading"; give one of both, forward`},
		"no such built-in":     {`{"reference": "ebola"}`, []string{"genomes"}, `reference can't be "ebola"; give one of sars-cov-2, mpox`},
		"a name for files":     {`{"genomes": "a.fa"}`, nil, `genomes can't be "a.fa"; give a file`},
		"no genomes":           {`{}`, nil, `genomes is missing; FASTA files`},
		"two references":       {`{}`, []string{"genomes", "reference", "reference"}, `reference takes one file; leave out file3.fa`},
		"a file and a name":    {`{"reference": "mpox"}`, []string{"genomes", "reference"}, `reference is given both as a file and by name`},
		"no such role":         {`{}`, []string{"genoms"}, `guide has no input "genoms"; did you mean "genomes"?`},
		"a file for a number":  {`{}`, []string{"mismatches"}, `guide has no input "mismatches"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := analysis.Decode(params, job(tc.params, tc.roles...))
			var e *okazaki.Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestBetween(t *testing.T) {
	v := analysis.Values{"k": int64(7), "quality": 0.5}
	for _, err := range []error{v.Between("k", 1, 7), v.Between("quality", 0, 1), v.Between("absent", 1, 2)} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := v.Between("k", 1, 6); err == nil || err.Error() != "k 7 is out of range; give 1 to 6" {
		t.Error(err)
	}
}

func TestAbout(t *testing.T) {
	params := []okazaki.Param{{Name: "vcf", Kind: okazaki.FileParam}, {Name: "least", Kind: okazaki.FloatParam, Default: "0"}, {Name: "sample"}}
	for _, tc := range []struct {
		given  string
		inputs []okazaki.Input
		want   string
	}{
		{given: `{}`}, {given: `{"least": 0}`}, {given: `{"sample": ""}`},
		{given: `{"least": 0.1}`, want: "least is about vcf, which is not given; give --vcf, or leave out --least"},
		{given: `{"sample": "a"}`, want: "sample is about vcf, which is not given; give --vcf, or leave out --sample"},
		{given: `{"sample": "a", "least": 0.1}`, inputs: []okazaki.Input{{Role: "vcf", Name: "a.vcf"}}},
	} {
		job := &okazaki.Job{Params: json.RawMessage(tc.given), Inputs: tc.inputs}
		v, err := analysis.Decode(params, job)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := v.About(params, job, "vcf", "least", "sample"); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.given, got, tc.want)
		}
	}
}

// However a value is written, its canonical form is the same.
func TestCanonicalOfAnyNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		f := rapid.Float64().Draw(t, "f")
		b, err := json.Marshal(map[string]any{"mismatches": n, "quality": f})
		if err != nil {
			t.Skip("not a JSON number")
		}
		v, err := analysis.Decode(params, job(string(b), "genomes"))
		if err != nil {
			t.Fatal(err)
		}
		if v.Int("mismatches") != n || v.Float("quality") != f {
			t.Fatalf("%s is read as %v", b, v)
		}
		again, err := analysis.Decode(params, job(string(v.Canonical()), "genomes"))
		if err != nil || string(again.Canonical()) != string(v.Canonical()) {
			t.Fatalf("%s becomes %s, %v", v.Canonical(), again.Canonical(), err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"mismatches": 3}`)
	f.Add(`{"quality": 1e400, "all": null}`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := analysis.Decode(params, job(s, "genomes"))
		var e *okazaki.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%q: %v is not an *okazaki.Error", s, err)
		}
		if err == nil && !json.Valid(v.Canonical()) {
			t.Errorf("%q: %s", s, v.Canonical())
		}
	})
}

func ExampleSchema() {
	fmt.Printf("%s\n", analysis.Schema(okazaki.Analysis{Name: "guide", Short: "Find guides", Params: params[1:4]}))
	// Output:
	// {"$schema":"https://json-schema.org/draft/2020-12/schema","title":"guide","description":"Find guides","type":"object","properties":{"genomes":{"type":"array","description":"FASTA files","minItems":1,"items":{"type":"string","format":"okazaki-input"}},"strand":{"type":"string","description":"which strands to search","default":"both","enum":["both","forward"]},"mismatches":{"type":"integer","description":"allowed in a hit","default":3}},"required":["genomes"],"additionalProperties":false}
}

// TestTextOrFile gives a parameter that may be either.
func TestTextOrFile(t *testing.T) {
	params := []okazaki.Param{{Name: "target", Kind: okazaki.FileParam, Text: true, Help: "a gene, or a file"}}
	v, err := analysis.Decode(params, &okazaki.Job{Params: json.RawMessage(`{"target": "TP53"}`)})
	if err != nil || v.String("target") != "TP53" {
		t.Errorf("text: %v, %v", v, err)
	}
	file := []okazaki.Input{{Role: "target", Name: "guides.tsv"}}
	if v, err = analysis.Decode(params, &okazaki.Job{Inputs: file}); err != nil || v.String("target") != "" {
		t.Errorf("file: %v, %v", v, err)
	}
	if _, err = analysis.Decode(params, &okazaki.Job{Params: json.RawMessage(`{"target": "TP53"}`), Inputs: file}); err == nil {
		t.Error("text and a file are both taken")
	}
	if s := string(analysis.Schema(okazaki.Analysis{Name: "x", Params: params})); !strings.Contains(s, `"format":"okazaki-input-or-text"`) {
		t.Errorf("schema: %s", s)
	}
}
