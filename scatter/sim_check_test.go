package scatter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"okazaki"
)

// A simNode is a node that a committed record made.
type simNode struct {
	split *split
	stage int
	depth int
}

// created checks, as a key appears, the invariants that must hold then.
func (s *sim) created(key string, value []byte) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(key, string(s.k)), "/")
	if !strings.HasPrefix(key, string(s.k)) || strings.IndexByte("xavmdp", kind[0]) < 0 || len(kind) != 1 {
		return
	}
	if kind == "x" {
		s.planned(key, value)
		return
	}
	i := strings.LastIndexByte(rest, '/')
	node := rest[:i]
	if s.nodes[node] == nil {
		s.fail("invariant 2: %s exists, but no record made its node", key)
		return
	}
	ord, n, _ := parseOrdinal(key)
	switch kind {
	case "a":
		if n > 0 && !s.paid(key) {
			s.fail("invariant 3: %s is not paid for", key)
		}
	case "m":
		if ord > 0 && !s.paid(key) {
			s.fail("invariant 3: %s is not paid for", key)
		}
	case "v":
		s.checkVerdict(node, ord, value)
	case "d":
		s.checkMerged(node, ord, value)
	}
}

// planned notes the node above a stage's root.
func (s *sim) planned(key string, value []byte) {
	var rec axisRecord
	if _, err := decode(value, &rec); err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	stage, _, _ := parseOrdinal(key)
	sp, err := root(&s.job.Limits, len(s.job.Stages), rec.Axis)
	if err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	s.nodes[rec.Nonce] = &simNode{split: sp, stage: stage}
}

// paid looks for the slot that pays for a retry.
func (s *sim) paid(key string) bool {
	want, _ := json.Marshal(slotRecord{For: key})
	slots := 0
	for k, v := range s.store.values {
		if strings.HasPrefix(k, string(s.k)+"p/") && bytes.Equal(v, want) {
			slots++
		}
	}
	return slots > 0
}

// checkVerdict checks budget conservation and that a split shrinks.
func (s *sim) checkVerdict(node string, ord int, value []byte) {
	parent := s.nodes[node]
	v, _, err := readVerdict(value, parent.split.span(ord))
	if err != nil {
		s.fail("%s/%d: %v", node, ord, err)
		return
	}
	if v.Kind != splitVerdict {
		return
	}
	s.nodes[v.Nonce] = &simNode{split: v.Split, stage: parent.stage, depth: parent.depth + 1}
	l, c := &s.job.Limits, v.Split
	sum := price(l, parent.split.Limit, l.Classes[0]) + price(l, c.Limit, l.Classes[0]) + int64(c.Pool)*slotPrice(l)
	lo := c.Span.Lo
	for i, ch := range c.Children {
		if ch.Hi <= lo || ch.Hi-lo >= c.Span.Len() && len(c.Children) > 0 {
			s.fail("invariant 8: child %d of %s.%d is [%d,%d) of %v", i, node, ord, lo, ch.Hi, c.Span)
		}
		if ch.Budget > 0 && ch.Budget < price(l, c.Limit, l.Classes[0]) {
			s.fail("invariant 3: child %d of %s.%d can't pay its first attempt", i, node, ord)
		}
		lo = ch.Hi
		sum += ch.Budget
	}
	if b := parent.split.Children[ord].Budget; sum > b {
		s.fail("invariant 3: %s.%d hands out %d of its %d", node, ord, sum, b)
	}
	if c.Span != parent.split.span(ord) || lo != c.Span.Hi {
		s.fail("invariant 8: %s.%d covers %v up to %d, not %v", node, ord, c.Span, lo, parent.split.span(ord))
	}
	if len(c.Children) > MaxChildren || parent.depth > MaxDepth+1 {
		s.fail("invariant 8: %s.%d has %d children", node, ord, len(c.Children))
	}
}

// checkMerged checks that a merged part is that of its span, or names what is
// missing.
func (s *sim) checkMerged(node string, ord int, value []byte) {
	parent := s.nodes[node]
	m, data, err := readMerged(value, parent.split.span(ord))
	if err != nil {
		s.fail("%s/%d: %v", node, ord, err)
		return
	}
	if m.Miss > 0 || m.Part == nil {
		return
	}
	if m.Part.Blob != "" {
		data = s.store.values[s.k.blob(m.Part.Blob)]
	}
	if want := s.want(parent.stage, parent.split.span(ord)); !bytes.Equal(data, want) {
		s.fail("invariant 6: %s.%d merges to %q, not %q", node, ord, data, want)
	}
}

