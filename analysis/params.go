// Package analysis checks a job's request to an analysis: its parameters and
// the roles of its inputs.
//
// Its one invariant: jobs that ask the same thing have the same canonical
// parameters, however a default was given.
package analysis

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"okazaki"
)

// Values are the checked parameters of one job: int64, float64, bool or string
// by name. A parameter that was not given and has no default is absent.
type Values map[string]any

// Decode checks a job's parameters and the roles of its inputs against params
// and fills in the defaults. What the user must mend is an *okazaki.Error that
// names the parameter.
//
// Job.Params is a JSON object. null and "" mean that a parameter is not given.
// A FileParam is there only under one of its built-in names, or as text; its
// default is filled in only if no input has its role. Decode panics if a default can't be
// read, which is the analysis' mistake.
func Decode(params []okazaki.Param, job *okazaki.Job) (Values, error) {
	given := map[string]json.RawMessage{}
	if len(job.Params) > 0 {
		if err := json.Unmarshal(job.Params, &given); err != nil {
			return nil, &okazaki.Error{Message: "the parameters are not a JSON object", Hint: `write them as {"name": value}`, Err: err}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if find(params, name) == nil {
			return nil, unknown(params, job.Analysis, name, "parameter")
		}
	}
	if err := checkRoles(params, job); err != nil {
		return nil, err
	}
	values := Values{}
	for i := range params {
		p := &params[i]
		files := len(Inputs(job, p.Name))
		v, err := value(p, given[p.Name])
		switch {
		case err != nil:
			return nil, err
		case v != nil && files > 0:
			return nil, wrong(p, "is given both as a file and by name", "give one of them")
		case v == nil && p.Default != "" && files == 0:
			v = parseDefault(p)
		}
		if v != nil {
			values[p.Name] = v
		} else if p.Required && files == 0 {
			return nil, wrong(p, "is missing", p.Help)
		}
	}
	return values, nil
}

// Canonical is the values as a JSON object with its names sorted and its
// defaults filled in: what a Job's id should be made of.
func (v Values) Canonical() json.RawMessage {
	b, err := json.Marshal(map[string]any(v))
	if err != nil {
		panic(err)
	}
	return b
}

// String is a StringParam's value, or the built-in name or text of a FileParam.
func (v Values) String(name string) string { s, _ := v[name].(string); return s }

// Int is an IntParam's value.
func (v Values) Int(name string) int64 { n, _ := v[name].(int64); return n }

// Float is a FloatParam's value.
func (v Values) Float(name string) float64 { f, _ := v[name].(float64); return f }

// Bool is a BoolParam's value.
func (v Values) Bool(name string) bool { b, _ := v[name].(bool); return b }

// Between is nil if the number called name lies within [lo, hi], or is absent;
// otherwise an *okazaki.Error.
func (v Values) Between(name string, lo, hi float64) error {
	var f float64
	switch n := v[name].(type) {
	case int64:
		f = float64(n)
	case float64:
		f = n
	default:
		return nil
	}
	if lo <= f && f <= hi {
		return nil
	}
	return &okazaki.Error{Message: fmt.Sprintf("%s %v is out of range", name, v[name]),
		Hint: "give " + number(lo) + " to " + number(hi)}
}

// About returns an error if one of names is given a value other than its default
// while what it is about is not given, neither as a value nor as an input.
func (v Values) About(params []okazaki.Param, job *okazaki.Job, about string, names ...string) error {
	if _, there := v[about]; there || len(Inputs(job, about)) > 0 {
		return nil
	}
	for _, name := range names {
		p := find(params, name)
		if given := v[name]; given != nil && (p.Default == "" || given != parseDefault(p)) || len(Inputs(job, name)) > 0 {
			return wrong(p, "is about "+about+", which is not given", "give --"+about+", or leave out --"+name)
		}
	}
	return nil
}

// Inputs are the job's inputs in one role, in order.
func Inputs(job *okazaki.Job, role string) []okazaki.Input {
	var in []okazaki.Input
	for _, i := range job.Inputs {
		if i.Role == role {
			in = append(in, i)
		}
	}
	return in
}

func checkRoles(params []okazaki.Param, job *okazaki.Job) error {
	seen := map[string]bool{}
	for _, in := range job.Inputs {
		p := find(params, in.Role)
		switch {
		case p == nil || p.Kind != okazaki.FileParam:
			return unknown(params, job.Analysis, in.Role, "input")
		case seen[in.Role] && !p.Many:
			return wrong(p, "takes one file", "leave out "+in.Name)
		}
		seen[in.Role] = true
	}
	return nil
}

// value reads the value of one parameter; nil if it is not given.
func value(p *okazaki.Param, raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var v any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
	}
	if v == nil || v == "" {
		return nil, nil
	}
	switch p.Kind {
	case okazaki.IntParam:
		n, ok := v.(json.Number)
		if ok {
			v, ok = whole(string(n))
		}
		if !ok {
			return nil, wrongKind(p, raw, "a whole number")
		}
	case okazaki.FloatParam:
		n, ok := v.(json.Number)
		f, err := strconv.ParseFloat(string(n), 64)
		if !ok || err != nil {
			return nil, wrongKind(p, raw, "a number")
		}
		v = f + 0 // -0 becomes 0
	case okazaki.BoolParam:
		if _, ok := v.(bool); !ok {
			return nil, wrongKind(p, raw, "true or false")
		}
	default:
		if _, ok := v.(string); !ok {
			return nil, wrongKind(p, raw, "a string")
		}
	}
	return v, allowed(p, v)
}

