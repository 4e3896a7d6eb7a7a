package consequence_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki/analysis/variant/consequence"
	"okazaki/analysis/variant/gene"
)

// record is a record of a VCF file of the suite of bcftools csq.
type record struct {
	chrom, ref string
	pos        int
	alts       []string
	filter     string
	genotypes  []string
}

func readRecords(t *testing.T, path string) (samples []string, records []record) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		col := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if strings.HasPrefix(line, "#CHROM") && len(col) > 9 {
			samples = col[9:]
		}
		if strings.HasPrefix(line, "#") || len(col) < 7 {
			continue
		}
		pos, _ := strconv.Atoi(col[1])
		r := record{chrom: col[0], pos: pos, ref: col[3], alts: strings.Split(col[4], ","), filter: col[6]}
		for _, c := range col[min(9, len(col)):] {
			gt, _, _ := strings.Cut(c, ":")
			r.genotypes = append(r.genotypes, gt)
		}
		records = append(records, r)
	}
	return samples, records
}

// An answer is what is said of one record: of each transcript, or of a gene if
// none is named, a set of terms and the changes of the protein.
type answer map[string]map[string]bool

func (a answer) add(key string, facts ...string) {
	if a[key] == nil {
		a[key] = map[string]bool{}
	}
	for _, f := range facts {
		if f != "" && f != "NMD_transcript" {
			a[key][f] = true
		}
	}
}

func (a answer) String() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		out = append(out, k+" "+strings.Join(slices.Sorted(maps.Keys(a[k])), "&"))
	}
	return strings.Join(out, "; ")
}

// readBCSQ is the answer that BCSQ strings give.
func readBCSQ(bcsq string) answer {
	a := answer{}
	for entry := range strings.SplitSeq(bcsq, ",") {
		if entry == "." || entry == "" {
			continue
		}
		if strings.HasPrefix(entry, "@") {
			a.add("elsewhere", entry)
			continue
		}
		f := strings.Split(entry, "|")
		key := f[2]
		if key == "" {
			key = f[1]
		}
		a.add(key, strings.Split(f[0], "&")...)
		if len(f) > 6 {
			a.add(key, change(f[5])+" "+f[6])
		}
	}
	return a
}

var aminoAcids = regexp.MustCompile(`^(\d+)([A-Z*]*)(\.\.\d+)?(?:>(\d+)([A-Z*]*)(\.\.\d+)?)?$`)

// change is a change of a protein, 89K>89KKKEKG, without what its sides share.
func change(s string) string {
	m := aminoAcids.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	n, _ := strconv.Atoi(m[1])
	ref, alt := m[2], m[5]
	if m[4] == "" {
		return s // synonymous
	}
	for ref != "" && alt != "" && ref[0] == alt[0] && (len(ref) > 1 || len(alt) > 1) {
		ref, alt, n = ref[1:], alt[1:], n+1
	}
	if m[3] == "" && m[6] == "" {
		for ref != "" && alt != "" && ref[len(ref)-1] == alt[len(alt)-1] {
			ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
		}
	}
	// What comes after the end of the coding sequence, or is left out for brevity, isn't compared.
	return fmt.Sprintf("%d%.3s>%.3s", n, ref, alt)
}

// names are bcftools' names of the terms.
var names = map[consequence.Term]string{
	consequence.SpliceAcceptor: "splice_acceptor", consequence.SpliceDonor: "splice_donor", consequence.StopGained: "stop_gained",
	consequence.Frameshift: "frameshift", consequence.StopLost: "stop_lost", consequence.StartLost: "start_lost",
	consequence.InframeInsertion: "inframe_insertion", consequence.InframeDeletion: "inframe_deletion", consequence.Missense: "missense",
	consequence.ProteinAltering: "inframe_altering", consequence.SpliceDonor5thBase: "splice_region", consequence.SpliceRegion: "splice_region",
	consequence.SpliceDonorRegion: "splice_region", consequence.IncompleteTerminalCodon: "coding_sequence",
	consequence.StartRetained: "start_retained", consequence.StopRetained: "stop_retained", consequence.Synonymous: "synonymous",
	consequence.CodingSequence: "coding_sequence", consequence.UTR5: "5_prime_utr", consequence.UTR3: "3_prime_utr",
	consequence.NonCodingExon: "non_coding", consequence.Intron: "intron",
}

