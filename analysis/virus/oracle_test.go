package virus_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/virus"
	"okazaki/genome"
)

// An oracle aligns by filling three whole matrices: slow, and obviously right.
// S is the best score of all, I of those that end in an insertion, D in a
// deletion.
type oracle struct {
	ref, q    string
	score     func(r, q byte) int
	open      []int
	extend    int
	left      bool // gaps
	closed    bool // at the start: gaps there cost
	closedEnd bool
	S, I, D   [][]int
}

const lowest = -1 << 30

func pairScore(r, q byte) int {
	switch {
	case r == 'N' || q == 'N':
		return 2
	case genome.BaseOf(r).Compatible(genome.BaseOf(q)):
		return 3
	}
	return -1
}

// penalties returns what a gap costs, by the position that it opens before.
func penalties(ref *virus.Reference) []int {
	open := make([]int, len(ref.Sequence)+1)
	for i := range open {
		open[i] = 6
	}
	for _, g := range ref.Genes {
		for i := range g.Len() {
			p := g.Position(i)
			low := i%3 == 0
			if g.Reverse {
				low = i%3 == 2
			}
			open[p] = 8
			if low {
				open[p] = 7
			}
		}
	}
	return open
}

func (o *oracle) fill() {
	R, Q := len(o.ref), len(o.q)
	grid := func() [][]int {
		m := make([][]int, R+1)
		for i := range m {
			m[i] = make([]int, Q+1)
			for j := range m[i] {
				m[i][j] = lowest
			}
		}
		return m
	}
	o.S, o.I, o.D = grid(), grid(), grid()
	for i := 0; i <= R; i++ {
		for j := 0; j <= Q; j++ {
			if i == 0 || j == 0 {
				o.S[i][j] = 0
				if o.closed && i+j > 0 {
					o.S[i][j] = -o.open[0] - o.extend*(i+j-1)
				}
				continue
			}
			insert, del, insertMore, delMore := o.open[i], o.open[i-1], o.extend, o.extend
			if i == R && !o.closedEnd {
				insert, insertMore = 0, 0
			}
			if j == Q && !o.closedEnd {
				del, delMore = 0, 0
			}
			o.I[i][j] = max(o.I[i][j-1]-insertMore, o.S[i][j-1]-insert)
			o.D[i][j] = max(o.D[i-1][j]-delMore, o.S[i-1][j]-del)
			o.S[i][j] = max(o.S[i-1][j-1]+o.score(o.ref[i-1], o.q[j-1]), o.I[i][j], o.D[i][j])
		}
	}
}

// best2 returns the best score, of any IUPAC letters.
func (o *oracle) best2() int {
	o.fill()
	return o.S[len(o.ref)][len(o.q)]
}

// way returns the alignment as a string of = (a pair), I and D, from the end
// back: a gap, once entered, goes on rather than opens if it may.
func (o *oracle) way() string {
	i, j := len(o.ref), len(o.q)
	var back []byte
	state := byte('=')
	for i > 0 && j > 0 {
		if state == '=' {
			pair := o.S[i-1][j-1]+o.score(o.ref[i-1], o.q[j-1]) == o.S[i][j]
			ins, del := o.I[i][j] == o.S[i][j], o.D[i][j] == o.S[i][j]
			order := "DI="
			if o.left {
				order = "=ID"
			}
			for _, s := range []byte(order) {
				if s == '=' && pair || s == 'I' && ins || s == 'D' && del {
					state = s
					break
				}
			}
		}
		back = append(back, state)
		switch state {
		case '=':
			i, j = i-1, j-1
		case 'I':
			if o.I[i][j] != o.I[i][j-1] {
				state = '='
			}
			j--
		case 'D':
			if o.D[i][j] != o.D[i-1][j] {
				state = '='
			}
			i--
		}
	}
	for range i {
		back = append(back, 'D')
	}
	for range j {
		back = append(back, 'I')
	}
	for a, b := 0, len(back)-1; a < b; a, b = a+1, b-1 {
		back[a], back[b] = back[b], back[a]
	}
	return string(back)
}

// calls writes substitutions, deletions and insertions as the row does.
func (o *oracle) calls() string {
	var subs, dels, ins []string
	way := o.way()
	i, j := 0, 0
	first, last := strings.IndexByte(way, '='), strings.LastIndexByte(way, '=')
	for k := 0; k < len(way); {
		n := 1
		for way[k] != '=' && k+n < len(way) && way[k+n] == way[k] {
			n++
		}
		switch way[k] {
		case '=':
			if r, q := o.ref[i], o.q[j]; r != q && strings.IndexByte("ACGT", q) >= 0 {
				subs = append(subs, fmt.Sprintf("%c%d%c", r, i+1, q))
			}
			i, j = i+1, j+1
		case 'D':
			if d := fmt.Sprintf("%d-%d", i+1, i+n); k > first && k < last {
				dels = append(dels, strings.TrimSuffix(d, fmt.Sprintf("-%d", i+1)))
			}
			i += n
		case 'I':
			ins = append(ins, fmt.Sprintf("%d:%s", i, o.q[j:j+n]))
			j += n
		}
		k += n
	}
	return strings.Join(subs, ",") + " " + strings.Join(dels, ",") + " " + strings.Join(ins, ",")
}

