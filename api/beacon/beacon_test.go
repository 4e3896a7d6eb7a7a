package beacon_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/variant/gene"
	"okazaki/api/beacon"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func dataset(t testing.TB, id string, data []byte) *beacon.Dataset {
	t.Helper()
	d, err := beacon.Read(t.Context(), id, id+".vcf", filetest.Memory(data), 1)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// two is a Beacon of the two files of testdata.
func two(t testing.TB, o beacon.Options) *beacon.Beacon {
	t.Helper()
	b, err := beacon.New(o, dataset(t, "small", testdata(t, "small.vcf")), dataset(t, "sites", testdata(t, "sites.vcf")))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A reply is the part of an answer that the tests look at.
type reply struct {
	status int
	raw    map[string]any
	Meta   struct {
		BeaconID               string `json:"beaconId"`
		ReturnedGranularity    string
		ReceivedRequestSummary struct {
			RequestParameters map[string]any
			Pagination        struct{ Skip, Limit int }
		}
	}
	Error *struct {
		ErrorCode    int
		ErrorMessage string
	}
	ResponseSummary *struct {
		Exists          bool
		NumTotalResults *int
	}
	Response *struct {
		ResultSets []struct {
			ID           string
			Exists       bool
			ResultsCount int
			Results      []record
		}
	}
}

type record struct {
	VariantInternalID string `json:"variantInternalId"`
	Variation         struct {
		VariantType    string
		AlternateBases string
		Location       struct {
			SequenceID string `json:"sequence_id"`
		}
	}
	FrequencyInPopulations []struct {
		Frequencies []map[string]any
	}
	MolecularAttributes struct{ GeneIDs []string }
}

// A tester is a test, or one of rapid's.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func ask(t tester, h http.Handler, method, target, body string) *reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	r := &reply{status: w.Code}
	if ct := w.Header().Get("Content-Type"); ct != "application/json" {
		t.Fatalf("%s: %d, %s", target, w.Code, ct)
	}
	for _, into := range []any{r, &r.raw} {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s: %v", target, err)
		}
	}
	return r
}

func get(t tester, h http.Handler, query string) *reply {
	t.Helper()
	return ask(t, h, "GET", "/g_variants?"+query, "")
}

// ids are the identifiers of all results.
func (r *reply) ids() (list []string) {
	if r.Response != nil {
		for _, s := range r.Response.ResultSets {
			for _, v := range s.Results {
				list = append(list, v.VariantInternalID)
			}
		}
	}
	return list
}

var ttn1 = []beacon.Place{{Contig: "chr9", Region: genome.Region{Lo: 150, Hi: 260}}, {Contig: "9", Region: genome.Region{Lo: 250, Hi: 350}}}

func genesAt(contig string, lo, hi int) []string {
	if contig == "9" && lo < 350 && hi > 150 {
		return []string{"TTN1"}
	}
	return nil
}

