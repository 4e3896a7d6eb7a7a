package virus_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"okazaki/analysis/analysistest"
	"okazaki/analysis/virus"
	"okazaki/format/gff3"
	"okazaki/genome"
)

func turned(s string) string { return string(genome.AppendReverseComplement(nil, []byte(s))) }

// What a genome has of its reference elsewhere, more than once or turned has a
// name, in the table and in the fingerprint; what the reference doesn't have
// has none.
func TestRearrangements(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	ref := letters(rng, "ACGT", 6000)
	far := letters(rng, "ACGT", 12000)
	begin := strings.LastIndexByte(ref[:2000], ref[5999]) + 1 // the base before it is the last
	changed := func(s string, at ...int) string {             // other bases there
		q := []byte(s)
		for _, i := range at {
			q[i] = "CATG"[strings.IndexByte("ACTG", q[i])]
		}
		return string(q)
	}
	for _, test := range []struct {
		name, genome, kind string
		lo, hi             int // of the reference, from 0
	}{
		{"tandem duplication", ref[:3000] + ref[2000:3000] + ref[3000:], virus.Duplication, 2000, 3000},
		{"duplication elsewhere", ref[:4500] + ref[1000:1400] + ref[4500:], virus.Duplication, 1000, 1400},
		{"inverted duplication", ref[:4500] + turned(ref[1000:1400]) + ref[4500:], virus.InvertedDuplication, 1000, 1400},
		{"inversion", ref[:2000] + turned(ref[2000:3000]) + ref[3000:], virus.Inversion, 2000, 3000},
		{"short inversion", ref[:2000] + turned(ref[2000:2100]) + ref[2100:], virus.Inversion, 2000, 2100},
		{"twice the genome", ref + ref, virus.Concatenation, 0, 6000},
		{"two genomes that differ", changed(ref, 4000, 5000) + changed(ref, 1000, 2000), virus.Concatenation, 0, 6000},
		{"copies that differ", ref[:2000] + changed(ref[2000:3000], 600, 800) + changed(ref[2000:3000], 200, 400) + ref[3000:], virus.Duplication, 2000, 3000},
		{"a copy far behind", far[:11000] + far[500:1500] + far[11000:], virus.Duplication, 500, 1500},
		{"a copy far before", far[:500] + far[10000:11000] + far[500:], virus.Duplication, 10000, 11000},
		{"an inversion far in", far[:4000] + turned(far[4000:7000]) + far[7000:], virus.Inversion, 4000, 7000},
		{"the genome begins elsewhere, behind its last base", ref[begin:] + ref[:begin], virus.Rotation, begin, begin},
		{"a piece that lies elsewhere", ref[:1000] + ref[1500:4000] + ref[1000:1500] + ref[4000:], virus.Translocation, 1000, 1500},
		{"the genome begins elsewhere", ref[2000:] + ref[:2000], virus.Rotation, 2000, 2000},
		{"an end more, turned", ref + turned(ref[:300]), virus.TerminalRepeat, 0, 300},
		{"an insertion of its own", ref[:3000] + letters(rng, "ACGT", 400) + ref[3000:], "", 0, 0},
		{"a piece replaced", ref[:3000] + letters(rng, "ACGT", 400) + ref[3400:], "", 0, 0},
		{"Ns more", ref[:3000] + strings.Repeat("N", 400) + ref[3000:], "", 0, 0},
		{"a deletion", ref[:3000] + ref[3400:], "", 0, 0},
		{"nothing", ref, "", 0, 0},
		{"nothing, turned", turned(ref), "", 0, 0},
	} {
		reference := ref
		if strings.Contains(test.name, " far ") {
			reference = far
		}
		out := analysistest.Answer(t, virus.Analysis, `{"only": "mutations", "fingerprint": true}`, []analysistest.Input{
			inMemory("genomes", "g.fasta", []byte(">g\n"+test.genome+"\n")), inMemory("reference", "r.fasta", []byte(">r\n"+reference+"\n"))}, 0)
		got := column(t, out["mutations.tsv"], "rearrangements")[0]
		finding := column(t, out["fingerprints.tsv"], "finding")[0]
		if test.kind == "" {
			if strange := strings.HasPrefix(test.name, "an insertion") || strings.HasPrefix(test.name, "a piece"); got != "" || (finding == "foreign letters") != strange {
				t.Errorf("%s: %s, finding %q", test.name, got, finding)
			}
			continue
		}
		kind, where, _ := strings.Cut(got, ":")
		where, _, _ = strings.Cut(where, "@")
		first, last, two := strings.Cut(where, "-")
		lo := atoi(t, first) - 1
		hi := lo
		if two {
			hi = atoi(t, last)
		}
		if near := func(a, b int) bool { return max(a-b, b-a) <= 5 }; kind != test.kind || !near(lo, test.lo) || !near(hi, test.hi) {
			t.Errorf("%s: %s, want %s of %d-%d", test.name, got, test.kind, test.lo+1, test.hi)
		}
		if want := strings.ReplaceAll(test.kind, "-", " "); finding != want {
			t.Errorf("%s: finding %q, want %q", test.name, finding, want)
		}
	}
}

