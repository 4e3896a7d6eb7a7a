package guide

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"okazaki"
)

// primerColumns are the columns of the primers' file.
var primerColumns = []string{"target", "rank", "id", "guide", "id_2", "guide_2", "contig", "cut", "cut_2",
	"forward", "reverse", "product", "product_deleted", "cut_at", "forward_start", "forward_end", "forward_tm", "forward_gc", "forward_copies",
	"reverse_start", "reverse_end", "reverse_tm", "reverse_gc", "reverse_copies"}

// about says which primers are allowed.
func (a *amplification) about() string {
	return fmt.Sprintf("primers of %d to %d bases, %d to %d °C (nearest neighbours, 50 mM monovalent cations, 1.5 mM Mg, 0.6 mM dNTP, 50 nM DNA), %.0f to %.0f %% G and C; products of %d to %d bases, cuts at least %d from a primer; copies are places of a primer's last %d bases in the genome",
		minPrimer, maxPrimer, minMelting, maxMelting, 100*minPrimerGC, 100*maxPrimerGC, a.min, a.max, a.aside(), tail)
}

// An amplified is the cells of a guide in a row of primers.
type amplified struct{ target, id, letters, contig string }

// renderPrimers writes the best primers around each cut.
func (e *engine) renderPrimers(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	all, err := e.counted(ctx, results[primersStage], results[copiesStage])
	if err != nil {
		return err
	}
	guides := map[int]*amplified{-1: {id: "NA", letters: "NA"}}
	for i := range all {
		guides[all[i].a], guides[all[i].b] = &amplified{}, cmp.Or(guides[all[i].b], &amplified{})
	}
	err = e.each(ctx, results[hitsStage], func(t *tally) error {
		if g := guides[t.number]; g != nil {
			*g = amplified{target: cmp.Or(t.candidate.Of, "NA"), id: cmp.Or(t.candidate.Name, "NA"), letters: t.candidate.Letters, contig: t.home.Name}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w, err := out.Create("primers." + e.request.format)
	if err != nil {
		return err
	}
	t := newSheet(w, e.request.format, e.request, primerColumns, e.request.primers.about())
	for i := range all {
		e.primerRow(t, &all[i], guides[all[i].a], guides[all[i].b])
	}
	return errors.Join(t.end(), w.Close())
}

func (e *engine) primerRow(t *sheet, a *amplicon, g, other *amplified) {
	lost := e.lost(a)
	left, right := a.choose(e.request.primers, lost)
	rank, second := "NA", "NA"
	if a.rank > 0 {
		rank = integer(int64(a.rank))
	}
	if a.b >= 0 {
		second = integer(a.hi)
	}
	t.cells = append(t.cells[:0], g.target, rank, g.id, g.letters, other.id, other.letters, g.contig, integer(a.lo), second)
	if left == nil {
		for len(t.cells) < len(primerColumns) {
			t.cells = append(t.cells, "NA")
		}
		t.row("")
		return
	}
	deleted := "NA"
	if e.request.deletes() {
		deleted = integer(a.product(left, right, lost))
	}
	t.cells = append(t.cells, left.letters, right.letters, integer(a.product(left, right, 0)), deleted, integer(a.lo-left.start))
	for _, p := range []*primer{left, right} {
		t.cells = append(t.cells, integer(p.start), integer(p.end()), decimal(p.melting, 1), decimal(GC(p.letters), 2), integer(p.copies))
	}
	line := bedLine(&locus{Name: g.contig}, left.start, right.end(), strings.Trim(g.letters+"+"+other.letters, "+"), 1)
	t.row(strings.TrimSuffix(line, "+\n") + ".\n")
}
