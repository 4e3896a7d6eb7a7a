package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"okazaki"
)

// maxInputs is how many of a job's files a page names.
const maxInputs = 100

// Asked is the section that says what was asked, of which files: with it the
// answer can be had again. The job has its canonical parameters. More are further rows of the first table.
func Asked(job *okazaki.Job, more ...Fact) Section {
	settings := &Table{Caption: "Settings", Columns: []Column{{Name: "setting"}, {Name: "value", Code: true}}}
	settings.Rows = append(settings.Rows, []any{"analysis", fmt.Sprintf("okazaki %s, version %d of its answers", job.Analysis, job.Version)})
	for _, f := range more {
		settings.Rows = append(settings.Rows, []any{f.Name, f.Value})
	}
	params := map[string]any{}
	if json.Unmarshal(job.Params, &params) == nil { // they were read before
		for _, name := range slices.Sorted(maps.Keys(params)) {
			settings.Rows = append(settings.Rows, []any{"--" + name, fmt.Sprint(params[name])})
		}
	}
	files := &Table{Caption: "Files", Columns: []Column{{Name: "role"}, {Name: "name", Code: true}, {Name: "bytes", Number: true}, {Name: "sha256", Code: true}}}
	for i, in := range job.Inputs {
		if i == maxInputs {
			files.Note = fmt.Sprintf("%s more files are not listed.", Count(len(job.Inputs)-i))
			break
		}
		files.Rows = append(files.Rows, []any{in.Role, filepath.Base(in.Name), Count(in.Size), in.Digest})
	}
	return Section{ID: "asked", Title: "How this was made", Parts: []Part{{Table: settings}, {Table: files}}}
}

// Warnings returns the texts of the notes that are warnings.
func (w *Watch) Warnings() (text []string) {
	for _, n := range w.Notes {
		if n.Warning {
			text = append(text, n.Text)
		}
	}
	return text
}

// Foot is what stands below each page.
const Foot = "Made by Okazaki. For research; not for diagnosis."

// FileName is the page's.
const FileName = "report.html"

// A Builder is an okazaki.Outputs that knows which build of okazaki writes.
type Builder interface{ Build() string }

// Create writes the page as a file of the answer. A Builder's build stands at its
// foot.
func (p *Page) Create(out okazaki.Outputs) error {
	if b, ok := out.(Builder); ok {
		written := *p
		written.Foot += " Written by okazaki " + b.Build() + "."
		p = &written
	}
	f, err := out.Create(FileName)
	if err != nil {
		return err
	}
	err = p.Write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