// A reference with inverted terminal repeats has nothing against its own
// reverse complement.
func TestInvertedTerminalRepeats(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 0))
	end := letters(rng, "ACGT", 1500)
	ref := end + letters(rng, "ACGT", 3000) + turned(end)
	for _, q := range []string{ref, turned(ref)} {
		out := analysistest.Answer(t, virus.Analysis, `{"only": "mutations", "fingerprint": true}`, []analysistest.Input{
			inMemory("genomes", "g.fasta", []byte(">g\n"+q+"\n")), inMemory("reference", "r.fasta", []byte(">r\n"+ref+"\n"))}, 0)
		if f, n := column(t, out["fingerprints.tsv"], "finding")[0], column(t, out["mutations.tsv"], "totalSubstitutions")[0]; f != "" || n != "0" {
			t.Errorf("finding %q, %s substitutions", f, n)
		}
	}
}

// circular returns a reference whose annotation says that it is a circle, and a
// gene that goes on at its start.
func circular(tb testing.TB, sequence string) *virus.Reference {
	tb.Helper()
	n := len(sequence)
	lines := fmt.Sprintf("r\t.\tregion\t1\t%d\t.\t+\t.\tID=r;Is_circular=true\nr\t.\tCDS\t%d\t%d\t.\t+\t0\tID=P;Name=P\n", n, n-299, n+300)
	features, err := gff3.Read("g.gff3", strings.NewReader(lines))
	if err != nil {
		tb.Fatal(err)
	}
	ref, err := virus.NewReference("r.fasta", []byte(">r\n"+sequence+"\n"), "g.gff3", features)
	if err != nil {
		tb.Fatal(err)
	}
	return ref
}

// A genome of a circular virus has the same calls wherever it begins, on either
// strand.
func TestCircularGenomesAreRotated(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 0))
	ref := circular(t, letters(rng, "ACGT", 3215))
	c := virus.NewCaller(ref, virus.Params{})
	columns := []string{"substitutions", "deletions", "insertions", "missing", "aaSubstitutions", "failedCdses", "alignmentStart", "alignmentEnd", "errors"}
	for seed := range 40 {
		rng := rand.New(rand.NewPCG(uint64(seed), 13))
		q := mutant(rng, string(ref.Sequence), 60)
		want := called(c, record{"q", []byte(q)})
		cut := 40 + rng.IntN(len(q)-80)
		for _, genome := range []string{q[cut:] + q[:cut], turned(q[cut:] + q[:cut])} {
			got := called(c, record{"q", []byte(genome)})
			if d := differences(got, want, columns); d != "" || !strings.HasPrefix(got["rearrangements"], "rotation:") {
				t.Errorf("seed %d, cut at %d: %s; %s", seed, cut, d, got["rearrangements"])
			}
		}
	}
	// A piece across the start is not a genome with a deletion.
	s := string(ref.Sequence)
	row := called(c, record{"q", []byte(s[2500:] + s[:700])})
	if row["deletions"] != "" || row["missing"] != "701-2500" || row["rearrangements"] != "rotation:2501" {
		t.Errorf("a piece: deletions %s, missing %s, %s", row["deletions"], row["missing"], row["rearrangements"])
	}
	// A genome that begins where the reference does, or a piece within it, is as it is.
	for _, q := range []string{s, s[100:2000], s[:3000]} {
		if row := called(c, record{"q", []byte(q)}); row["rearrangements"] != "" || row["totalSubstitutions"] != "0" {
			t.Errorf("%d bases: %s", len(q), row["rearrangements"])
		}
	}
}

