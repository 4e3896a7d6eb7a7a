package scatter

import (
	"context"
	"errors"
	"fmt"

	"okazaki"
)

// A Progress is how far a job has come, as the store tells, by all workers.
type Progress struct {
	Stage  int           `json:"stage"`            // under way, from 0; -1: not yet planned
	Units  int64         `json:"units"`            // of the stage
	Done   int64         `json:"done"`             // of those, in spans that are decided
	Spans  int64         `json:"spans"`            // decided, of all stages
	Open   int64         `json:"open"`             // spans of the stage that are known and not decided
	Failed int64         `json:"failed,omitempty"` // of the decided ones that were read, those without a part
	Spent  okazaki.MBs   `json:"spent"`            // measured in what was read; merges are added as stages end
	Calls  okazaki.Calls `json:"calls,omitzero"`   // counted in what was read, as Spent is
	Bytes  int64         `json:"bytes,omitempty"`  // of the parts that were read
	Unread int64         `json:"unread,omitempty"` // verdicts that are still to be read for Spent, Calls and Failed
	End    *End          `json:"end,omitempty"`    // if the job has ended
}

// A Watch follows a job. It reads only what it has not seen, and no more at a
// time than it is allowed to. One goroutine at a time may use it.
type Watch struct {
	Store okazaki.Store
	ID    string
	Most  int // calls to the store a refresh, about; 0: 2000
	Bytes int // of the values that a refresh reads only for what was spent, about; 0: 16 MB

	job    *okazaki.Job
	k      keys
	prefix string
	left   int // calls that this refresh may still make
	stage  int // 1 more than the stage under way
	units  int64
	root   string // the nonce of the stage's axis
	before tally  // of the stages that are over
	now    tally  // of the stage under way
	nodes  []*watchedNode
	unread []string
	end    *End
}

// A tally is what verdicts add up to.
type tally struct {
	done, spans, open, failed int64
	spent                     okazaki.MBms
	calls                     okazaki.Calls
	bytes                     int64
}

// A watchedNode is a split node whose children are not all known to be decided.
type watchedNode struct {
	node  string
	split *split
	seen  []bool
	open  int // children that are not seen
}

// Refresh looks at what has become of the job since the last time.
func (w *Watch) Refresh(ctx context.Context) (Progress, error) {
	if err := w.refresh(ctx); err != nil {
		return Progress{}, fmt.Errorf("status of job %s: %w", w.ID, err)
	}
	s := Progress{
		Stage: w.stage - 1, Units: w.units, Done: w.now.done, Open: w.now.open, End: w.end,
		Spans: w.before.spans + w.now.spans, Failed: w.before.failed + w.now.failed,
		Spent: (w.before.spent + w.now.spent).MBs(), Unread: int64(len(w.unread)),
		Calls: w.before.calls.Plus(w.now.calls), Bytes: w.before.bytes + w.now.bytes,
	}
	if w.end != nil && w.end.Spent >= s.Spent { // it knows of all stages
		s.Spent, s.Calls = w.end.Spent, w.end.Calls
	}
	return s, nil
}

func (w *Watch) refresh(ctx context.Context) error {
	if w.end != nil {
		return nil
	}
	if w.job == nil {
		l, err := loadLife(ctx, w.Store, w.ID)
		if err != nil {
			return err
		}
		w.job, w.k, w.prefix = &l.Job, l.keys(), l.Prefix
	}
	end, err := endOf(ctx, w.Store, w.prefix)
	if err != nil {
		return err
	}
	for w.stage < len(w.job.Stages) {
		begun, err := w.nextStage(ctx)
		if err != nil {
			return err
		}
		if !begun {
			break
		}
	}
	if end != nil && (end.State == Done || end.State == Incomplete) {
		err = w.closeStage(ctx)
	} else {
		err = w.walk(ctx)
	}
	w.end = end
	return err
}