// whole reads an integer as JSON may write it: 1000, 1e3, 1000.0.
func whole(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	const exact = 1 << 53
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, false
	}
	return int64(f), true
}

func allowed(p *okazaki.Param, v any) error {
	if p.Text || len(p.Choices) == 0 && p.Kind != okazaki.FileParam {
		return nil
	}
	for _, c := range p.Choices {
		if parse(p, c) == v {
			return nil
		}
	}
	text := fmt.Sprint(v)
	hint := "give one of " + strings.Join(p.Choices, ", ")
	if near := Nearest(text, p.Choices); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(p.Choices) == 0 {
		hint = "give a file"
	}
	return wrong(p, fmt.Sprintf("can't be %q", text), hint)
}

// parse reads a value as it would be typed; nil if it isn't of p's kind.
func parse(p *okazaki.Param, s string) any {
	switch p.Kind {
	case okazaki.IntParam:
		if n, ok := whole(s); ok {
			return n
		}
	case okazaki.FloatParam:
		if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f + 0
		}
	case okazaki.BoolParam:
		if b, err := strconv.ParseBool(s); err == nil {
			return b
		}
	default:
		return s
	}
	return nil
}

// parseDefault holds a default to what a user's value must keep.
func parseDefault(p *okazaki.Param) any {
	v := parse(p, p.Default)
	if v == nil || allowed(p, v) != nil {
		panic(fmt.Sprintf("parameter %s: its default %q is not one of its values", p.Name, p.Default))
	}
	return v
}

func find(params []okazaki.Param, name string) *okazaki.Param {
	for i := range params {
		if params[i].Name == name {
			return &params[i]
		}
	}
	return nil
}

func wrong(p *okazaki.Param, message, hint string) error {
	return &okazaki.Error{Message: p.Name + " " + message, Hint: hint}
}

func wrongKind(p *okazaki.Param, raw json.RawMessage, want string) error {
	e := &okazaki.Error{Message: fmt.Sprintf("%s must be %s, not %s", p.Name, want, raw)}
	if p.Default != "" {
		e.Hint = "the default is " + p.Default
	}
	return e
}

func unknown(params []okazaki.Param, analysis, name, what string) error {
	var names []string
	for _, p := range params {
		if what == "parameter" || p.Kind == okazaki.FileParam {
			names = append(names, p.Name)
		}
	}
	hint := "it takes " + strings.Join(names, ", ")
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &okazaki.Error{Message: fmt.Sprintf("%s has no %s %q", analysis, what, name), Hint: hint}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// Nearest is the name with the fewest edits from word, if a third of its
// letters or fewer are wrong; otherwise "".
func Nearest(word string, names []string) string {
	best, most := "", math.MaxInt
	for _, n := range names {
		if d := edits(strings.ToLower(word), strings.ToLower(n)); d < most && d <= max(1, len(n)/3) {
			best, most = n, d
		}
	}
	return best
}

// edits is the distance in bytes that are replaced, inserted, left out or
// exchanged with the next (optimal string alignment).
func edits(a, b string) int {
	last, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], last[j-1]+1)
			}
		}
		last, row, next = row, next, last
	}
	return row[len(b)]
}
