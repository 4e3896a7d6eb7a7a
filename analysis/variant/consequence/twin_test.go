package consequence_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
	"okazaki/genome"
)

// A world is a genome with one transcript, with all facts about it spelt out:
// the slow twin of what the package does.
type world struct {
	seq      string
	sketch   sketch
	letters  []int // the genome positions of the cDNA, from 0, in the order of the transcript
	lo, hi   int   // the coding bases of the cDNA
	contig   *gene.Contig
	pos      int // of the allele, from 0
	ref, alt string
}

func dna(t *rapid.T, lo, hi int, label string) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune("ACGT")), lo, hi, -1).Draw(t, label)
}

// drawWorld draws a genome, a transcript with a start and a stop codon and no
// other stop in between, and an allele near it.
func drawWorld(t *rapid.T) *world {
	w := &world{}
	reverse := rapid.Bool().Draw(t, "reverse")
	at := rapid.IntRange(30, 40).Draw(t, "before")
	length := 0
	for range rapid.IntRange(1, 4).Draw(t, "exons") {
		n := rapid.IntRange(4, 30).Draw(t, "exon")
		w.sketch.exons = append(w.sketch.exons, [2]int{at + 1, at + n})
		length += n
		at += n + rapid.IntRange(20, 40).Draw(t, "intron")
	}
	for length < 14 {
		last := &w.sketch.exons[len(w.sketch.exons)-1]
		last[1] += 10
		length, at = length+10, at+10
	}
	seq := []byte(dna(t, at+40, at+40, "genome"))
	for _, e := range w.sketch.exons {
		for p := e[0] - 1; p < e[1]; p++ {
			w.letters = append(w.letters, p)
		}
	}
	if reverse {
		slices.Reverse(w.letters)
	}
	w.lo = rapid.IntRange(0, length-12).Draw(t, "5' UTR")
	w.hi = w.lo + 3*rapid.IntRange(4, (length-w.lo)/3).Draw(t, "codons")
	put := func(i int, text string) {
		for k := range text {
			b := text[k]
			if reverse {
				b = genome.Complement(b)
			}
			seq[w.letters[i+k]] = b
		}
	}
	put(w.lo, "ATG")
	put(w.hi-3, rapid.SampledFrom([]string{"TAA", "TAG", "TGA"}).Draw(t, "stop"))
	w.seq, w.sketch.id, w.sketch.reverse = string(seq), "T1", reverse
	for i := w.lo + 3; i < w.hi-3; i += 3 {
		if isStop(w.splice(w.seq)[i : i+3]) {
			put(i, "C")
			w.seq = string(seq)
		}
	}
	first, last := w.letters[w.lo]+1, w.letters[w.hi-1]+1
	first, last = min(first, last), max(first, last)
	for _, e := range w.sketch.exons {
		if lo, hi := max(e[0], first), min(e[1], last); lo <= hi {
			w.sketch.cds = append(w.sketch.cds, [2]int{lo, hi})
		}
	}
	w.contig = small(t, "1", w.seq, w.sketch)
	w.pos = rapid.IntRange(w.sketch.exons[0][0]-8, at+5).Draw(t, "position")
	w.ref = w.seq[w.pos : w.pos+rapid.IntRange(1, 7).Draw(t, "reference letters")]
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		w.ref = w.ref[:1]
		w.alt = dna(t, 1, 1, "letter")
	case 1:
		w.alt = w.ref[:1]
	case 2:
		w.ref = w.ref[:1]
		w.alt = w.ref + dna(t, 1, 7, "insertion")
	case 3:
		w.alt = w.ref + w.ref[1:]
	case 4:
		w.alt = dna(t, 1, 7, "alternative")
	}
	if w.ref == w.alt {
		w.ref, w.alt = w.ref[:1], string(genome.Complement(w.ref[0]))
	}
	return w
}

func isStop(codon string) bool { return codon == "TAA" || codon == "TAG" || codon == "TGA" }

// splice is the cDNA in a genome.
func (w *world) splice(seq string) string {
	var b strings.Builder
	for _, p := range w.letters {
		c := seq[p]
		if w.sketch.reverse {
			c = genome.Complement(c)
		}
		b.WriteByte(c)
	}
	return b.String()
}

// edited is the genome with the allele in it.
func (w *world) edited() string { return w.seq[:w.pos] + w.alt + w.seq[w.pos+len(w.ref):] }

func (w *world) String() string {
	return fmt.Sprintf("%s\n%s%d %s>%s", w.seq, gff3("1", w.sketch), w.pos+1, w.ref, w.alt)
}

// protein translates coding bases up to the first stop, which is *; codons
// that are cut short are left out.
func protein(code string) string {
	p := string(genome.Standard.AppendTranslation(nil, []byte(code[:len(code)/3*3])))
	if i := strings.IndexByte(p, '*'); i >= 0 {
		p = p[:i+1]
	}
	return p
}

