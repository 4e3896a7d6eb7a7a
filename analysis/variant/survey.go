package variant

import (
	"context"
	"fmt"
	"strings"

	"okazaki"
	"okazaki/analysis/variant/pgx"
	"okazaki/format/vcf"
)

// A survey is what the frames say about the whole file, before any row of it
// is written.
type survey struct {
	records  int64
	frames   int64
	mismatch tally
	stranger tally
	contigs  []string // in the order of the file
	asked    int64    // alleles that the sources were asked about
	joined   []int64  // of those, how many each source knows
	alleles  []byte   // at positions that star alleles are defined by
}

// survey reads all frames but for their payloads, which do sees. It returns
// an error for the first line that is not a record, and for records that are
// not sorted.
func (e *engine) survey(ctx context.Context, l *layout, h *vcf.Header, result okazaki.Result, what wanted, do func(*frame) error) (*survey, error) {
	s := &survey{joined: make([]int64, len(e.sources))}
	seen := map[string]bool{}
	last := run{}
	line := h.Lines
	err := e.eachFrame(ctx, result, what, func(f *frame) error {
		if f.problem.file != "" {
			return &okazaki.Error{File: f.problem.file, Message: f.problem.message, Hint: f.problem.hint}
		}
		if f.problem.line > 0 {
			return &okazaki.Error{File: e.text.in.Name, Line: line + f.problem.line, Message: f.problem.message, Hint: f.problem.hint}
		}
		for _, r := range f.runs {
			switch {
			case r.contig != last.contig && seen[r.contig]:
				return vcf.Unsorted(e.text.in.Name, line+r.line, fmt.Errorf("%s comes again after %s", r.contig, last.contig))
			case r.contig == last.contig && r.first < last.last:
				return vcf.Unsorted(e.text.in.Name, line+r.line, fmt.Errorf("position %d of %s comes after %d", r.first+1, r.contig, last.last+1))
			case r.contig != last.contig:
				seen[r.contig] = true
				s.contigs = append(s.contigs, r.contig)
			}
			last = r
		}
		s.mismatch.join(&f.mismatch, line)
		s.stranger.join(&f.stranger, line)
		if len(f.alleles) > 0 {
			var err error
			if s.alleles, err = pgx.Merge(s.alleles, f.alleles); err != nil {
				return err
			}
		}
		if len(f.joined) != len(s.joined) {
			return errPart
		}
		for i, n := range f.joined {
			s.joined[i] += n
		}
		s.asked += f.asked
		line += f.lines
		s.records += f.records
		s.frames++
		return do(f)
	})
	if err != nil {
		return nil, err
	}
	if s.frames != l.units() {
		return nil, fmt.Errorf("%d frames of %d units were gathered", s.frames, l.units())
	}
	return s, e.refuse(s)
}

// join merges a later unit's tally; lines is the number of lines before that
// unit.
func (t *tally) join(o *tally, lines int64) {
	if t.count == 0 && o.count > 0 {
		t.line, t.what = lines+o.line, o.what
	}
	t.count += o.count
}

// refuse returns an error if the file belongs to another genome.
func (e *engine) refuse(s *survey) error {
	switch {
	case s.stranger.count > 0 && s.stranger.count == s.records:
		return &okazaki.Error{File: e.text.in.Name, Line: s.stranger.line,
			Message: fmt.Sprintf("none of the %d records is on a contig that the genes know; the first is on %q, and the genes know %s", s.records, s.stranger.what, e.contigNames()),
			Hint:    "give the genes of this genome, or rename the contigs with bcftools annotate --rename-chrs"}
	case s.mismatch.count > 0 && !e.lenient:
		return &okazaki.Error{File: e.text.in.Name, Line: s.mismatch.line,
			Message: fmt.Sprintf("REF is not the reference's in %d of %d records; of the first, %s", s.mismatch.count, s.records, s.mismatch.what),
			Hint:    "give the genes of this genome; or --lenient, to pass those records through with the reason"}
	}
	return nil
}

// contigNames names the first contigs of the genes.
func (e *engine) contigNames() string {
	const few = 3
	var names []string
	for _, c := range e.model.Contigs[:min(few, len(e.model.Contigs))] {
		names = append(names, c.Name)
	}
	if len(e.model.Contigs) > few {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
