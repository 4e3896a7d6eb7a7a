package output

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/format/table"
)

// A Form is how a file of the answer is written.
type Form struct {
	name     string // in the answer's folder, unless the user named it
	Table    string // the format, of package table; "" as the analysis writes it
	array    bool   // its lines of JSON become an array
	unpacked bool   // the analysis compresses it, and it is to be plain
	Compress string // the compression, of package table
	dropped  bool   // it is the index of a file that is plain after all
}

// Refused are endings of files that are not written, with what to do instead.
var Refused = map[string]string{
	"bcf": "write .vcf.gz, and of that BCF with bcftools view -O b",
	"bam": "", "sam": "", "cram": "", "gff": "", "gff3": "", "gtf": "", "pdf": "", "html": "", "svg": "",
	"png": "", "jpg": "", "jpeg": "", "md": "", "yaml": "", "yml": "", "xml": "", "maf": "", "tbi": "", "csi": "", "fai": "",
	"bb": "", "bigbed": "", "bw": "", "bigwig": "", "wig": "", "bedgraph": "", "bedpe": "", "2bit": "",
	"xlsx": "write .csv or .tsv, which spreadsheets open", "xls": "write .csv or .tsv, which spreadsheets open", "ods": "write .csv or .tsv, which spreadsheets open",
	"feather": "write .parquet", "arrow": "write .parquet", "h5": "write .parquet", "rds": "write .parquet", "db": "write .parquet", "sqlite": "write .parquet",
	"jsonl": "write .ndjson, which is the same",
	"xz":    "write .gz or .zst", "bz2": "write .gz or .zst", "zip": "write .gz or .zst", "tar": "name a folder", "gz": "", "zst": "", "bgz": "",
}

// EndingOf is what a file's name ends in, without its point and in lower case,
// and the ending of its compression after that; "" where there is none.
func EndingOf(path string) (ending, compression string) {
	base := strings.ToLower(filepath.Base(path))
	for _, c := range table.Compressions {
		if rest, ok := strings.CutSuffix(base, "."+c); ok {
			base, compression = rest, c
			break
		}
	}
	ending = strings.TrimPrefix(filepath.Ext(base), ".")
	if ending == "" && compression != "" {
		return compression, ""
	}
	return ending, compression
}

// NamesFile says whether the user named the main file rather than a folder:
// by its ending, unless there is such a folder.
func NamesFile(path string) bool {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return false
	}
	ending, _ := EndingOf(path)
	_, no := Refused[ending]
	return no || isWritten(ending)
}

// isWritten says whether a main file may have the ending.
func isWritten(ending string) bool {
	return table.IsFormat(ending) || slices.Contains([]string{"bed", "vcf", "fasta", "fa", "fas", "fna"}, ending)
}

// Endings are the endings of main files that an analysis writes.
func Endings(an *okazaki.Analysis) string {
	all := append(slices.Collect(maps.Keys(an.Endings)), table.Formats...)
	slices.Sort(all)
	return "." + strings.Join(slices.Compact(all), ", .") + "; compressed with .gz or .zst after that"
}

// shape decides how each file of the answer is written: by its own name if the
// user gave it, or else tables as the main one, or as --tables says.
func (o *Output) shape(an *okazaki.Analysis, tables string) error {
	o.columns, o.forms = an.Columns, map[string]Form{}
	format, compression := EndingOf("x." + tables)
	if tables == "" {
		format, compression = "", ""
	} else if !table.IsFormat(format) || format == "parquet" && compression != "" {
		return &okazaki.Error{Message: fmt.Sprintf("--tables can't be %q", tables), Hint: "give one of " + strings.Join(table.Formats, ", ") + ", or one with .gz or .zst after it"}
	}
	o.Main = o.Options.Names[0]
	if o.file != "" {
		if err := o.shapeMain(an); err != nil {
			return err
		}
		if f := o.forms[o.Main]; tables == "" && f.Table != "" {
			format, compression = f.Table, f.Compress
		}
	}
	for _, name := range o.Options.Names {
		if _, done := o.forms[name]; done {
			continue
		}
		f := Form{name: name}
		if path := o.Apart[name]; path != "" {
			var err error
			if f, err = o.shapeApart(name); err != nil {
				return err
			}
		} else if stem, ok := strings.CutSuffix(name, ".tsv"); ok && format != "" {
			f = Form{name: stem + "." + format, Table: format, Compress: compression}
			if compression != "" {
				f.name += "." + compression
			}
		}
		o.forms[name] = f
	}
	return nil
}

