// Package scatter splits a job into spans, works them and merges their parts,
// with nothing but a store that creates a key once.
//
// Its one invariant: an attempt only saves money, the verdict is the truth.
// Workers may be lost, late or doubled; the first verdict on a span wins
// whole, merges read verdicts only, and every way of cutting gives the same
// bytes.
//
// The package reads in the order of a span's life: [Submit] writes the job, a
// [Turn] decides what a worker does next (pure: replies in, effects out), cut.go
// divides a span and its budget, [Worker] carries the effects out, and
// [Gathered] reads what was joined.
package scatter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"okazaki"
)

// MaxChildren is the most children a node may have: one page of a list is a
// node's whole state.
const MaxChildren = okazaki.PageSize

// MaxDepth bounds how often a span may be split on the way to its leaves. At
// that depth a span is treated as its engine's floor.
const MaxDepth = 24

// ID is the id of the job's question: the hash of the job, without its limits
// and without where its inputs lie. Two submissions of the same question share
// it, and so its answer.
func ID(job *okazaki.Job) string {
	j := *job
	j.Limits = okazaki.Limits{}
	j.Inputs = make([]okazaki.Input, len(job.Inputs))
	for i, in := range job.Inputs {
		j.Inputs[i] = okazaki.Input{Role: in.Role, Name: in.Name, Size: in.Size, Digest: in.Digest}
	}
	b, err := json.Marshal(&j)
	if err != nil {
		panic(err) // a Job holds nothing that JSON can't
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

// The keys of a life. The first two characters of its prefix come first, so
// that an object store's partitions stay warm from one life to the next. NODE
// is the nonce of the record that made the node: the axis of its stage, or its
// parent's split verdict. So a key says for ever what its value is true of, and
// what is deleted, lost or late can leave a gap, never a lie.
//
//	x/STAGE        the axis of a stage
//	a/NODE/ORD.N   attempt N at child ORD of NODE
//	a/NODE/ORD.N.t what ended that attempt, if it was not the span's own fault
//	s/NODE/ORD     a mark, made before the verdict: ORD may be split
//	v/NODE/ORD     the verdict on child ORD
//	p/NODE/SLOT    a retry taken from NODE's pool, and what for
//	m/NODE/N       attempt N to merge NODE's children
//	m/NODE/N.t     what ended that attempt, likewise
//	d/NODE/ORD     the merged part of child ORD, which was split
//	b/SUM          a part too large to be inline
type keys string

func keysOf(prefix string) keys { return keys(prefix[:2] + "/" + prefix + "/") }

func (k keys) axis(stage int) string               { return string(k) + "x/" + strconv.Itoa(stage) }
func (k keys) verdicts(node string) string         { return string(k) + "v/" + node + "/" }
func (k keys) verdict(node string, ord int) string { return k.verdicts(node) + ordinal(ord) }
func (k keys) attempts(node string) string         { return string(k) + "a/" + node + "/" }
func (k keys) marks(node string) string            { return string(k) + "s/" + node + "/" }
func (k keys) mark(node string, ord int) string    { return k.marks(node) + ordinal(ord) }
func (k keys) mergeds(node string) string          { return string(k) + "d/" + node + "/" }
func (k keys) merged(node string, ord int) string  { return k.mergeds(node) + ordinal(ord) }
func (k keys) merges(node string) string           { return string(k) + "m/" + node + "/" }
func (k keys) merge(node string, n int) string     { return k.merges(node) + ordinal(n) }
func (k keys) slot(node string, slot int) string {
	return string(k) + "p/" + node + "/" + ordinal(slot)
}
func (k keys) blob(sum string) string { return string(k) + "b/" + sum }
func (k keys) attempt(node string, ord, n int) string {
	return k.attempts(node) + ordinal(ord) + "." + ordinal(n)
}

// Durable says whether a key must survive a crash of the machine that wrote
// it. Attempts, and what pays for them, need not: a worker that was lost with
// them does no harm, and what they would have kept others from buying is at
// most what was under way when the machine went down. A hint need not either.
func Durable(key string) bool {
	parts := strings.SplitN(key, "/", 4)
	if parts[0]+"/" == openPrefix {
		return false
	}
	return len(parts) < 4 || len(parts[2]) != 1 || !strings.Contains("amp", parts[2])
}

// ordinal pads to three digits, so that lists come in order.
func ordinal(n int) string {
	s := strconv.Itoa(n)
	if len(s) < 3 {
		return "000"[len(s):] + s
	}
	return s
}

// stageNode is the node above a stage's root span, which is its child 0.
func stageNode(stage int) string { return strconv.Itoa(stage) }

func childNode(node string, ord int) string { return node + "." + strconv.Itoa(ord) }

// parseNode takes a node's name apart: the stage, then the ordinals from the
// stage's own node down. It returns false for any other text.
func parseNode(node string) (stage int, path []int, ok bool) {
	parts := strings.Split(node, ".")
	if len(parts) > MaxDepth+2 {
		return 0, nil, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n >= MaxChildren {
			return 0, nil, false
		}
		if i == 0 {
			stage = n
		} else {
			path = append(path, n)
		}
	}
	return stage, path, true
}

// A Hole is a span that has no part, and why.
type Hole struct {
	Stage  int          `json:"stage"`
	Span   okazaki.Span `json:"span"`
	Reason string       `json:"reason"`
}

func (h Hole) String() string {
	return fmt.Sprintf("stage %d span %v: %s", h.Stage, h.Span, h.Reason)
}

// A State is how a job stands.
type State string

// The states of a job.
const (
	Open       State = "open"
	Done       State = "done"
	Incomplete State = "incomplete" // ended with holes
	Cancelled  State = "cancelled"
	Expired    State = "expired" // past its deadline
)

// An End closes a life. It is written once.
type End struct {
	State   State         `json:"state"`
	Job     string        `json:"job"`               // the life's name
	Roots   []string      `json:"roots,omitempty"`   // of a life that is done: the nonces of the verdicts on its stages' roots
	Holes   []Hole        `json:"holes,omitempty"`   // what is missing; those that adjoin for one reason are one
	Missing int64         `json:"missing,omitempty"` // how many spans that is
	Spent   okazaki.MBs   `json:"spent,omitempty"`   // measured in verdicts
	Calls   okazaki.Calls `json:"calls,omitzero"`    // counted in verdicts
	Nonce   string        `json:"nonce"`
}

// maxHoles bounds the holes that are named.
const maxHoles = 10_000

// A part is an engine's answer for a span: inline, or a blob by its hash.
type part struct {
	Size int64  `json:"size"`
	Blob string `json:"blob,omitempty"` // sha256 of the bytes, hex
	data []byte // inline: follows the header of the record
}

// Kinds of verdict.
const (
	partVerdict  = "part"
	splitVerdict = "split"
	failVerdict  = "fail"
)

// A verdict is what became of a span. It is written once.
type verdict struct {
	Kind   string        `json:"kind"`
	Nonce  string        `json:"nonce"`
	At     okazaki.Span  `json:"at"`               // what it is the verdict on
	Part   *part         `json:"part,omitempty"`   // of a part verdict; of a split: what its first child already has
	Split  *split        `json:"split,omitempty"`  // of a split verdict
	Reason string        `json:"reason,omitempty"` // of a fail verdict
	Spent  okazaki.MBms  `json:"spent"`            // that the attempt ran
	Calls  okazaki.Calls `json:"calls,omitzero"`   // that its worker made since the last record of its own
}

// A split divides a span, and what its node may still spend, among children.
type split struct {
	Span     okazaki.Span  `json:"span"`
	Children []child       `json:"children"`
	From     []string      `json:"from,omitempty"` // PREFIX/NODE of earlier lives that were cut alike: their parts may be adopted
	Pool     int           `json:"pool"`           // retries that the children and the merge share
	Limit    time.Duration `json:"limit"`          // of a child's first attempt, and of the first merge
}

// A child's span runs from the end of the one before it to Hi.
type child struct {
	Hi     int64       `json:"hi"`
	Budget okazaki.MBs `json:"budget"` // 0 for a child that already has its part
}

func (s *split) span(ord int) okazaki.Span {
	lo := s.Span.Lo
	if ord > 0 {
		lo = s.Children[ord-1].Hi
	}
	return okazaki.Span{Lo: lo, Hi: s.Children[ord].Hi}
}

// carried says whether child ord had its part when the split was made.
func (s *split) carried(ord int) bool { return s.Children[ord].Budget == 0 }

// A merged record is a split node's own part, joined from its children's.
type merged struct {
	Nonce string        `json:"nonce"`
	At    okazaki.Span  `json:"at"`              // what it is the part of
	Part  *part         `json:"part,omitempty"`  // nil: the children's verdicts, in order, are the manifest
	Size  int64         `json:"size"`            // bytes of the whole
	Holes []Hole        `json:"holes,omitempty"` // as End has them
	Miss  int64         `json:"miss,omitempty"`  // how many there are
	Spent okazaki.MBms  `json:"spent"`           // below and here
	Calls okazaki.Calls `json:"calls,omitzero"`  // below and here
	Spans int64         `json:"spans"`           // parts below
}

// An axisRecord lays out a stage. It is written once, before the stage begins.
type axisRecord struct {
	Axis  okazaki.Axis `json:"axis"`
	Nonce string       `json:"nonce"`
	Miss  int64        `json:"miss,omitempty"` // spans that the stages before lack: it is laid out on what there is
}

// encode writes a record: a line of JSON, then the inline bytes of its part.
func encode(record any, p *part) []byte {
	b, err := json.Marshal(record)
	if err != nil {
		panic(err) // our own records hold nothing that JSON can't
	}
	var data []byte
	if p != nil && p.Blob == "" {
		data = p.data
	}
	out := make([]byte, 0, len(b)+1+len(data))
	out = append(out, b...)
	out = append(out, '\n')
	return append(out, data...)
}

// decode reads what encode wrote and returns the bytes after the header.
func decode(b []byte, record any) ([]byte, error) {
	head, tail, ok := bytes.Cut(b, []byte{'\n'})
	if !ok {
		return nil, fmt.Errorf("a record of %d bytes has no header line", len(b))
	}
	if err := json.Unmarshal(head, record); err != nil {
		return nil, fmt.Errorf("record header: %w", err)
	}
	return tail, nil
}

// readVerdict decodes the verdict on a span, and returns the bytes of its part
// as well. A verdict on another span is an error: no schedule leads there.
func readVerdict(b []byte, at okazaki.Span) (*verdict, []byte, error) {
	v, data, ok := readPlain(b)
	var err error
	if !ok {
		v = &verdict{}
		data, err = decode(b, v)
	}
	if err == nil && v.At != at {
		err = fmt.Errorf("the store holds a verdict on %v where the one on %v belongs", v.At, at)
	}
	return v, data, err
}

// readMerged decodes the merged part of a span, and returns its bytes as well.
func readMerged(b []byte, at okazaki.Span) (*merged, []byte, error) {
	m := &merged{}
	data, err := decode(b, m)
	if err == nil && m.At != at {
		err = fmt.Errorf("the store holds the merged part of %v in place of the part of %v", m.At, at)
	}
	return m, data, err
}
