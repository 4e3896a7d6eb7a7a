package clade_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"okazaki/analysis/virus/clade"
	"okazaki/genome"
	"okazaki/internal/filetest"
)

// An oracle is a tree read as it stands: for each node in preorder, all its
// letters that are not the reference's.
type oracle struct {
	key    string // of the mutations: "nuc", or a protein
	ref    []byte
	nodes  []map[int]byte
	priors []float64
	masked []genome.Region
}

type jsonNode struct {
	Name        string         `json:"name"`
	BranchAttrs map[string]any `json:"branch_attrs"`
	NodeAttrs   map[string]any `json:"node_attrs"`
	Children    []*jsonNode    `json:"children"`
}

func (o *oracle) add(n *jsonNode, above map[int]byte) {
	letters := map[int]byte{}
	for pos, l := range above {
		letters[pos] = l
	}
	mutations, _ := n.BranchAttrs["mutations"].(map[string]any)
	list, _ := mutations[o.key].([]any)
	for _, m := range list {
		s := m.(string)
		pos, _ := strconv.Atoi(s[1 : len(s)-1])
		if letters[pos-1] = s[len(s)-1]; letters[pos-1] == o.ref[pos-1] {
			delete(letters, pos-1)
		}
	}
	prior := -10.0
	if p, ok := n.NodeAttrs["placement_prior"].(map[string]any); ok {
		prior = p["value"].(float64)
	}
	o.nodes, o.priors = append(o.nodes, letters), append(o.priors, prior)
	for _, c := range n.Children {
		o.add(c, letters)
	}
}

func in(rs []genome.Region, pos int) bool {
	return slices.ContainsFunc(rs, func(r genome.Region) bool { return r.Contains(pos) })
}

// distance returns Nextclade's, letter by letter.
func (o *oracle) distance(node map[int]byte, s *clade.Sequence) int {
	d, seen := 0, map[int]bool{}
	for _, l := range s.Letters {
		if in(o.masked, l.Pos) {
			continue
		}
		seen[l.Pos] = true
		if node[l.Pos] != l.Letter {
			d++
		}
	}
	for pos, l := range node {
		if l != '-' && !seen[pos] && !in(o.masked, pos) && s.Aligned.Contains(pos) && !in(s.Unknown, pos) {
			d++
		}
	}
	return d
}

func (o *oracle) nearest(s *clade.Sequence) (node, distance int) {
	for i, n := range o.nodes {
		if d := o.distance(n, s); i == 0 || d < distance || d == distance && o.priors[i] > o.priors[node] {
			node, distance = i, d
		}
	}
	return node, distance
}

// private compares the genome with a node site by site.
func (o *oracle) private(node map[int]byte, s *clade.Sequence) (reversions, others []clade.Change, deleted int) {
	mine := map[int]byte{}
	for _, l := range s.Letters {
		mine[l.Pos] = l.Letter
	}
	before := -2
	for pos, ref := range o.ref {
		theirs, ok := node[pos]
		if !ok {
			theirs = ref
		}
		switch l := mine[pos]; {
		case l != 0 && l != theirs:
			others = append(others, clade.Change{Pos: pos, From: theirs, To: l})
		case l != 0:
		case in(s.Deletions, pos):
			if theirs != '-' {
				if before != pos-1 {
					deleted++
				}
				before = pos
			}
		case s.Aligned.Contains(pos) && !in(s.Unknown, pos) && !in(s.Ambiguous, pos) && theirs != ref && (theirs != '-' || o.key != "nuc"):
			reversions = append(reversions, clade.Change{Pos: pos, From: theirs, To: ref})
		}
	}
	return reversions, others, deleted
}