// A base that an IUPAC letter of the reference stands for is not a mismatch,
// and it is not lost.
func TestReferenceHoldsTheBase(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 0))
	plain := letters(rng, "CGT", 600)
	with := func(changes map[int]byte) string {
		b := []byte(plain)
		for pos, l := range changes {
			b[pos] = l
		}
		return string(b)
	}
	ref := with(map[int]byte{100: 'R', 200: 'N', 300: 'Y', 400: 'R'})
	genomes := []string{
		with(map[int]byte{100: 'A', 200: 'C', 300: 'A', 400: 'R'}),
		with(map[int]byte{100: 'G', 200: 'C', 300: 'C', 400: 'A'}),
	}
	out := analysistest.Answer(t, virus.Analysis, `{"aligned": true, "within": 5}`, []analysistest.Input{
		inMemory("genomes", "g.fasta", fmt.Appendf(nil, ">a\n%s\n>b\n%s\n", genomes[0], genomes[1])), inMemory("reference", "r.fasta", []byte(">r\n"+ref+"\n"))}, 0)
	if got := column(t, out["mutations.tsv"], "substitutions"); !slices.Equal(got, []string{"Y301A", ""}) {
		t.Errorf("substitutions %q", got)
	}
	if got := column(t, out["mutations.tsv"], "heldByReference"); !slices.Equal(got, []string{"R101A,N201C", "R101G,N201C,Y301C,R401A"}) {
		t.Errorf("held %q", got)
	}
	if got, want := string(out["aligned.fasta"]), ">a\n"+genomes[0]+"\n>b\n"+genomes[1]+"\n"; got != want {
		t.Errorf("aligned\n%s, want\n%s", got, want)
	}
	if got := column(t, out["pairs.tsv"], "distance"); !slices.Equal(got, []string{"2"}) {
		t.Errorf("distance %q", got)
	}
	for i, q := range genomes {
		o := &oracle{score: pairScore, ref: ref, q: q, open: slices.Repeat([]int{6}, len(ref)+1)}
		if got := column(t, out["mutations.tsv"], "alignmentScore")[i]; got != itoa(o.best2()) {
			t.Errorf("score %s, the oracle's is %d", got, o.best2())
		}
	}
}

// A reference of repeats, in which no word is there once only.
func TestReferenceOfRepeats(t *testing.T) {
	ref := strings.Repeat("ACGTTGCAAGCTTACGGATC", 5) + "A" + strings.Repeat("GATTACAGCCATGGTACCTA", 5)
	q := ref[:100] + "C" + ref[101:]
	c := virus.NewCaller(&virus.Reference{Name: "r", Sequence: []byte(ref)}, virus.Params{})
	for _, genome := range []string{q, turned(q)} {
		row := called(c, record{"q", []byte(genome)})
		if row["substitutions"] != "A101C" || row["errors"] != "" {
			t.Errorf("substitutions %s, error %q", row["substitutions"], row["errors"])
		}
	}
	if row := called(c, record{"q", []byte(letters(rand.New(rand.NewPCG(1, 1)), "ACGT", 200))}); row["errors"] == "" {
		t.Error("a stranger is aligned")
	}
}

// Where mismatches and a gap at an end score the same, they are mismatches.
func TestTiesAtTheEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 0))
	for seed := range 200 {
		body := letters(rng, "ACGT", 400)
		ref := &virus.Reference{Name: "r", Sequence: []byte(body)}
		q := []byte(body)
		for range 3 {
			q[rng.IntN(8)] = letters(rng, "ACGT", 1)[0]
			q[len(q)-1-rng.IntN(8)] = letters(rng, "ACGT", 1)[0]
		}
		q = q[rng.IntN(3) : len(q)-rng.IntN(3)]
		for _, left := range []bool{false, true} {
			calls := virus.NewCaller(ref, virus.Params{LeftGaps: left}).Call(q)
			o := &oracle{score: pairScore, ref: body, q: string(q), open: slices.Repeat([]int{6}, len(body)+1)}
			if calls.Score != o.best() {
				t.Errorf("seed %d: score %d, the oracle's is %d", seed, calls.Score, o.best())
			}
			if len(calls.Deletions)+len(calls.Insertions) > 0 && calls.Score == ungapped(body, string(q)) {
				t.Errorf("seed %d: deletions %v, insertions %v, and none score as much", seed, calls.Deletions, calls.Insertions)
			}
		}
	}
}

