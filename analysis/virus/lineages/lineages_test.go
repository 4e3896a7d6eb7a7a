package lineages_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/lineages"
	"okazaki/format/fasta"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

func TestTheTableHasEveryLineage(t *testing.T) {
	year := regexp.MustCompile(` 20\d\d, `)
	seen := map[string]bool{}
	for _, l := range lineages.All() {
		seen[l.Name] = true
		if _, err := time.Parse("2006-01", l.Described); err != nil {
			t.Errorf("%s: described %q", l.Name, l.Described)
		}
		if !year.MatchString(l.Citation) {
			t.Errorf("%s: citation %q", l.Name, l.Citation)
		}
	}
	for _, name := range strings.Fields("A B B.1 B.1.177 B.1.1.7 B.1.351 P.1 B.1.617.2 AY.4 B.1.427 B.1.429 B.1.525 " +
		"B.1.526 B.1.617.1 C.37 B.1.621 BA.1 BA.2 BA.2.12.1 BA.4 BA.5 BQ.1.1 XBB.1.5 JN.1") {
		if !seen[name] {
			t.Errorf("no %s", name)
		}
	}
}

// TestMutationsFitTheReference catches wrong positions and letters.
func TestMutationsFitTheReference(t *testing.T) {
	ref := virus.SARS2().Sequence
	for _, l := range lineages.All() {
		last := -1
		for _, s := range l.Calls.Substitutions {
			if s.Ref != ref[s.Pos] || s.Alt == s.Ref || !strings.ContainsRune("ACGT", rune(s.Alt)) {
				t.Errorf("%s: %c%d%c, the reference has %c", l.Name, s.Ref, s.Pos+1, s.Alt, ref[s.Pos])
			}
			if s.Pos <= last {
				t.Errorf("%s: position %d is out of order", l.Name, s.Pos+1)
			}
			last = s.Pos
			if slices.ContainsFunc(l.Calls.Deletions, func(d genome.Region) bool { return d.Contains(s.Pos) }) {
				t.Errorf("%s: position %d is deleted", l.Name, s.Pos+1)
			}
		}
	}
}

// TestConsensusGenomesGiveTheirMutations aligns what Consensus writes.
func TestConsensusGenomesGiveTheirMutations(t *testing.T) {
	var text bytes.Buffer
	ref := virus.SARS2()
	if err := lineages.Consensus(&text, ref); err != nil {
		t.Fatal(err)
	}
	caller := virus.NewCaller(ref, virus.SARS2Params())
	all := lineages.All()
	for r, err := range fasta.Scan("consensus", &text) {
		if err != nil {
			t.Fatal(err)
		}
		got := caller.Call(r.Seq)
		if want := show(&all[0].Calls); r.Name != all[0].Name || show(got) != want {
			t.Errorf("%s:\ngot  %s\nwant %s", r.Name, show(got), want)
		}
		all = all[1:]
	}
	if len(all) > 0 {
		t.Errorf("%s is not written", all[0].Name)
	}
}

// TestPublishedConsensus reports how the lists differ from the consensus
// genomes of pango-sequences, which have no insertions. What the literature
// has and they don't, and the reverse, is known; nothing else may differ.
func TestPublishedConsensus(t *testing.T) {
	f, err := os.Open(filetest.Data(t, "virus/sars2/pango/pango-consensus-sequences_genome-nuc.fasta.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ours := map[string]*lineages.Lineage{}
	for _, l := range lineages.All() {
		ours[l.Name] = &l
	}
	caller := virus.NewCaller(virus.SARS2(), virus.SARS2Params())
	for r, err := range fasta.Scan("pango", f) {
		if err != nil {
			t.Fatal(err)
		}
		l := ours[r.Name]
		if l == nil {
			continue
		}
		delete(ours, r.Name)
		want, got := fields(caller.Call(r.Seq)), fields(&l.Calls)
		var diff []string
		for _, m := range got {
			if !slices.Contains(want, m) && !strings.HasPrefix(m, "ins") {
				diff = append(diff, "+"+m)
			}
		}
		for _, m := range want {
			if !slices.Contains(got, m) {
				diff = append(diff, "-"+m)
			}
		}
		if got := strings.Join(diff, " "); got != known[r.Name] {
			t.Errorf("%s: %s; known: %s", r.Name, got, known[r.Name])
		}
	}
	for name := range ours {
		t.Errorf("no published consensus of %s", name)
	}
}

// known are mutations of the literature that the consensus genomes lack (+),
// and mutations of theirs that are none of the lineage's definition (-).
var known = map[string]string{
	"B.1.351":   "+del11288-11296",                 // not in the first genomes; in all later ones
	"B.1.525":   "+C26305T",                        // E:L21F
	"B.1.526":   "+G23012A +C23664T +C28869T",      // S:E484K, S:A701V, N:P199L of the form that West et al. describe
	"B.1.617.1": "+A24775T",                        // S:Q1071H
	"B.1.617.2": "+del28248-28253 +del28271-28271", // ORF8:D119-, ORF8:F120-
	"BA.2":      "+C9866T",                         // ORF1a:L3201F; rare in South Africa alone
	"BA.2.12.1": "+T15009C +C21721T",
	"BA.5":      "-G29868A", // within the poly-A tail
	"BQ.1.1":    "-G29868A",
	"C.37":      "-C26894T -C28253T", // of some branches
	"JN.1":      "-C21T -C44T",       // of the ends, where few genomes have letters
	"P.1":       "-T29834A",
	"XBB.1.5":   "-C44T",
}

func show(c *virus.Calls) string { return c.Problem + strings.Join(fields(c), ",") }

func fields(c *virus.Calls) (f []string) {
	for _, s := range c.Substitutions {
		f = append(f, fmt.Sprintf("%c%d%c", s.Ref, s.Pos+1, s.Alt))
	}
	for _, d := range c.Deletions {
		f = append(f, fmt.Sprintf("del%d-%d", d.Lo+1, d.Hi))
	}
	for _, i := range c.Insertions {
		f = append(f, fmt.Sprintf("ins%d:%s", i.Pos, i.Letters))
	}
	return f
}

func ExampleAll() {
	for _, l := range lineages.All()[:6] {
		fmt.Println(l.Name, l.WHO, len(l.Calls.Substitutions), len(l.Calls.Deletions))
	}
	// Output:
	// A  2 0
	// B  0 0
	// B.1  4 0
	// B.1.1  7 0
	// B.1.177  11 0
	// B.1.1.7 Alpha 28 4
}
