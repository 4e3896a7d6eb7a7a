package known

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"okazaki"
)

// A Config says which fields of sources to keep, and what to make of several
// values. It is as vcfanno's: of TOML, tables [[annotation]] with
//
//	file = "regions.bed.gz"         # whose base name the source has
//	columns = [4, 5]                # of BED and TSV, from 1; or
//	fields = ["AF", "ID"]           # of VCF, or names of a TSV's columns
//	ops = ["uniq", "max"]           # see Op; one a field
//	names = ["region", "score"]     # of the fields in results; if left out, the source's
//
// vcfanno's scripts in Lua and [[postannotation]] are not supported.
type Config struct {
	name        string
	annotations []annotation
}

type annotation struct {
	line               int64
	file               string
	fields, ops, names []string
}

// ReadConfig reads a configuration. name is for errors, *okazaki.Error with
// the line.
func ReadConfig(name string, r io.Reader) (*Config, error) {
	c := &Config{name: name}
	in := bufio.NewScanner(r)
	line := int64(0)
	for in.Scan() {
		line++
		text := strings.TrimSpace(uncomment(in.Text()))
		at := line
		for strings.Contains(text, "[") && strings.Contains(text, "=") && strings.Count(text, "[") > strings.Count(text, "]") && in.Scan() {
			line++
			text += " " + strings.TrimSpace(uncomment(in.Text()))
		}
		if err := c.take(text); err != "" {
			return nil, &okazaki.Error{File: name, Line: at, Message: err, Hint: `write [[annotation]], then file = "x.bed.gz", columns = [4], ops = ["max"], names = ["score"]`}
		}
		if n := len(c.annotations); n > 0 && c.annotations[n-1].line == 0 {
			c.annotations[n-1].line = at
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(c.annotations) == 0 {
		return nil, &okazaki.Error{File: name, Message: "the configuration has no [[annotation]]", Hint: "write one, with file, fields and ops"}
	}
	for i := range c.annotations {
		if err := c.annotations[i].check(name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// uncomment cuts off what follows a # outside of quotes.
func uncomment(line string) string {
	quoted := false
	for i, l := range line {
		switch {
		case l == '"':
			quoted = !quoted
		case l == '#' && !quoted:
			return line[:i]
		}
	}
	return line
}

// take reads one line; it returns what is wrong with it, or "".
func (c *Config) take(text string) string {
	if text == "" {
		return ""
	}
	if text == "[[annotation]]" {
		c.annotations = append(c.annotations, annotation{})
		return ""
	}
	if strings.HasPrefix(text, "[") {
		return "there is no table " + text + " here"
	}
	key, value, ok := strings.Cut(text, "=")
	if key = strings.TrimSpace(key); !ok {
		return fmt.Sprintf("%.40q has no =", text)
	}
	if len(c.annotations) == 0 {
		return key + " comes before the first [[annotation]]"
	}
	list, ok := parseList(strings.TrimSpace(value))
	if !ok {
		return fmt.Sprintf("%.60s is neither a text in quotes, a number nor a list of them", value)
	}
	a := &c.annotations[len(c.annotations)-1]
	switch key {
	case "file":
		a.file = strings.Join(list, "")
	case "fields", "columns":
		if a.fields != nil {
			return "fields and columns are given twice"
		}
		a.fields = list
	case "ops":
		a.ops = list
	case "names":
		a.names = list
	default:
		return "there is no " + key + " here"
	}
	return ""
}

// parseList reads a text in quotes, a number, or several in brackets.
func parseList(text string) ([]string, bool) {
	inner, isList := strings.CutPrefix(text, "[")
	if isList {
		if inner, isList = strings.CutSuffix(inner, "]"); !isList {
			return nil, false
		}
	}
	list := []string{}
	for inner = strings.TrimSpace(inner); inner != ""; {
		var one, rest string
		if quote := inner[0]; quote == '"' || quote == '\'' {
			end := strings.IndexByte(inner[1:], quote)
			if end < 0 {
				return nil, false
			}
			one, rest = inner[1:1+end], strings.TrimSpace(inner[2+end:])
			if rest != "" && rest[0] != ',' {
				return nil, false
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			one, rest, _ = strings.Cut(inner, ",")
			one = strings.TrimSpace(one)
			if _, err := strconv.Atoi(one); err != nil {
				return nil, false
			}
		}
		list, inner = append(list, one), strings.TrimSpace(rest)
	}
	return list, isList || len(list) == 1
}

func (a *annotation) check(name string) error {
	fail := func(message, hint string) error {
		return &okazaki.Error{File: name, Line: a.line, Message: message, Hint: hint}
	}
	if len(a.fields) == 0 {
		return fail("the [[annotation]] has neither fields nor columns", `add fields = ["AF"], or columns = [4]`)
	}
	if len(a.ops) != len(a.fields) || a.names != nil && len(a.names) != len(a.fields) {
		return fail(fmt.Sprintf("the [[annotation]] has %d fields, %d ops and %d names", len(a.fields), len(a.ops), len(a.names)), "give one op and one name for each field")
	}
	for _, op := range a.ops {
		if !slices.Contains(Ops, Op(op)) {
			words := make([]string, len(Ops))
			for i, o := range Ops {
				words[i] = string(o)
			}
			return fail(fmt.Sprintf("there is no op %.40q", op), "one of "+strings.Join(words, ", "))
		}
	}
	return nil
}

// fields returns the fields of the [[annotation]] whose file has the name of
// the table, or of the only one.
func (c *Config) fields(t *table) ([]Field, error) {
	i := slices.IndexFunc(c.annotations, func(a annotation) bool { return filepath.Base(a.file) == filepath.Base(t.name) })
	if i < 0 && len(c.annotations) > 1 {
		return nil, &okazaki.Error{File: c.name, Message: "no [[annotation]] has the file " + filepath.Base(t.name), Hint: "add one"}
	}
	a := &c.annotations[max(i, 0)]
	fields := make([]Field, len(a.fields))
	for i, from := range a.fields {
		if !t.has(from) {
			var names []string
			for _, col := range t.columns {
				names = append(names, col.name)
			}
			return nil, &okazaki.Error{File: c.name, Line: a.line, Message: fmt.Sprintf("%s has no field %s", filepath.Base(t.name), from), Hint: "it has " + strings.Join(names, ", ")}
		}
		f := Field{Name: from, Op: Op(a.ops[i]), From: []string{from}}
		if a.names != nil {
			f.Name = a.names[i]
		}
		if at := slices.IndexFunc(t.columns, func(col heading) bool { return col.name == from }); at >= 0 {
			f.Kind, f.Description = t.columns[at].kind, t.columns[at].description
		}
		if f.Op.numeric() {
			f.Kind = Number
		}
		fields[i] = f
	}
	return fields, nil
}