// shapeMain finds the file that the user named by its ending.
func (o *Output) shapeMain(an *okazaki.Analysis) error {
	ending, compression := EndingOf(o.file)
	f := Form{name: o.file, Compress: compression}
	if e, ok := an.Endings[ending]; ok {
		o.Main = e.File
		f.array = ending == "json" && strings.HasSuffix(e.File, ".ndjson")
	} else {
		isTable := func(name string) bool {
			return o.Apart[name] == "" && (strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".txt"))
		}
		i := slices.IndexFunc(o.Options.Names, isTable)
		if i < 0 {
			return &okazaki.Error{File: o.file, Message: "no table is written, but " + o.Main, Hint: "leave out what asks for another format, or name the file so"}
		}
		o.Main, f.Table = o.Options.Names[i], ending
	}
	if packed := strings.HasSuffix(o.Main, ".gz"); packed && (compression == "gz" || compression == "bgz") {
		f.Compress = ""
	} else if packed {
		f.unpacked = true
		for _, name := range o.Options.Names {
			if name != o.Main && strings.HasPrefix(name, o.Main+".") {
				o.forms[name] = Form{name: name, dropped: true}
			}
		}
	}
	o.forms[o.Main] = f
	return nil
}

// shapeApart returns the form of a file that the user named by a parameter of
// its own. The analysis writes it in the format of its first file.
func (o *Output) shapeApart(name string) (Form, error) {
	ending, compression := EndingOf(o.Apart[name])
	own, _ := EndingOf(o.Options.Names[0])
	f := Form{name: name, Compress: compression}
	_, no := Refused[ending]
	switch {
	case ending == own || own == "tsv" && !no && !isWritten(ending):
	case own == "tsv" && table.IsFormat(ending):
		f.Table = ending
	case no || isWritten(ending):
		return f, &okazaki.Error{File: o.Apart[name], Message: fmt.Sprintf("this would be written as .%s, and not as its name says", own), Hint: "name it so; or give --format, if there is one for this"}
	}
	return f, nil
}

// Form is how a file of the answer is written.
func (o *Output) Form(name string) Form {
	if f, ok := o.forms[name]; ok {
		return f
	}
	return Form{name: name}
}

// nowhere takes what nobody wants.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }

// A chain is writers, each of which writes to the next.
type chain []io.WriteCloser

// shaped returns a writer of a file in the analysis' format, which writes it to
// w in its own.
func (o *Output) shaped(name string, w io.WriteCloser) (io.WriteCloser, error) {
	f := o.Form(name)
	c := chain{w}
	if f.Compress != "" {
		z, err := table.Compress(w, f.Compress)
		if err != nil {
			return nil, err
		}
		c = append(chain{z}, c...)
	}
	switch {
	case f.unpacked:
		c = append(chain{table.Unpack(c[0])}, c...)
	case f.array:
		c = append(chain{table.NewArray(c[0])}, c...)
	case f.Table != "" && f.Table != "tsv":
		c = append(chain{table.NewWriter(c[0], f.Table, o.columns)}, c...)
	}
	if strings.HasSuffix(name, ".tsv") {
		n := &rowCounter{WriteCloser: c}
		o.rows[name] = n
		return n, nil
	}
	return c, nil
}

// A rowCounter counts the rows of a table that passes through it.
type rowCounter struct {
	io.WriteCloser
	rows    int64 // and the line of names
	within  bool  // a line
	comment bool  // which begins with '#'
	named   bool  // the line of names has begun
}

// Write is io.Writer's.
func (c *rowCounter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && !c.named; {
		if !c.within {
			c.within, c.comment = true, rest[0] == '#'
			c.named = !c.comment
			continue
		}
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		c.within, rest = false, rest[i+1:]
		c.rows-- // counted below with all lines
	}
	c.rows += int64(bytes.Count(p, []byte("\n")))
	return c.WriteCloser.Write(p)
}

// Write is io.Writer's.
func (c chain) Write(p []byte) (int, error) { return c[0].Write(p) }

// Close closes all, and returns the first error.
func (c chain) Close() error {
	var first error
	for _, w := range c {
		if err := w.Close(); first == nil {
			first = err
		}
	}
	return first
}
