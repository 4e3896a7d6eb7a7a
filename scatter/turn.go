package scatter

import (
	"bytes"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"okazaki"
)

// An Op is what a [Turn] wants done next.
type Op int

// The ops of an [Effect].
const (
	OpGet    Op = iota // fetch all Keys
	OpList             // list everything under Prefix
	OpCreate           // create Key; if NextKey isn't "", create that, and Key behind the turn
	OpAwait            // wait for all creates behind the turn
	OpWork             // run the engine over Span, for at most Limit, on attempt Key
	OpMerge            // merge Parts
	OpPlan             // plan Stage
	OpProbe            // ask which of Workers are known to be dead
	OpLeave            // the turn is over
)

// An Effect is one thing to do. Its reply is the next argument of Step.
type Effect struct {
	Op      Op
	Keys    []string
	Prefix  string
	Key     string
	Value   []byte
	NextKey string // OpCreate: the attempt that the turn wants next
	Next    []byte // its value
	Stage   int
	Span    okazaki.Span
	Limit   time.Duration
	Whole   bool // OpWork: there is no budget to share the span, so stop only at the limit
	Parts   []*part
	Workers []string
	Tries   int            // how often the store was busy with this effect
	Ring    []okazaki.Wake // to be rung, whatever Op is
	End     *End           // OpLeave: how the job ended, if it did
	Err     error          // OpLeave: what stopped the turn
}

// A Status is how an effect went.
type Status int

// The statuses of a [Reply].
const (
	OK     Status = iota
	Exists        // OpCreate: someone's value is there
	Busy          // nothing is known; the effect may have happened
	Failed        // it will not work: Err
)

// A Reply tells a [Turn] what became of its last effect.
type Reply struct {
	Status  Status
	Next    Status          // OpCreate: of NextKey
	Behind  []Outcome       // of creates behind the turn: those that have ended since the last reply
	Values  [][]byte        // OpGet: one a key; nil where there is none
	Entries []okazaki.Entry // OpList
	Bytes   []byte          // OpWork, OpMerge: the part
	Done    int64           // OpWork: the part covers [Span.Lo, Done)
	Axis    okazaki.Axis    // OpPlan
	Dead    []bool          // OpProbe: one a worker
	Sick    bool            // the worker is to take no more work for now
	Took    time.Duration   // OpWork: how long it ran
	Setup   time.Duration   // OpWork: of that, before the first unit
	Calls   okazaki.Calls   // of the worker so far, in this turn and before
	Elapsed time.Duration   // of the turn so far
	Err     error
}

// maxTries is how often a busy store is asked again before the turn gives up.
const maxTries = 12

// A Turn is one worker's visit to a job: a pure state machine. Step takes the
// reply to the last effect and returns the next one; it has no clock, no
// goroutine and no randomness of its own, so that a simulator can drive it.
type Turn struct {
	life        *life
	job         *okazaki.Job
	k           keys
	workerSeed  string        // of this worker: where it begins
	nonce       string        // of this turn; what it creates carries it
	seq         int           // of the next nonce
	class       int           // of this worker
	machine     string        // that the worker runs on
	alone       bool          // no other machine works the job
	probes      bool          // the worker may know of others that they are dead
	sick        bool          // the worker takes no more work
	convicted   int           // spans that failed here, as they had elsewhere
	until       time.Duration // when to look for no more spans
	left        time.Duration // until the job's deadline
	looked      time.Duration // when the turn last saw that the job has not ended
	inlineLimit int           // bytes above which a part becomes a blob
	axis        okazaki.Axis
	axes        []*axisRecord // of the stages so far
	redid       map[int]bool  // stages that the turn went back to
	stage       int
	path        []*frame        // from above the stage's root to the node at hand
	hint        okazaki.Wake    // what woke the turn; not trusted
	trail       []int           // ordinals of the wake's node that are still to be entered
	seen        map[string]bool // nodes left with nothing to do
	bought      int             // attempts bought
	larger      string          // a node with a span that is open to a larger class
	elapsed     time.Duration   // of the turn, as the last reply said
	calls       okazaki.Calls   // of the worker, as the last reply said
	reported    okazaki.Calls   // of those, what records hold

	pending    Effect
	confirming bool // pending is a create that answered Exists; its key was asked for
	then       func(Reply) Effect
	next       nextTry
	behind     []record // creates that the turn did not wait for
}

