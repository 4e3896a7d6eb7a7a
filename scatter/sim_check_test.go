package scatter

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"okazaki"
)

// simChecks are what the checker knows of all lives, also of what was deleted.
type simChecks struct {
	lives    map[string]*simLife // by prefix
	named    map[string]*simLife
	nonces   map[string]string // of created values: their keys
	done     []*simLife
	expiring bool // records go in any order
	wholes   int  // answers that were compared with the uncut run's
}

func newSimChecks() simChecks {
	return simChecks{lives: map[string]*simLife{}, named: map[string]*simLife{}, nonces: map[string]string{}}
}

// A simLife is a life as its records told.
type simLife struct {
	*life
	name     string
	born     time.Duration
	end      *End
	endedAt  time.Duration
	axes     [2]*axisRecord
	laidOut  [2]int              // the steps at which they appeared
	nodes    map[string]*simNode // by the nonces of the records that made them
	attempts map[string]*simAttempt
	slots    map[string]bool // what they pay for
	spent    okazaki.MBms    // that ran, and what the work's calls are worth
	reserved okazaki.MBs     // of the attempts that were bought
	lost     okazaki.MBs     // of those, what no record has any more
	crashed  bool            // records of attempts were lost
	deleted  bool            // records of any kind were
	redone   bool            // a merged part was lost, and may be joined again
	dirty    bool            // something changed since its answer was compared
	gone     bool            // its answer was found to have gaps
}

// A simNode is a node that a committed record made.
type simNode struct {
	split  *split
	stage  int
	depth  int
	parent *simNode
	ord    int // in parent
	slots  int // of its pool that are taken
	kids   map[int]*simKid
	joins  []*simAttempt // at its merge
	broken []string      // machines on which its merge, or the plan after it, failed for no reason given
	tooBig bool          // so did it on the largest class, for its size
}

// A simKid is a child of a node.
type simKid struct {
	tries   []*simAttempt
	broken  []string // machines on which it failed for no reason given
	tooBig  bool     // it did not fit the largest class
	verdict *verdict
	merged  []simMerged // those before the last were lost
}

type simMerged struct {
	*merged
	step  int // at which it appeared
	read  int // the step at which its maker read the merged parts below
	own   okazaki.Calls
	maker *simMeter // nil: own was not counted
}

type simAttempt struct {
	turn     string
	worker   string
	limit    time.Duration // that it reserved
	memory   int64
	born     time.Duration
	node     *simNode
	ord      int // -1: of the merge
	ran      bool
	released bool
}

func (n *simNode) kid(ord int) *simKid {
	if n.kids[ord] == nil {
		n.kids[ord] = &simKid{}
	}
	return n.kids[ord]
}

// below has the calls in the records of a node's children.
func (n *simNode) below() (c okazaki.Calls) {
	for _, kid := range n.kids {
		if kid.verdict != nil {
			c = c.Plus(kid.verdict.Calls)
		}
		if n := len(kid.merged); n > 0 {
			c = c.Plus(kid.merged[n-1].Calls)
		}
	}
	return c
}

func (l *simLife) want(s *sim, stage int) []byte {
	axis := l.axes[stage].Axis
	return s.want(axis.Note, stage, okazaki.Span{Hi: axis.Units})
}

// kindOf is the kind of a key of a life; 0 for others.
func kindOf(key string) byte {
	if len(key) > 26 && key[2] == '/' && key[23] == '/' && key[25] == '/' {
		return key[24]
	}
	return 0
}

// lifeOf is the life that a key belongs to; nil if it is none's.
func (s *sim) lifeOf(key string) *simLife {
	if kindOf(key) == 0 {
		return nil
	}
	return s.lives[key[3:23]]
}

// nodeOf takes a key of a life's node apart.
func (l *simLife) nodeOf(key string) (node *simNode, ord, n int) {
	node = l.nodes[key[26:strings.LastIndexByte(key, '/')]]
	ord, n, _ = parseOrdinal(key)
	return node, ord, n
}

// created checks, as a key appears, the invariants that must hold then.
func (s *sim) created(a *actor, key string, value []byte) {
	s.checkNonce(key, value)
	if _, ok := parseKey(key); !ok {
		s.fail("no collector knows %s", key)
	}
	switch {
	case strings.HasPrefix(key, livesPrefix):
		s.begins(key, value)
		return
	case strings.HasPrefix(key, endedPrefix):
		s.ended(a, key, value)
		return
	}
	l := s.lifeOf(key)
	if l == nil {
		if kindOf(key) != 0 {
			s.fail("invariant 10: %s exists, but no life has its prefix", key)
		}
		return
	}
	switch kindOf(key) {
	case 'x':
		s.planned(l, key, value)
	case 'b':
		l.dirty = true
	default:
		node, ord, n := l.nodeOf(key)
		if node == nil {
			s.fail("invariant 2: %s exists, but no record made its node", key)
			return
		}
		s.createdBelow(a, l, key, value, node, ord, n)
	}
}