// call returns what is said about the world's allele at its transcript.
func (w *world) call(t *rapid.T) (a consequence.Allele, q consequence.Consequence, c *consequence.Caller) {
	c = consequence.New(w.contig)
	c.Corrected = true
	alleles := consequence.Alleles(nil, w.pos, []byte(w.ref), []byte(w.alt))
	calls := c.Call(&alleles[0])
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	return alleles[0], calls[0], c
}

// coding finds the allele in the coding bases: [lo, hi) of the cDNA become
// alt. It isn't ok if the allele doesn't lie within them in one exon.
func (w *world) coding(a *consequence.Allele) (lo, hi int, alt string, ok bool) {
	r := a.Region
	if r.Len() == 0 {
		r = genome.Region{Lo: r.Lo - 1, Hi: r.Lo + 1}
	}
	first, last := slices.Index(w.letters, r.Lo), slices.Index(w.letters, r.Hi-1)
	alt = string(a.Alt)
	if w.sketch.reverse {
		first, last = last, first
		alt = string(genome.AppendReverseComplement(nil, a.Alt))
	}
	if first < w.lo || last < 0 || last >= w.hi || last-first != r.Len()-1 {
		return 0, 0, "", false
	}
	if a.Region.Len() == 0 {
		return first + 1, last, alt, true
	}
	return first, last + 1, alt, true
}

// TestTwin compares the terms of changes of the coding sequence with the
// protein that is made again from the whole sequence.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, q, _ := w.call(t)
		lo, hi, alt, ok := w.coding(&a)
		if !ok {
			return
		}
		cdna := w.splice(w.seq)
		changed := cdna[:lo] + alt + cdna[hi:]
		net := len(alt) - (hi - lo)
		before, now := cdna[w.lo:w.hi], changed[w.lo:]
		was, is := protein(before), protein(now)
		ends := w.hi + net - w.lo // where the coding bases end now
		must := func(term consequence.Term, want bool, why string) {
			if q.Terms.Has(term) != want {
				t.Fatalf("%v\nsays %v; %v should be %v: %s\n%s > %s", w, q.Terms, term, want, why, was, is)
			}
		}
		inStart := lo < w.lo+3
		inStop := hi > w.hi-3
		if net == 0 {
			retained := len(is) == len(was) && was[len(was)-1] == '*' && is[len(is)-1] == '*'
			must(consequence.Synonymous, was == is && !inStop && !inStart, "the same protein")
			must(consequence.StopRetained, inStop && retained, "the stop stays")
			must(consequence.StopGained, !inStop && len(is) < len(was), "it ends too soon")
			must(consequence.StopLost, inStop && len(is) >= len(was) && is[len(was)-1] != '*', "it doesn't end")
			must(consequence.StartLost, inStart && now[:3] != "ATG", "no start")
			must(consequence.Missense, !inStart && !inStop && len(is) == len(was) && is != was, "other amino acids")
			must(consequence.Frameshift, false, "no base more or less")
			return
		}
		if inStart || inStop {
			return
		}
		if net%3 != 0 {
			if is != was { // the new frame may happen to say the same
				must(consequence.Frameshift, true, "another frame")
			}
			return
		}
		must(consequence.Frameshift, false, "the same frame")
		shorter := len(is) < len(was)+net/3
		must(consequence.StopGained, shorter && is != was, "it ends too soon")
		must(consequence.StopLost, false, "it ends where it did")
		if n := len(is) - len(was); !shorter && ends <= len(now) {
			in, del, other := q.Terms.Has(consequence.InframeInsertion), q.Terms.Has(consequence.InframeDeletion), q.Terms.Has(consequence.ProteinAltering)
			if n > 0 && del || n < 0 && in || !in && !del && !other {
				t.Fatalf("%v\nsays %v of %s > %s", w, q.Terms, was, is)
			}
		}
		if q.Protein.First == 0 || q.Protein.Last == 0 {
			t.Fatalf("%v\nhas no place in the protein", w)
		}
	})
}

var (
	nameOfChange = regexp.MustCompile(`^T1:c\.([-*]?\d+)([-+]\d+)?(?:_([-*]?\d+)([-+]\d+)?)?(?:([ACGT])>([ACGT])|(delins|del|dup|ins|inv)([ACGT]*))$`)
)

// place is the genome position of a base that HGVS counts.
func (w *world) place(t *rapid.T, number, offset string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(number, "*"))
	if err != nil {
		t.Fatal(err)
	}
	off, _ := strconv.Atoi(offset)
	switch {
	case number[0] == '*':
		n += w.hi - 1
	case n < 0:
		n += w.lo
	default:
		n += w.lo - 1
	}
	if n < 0 || n >= len(w.letters) {
		t.Fatalf("%v\nhas no base %s", w, number)
	}
	if w.sketch.reverse {
		off = -off
	}
	return w.letters[n] + off
}

