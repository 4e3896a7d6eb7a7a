package scatter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"okazaki"
)

// ErrGone says that a part of a done job's answer is there no more: it was
// collected, or it has expired. [Resubmit] works what is missing.
var ErrGone = errors.New("a part of the answer is gone")

// Gathered is the gathered result of a stage that is done: the joined part of
// its root span. It reads verdicts only, a few at a time, and checks blobs
// against their hash. Where a part has gone, its error wraps ErrGone.
// So does the error of a span that failed, unless the job's limits say Partial:
// then the span is left out.
func Gathered(s okazaki.Store, name string, stage int) okazaki.Result {
	return func(ctx context.Context) (io.ReadCloser, error) {
		l, err := loadLife(ctx, s, name)
		if err != nil {
			return nil, gone(err)
		}
		return l.gathered(s, stage)(ctx)
	}
}

func (l *life) gathered(s okazaki.Store, stage int) okazaki.Result {
	return func(ctx context.Context) (io.ReadCloser, error) {
		r := &gatheredReader{ctx: ctx, s: s, k: l.keys(), partial: l.Job.Limits.Partial}
		rec, err := getAxis(ctx, s, r.k, stage)
		if err != nil {
			return nil, fmt.Errorf("stage %d: %w", stage, gone(err))
		}
		r.concat = rec.Axis.Concat
		whole := okazaki.Span{Hi: rec.Axis.Units}
		r.enter(&manifest{node: rec.Nonce, split: &split{Span: whole, Children: []child{{Hi: whole.Hi, Budget: 1}}}})
		return r, nil
	}
}

// gone is an error of what should be there: that it is not found is not the
// end of the search.
func gone(err error) error {
	if errors.Is(err, okazaki.ErrNotFound) {
		return lost(err)
	}
	return err
}

// lost is an error of a hole in a stage that was whole when it was done: a
// record of it was lost, and could not be made again.
func lost(err error) error { return fmt.Errorf("%w: %w", ErrGone, err) }

// A gatheredReader walks the verdicts in order.
type gatheredReader struct {
	ctx     context.Context
	s       okazaki.Store
	k       keys
	path    []*manifest
	rest    []byte // of the part at hand
	partial bool   // spans that failed are left out
	concat  bool   // parts of the stage follow each other
}

// A manifest is a node whose children's parts follow each other.
type manifest struct {
	node    string
	split   *split
	carried *part
	ord     int      // of the next child
	values  [][]byte // verdicts of children ord, ord+1, … that were fetched ahead
}

// ahead is how many verdicts are fetched at once.
const ahead = 64

// Read reads the next bytes of the result.
func (r *gatheredReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if len(r.path) == 0 {
			return 0, io.EOF
		}
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close forgets what was fetched.
func (r *gatheredReader) Close() error {
	r.path, r.rest = nil, nil
	return nil
}

func (r *gatheredReader) enter(m *manifest) { r.path = append(r.path, m) }

// advance takes the next child of the innermost node.
func (r *gatheredReader) advance() error {
	m := r.path[len(r.path)-1]
	if m.ord == len(m.split.Children) {
		r.path = r.path[:len(r.path)-1]
		return nil
	}
	ord := m.ord
	if m.split.carried(ord) {
		m.ord++
		return r.open(m.carried)
	}
	if len(m.values) == 0 {
		if err := r.fetch(m); err != nil {
			return err
		}
	}
	b := m.values[0]
	m.values = m.values[1:]
	m.ord++
	if b == nil {
		return fmt.Errorf("span %v has no verdict: %w", m.split.span(ord), gone(okazaki.ErrNotFound))
	}
	v, data, err := readVerdict(b, m.split.span(ord))
	if err != nil {
		return err
	}
	switch v.Kind {
	case partVerdict:
		v.Part.data = data
		return r.open(v.Part)
	case splitVerdict:
		return r.descend(m, ord, v, data)
	}
	if r.partial {
		return nil
	}
	return lost(fmt.Errorf("span %v is missing: %s", m.split.span(ord), v.Reason))
}

// descend opens the merged part of a child that was split, or else walks its
// children.
func (r *gatheredReader) descend(m *manifest, ord int, v *verdict, data []byte) error {
	b, err := patientGet(r.ctx, r.s, r.k.merged(m.node, ord))
	if err != nil {
		return fmt.Errorf("span %v: %w", m.split.span(ord), gone(err))
	}
	rec, joined, err := readMerged(b.Bytes, m.split.span(ord))
	if err != nil {
		return err
	}
	if rec.Miss > 0 && !r.partial {
		return lost(fmt.Errorf("span %v is missing %d spans, the first because %v", m.split.span(ord), rec.Miss, rec.Holes[0]))
	}
	switch {
	case rec.Part != nil:
		rec.Part.data = joined
		return r.open(rec.Part)
	case !r.concat: // what is there was not joined
		return nil
	}
	r.enter(&manifest{node: v.Nonce, split: v.Split, carried: v.carried(data)})
	return nil
}

func (r *gatheredReader) fetch(m *manifest) error {
	var keys []string
	for ord := m.ord; ord < min(m.ord+ahead, len(m.split.Children)); ord++ {
		keys = append(keys, r.k.verdict(m.node, ord))
	}
	values, err := getAll(r.ctx, r.s, keys)
	m.values = values
	return err
}

func (r *gatheredReader) open(p *part) error {
	if p.Blob == "" {
		r.rest = p.data
		return nil
	}
	v, err := patientGet(r.ctx, r.s, r.k.blob(p.Blob))
	if err != nil {
		return fmt.Errorf("part %s: %w", p.Blob, gone(err))
	}
	r.rest, err = checked(v.Bytes, p)
	return err
}

// checked returns a blob's bytes if they are the ones that the part names.
func checked(b []byte, p *part) ([]byte, error) {
	sum := sha256.Sum256(b)
	if int64(len(b)) != p.Size || hex.EncodeToString(sum[:]) != p.Blob {
		return nil, fmt.Errorf("part %s: the store answers other bytes (%d, not %d)", p.Blob, len(b), p.Size)
	}
	return b, nil
}