func (s *sim) createdBelow(a *actor, l *simLife, key string, value []byte, node *simNode, ord, n int) {
	at := &simAttempt{turn: a.nonce, worker: a.name, born: s.now, node: node, ord: ord}
	switch kind := kindOf(key); {
	case strings.HasSuffix(key, troubleSuffix):
		if at := l.attempts[strings.TrimSuffix(key, troubleSuffix)]; at != nil {
			at.released = true
		}
	case kind == 'a':
		kid := node.kid(ord)
		if kid.tries = append(kid.tries, at); len(kid.tries) > 5 && !l.crashed && !l.deleted {
			s.fail("%s is one attempt too many", key)
		}
		s.bought(l, key, at, n)
	case kind == 'm':
		at.ord = -1
		node.joins = append(node.joins, at)
		s.bought(l, key, at, ord)
	case kind == 'p':
		var rec slotRecord
		if err := json.Unmarshal(value, &rec); err != nil {
			s.fail("%s: %v", key, err)
		}
		l.slots[rec.For] = true
		if node.slots++; node.slots > node.split.Pool {
			s.fail("invariant 3: %s is beyond a pool of %d", key, node.split.Pool)
		}
	case kind == 'v':
		l.dirty = true
		s.checkVerdict(a, l, key, value, node, ord)
	case kind == 'd':
		l.dirty = true
		s.checkMerged(a, l, key, value, node, ord)
	}
}

// simPrice is what an attempt may spend, as the ceiling that the user is shown
// has it: the worker's time, and the calls around its work.
func simPrice(l *okazaki.Limits, limit time.Duration, memory int64) okazaki.MBs {
	c := l.Calls
	calls := 2*c.Creates + 2*c.Large + 8*c.Gets + 2*c.Lists + 200*c.Entries + c.Rings
	return okazaki.MBs((limit.Milliseconds()*memory + int64(calls) + 999) / 1000)
}

func simSlot(l *okazaki.Limits) okazaki.MBs { return simPrice(l, l.Turn, l.Classes[len(l.Classes)-1]) }

// bought checks that attempt n is paid for: the first by the split that made
// its node, any other by a slot, which is a turn of the largest class.
func (s *sim) bought(l *simLife, key string, at *simAttempt, n int) {
	l.attempts[key] = at
	lm := &l.Job.Limits
	at.limit, at.memory = at.node.split.Limit, lm.Classes[0]
	if n > 0 {
		at.limit, at.memory = lm.Turn, lm.Classes[len(lm.Classes)-1]
		if !l.slots[key] {
			s.fail("invariant 3: %s is not paid for", key)
		}
	}
	if l.reserved += simPrice(lm, at.limit, at.memory); l.reserved > lm.Budget+l.lost {
		s.fail("invariant 3: attempts for %d were bought, of a budget of %d", l.reserved, lm.Budget)
	}
}

// checkNonce sees to it that no two values have the same name.
func (s *sim) checkNonce(key string, value []byte) {
	const field = `"nonce":"`
	i := bytes.Index(value, []byte(field))
	if kind := kindOf(key); i < 0 || kind == 'b' {
		return
	}
	nonce := string(value[i+len(field):])
	nonce = nonce[:strings.IndexByte(nonce, '"')]
	if other, used := s.nonces[nonce]; used && other != key {
		s.fail("invariant 10: the nonce %s names %s, and %s", nonce, other, key)
	}
	s.nonces[nonce] = key
}

// begins notes a life.
func (s *sim) begins(key string, value []byte) {
	l := &life{}
	if _, err := decode(value, &l.lifeRecord); err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	name := strings.Replace(strings.TrimPrefix(key, livesPrefix), "/", ".", 1)
	l.id, l.n, _ = parseName(name)
	if old := s.named[name]; old != nil && old.Prefix == l.Prefix && old.deleted {
		old.dirty = true // a write that is very late
		return
	}
	if s.named[name] != nil || s.lives[l.Prefix] != nil {
		s.fail("invariant 10: life %s, or its prefix %s, was there before", name, l.Prefix)
	}
	sl := &simLife{life: l, name: name, born: s.now, nodes: map[string]*simNode{}, attempts: map[string]*simAttempt{}, slots: map[string]bool{}}
	s.named[name], s.lives[l.Prefix] = sl, sl
}

