package known_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/variant/known"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func build(t testing.TB, name, content string, o known.Options) ([]byte, *known.Built) {
	t.Helper()
	var w bytes.Buffer
	built, err := known.Build(context.Background(), name, strings.NewReader(content), o, &w)
	if err != nil {
		t.Fatal(err)
	}
	return w.Bytes(), built
}

func open(t testing.TB, b []byte) *known.Source {
	t.Helper()
	s, err := known.Open("test.okk", filetest.Memory(b))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shared is a file of the data that tests may use, unpacked.
func shared(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(filetest.Data(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A line is a record of a VCF as a test reads it.
type line struct {
	contig, ref, alt string
	pos              int
	info             map[string]string
}

func records(vcf string) (all []line) {
	in := bufio.NewScanner(strings.NewReader(vcf))
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		if strings.HasPrefix(in.Text(), "#") {
			continue
		}
		col := strings.Split(in.Text(), "\t")
		r := line{contig: col[0], ref: col[3], alt: col[4], info: map[string]string{"ID": col[2], "FILTER": col[6]}}
		fmt.Sscan(col[1], &r.pos)
		for one := range strings.SplitSeq(col[7], ";") {
			k, v, ok := strings.Cut(one, "=")
			if !ok {
				v = "1"
			}
			r.info[k] = v
		}
		all = append(all, r)
	}
	return all
}

func texts(c *known.Cursor, s *known.Source) (all []string) {
	for i := range s.Fields() {
		all = append(all, string(c.Append(nil, i)))
	}
	return all
}

// TestClinVarComesOutAsItIs asks for every record, in order and not, and wants
// the bytes of every field.
func TestClinVarComesOutAsItIs(t *testing.T) {
	vcf := shared(t, "variant/clinvar/clinvar_20260226_GRCh38_69k_subset.vcf.gz")
	b, built := build(t, "clinvar.vcf", vcf, known.Options{Recipe: "clinvar"})
	s := open(t, b)
	if got := s.String(); got != "clinvar 2026-02-26 (clinvar.vcf, GRCh38, 69293 rows)" {
		t.Error(got)
	}
	if built.Records != 69302 || s.Skipped()["no alternative"] != 9 {
		t.Errorf("%d records, skipped %v", built.Records, s.Skipped())
	}
	all := records(vcf)
	inOrder := s.Cursor()
	check := func(c *known.Cursor, r *line) {
		contig, ok := s.Contig("chr" + r.contig)
		if !ok {
			t.Fatalf("no contig %s", r.contig)
		}
		k, ok := known.MakeKey(r.pos-1, []byte(r.ref), []byte(r.alt))
		if found := ok && c.Find(contig, k); found != (r.alt != ".") {
			t.Fatalf("%s:%d %s>%s: found %v", r.contig, r.pos, r.ref, r.alt, found)
		} else if !found {
			return
		}
		for i, f := range s.Fields() {
			want := r.info[f.From[0]]
			if strings.HasSuffix(f.Name, "tars") {
				want = map[string]string{
					"criteria_provided,_single_submitter": "1", "criteria_provided,_multiple_submitters,_no_conflicts": "2", "criteria_provided,_conflicting_classifications": "1",
					"reviewed_by_expert_panel": "3", "": "",
				}[want]
				if want == "" && r.info[f.From[0]] != "" {
					want = "0"
				}
			}
			if got := string(c.Append(nil, i)); got != want {
				t.Fatalf("%s:%d %s is %q, want %q", r.contig, r.pos, f.Name, got, want)
			}
		}
	}
	for i := range all {
		check(inOrder, &all[i])
	}
	anyhow, rng := s.Cursor(), rand.New(rand.NewPCG(1, 2))
	for range 300 {
		check(anyhow, &all[rng.IntN(len(all))])
	}
	if err := errors.Join(inOrder.Err(), anyhow.Err()); err != nil {
		t.Fatal(err)
	}
}

func TestFrequenciesOf1000Genomes(t *testing.T) {
	vcf := shared(t, "variant/1kgp3_chr20_0-1Mb_sites.vcf.gz")
	b, _ := build(t, "kg.vcf", vcf, known.Options{Recipe: "gnomad"})
	s := open(t, b)
	if s.Assembly().Name != "GRCh37" {
		t.Error(s.Assembly())
	}
	c := s.Cursor()
	contig, _ := s.Contig("z")
	af, most := s.Field(known.Frequency), s.Field(known.MaxFrequency)
	asked, several := 0, 0
	for _, r := range records(vcf) {
		alts := strings.Split(r.alt, ",")
		for i, alt := range alts {
			k, ok := known.MakeKey(r.pos-1, []byte(r.ref), []byte(alt))
			if !ok {
				continue // <CN0>
			}
			if !c.Find(contig, k) {
				t.Fatalf("%d %s>%s is not found", r.pos, r.ref, alt)
			}
			if len(alts) > 1 {
				several++
			}
			asked++
			want := strings.Split(r.info["AF"], ",")[i]
			if got := string(c.Append(nil, af)); got != want {
				t.Fatalf("%d %s>%s: AF %s, want %s", r.pos, r.ref, alt, got, want)
			}
			largest := -1.0
			for _, p := range []string{"AFR_AF", "AMR_AF", "EAS_AF", "EUR_AF", "SAS_AF"} {
				var v float64
				fmt.Sscan(strings.Split(r.info[p], ",")[i], &v)
				largest = max(largest, v)
			}
			if got, ok := c.Number(most); !ok || got != largest {
				t.Fatalf("%d %s>%s: largest AF %v, want %v", r.pos, r.ref, alt, got, largest)
			}
		}
	}
	if asked < 20000 || several < 100 {
		t.Errorf("asked %d, %d of records with several alleles", asked, several)
	}
}

const vcfHead = `##fileformat=VCFv4.2
##fileDate=20260101
##contig=<ID=1,length=248956422>
##contig=<ID=2>
##INFO=<ID=AF,Number=A,Type=Float,Description="a frequency, \"quoted\"">
##INFO=<ID=AD,Number=R,Type=Integer,Description="depths">
##INFO=<ID=SET,Number=1,Type=String,Description="a set">
##INFO=<ID=DB,Number=0,Type=Flag,Description="is known">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO
`

func TestAllelesAreDecomposedAndTrimmed(t *testing.T) {
	b, _ := build(t, "x.vcf", vcfHead+
		"1\t100\trs1\tCA\tC,CAA,TA,<DEL>,*\t7\tPASS\tAF=0.5,1e-05,.,0.1,0.1;AD=1,2,3,4,5,6;SET=a,b;DB\n"+
		"1\t100\trs2\tC\tT\t.\t.\tAF=0.25;SET=c\n"+
		"1\t1048570\t.\tAAAAAAAAAAAAAAAACGT\tA\t.\t.\tAF=0.10\n"+
		"1\t1048580\t.\tA\tN\t.\t.\tAF=nan\n"+
		"2\t0\t.\tN\tNA\t.\t.\tAF=1\n", known.Options{})
	s := open(t, b)
	c := s.Cursor()
	for _, tt := range []struct {
		name, contig, ref, alt string
		pos                    int
		want                   string
	}{
		{"deletion", "1", "CA", "C", 99, "0.5|2|a,b|1"},
		{"deletion, written longer", "chr1", "gCAT", "gCT", 98, "0.5|2|a,b|1"},
		{"insertion", "1", "A", "AA", 100, "1e-05|3|a,b|1"},
		{"one base in two records", "1", "C", "T", 99, "0.25|4|a,b,c|1"},
		{"long deletion", "1", "AAAAAAAAAAAAAAAACGT", "A", 1048569, "0.10|||"},
		{"N", "1", "A", "N", 1048579, "nan|||"},
		{"before the first base", "2", "N", "NA", -1, "1|||"},
		{"another base", "1", "C", "G", 99, "not known"},
		{"next chunk", "1", "C", "G", 1 << 21, "not known"},
	} {
		contig, ok := s.Contig(tt.contig)
		if !ok {
			t.Fatal(tt.contig)
		}
		k, ok := known.MakeKey(tt.pos, []byte(tt.ref), []byte(tt.alt))
		if !ok {
			t.Fatalf("%s: no key", tt.name)
		}
		got := "not known"
		if c.Find(contig, k) {
			got = strings.Join(texts(c, s), "|")
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if s.Skipped()["symbolic or breakend"] != 1 || s.Skipped()["overlapping deletion (*)"] != 1 {
		t.Error(s.Skipped())
	}
	if d := s.Fields()[s.Field("AF")].Description; d != `a frequency, "quoted"` {
		t.Errorf("description %q", d)
	}
}

// pairs is an oracle for intervals: all against all.
func TestIntervalsAgainstAllPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var regions []genome.Region
	for range 600 {
		lo := rng.IntN(4 << 20)
		n := rng.IntN(200)
		if rng.IntN(20) == 0 {
			n = rng.IntN(3 << 20)
		}
		regions = append(regions, genome.Region{Lo: lo, Hi: lo + n})
	}
	slices.SortFunc(regions, func(a, b genome.Region) int { return cmp.Compare(a.Lo, b.Lo) })
	var bed strings.Builder
	for i, r := range regions {
		fmt.Fprintf(&bed, "chr7\t%d\t%d\tr%d\t%d\n", r.Lo, r.Hi, i, i%7)
	}
	config, err := known.ReadConfig("c.toml", strings.NewReader(`[[annotation]]
file="x.bed"
columns=[4,5,5,5,
  4, 4] # a list may be broken
ops=["concat","max","mean","count","flag","first"]
names=["names","most","mean","n","any","first"]`))
	if err != nil {
		t.Fatal(err)
	}
	b, built := build(t, "x.bed", bed.String(), known.Options{Config: config, Assembly: "hg19"})
	if built.Rows != int64(len(regions)) {
		t.Errorf("%d rows of %d", built.Rows, len(regions))
	}
	s := open(t, b)
	contig, _ := s.Contig("7")
	c := s.Cursor()
	for range 3000 {
		lo := rng.IntN(4 << 20)
		if rng.IntN(4) == 0 {
			lo = rng.IntN(4)<<20 + rng.IntN(20) - 10
		}
		q := genome.Region{Lo: max(lo, 0), Hi: max(lo, 0) + rng.IntN(3)}
		if rng.IntN(20) == 0 {
			q.Hi += rng.IntN(3 << 20)
		}
		var names []string
		most, sum := -1, 0
		for i, r := range regions {
			if r.Lo < q.Hi && q.Lo < r.Hi {
				names = append(names, fmt.Sprintf("r%d", i))
				most, sum = max(most, i%7), sum+i%7
			}
		}
		n := c.Overlap(contig, q)
		got := append([]string{fmt.Sprint(n)}, texts(c, s)...)
		want := []string{"0", "", "", "", "", "", ""}
		if len(names) > 0 {
			want = []string{fmt.Sprint(len(names)), strings.Join(names, ","), fmt.Sprint(most), fmt.Sprint(float64(sum) / float64(len(names))), fmt.Sprint(len(names)), "1", names[0]}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v: %v, want %v", q, got, want)
		}
	}
}

func TestBadInputIsOneError(t *testing.T) {
	for _, tt := range []struct {
		name, file, content string
		o                   known.Options
		want                string
	}{
		{"unsorted", "x.vcf", vcfHead + "1\t10\t.\tA\tC\t.\t.\t.\n1\t9\t.\tA\tC\t.\t.\t.\n", known.Options{}, "x.vcf:11: the file is not sorted: 1:9 comes after 1:10; sort it: bcftools sort"},
		{"contig twice", "x.vcf", vcfHead + "1\t10\t.\tA\tC\t.\t.\t.\n2\t9\t.\tA\tC\t.\t.\t.\n1\t19\t.\tA\tC\t.\t.\t.\n", known.Options{}, "x.vcf:12: the file is not sorted: contig 1 comes a second time"},
		{"unsorted BED", "x.bed", "1\t10\t20\n1\t9\t20\n", known.Options{Assembly: "x"}, "x.bed:2: the file is not sorted"},
		{"other assembly", "x.vcf", vcfHead, known.Options{Assembly: "hg19"}, "x.vcf: the file is for GRCh38, not for hg19"},
		{"no assembly", "x.bed", "1\t10\t20\n", known.Options{}, "x.bed: nothing in the file says of which assembly its positions are; give it with --assembly"},
		{"no ClinVar", "x.vcf", vcfHead, known.Options{Recipe: "clinvar"}, "this is not a VCF of ClinVar"},
		{"no recipe", "x.vcf", vcfHead, known.Options{Recipe: "exac"}, `there is no recipe "exac"; one of clinvar, gnomad`},
		{"ends in header", "x.vcf", "##fileformat=VCFv4.2\n##x=y\n", known.Options{}, "x.vcf"},
		{"backward interval", "x.bed", "1\t10\t9\n", known.Options{Assembly: "x"}, "x.bed:1: the interval ends at 9, before it begins"},
		{"no number", "x.bed", "1\tten\t9\n", known.Options{Assembly: "x"}, `x.bed:1: "ten" is not a position`},
		{"no columns", "x.tsv", "gene\tscore\nA\t1\n", known.Options{Assembly: "x"}, "x.tsv:1: the first line names no columns that say where a row is"},
		{"empty", "x.tsv", "", known.Options{Assembly: "x"}, "x.tsv: the file is empty"},
	} {
		_, err := known.Build(context.Background(), tt.file, strings.NewReader(tt.content), tt.o, &bytes.Buffer{})
		mend, ok := errors.AsType[*okazaki.Error](err)
		if !ok || !strings.Contains(mend.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestContigsAreFoundInAnySpelling asks a source for contigs by names that its
// file doesn't have.
func TestContigsAreFoundInAnySpelling(t *testing.T) {
	b, _ := build(t, "x.vcf", "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"+
		"NC_000001.11\t10\t.\tA\tC\t.\t.\t.\nNC_012920.1\t10\t.\tA\tG\t.\t.\t.\nKI270302.1\t10\t.\tG\tC\t.\t.\t.\nXV\t10\t.\tG\tA\t.\t.\t.\n", known.Options{Assembly: "GRCh38"})
	s := open(t, b)
	for name, want := range map[string]string{
		"1": "NC_000001.11", "chr1": "NC_000001.11", "NC_000001.11": "NC_000001.11", "NC_000001.10": "", "chrM": "NC_012920.1", "MT": "NC_012920.1",
		"chrUn_KI270302v1": "KI270302.1", "chrXV": "XV", "XVI": "",
	} {
		got := ""
		if i, ok := s.Contig(name); ok {
			got = s.ContigName(i)
		}
		if got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}
