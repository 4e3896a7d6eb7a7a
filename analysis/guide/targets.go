package guide

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/unpack"
	"okazaki/genome"
)

// A target is regions of a contig; none for all of it.
type target struct {
	contig, of string
	regions    []genome.Region // ascending, apart
	exons      bool            // they are a gene's
	reverse    bool            // the gene is on the - strand
	parts      []string        // what the regions are called; nil for exons, or if there is one
}

// part returns the name of region i beside the target's own name: exons are
// numbered along the gene.
func (t *target) part(i int) string {
	switch {
	case t.parts != nil:
		return t.parts[i]
	case !t.exons:
		return ""
	}
	if t.reverse {
		i = len(t.regions) - 1 - i
	}
	return fmt.Sprintf("exon %d", i+1)
}

// splitTargets returns the names of targets that are separated by commas. A
// comma in a number (chr2:2,001-2300) does not separate.
func splitTargets(s string) (names []string) {
	from := 0
	for i := range len(s) {
		if s[i] == ',' && !(i > 0 && isDigits(s[i-1:i]) && i+4 <= len(s) && isDigits(s[i+1:i+4]) && (i+4 == len(s) || !isDigits(s[i+4:i+5]))) {
			names, from = append(names, s[from:i]), i+1
		}
	}
	return append(names, s[from:])
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// targetNames are names of the column that has the targets in a list.
var targetNames = append([]string{"target", "region", "symbol", "locustag", "transcript", "transcriptid"}, append(geneNames, "id", "name")...)

// targets returns the genes and regions of a list without guides: of a BED
// file its regions, of a table with column names the named column, of other
// lines all that commas separate, or the first column. It returns nil if the
// list has guides, or cells that may be meant as guides.
func (l *guideList) targets(isContig func(string) bool) (names []string, err error) {
	for _, row := range l.rows {
		for _, cell := range row.cells {
			if resemblesGuide(cell) && !strings.Contains(cell, ":") {
				return nil, nil
			}
		}
	}
	for _, row := range l.rows {
		more, err := l.targetsOf(&row, isContig)
		if err != nil {
			return nil, located(err, l.file, row.line)
		}
		names = append(names, more...)
	}
	return names, nil
}

// targetsOf returns the targets of a line.
func (l *guideList) targetsOf(row *listRow, isContig func(string) bool) ([]string, error) {
	first, column := row.cells[0], l.column(targetNames, -1)
	i := strings.LastIndexByte(row.text, ':')
	_, region := parseRegion(row.text[i+1:])
	lo, hi, three := rangeOf(row.cells)
	switch {
	case i > 0 && region && len(splitTargets(row.text)) == 1:
		return []string{row.text}, nil
	case isBED(l.file) && (first == "track" || first == "browser"):
		return nil, nil
	case isBED(l.file) && three:
		return []string{fmt.Sprintf("%s:%d-%d", first, lo+1, hi)}, nil
	case isBED(l.file):
		return nil, &okazaki.Error{Message: "this is not a line of BED: contig, start and end", Hint: "name a list of genes or regions .txt or .tsv"}
	case three:
		return nil, &okazaki.Error{Message: fmt.Sprintf("%s, %d and %d may count from 0, as in BED, or from 1", first, lo, hi), Hint: "name the file .bed if it is BED, or write contig:start-end, from 1"}
	case column >= 0 && row.cell(column) == "":
		return nil, &okazaki.Error{Message: fmt.Sprintf("there is no target in column %d", column+1), Hint: "give a gene or a region a line"}
	case column >= 0:
		return []string{row.cell(column)}, nil
	case len(row.cells) > 1 && isContig(first):
		return nil, &okazaki.Error{Message: fmt.Sprintf("%s is a whole contig, and there are more columns", first), Hint: "name the columns in the first line, such as gene, or write the contig alone"}
	case l.separator == ',':
		return splitTargets(row.text), nil
	}
	return []string{first}, nil
}

// rangeOf returns the two numbers behind a line's first cell.
func rangeOf(cells []string) (lo, hi int64, ok bool) {
	if len(cells) < 3 {
		return 0, 0, false
	}
	lo, err1 := strconv.ParseInt(cells[1], 10, 64)
	hi, err2 := strconv.ParseInt(cells[2], 10, 64)
	return lo, hi, err1 == nil && err2 == nil
}

// isBED says whether a file is BED by its name.
func isBED(file string) bool {
	name := strings.ToLower(file)
	for _, packed := range []string{".gz", ".bgz", ".zst", ".xz"} {
		name = strings.TrimSuffix(name, packed)
	}
	return strings.HasSuffix(name, ".bed")
}

// asked returns the targets that were asked for, by the names that their guides
// have them under; none if guides were.
func (e *engine) asked(ctx context.Context) (names []string, err error) {
	if e.request.target != "" {
		return splitTargets(e.request.target), nil
	}
	in := e.input("target")
	if in == nil {
		return nil, nil
	}
	f, err := e.files.Open(ctx, *in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := unpack.Open(in.Name, f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text := bufio.NewReader(analysis.Reader(ctx, r))
	if isFASTA(text) {
		err = eachRecord(ctx, in.Name, f, func(c *contig) { names = append(names, c.Name) })
		return names, err
	}
	l, err := readList(in.Name, text)
	if err != nil {
		return nil, err
	}
	return l.targets(func(string) bool { return false })
}

// errSeen ends the reading of guides when all targets are seen.
var errSeen = errors.New("all targets are seen")

// noteEmpty warns of targets in which no guide cuts.
func (e *engine) noteEmpty(ctx context.Context, result okazaki.Result, out okazaki.Outputs) error {
	names, err := e.asked(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	missing := map[string]bool{}
	for _, name := range names {
		missing[strings.TrimSpace(name)] = true
	}
	err = e.each(ctx, result, func(t *tally) error {
		delete(missing, t.candidate.Of)
		delete(missing, strings.TrimSuffix(t.candidate.Of, windowSuffix))
		if len(missing) == 0 {
			return errSeen
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSeen) {
		return err
	}
	where := "in"
	if e.request.deletes() {
		where = "beside"
	}
	noteTargets(out, "no guide cuts "+where, slices.Sorted(maps.Keys(missing)))
	return nil
}

// maxNoted is the most targets that a note names.
const maxNoted = 5

// noteTargets warns of some targets, if there are any.
func noteTargets(out okazaki.Outputs, what string, names []string) {
	if len(names) == 0 {
		return
	}
	listed := strings.Join(names[:min(maxNoted, len(names))], ", ")
	if more := len(names) - maxNoted; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	out.Note(okazaki.Note{Warning: true, Text: what + " " + listed})
}

// windowSuffix is what the name of a target has if it is windows about a gene's
// starts.
const windowSuffix = " TSS"

// A resolver finds the targets that names stand for.
type resolver struct {
	e       *engine
	contigs *genome.ContigNames
	names   []string       // of the contigs
	in      *okazaki.Input // the genes; nil if there are none
	genes   *geneIndex     // of them, once they are read
	asked   string         // the target as the user gave it, for its name
}

// ofTargets adds the guides of regions, contig:start-end from 1 with their ends
// included, of whole contigs, or of genes. A place that lies in two of them has
// its guides in both.
func (e *engine) ofTargets(ctx context.Context, g genomeText, names []string, list *candidates) error {
	r := &resolver{e: e, names: g.names(), contigs: genome.NewContigNames(g.names()), in: e.input("genes")}
	for _, name := range names {
		t, err := r.resolve(ctx, strings.TrimSpace(name))
		if err != nil {
			return err
		}
		number, ok := r.contigs.Find(t.contig)
		if !ok {
			return &okazaki.Error{Message: fmt.Sprintf("the genome has no contig %q", t.contig), Hint: nearest(t.contig, r.names)}
		}
		c, err := g.text(ctx, number)
		if err != nil {
			return err
		}
		if t.regions == nil {
			t.regions = []genome.Region{{Lo: 0, Hi: int(c.Length)}}
		}
		if last := t.regions[len(t.regions)-1]; int64(last.Hi) > c.Length && e.request.tss == nil {
			return &okazaki.Error{Message: fmt.Sprintf("the target %s ends at %d, but %s has %d bases", name, last.Hi, c.Name, c.Length),
				Hint: "give a region of the contig"}
		}
		if e.request.deletes() {
			if err := e.request.pairing.flanks(t, c.Length); err != nil {
				return err
			}
		}
		e.request.within(c, number, t, func(g *Guide, at *locus, part string) { list.add(g, t.of, part, fromGenome, at) })
	}
	return nil
}

// resolve finds the target that a name stands for.
func (r *resolver) resolve(ctx context.Context, name string) (*target, error) {
	r.asked = name
	if _, ok := r.contigs.Find(name); ok {
		if r.in != nil {
			x, err := r.geneIndex(ctx)
			if err != nil {
				return nil, err
			}
			if x.find(name, func(string) bool { return true }) != nil {
				return nil, &okazaki.Error{Message: fmt.Sprintf("the target %q is a contig and a gene", name), Hint: "give contig:start-end, or the gene's identifier"}
			}
		}
		return &target{contig: name, of: name}, nil
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 {
		if region, ok := parseRegion(name[i+1:]); ok {
			if region.Lo < 0 || region.Hi <= region.Lo {
				return nil, &okazaki.Error{Message: fmt.Sprintf("the target %s is not a region", name), Hint: "give contig:start-end, from 1, with both ends included"}
			}
			return &target{contig: name[:i], of: name, regions: []genome.Region{region}}, nil
		}
		if _, ok := r.contigs.Find(name[:i]); ok && r.in != nil {
			return r.gene(ctx, name[i+1:], name[:i])
		}
	}
	if r.in == nil {
		return nil, &okazaki.Error{Message: fmt.Sprintf("the target %q is neither a region of the genome nor a file", name),
			Hint: "give contig:start-end; for a gene give its genes with --genes"}
	}
	return r.gene(ctx, name, "")
}

// A tssWindow is bases about a transcript's start, along the transcript: from
// lo to hi, where 0 is its first base.
type tssWindow struct{ lo, hi int }

// parseWindow reads lo:hi.
func parseWindow(s string) (*tssWindow, error) {
	from, to, ok := strings.Cut(s, ":")
	lo, err1 := strconv.Atoi(from)
	hi, err2 := strconv.Atoi(to)
	if !ok || err1 != nil || err2 != nil || lo >= hi || lo < -1_000_000 || hi > 1_000_000 {
		return nil, &okazaki.Error{Message: fmt.Sprintf("--tss %q is not a window", s), Hint: "give its bases along the gene from where it begins, such as -50:300"}
	}
	return &tssWindow{lo, hi}, nil
}

// about returns the window of a transcript.
func (w *tssWindow) about(t genome.Region, reverse bool) genome.Region {
	if reverse {
		return genome.Region{Lo: max(0, t.Hi-w.hi), Hi: max(0, t.Hi-w.lo)}
	}
	return genome.Region{Lo: max(0, t.Lo+w.lo), Hi: max(0, t.Lo+w.hi)}
}
