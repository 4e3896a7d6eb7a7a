package simulate

import (
	"bufio"
	"fmt"
	"sort"
	"strconv"
)

// placeVariants writes n variants of the person along the contig, and what
// the sources know about them and about others between them.
func (m *maker) placeVariants(n int) {
	gap := float64(len(m.seq)-100) / float64(n)
	at := 1
	for i := range n {
		// One in each stretch of the contig.
		lo := max(at, 1+int(float64(i)*gap))
		hi := max(lo+1, 1+int(float64(i+1)*gap)-1)
		pos := lo + m.r.IntN(hi-lo)
		if pos >= len(m.seq)-30 {
			return
		}
		if pos > lo+2 {
			m.known(lo + m.r.IntN(pos-lo))
		}
		at = m.variant(pos)
	}
}

// change draws an allele: one base changed, or a few deleted or inserted.
func (m *maker) change(pos int) (ref, alt string) {
	letter := m.seq[pos]
	switch k := m.r.IntN(100); {
	case k < 87:
		return string(letter), m.other(letter)
	case k < 94:
		return string(m.seq[pos : pos+2+m.r.IntN(1+m.r.IntN(12))]), string(letter)
	}
	b := []byte{letter}
	for range 1 + m.r.IntN(1+m.r.IntN(10)) {
		b = append(b, "ACGT"[m.r.IntN(4)])
	}
	return string(letter), string(b)
}

// other returns another base, two of three times the transition.
func (m *maker) other(letter byte) string {
	if m.r.IntN(3) > 0 {
		switch letter {
		case 'A':
			return "G"
		case 'G':
			return "A"
		case 'C':
			return "T"
		}
		return "C"
	}
	for {
		if c := "ACGT"[m.r.IntN(4)]; c != letter {
			return string(c)
		}
	}
}

// variant writes one of the person's variants, and returns where the next may
// be.
func (m *maker) variant(pos int) int {
	w := m.out[person]
	ref, alt := m.change(pos)
	next := pos + len(ref) + 1
	quality := 30 + m.r.IntN(2000)
	depth := 10 + m.r.IntN(60)
	gt := m.genotype()
	id := "."
	if m.r.IntN(10) > 0 {
		m.rs += 1 + m.r.IntN(300)
		id = "rs" + strconv.Itoa(m.rs)
	}
	info := ""
	switch k := m.r.IntN(1000); {
	case k == 0:
		ref, alt = ref[:1], "<DEL>"
		info = fmt.Sprintf("END=%d;", min(len(m.seq), pos+50+m.r.IntN(1000)))
	case k < 4 && len(ref) > 1:
		alt += ",*"
	case k < 12 && len(ref) == 1 && len(alt) == 1:
		for _, c := range "ACGT" {
			if byte(c) != ref[0] && byte(c) != alt[0] {
				alt += "," + string(c)
				break
			}
		}
		gt = "1/2"
	}
	filter := "PASS"
	if m.r.IntN(25) == 0 {
		filter = "LowQual"
	}
	head(w, m.name, pos, id, ref, alt)
	ad := m.r.IntN(depth)
	fmt.Fprintf(w, "\t%d\t%s\t%sAC=1;AN=2;DP=%d\tGT:AD:DP:GQ\t%s:%d,%d:%d:%d\n", quality, filter, info, depth, gt, ad, depth-ad, depth, m.r.IntN(100))
	if info == "" {
		share := m.r.Float64()
		if m.r.IntN(20) > 0 {
			m.frequency(pos, ref, alt, share)
		} else {
			share = 0
		}
		if m.coding(pos) && m.r.IntN(4) == 0 {
			m.significance(pos, ref, alt, share)
		}
	}
	return next
}

func (m *maker) genotype() string {
	phased, unphased := [...]string{"0|1", "1|0", "1|1"}, [...]string{"0/1", "0/1", "1/1"}
	if m.o.Phased {
		return phased[m.r.IntN(3)]
	}
	return unphased[m.r.IntN(3)]
}

func head(w *bufio.Writer, name string, pos int, id, ref, alt string) {
	w.WriteString(name)
	w.WriteByte('\t')
	w.WriteString(strconv.Itoa(pos + 1))
	for _, s := range [...]string{id, ref, alt} {
		w.WriteByte('\t')
		w.WriteString(s)
	}
}

// known is a variant that the person doesn't have.
func (m *maker) known(pos int) {
	ref, alt := m.change(pos)
	share := 0.01 * m.r.Float64()
	m.frequency(pos, ref, alt, share)
	if m.coding(pos) && m.r.IntN(3) == 0 {
		m.significance(pos, ref, alt, share)
	}
}

// coding says whether a place codes.
func (m *maker) coding(pos int) bool {
	i := sort.Search(len(m.genic), func(i int) bool { return m.genic[i].Hi > pos })
	return i < len(m.genic) && m.genic[i].Contains(pos)
}

// frequency writes a row of the frequencies, the rarer the more often.
func (m *maker) frequency(pos int, ref, alt string, share float64) {
	const alleles = 150_000
	f := share * share * share
	w := m.out[gnomad]
	head(w, m.name, pos, ".", ref, alt)
	values := func(s string) string {
		for i := range alt {
			if alt[i] == ',' {
				s += "," + s
			}
		}
		return s
	}
	fmt.Fprintf(w, "\t.\tPASS\tAC=%s;AN=%d;AF=%s;AF_grpmax=%s;nhomalt=%s\n", values(strconv.Itoa(int(f*alleles))), alleles,
		values(fmt.Sprintf("%.6g", f)), values(fmt.Sprintf("%.6g", min(1, 1.3*f))), values(strconv.Itoa(int(f*f*alleles/2))))
}

var significances = [...]string{"Pathogenic", "Likely_pathogenic", "Uncertain_significance", "Uncertain_significance", "Likely_benign", "Benign", "Conflicting_classifications_of_pathogenicity"}

var reviews = [...]string{"criteria_provided,_single_submitter", "criteria_provided,_multiple_submitters,_no_conflicts", "reviewed_by_expert_panel", "no_assertion_criteria_provided"}

// significance writes a row in ClinVar's form. A frequent variant is benign.
func (m *maker) significance(pos int, ref, alt string, share float64) {
	w := m.out[clinvar]
	for i := range alt {
		if alt[i] == ',' {
			alt = alt[:i]
			break
		}
	}
	called := significances[:]
	if share > 0.2 { // a frequency of 0.008
		called = significances[4:6]
	}
	m.rs++
	head(w, m.name, pos, strconv.Itoa(m.rs), ref, alt)
	fmt.Fprintf(w, "\t.\t.\tALLELEID=%d;CLNDN=Simulated_disease_%d;CLNREVSTAT=%s;CLNSIG=%s\n", m.rs+15000, m.r.IntN(500),
		reviews[m.r.IntN(len(reviews))], called[m.r.IntN(len(called))])
}
