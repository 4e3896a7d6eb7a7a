package variant

import (
	"context"
	"errors"
	"iter"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/vcf"
)

// A task is a unit's lines, and once it is annotated its frame.
type task struct {
	text  []byte
	out   []byte
	wrong *okazaki.Error // with the file, that this unit can't be read; or nil
	err   error          // that ended the reading before this unit, or its annotation
}

// annotated yields the units of a span in order, annotated on the given
// number of cores. A unit is valid until the next.
func (e *engine) annotated(ctx context.Context, c *cutter, stage int, n *noted, span okazaki.Span, cores int) iter.Seq2[*task, error] {
	units := func(yield func(*task) bool) {
		for unit := span.Lo; unit < span.Hi && ctx.Err() == nil; unit++ {
			k := e.cut(c, unit)
			last := k.err != nil // the task isn't ours once it is handed on
			if !yield(k) || last {
				return
			}
		}
	}
	annotate := func(k *task) {
		if k.err != nil {
			return
		}
		a := e.annotator(stage, n)
		if k.out, k.err = a.unit(k.out[:0], k); k.err == nil {
			e.put(stage, a) // another is left in the middle of something
		}
	}
	return func(yield func(*task, error) bool) {
		for k, err := range analysis.Ordered(ctx, cores, units, annotate) {
			if err == nil {
				err = k.err
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(k, nil) {
				return
			}
			e.tasks.Put(k)
		}
	}
}

// cut is the next unit's task.
func (e *engine) cut(c *cutter, unit int64) *task {
	k, ok := e.tasks.Get().(*task)
	if !ok {
		k = &task{}
	}
	*k = task{text: k.text[:0], out: k.out}
	if k.wrong = c.wrong; k.wrong != nil {
		return k // the file is refused, whatever follows
	}
	var err error
	k.text, err = c.unit(unit, k.text)
	switch mend, ok := errors.AsType[*okazaki.Error](err); {
	case err == errLong:
		k.wrong = vcf.TooLong("", 0).(*okazaki.Error)
	case ok:
		k.wrong = mend
	default:
		k.err = err
	}
	c.wrong = k.wrong
	return k
}
