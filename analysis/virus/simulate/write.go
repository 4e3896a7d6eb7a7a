package simulate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A File is where an output goes.
type File struct {
	io.Writer
	Zstd bool // compressed
}

// FileNamed returns a File that is compressed if the name ends in .zst.
func FileNamed(name string, w io.Writer) File {
	return File{w, strings.HasSuffix(name, ".zst")}
}

// Files are the outputs of an outbreak. One without a Writer is not made.
type Files struct {
	Genomes  File // FASTA, one line per genome
	Truth    File // TSV, one line per genome
	Tree     File // Newick; lengths are in days
	Lineages File // TSV, one line per lineage
}

// TruthHeader is the first line of the truth table, without its newline.
// Mutations are in Nextclade's notation. parent is the nearest case before in
// the tree; donor gave a recombinant the letters of donated. kind and partner
// say what is odd, as Record does; foreign is the stretch that is something
// else. Positions count from 1.
const TruthHeader = "name\tdate\tcountry\tregion\tlineage\tparent\talignmentStart\talignmentEnd\t" +
	"substitutions\tdeletions\tinsertions\tmissing\tnonACGTNs\tdonor\tdonated\tkind\tpartner\tforeign"

// LineagesHeader is the first line of the table of lineages, without its
// newline. growth is a day, relative to the first lineage: the logarithm of
// the ratio of their cases grows by it. first is the founder's date, records
// counts those in the truth table; the founder's mutations follow.
const LineagesHeader = "lineage\tunaliased\tparent\tdonor\tgrowth\tfirst\trecords\tsubstitutions\tdeletions\tinsertions"

// batch is how many records are made, and compressed to a frame of their own,
// at once.
const batch = 256