// sequence returns a genome near a node: changed, cut, and with gaps.
func (o *oracle) sequence(rng *rand.Rand, node map[int]byte) *clade.Sequence {
	n := len(o.ref)
	s := &clade.Sequence{Aligned: genome.Region{Hi: n}}
	if rng.IntN(2) == 0 {
		s.Aligned = genome.Region{Lo: rng.IntN(n / 3), Hi: n - rng.IntN(n/3)}
	}
	state := make([]byte, n) // '-' deleted, 'N' unknown, 'R' ambiguous, 0 the reference's
	for pos, l := range node {
		state[pos] = l
	}
	for range rng.IntN(8) {
		pos := rng.IntN(n)
		state[pos] = "ACGTR"[rng.IntN(5)]
	}
	for range rng.IntN(4) {
		at, l := rng.IntN(n), "-N"[rng.IntN(2)]
		for pos := at; pos < min(n, at+1+rng.IntN(n/4)); pos++ {
			state[pos] = l
		}
	}
	add := func(rs []genome.Region, pos int) []genome.Region {
		if k := len(rs) - 1; k >= 0 && rs[k].Hi == pos {
			rs[k].Hi++
			return rs
		}
		return append(rs, genome.Region{Lo: pos, Hi: pos + 1})
	}
	for pos := s.Aligned.Lo; pos < s.Aligned.Hi; pos++ {
		switch l := state[pos]; {
		case l == '-':
			s.Deletions = add(s.Deletions, pos)
		case l == 'N':
			s.Unknown = add(s.Unknown, pos)
		case l == 'R':
			s.Ambiguous = add(s.Ambiguous, pos)
		case l != 0 && l != o.ref[pos]:
			s.Letters = append(s.Letters, clade.Letter{Pos: pos, Letter: l})
		}
	}
	return s
}

// compare places a genome near a node as the package does and as the oracle.
func compare(t rapid.TB, o *oracle, p *clade.Placer, s *clade.Sequence) {
	t.Helper()
	node, distance := p.Nearest(s)
	wantNode, wantDistance := o.nearest(s)
	if node != wantNode || distance != wantDistance {
		t.Fatalf("node %d, %d away; the oracle says %d, %d away", node, distance, wantNode, wantDistance)
	}
	compareTies(t, o, p, s, distance)
	comparePrivate(t, o, p.Private(node, s), s, node)
}

// compareTies looks at every node, and at every position that the genome
// doesn't tell.
func compareTies(t rapid.TB, o *oracle, p *clade.Placer, s *clade.Sequence, distance int) {
	t.Helper()
	ties := p.Ties(s)
	var nodes []int32
	for i, n := range o.nodes {
		if o.distance(n, s) == distance {
			nodes = append(nodes, int32(i))
		}
	}
	var undecided []int
	for pos, ref := range o.ref {
		if s.Aligned.Contains(pos) && !in(s.Unknown, pos) || in(o.masked, pos) {
			continue
		}
		letters := map[byte]bool{}
		for _, n := range nodes {
			l, ok := o.nodes[n][pos]
			if !ok || l == '-' {
				l = ref
			}
			letters[l] = true
		}
		if len(letters) > 1 {
			undecided = append(undecided, pos)
		}
	}
	if len(nodes) == 1 {
		undecided = nil
	}
	if !slices.Equal(ties.Nodes, nodes) || !slices.Equal(ties.Undecided, undecided) {
		t.Fatalf("nodes %v, undecided %v; the oracle says %v, %v", ties.Nodes, ties.Undecided, nodes, undecided)
	}
	holds := func(node int) bool { return int32(node) <= nodes[0] && nodes[len(nodes)-1] < int32(p.End(node)) }
	if !holds(ties.Deepest) {
		t.Fatalf("node %d doesn't hold %v", ties.Deepest, nodes)
	}
	for node := ties.Deepest + 1; node < p.End(ties.Deepest); node++ {
		if holds(node) {
			t.Fatalf("node %d holds %v, and is deeper than %d", node, nodes, ties.Deepest)
		}
	}
}

