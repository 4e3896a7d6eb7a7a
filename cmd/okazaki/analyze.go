package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okazaki"
	"okazaki/client"
	"okazaki/cmd/okazaki/internal/output"
	"okazaki/format/table"
)

const analysisHelp = `The answer's files appear in the folder of --output, all together, once they are
whole. A file of the same name is replaced if okazaki wrote it and nobody has
changed it since (the folder's .okazaki-files.json says so), or with --force; an
input never is. Files of an earlier answer to other data, which would be left in
the folder, are removed or named. An --output that ends like a file names the main
file, and the others lie beside it. Its ending decides the format:
tables as .tsv, .csv, .json, .ndjson or .parquet, each with .gz or .zst after it if
it is to be compressed; other formats as listed above. --tables decides for all
tables of a folder. Parquet has the columns' units in its metadata. With
"--output -" the main file goes to stdout and there are no others. A file that has
a parameter of its own appears where that says. A file named "-" is stdin; where
many files may be given, a folder stands for the files in it.

The same command answers from what the store holds, or goes on from there. A job
spends no more than its budget, which is said before it starts.`

// analysisCommand is the command that asks an analysis' question.
func (a *app) analysisCommand(an *okazaki.Analysis) *cobra.Command {
	q := &question{analysis: an}
	cmd := &cobra.Command{
		Use:     an.Name + " [flags]",
		GroupID: "analyses",
		Short:   an.Short,
		Long:    cmp.Or(an.Long, an.Short) + "\n\n" + analysisHelp + "\n\n" + exitHelp,
		Example: an.Example,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.arguments = args
			if f := cmd.Flags().Lookup("force"); f.Value.String() == "true" { // it may be the analysis' own
				a.config.force = true
			}
			return a.ask(cmd.Context(), q)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	q.files = client.Arguments(an)
	for i := range an.Params {
		p := &an.Params[i]
		if p == q.files {
			cmd.Use += " " + usageOf(p)
			continue
		}
		v := &paramValue{param: p}
		q.values = append(q.values, v)
		short := ""
		if len(p.Name) == 1 {
			short = p.Name // -k as well as --k
		}
		f := fs.VarPF(v, p.Name, short, helpOf(p))
		f.DefValue = p.Default
		if p.Kind == okazaki.BoolParam {
			f.NoOptDefVal = "true"
		}
	}
	for _, flags := range []func(*pflag.FlagSet){a.config.storeFlag, a.config.jobFlags, a.config.crewFlags, a.config.keepFlags, a.config.tellFlags} {
		flags(fs)
	}
	if force := fs.Lookup("force"); force == nil {
		a.config.forceFlag(fs)
	} else {
		force.Usage += "; and replace files that okazaki did not write, or that were changed since"
	}
	return cmd
}

func usageOf(p *okazaki.Param) string {
	if p.Required {
		return strings.ToUpper(p.Name) + "..."
	}
	return "[" + strings.ToUpper(p.Name) + "...]"
}

func helpOf(p *okazaki.Param) string {
	help := p.Help
	if len(p.Choices) > 0 && p.Kind == okazaki.FileParam {
		help += " (a file, or built in: " + strings.Join(p.Choices, ", ") + ")"
	} else if len(p.Choices) > 0 {
		help += " (" + strings.Join(p.Choices, ", ") + ")"
	}
	if p.Required {
		help += " (required)"
	}
	return help
}

// A question is an analysis with what the command line says about it.
type question struct {
	analysis  *okazaki.Analysis
	files     *okazaki.Param // that the arguments are; nil if it takes none
	values    []*paramValue
	arguments []string
	where     string            // what --output says
	apart     map[string]string // where files of the answer go that have a parameter, by name
}

// params are the parameters that were given, as a job has them, and the files.
func (q *question) params() (json.RawMessage, []client.File, error) {
	given := map[string]any{}
	q.apart = map[string]string{}
	var files []client.File
	for _, v := range q.values {
		for _, text := range v.given {
			file, err := namesInput(v.param, text)
			if err != nil {
				return nil, nil, err
			}
			switch {
			case file:
				files = append(files, client.File{Role: v.param.Name, Name: text})
			case v.param.Output:
				name := filepath.Base(text)
				given[v.param.Name], q.apart[name] = name, text
			default:
				given[v.param.Name] = v.parsed
			}
		}
	}
	if len(q.arguments) > 0 && q.files == nil {
		return nil, nil, &okazaki.Error{
			Message: fmt.Sprintf("okazaki %s takes no argument, and was given %q", q.analysis.Name, q.arguments[0]),
			Hint:    "see okazaki " + q.analysis.Name + " --help",
		}
	}
	for _, name := range q.arguments {
		if len(q.arguments) == 1 && slices.Contains(q.files.Choices, name) {
			given[q.files.Name] = name
		} else {
			files = append(files, client.File{Role: q.files.Name, Name: name})
		}
	}
	if err := q.obey(given, q.where); err != nil {
		return nil, nil, err
	}
	b, err := json.Marshal(given)
	if err != nil {
		return nil, nil, fmt.Errorf("parameters: %w", err)
	}
	return b, files, nil
}

// fileEnding matches the end of a file's name, and no end of a gene's name.
var fileEnding = regexp.MustCompile(`(?i)\.(fa|fas|fasta|fna|ffn|frn|bed|tsv|tab|csv|txt|gz|bgz|zst|xz)$`)

// namesInput says whether a parameter's value is the name of a file. Where it
// may also be text, a file's name has a folder or an ending.
func namesInput(p *okazaki.Param, text string) (bool, error) {
	if p.Kind != okazaki.FileParam || slices.Contains(p.Choices, text) {
		return false, nil
	}
	if !p.Text || text == "-" || filepath.Base(text) != text || fileEnding.MatchString(text) {
		return true, nil
	}
	if _, err := os.Stat(text); err == nil {
		return false, &okazaki.Error{Message: fmt.Sprintf("--%s %s may mean the file of this name, or not", p.Name, text),
			Hint: "for the file write ." + string(filepath.Separator) + text + "; or else rename it"}
	}
	return false, nil
}

// missing returns an error if something that is required was not given.
func (q *question) missing() error {
	if p := q.files; p != nil && p.Required && len(q.arguments) == 0 {
		example, _, _ := strings.Cut(strings.TrimSpace(q.analysis.Example), "\n")
		return &okazaki.Error{Message: "no input", Hint: "give " + p.Help + ": " + example}
	}
	for _, v := range q.values {
		if v.param.Required && len(v.given) == 0 {
			return &okazaki.Error{Message: "--" + v.param.Name + " is required", Hint: "give " + v.param.Help}
		}
	}
	return nil
}

// A paramValue is a flag made from a parameter.
type paramValue struct {
	param  *okazaki.Param
	given  []string
	parsed any
}

// String is what was given last.
func (v *paramValue) String() string {
	if len(v.given) == 0 {
		return ""
	}
	return v.given[len(v.given)-1]
}

// Type is the kind of value, as help shows it.
func (v *paramValue) Type() string {
	switch v.param.Kind {
	case okazaki.IntParam:
		return "integer"
	case okazaki.FloatParam:
		return "number"
	case okazaki.BoolParam:
		return "bool"
	case okazaki.FileParam:
		if v.param.Text {
			return "file or text"
		}
		return "file"
	}
	if v.param.Output {
		return "file"
	}
	return "string"
}

// Set takes a value. Of a file that may be many each is kept, otherwise the
// last.
func (v *paramValue) Set(text string) error {
	var err error
	switch v.param.Kind {
	case okazaki.IntParam:
		v.parsed, err = strconv.ParseInt(text, 10, 64)
	case okazaki.FloatParam:
		var f float64
		if f, err = strconv.ParseFloat(text, 64); err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			err = errors.New("not a finite number")
		}
		v.parsed = f
	case okazaki.BoolParam:
		v.parsed, err = strconv.ParseBool(text)
	default:
		v.parsed = text
	}
	if err != nil {
		return err
	}
	if !v.param.Many {
		v.given = v.given[:0]
	}
	v.given = append(v.given, text)
	return nil
}