// TestNames reads the names in HGVS back: the change that they name makes the
// allele's genome. They lie as far 3' as can be, and name no more than
// needed.
func TestNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		_, q, c := w.call(t)
		name := string(c.AppendHGVSc(nil, &q))
		if name == "" {
			return
		}
		m := nameOfChange.FindStringSubmatch(name)
		if m == nil {
			t.Fatalf("%v\nis named %s", w, name)
		}
		if m[3] == "" {
			m[3], m[4] = m[1], m[2]
		}
		lo, hi := w.place(t, m[1], m[2]), w.place(t, m[3], m[4])
		lo, hi = min(lo, hi), max(lo, hi)+1
		plus := func(s string) string {
			if w.sketch.reverse {
				return string(genome.AppendReverseComplement(nil, []byte(s)))
			}
			return s
		}
		was := w.seq[lo:hi]
		var is string
		switch m[7] {
		case "":
			if plus(was) != m[5] {
				t.Fatalf("%v\nis named %s, but there is %s", w, name, was)
			}
			is = plus(m[6])
		case "del":
		case "delins":
			is = plus(m[8])
		case "dup":
			is = was + was
		case "inv":
			is = string(genome.AppendReverseComplement(nil, []byte(was)))
		case "ins":
			if len(was) != 2 {
				t.Fatalf("%v\nis named %s", w, name)
			}
			is = was[:1] + plus(m[8]) + was[1:]
		}
		if got := w.seq[:lo] + is + w.seq[hi:]; got != w.edited() {
			t.Fatalf("%v\nis named %s, which makes\n%s", w, name, got)
		}
	})
}

// TestOrder checks that the order of the alleles changes nothing.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		walking := consequence.New(w.contig)
		for _, pos := range rapid.SliceOfN(rapid.IntRange(1, len(w.seq)), 1, 20).Draw(t, "positions") {
			ref := w.seq[pos-1 : pos]
			alt := string(genome.Complement(ref[0]))
			got, want := csq(walking, pos-1, ref, alt), csq(consequence.New(w.contig), pos-1, ref, alt)
			if !slices.Equal(got, want) {
				t.Fatalf("%d %s>%s: %v, alone %v", pos, ref, alt, got, want)
			}
		}
	})
}

// TestHaplotypeTwin compares what several alleles do together with the
// protein that their genome makes.
func TestHaplotypeTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		var alleles []consequence.Allele
		cdna := w.splice(w.seq)
		type piece struct {
			lo, hi int
			alt    string
		}
		var pieces []piece
		for at := w.sketch.cds[0][0]; at < w.sketch.cds[len(w.sketch.cds)-1][1]; at += rapid.IntRange(1, 12).Draw(t, "step") {
			ref := w.seq[at : at+rapid.IntRange(1, 4).Draw(t, "letters")]
			alt := dna(t, 1, 4, "alternative")
			a := consequence.Alleles(nil, at, []byte(ref), []byte(alt))[0]
			lo, hi, on, ok := w.coding(&a)
			if a.Pass != "" || !ok || lo < w.lo+3 || hi > w.hi-3 {
				continue
			}
			if n := len(alleles); n > 0 && alleles[n-1].Region.Hi >= a.Region.Lo {
				continue
			}
			alleles = append(alleles, a)
			pieces = append(pieces, piece{lo, hi, on})
			at = a.Region.Hi
		}
		if len(alleles) == 0 {
			return
		}
		slices.SortFunc(pieces, func(a, b piece) int { return a.lo - b.lo })
		now, from := cdna[w.lo:w.lo], w.lo
		for _, p := range pieces {
			now += cdna[from:p.lo] + p.alt
			from = p.hi
		}
		now += cdna[from:]
		was, is := protein(cdna[w.lo:w.hi]), protein(now)
		got := consequence.New(w.contig).Haplotype(nil, w.contig.Transcripts()[0], alleles)
		// Put together what stays and what the compounds say.
		made, from, seen := "", 0, 0
		for _, q := range got {
			seen += len(q.Alleles)
			if q.Untranslated {
				continue
			}
			made += was[from : q.First-1]
			if len(made) != q.NewFirst-1 {
				t.Fatalf("%v\n%+v begins at %d", w, q, len(made)+1)
			}
			made += string(q.Alt)
			from = min(q.First-1+len(q.Ref), len(was))
			if q.Terms.Has(consequence.Frameshift) {
				from = len(was)
			}
		}
		made += was[from:]
		if i := strings.IndexByte(made, '*'); i >= 0 {
			made = made[:i+1]
		}
		if made != is || seen != len(alleles) {
			t.Fatalf("%v\n%+v\nmake %s of %s, not %s", w, got, made, was, is)
		}
	})
}
