package simulate

import (
	"fmt"

	"okazaki/genome"
)

// placeGenes puts genes along the contig, each in a stretch of its own, and
// writes them.
func (m *maker) placeGenes(n int) {
	if n == 0 {
		return
	}
	stretch := len(m.seq) / n
	for i := range n {
		m.gene(i*stretch, (i+1)*stretch)
	}
}

// between returns a length with a long tail, around a median. It computes in
// whole numbers only, which are the same on every machine.
func (m *maker) between(median, least, most int) int {
	n := max(1, median/4)
	for range 5 {
		if m.r.IntN(5) < 2 {
			n *= 2
		}
	}
	return min(most, max(least, n+m.r.IntN(n)))
}

// gene puts one within [lo, hi).
func (m *maker) gene(lo, hi int) {
	m.genes++
	room := hi - lo
	lo += m.r.IntN(room/10 + 1)
	// Introns are as long as there is room for.
	median := min(1500, room/25)
	var exons []genome.Region
	for at, left := lo+50, 1+m.r.IntN(16); left > 0; left-- {
		e := genome.Region{Lo: at, Hi: at + m.between(140, 30, min(3000, room/10))}
		if e.Hi > hi-50 {
			break
		}
		exons = append(exons, e)
		at = e.Hi + 40 + m.between(median, 30, 30*median)
	}
	if len(exons) == 0 {
		return
	}
	reverse := m.r.IntN(2) == 0
	id := fmt.Sprintf("SIMG%08d", m.genes)
	symbol := fmt.Sprintf("SIM%d", m.genes)
	coding, ok := m.code(exons, reverse)
	biotype := "protein_coding"
	if !ok || m.r.IntN(3) == 0 {
		biotype, coding = "lncRNA", genome.Region{}
	}
	strand := byte('+')
	if reverse {
		strand = '-'
	}
	line := func(kind string, r genome.Region, phase, attributes string) {
		fmt.Fprintf(m.out[gff], "%s\tsimulated\t%s\t%d\t%d\t.\t%c\t%s\t%s\n", m.name, kind, r.Lo+1, r.Hi, strand, phase, attributes)
	}
	line("gene", genome.Region{Lo: exons[0].Lo, Hi: exons[len(exons)-1].Hi}, ".",
		fmt.Sprintf("ID=gene:%s;Name=%s;biotype=%s;gene_id=%s", id, symbol, biotype, id))
	m.transcript(line, id, 1, biotype, exons, coding, reverse)
	if n := len(exons); n > 2 && m.r.IntN(2) == 0 {
		m.transcript(line, id, 2, "retained_intron", exons[:n-1], genome.Region{}, reverse)
	}
	if biotype == "protein_coding" && m.r.IntN(2) == 0 {
		short := append([]genome.Region(nil), exons...)
		short[0].Lo += (coding.Lo - short[0].Lo) / 2 * btoi(short[0].Contains(coding.Lo))
		m.transcript(line, id, 3, biotype, short, coding, reverse)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

type writeLine func(kind string, r genome.Region, phase, attributes string)

func (m *maker) transcript(line writeLine, gene string, n int, biotype string, exons []genome.Region, coding genome.Region, reverse bool) {
	id := fmt.Sprintf("SIMT%s%d", gene[4:], n)
	tag := ""
	if n == 1 {
		tag = ";tag=Ensembl_canonical"
	}
	kind := "mRNA"
	if coding.Len() == 0 {
		kind = "lnc_RNA"
	}
	line(kind, genome.Region{Lo: exons[0].Lo, Hi: exons[len(exons)-1].Hi}, ".",
		fmt.Sprintf("ID=transcript:%s;Parent=gene:%s;biotype=%s%s;transcript_id=%s;version=1", id, gene, biotype, tag, id))
	order := func(i int) int {
		if reverse {
			return len(exons) - 1 - i
		}
		return i
	}
	done := 0 // coding bases
	for i := range exons {
		e := exons[order(i)]
		line("exon", e, ".", fmt.Sprintf("Parent=transcript:%s;rank=%d", id, i+1))
		if c := e.Intersect(coding); c.Len() > 0 {
			line("CDS", c, fmt.Sprint((3-done%3)%3), fmt.Sprintf("ID=CDS:P%s;Parent=transcript:%s;protein_id=P%s", id, id, id))
			done += c.Len()
		}
	}
}

// code chooses a coding sequence, and gives it a start, a stop, and no stop
// between. It returns false if the exons are too short.
func (m *maker) code(exons []genome.Region, reverse bool) (coding genome.Region, ok bool) {
	all := 0
	for _, e := range exons {
		all += e.Len()
	}
	if all < 60 {
		return coding, false
	}
	before, after := m.r.IntN(all/5), m.r.IntN(all/5)
	after += (all - before - after) % 3
	places := make([]int, 0, all)
	for _, e := range exons {
		for p := e.Lo; p < e.Hi; p++ {
			places = append(places, p)
		}
	}
	places = places[before : all-after]
	coding = genome.Region{Lo: places[0], Hi: places[len(places)-1] + 1}
	for _, e := range exons {
		if c := e.Intersect(coding); c.Len() > 0 {
			m.genic = append(m.genic, c)
		}
	}
	at := func(i int) *byte {
		if reverse {
			i = len(places) - 1 - i
		}
		return &m.seq[places[i]]
	}
	read := func(i int) byte {
		if c := *at(i); reverse {
			return genome.Complement(c)
		} else {
			return c
		}
	}
	set := func(i int, codon string) {
		for k := range codon {
			c := codon[k]
			if reverse {
				c = genome.Complement(c)
			}
			*at(i + k) = c
		}
	}
	set(0, "ATG")
	for i := 3; i < len(places)-3; i += 3 {
		if (genome.Codon{read(i), read(i + 1), read(i + 2)}).AminoAcid() == '*' {
			set(i, "TGG")
		}
	}
	set(len(places)-3, "TAA")
	return coding, true
}
