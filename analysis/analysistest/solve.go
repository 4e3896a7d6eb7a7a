package analysistest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"okazaki"
)

// A stage is a planned stage and its gathered result.
type stage struct {
	n      int
	axis   okazaki.Axis
	prior  []okazaki.Result
	result *gathered
}

// A solution is a whole answer and the stages that led to it.
type solution struct {
	stages  []stage
	outputs map[string][]byte
}

// solve runs the engine's job with its stages cut into spans of a size; 0
// means uncut.
func solve(ctx context.Context, e okazaki.Engine, stages int, size int64) (*solution, error) {
	s := &solution{}
	for n := range stages {
		prior := s.results()
		axis, err := plan(ctx, e, n, prior)
		if err != nil {
			return nil, err
		}
		st := stage{n: n, axis: axis, prior: prior}
		b, err := st.cut(ctx, e, size)
		if err != nil {
			return nil, err
		}
		st.result = &gathered{bytes: b}
		s.stages = append(s.stages, st)
	}
	var err error
	s.outputs, err = render(ctx, e, s.results())
	return s, err
}

func (s *solution) results() []okazaki.Result {
	var results []okazaki.Result
	for i := range s.stages {
		results = append(results, s.stages[i].result.result)
	}
	return results
}

// plan is the axis as it arrives at a worker, through JSON.
func plan(ctx context.Context, e okazaki.Engine, n int, prior []okazaki.Result) (axis okazaki.Axis, err error) {
	planned, err := e.Plan(ctx, n, prior)
	if err != nil {
		return axis, err
	}
	if planned.Units < 0 || planned.Floor < 0 {
		return axis, fmt.Errorf("stage %d: an axis of %d units with the floor %d", n, planned.Units, planned.Floor)
	}
	b, err := json.Marshal(planned)
	if err != nil {
		return axis, err
	}
	return axis, json.Unmarshal(b, &axis)
}

// render is the outputs, which are there only if Render succeeds.
func render(ctx context.Context, e okazaki.Engine, results []okazaki.Result) (map[string][]byte, error) {
	out := &outputs{files: map[string]*output{}}
	if err := e.Render(ctx, results, out); err != nil {
		return nil, err
	}
	return out.answer()
}

func (st *stage) whole() okazaki.Span { return okazaki.Span{Hi: st.axis.Units} }

// work computes a span to its end.
func (st *stage) work(ctx context.Context, e okazaki.Engine, span okazaki.Span) ([]byte, error) {
	part, done, err := st.attempt(ctx, e, span, nil)
	if err == nil && done != span.Hi {
		err = fmt.Errorf("stage %d: Work of %v was never told to stop, and stopped at %d", st.n, span, done)
	}
	return part, err
}

// attempt works a span until done reaches what stop allows, and checks the
// progress that the engine reports. A nil stop never stops.
func (st *stage) attempt(ctx context.Context, e okazaki.Engine, span okazaki.Span, stop func(done int64) bool) ([]byte, int64, error) {
	var illegal error
	last := span.Lo
	task := &okazaki.Task{Stage: st.n, Span: span, Axis: st.axis, Prior: st.prior}
	if stop != nil {
		task.Continue = func(done int64) bool {
			if done < last || done > span.Hi {
				illegal = fmt.Errorf("stage %d: Work of %v called Continue(%d) after Continue(%d)", st.n, span, done, last)
			}
			last = max(last, done)
			return !stop(done)
		}
	}
	part, done, err := e.Work(ctx, task)
	switch {
	case err != nil:
		return nil, 0, err
	case illegal != nil:
		return nil, 0, illegal
	case done < span.Lo || done > span.Hi:
		return nil, 0, fmt.Errorf("stage %d: Work of %v says that it is done to %d", st.n, span, done)
	}
	return part, done, nil
}

// cut works the stage in spans of a size and joins them; 0 means uncut.
func (st *stage) cut(ctx context.Context, e okazaki.Engine, size int64) ([]byte, error) {
	return st.cutFrom(ctx, e, size, 0)
}

// cutFrom is cut with the spans worked in rotation from the one numbered first.
func (st *stage) cutFrom(ctx context.Context, e okazaki.Engine, size int64, first int) ([]byte, error) {
	spans := split(st.axis.Units, size)
	parts, kept := make([][]byte, len(spans)), make([][]byte, len(spans))
	for i := range spans {
		at := (i + first) % len(spans)
		part, err := st.work(ctx, e, spans[at])
		if err != nil {
			return nil, err
		}
		parts[at], kept[at] = part, bytes.Clone(part)
	}
	if !same(parts, kept) {
		return nil, fmt.Errorf("stage %d: a part changed after Work had returned it", st.n)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return st.join(ctx, e, parts)
}

// split is [0, units) in spans of a size, or as one.
func split(units, size int64) []okazaki.Span {
	if size <= 0 || units <= size {
		return []okazaki.Span{{Hi: units}}
	}
	var spans []okazaki.Span
	for lo := int64(0); lo < units; lo += size {
		spans = append(spans, okazaki.Span{Lo: lo, Hi: min(lo+size, units)})
	}
	return spans
}

// join is the part of adjacent spans in order.
func (st *stage) join(ctx context.Context, e okazaki.Engine, parts [][]byte) ([]byte, error) {
	if len(parts) == 0 {
		return nil, errors.New("nothing to join")
	}
	if st.axis.Concat {
		return bytes.Join(parts, nil), nil
	}
	kept := make([][]byte, len(parts))
	for i, p := range parts {
		kept[i] = bytes.Clone(p)
	}
	merged, err := e.Merge(ctx, st.n, parts)
	if err != nil {
		return nil, fmt.Errorf("merge of %d parts of stage %d: %w", len(parts), st.n, err)
	}
	if !same(parts, kept) {
		return nil, fmt.Errorf("stage %d: Merge changed a part that it was given", st.n)
	}
	return merged, nil
}

func same(a, b [][]byte) bool {
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// difference says where two byte strings part; empty if they don't.
func difference(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	show := func(b []byte) []byte { return b[max(0, at-20):min(len(b), at+40)] }
	return fmt.Sprintf("differs at byte %d (%d bytes, uncut %d):\n   got …%q…\n uncut …%q…", at, len(got), len(want), show(got), show(want))
}