func comparePrivate(t rapid.TB, o *oracle, got *clade.Private, s *clade.Sequence, node int) {
	t.Helper()
	reversions, others, deleted := o.private(o.nodes[node], s)
	if fmt.Sprint(got.Reversions, got.New, len(got.Deletions)) != fmt.Sprint(reversions, others, deleted) {
		t.Fatalf("private to node %d: %v %v %v; the oracle says %v %v, %d deletions", node, got.Reversions, got.New, got.Deletions, reversions, others, deleted)
	}
	if len(got.Substitutions) != len(reversions)+len(others) || !slices.IsSortedFunc(got.Substitutions, func(a, b clade.Change) int { return a.Pos - b.Pos }) {
		t.Fatalf("private substitutions %v of %v and %v", got.Substitutions, reversions, others)
	}
}

// protein is one that a random tree mutates, to letters that nucleotides have
// too.
const protein = "MKTAYIAKQRGCTANDEFGHIKLMNPQRSTVWY"

// randomTree makes a tree with repeated, reverted and deleted sites. State is
// the genome above it, and the protein.
func randomTree(rng *rand.Rand, ref, state []byte, depth int) *jsonNode {
	n := &jsonNode{Name: fmt.Sprint(rng.IntN(1000)), NodeAttrs: map[string]any{}, BranchAttrs: map[string]any{}}
	if rng.IntN(3) > 0 {
		n.NodeAttrs["placement_prior"] = map[string]any{"value": -float64(rng.IntN(3))}
	}
	state = slices.Clone(state)
	lists := map[string]any{}
	for _, key := range []string{"nuc", "p"} {
		from, of := state[:len(ref)], ref
		if key == "p" {
			from, of = state[len(ref):], []byte(protein)
		}
		list := []any{}
		for range rng.IntN(5) {
			pos := rng.IntN(len(of))
			to := "ACGT-"[rng.IntN(5)]
			if rng.IntN(3) == 0 {
				to = of[pos]
			}
			if to != from[pos] {
				list = append(list, fmt.Sprintf("%c%d%c", from[pos], pos+1, to))
				from[pos] = to
			}
		}
		lists[key] = list
	}
	n.BranchAttrs["mutations"] = lists
	for range rng.IntN(4) {
		if depth > 0 {
			n.Children = append(n.Children, randomTree(rng, ref, state, depth-1))
		}
	}
	return n
}

func TestPlacementIsTheOracles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		ref := make([]byte, 60)
		for i := range ref {
			ref[i] = "ACGT"[rng.IntN(4)]
		}
		root := randomTree(rng, ref, append(slices.Clone(ref), protein...), 5)
		amino := &oracle{key: "p", ref: []byte(protein)}
		amino.add(root, nil)
		o := &oracle{key: "nuc", ref: ref, masked: []genome.Region{{Lo: 0, Hi: 3}, {Lo: 2, Hi: 5}, {Lo: 57, Hi: 60}}}
		o.add(root, nil)
		content, err := json.Marshal(map[string]any{"tree": root, "meta": map[string]any{"extensions": map[string]any{"nextclade": map[string]any{
			"placement_mask_ranges": []any{map[string]int{"begin": 0, "end": 3}, map[string]int{"begin": 2, "end": 5}, map[string]int{"begin": 57, "end": 60}}}}}})
		if err != nil {
			t.Fatal(err)
		}
		tree, err := clade.Read("tree.json", content, ref, []clade.Protein{{Name: "p", Letters: []byte(protein)}})
		if err != nil {
			t.Fatal(err)
		}
		if tree.Nodes() != len(o.nodes) {
			t.Fatalf("%d nodes, not %d", tree.Nodes(), len(o.nodes))
		}
		p := tree.NewPlacer()
		for range 20 {
			compare(t, o, p, o.sequence(rng, o.nodes[rng.IntN(len(o.nodes))]))
			node := rng.IntN(len(o.nodes))
			s := amino.sequence(rng, amino.nodes[node])
			comparePrivate(t, amino, p.PrivateProtein(0, node, s), s, node)
		}
	})
}

