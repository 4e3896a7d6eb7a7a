package beacon_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/api/beacon"
)

// A line is an allele as the twin of the index keeps it: in a list.
type line struct {
	contig     string
	start, end int
	ref, alt   string
}

func (l line) id() string { return fmt.Sprintf("%s-%d-%s-%s", l.contig, l.start+1, l.ref, l.alt) }

// cohort draws sorted alleles on two contigs, most of one base, some
// deletions that reach far beyond the next blocks of the index.
func cohort(seed uint64, n int) (lines []line, file []byte) {
	r := rand.New(rand.NewPCG(seed, 1))
	letters := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ACGT"[r.IntN(4)]
		}
		return string(b)
	}
	seen := map[string]bool{}
	for range n {
		l := line{contig: []string{"2", "10"}[r.IntN(2)], start: r.IntN(12 * n), ref: letters(1)}
		switch r.IntN(20) {
		case 0:
			l.ref += letters(r.IntN(9 * n))
		case 1, 2:
			l.ref += letters(r.IntN(4))
		}
		if l.alt = l.ref[:1] + letters(r.IntN(3)); r.IntN(2) == 0 {
			l.alt = letters(1)
		}
		if l.alt == l.ref || seen[l.id()] {
			continue
		}
		seen[l.id()] = true
		l.end = l.start + len(l.ref)
		lines = append(lines, l)
	}
	var b bytes.Buffer
	b.WriteString("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
	for _, l := range lines { // not sorted: the index sorts
		fmt.Fprintf(&b, "chr%s\t%d\t.\t%s\t%s\t.\t.\t.\n", l.contig, l.start+1, l.ref, l.alt)
	}
	return lines, b.Bytes()
}

// TestTwin draws queries of every kind and compares the answers with a search
// through the list.
func TestTwin(t *testing.T) {
	const n = 1200
	lines, file := cohort(7, n)
	h, err := beacon.New(beacon.Options{}, dataset(t, "twin", file))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		contig := rapid.SampledFrom([]string{"2", "chr10", "11"}).Draw(t, "contig")
		near := rapid.SampledFrom(lines).Draw(t, "near")
		position := func(name string) int {
			if rapid.Bool().Draw(t, name+" near") {
				return max(0, rapid.SampledFrom([]int{near.start, near.end}).Draw(t, name+" edge")+rapid.IntRange(-2, 2).Draw(t, name+" off"))
			}
			return rapid.IntRange(0, 12*n).Draw(t, name)
		}
		q := url.Values{"referenceName": {contig}, "requestedGranularity": {"record"}, "limit": {"1000"}}
		var want func(line) bool
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			lo, hi := position("lo"), position("hi")
			if lo, hi = min(lo, hi), max(lo, hi); lo == hi {
				hi++
			}
			q["start"], q["end"] = []string{fmt.Sprint(lo)}, []string{fmt.Sprint(hi)}
			want = func(l line) bool { return l.start < hi && l.end > lo }
		case 1:
			var s, e [2]int
			for i := range 2 {
				s[i], e[i] = position("start"), position("end")
			}
			slices.Sort(s[:])
			slices.Sort(e[:])
			q["start"], q["end"] = []string{fmt.Sprint(s[0]), fmt.Sprint(s[1])}, []string{fmt.Sprint(e[0], ",", e[1])}
			want = func(l line) bool { return s[0] <= l.start && l.start < s[1] && e[0] <= l.end && l.end < e[1] }
		case 2:
			contig = near.contig
			q.Set("referenceName", contig)
			// The change of near, with or without the bases that both its alleles share at the end.
			ref, alt := near.ref, near.alt
			if len(ref) > 1000 {
				return
			}
			for rapid.Bool().Draw(t, "trim") && len(ref) > 0 && len(alt) > 0 && ref[len(ref)-1] == alt[len(alt)-1] {
				ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
			}
			q.Set("start", fmt.Sprint(near.start))
			q.Set("referenceBases", ref)
			q.Set("alternateBases", alt)
			// Two alleles are the same change if they are equal once trimmed.
			want = func(l line) bool { return short(l.start, l.ref, l.alt) == short(near.start, near.ref, near.alt) }
		}
		var ids []string
		for _, l := range lines {
			if l.contig == strings.TrimPrefix(contig, "chr") && want(l) {
				ids = append(ids, l.id())
			}
		}
		if q.Has("alternateBases") && len(ids) == 0 {
			t.Fatalf("%v doesn't find what it was made of", q)
		}
		slices.Sort(ids)
		got := get(t, h, q.Encode())
		total := *got.ResponseSummary.NumTotalResults
		if total > 1000 { // more than a page: the number must do
			if total != len(ids) {
				t.Fatalf("%v: %d, want %d", q, total, len(ids))
			}
			return
		}
		have := got.ids()
		slices.Sort(have)
		if !slices.Equal(have, ids) || total != len(ids) {
			t.Fatalf("%s: %v, want %v", q.Encode(), have, ids)
		}
	})
}

// short returns a change without the bases that both alleles share.
func short(start int, ref, alt string) string {
	for ref != "" && alt != "" && ref[len(ref)-1] == alt[len(alt)-1] {
		ref, alt = ref[:len(ref)-1], alt[:len(alt)-1]
	}
	for ref != "" && alt != "" && ref[0] == alt[0] {
		start, ref, alt = start+1, ref[1:], alt[1:]
	}
	return fmt.Sprint(start, ref, ">", alt)
}

// FuzzRequest sends any request: the answer is Beacon's JSON, and never a
// fault of the server.
func FuzzRequest(f *testing.F) {
	_, file := cohort(3, 50)
	h, err := beacon.New(beacon.Options{Genes: func(string) []beacon.Place { return ttn1 }}, dataset(f, "fuzz", file))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("referenceName=2&start=5&end=900", "", "")
	f.Add("requestedGranularity=record&skip=1&limit=2", `{"meta":{"apiVersion":"2"},"query":{"requestParameters":{"g_variant":{"start":[1,"2"],"end":[3,4],"referenceName":"10"}},"pagination":{"skip":0}}}`, "")
	f.Add("genomicAlleleShortForm=2:g.5_7delinsA", "", "2-5-A-C")
	f.Add("geneId=x&variantType=SNV&start=1&referenceName=NC_000010.11", `{"query":null}`, "x-1-A-<")
	f.Fuzz(func(t *testing.T, query, body, id string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/g_variants", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		if id != "" {
			r.URL.Path = "/g_variants/" + strings.ReplaceAll(id, "/", "_")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusOK && !strings.Contains(w.Body.String(), `"responseSummary":{"exists":`) {
			t.Fatalf("%q %q %q: %d %s", query, body, id, w.Code, w.Body)
		}
	})
}
