package guide

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/unpack"
	"okazaki/format/vcf"
	"okazaki/genome"
)

// An alleleSet is the alleles of a VCF that are searched, by contig and place,
// each once. It does not change; many goroutines may use it at once.
type alleleSet struct {
	list    []allele
	reaches []int64  // by allele: the end of its contig's alleles up to it
	samples []string // whose genotypes were read; nil if the file has none
	about   alleleCounts
}

// alleleCounts are the alleles of a VCF that are not searched, or that are
// searched otherwise than one may think.
type alleleCounts struct {
	None bool `json:"none,omitempty"` // the file has no alleles

	NoSequence map[string]int64 `json:"noSequence,omitempty"` // <DEL>, *, breakends, …
	NoCarrier  int64            `json:"noCarrier,omitempty"`  // no sample has it
	Rare       int64            `json:"rare,omitempty"`       // below --min-af

	Apart     int64 `json:"apart,omitempty"`     // pairs that overlap on one copy
	Filtered  int64 `json:"filtered,omitempty"`  // searched, though FILTER is not PASS
	Unmetered int64 `json:"unmetered,omitempty"` // searched, though their frequency is not known

	Renamed map[string]string `json:"renamed,omitempty"` // contigs that the genome has under another name
}

// String returns the counts for the head of a table; empty if there are none.
func (c *alleleCounts) String() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(c.NoSequence)) {
		parts = append(parts, fmt.Sprintf("%d %s", c.NoSequence[kind], kind))
	}
	if c.NoCarrier > 0 {
		parts = append(parts, fmt.Sprintf("%d that no sample has", c.NoCarrier))
	}
	if c.Rare > 0 {
		parts = append(parts, fmt.Sprintf("%d that are rarer than asked for", c.Rare))
	}
	var remarks []string
	if parts != nil {
		remarks = append(remarks, "alleles that were not searched: "+strings.Join(parts, ", "))
	}
	if c.None {
		remarks = append(remarks, "the VCF has no alleles")
	}
	if c.Apart > 0 {
		remarks = append(remarks, fmt.Sprintf("pairs of alleles that overlap on one copy of a sample's chromosome, so that each was searched without the other: %d", c.Apart))
	}
	if c.Filtered > 0 {
		remarks = append(remarks, fmt.Sprintf("alleles that were searched though FILTER is not PASS: %d", c.Filtered))
	}
	if c.Unmetered > 0 {
		remarks = append(remarks, fmt.Sprintf("alleles that were searched because their frequency is not known: %d", c.Unmetered))
	}
	return strings.Join(append(remarks, renamedRemarks(c.Renamed, "VCF")...), "; ")
}

// An alleleReader reads the lines of a VCF.
type alleleReader struct {
	request *request
	file    string
	contigs *genome.ContigNames
	names   []string // of the contigs
	columns []int    // indexes of the samples that are asked for
	sampled bool     // the file has samples
	all     int      // samples of the file
	called  bool     // a record has genotypes
	gt      vcf.Genotype
	of      map[string]bool // populations that INFO has frequencies of
	any     bool            // there is a record
	set     *alleleSet
}

// maxVCFLine is the longest line of a VCF, bytes.
const maxVCFLine = 64 << 20

