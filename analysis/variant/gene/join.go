package gene

import (
	"cmp"
	"fmt"
	"sort"
	"strings"

	"okazaki"
	"okazaki/genome"
)

// A join puts an annotation's transcripts on the reference's contigs.
type join struct {
	Options
	m       *Model
	a       *annotation
	contigs map[string]*Contig // of the annotation's names; nil for one that the reference lacks
	codes   map[*Contig]genome.Code
	missing map[string]int // transcripts on contigs that the reference lacks
	doubts  doubts
	census  census
}

// all puts all transcripts, checks them and writes the notes.
func (j *join) all() error {
	var fault error
	j.missing = map[string]int{}
	j.a.transcripts(func(n, gene *node, p *parts) {
		if fault == nil {
			fault = j.one(n, gene, p)
		}
	})
	if fault != nil {
		return fault
	}
	put := 0
	for _, c := range j.m.Contigs {
		c.order()
		put += len(c.transcripts)
	}
	if put == 0 && len(j.missing) > 0 {
		return &okazaki.Error{
			Message: fmt.Sprintf("none of its contigs (%s) is in the reference (%s)", some(keys(j.missing)), some(j.m.names())),
			Hint:    "give the reference that the annotation was made for"}
	}
	if n := j.census; n.coding >= 20 && n.starts < n.coding/2 && n.ends < n.coding/2 {
		return &okazaki.Error{
			Message: fmt.Sprintf("of %d coding sequences only %d begin with a start codon, and only %d end with a stop codon", n.coding, n.starts, n.ends),
			Hint:    "the annotation and the reference are different assemblies"}
	}
	j.note()
	return nil
}

// one puts one transcript.
func (j *join) one(n, gene *node, p *parts) error {
	if p.tangled || p.strand != '+' && p.strand != '-' {
		j.doubts.add("transcripts with parts on both strands or on none, left out", bare(n.id))
		return nil
	}
	c := j.contig(p.contig)
	if c == nil {
		j.missing[p.contig]++
		return nil
	}
	t := j.a.named(n, gene, p)
	t.Reverse = p.strand == '-'
	t.lay(p, &j.doubts)
	if t.Region.Hi > c.Length && j.a.round[p.contig] {
		j.doubts.add("transcripts across the origin of a circular contig, left out", t.ID)
		return nil
	}
	if t.Region.Hi > c.Length {
		return &okazaki.Error{Line: p.line,
			Message: fmt.Sprintf("transcript %s ends at %d, and contig %s of the reference has %d bases", t.ID, t.Region.Hi, c.Name, c.Length),
			Hint:    "the annotation and the reference are different assemblies"}
	}
	if t.Code == 0 {
		t.Code = j.codes[c]
	}
	if len(p.cds) > 0 {
		if !j.a.stops && t.addStop(c) {
			j.doubts.add("coding sequences to which the stop codon behind them was added, since the file has no line for any", t.ID)
		}
		if err := j.coding(c, t, p); err != nil {
			return err
		}
	}
	c.transcripts = append(c.transcripts, t)
	return nil
}

// coding checks a coding sequence.
func (j *join) coding(c *Contig, t *Transcript, p *parts) error {
	err := p.phases(t.ID)
	if err == nil {
		err = j.census.check(c, t, p, &j.doubts)
	}
	if err == nil {
		return nil
	}
	// RefSeq says itself where a gene's sequence isn't the genome's.
	if j.Lenient || p.attributes.get("exception") != "" {
		j.doubts.add("coding sequences whose phases contradict their segments", t.ID)
		return nil
	}
	return err
}

// contig is the reference's contig that the annotation means, or nil.
func (j *join) contig(name string) *Contig {
	c, known := j.contigs[name]
	if known {
		return c
	}
	other := j.a.other[name]
	if c = j.m.find(name); c == nil && other != "" {
		c = j.m.find(other)
	}
	j.contigs[name] = c
	if c == nil {
		return nil
	}
	j.m.alias(c, name)
	j.m.alias(c, other)
	j.codes[c] = genome.Standard
	for _, s := range append([]string{name, c.Name}, c.Aliases...) {
		if code := mitochondria[strings.TrimPrefix(s, "chr")]; code != 0 && !j.a.ncbi[name] {
			j.codes[c] = cmp.Or(j.Mitochondrial, code)
			break
		}
	}
	return c
}

// note writes what a user should know.
func (j *join) note() {
	var renamed []string
	for name, c := range j.contigs {
		if c != nil && c.Name != name {
			renamed = append(renamed, name+" is "+c.Name)
		}
	}
	sort.Strings(renamed)
	if len(renamed) > 0 {
		j.m.Notes = append(j.m.Notes, fmt.Sprintf("contigs that the annotation calls otherwise than the reference: %d (%s)", len(renamed), some(renamed)))
	}
	if len(j.missing) > 0 {
		n := 0
		for _, transcripts := range j.missing {
			n += transcripts
		}
		j.m.Notes = append(j.m.Notes, fmt.Sprintf("contigs that the reference lacks, left out with %d transcripts: %d (%s)", n, len(j.missing), some(keys(j.missing))))
	}
	orphans := 0
	for id := range j.a.parts {
		if j.a.nodes[id] == nil {
			orphans++
		}
	}
	if orphans > 0 {
		j.m.Notes = append(j.m.Notes, fmt.Sprintf("parents that exons name and no line describes, left out: %d", orphans))
	}
	j.m.Notes = append(j.m.Notes, j.doubts.notes()...)
}

func (m *Model) names() (names []string) {
	for _, c := range m.Contigs {
		names = append(names, c.Name)
	}
	return names
}

func keys(m map[string]int) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// some are the first of many, with commas between.
func some(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i == 5:
			return text + ", …"
		case i > 0:
			text += ", "
		}
		text += name
	}
	return text
}