// planned notes the node above a stage's root.
func (s *sim) planned(l *simLife, key string, value []byte) {
	rec := &axisRecord{}
	if _, err := decode(value, rec); err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	stage, _, _ := parseOrdinal(key)
	sp, err := root(&l.Job.Limits, len(l.Job.Stages), rec.Axis)
	if err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	lm := &l.Job.Limits
	if simPrice(lm, sp.Limit, lm.Classes[0])+okazaki.MBs(sp.Pool)*simSlot(lm)+sp.Children[0].Budget > lm.Budget/okazaki.MBs(len(l.Job.Stages)) {
		s.fail("invariant 3: %s hands out more than there is: %+v", key, sp)
	}
	l.dirty, l.axes[stage], l.laidOut[stage] = true, rec, s.steps
	if l.nodes[rec.Nonce] == nil { // or the axis had gone, and its create was tried again
		l.nodes[rec.Nonce] = &simNode{split: sp, stage: stage, kids: map[int]*simKid{}}
	}
}

// checkVerdict checks that a verdict has its reasons, budget conservation, and
// that a split shrinks.
func (s *sim) checkVerdict(a *actor, l *simLife, key string, value []byte, parent *simNode, ord int) {
	v, data, err := readVerdict(value, parent.split.span(ord))
	if err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	if !l.deleted { // or what was deleted may land again
		s.tells(a, key, v.Calls)
	}
	kid := parent.kid(ord)
	kid.verdict = v
	switch v.Kind {
	case failVerdict:
		s.checkFail(a, l, key, parent, ord, kid)
		return
	case partVerdict:
		s.checkPart(l, key, parent, v.Part, data, v.At)
		return
	}
	l.nodes[v.Nonce] = &simNode{split: v.Split, stage: parent.stage, depth: parent.depth + 1, parent: parent, ord: ord, kids: map[int]*simKid{}}
	lm, c := &l.Job.Limits, v.Split
	if v.At.Len() <= max(1, s.floor) || parent.depth >= MaxDepth {
		s.fail("invariant 8: %s splits %v, at a depth of %d", key, v.At, parent.depth)
	}
	sum := simPrice(lm, parent.split.Limit, lm.Classes[0]) + simPrice(lm, c.Limit, lm.Classes[0]) + okazaki.MBs(c.Pool)*simSlot(lm)
	lo := c.Span.Lo
	for i, ch := range c.Children {
		if ch.Hi <= lo || ch.Hi-lo >= c.Span.Len() && len(c.Children) > 0 {
			s.fail("invariant 8: child %d of %s is [%d,%d) of %v", i, key, lo, ch.Hi, c.Span)
		}
		if ch.Budget > 0 && ch.Budget < simPrice(lm, c.Limit, lm.Classes[0]) {
			s.fail("invariant 3: child %d of %s can't pay its first attempt", i, key)
		}
		lo = ch.Hi
		sum += ch.Budget
	}
	if v.Part != nil {
		s.checkPart(l, key, parent, v.Part, data, c.span(0))
	}
	if b := parent.split.Children[ord].Budget; sum > b {
		s.fail("invariant 3: %s hands out %d of its %d", key, sum, b)
	}
	if c.Span != v.At || lo != c.Span.Hi {
		s.fail("invariant 8: %s covers %v up to %d, not %v", key, c.Span, lo, v.At)
	}
	if len(c.Children) > MaxChildren || c.Limit > lm.Turn || c.Limit < MinLimit {
		s.fail("invariant 8: %s has %d children, and a limit of %v", key, len(c.Children), c.Limit)
	}
}

// checkPart checks the bytes of a part as it is written.
func (s *sim) checkPart(l *simLife, key string, node *simNode, p *part, data []byte, at okazaki.Span) {
	if p.Blob != "" {
		if data = s.store.value(l.keys().blob(p.Blob)); data == nil && l.end != nil {
			return // it was deleted
		}
	}
	if want := s.want(l.axes[node.stage].Axis.Note, node.stage, at); !bytes.Equal(data, want) && !l.deleted {
		s.fail("invariant 6: %s has %q, not %q", key, data, want)
	}
}