// nextStage enters the next stage if it has begun.
func (w *Watch) nextStage(ctx context.Context) (bool, error) {
	rec, err := getAxis(ctx, w.Store, w.k, w.stage)
	if errors.Is(err, okazaki.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := w.closeStage(ctx); err != nil {
		return false, err
	}
	w.before.add(&w.now)
	w.now, w.nodes, w.units = tally{}, nil, rec.Axis.Units
	w.root = rec.Nonce
	w.enter(rec.Nonce, &split{
		Span:     okazaki.Span{Hi: w.units},
		Children: []child{{Hi: w.units, Budget: 1}},
	})
	w.stage++
	return true, nil
}

func (t *tally) add(o *tally) {
	t.done += o.done
	t.spans += o.spans
	t.failed += o.failed
	t.spent += o.spent
	t.calls = t.calls.Plus(o.calls)
	t.bytes += o.bytes
}

// closeStage replaces what was counted of a stage that is over by what its
// root's record says.
func (w *Watch) closeStage(ctx context.Context) error {
	if w.stage == 0 {
		return nil
	}
	node := w.root
	values, err := getAll(ctx, w.Store, []string{w.k.verdict(node, 0), w.k.merged(node, 0)})
	if err != nil || values[0] == nil {
		return err
	}
	whole := okazaki.Span{Hi: w.units}
	g, err := gatherRoot(Hole{Span: whole}, values)
	if err != nil || g == nil {
		return err
	}
	w.now = g.out.tally(whole)
	for _, p := range g.parts { // what g.out.Size leaves out
		if p != nil {
			w.now.bytes += p.Size
		}
	}
	w.nodes, w.unread = nil, nil
	return nil
}

// tally is what a merged record says of the span that it covers.
func (m *merged) tally(span okazaki.Span) tally {
	t := tally{done: span.Len(), spans: m.Spans + m.Miss, failed: m.Miss, spent: m.Spent, calls: m.Calls, bytes: m.Size}
	for _, h := range m.Holes {
		t.done -= h.Span.Len()
	}
	return t
}

func (w *Watch) enter(node string, s *split) {
	n := &watchedNode{node: node, split: s, seen: make([]bool, len(s.Children))}
	for ord := range s.Children {
		if s.carried(ord) {
			n.seen[ord] = true
			w.now.spans++
			w.now.done += s.span(ord).Len()
		} else {
			n.open++
		}
	}
	w.now.open += int64(n.open)
	w.nodes = append(w.nodes, n)
}

// walk looks at the nodes in turn, beginning where the last refresh stopped,
// and then reads verdicts that it has only counted.
func (w *Watch) walk(ctx context.Context) error {
	most := or(w.Most, 2000)
	w.left = most
	for n := len(w.nodes); n > 0 && w.left > 0; n-- {
		at := w.nodes[0]
		known := len(w.nodes)
		if err := w.visit(ctx, at); err != nil {
			return err
		}
		n += len(w.nodes) - known // children that it found are looked at as well
		w.nodes = w.nodes[1:]
		if at.open > 0 {
			w.nodes = append(w.nodes, at)
		}
	}
	w.left = max(w.left, most/4, 1)
	return w.readOn(ctx)
}

// visit counts the children of a node that were decided since the last time.
func (w *Watch) visit(ctx context.Context, n *watchedNode) error {
	w.left--
	entries, err := listAll(ctx, w.Store, w.k.verdicts(n.node))
	if err != nil {
		return err
	}
	var fresh []int
	for _, ord := range ordinals(entries, len(n.seen)) {
		if !n.seen[ord] {
			fresh = append(fresh, ord)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	w.left--
	entries, err = listAll(ctx, w.Store, w.k.marks(n.node)) // after the verdicts: a split's mark is older
	if err != nil {
		return err
	}
	marked := make([]bool, len(n.seen))
	for _, ord := range ordinals(entries, len(n.seen)) {
		marked[ord] = true
	}
	var read []int
	for _, ord := range fresh {
		if marked[ord] {
			read = append(read, ord)
			continue
		}
		w.leaf(n, ord)
		w.unread = append(w.unread, w.k.verdict(n.node, ord))
	}
	return w.read(ctx, n, read[:min(len(read), max(1, w.left))])
}

// leaf counts a child that was not split.
func (w *Watch) leaf(n *watchedNode, ord int) {
	w.decided(n, ord)
	w.now.spans++
	w.now.done += n.split.span(ord).Len()
}

func (w *Watch) decided(n *watchedNode, ord int) {
	n.seen[ord] = true
	n.open--
	w.now.open--
}

// read reads the verdicts of children that may be split, and enters those that
// are and have no merged part yet.
func (w *Watch) read(ctx context.Context, n *watchedNode, ords []int) error {
	var of []string
	for _, ord := range ords {
		of = append(of, w.k.verdict(n.node, ord), w.k.merged(n.node, ord))
	}
	w.left -= len(of)
	values, err := getAll(ctx, w.Store, of)
	if err != nil {
		return err
	}
	for i, ord := range ords {
		var v verdict
		if values[2*i] == nil {
			continue
		}
		if _, err := decode(values[2*i], &v); err != nil {
			return err
		}
		if v.Kind != splitVerdict {
			w.leaf(n, ord)
			w.count(&v)
			continue
		}
		w.decided(n, ord)
		w.count(&v)
		if b := values[2*i+1]; b != nil {
			var rec merged
			if _, err := decode(b, &rec); err != nil {
				return err
			}
			t := rec.tally(n.split.span(ord))
			w.now.add(&t)
			continue
		}
		w.enter(v.Nonce, v.Split)
	}
	return nil
}

func (w *Watch) count(v *verdict) {
	w.now.spent += v.Spent
	w.now.calls = w.now.calls.Plus(v.Calls)
	if v.Kind == partVerdict {
		w.now.bytes += v.Part.Size
	}
	if v.Kind == failVerdict {
		w.now.failed++
	}
}

// readOn reads verdicts for what they cost, as far as this refresh may.
func (w *Watch) readOn(ctx context.Context) error {
	const batch = 128
	most := or(w.Bytes, 16<<20)
	for bytes := 0; w.left > 0 && len(w.unread) > 0 && bytes < most; {
		of := w.unread[:min(len(w.unread), batch, w.left)]
		values, err := getAll(ctx, w.Store, of)
		if err != nil {
			return err
		}
		w.left -= len(of)
		w.unread = w.unread[len(of):]
		for _, b := range values {
			var v verdict
			if b == nil {
				continue
			}
			if _, err := decode(b, &v); err != nil {
				return err
			}
			bytes += len(b)
			w.count(&v)
		}
	}
	return nil
}