// Write writes the outputs. Genomes and truth are made by as many workers as
// there are processors. The memory it takes doesn't grow with the genomes: of
// SARS-CoV-2 about 40 MB a worker. After an error the files are incomplete.
func (o *Outbreak) Write(ctx context.Context, files Files) error {
	if err := o.writeRecords(ctx, files); err != nil {
		return fmt.Errorf("genomes: %w", err)
	}
	for _, f := range []struct {
		name  string
		file  File
		write func(*bufio.Writer) error
	}{{"tree", files.Tree, o.newick}, {"lineages", files.Lineages, o.writeLineages}} {
		if err := f.file.write(f.write); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// write writes a whole file in one frame.
func (f File) write(content func(*bufio.Writer) error) error {
	if f.Writer == nil {
		return nil
	}
	w := f.Writer
	var z *zstd.Encoder
	if f.Zstd {
		var err error
		if z, err = zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)); err != nil {
			return err
		}
		w = z
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := content(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if z != nil {
		return z.Close()
	}
	return nil
}

// A part is what one batch of records adds to the files. Its memory is the
// next part's.
type part struct{ genomes, truth []byte }

// writeRecords writes genomes and truth, batch by batch, in order.
func (o *Outbreak) writeRecords(ctx context.Context, files Files) error {
	if files.Genomes.Writer == nil && files.Truth.Writer == nil {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := make([]*worker, runtime.GOMAXPROCS(0))
	for i := range workers {
		var err error
		if workers[i], err = o.worker(files); err != nil {
			return err
		}
	}
	// Each batch has a channel of its own; order holds them in order.
	order := make(chan chan part, len(workers)+1)
	used := make(chan part, cap(order)+len(workers))
	work := make(chan func(*worker))
	var all sync.WaitGroup
	defer all.Wait()
	for _, w := range workers {
		all.Go(func() {
			for job := range work {
				job(w)
			}
		})
	}
	all.Go(func() {
		defer close(order)
		defer close(work)
		for lo := 0; lo < len(o.samples) && ctx.Err() == nil; lo += batch {
			done := make(chan part, 1)
			select {
			case order <- done:
				work <- func(w *worker) {
					var p part
					select {
					case p = <-used:
					default:
					}
					done <- w.batch(p, lo, min(lo+batch, len(o.samples)))
				}
			case <-ctx.Done():
			}
		}
	})
	return deliver(ctx, stop, files, order, used)
}

// deliver writes the parts in order. It stops their making at an error.
func deliver(ctx context.Context, stop func(), files Files, order <-chan chan part, used chan<- part) (err error) {
	for done := range order {
		p := <-done
		for _, f := range [2]struct {
			to   io.Writer
			text []byte
		}{{files.Genomes.Writer, p.genomes}, {files.Truth.Writer, p.truth}} {
			if err == nil && f.to != nil {
				if _, err = f.to.Write(f.text); err != nil {
					stop()
				}
			}
		}
		select {
		case used <- p:
		default:
		}
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// A worker makes parts. One goroutine uses it.
type worker struct {
	*sequencer
	files Files
	zstd  *zstd.Encoder
	fasta []byte
	truth []byte
}

func (o *Outbreak) worker(files Files) (*worker, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(8<<20))
	return &worker{sequencer: o.sequencer(), files: files, zstd: z}, err
}

// batch makes the part of the records [lo, hi) in an old part's memory.
func (w *worker) batch(p part, lo, hi int) part {
	fasta, truth := w.fasta[:0], w.truth[:0]
	if !w.files.Genomes.Zstd {
		fasta = p.genomes[:0]
	}
	if !w.files.Truth.Zstd {
		truth = p.truth[:0]
	}
	if lo == 0 {
		truth = append(truth, TruthHeader+"\n"...)
	}
	for n := lo; n < hi; n++ {
		r := w.record(n)
		if w.files.Genomes.Writer != nil {
			fasta = append(append(append(append(append(fasta, '>'), r.Name...), '\n'), r.Sequence...), '\n')
		}
		truth = r.appendTruth(truth)
	}
	if w.files.Genomes.Zstd {
		w.fasta, fasta = fasta, w.zstd.EncodeAll(fasta, p.genomes[:0])
	}
	if w.files.Truth.Zstd {
		w.truth, truth = truth, w.zstd.EncodeAll(truth, p.truth[:0])
	}
	return part{fasta, truth}
}

// appendTruth appends the record's line of the truth table.
func (r *Record) appendTruth(b []byte) []byte {
	column := func(s string) { b = append(append(b, '\t'), s...) }
	region := func(lo, hi int) {
		if b = append(b, '\t'); lo < hi {
			b = strconv.AppendInt(append(strconv.AppendInt(b, int64(lo+1), 10), '-'), int64(hi), 10)
		}
	}
	b = append(b, r.Name...)
	b = r.Date.AppendFormat(append(b, '\t'), "2006-01-02")
	column(r.Country)
	column(r.Region)
	column(r.Lineage)
	column(r.Parent)
	if r.Kind == Other {
		b = append(b, "\t\t"...)
	} else {
		b = strconv.AppendInt(append(b, '\t'), int64(r.Calls.Aligned.Lo+1), 10)
		b = strconv.AppendInt(append(b, '\t'), int64(r.Calls.Aligned.Hi), 10)
	}
	b = r.Calls.AppendMutations(b)
	column(r.Donor)
	region(r.Donated.Lo, r.Donated.Hi)
	column(r.Kind.String())
	column(r.Partner)
	region(r.Foreign.Lo, r.Foreign.Hi)
	return append(b, '\n')
}

// writeLineages writes the table of lineages.
func (o *Outbreak) writeLineages(w *bufio.Writer) error {
	records := make([]int, len(o.lineages))
	for _, i := range o.samples {
		if o.tree.flags[i]&stranger == 0 {
			records[o.tree.lineage[i]]++
		}
	}
	s := o.sequencer()
	w.WriteString(LineagesHeader + "\n")
	for n, l := range o.lineages {
		if l.founder < 0 {
			continue
		}
		var parent, donor string
		if l.parent >= 0 {
			parent = o.lineages[l.parent].name
		}
		if l.donor >= 0 {
			donor = o.lineages[l.donor].name
		}
		s.genome(&s.rec.Calls, l.founder)
		b := fmt.Appendf(nil, "%s\t%s\t%s\t%s\t%.4f\t%s\t%d", l.name, l.whole, parent, donor, l.growth,
			o.date(o.tree.day[l.founder]).Format("2006-01-02"), records[n])
		b = s.rec.Calls.AppendChanges(b)
		if _, err := w.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	return nil
}
