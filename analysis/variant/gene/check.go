package gene

import (
	"bytes"
	"fmt"

	"okazaki"
	"okazaki/genome"
)

// doubts counts doubtful things in an annotation, by their description.
type doubts struct {
	kinds []string // in the order in which they were met
	ids   map[string][]string
}

// add counts one more.
func (d *doubts) add(kind, id string) {
	if d.ids == nil {
		d.ids = map[string][]string{}
	}
	if _, ok := d.ids[kind]; !ok {
		d.kinds = append(d.kinds, kind)
	}
	d.ids[kind] = append(d.ids[kind], id)
}

// notes are a line for each kind, with the first examples.
func (d *doubts) notes() (lines []string) {
	for _, kind := range d.kinds {
		lines = append(lines, fmt.Sprintf("%s: %d (%s)", kind, len(d.ids[kind]), some(d.ids[kind])))
	}
	return lines
}

// A census is how many of the coding sequences that should be whole are.
type census struct {
	coding, starts, ends int
}

// check looks for the start codon, the stop codon and none between.
func (n *census) check(c *Contig, t *Transcript, p *parts, doubts *doubts) error {
	seq := t.spliced(c)
	if len(seq) < 3 || bytes.Count(seq, []byte("N")) > len(seq)/10 {
		doubts.add("coding sequences that are too short or unknown to be checked", t.ID)
		return nil
	}
	if t.Phase > 0 && !t.NoStart && whole(t.Code, seq) {
		return &okazaki.Error{Line: p.cds[0].line,
			Message: fmt.Sprintf("the phase of %s's coding sequence is %d, but it runs from a start codon to a stop codon from its first base", t.ID, t.Phase),
			Hint:    "get the annotation again from where it comes from, or mend the phases"}
	}
	completed := false
	p.attributes.exceptions(func(amino string, _ genome.Region) { completed = completed || amino == "TERM" })
	starts := begins(t.Code, seq)
	seq = seq[t.Phase:]
	protein := t.Code.AppendTranslation(nil, seq)
	ends := len(protein) > 0 && len(seq)%3 == 0 && ends(protein)
	if !t.NoStart && t.Phase == 0 {
		n.coding++
		if starts {
			n.starts++
		} else {
			doubts.add("coding sequences that don't begin with a start codon", t.ID)
		}
	}
	if !t.NoStop && !completed {
		switch {
		case len(seq)%3 != 0:
			doubts.add("coding sequences that are not a whole number of codons", t.ID)
		case !ends:
			doubts.add("coding sequences that don't end with a stop codon", t.ID)
		}
	}
	if ends {
		n.ends++
	}
	inside := 0
	for i, aa := range protein[:max(len(protein)-1, 0)] {
		if aa == genome.Stop && !t.selenocysteine(t.Phase+3*i) {
			inside++
		}
	}
	if inside > 0 {
		doubts.add("coding sequences with a stop codon inside", t.ID)
	}
	return nil
}

// whole says whether a sequence runs from a start codon to the only stop codon.
func whole(code genome.Code, seq []byte) bool {
	protein := code.AppendTranslation(nil, seq)
	return len(seq)%3 == 0 && begins(code, seq) && bytes.IndexByte(protein, genome.Stop) == len(protein)-1
}

// begins says whether a sequence begins, or may begin, with a start codon.
func begins(code genome.Code, seq []byte) bool {
	first := genome.Codon(seq)
	return code.IsStart(first) || code.AminoAcid(first) == genome.Unknown
}

// ends says whether a protein ends, or may end, with a stop codon.
func ends(protein []byte) bool {
	last := protein[len(protein)-1:]
	return bytes.ContainsAny(last, "*X")
}

// spliced is the coding sequence as the ribosome reads it, on the
// transcript's strand, from its first base.
func (t *Transcript) spliced(c *Contig) []byte {
	var seq []byte
	for _, e := range t.Exons {
		e = e.Intersect(t.Coding)
		for p := e.Lo; p < e.Hi; {
			// up to the next base that is read twice or not at all
			to := e.Hi
			for _, s := range t.Slips {
				if p <= s && s+1 < to {
					to = s + 1
				}
			}
			for _, s := range t.Skips {
				if p <= s && s < to {
					to = s
				}
			}
			seq = c.AppendBases(seq, p, to)
			for _, s := range t.Slips {
				if s+1 == to {
					seq = c.AppendBases(seq, s, to)
				}
			}
			for _, s := range t.Skips {
				if s == to {
					to++
				}
			}
			p = to
		}
	}
	if t.Reverse {
		return genome.AppendReverseComplement(nil, seq)
	}
	return seq
}

// selenocysteine says whether the codon at a base of the coding sequence is
// read as selenocysteine.
func (t *Transcript) selenocysteine(letter int) bool {
	for _, p := range t.Selenocysteines {
		before := 0
		for _, e := range t.Exons {
			e = e.Intersect(t.Coding)
			if t.Reverse {
				e.Lo = min(max(e.Lo, p+1), e.Hi)
			} else {
				e.Hi = max(min(e.Hi, p), e.Lo)
			}
			before += e.Len()
		}
		if before == letter {
			return true
		}
	}
	return false
}
