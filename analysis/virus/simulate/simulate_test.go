package simulate_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"okazaki"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/simulate"
	"okazaki/format/fasta"
)

// odd is an outbreak with all that can be odd.
var odd = simulate.Options{Genomes: 3000, Seed: 3, Reversed: 0.05, Mixed: 0.03, Foreign: 0.03, Other: 0.03, Recombinants: 0.02,
	Indels: 0.1, Ambiguous: 1, Unread: 2, Dropout: 0.05}

func outbreak(tb testing.TB, o simulate.Options) *simulate.Outbreak {
	tb.Helper()
	b, err := simulate.New(virus.SARS2(), o)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// files writes an outbreak to memory.
func files(tb testing.TB, o *simulate.Outbreak, pack bool) (genomes, truth, tree, lineages []byte) {
	tb.Helper()
	var b [4]bytes.Buffer
	f := func(i int) simulate.File { return simulate.File{Writer: &b[i], Zstd: pack} }
	if err := o.Write(context.Background(), simulate.Files{Genomes: f(0), Truth: f(1), Tree: f(2), Lineages: f(3)}); err != nil {
		tb.Fatal(err)
	}
	return b[0].Bytes(), b[1].Bytes(), b[2].Bytes(), b[3].Bytes()
}

// TestTheTruthIsWhatTheCallerFinds aligns the genomes of an outbreak in which
// everything odd is common.
func TestTheTruthIsWhatTheCallerFinds(t *testing.T) {
	caller := virus.NewCaller(virus.SARS2(), virus.SARS2Params())
	for _, o := range []simulate.Options{{Genomes: 2000}, odd} {
		wrong := 0
		for _, r := range outbreak(t, o).All(0, o.Genomes) {
			calls := caller.Call(r.Sequence)
			got, want := shown(calls), shown(&r.Calls)
			switch {
			case r.Kind == simulate.Other:
				if calls.Problem == "" {
					t.Errorf("%s: another virus is aligned", r.Name)
				}
			case r.Kind != simulate.Foreign && (got != want || calls.Reverse != (r.Kind == simulate.Reversed)):
				if wrong++; wrong < 20 {
					t.Logf("%s, %v:\ngot  %s\nwant %s", r.Name, r.Kind, got, want)
				}
			}
		}
		t.Logf("%d of %d are called otherwise", wrong, o.Genomes)
		if wrong > o.Genomes/1000 {
			t.Errorf("%d of %d are called otherwise", wrong, o.Genomes)
		}
	}
}

func shown(c *virus.Calls) string {
	return c.Problem + fmt.Sprint(c.Aligned) + string(c.AppendMutations(nil))
}

// TestBytesDependOnTheOptionsAlone writes the same outbreak with one worker
// and with many.
func TestBytesDependOnTheOptionsAlone(t *testing.T) {
	some := odd
	some.Genomes = 1000
	for _, pack := range []bool{false, true} {
		write := func(workers int) [sha256.Size]byte {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
			genomes, truth, tree, lineages := files(t, outbreak(t, some), pack)
			return sha256.Sum256(slices.Concat(genomes, truth, tree, lineages))
		}
		if one := write(1); one != write(5) || one != write(1) {
			t.Errorf("compressed %v: the outputs differ", pack)
		}
	}
	a, _, _, _ := files(t, outbreak(t, simulate.Options{Seed: 1}), false)
	b, _, _, _ := files(t, outbreak(t, simulate.Options{Seed: 2}), false)
	if bytes.Equal(a, b) {
		t.Error("two seeds give one outbreak")
	}
}

// TestFilesAgreeWithRecords reads what Write writes.
func TestFilesAgreeWithRecords(t *testing.T) {
	o := outbreak(t, odd)
	genomes, packed, _, _ := files(t, o, true)
	z, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(truth), "\n"), "\n")
	if lines[0] != simulate.TruthHeader || len(lines) != o.Records()+1 {
		t.Fatalf("%d lines of truth, the first %q", len(lines), lines[0])
	}
	var written []string
	for r, err := range fasta.Scan("genomes", bytes.NewReader(genomes)) {
		if err != nil || r.Err != nil {
			t.Fatal(err, r.Err)
		}
		written = append(written, r.Name+string(r.Seq))
	}
	for n, r := range o.All(0, o.Records()) {
		if written[n] != r.Name+string(r.Sequence) {
			t.Errorf("genome %d is written otherwise than %s", n, r.Name)
		}
		f := strings.Split(lines[n+1], "\t")
		if len(f) != strings.Count(simulate.TruthHeader, "\t")+1 {
			t.Fatalf("%d columns in %q", len(f), lines[n+1])
		}
		if f[0] != r.Name || f[1] != r.Date.Format("2006-01-02") || f[4] != r.Lineage || f[15] != r.Kind.String() {
			t.Errorf("the truth of %s is %q", r.Name, lines[n+1])
		}
	}
}