// coding are the terms of a change of the coding sequence.
const coding = 1<<(consequence.StopGained-1) | 1<<(consequence.Frameshift-1) | 1<<(consequence.StopLost-1) | 1<<(consequence.StartLost-1) |
	1<<(consequence.InframeInsertion-1) | 1<<(consequence.InframeDeletion-1) | 1<<(consequence.Missense-1) | 1<<(consequence.ProteinAltering-1) |
	1<<(consequence.StartRetained-1) | 1<<(consequence.StopRetained-1) | 1<<(consequence.Synonymous-1)

func named(ts consequence.Terms) (out []string) {
	for t := consequence.TranscriptAblation; t <= consequence.SequenceVariant; t++ {
		if ts.Has(t) {
			out = append(out, names[t])
		}
	}
	return out
}

// answers are what is said of the records of one haplotype, by index.
func answers(m *gene.Model, records []record, alts []int, together bool) map[int]answer {
	out := map[int]answer{}
	byContig := map[string][]int{}
	for i := range records {
		byContig[records[i].chrom] = append(byContig[records[i].chrom], i)
	}
	for name, list := range byContig {
		contig, ok := m.Contig(name)
		if !ok {
			continue
		}
		caller := consequence.New(contig)
		var alleles []consequence.Allele
		var at []int // the record of each
		compound := map[*gene.Transcript][]consequence.Compound{}
		for _, i := range list {
			if alts[i] < 1 {
				continue
			}
			r := records[i]
			alleles = consequence.Alleles(alleles, r.pos-1, []byte(r.ref), []byte(r.alts[alts[i]-1]))
			at = append(at, i)
		}
		for _, t := range contig.Transcripts() {
			if together {
				compound[t] = caller.Haplotype(nil, t, alleles)
				continue
			}
			for k := range alleles {
				for _, q := range caller.Haplotype(nil, t, alleles[k:k+1]) {
					q.Alleles[0] = k
					compound[t] = append(compound[t], q)
				}
			}
		}
		for k := range alleles {
			a := out[at[k]]
			if a == nil {
				a = answer{}
				out[at[k]] = a
			}
			for _, q := range caller.Call(&alleles[k]) {
				if q.Transcript == nil || q.Near {
					continue
				}
				single(a, &q, alleles, k, records, at, compound[q.Transcript])
			}
		}
	}
	return out
}

// single adds what is said of one allele at one transcript: the terms of
// where it lies from its own call, those of the coding sequence from the
// compound that it is part of.
func single(a answer, q *consequence.Consequence, alleles []consequence.Allele, k int, records []record, at []int, compounds []consequence.Compound) {
	t := q.Transcript
	terms := q.Terms
	key := t.ID
	i := slices.IndexFunc(compounds, func(c consequence.Compound) bool { return slices.Contains(c.Alleles, k) })
	var facts []string
	if i >= 0 {
		c := &compounds[i]
		first := c.Alleles[0]
		if t.Reverse {
			first = c.Alleles[len(c.Alleles)-1]
		}
		terms &^= coding
		if first != k {
			a.add("elsewhere", "@"+strconv.Itoa(records[at[first]].pos))
		} else {
			if len(c.Alleles) > 1 || !q.Terms.Has(consequence.StartLost) && !q.Terms.Has(consequence.StopRetained) {
				terms |= c.Terms
			} else {
				terms |= q.Terms & coding
			}
			var dna []string
			for _, n := range c.Alleles {
				r := records[at[n]]
				dna = append(dna, fmt.Sprintf("%d%s>%s", r.pos, r.ref, r.alts[0]))
			}
			aa := fmt.Sprintf("%d%s>%d%s", c.First, c.Ref, c.NewFirst, c.Alt)
			if string(c.Ref) == string(c.Alt) {
				aa = fmt.Sprintf("%d%s", c.First, c.Ref)
			}
			facts = append(facts, change(aa)+" "+strings.Join(dna, "+"))
			if c.AfterStop {
				terms = 0
				facts = append(facts, "*"+strings.Join(named(c.Terms), "&"))
			}
		}
	}
	facts = append(facts, named(terms)...)
	if slices.ContainsFunc(facts, func(f string) bool { return strings.HasPrefix(f, "splice") }) {
		facts = slices.DeleteFunc(facts, func(f string) bool { return f == "intron" })
	}
	if slices.Contains(facts, "intron") || t.Coding.Len() == 0 {
		key = t.Symbol
		if key == "" {
			key = t.Gene
		}
	}
	facts = slices.DeleteFunc(facts, func(f string) bool { return f == "" })
	if len(facts) > 0 {
		a.add(key, facts...)
	}
}