// obey gives the parameters that the name of the main file asks for.
func (q *question) obey(given map[string]any, where string) error {
	if where == "-" && given["html"] == true {
		return &okazaki.Error{Message: "--html is given, and of an answer that goes to stdout nothing but its main file is written", Hint: "name a folder or a file with --output"}
	}
	if where == "-" || where == "" || !output.NamesFile(where) {
		return nil
	}
	ending, compression := output.EndingOf(where)
	if ending == "parquet" && compression != "" {
		return &okazaki.Error{File: where, Message: "Parquet is compressed within", Hint: "write .parquet"}
	}
	e, ok := q.analysis.Endings[ending]
	if !ok {
		if table.IsFormat(ending) {
			return nil
		}
		hint := output.Refused[ending]
		if ending == "html" && q.param("html") != nil {
			hint = "give --html, which writes report.html beside the tables"
		}
		if hint == "" {
			hint = "it writes " + output.Endings(q.analysis)
		}
		return &okazaki.Error{File: where, Message: fmt.Sprintf("okazaki %s doesn't write .%s", q.analysis.Name, ending), Hint: hint}
	}
	if was, set := given[e.Param]; set && fmt.Sprint(was) != e.Value {
		return &okazaki.Error{File: where, Message: fmt.Sprintf("a file of this name is written with --%s %s, and --%s %v is given", e.Param, e.Value, e.Param, was), Hint: "leave out one of them"}
	}
	given[e.Param] = any(e.Value)
	if q.param(e.Param).Kind == okazaki.BoolParam {
		given[e.Param] = e.Value == "true"
	}
	return nil
}
