package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/sorting"
	"okazaki/format/fasta"
)

// sortFlags are what virus sort compares with.
type sortFlags struct {
	datasets   []string
	references []string
}

func (a *app) virusSortCommand() *cobra.Command {
	var f sortFlags
	cmd := &cobra.Command{
		Use:   "sort [flags] GENOMES...",
		Short: "the virus or segment of each record",
		Long: `Sorts the records of FASTA files by the reference to which each belongs, by the
words of 15 bases that they share: Nextclade datasets, or the segments of a
virus. Records may be of either strand, and parts of genomes.

  sorted.tsv       one row per record: its reference, the share of its words that the
                   reference has and how many that are, and the next reference
  REFERENCE.fasta  the records of each reference, as they were given; where names
                   differ in nothing but case, the second is REFERENCE-2.fasta
  unsorted.fasta   records that share too little with any: fewer than 5 of the words
                   that are looked at (one in two), or less than a hundredth

Among references that share about as much, the length decides: a
short record goes to a dataset of one gene rather than to the whole genome's. The
files go to the folder of --output, by default "sorted"; --output - writes
sorted.tsv to stdout.`,
		Example: `  okazaki virus sort --dataset datasets/ mixed.fasta.gz
  okazaki virus sort --reference segments.fasta -o by_segment influenza.fasta`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.virusSort(cmd.Context(), &f, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVar(&f.datasets, "dataset", nil, "Nextclade dataset, its folder or zip file, or a folder of such; may be repeated")
	fs.StringArrayVar(&f.references, "reference", nil, "FASTA file, each record of which is a reference; may be repeated")
	fs.StringVarP(&a.config.output, "output", "o", a.config.output, `folder of the files; by default "sorted"`)
	a.config.forceFlag(fs)
	a.config.tellFlags(fs)
	return cmd
}

func (a *app) virusSort(ctx context.Context, f *sortFlags, files []string) error {
	if len(files) == 0 {
		return &okazaki.Error{Message: "no input: give one or more FASTA files", Hint: "okazaki virus sort --dataset DIR genomes.fasta"}
	}
	s, err := f.sorter()
	if err != nil {
		return err
	}
	dir := a.config.output
	if dir == "" {
		dir = "sorted"
	}
	job := &sortJob{sorter: s, files: files, count: make([]int, len(s.Names)+1)}
	job.nameFiles()
	paths, err := a.writeFolder(folderful{dir: dir, command: "virus sort", names: job.names, write: func(out okazaki.Outputs) error { return job.write(ctx, out) },
		inputs: slices.Concat(files, f.datasets, f.references)})
	if err != nil {
		return err
	}
	text, none := "", job.count[len(s.Names)]
	for i, name := range s.Names {
		if n := job.count[i]; n > 0 {
			text += fmt.Sprintf("%s: %d\nokazaki: ", name, n)
		}
	}
	a.tell.say("done", fmt.Sprintf("%sof no reference: %d\nokazaki: wrote %s", text, none, strings.Join(paths, "\nokazaki: wrote ")),
		"unsorted", none, "outputs", paths)
	return nil
}

// sorter reads what records are compared with.
func (f *sortFlags) sorter() (*sorting.Sorter, error) {
	s := &sorting.Sorter{}
	for _, path := range f.datasets {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, &okazaki.Error{File: path, Message: "there is no such file", Hint: "check the spelling and the folder", Err: err}
		case info.IsDir():
			err = s.AddDatasets(filepath.Base(filepath.Clean(path)), os.DirFS(path))
		default:
			var content []byte
			if content, err = os.ReadFile(path); err == nil {
				err = s.AddZip(strings.TrimSuffix(filepath.Base(path), ".zip"), content)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	for _, path := range f.references {
		if _, err := os.Stat(path); err != nil {
			return nil, &okazaki.Error{File: path, Message: "there is no such file", Hint: "check the spelling and the folder", Err: err}
		}
		if err := s.AddReferences(os.DirFS(filepath.Dir(path)), filepath.Base(path)); err != nil {
			return nil, err
		}
	}
	if len(s.Names) == 0 {
		return nil, &okazaki.Error{Message: "there is nothing to sort by", Hint: "give --dataset, or --reference with a FASTA file of several records"}
	}
	return s, nil
}

// A sortJob sorts the records of some files.
type sortJob struct {
	sorter *sorting.Sorter
	files  []string
	count  []int    // records by reference; the last: of none
	names  []string // of the files: the table, and then as count
}

// nameFiles names the files that there may be: the table, one of each reference,
// and the last. Systems differ in whether case tells two names apart, so here it
// doesn't: the second file of a name gets a number.
func (j *sortJob) nameFiles() {
	const table, unsorted = "sorted.tsv", "unsorted.fasta"
	taken := map[string]bool{unsorted: true}
	j.names = []string{table}
	for _, name := range j.sorter.Names {
		name = plainName(name)
		file := name + ".fasta"
		for n := 2; taken[strings.ToLower(file)]; n++ {
			file = fmt.Sprintf("%s-%d.fasta", name, n)
		}
		taken[strings.ToLower(file)] = true
		j.names = append(j.names, file)
	}
	j.names = append(j.names, unsorted)
}

// plainName is a reference's name without what a file's may not have.
func plainName(reference string) string {
	plain := func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r <= ' ' {
			return '_'
		}
		return r
	}
	return cmp.Or(strings.TrimLeft(strings.Map(plain, reference), "."), "_")
}

// file is the name of a reference's file.
func (j *sortJob) file(reference int) string { return j.names[1+reference] }

// A sortBatch is some records, and once they are sorted their answers.
type sortBatch struct {
	records []fasta.Record
	best    []sorting.Match
	second  []sorting.Match
	err     error // that ended the records after these
}

const sortBatchBases = 1 << 20

func (j *sortJob) write(ctx context.Context, out okazaki.Outputs) (err error) {
	table, err := out.Create("sorted.tsv")
	if err != nil {
		return err
	}
	w := &sortWriter{job: j, out: out, table: bufio.NewWriterSize(table, 1<<18), fasta: make([]*bufio.Writer, len(j.count)), open: []io.Closer{table}}
	defer func() { err = errors.Join(err, w.close()) }()
	_, _ = w.table.WriteString("index\tseqName\treference\tshare\tsharedWords\tsecondReference\tsecondShare\tbases\terrors\n") // a bufio.Writer keeps its first error
	cores := runtime.GOMAXPROCS(0)
	finders := make(chan *sorting.Finder, cores)
	for range cores {
		finders <- j.sorter.Finder()
	}
	for b, err := range analysis.Ordered(ctx, cores, j.batches(ctx), func(b *sortBatch) {
		f := <-finders
		for i := range b.records {
			b.best[i], b.second[i] = f.Sort(b.records[i].Seq)
		}
		finders <- f
	}) {
		if err == nil {
			err = w.batch(b)
		}
		if err == nil {
			err = b.err
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// batches reads the files.
func (j *sortJob) batches(ctx context.Context) iter.Seq[*sortBatch] {
	return func(yield func(*sortBatch) bool) {
		b, bases := &sortBatch{}, 0
		for _, path := range j.files {
			for rec, err := range j.records(path) {
				if err = errors.Join(err, ctx.Err()); err != nil {
					b.err = err
					yield(b)
					return
				}
				kept := *rec
				kept.Seq = bytes.Clone(rec.Seq)
				b.records, b.best, b.second = append(b.records, kept), append(b.best, sorting.Match{}), append(b.second, sorting.Match{})
				if bases += len(kept.Seq); bases < sortBatchBases {
					continue
				}
				if !yield(b) {
					return
				}
				b, bases = &sortBatch{}, 0
			}
		}
		yield(b)
	}
}

// records yields the records of a file, or of stdin.
func (j *sortJob) records(path string) iter.Seq2[*fasta.Record, error] {
	return func(yield func(*fasta.Record, error) bool) {
		var in io.Reader = os.Stdin
		if path != "-" {
			src, err := fasta.Open(path)
			if err != nil {
				yield(nil, err)
				return
			}
			defer src.File.Close()
			in = io.NewSectionReader(src.File, 0, src.File.Size())
		}
		for rec, err := range fasta.ScanUnnamed(path, in) {
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// A sortWriter writes the answers.
type sortWriter struct {
	job   *sortJob
	out   okazaki.Outputs
	table *bufio.Writer
	fasta []*bufio.Writer // by reference; nil until there is a record of it
	open  []io.Closer
	index int
}

func (w *sortWriter) batch(b *sortBatch) error {
	name := func(m sorting.Match) string {
		if m.Reference < 0 {
			return ""
		}
		return w.job.sorter.Names[m.Reference]
	}
	for i := range b.records {
		rec, best, second := &b.records[i], b.best[i], b.second[i]
		problem := ""
		if wrong, ok := errors.AsType[*okazaki.Error](rec.Err); ok {
			problem, best, second = wrong.Message, sorting.Match{Reference: -1}, sorting.Match{Reference: -1}
		}
		fmt.Fprintf(w.table, "%d\t%s\t%s\t%.4f\t%d\t%s\t%.4f\t%d\t%s\n", w.index, strings.ReplaceAll(rec.Header, "\t", " "), name(best), best.Share, best.Shared,
			name(second), second.Share, len(rec.Seq), strings.ReplaceAll(problem, "\t", " "))
		w.index++
		r := best.Reference
		if r < 0 {
			r = len(w.job.sorter.Names)
		}
		w.job.count[r]++
		if err := w.record(r, rec); err != nil {
			return err
		}
	}
	return nil
}

// record writes a record to its reference's file.
func (w *sortWriter) record(reference int, rec *fasta.Record) error {
	if w.fasta[reference] == nil {
		f, err := w.out.Create(w.job.file(reference))
		if err != nil {
			return err
		}
		w.open = append(w.open, f)
		w.fasta[reference] = bufio.NewWriterSize(f, 1<<16)
	}
	_, err := fmt.Fprintf(w.fasta[reference], ">%s\n%s\n", rec.Header, rec.Seq)
	return err
}

func (w *sortWriter) close() error {
	errs := []error{w.table.Flush()}
	for _, f := range w.fasta {
		if f != nil {
			errs = append(errs, f.Flush())
		}
	}
	for _, c := range w.open {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
