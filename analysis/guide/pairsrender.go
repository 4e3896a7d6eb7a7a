package guide

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"okazaki"
)

// The columns of each guide of a pair. Their names end in _1 and _2.
var pairedColumns = []string{"id", "guide", "strand", "pam", "cut", "target_cut", "off_targets", "cfd_specificity", "demoted", "oligo_forward", "oligo_reverse"}

// pairColumns returns the columns of the pairs' file.
func pairColumns() []string {
	names := []string{"target", "rank", "contig", "orientation", "length", "offset", "off_targets", "cfd_specificity", "cfd_specificity_least"}
	for _, name := range pairedColumns {
		names = append(names, name+"_1", name+"_2")
	}
	return names
}

// pairedCells are the cells of one guide of a pair, and the cells that both
// have alike.
type pairedCells struct {
	target, contig string
	cut            int64 // in the genome
	own            []string
}

func (e *engine) pairedCells(s *summary) *pairedCells {
	c := &pairedCells{target: cmp.Or(s.candidate.Of, "NA"), contig: "NA"}
	if s.home != nil {
		c.contig, c.cut = s.home.Name, s.home.cut(e.request.pam, e.request.cut)
	}
	for _, name := range pairedColumns {
		for _, column := range columns {
			if column.name == name {
				c.own = append(c.own, column.cell(e.request, s))
			}
		}
	}
	return c
}

// renderPairs writes the best pairs of each target. It reads the guides again
// for each block of pairs, and holds the cells of the guides in that block.
func (e *engine) renderPairs(ctx context.Context, result okazaki.Result, out okazaki.Outputs) error {
	best, all, without, err := e.pairs(ctx, result)
	if err != nil {
		return err
	}
	noteTargets(out, e.request.pairing.lacking(), without)
	w, err := out.Create("pairs." + e.request.format)
	if err != nil {
		return err
	}
	t := newSheet(w, e.request.format, e.request, pairColumns(), e.request.pairing.about(all))
	rank := 0
	var cells map[int]*pairedCells
	for i := range best {
		if i%e.block == 0 {
			if cells, err = e.readPaired(ctx, result, best[i:min(len(best), i+e.block)]); err != nil {
				return errors.Join(err, w.Close())
			}
		}
		if rank++; i > 0 && best[i].a.target != best[i-1].a.target {
			rank = 1
		}
		e.pairRow(t, &best[i], rank, cells[int(best[i].a.number)], cells[int(best[i].b.number)])
	}
	return errors.Join(t.end(), w.Close())
}

// about says which pairs are listed.
func (p *pairing) about(all int64) string {
	if p.kind == deletionPairs {
		return fmt.Sprintf("pairs for a deletion: guide 1 cuts up to %d bases before the target, guide 2 up to %d behind it; pairs in all: %d, of each target the best %d", p.flank, p.flank, all, p.most)
	}
	return fmt.Sprintf("pairs for a nickase: PAMs outside, %d to %d bases between the protospacers; pairs in all: %d, of each target the best %d", p.min, p.max, all, p.most)
}

// lacking says why targets have guides and no pairs.
func (p *pairing) lacking() string {
	if p.kind == deletionPairs {
		return fmt.Sprintf("there are no pairs for a deletion: no guide cuts in one of the two flanks of %d bases of", p.flank)
	}
	return fmt.Sprintf("there are no pairs for a nickase with PAMs outside and %d to %d bases between the protospacers in", p.min, p.max)
}

// readPaired reads the cells of the guides of some pairs, by their numbers.
func (e *engine) readPaired(ctx context.Context, result okazaki.Result, pairs []guidePair) (map[int]*pairedCells, error) {
	cells := map[int]*pairedCells{}
	for i := range pairs {
		cells[int(pairs[i].a.number)], cells[int(pairs[i].b.number)] = nil, nil
	}
	err := e.each(ctx, result, func(t *tally) error {
		if _, ok := cells[t.number]; ok {
			cells[t.number] = e.pairedCells(e.summarise(t))
		}
		return nil
	})
	return cells, err
}

func (e *engine) pairRow(t *sheet, p *guidePair, rank int, a, b *pairedCells) {
	contig := a.contig
	if b.contig != contig {
		contig = "NA"
	}
	offset := integer(p.gap)
	if e.request.pairing.kind == deletionPairs {
		offset = "NA"
	}
	t.cells = append(t.cells[:0], a.target, integer(int64(rank)), contig, p.orientation(e.request.pam.FivePrime), integer(p.length), offset,
		integer(p.offs), decimal(p.cfd, 6), decimal(specificityOfBoth(p.a.least, p.b.least), 6))
	for i := range pairedColumns {
		t.cells = append(t.cells, a.own[i], b.own[i])
	}
	bed := ""
	if contig != "NA" {
		l := &locus{Name: contig}
		bed = strings.TrimSuffix(bedLine(l, min(a.cut, b.cut), max(a.cut, b.cut), a.own[1]+"+"+b.own[1], p.cfd), "+\n") + ".\n"
	}
	t.row(bed)
}