// sars2 returns Nextclade's SARS-CoV-2 tree, or skips the test.
func sars2(tb testing.TB) (*clade.Tree, *oracle) {
	tb.Helper()
	z, err := zip.OpenReader(filetest.Data(tb, "virus/sars2/nextclade/wuhan-hu-1_orfs_2024-02-16.zip"))
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	read := func(name string) []byte {
		f, err := z.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			tb.Fatal(err)
		}
		return b
	}
	fasta, content := read("reference.fasta"), read("tree.json")
	_, letters, _ := bytes.Cut(fasta, []byte("\n"))
	o := &oracle{key: "nuc", ref: bytes.ReplaceAll(letters, []byte("\n"), nil), masked: []genome.Region{{Lo: 0, Hi: 50}, {Lo: 29850, Hi: 29902}}}
	tree, err := clade.Read("tree.json", content, o.ref, nil)
	if err != nil {
		tb.Fatal(err)
	}
	file := struct{ Tree *jsonNode }{}
	if err := json.Unmarshal(content, &file); err != nil {
		tb.Fatal(err)
	}
	o.add(file.Tree, nil)
	return tree, o
}

func TestPlacementOnNextcladesTree(t *testing.T) {
	tree, o := sars2(t)
	rng := rand.New(rand.NewPCG(1, 2))
	p := tree.NewPlacer()
	for range 40 {
		compare(t, o, p, o.sequence(rng, o.nodes[rng.IntN(len(o.nodes))]))
	}
}

// whole returns a node's genome, without what it lacks.
func whole(node map[int]byte, aligned genome.Region) *clade.Sequence {
	s := &clade.Sequence{Aligned: aligned}
	for _, pos := range slices.Sorted(maps.Keys(node)) {
		if l := node[pos]; l != '-' && aligned.Contains(pos) {
			s.Letters = append(s.Letters, clade.Letter{Pos: pos, Letter: l})
		}
	}
	return s
}

// A node's own genome is nowhere nearer than there, and has nothing of its own.
func TestNodesAreWhereTheyAre(t *testing.T) {
	tree, o := sars2(t)
	p := tree.NewPlacer()
	same := 0
	for i, letters := range o.nodes {
		s := whole(letters, genome.Region{Hi: len(o.ref)})
		node, distance := p.Nearest(s)
		if distance != 0 {
			t.Errorf("%s is %d away from the tree", tree.Name(i), distance)
		}
		if tree.Clade(node) == tree.Clade(i) {
			same++
		}
	}
	t.Logf("%d of %d nodes have their own clade", same, tree.Nodes())
	if same < tree.Nodes()*99/100 {
		t.Error("want 99 %")
	}
}

func BenchmarkNearest(b *testing.B) {
	tree, o := sars2(b)
	rng := rand.New(rand.NewPCG(1, 2))
	var genomes []*clade.Sequence
	for range 500 {
		genomes = append(genomes, whole(o.nodes[rng.IntN(len(o.nodes))], genome.Region{Lo: 50, Hi: len(o.ref) - 60}))
	}
	p := tree.NewPlacer()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, s := range genomes {
			p.Nearest(s)
		}
		n += len(genomes)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "genomes/s")
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"tree": {"name": "r", "node_attrs": {"clade_membership": {"value": "x"}, "placement_prior": {"value": -1}}, "branch_attrs": {"mutations": {"nuc": ["A1C"], "p": ["K1N"]}}, "children": [{"name": "k"}]}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		tree, err := clade.Read("tree.json", content, []byte("ACGTACGT"), []clade.Protein{{Name: "p", Letters: []byte("KR")}})
		if err == nil {
			p := tree.NewPlacer()
			node, _ := p.Nearest(&clade.Sequence{Aligned: genome.Region{Hi: 8}, Letters: []clade.Letter{{Pos: 1, Letter: 'A'}}})
			p.Private(node, &clade.Sequence{Aligned: genome.Region{Hi: 8}})
			p.PrivateProtein(0, node, &clade.Sequence{Aligned: genome.Region{Hi: 2}})
		}
	})
}