// readAlleles reads the alleles of a VCF (version 4, section 1.6) with the
// samples that have them. It counts the alleles that are not a sequence.
func (r *request) readAlleles(ctx context.Context, files okazaki.Files, in okazaki.Input, contigs []string) (*alleleSet, error) {
	f, err := files.Open(ctx, in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := unpack.Open(in.Name, f)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	a := &alleleReader{request: r, file: in.Name, contigs: genome.NewContigNames(contigs), names: contigs, of: map[string]bool{}, set: &alleleSet{about: alleleCounts{NoSequence: map[string]int64{}}}}
	lines := bufio.NewScanner(analysis.Reader(ctx, text))
	lines.Buffer(nil, maxVCFLine)
	for n := int64(1); lines.Scan(); n++ {
		if err := a.line(n, bytes.TrimSuffix(lines.Bytes(), []byte("\r"))); err != nil {
			return nil, located(err, in.Name, n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	if !a.called {
		a.set.samples = nil
	}
	if a.set.samples == nil && len(r.samples) > 0 {
		return nil, &okazaki.Error{File: in.Name, Message: "--sample is given, but the file has no genotypes", Hint: "give a VCF with genotypes, or leave out --sample"}
	}
	if p := r.population; p != "" && a.any && !a.of[p] {
		known := slices.Sorted(maps.Keys(a.of))
		return nil, &okazaki.Error{File: in.Name, Message: fmt.Sprintf("no allele has a frequency of the population %s", p), Hint: "its INFO has: " + cmp.Or(strings.Join(known, ", "), "none")}
	}
	a.set.settle()
	a.set.about.None = !a.any
	return a.set, nil
}

func (a *alleleReader) line(n int64, line []byte) error {
	switch {
	case bytes.HasPrefix(line, []byte("#CHROM\t")):
		return a.head(strings.Split(string(line), "\t"))
	case len(line) == 0 || line[0] == '#':
		return nil
	}
	columns := bytes.SplitN(line, []byte("\t"), 10)
	if len(columns) < 5 {
		return &okazaki.Error{Message: fmt.Sprintf("there are %d columns", len(columns)), Hint: "a VCF has CHROM, POS, ID, REF, ALT and more, separated by tabs"}
	}
	return a.record(n, columns)
}

// head takes the line of columns.
func (a *alleleReader) head(columns []string) error {
	const first = 9 // CHROM to FORMAT
	if len(columns) <= first {
		return nil
	}
	names := columns[first:]
	a.sampled, a.all = true, len(names)
	for i, name := range names {
		if len(a.request.samples) == 0 || slices.Contains(a.request.samples, name) {
			a.columns, a.set.samples = append(a.columns, i), append(a.set.samples, name)
		}
	}
	for _, name := range a.request.samples {
		if !slices.Contains(names, name) {
			return &okazaki.Error{Message: fmt.Sprintf("there is no sample %q", name), Hint: nearest(name, names)}
		}
	}
	return nil
}

// record takes the alleles of one record.
func (a *alleleReader) record(n int64, f [][]byte) error {
	contig, ok := a.contigs.Find(string(f[0]))
	if !ok {
		return &okazaki.Error{Message: fmt.Sprintf("the genome has no contig %q", f[0]), Hint: "give a VCF of this genome; its contigs begin with " + a.names[0]}
	}
	if name := a.names[contig]; name != string(f[0]) {
		if a.set.about.Renamed == nil {
			a.set.about.Renamed = map[string]string{}
		}
		a.set.about.Renamed[string(f[0])] = name
	}
	pos, err := strconv.ParseInt(string(f[1]), 10, 64)
	ref := strings.ToUpper(string(f[3]))
	if err != nil || pos < 1 || ref == "" || strings.Trim(ref, "ACGTNRYSWKMBDHV") != "" {
		return &okazaki.Error{Message: fmt.Sprintf("POS %q and REF %q are not a place", f[1], f[3]), Hint: "check that the file is a VCF"}
	}
	var alts []allele
	for alt := range strings.SplitSeq(strings.ToUpper(string(f[4])), ",") {
		next := newAllele(string(f[0]), pos, ref, alt)
		next.contig, next.line = contig, n
		kind := kindOfSkipped(alt)
		if kind != "" {
			a.set.about.NoSequence[kind]++
		}
		next.skipped = kind != "" || alt == ref || alt == "."
		alts = append(alts, next)
	}
	if len(f) > 7 {
		a.request.frequencies(alts, &vcf.Record{Info: f[7]}, a.of)
	}
	if a.sampled && len(f) < 10 {
		return a.wrongColumns(0)
	}
	if a.sampled {
		if err := a.genotypes(n, alts, f[8], f[9]); err != nil {
			return err
		}
	}
	a.any = true
	a.take(alts, len(f) > 6 && string(f[6]) != "PASS" && string(f[6]) != ".")
	return nil
}

// take adds the alleles of a record that are searched, and counts the others.
func (a *alleleReader) take(alts []allele, filtered bool) {
	about := &a.set.about
	for _, next := range alts {
		switch {
		case next.skipped:
		case next.frequency < a.request.minAF:
			about.Rare++
		default:
			next.filtered, next.unmetered = filtered, a.request.minAF > 0 && math.IsNaN(next.frequency)
			a.set.list = append(a.set.list, next)
		}
	}
}

// kindOfSkipped returns the words for an allele that is not a sequence in the
// counts; empty for other alleles.
func kindOfSkipped(alt string) string {
	switch vcf.KindOf([]byte(alt)) {
	case vcf.Overlapping, vcf.Symbolic:
		return alt
	case vcf.Breakend:
		return "breakends"
	case vcf.Malformed:
		return "that are no sequence"
	case vcf.Sequence:
		if strings.Trim(alt, "ACGT") != "" {
			return "with letters other than A, C, G and T"
		}
	}
	return ""
}

// newAllele returns an allele of a record, without the bases that it shares
// with REF.
func newAllele(contig string, pos int64, ref, alt string) allele {
	r, a, at := ref, alt, pos-1
	for len(r) > 0 && len(a) > 0 && r[len(r)-1] == a[len(a)-1] {
		r, a = r[:len(r)-1], a[:len(a)-1]
	}
	for len(r) > 0 && len(a) > 0 && r[0] == a[0] {
		r, a, at = r[1:], a[1:], at+1
	}
	return allele{at: at, end: at + int64(len(r)), letters: a, frequency: math.NaN(),
		label: fmt.Sprintf("%s:%d:%s>%s", contig, pos, ref, alt), ref: ref, start: pos - 1}
}

// settle orders the alleles and keeps each once. If the file has genotypes, it
// drops the alleles that no sample has.
func (s *alleleSet) settle() {
	slices.SortStableFunc(s.list, func(a, b allele) int { return a.compare(&b) })
	once := s.list[:0]
	for _, a := range s.list {
		if last := len(once) - 1; last >= 0 && once[last].compare(&a) == 0 {
			once[last].carried = mergeCarried(once[last].carried, a.carried)
			continue
		}
		once = append(once, a)
	}
	s.list = slices.DeleteFunc(once, func(a allele) bool {
		if s.samples == nil || a.carried != nil {
			return false
		}
		s.about.NoCarrier++
		return true
	})
	for i := range s.list {
		if s.list[i].filtered {
			s.about.Filtered++
		}
		if s.list[i].unmetered {
			s.about.Unmetered++
		}
		for j := i + 1; j < len(s.list) && s.list[j].contig == s.list[i].contig && s.list[j].at <= s.list[i].end; j++ {
			if s.list[i].overlaps(&s.list[j]) && slices.ContainsFunc(s.carriers([]int{i, j}, nil), func(c carrier) bool { return c.sure }) {
				s.about.Apart++
			}
		}
	}
	for i, a := range s.list {
		reach := a.end
		if i > 0 && s.list[i-1].contig == a.contig {
			reach = max(reach, s.reaches[i-1])
		}
		s.reaches = append(s.reaches, reach)
	}
}

// frequencies reads the alleles' frequencies from INFO: AF, or AC and AN, and
// the frequencies of populations, as gnomAD (AF_afr) and the 1000 Genomes
// (AFR_AF) have them. If a population is asked for, its frequency alone counts.
// The populations are added to of.
func (r *request) frequencies(alts []allele, info *vcf.Record, of map[string]bool) {
	list := func(key string) []string {
		v, _ := info.Get(key)
		return strings.Split(string(v), ",")
	}
	each := func(values []string, f func(a *allele, v float64)) {
		for i := range min(len(alts), len(values)) {
			if v, err := strconv.ParseFloat(values[i], 64); err == nil {
				f(&alts[i], v)
			}
		}
	}
	if r.population == "" {
		if n, err := strconv.ParseFloat(list("AN")[0], 64); err == nil && n > 0 {
			each(list("AC"), func(a *allele, v float64) { a.frequency = v / n })
		}
		each(list("AF"), func(a *allele, v float64) { a.frequency = v })
	}
	for field := range bytes.SplitSeq(info.Info, []byte(";")) {
		key, values, _ := strings.Cut(string(field), "=")
		name := population(key)
		if name == "" {
			continue
		}
		of[name] = true
		each(strings.Split(values, ","), func(a *allele, v float64) {
			a.populations = append(a.populations, fmt.Sprintf("%s=%s", name, strconv.FormatFloat(v, 'g', 4, 64)))
			if name == r.population {
				a.frequency = v
			}
		})
	}
}

// population returns the population whose frequency a key of INFO has, in
// capital letters; empty for other keys.
func population(key string) string {
	name, ok := strings.CutPrefix(key, "AF_")
	if !ok {
		name, ok = strings.CutSuffix(key, "_AF")
	}
	name = strings.ToUpper(name)
	if !ok || len(name) < 3 || len(name) > 6 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || name == "RAW" || name == "POPMAX" || name == "GRPMAX" {
		return ""
	}
	return name
}

// genotypes reads which samples have the alleles. If INFO has no frequency, it
// computes the frequency from all samples of the file.
func (a *alleleReader) genotypes(n int64, alts []allele, format, samples []byte) error {
	rec := &vcf.Record{Rest: append(append(bytes.Clone(format), '\t'), samples...)}
	gt, ps := rec.FieldIndex("GT"), rec.FieldIndex("PS")
	if columns := bytes.Count(samples, []byte("\t")) + 1; columns != a.all {
		return a.wrongColumns(columns)
	}
	if gt < 0 {
		return nil
	}
	a.called = true
	writers := make([]carriedWriter, len(alts))
	counts, called := make([]int, len(alts)), 0
	next := 0
	for i, sample := range rec.Samples() {
		if !a.gt.Parse(vcf.Value(sample, gt)) {
			continue
		}
		group := groupOf(&a.gt, n, vcf.Value(sample, ps))
		asked := next < len(a.columns) && a.columns[next] == i
		for next < len(a.columns) && a.columns[next] <= i {
			next++
		}
		for _, number := range a.gt.Alleles {
			if number > len(alts) {
				return &okazaki.Error{Message: fmt.Sprintf("a genotype has allele %d, and ALT has %d", number, len(alts)), Hint: "split records with bcftools norm -m, not by hand"}
			}
			if number != vcf.NoCall {
				called++
			}
		}
		for j := range alts {
			haps, hom := haplotypesOf(&a.gt, j+1)
			counts[j] += a.gt.Count(j + 1)
			if asked && haps != 0 {
				writers[j].add(genotype{sample: next - 1, haps: haps, hom: hom, group: group})
			}
		}
	}
	for j := range alts {
		alts[j].carried = writers[j].b
		if called > 0 && math.IsNaN(alts[j].frequency) && a.request.population == "" {
			alts[j].frequency = float64(counts[j]) / float64(called)
		}
	}
	return nil
}

func (a *alleleReader) wrongColumns(n int) error {
	return &okazaki.Error{Message: fmt.Sprintf("there are %d columns of samples, and the head names %d", n, a.all), Hint: "make the file again, or copy it again"}
}

// compare orders alleles by contig and place.
func (a *allele) compare(b *allele) int {
	return cmp.Or(cmp.Compare(a.contig, b.contig), cmp.Compare(a.at, b.at), cmp.Compare(a.end, b.end), cmp.Compare(a.letters, b.letters))
}