// letters returns n random ones of the alphabet.
func letters(rng *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

// mutant returns a genome that differs from ref by edits at least apart letters
// from each other and from the ends.
func mutant(rng *rand.Rand, ref string, apart int) string {
	var out strings.Builder
	at := 0
	for {
		to := at + apart + rng.IntN(80)
		if to+apart+20 > len(ref) {
			break
		}
		out.WriteString(ref[at:to])
		at = to
		n := 1 + rng.IntN(12)
		switch rng.IntN(4) {
		case 0:
			out.WriteString(letters(rng, "ACGT", 1))
			at++
		case 1:
			at += n
		case 2:
			out.WriteString(letters(rng, "ACGT", n))
		case 3:
			out.WriteString(strings.Repeat("N", n))
			at += n
		}
	}
	out.WriteString(ref[at:])
	return out.String()
}

// frayed returns a genome whose ends are cut, and some letters there wrong.
func frayed(rng *rand.Rand, q string) string {
	b := []byte(q[rng.IntN(40) : len(q)-rng.IntN(40)])
	for range rng.IntN(4) {
		b[rng.IntN(25)] = letters(rng, "ACGT", 1)[0]
		b[len(b)-1-rng.IntN(25)] = letters(rng, "ACGT", 1)[0]
	}
	return string(b)
}

// source returns a random source of its own, so that a failure replays.
func source(t *rapid.T) *rand.Rand {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
}

// reference returns random letters, with two genes that overlap.
func reference(rng *rand.Rand, length int) *virus.Reference {
	ref := &virus.Reference{Name: "random", Sequence: []byte(letters(rng, "ACGT", length))}
	ref.Genes = []genome.CDS{
		{Name: "a", Segments: []genome.Region{{Lo: 20, Hi: 20 + length/2/3*3}}},
		{Name: "b", Segments: []genome.Region{{Lo: length / 2, Hi: length/2 + length/4/3*3}}, Reverse: true},
	}
	return ref
}

// Edits that lie apart leave one best alignment but for ties: the walk must
// find the oracle's, letter for letter.
func TestCallsAreTheOracles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := source(t)
		ref := reference(rng, rapid.IntRange(200, 500).Draw(t, "length"))
		left := rapid.Bool().Draw(t, "left")
		c := virus.NewCaller(ref, virus.Params{LeftGaps: left, TerminalBand: 200})
		q := mutant(rng, string(ref.Sequence), 30)
		o := &oracle{score: pairScore, ref: string(ref.Sequence), q: q, open: penalties(ref), left: left}
		o.fill()
		row := called(c, record{name: "q", seq: []byte(q)})
		got := row["substitutions"] + " " + row["deletions"] + " " + row["insertions"]
		if want := o.calls(); got != want || row["alignmentScore"] != fmt.Sprint(o.S[len(o.ref)][len(o.q)]) {
			t.Fatalf("calls %s (score %s, error %q), the oracle's are %s (%d)\nref %s\nq   %s",
				got, row["alignmentScore"], row["errors"], want, o.S[len(o.ref)][len(o.q)], o.ref, o.q)
		}
	})
}

// However the edits lie, the walk's alignment scores as the oracle's, or the
// genome is refused.
func TestScoreIsTheOracles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := source(t)
		ref := reference(rng, rapid.IntRange(200, 500).Draw(t, "length"))
		c := virus.NewCaller(ref, virus.Params{TerminalBand: 200})
		q := mutant(rng, string(ref.Sequence), rapid.IntRange(0, 30).Draw(t, "apart"))
		if rng.IntN(2) == 0 {
			q = frayed(rng, q)
		}
		o := &oracle{score: pairScore, ref: string(ref.Sequence), q: q, open: penalties(ref)}
		o.fill()
		calls := c.Call([]byte(q))
		if want := o.S[len(o.ref)][len(o.q)]; calls.Problem == "" && calls.Score != want {
			t.Fatalf("score %d, the oracle's is %d: %s\nours %v %v\nref %s\nq   %s", calls.Score, want, o.calls(),
				calls.Deletions, calls.Insertions, o.ref, o.q)
		}
	})
}