// A frame is a split node on the way from the root to where the turn is.
type frame struct {
	node     string   // the nonce of the record that made it
	at       string   // its path, for wakes
	from     []origin // nodes of earlier lives that were cut alike
	ord      int      // in its parent
	depth    int      // of its children
	split    *split
	carried  *part // of child 0, if the split kept it
	state    []childState
	tries    []tries
	settled  int // children decided
	cursor   int
	lost     int // races since the attempts were listed
	moved    int // how often it went on elsewhere, away from others
	listed   bool
	blind    bool // begun at a wake's hint, without a list
	swept    bool
	notSplit map[int]bool // marked children that turned out not to be split
}

type childState uint8

const (
	childOpen childState = iota
	childHeld            // someone's attempt is under way
	childDecided
)

// TurnOptions describe the worker that takes a turn.
type TurnOptions struct {
	WorkerSeed string        // of the worker: its turns begin at the same place of a node, and others' elsewhere
	Nonce      string        // different for every turn ever taken
	Class      int           // of the worker
	Machine    string        // that it runs on: two troubles of one machine are one witness
	Alone      bool          // no other machine works the job
	Probes     bool          // OpProbe is answered
	Until      time.Duration // the turn looks for no more spans after this
	Left       time.Duration // until the job's deadline: a turn past it closes the job
	Inline     int           // parts above this many bytes become blobs
	Reported   okazaki.Calls // of the worker before the turn, that records hold
}

// newTurn is a worker's turn at a life of a job, begun by a wake.
func newTurn(l *life, wake okazaki.Wake, o TurnOptions) *Turn {
	t := &Turn{
		life: l, job: &l.Job, k: l.keys(),
		workerSeed: o.WorkerSeed, nonce: o.Nonce, class: o.Class, until: o.Until, left: o.Left, inlineLimit: o.Inline,
		machine: o.Machine, alone: o.Alone, probes: o.Probes,
		reported: o.Reported, seen: map[string]bool{}, axes: make([]*axisRecord, len(l.Job.Stages)),
	}
	if stage, path, ok := parseNode(wake.Node); ok {
		t.stage, t.trail = stage, path
	}
	t.hint = wake
	return t
}

// Begin is the first effect.
func (t *Turn) Begin() Effect {
	keys := []string{endedKey(t.life.Prefix)}
	for s := range t.job.Stages {
		keys = append(keys, t.k.axis(s))
	}
	return t.get(keys, t.onBegin)
}

// Bought is how many attempts the turn bought.
func (t *Turn) Bought() int { return t.bought }

// Larger is a node with a span that is open to a larger class of workers only;
// "" if the turn saw none.
func (t *Turn) Larger() string { return t.larger }

// Step takes the reply to the last effect and returns the next.
func (t *Turn) Step(r Reply) Effect {
	t.elapsed, t.calls = r.Elapsed, r.Calls
	t.sick = t.sick || r.Sick
	t.triedNext(r)
	again, err := t.caughtUp(r.Behind)
	switch {
	case err != nil:
		return t.leave(err)
	case len(again) > 0:
		return t.repeat(again, r)
	}
	return t.step(r)
}

func (t *Turn) step(r Reply) Effect {
	switch {
	case r.Status == Busy && t.pending.Tries < maxTries:
		t.pending.Tries++
		t.pending.Ring = nil
		return t.pending
	case r.Status == Busy:
		return t.leave(okazaki.ErrBusy)
	case r.Status == Failed && t.pending.Op != OpWork && t.pending.Op != OpMerge && t.pending.Op != OpPlan:
		return t.leave(r.Err)
	case t.confirming:
		return t.confirm(r)
	case t.pending.Op == OpCreate && r.Status == Exists:
		return t.doubt(t.pending.Key, t.pending.Value, t.then)
	}
	return t.then(r)
}

