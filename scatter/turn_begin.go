package scatter

import (
	"slices"
	"time"
)

// onBegin finds the stage that the job is at.
func (t *Turn) onBegin(r Reply) Effect {
	if r.Values[0] != nil {
		return t.leaveEnded(r.Values[0])
	}
	t.looked = t.elapsed
	if t.elapsed >= t.left {
		return t.end(End{State: Expired})
	}
	for s, v := range r.Values[1:] {
		if v != nil {
			t.axes[s] = &axisRecord{}
			if _, err := decode(v, t.axes[s]); err != nil {
				return t.leave(err)
			}
		}
	}
	// The last stage that was laid out, or the one before a stage whose axis
	// was lost.
	stage := len(t.axes) - 1
	if gap := slices.Index(t.axes, nil); gap >= 0 {
		stage = gap - 1
	}
	if stage < 0 {
		return t.leave(nil) // a submitter plans the first stage
	}
	if stage != t.stage {
		t.trail = nil
	}
	return t.enterStage(stage, t.axes[stage])
}

// lookAgain is how old the knowledge that a job has not ended may be when the
// turn buys or decides: it bounds what is spent on a job that was closed.
const lookAgain = 5 * time.Second

// unlessEnded goes on with then if the job has not ended.
func (t *Turn) unlessEnded(then func() Effect) Effect {
	if t.elapsed >= t.left {
		return t.end(End{State: Expired})
	}
	if t.elapsed-t.looked <= lookAgain {
		return then()
	}
	return t.get([]string{endedKey(t.life.Prefix)}, func(r Reply) Effect {
		if r.Values[0] != nil {
			return t.leaveEnded(r.Values[0])
		}
		t.looked = r.Elapsed
		return t.unlessEnded(then) // the look may have taken until the deadline
	})
}

func (t *Turn) leaveEnded(record []byte) Effect {
	var end End
	if _, err := decode(record, &end); err != nil {
		return t.leave(err)
	}
	return t.do(Effect{Op: OpLeave, End: &end}, nil)
}

func (t *Turn) enterStage(stage int, rec *axisRecord) Effect {
	if err := t.layOut(stage, rec); err != nil {
		return t.leave(err)
	}
	return t.follow()
}

// layOut makes the node above a stage's root span the top frame.
func (t *Turn) layOut(stage int, rec *axisRecord) error {
	s, err := root(&t.job.Limits, len(t.job.Stages), rec.Axis)
	if err != nil {
		return err
	}
	t.stage, t.axis, t.axes[stage], t.path = stage, rec.Axis, rec, nil
	t.push(rec.Nonce, 0, s, nil)
	return nil
}