// ungapped returns the best score without a gap.
func ungapped(ref, q string) int {
	best := lowest
	for d := -3; d <= 3; d++ {
		score := 0
		for i := range q {
			if 0 <= i+d && i+d < len(ref) {
				score += pairScore(ref[i+d], q[i])
			}
		}
		best = max(best, score)
	}
	return best
}

// An inverted stretch has no mutations: its bases are missing where they lie, in
// the table, in the aligned genome and in the fingerprint's account of the
// mutations. What differs elsewhere stays, and how many bases are more or fewer.
func TestInvertedStretchesAreMissing(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 21))
		ref := letters(rng, "ACGT", 6000)
		lo, n := 1000+rng.IntN(3000), 60+rng.IntN(1200)
		gap := []int{0, 0, 3, -3, 2, -2}[seed%6]
		inside := []byte(turned(ref[lo : lo+n]))
		if at := n / 2; gap > 0 {
			inside = slices.Insert(inside, at, []byte(letters(rng, "ACGT", gap))...)
		} else {
			inside = slices.Delete(inside, at, at-gap)
		}
		q := []byte(ref[:lo] + string(inside) + ref[lo+n:])
		want := ""
		for _, at := range []int{300, 700, 5500} {
			b := "CGTA"[strings.IndexByte("ACGT", ref[at])]
			want += fmt.Sprintf(",%c%d%c", ref[at], at+1, b)
			if at > lo {
				at += len(inside) - n
			}
			q[at] = b
		}
		out := analysistest.Answer(t, virus.Analysis, `{"only": "mutations", "fingerprint": true, "aligned": true}`, []analysistest.Input{
			inMemory("genomes", "g.fasta", []byte(">g\n"+string(q)+"\n")), inMemory("reference", "r.fasta", []byte(">r\n"+ref+"\n"))}, 0)
		row := table(t, bytes.NewReader(out["mutations.tsv"]))["0"]
		if row["substitutions"] != want[1:] || row["ambiguous"] != "" || !strings.HasPrefix(row["rearrangements"], "inversion:") {
			t.Errorf("seed %d: substitutions %s, want %s; %s", seed, row["substitutions"], want[1:], row["rearrangements"])
		}
		if more := atoi(t, row["totalInsertions"]) - atoi(t, row["totalDeletions"]); more != gap || atoi(t, row["totalInsertions"])*atoi(t, row["totalDeletions"]) != 0 {
			t.Errorf("seed %d: insertions %s, deletions %s, and the stretch has %d bases more", seed, row["insertions"], row["deletions"], gap)
		}
		if missing := atoi(t, row["totalMissing"]) + atoi(t, row["totalDeletions"]); missing < n-6 || missing > n+16 {
			t.Errorf("seed %d: %d bases missing, of %d inverted", seed, missing, n)
		}
		aligned := strings.Split(string(out["aligned.fasta"]), "\n")[1]
		if len(aligned) != len(ref) || strings.Count(aligned, "N") != atoi(t, row["totalMissing"]) {
			t.Errorf("seed %d: the aligned genome has %d Ns, the table %s", seed, strings.Count(aligned, "N"), row["totalMissing"])
		}
		if finding := column(t, out["fingerprints.tsv"], "finding")[0]; finding != "inversion" {
			t.Errorf("seed %d: finding %q", seed, finding)
		}
	}
}

// An inversion of little more than the shortest that has a name is found
// wherever it lies.
func TestShortInversions(t *testing.T) {
	rng := rand.New(rand.NewPCG(55, 0))
	ref := letters(rng, "ACGT", 6000)
	c := virus.NewCaller(&virus.Reference{Name: "r", Sequence: []byte(ref)}, virus.Params{TerminalBand: 200})
	for range 100 {
		lo := 100 + rng.IntN(5700)
		hi := lo + 58 + rng.IntN(10)
		calls := c.Call([]byte(ref[:lo] + turned(ref[lo:hi]) + ref[hi:]))
		got := calls.Rearrangements
		near := func(a, b int) bool { return max(a-b, b-a) <= 10 }
		if len(got) != 1 || got[0].Kind != virus.Inversion || !near(got[0].Region.Lo, lo) || !near(got[0].Region.Hi, hi) || len(calls.Substitutions) > 0 {
			t.Errorf("%d-%d turned: %v, %d substitutions", lo+1, hi, got, len(calls.Substitutions))
		}
	}
}