// check looks at the whole job once it has ended.
func (s *sim) check() error {
	l := &s.job.Limits
	var reserved int64
	for key := range s.store.values {
		kind, _, _ := strings.Cut(strings.TrimPrefix(key, string(s.k)), "/")
		switch kind {
		case "a", "m":
			node := key[len(s.k)+2 : strings.LastIndexByte(key, '/')]
			sp := s.nodes[node].split
			ord, n, _ := parseOrdinal(key)
			if kind == "m" {
				n = ord
			}
			if n == 0 {
				reserved += price(l, sp.Limit, l.Classes[0])
			} else {
				reserved += slotPrice(l)
			}
		}
	}
	if reserved > l.Budget {
		return fmt.Errorf("invariant 3: attempts for %d were bought, of a budget of %d", reserved, l.Budget)
	}
	if s.spent > l.Budget*1000 {
		return fmt.Errorf("invariant 3: %d MB-ms ran, of a budget of %d MB-s", s.spent, l.Budget)
	}
	if more := s.end.Calls.Minus(s.calls); max(more.Large, more.Gets, more.Lists, more.Rings) > 0 {
		return fmt.Errorf("records tell of %+v, of %+v that were made", s.end.Calls, s.calls)
	}
	if l.Calls.Creates > 0 && s.end.State == Done && s.end.Calls.Large == 0 {
		return fmt.Errorf("no record tells of a create")
	}
	return s.checkAnswer()
}

// checkAnswer compares the gathered bytes with the uncut run's, or the holes
// with what has no part.
func (s *sim) checkAnswer() error {
	if s.end.State == Incomplete {
		if s.end.Missing == 0 || len(s.end.Holes) == 0 {
			return fmt.Errorf("an incomplete job names no hole")
		}
		for _, h := range s.end.Holes {
			if h.Reason == "" {
				return fmt.Errorf("hole %v has no reason", h)
			}
		}
		return nil
	}
	if s.end.State != Done {
		return fmt.Errorf("the job ended %s", s.end.State)
	}
	for stage := range s.job.Stages {
		got, err := readAll(simReader{s.store}, s.life.name(), stage)
		if err != nil {
			return fmt.Errorf("stage %d: %w", stage, err)
		}
		want := s.want(stage, okazaki.Span{Hi: s.axis(stage).Units})
		if !bytes.Equal(got, want) {
			return fmt.Errorf("invariant 9: stage %d gathers to %q, not %q", stage, got, want)
		}
	}
	return nil
}

// mutateCreate changes what a mutant writes.
func (s *sim) mutateCreate(key string, value []byte) []byte {
	if s.mutant != "reserving only attempts seen" || !strings.HasPrefix(key, string(s.k)+"v/") {
		return value
	}
	var v verdict
	data, err := decode(value, &v)
	if err != nil || v.Kind != splitVerdict {
		return value
	}
	// No retry has been seen yet, so nothing is kept for one.
	last := len(v.Split.Children) - 1
	v.Split.Children[last].Budget += int64(v.Split.Pool)*slotPrice(&s.job.Limits) + price(&s.job.Limits, v.Split.Limit, s.job.Limits.Classes[0])
	if v.Part != nil {
		v.Part.data = data
	}
	return encode(&v, v.Part)
}

// mutateMissing answers for a key that is not there.
func (s *sim) mutateMissing(key string) []byte {
	if !strings.HasPrefix(key, string(s.k)+"v/") {
		return nil
	}
	switch s.mutant {
	case "children as keys of their own":
		// The children are there as soon as someone proposes them.
		for _, a := range s.actors {
			if a.turn != nil && a.effect.Op == OpCreate && a.effect.Key == key {
				return a.effect.Value
			}
		}
		for _, w := range s.store.late {
			if w.key == key {
				return w.value
			}
		}
	case "a merge takes what is there":
		p := &part{}
		return encode(&verdict{Kind: partVerdict, Part: p}, p)
	}
	return nil
}

// TestMutants proves that the simulator would see a broken protocol.
func TestMutants(t *testing.T) {
	for _, mutant := range []string{
		"plain write for the verdict",
		"children as keys of their own",
		"reserving only attempts seen",
		"attempts that expire",
		"exists is believed won",
		"a merge takes what is there",
	} {
		t.Run(mutant, func(t *testing.T) {
			for seed := uint64(1); seed <= 3000; seed++ {
				if err := newSim(seed, mutant).run(); err != nil {
					t.Logf("caught by seed %d: %v", seed, err)
					return
				}
			}
			t.Error("no seed catches it")
		})
	}
}