// TestQueries asks for the alleles of testdata/small.vcf in every way.
func TestQueries(t *testing.T) {
	b := two(t, beacon.Options{Genes: func(id string) []beacon.Place {
		if strings.EqualFold(id, "TTN1") {
			return ttn1
		}
		if id == "TWICE" { // in two places, one deletion over both
			return []beacon.Place{{Contig: "9", Region: genome.Region{Lo: 700, Hi: 710}}, {Contig: "9", Region: genome.Region{Lo: 505, Hi: 510}}}
		}
		return nil
	}})
	const all = "9-100-A-C 9-100-A-G 9-100-A-T 9-200-CA-C 9-300-T-TGG 9-400-GCC-AT 9-500-N-<DEL> 9-900-G-G]chr20:1000] 20-9-A-C 20-10-ATT-A 20-10-ATT-ATTT 20-1000-G-A 20-100000-C-T 20-500-C-T 20-600-C-G"
	for _, c := range []struct{ query, want string }{
		{"", all},
		// Sequence queries.
		{"referenceName=9&start=99&referenceBases=A&alternateBases=G", "9-100-A-G"},
		{"referenceName=chr9&start=99&referenceBases=a&alternateBases=g&assemblyId=hg19", "9-100-A-G"},
		{"referenceName=refseq:NC_000009.11&start=99&alternateBases=N", "9-100-A-C 9-100-A-G 9-100-A-T"},
		{"referenceName=9&start=99&alternateBases=Y", "9-100-A-C 9-100-A-T"},
		{"referenceName=9&start=98&alternateBases=G", ""},
		{"referenceName=9&start=99&referenceBases=C&alternateBases=G", ""},
		{"referenceName=9&start=199&referenceBases=CA&alternateBases=C", "9-200-CA-C"},
		{"referenceName=9&start=200&referenceBases=A&alternateBases=", "9-200-CA-C"},
		{"referenceName=9&start=200&referenceBases=AT&alternateBases=T", "9-200-CA-C"},
		{"referenceName=9&start=300&referenceBases=&alternateBases=GG", "9-300-T-TGG"},
		{"referenceName=9&start=300&referenceBases=-&alternateBases=GN", "9-300-T-TGG"},
		{"referenceName=9&start=499&variantType=DEL", "9-500-N-<DEL>"},
		{"referenceName=20&start=8&referenceBases=A&alternateBases=C", "20-9-A-C"},
		// Range queries: what shares a base.
		{"referenceName=9&start=99&end=100", "9-100-A-C 9-100-A-G 9-100-A-T"},
		{"referenceName=9&start=100&end=199", ""},
		{"referenceName=9&start=200&end=201", "9-200-CA-C"},
		{"referenceName=9&start=798&end=799", "9-500-N-<DEL>"},
		{"referenceName=9&start=799&end=899", ""},
		{"referenceName=9&start=0&end=1000&variantType=SNP", "9-100-A-C 9-100-A-G 9-100-A-T"},
		{"referenceName=9&start=0&end=1000&variantType=INDEL", "9-200-CA-C 9-300-T-TGG 9-400-GCC-AT 9-500-N-<DEL>"},
		{"referenceName=9&start=0&end=1000&variantType=EFO:0030067", "9-200-CA-C 9-500-N-<DEL>"},
		{"referenceName=9&start=0&end=1000&alternateBases=C", "9-100-A-C 9-200-CA-C"},
		{"referenceName=9&start=0&end=1000&variantMinLength=2&variantMaxLength=10", "9-300-T-TGG 9-400-GCC-AT"},
		{"referenceName=9&start=0&end=1000&variantMinLength=299", "9-500-N-<DEL>"},
		// Numbers, not text: as text 9 is after 100000.
		{"referenceName=20&start=8&end=12", "20-9-A-C 20-10-ATT-A 20-10-ATT-ATTT"},
		{"referenceName=20&start=9&end=100000", "20-10-ATT-A 20-10-ATT-ATTT 20-1000-G-A 20-100000-C-T 20-500-C-T 20-600-C-G"},
		// Bracket queries.
		{"referenceName=9&start=450&start=550&end=700&end=800", "9-500-N-<DEL>"},
		{"referenceName=9&start=499,500&end=799,800", "9-500-N-<DEL>"},
		{"referenceName=9&start=500,600&end=700,800", ""},
		{"referenceName=9&start=450,550&end=700,799", ""},
		// Genes.
		{"geneId=TTN1", "9-200-CA-C 9-300-T-TGG"},
		{"geneId=ttn1&variantType=INS", "9-300-T-TGG"},
		{"geneId=TTN1&referenceName=9&start=0&end=250", "9-200-CA-C"},
		{"geneId=TWICE", "9-500-N-<DEL>"},
		{"geneId=NONE", ""},
		// By name.
		{"genomicAlleleShortForm=NC_000009.11:g.100A>G", "9-100-A-G"},
		{"genomicAlleleShortForm=NC_000009.12:g.100A>G", ""}, // GRCh38
		{"genomicAlleleShortForm=9:g.201del", "9-200-CA-C"},
		{"genomicAlleleShortForm=9:g.201delA", "9-200-CA-C"},
		{"genomicAlleleShortForm=9:g.300_301insGG", "9-300-T-TGG"},
		{"genomicAlleleShortForm=9:g.400_402delinsAT", "9-400-GCC-AT"},
		{"mateName=chr20", "9-900-G-G]chr20:1000]"},
		{"referenceName=20&assemblyId=GRCh38", ""},
		{"referenceName=21", ""},
		{"variantType=BND", "9-900-G-G]chr20:1000]"},
	} {
		r := get(t, b, c.query+"&requestedGranularity=record&limit=100")
		got := strings.Join(r.ids(), " ")
		if r.status != 200 || got != c.want {
			t.Errorf("%s: %d %s, want %s", c.query, r.status, got, c.want)
			continue
		}
		n := len(r.ids())
		if r.ResponseSummary.Exists != (n > 0) || *r.ResponseSummary.NumTotalResults != n {
			t.Errorf("%s: summary %+v for %d", c.query, r.ResponseSummary, n)
		}
		if r := get(t, b, c.query+"&requestedGranularity=count"); *r.ResponseSummary.NumTotalResults != n || r.Response != nil {
			t.Errorf("%s: %d are counted, not %d", c.query, *r.ResponseSummary.NumTotalResults, n)
		}
		if r := get(t, b, c.query); r.ResponseSummary.Exists != (n > 0) || r.ResponseSummary.NumTotalResults != nil || r.Response != nil || r.Meta.ReturnedGranularity != "boolean" {
			t.Errorf("%s: boolean %+v", c.query, r.ResponseSummary)
		}
		// The same by POST.
		parameters := map[string]any{}
		values, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		for name, list := range values {
			parameters[name] = list
		}
		for _, p := range []any{parameters, map[string]any{"g_variant": parameters}, []any{parameters}} {
			body, err := json.Marshal(map[string]any{"meta": map[string]any{"apiVersion": "2.0"},
				"query": map[string]any{"requestParameters": p, "requestedGranularity": "record", "pagination": map[string]any{"skip": 0, "limit": 100}}})
			if err != nil {
				t.Fatal(err)
			}
			if r := ask(t, b, "POST", "/g_variants", string(body)); strings.Join(r.ids(), " ") != c.want {
				t.Errorf("POST %s: %d %v, want %s", body, r.status, r.ids(), c.want)
			}
		}
	}
	for _, id := range strings.Fields(all) {
		r := ask(t, b, "GET", "/g_variants/"+url.PathEscape(id)+"?requestedGranularity=record", "")
		if got := r.ids(); !slices.Equal(got, []string{id}) {
			t.Errorf("/g_variants/%s: %d %v", id, r.status, got)
		}
	}
	if r := ask(t, b, "GET", "/g_variants/chr9-100-A-G?requestedGranularity=record", ""); !slices.Equal(r.ids(), []string{"9-100-A-G"}) {
		t.Errorf("another name of the contig: %v", r.ids())
	}
	if r := ask(t, b, "GET", "/g_variants/9-101-A-G", ""); r.status != 200 || r.ResponseSummary.Exists {
		t.Errorf("an allele that isn't there: %+v", r)
	}
}