// doubt asks for the value of a create that answered Exists: a client that
// tried again may be told "exists" of its own value.
func (t *Turn) doubt(key string, value []byte, then func(Reply) Effect) Effect {
	t.confirming = true
	e := t.get([]string{key}, then)
	t.pending.Value = value
	return e
}

// confirm decides whose value it is that exists.
func (t *Turn) confirm(r Reply) Effect {
	if r.Values[0] == nil { // a stale read of a value that is there
		if t.pending.Tries++; t.pending.Tries > maxTries {
			return t.leave(okazaki.ErrBusy)
		}
		return t.pending
	}
	t.confirming = false
	if bytes.Equal(r.Values[0], t.pending.Value) {
		r.Status = OK
	} else {
		r.Status = Exists
	}
	return t.then(r)
}

func (t *Turn) get(keys []string, then func(Reply) Effect) Effect {
	return t.do(Effect{Op: OpGet, Keys: keys}, then)
}

func (t *Turn) list(prefix string, then func(Reply) Effect) Effect {
	return t.do(Effect{Op: OpList, Prefix: prefix}, then)
}

func (t *Turn) create(key string, value []byte, then func(Reply) Effect) Effect {
	return t.do(Effect{Op: OpCreate, Key: key, Value: value}, then)
}

func (t *Turn) do(e Effect, then func(Reply) Effect) Effect {
	if len(t.behind) > 0 && !t.overlaps(&e) {
		e, then = Effect{Op: OpAwait}, t.awaited(e, then)
	}
	t.pending, t.then = e, then
	return e
}

func (t *Turn) leave(err error) Effect {
	t.confirming = false // what is behind the turn is still awaited
	return t.do(Effect{Op: OpLeave, Err: err}, nil)
}

// unreportedCalls returns the calls that no record holds, the create of the next
// record included. They count as reported from here on, unless onRecorded learns
// that another record won.
func (t *Turn) unreportedCalls() okazaki.Calls {
	if t.job.Limits.Calls == (okazaki.Prices{}) {
		return okazaki.Calls{} // they are worth nothing
	}
	c := t.calls.Plus(okazaki.Calls{Large: 1}) // or small: that isn't known yet
	before := t.reported
	t.reported = c
	return c.Minus(before)
}

// onRecorded takes back that calls were reported, by a record that lost.
func (t *Turn) onRecorded(r Reply, calls okazaki.Calls) {
	if r.Status == Exists {
		t.reported = t.reported.Minus(calls)
	}
}

// nextNonce makes the nonce of the next value that the turn creates.
func (t *Turn) nextNonce() string {
	t.seq++
	return t.nonce + "." + strconv.Itoa(t.seq)
}

func (t *Turn) push(node string, ord int, s *split, carried *part) {
	f := &frame{
		node: node, ord: ord, split: s, carried: carried, from: originsOf(s.From),
		state:    make([]childState, len(s.Children)),
		tries:    make([]tries, len(s.Children)),
		notSplit: map[int]bool{},
	}
	if n := len(t.path); n > 0 {
		f.depth = t.path[n-1].depth + 1
		f.at = childNode(t.path[n-1].at, ord)
	} else {
		f.at = stageNode(t.stage)
	}
	for ord := range s.Children {
		if s.carried(ord) {
			f.decide(ord)
		}
	}
	f.cursor = t.place(f, len(f.state))
	if f.at == t.hint.Node && t.hint.Hint > 0 {
		f.cursor = t.hint.Hint % len(s.Children)
	}
	t.path = append(t.path, f)
}

// place is where among n children of a frame this worker begins: workers begin
// apart, and each goes on where it was, which spares an engine from reading
// its input from the start again.
func (t *Turn) place(f *frame, n int) int {
	h := fnv.New32a()
	h.Write([]byte(t.workerSeed))
	h.Write([]byte(f.at))
	h.Write([]byte(strconv.Itoa(f.moved)))
	return int(h.Sum32()>>1) % n
}

func (t *Turn) top() *frame { return t.path[len(t.path)-1] }

func (f *frame) decide(ord int) {
	if f.state[ord] != childDecided {
		f.state[ord] = childDecided
		f.settled++
	}
}