// TestTruthIsClean checks, for any options, that indels are apart and that
// sequences are what the calls say.
func TestTruthIsClean(t *testing.T) {
	ref := virus.SARS2()
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(-0.1, 0.3)
		o := simulate.Options{
			Seed: rapid.Uint64().Draw(t, "seed"), Genomes: rapid.IntRange(1, 60).Draw(t, "genomes"), Days: rapid.IntRange(1, 900).Draw(t, "days"),
			Waves: rapid.IntRange(0, 5).Draw(t, "waves"), Sampled: rapid.Float64Range(0.05, 1).Draw(t, "sampled"),
			Lineages: rapid.IntRange(-1, 50).Draw(t, "lineages"), Indels: share.Draw(t, "indels"), Recombinants: share.Draw(t, "recombinants"),
			Dropout: share.Draw(t, "dropout"), Ambiguous: rapid.Float64Range(-1, 20).Draw(t, "ambiguous"), Rate: 0.004,
			Reversed: share.Draw(t, "reversed"), Mixed: share.Draw(t, "mixed"), Foreign: share.Draw(t, "foreign"), Other: share.Draw(t, "other"),
		}
		b, err := simulate.New(ref, o)
		if err != nil {
			t.Fatal(err)
		}
		if b.Records() != o.Genomes {
			t.Fatalf("%d records of %d", b.Records(), o.Genomes)
		}
		for _, r := range b.All(0, o.Genomes) {
			checkClean(t, &r.Calls)
			if want := r.Calls.AppendGenome(nil, ref); (r.Kind == simulate.Plain || r.Kind == simulate.Mixed) && !bytes.Equal(want, r.Sequence) {
				t.Errorf("%s is not what its calls say", r.Name)
			}
		}
	})
}

func checkClean(t *rapid.T, c *virus.Calls) {
	last := -1
	var ends []int // of indels
	for _, d := range c.Deletions {
		ends = append(ends, d.Lo, d.Hi)
		if d.Lo < last+30 || d.Len()%3 != 0 {
			t.Errorf("deletion %v after %d", d, last)
		}
		last = d.Hi
	}
	for _, i := range c.Insertions {
		if ends = append(ends, i.Pos, i.Pos); i.Pos < c.Aligned.Hi && len(i.Letters)%3 != 0 {
			t.Errorf("insertion of %s", i.Letters)
		}
	}
	last = -1
	for _, s := range c.Substitutions {
		if s.Pos <= last || s.Ref == s.Alt {
			t.Errorf("substitution %v after %d", s, last)
		}
		last = s.Pos
		for i := 0; i < len(ends); i += 2 {
			if s.Pos > ends[i]-12 && s.Pos < ends[i+1]+12 {
				t.Errorf("a substitution at %d, an indel at %d", s.Pos, ends[i])
			}
		}
	}
}

func TestSomeOptionsAreRefused(t *testing.T) {
	for want, o := range map[string]simulate.Options{
		"the share of indels is 1.5":  {Indels: 1.5},
		"no genomes":                  {Genomes: -1},
		"more than 32768":             {Days: 40000},
		"there are 26 countries":      {Countries: 27},
		"more than 1073741824 cases":  {Genomes: 1e6, Sampled: 1e-6},
		"the advantage of 2":          {Advantage: 2},
		"the share of cases sampled":  {Sampled: 2},
		"reversed, mixed and foreign": {Reversed: 0.5, Mixed: 0.4, Foreign: 0.3},
	} {
		_, err := simulate.New(virus.SARS2(), o)
		var mendable *okazaki.Error
		if !errors.As(err, &mendable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

func TestWriteStops(t *testing.T) {
	o := outbreak(t, simulate.Options{Genomes: 3000})
	broken := errors.New("disk full")
	err := o.Write(context.Background(), simulate.Files{Genomes: simulate.File{Writer: failing{broken}}})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := o.Write(ctx, simulate.Files{Genomes: simulate.File{Writer: io.Discard}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