// TestGenes asks for the genes of a model.
func TestGenes(t *testing.T) {
	text := func(name string) gene.Text { return gene.Text{Name: name, Reader: bytes.NewReader(testdata(t, name))} }
	m, err := gene.Compile(text("genes.gff3"), text("genes.fa"))
	if err != nil {
		t.Fatal(err)
	}
	var o beacon.Options
	if err := o.UseGenes(m); err != nil {
		t.Fatal(err)
	}
	b := two(t, o)
	for id, want := range map[string]string{
		"TTN1": "9-200-CA-C 9-300-T-TGG 9-400-GCC-AT", "ttn1": "9-200-CA-C 9-300-T-TGG 9-400-GCC-AT", "G1": "9-200-CA-C 9-300-T-TGG 9-400-GCC-AT",
		"G1.7": "9-200-CA-C 9-300-T-TGG 9-400-GCC-AT", "ABC9": "9-400-GCC-AT 9-500-N-<DEL>", "T1": "",
	} {
		r := get(t, b, "requestedGranularity=record&geneId="+id)
		if got := strings.Join(r.ids(), " "); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
		if id != "TTN1" {
			continue
		}
		var genes []string
		for _, v := range r.Response.ResultSets[0].Results {
			genes = append(genes, strings.Join(v.MolecularAttributes.GeneIDs, "+"))
		}
		if !slices.Equal(genes, []string{"TTN1", "TTN1", "ABC9+TTN1"}) {
			t.Errorf("genes %v", genes)
		}
	}
}

