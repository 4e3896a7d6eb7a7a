package scatter

import (
	"slices"

	"okazaki"
)

// A record is what a turn creates behind itself: it goes on to other children
// before it knows what became of the create.
type record struct {
	key   string
	value []byte
	calls okazaki.Calls // that value tells
}

// An Outcome is what became of a create behind a turn.
type Outcome struct {
	Key    string
	Status Status
	Err    error
}

// overlaps says whether an effect may be carried out while creates go on behind
// the turn: only what leads to the next child's verdict. All else may read what
// they create, or ends the turn.
func (t *Turn) overlaps(e *Effect) bool {
	switch e.Op {
	case OpWork:
		return true
	case OpCreate:
		return e.Key != endedKey(t.life.Prefix)
	case OpGet:
		return t.confirming || len(e.Keys) == 1 && e.Keys[0] == endedKey(t.life.Prefix)
	}
	return false
}

// awaited goes on with an effect that does not overlap.
func (t *Turn) awaited(e Effect, then func(Reply) Effect) func(Reply) Effect {
	return func(Reply) Effect { return t.do(e, then) }
}

// caughtUp notes what became of creates behind the turn. It returns the records
// that are to be created again, because the store was busy or has a value, which
// may be the turn's own; or the error of one that can't be created.
func (t *Turn) caughtUp(outcomes []Outcome) (again []record, err error) {
	for _, o := range outcomes {
		i := 0
		for t.behind[i].key != o.Key {
			i++
		}
		switch o.Status {
		case Exists, Busy:
			again = append(again, t.behind[i])
		case Failed:
			err = o.Err
		}
		t.behind = slices.Delete(t.behind, i, i+1)
	}
	return again, err
}

// repeat creates records again, and then steps on with the reply r.
func (t *Turn) repeat(records []record, r Reply) Effect {
	if len(records) == 0 {
		return t.step(r)
	}
	pending, then, confirming := t.pending, t.then, t.confirming
	t.confirming = false
	again := records[0]
	return t.do(Effect{Op: OpCreate, Key: again.key, Value: again.value, Tries: 1}, func(created Reply) Effect {
		t.onRecorded(created, again.calls)
		t.pending, t.then, t.confirming = pending, then, confirming
		return t.repeat(records[1:], r)
	})
}
