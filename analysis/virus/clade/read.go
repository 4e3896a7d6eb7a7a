package clade

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"okazaki"
	"okazaki/genome"
)

// A Protein is a protein whose mutations a tree may list.
type Protein struct {
	Name    string
	Letters []byte // the reference's
}

// auspice is the part of a tree.json that is read.
type auspice struct {
	Meta struct {
		Extensions struct {
			Nextclade struct {
				CladeNodeAttrs      []struct{ Name string }    `json:"clade_node_attrs"`
				PlacementMaskRanges []struct{ Begin, End int } `json:"placement_mask_ranges"`
			}
		}
	}
	Tree *auspiceNode
}

type auspiceNode struct {
	Name        string
	BranchAttrs struct {
		Mutations map[string][]string
	} `json:"branch_attrs"`
	NodeAttrs map[string]json.RawMessage `json:"node_attrs"`
	Children  []auspiceNode
}

// minPrior is the placement prior, a power of ten, of a node without one.
const minPrior = -10

// Read reads a tree.json. Its branches' mutations must start from the
// reference's letters. Name is what an error, an *okazaki.Error, calls the file.
func Read(name string, content, reference []byte, proteins []Protein) (*Tree, error) {
	var file auspice
	if err := json.Unmarshal(content, &file); err != nil || file.Tree == nil {
		message := "it has no tree"
		if err != nil {
			message = "it is not a tree in Auspice's JSON: " + err.Error()
		}
		return nil, &okazaki.Error{File: name, Message: message, Hint: "give the tree.json of a Nextclade dataset", Err: err}
	}
	t := &Tree{length: len(reference), lanes: []lane{{reference: reference}}}
	for _, p := range proteins {
		t.lanes = append(t.lanes, lane{reference: p.Letters})
	}
	nextclade := &file.Meta.Extensions.Nextclade
	for _, a := range nextclade.CladeNodeAttrs {
		t.Attributes = append(t.Attributes, a.Name)
	}
	for _, m := range nextclade.PlacementMaskRanges {
		t.masked = append(t.masked, genome.Region{Lo: m.Begin, Hi: m.End})
	}
	r := &reader{tree: t, file: name, proteins: proteins, state: slices.Clone(reference)}
	if err := r.add(file.Tree, -1, 0); err != nil {
		return nil, err
	}
	t.index()
	return t, nil
}

// A reader adds nodes in preorder.
type reader struct {
	tree     *Tree
	file     string
	proteins []Protein
	state    []byte // of the node whose children are being added
}

func (r *reader) add(n *auspiceNode, parent, distance int32) error {
	t := r.tree
	at := len(t.nodes)
	t.nodes = append(t.nodes, node{name: n.Name, clade: r.text(n, "clade_membership"), parent: parent})
	for _, a := range t.Attributes {
		t.nodes[at].attributes = append(t.nodes[at].attributes, r.text(n, a))
	}
	t.prior = append(t.prior, prior(n))
	changes, err := r.nucleotides(n)
	if err != nil {
		return err
	}
	for _, c := range changes {
		r.state[c.Pos] = c.To
		if !t.isMasked(c.Pos) {
			distance += int32(t.substitution(c.Pos, c.To) - t.substitution(c.Pos, c.From))
		}
	}
	t.base = append(t.base, distance)
	t.lanes[0].branch = append(t.lanes[0].branch, changes)
	for k, p := range r.proteins {
		changes, err := parse(n.BranchAttrs.Mutations[p.Name], p.Letters)
		if err != nil {
			return r.wrong(n, err)
		}
		t.lanes[k+1].branch = append(t.lanes[k+1].branch, changes)
	}
	for i := range n.Children {
		if err := r.add(&n.Children[i], int32(at), distance); err != nil {
			return err
		}
	}
	t.nodes[at].end = int32(len(t.nodes))
	for _, c := range slices.Backward(changes) {
		r.state[c.Pos] = c.From
	}
	return nil
}

// nucleotides returns a branch's nucleotide changes, checked against the state
// of its parent.
func (r *reader) nucleotides(n *auspiceNode) ([]Change, error) {
	changes, err := parse(n.BranchAttrs.Mutations["nuc"], r.state)
	if err != nil {
		return nil, r.wrong(n, err)
	}
	seen := map[int]byte{}
	for _, c := range changes {
		was, ok := seen[c.Pos]
		if !ok {
			was = r.state[c.Pos]
		}
		if was != c.From {
			return nil, r.wrong(n, fmt.Errorf("%c%d%c starts from another letter than its parent's, %c", c.From, c.Pos+1, c.To, was))
		}
		seen[c.Pos] = c.To
	}
	return changes, nil
}

func (r *reader) wrong(n *auspiceNode, err error) error {
	return &okazaki.Error{File: r.file, Record: n.Name, Message: err.Error(),
		Hint: "give the reference, annotation and tree of one dataset", Err: err}
}

// parse reads mutations as Auspice writes them: C241T.
func parse(list []string, of []byte) ([]Change, error) {
	var out []Change
	for _, m := range list {
		if len(m) < 3 {
			return nil, fmt.Errorf("%q is not a mutation", m)
		}
		pos, err := strconv.Atoi(m[1 : len(m)-1])
		if err != nil {
			return nil, fmt.Errorf("%q is not a mutation", m)
		}
		if pos < 1 || pos > len(of) {
			return nil, fmt.Errorf("%s lies outside the reference's %d letters", m, len(of))
		}
		out = append(out, Change{Pos: pos - 1, From: m[0], To: m[len(m)-1]})
	}
	return out, nil
}

// text returns the value of a node's attribute, if it is a string.
func (r *reader) text(n *auspiceNode, key string) string {
	var attr struct{ Value any }
	if json.Unmarshal(n.NodeAttrs[key], &attr) != nil {
		return "" // none, or of another form
	}
	s, _ := attr.Value.(string)
	return s
}

func prior(n *auspiceNode) float64 {
	attr := struct{ Value *float64 }{}
	if json.Unmarshal(n.NodeAttrs["placement_prior"], &attr) != nil || attr.Value == nil {
		return minPrior
	}
	return *attr.Value
}

// substitution returns 1 for a letter that is neither the reference's nor a
// gap.
func (t *Tree) substitution(pos int, letter byte) int8 {
	if letter == '-' || letter == t.lanes[0].reference[pos] {
		return 0
	}
	return 1
}

// index lists the nucleotide changes by position.
func (t *Tree) index() {
	type located struct {
		pos int
		change
	}
	var all []located
	for i := range t.nodes {
		for _, c := range t.lanes[0].branch[i] {
			if !t.isMasked(c.Pos) {
				all = append(all, located{c.Pos, change{from: int32(i), to: t.nodes[i].end, before: c.From, after: c.To,
					wasSub: t.substitution(c.Pos, c.From), isSub: t.substitution(c.Pos, c.To)}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b located) int { return cmp.Compare(a.pos, b.pos) })
	t.first = make([]int32, t.length+1)
	for _, l := range all {
		t.first[l.pos+1]++
		t.changes, t.changeAt = append(t.changes, l.change), append(t.changeAt, int32(l.pos))
	}
	for i := 1; i < len(t.first); i++ {
		t.first[i] += t.first[i-1]
	}
}