func TestFrequencies(t *testing.T) {
	b := two(t, beacon.Options{GenesAt: genesAt})
	r := get(t, b, "requestedGranularity=record&limit=100")
	got := map[string]string{}
	for _, s := range r.Response.ResultSets {
		for _, v := range s.Results {
			text := "none"
			if len(v.FrequencyInPopulations) > 0 {
				f := v.FrequencyInPopulations[0].Frequencies[0]
				text = fmt.Sprintf("%v/%v %v %v %v %v", f["alleleCount"], f["alleleNumber"], f["genotypeHomozygous"], f["genotypeHeterozygous"], f["genotypeHemizygous"], f["alleleFrequency"])
			}
			got[v.VariantInternalID] = text + " " + strings.Join(v.MolecularAttributes.GeneIDs, ",")
			if want := map[byte]string{'9': "refseq:NC_000009.11", '2': "refseq:NC_000020.10"}[v.VariantInternalID[0]]; v.Variation.Location.SequenceID != want {
				t.Errorf("%s is on %s", v.VariantInternalID, v.Variation.Location.SequenceID)
			}
		}
	}
	for id, want := range map[string]string{
		"9-100-A-G":    "3/6 1 1 0 0.5 ",
		"9-100-A-T":    "2/4 0 2 0 0.5 ",
		"9-200-CA-C":   "1/6 0 1 0 0.16666666666666666 TTN1",
		"9-400-GCC-AT": "1/3 0 0 1 0.3333333333333333 ",
		"20-1000-G-A":  "2/6 0 2 0 0.3333333333333333 ",
		"20-500-C-T":   "3/10 <nil> <nil> <nil> 0.3 ",
		"20-600-C-G":   "none ",
	} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
}

func TestResultsets(t *testing.T) {
	b := two(t, beacon.Options{})
	for _, c := range []struct{ include, want string }{
		{"ALL", "small true 1, sites false 0"}, {"HIT", "small true 1"}, {"MISS", "sites false 0"}, {"NONE", ""}, {"hit", "small true 1"},
	} {
		r := get(t, b, "referenceName=9&start=99&alternateBases=G&requestedGranularity=record&includeResultsetResponses="+c.include)
		var got []string
		for _, s := range r.Response.ResultSets {
			got = append(got, fmt.Sprint(s.ID, " ", s.Exists, " ", s.ResultsCount))
		}
		if s := strings.Join(got, ", "); s != c.want || !r.ResponseSummary.Exists || *r.ResponseSummary.NumTotalResults != 1 {
			t.Errorf("%s: %s, want %s", c.include, s, c.want)
		}
	}
	for most, want := range map[string]string{"boolean": "boolean", "count": "count", "record": "record"} {
		if r := get(t, two(t, beacon.Options{Granularity: most}), "requestedGranularity=record"); r.Meta.ReturnedGranularity != want || r.Response != nil != (want == "record") || (r.ResponseSummary.NumTotalResults != nil) != (want != "boolean") {
			t.Errorf("at most %s: %+v", most, r.raw)
		}
	}
	if r := get(t, b, "requestedGranularity=aggregated"); r.Meta.ReturnedGranularity != "count" {
		t.Errorf("aggregated: %s", r.Meta.ReturnedGranularity)
	}
}