// expectations are the pairs of an expectations file: the record, what a
// reader expects and what bcftools says.
func expectations(t *testing.T, path string) (out [][4]string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			lines = append(lines, line)
		}
	}
	for i := 0; i+1 < len(lines); i += 2 {
		x, y := strings.Split(lines[i], "\t"), strings.Split(lines[i+1], "\t")
		if len(x) == 4 && len(y) == 4 {
			out = append(out, [4]string{x[0], x[1] + ">" + x[2], x[3], y[3]})
		}
	}
	return out
}

// TestBCFtoolsSuite holds the haplotypes against the expectations of bcftools
// csq's own tests.
func TestBCFtoolsSuite(t *testing.T) {
	root := data(t, "bcftools_csq")
	files, err := filepath.Glob(filepath.Join(root, "test/csq/*/*.txt*"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(root, "csq.1.out"))
	met, all := 0, 0
	for _, path := range files {
		if strings.Contains(path, "ascii-art") {
			continue
		}
		dir := filepath.Dir(path)
		base := strings.TrimSuffix(strings.TrimSuffix(path, "-l"), ".txt")
		gff := filepath.Join(dir, filepath.Base(dir)+".gff")
		if strings.HasSuffix(path, ".out") {
			base, gff = filepath.Join(dir, "csq"), filepath.Join(dir, "csq.gff3")
		}
		m := compileFiles(t, gff, strings.TrimSuffix(strings.TrimSuffix(gff, ".gff"), ".gff3")+".fa")
		samples, records := readRecords(t, base+".vcf")
		local := strings.HasSuffix(path, "-l")
		got := suiteAnswers(m, samples, records, local)
		for _, x := range expectations(t, path) {
			all++
			want, wish := readBCSQ(x[3]), readBCSQ(x[2])
			g := got[x[0]+" "+x[1]]
			if g.String() == want.String() || g.String() == wish.String() {
				met++
				continue
			}
			rel, _ := filepath.Rel(root, path)
			t.Logf("%s %s %s:\n     %v\nwant %v", rel, x[0], x[1], g, want)
		}
	}
	t.Logf("%d of %d", met, all)
}

// compileFiles is the model of files of the suite. Features that begin before
// the contig or end after it, because the suite cut it out of a longer one,
// are cut as well.
func compileFiles(t *testing.T, annotation, reference string) *gene.Model {
	t.Helper()
	seq, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	length, name := map[string]int{}, ""
	for line := range strings.Lines(string(seq)) {
		if strings.HasPrefix(line, ">") {
			name = strings.Fields(line[1:])[0]
			continue
		}
		length[name] += len(strings.TrimSpace(line))
	}
	text, err := os.ReadFile(annotation)
	if err != nil {
		t.Fatal(err)
	}
	var cut strings.Builder
	for line := range strings.Lines(string(text)) {
		col := strings.Split(line, "\t")
		if len(col) == 9 && length[col[0]] > 0 {
			lo, _ := strconv.Atoi(col[3])
			hi, _ := strconv.Atoi(col[4])
			col[3], col[4] = strconv.Itoa(max(lo, 1)), strconv.Itoa(min(hi, length[col[0]]))
			if max(lo, 1) > min(hi, length[col[0]]) {
				continue
			}
			line = strings.Join(col, "\t")
		}
		cut.WriteString(line)
	}
	m, err := gene.Compile(gene.Text{Name: annotation, Reader: strings.NewReader(cut.String())},
		gene.Text{Name: reference, Reader: bytes.NewReader(seq)})
	if err != nil {
		t.Fatalf("%s: %v", annotation, err)
	}
	return m
}

// suiteAnswers are the answers to each record, over all haplotypes: those of
// the samples, or if there is none, one of all alternatives.
func suiteAnswers(m *gene.Model, samples []string, records []record, local bool) map[string]answer {
	out := map[string]answer{}
	merge := func(got map[int]answer) {
		for i, a := range got {
			r := records[i]
			key := fmt.Sprintf("%d %s>%s", r.pos, r.ref, strings.Join(r.alts, ","))
			if out[key] == nil {
				out[key] = answer{}
			}
			for k, facts := range a {
				out[key].add(k, slices.Collect(maps.Keys(facts))...)
			}
		}
	}
	if len(samples) == 0 || local {
		alts := make([]int, len(records))
		for i := range alts {
			alts[i] = 1
		}
		merge(answers(m, records, alts, !local))
		return out
	}
	for n := range samples {
		for h := range 2 {
			alts := make([]int, len(records))
			for i := range records {
				gt := strings.FieldsFunc(records[i].genotypes[n], func(r rune) bool { return r == '|' || r == '/' })
				if h < len(gt) {
					alts[i], _ = strconv.Atoi(gt[h])
				}
			}
			merge(answers(m, records, alts, true))
		}
	}
	return out
}