// follow enters the wake's node. A child exists only through its parent's
// committed split, so every step reads the verdict.
func (t *Turn) follow() Effect {
	f := t.top()
	if len(t.trail) == 0 || t.trail[0] >= len(f.split.Children) || f.split.carried(t.trail[0]) {
		t.trail = nil
		return t.look()
	}
	ord := t.trail[0]
	t.trail = t.trail[1:]
	return t.enter(ord, t.follow)
}

// enter makes child ord of the top frame the top frame if it was split, and
// goes on with then either way.
func (t *Turn) enter(ord int, then func() Effect) Effect {
	f := t.top()
	return t.get([]string{t.k.verdict(f.node, ord)}, func(r Reply) Effect {
		if r.Values[0] == nil {
			t.trail = nil
			return then()
		}
		v, data, err := readVerdict(r.Values[0], f.split.span(ord))
		if err != nil {
			return t.leave(err)
		}
		f.decide(ord)
		if v.Kind != splitVerdict {
			f.notSplit[ord] = true
			t.trail = nil
			return then()
		}
		t.push(v.Nonce, ord, v.Split, v.carried(data))
		return then()
	})
}

// carried is the part that the split's first child already has.
func (v *verdict) carried(data []byte) *part {
	if v.Part != nil {
		v.Part.data = data
	}
	return v.Part
}

// look lists the verdicts of the top frame's children.
func (t *Turn) look() Effect {
	f := t.top()
	if !f.listed && t.hint.Hint > 0 && f.at == t.hint.Node {
		t.hint.Hint = 0 // trusted once: where others have been, a list is due
		f.listed, f.blind = true, true
	}
	if f.listed {
		return t.choose()
	}
	f.blind = false
	return t.list(t.k.verdicts(f.node), func(r Reply) Effect {
		for _, e := range r.Entries {
			if ord, _, ok := parseOrdinal(e.Key); ok && ord < len(f.state) {
				f.decide(ord)
			}
		}
		f.listed = true
		if f.lost > 0 {
			return t.sweep()
		}
		return t.choose()
	})
}

// parseOrdinal reads the last part of a key: ORD, ORD.N or ORD.N.t.
func parseOrdinal(key string) (ord, n int, ok bool) {
	name := strings.TrimSuffix(key[strings.LastIndexByte(key, '/')+1:], troubleSuffix)
	a, b, dotted := strings.Cut(name, ".")
	ord, err := strconv.Atoi(a)
	if err != nil || ord < 0 {
		return 0, 0, false
	}
	if dotted {
		if n, err = strconv.Atoi(b); err != nil || n < 0 {
			return 0, 0, false
		}
	}
	return ord, n, true
}

// choose takes the next open child, or goes where else there may be work.
func (t *Turn) choose() Effect {
	f := t.top()
	if f.settled < len(f.state) {
		if t.next.of == nil && t.spent() {
			if t.bought == 0 { // or turns that are too slow to buy would wake each other for ever
				return t.leave(nil)
			}
			return t.do(Effect{Op: OpLeave, Ring: []okazaki.Wake{{Job: t.life.name(), Node: f.at, Hint: f.cursor + 1}}}, nil)
		}
		if ord, ok := f.pick(); ok && t.affords(&f.tries[ord], t.atFloor(f, ord)) {
			return t.unlessEnded(func() Effect { return t.buy(ord) })
		}
		if f.blind { // what has a verdict is not to be bought again
			f.listed = false
			return t.look()
		}
		if !f.swept {
			return t.sweep()
		}
	}
	return t.survey()
}

// spent says whether the turn has used most of its time.
func (t *Turn) spent() bool { return t.sick || t.elapsed >= t.until*17/20 }

// pick is the next child, from the cursor on and around, that nobody is known
// to hold.
func (f *frame) pick() (int, bool) {
	n := len(f.state)
	for i := range n {
		ord := f.cursor + i
		if ord >= n {
			ord -= n
		}
		if f.state[ord] == childOpen {
			f.cursor = ord
			return ord, true
		}
	}
	return 0, false
}