// checkMerged checks that a merged part covers its span, or names what is
// missing.
func (s *sim) checkMerged(a *actor, l *simLife, key string, value []byte, parent *simNode, ord int) {
	m, data, err := readMerged(value, parent.split.span(ord))
	if err != nil {
		s.fail("%s: %v", key, err)
		return
	}
	kid := parent.kid(ord)
	own := m.Calls
	if kid.verdict != nil && kid.verdict.Kind == splitVerdict {
		node := l.nodes[kid.verdict.Nonce]
		if abandoned := m.Miss == 1 && m.Holes[0].Span == m.At && !strings.HasPrefix(m.Holes[0].Reason, "merge: "); !abandoned {
			own = own.Minus(node.below())
		}
		s.checkJoined(l, key, node, m)
	}
	made := simMerged{merged: m, step: s.steps, read: a.readMerged, own: own}
	if !l.redone && !l.deleted {
		s.tells(a, key, own)
		made.maker = a.meter
	}
	kid.merged = append(kid.merged, made)
	if m.Miss == 0 && m.Part != nil {
		s.checkPart(l, key, parent, m.Part, data, m.At)
	}
}

// checkJoined checks that a merge which failed had a reason.
func (s *sim) checkJoined(l *simLife, key string, node *simNode, m *merged) {
	if m.Miss != 1 || m.Holes[0].Span != m.At || l.crashed || l.deleted {
		return
	}
	reason, ours := strings.CutPrefix(m.Holes[0].Reason, "merge: ")
	if ours && !node.tooBig && !convicting(node.broken) && reason != errOverdrawn.Error() {
		s.fail("invariant 13: %s: the merge is at fault because %s, which only %v met", key, reason, node.broken)
	}
	if m.Holes[0].Reason == unmerged && !s.poor(node, len(node.joins)) {
		s.fail("invariant 3: %s gives up with retries left", key)
	}
}

const unmerged = "no attempt to merge it ended in time, and no retry is left"

func convicting(machines []string) bool {
	return distinct(machines) >= 2 || len(machines) >= 3
}

// poor says that no further attempt could be paid for, after n.
func (s *sim) poor(node *simNode, n int) bool {
	if n >= 5 {
		return true
	}
	for ; node != nil; node = node.parent {
		if node.slots < node.split.Pool {
			return false
		}
	}
	return true
}

// checkFail checks that a span which failed did so for a reason that holds.
func (s *sim) checkFail(a *actor, l *simLife, key string, node *simNode, ord int, kid *simKid) {
	reason := kid.verdict.Reason
	poor := s.poor(node, len(kid.tries))
	switch {
	case reason == "":
		s.fail("%s has no reason", key)
	case l.crashed || l.deleted:
	case strings.Contains(reason, "(met"):
		if !convicting(kid.broken) && !poor {
			s.fail("invariant 13: %s is at fault because %s, which only %v met", key, reason, kid.broken)
		}
	case strings.HasPrefix(reason, "none of"), strings.Contains(reason, "attempts lapsed"):
		if !poor {
			s.fail("invariant 3: %s gives up with retries left: %s", key, reason)
		}
	case strings.HasSuffix(reason, "of the largest worker"):
		if !kid.tooBig {
			s.fail("%s did not fit, but no worker of the largest class tried", key)
		}
	case reason == errOverdrawn.Error(), strings.HasPrefix(reason, "over budget"):
	case !s.explained(reason, kid.verdict.At) && s.faults:
		s.fail("invariant 13: %s fails because %s", key, reason)
	}
	if last := len(kid.tries) - 1; last >= 0 && strings.Contains(reason, "attempts lapsed") && !a.machine.skewed && !l.crashed && !l.deleted {
		at := kid.tries[last]
		if at.turn != a.nonce && !at.released && s.now-at.born < at.limit && s.dead[at.worker] == nil {
			s.fail("invariant 12: %s fails while %s is at it", key, at.turn)
		}
	}
}

// deleted notes that a key is about to go.
func (s *sim) deleted(key string) {
	if id, n, ok := parseName(strings.Replace(strings.TrimPrefix(key, livesPrefix), "/", ".", 1)); ok {
		if l := s.named[lifeName(id, n)]; l != nil {
			l.dirty, l.deleted = true, true
		}
		return
	}
	if l := s.lives[strings.TrimPrefix(key, endedPrefix)]; l != nil {
		if !s.expiring && s.store.values[lifeKey(l.id, l.n)] != nil {
			s.fail("invariant 11: it is forgotten that %s has ended, while it has a name", l.name)
		}
		l.deleted = true
		return
	}
	l := s.lifeOf(key)
	if l == nil {
		return
	}
	lm := &l.Job.Limits
	switch kind := kindOf(key); kind {
	case 'a', 'm', 'p':
		l.crashed = l.crashed || l.end == nil
		l.lost += simSlot(lm)
		if node, _, _ := l.nodeOf(key); node != nil && kind == 'p' {
			node.slots--
		}
	case 'x', 'v', 'd', 'b':
		if kind == 'd' {
			l.redone = true
			l.untells(key)
		}
		l.dirty = l.dirty || !l.gone
	}
	l.deleted = l.deleted || l.end != nil
}
