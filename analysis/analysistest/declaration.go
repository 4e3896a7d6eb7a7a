package analysistest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"okazaki"
	"okazaki/analysis"
)

var plainName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// declaration checks what an analysis shows without being opened.
func declaration(t rapid.TB, a okazaki.Analysis) {
	t.Helper()
	complain := func(bad bool, format string, args ...any) {
		if bad {
			t.Errorf(format, args...)
		}
	}
	complain(!plainName.MatchString(a.Name), "the name %q is not lower-case words", a.Name)
	complain(a.Version < 1, "the version is %d; the first is 1", a.Version)
	complain(a.Short == "" || strings.Contains(a.Short, "\n"), "Short is not one line: %q", a.Short)
	complain(a.Long == "", "Long is empty")
	complain(!strings.Contains(a.Example, a.Name), "Example does not use the analysis: %q", a.Example)
	complain(len(a.Stages) == 0, "no stages")
	complain(a.Outputs == nil, "Outputs is nil")
	complain(a.Open == nil, "Open is nil")
	seen := map[string]bool{}
	for _, name := range a.Stages {
		complain(!plainName.MatchString(name) || seen[name], "the stage %q is not a name of its own in lower-case words", name)
		seen[name] = true
	}
	seen = map[string]bool{}
	for _, p := range a.Params {
		complain(!plainName.MatchString(p.Name) || seen[p.Name], "the parameter %q is not a name of its own in lower-case words", p.Name)
		complain(p.Help == "", "the parameter %q has no Help", p.Name)
		complain(p.Many && p.Kind != okazaki.FileParam, "the parameter %q is Many and no file", p.Name)
		complain(p.Text && p.Kind != okazaki.FileParam, "the parameter %q is Text and no file", p.Name)
		complain(p.Output && p.Kind != okazaki.StringParam, "the parameter %q is Output and no string", p.Name)
		complain(p.Required && p.Default != "", "the parameter %q is Required and has a default", p.Name)
		seen[p.Name] = true
	}
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("Schema: %v", r)
		}
	}()
	complain(!json.Valid(analysis.Schema(a)), "Schema is not JSON")
}

// parameters asks with parameters that Open must refuse.
func parameters(t rapid.TB, a okazaki.Analysis, c Case) {
	t.Helper()
	refuse := func(name string, value any) {
		t.Helper()
		params := map[string]any{}
		if c.Params != "" {
			if err := json.Unmarshal([]byte(c.Params), &params); err != nil {
				t.Fatalf("case %s: %v", c.Name, err)
			}
		}
		params = maps.Clone(params)
		params[name] = value
		b, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		job, files, err := NewJob(a, string(b), c.Inputs)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Open(context.Background(), job, files)
		t.Logf("%s = %v: %v", name, value, err)
		mendable(t, err, name)
	}
	refuse("no-such-parameter", 1)
	for _, p := range a.Params {
		for _, v := range wrongValues[p.Kind] {
			if _, text := v.(string); !text || !p.Text {
				refuse(p.Name, v)
			}
		}
		if p.Kind == okazaki.StringParam && len(p.Choices) > 0 {
			refuse(p.Name, unlike(p.Choices))
		}
	}
	job, files, err := NewJob(a, c.Params, append(slices.Clone(c.Inputs), Input{Role: "no-such-role", Name: "x"}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Open(context.Background(), job, files)
	mendable(t, err, "no-such-role")
}

// wrongValues are values that no parameter of the kind may have.
var wrongValues = map[okazaki.Kind][]any{
	okazaki.StringParam: {7, true, []string{"a"}},
	okazaki.IntParam:    {"seven", 1.5, true},
	okazaki.FloatParam:  {"seven", true, []int{1}},
	okazaki.BoolParam:   {"seven", 1},
	okazaki.FileParam:   {7, "no-such-built-in"},
}

// unlike is a string that is none of these.
func unlike(choices []string) string {
	s := "no-such-choice"
	for slices.Contains(choices, s) {
		s = fmt.Sprint(s, "-either")
	}
	return s
}