// TestPages reads results page by page, exactly ten pages of them and other
// numbers: together the pages hold all results, once each.
func TestPages(t *testing.T) {
	for _, n := range []int{1, 99, 100, 101} {
		var b strings.Builder
		b.WriteString("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
		for i := range n {
			fmt.Fprintf(&b, "1\t%d\t.\tA\tC\t.\t.\t.\n", 7*i+1)
		}
		h, err := beacon.New(beacon.Options{}, dataset(t, "pages", []byte(b.String())))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for page := 0; ; page++ {
			r := get(t, h, fmt.Sprintf("requestedGranularity=record&skip=%d&limit=10", page))
			if *r.ResponseSummary.NumTotalResults != n || r.Meta.ReceivedRequestSummary.Pagination.Skip != page || r.Meta.ReceivedRequestSummary.Pagination.Limit != 10 {
				t.Fatalf("page %d of %d: %+v", page, n, r)
			}
			ids := r.ids()
			if want := min(10, max(0, n-10*page)); len(ids) != want {
				t.Errorf("page %d of %d results has %d, not %d", page, n, len(ids), want)
			}
			if all = append(all, ids...); len(ids) == 0 {
				break
			}
		}
		whole := get(t, h, "requestedGranularity=record&limit=0").ids()
		if len(whole) != n || !slices.Equal(all, whole) {
			t.Errorf("%d results are %d in pages, %d at once", n, len(all), len(whole))
		}
		if r := get(t, h, "requestedGranularity=record&skip=9223372036854775807&limit=1000"); r.status != 400 {
			t.Errorf("a skip that large: %d", r.status)
		}
		if r := get(t, h, "requestedGranularity=record&skip=2000000000&limit=1000"); r.status != 200 || len(r.ids()) != 0 {
			t.Errorf("a page far away: %d, %d results", r.status, len(r.ids()))
		}
	}
}

// TestRefusals sends requests that can't be answered: each gets Beacon's
// error, with the status.
func TestRefusals(t *testing.T) {
	b := two(t, beacon.Options{})
	for _, c := range []struct {
		method, target, body string
		status               int
		message              string
	}{
		{"GET", "/g_variants?start=1", "", 400, "need referenceName"},
		{"GET", "/g_variants?referenceName=9&start=1", "", 400, "needs alternateBases or variantType"},
		{"GET", "/g_variants?referenceName=9&end=1", "", 400, "end needs start"},
		{"GET", "/g_variants?referenceName=9&start=10&end=10", "", 400, "end must be larger"},
		{"GET", "/g_variants?referenceName=9&start=1,2&end=5", "", 400, "two values of start and two of end"},
		{"GET", "/g_variants?referenceName=9&start=5,2&end=5,6", "", 400, "must not be larger"},
		{"GET", "/g_variants?referenceName=9&start=1,2,3", "", 400, "more than two"},
		{"GET", "/g_variants?referenceName=9&start=x&alternateBases=A", "", 400, `start can't be "x"`},
		{"GET", "/g_variants?referenceName=9&start=-1&alternateBases=A", "", 400, `start can't be "-1"`},
		{"GET", "/g_variants?referenceName=9&start=1e3&alternateBases=A", "", 400, `start can't be "1e3"`},
		{"GET", "/g_variants?referenceName=9&start=99999999999999999999&alternateBases=A", "", 400, "start can't be"},
		{"GET", "/g_variants?referenceName=9&start=1&alternateBases=A%3CB", "", 400, "alternateBases can't be"},
		{"GET", "/g_variants?referenceName=9&start=1&alternateBases=" + strings.Repeat("A", 10001), "", 400, "10000 at most"},
		{"GET", "/g_variants?referenceName=9&referenceName=10", "", 400, "given 2 times"},
		{"GET", "/g_variants?referenceName=" + strings.Repeat("9", 300), "", 400, "longer than"},
		{"GET", "/g_variants?referenceName=9%00", "", 400, "control"},
		{"GET", "/g_variants?skip=-1", "", 400, "skip can't be"},
		{"GET", "/g_variants?limit=ten", "", 400, "limit can't be"},
		{"GET", "/g_variants?requestedGranularity=all", "", 400, "boolean, count, aggregated, record"},
		{"GET", "/g_variants?includeResultsetResponses=SOME", "", 400, "ALL, HIT, MISS, NONE"},
		{"GET", "/g_variants?filters=HP:0000001", "", 400, "no filtering terms"},
		{"GET", "/g_variants?refrenceName=9", "", 400, `no parameter "refrenceName"`},
		{"GET", "/g_variants?geneId=BRCA1", "", 400, "no genes"},
		{"GET", "/g_variants?aminoacidChange=V600E", "", 400, "aminoacidChange"},
		{"GET", "/g_variants?genomicAlleleShortForm=NM_004006.2:c.4375C%3ET", "", 400, "genomic HGVS"},
		{"GET", "/g_variants?genomicAlleleShortForm=9:g.100A%3ET&start=3", "", 400, "already tells"},
		{"GET", "/g_variants?referenceName=NC_000009.11&assemblyId=GRCh38", "", 400, "assemblyId names another"},
		{"GET", "/g_variants?variantMinLength=9&variantMaxLength=3", "", 400, "must not be smaller"},
		{"GET", "/g_variants?a=%zz", "", 400, "can't be read"},
		{"GET", "/g_variants/rs1", "", 400, "contig-position-REF-ALT"},
		{"GET", "/g_variants/9-0-A-G", "", 400, "contig-position-REF-ALT"},
		{"GET", "/g_variants/9-100-A-G?referenceName=9", "", 400, "already tells"},
		{"GET", "/g_variants/9-100-A-G/biosamples", "", 404, "no such endpoint"},
		{"GET", "/individuals", "", 404, "no such endpoint"},
		{"DELETE", "/g_variants", "", 405, "GET, POST"},
		{"POST", "/info", "", 405, "GET"},
		{"POST", "/g_variants", "{", 400, "not the JSON"},
		{"POST", "/g_variants", `[1]`, 400, "not the JSON"},
		{"POST", "/g_variants", `{"query":{"requestParameters":{"strat":1}}}`, 400, `no request parameter "strat"`},
		{"POST", "/g_variants", `{"query":{"requestParameters":{"start":true}}}`, 400, "start: neither"},
		{"POST", "/g_variants", `{"query":{"requestParameters":{"g_variant":3}}}`, 400, "not an object"},
		{"POST", "/g_variants", `{"query":{"requestParameters":3}}`, 400, "not an object"},
		{"POST", "/g_variants", `{"query":{"pagination":{"skip":1.5}}}`, 400, "skip can't be"},
		{"POST", "/g_variants", `{"query":{"filters":[{"id":"HP:1"}]}}`, 400, "no filtering terms"},
		{"POST", "/g_variants?skip=1", `{"query":{"pagination":{"skip":1}}}`, 400, "both in the URL and in the body"},
		{"POST", "/g_variants", `{"meta":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "larger than"},
	} {
		r := ask(t, b, c.method, c.target, c.body)
		if r.status != c.status || r.Error == nil || r.Error.ErrorCode != c.status || !strings.Contains(r.Error.ErrorMessage, c.message) {
			t.Errorf("%s %.80s %.60s: %d %+v, want %d %q", c.method, c.target, c.body, r.status, r.Error, c.status, c.message)
		}
		if r.Meta.BeaconID == "" || r.raw["response"] != nil || r.raw["responseSummary"] != nil {
			t.Errorf("%s %.80s: an error in the wrong form: %v", c.method, c.target, r.raw)
		}
	}
	if _, err := beacon.New(beacon.Options{Granularity: "all"}); err == nil {
		t.Error("an unknown granularity is taken")
	}
	d := dataset(t, "twice", testdata(t, "sites.vcf"))
	if _, err := beacon.New(beacon.Options{}, d, d); err == nil {
		t.Error("two datasets of one name are taken")
	}
}

func TestWrongFiles(t *testing.T) {
	for data, want := range map[string]string{
		"": "x.vcf", "hello\n": "x.vcf",
		"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tfoo!\t.\t.\t.\n": "x.vcf:2: ",
	} {
		_, err := beacon.Read(t.Context(), "x", "x.vcf", filetest.Memory([]byte(data)), 1)
		if e := (*okazaki.Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// The assembly that a file names is not overridden.
func TestAssemblyOfTheHeader(t *testing.T) {
	d := dataset(t, "x", []byte("##fileformat=VCFv4.2\n##reference=file:///ref/human_g1k_v37.fasta\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t10\t.\tA\tC\t.\t.\t.\n"))
	if d.Assembly != "GRCh37" {
		t.Errorf("the assembly is %q", d.Assembly)
	}
	if _, err := beacon.New(beacon.Options{Assembly: "GRCh38"}, d); err == nil || !strings.Contains(err.Error(), "uses GRCh37, not GRCh38") {
		t.Errorf("%v", err)
	}
}
