package scatter

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"okazaki"
)

// A question may be asked again after its answer was cancelled, collected or
// left incomplete: it has lives. Life N of question ID is named "ID.N", and
// its record lies at lives/ID/N. All else that belongs to it lies under a
// random prefix of its own, so that what a late writer of one life leaves is
// never read by another.
const (
	livesPrefix = "lives/"
	openPrefix  = "open/"  // a hint for each life that may be open; never truth
	endedPrefix = "ended/" // how each life ended, by its prefix
	sickPrefix  = "sick/"  // workers that stopped taking work, and why; never truth
)

func lifeKey(id string, n int64) string { return livesPrefix + id + "/" + strconv.FormatInt(n, 10) }
func openKey(name string) string        { return openPrefix + name }
func endedKey(prefix string) string     { return endedPrefix + prefix }

// A lifeRecord is the value of a life's key. It is written once.
type lifeRecord struct {
	Job    okazaki.Job `json:"job"`
	Prefix string      `json:"prefix"`          // random: names all that belongs to this life
	After  []string    `json:"after,omitempty"` // prefixes of earlier lives whose parts may be adopted, the latest first
}

// maxAfter bounds how many earlier lives a life adopts parts from.
const maxAfter = 8

// A life is one making of the answer to a question.
type life struct {
	lifeRecord
	id  string
	n   int64
	age time.Duration // by the store's clock, when it was loaded
}

func (l *life) name() string { return lifeName(l.id, l.n) }
func (l *life) keys() keys   { return keysOf(l.Prefix) }

func lifeName(id string, n int64) string { return id + "." + strconv.FormatInt(n, 10) }

// parseName takes a life's name apart. Without a number it names the latest
// life, and n is -1.
func parseName(name string) (id string, n int64, ok bool) {
	id, number, numbered := strings.Cut(name, ".")
	if !isHex(id) {
		return "", 0, false
	}
	if !numbered {
		return id, -1, true
	}
	n, err := strconv.ParseInt(number, 10, 64)
	return id, n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == number
}

// isHex says whether s is the 80 bits of an id or of a life's prefix.
func isHex(s string) bool {
	return len(s) == 20 && strings.Trim(s, "0123456789abcdef") == ""
}

// newPrefix draws the prefix of a new life.
func newPrefix() string {
	var b [10]byte
	rand.Read(b[:]) // crypto/rand does not fail
	return hex.EncodeToString(b[:])
}

// loadLife returns a life by its name, or an error that wraps
// okazaki.ErrNotFound. Without its number, the name stands for the latest life
// of the question.
func loadLife(ctx context.Context, s okazaki.Store, name string) (*life, error) {
	id, n, ok := parseName(name)
	if !ok {
		return nil, fmt.Errorf("job %s: %w", name, okazaki.ErrNotFound)
	}
	if n < 0 {
		numbers, err := livesOf(ctx, s, id)
		if err != nil {
			return nil, err
		}
		if len(numbers) == 0 {
			return nil, fmt.Errorf("job %s: %w", name, okazaki.ErrNotFound)
		}
		n = numbers[0]
	}
	v, err := patientGet(ctx, s, lifeKey(id, n))
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	l := &life{id: id, n: n, age: v.Age}
	if _, err := decode(v.Bytes, &l.lifeRecord); err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	if !isHex(l.Prefix) || len(l.Job.Limits.Classes) == 0 || len(l.Job.Stages) == 0 {
		return nil, fmt.Errorf("job %s: its record has no prefix, no stages or no worker classes", name)
	}
	return l, nil
}

// livesOf returns the numbers of a question's lives, the latest first.
func livesOf(ctx context.Context, s okazaki.Store, id string) ([]int64, error) {
	entries, err := listKeys(ctx, s, livesPrefix+id+"/", nil)
	if err != nil {
		return nil, fmt.Errorf("list the lives of job %s: %w", id, err)
	}
	var numbers []int64
	for _, e := range entries {
		_, n, _ := parseName(e.life)
		numbers = append(numbers, n)
	}
	slices.SortFunc(numbers, func(a, b int64) int { return int(b - a) })
	return numbers, nil
}

// nextNumber is the number of the life after those listed, the latest first. A
// number is not used again while a write of its day may still arrive, also
// where the store has forgotten the life that had it.
func nextNumber(numbers []int64, now time.Time) int64 {
	n := now.Unix() / (24 * 3600) * 1000
	if len(numbers) > 0 {
		n = max(n, numbers[0]+1)
	}
	return n
}

// endOf returns how a life ended; nil if it has not.
func endOf(ctx context.Context, s okazaki.Store, prefix string) (*End, error) {
	v, err := patientGet(ctx, s, endedKey(prefix))
	if errors.Is(err, okazaki.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var end End
	if _, err := decode(v.Bytes, &end); err != nil {
		return nil, err
	}
	return &end, nil
}

// readable says whether the answer of a life that is done is still there, as
// far as its stages' roots tell: each must be the record that the end names.
func (l *life) readable(ctx context.Context, s okazaki.Store, end *End) (bool, error) {
	if len(end.Roots) != len(l.Job.Stages) {
		return false, nil
	}
	k := l.keys()
	for stage, root := range end.Roots {
		axis, err := getAxis(ctx, s, k, stage)
		if errors.Is(err, okazaki.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		values, err := getAll(ctx, s, []string{k.verdict(axis.Nonce, 0), k.merged(axis.Nonce, 0)})
		if err != nil {
			return false, err
		}
		g, err := gatherRoot(Hole{Stage: stage, Span: okazaki.Span{Hi: axis.Axis.Units}}, values)
		if err != nil || g == nil || g.root != root || g.out.Miss > 0 {
			return false, err
		}
	}
	return true, nil
}

// A Listing is what a list of jobs says of one.
type Listing struct {
	Job  *okazaki.Job
	Age  time.Duration // by the store's clock
	End  *End          // nil: the job is open
	Gone bool          // it has ended, and its parts are gone
}

// Look returns what a list of jobs says of one. Its error wraps
// okazaki.ErrNotFound if there is no such job.
func Look(ctx context.Context, s okazaki.Store, name string) (Listing, error) {
	l, err := loadLife(ctx, s, name)
	if err != nil {
		return Listing{}, err
	}
	listing := Listing{Job: &l.Job, Age: l.age}
	listing.End, err = endOf(ctx, s, l.Prefix)
	if err == nil && listing.End != nil {
		listing.Gone, err = l.collected(ctx, s)
	}
	if err != nil {
		return Listing{}, fmt.Errorf("job %s: %w", name, err)
	}
	return listing, nil
}

// collected says whether the parts of a life that has ended are gone.
func (l *life) collected(ctx context.Context, s okazaki.Store) (bool, error) {
	_, err := patientGet(ctx, s, l.keys().axis(0))
	if errors.Is(err, okazaki.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// getAxis returns a stage's axis record.
func getAxis(ctx context.Context, s okazaki.Store, k keys, stage int) (*axisRecord, error) {
	v, err := patientGet(ctx, s, k.axis(stage))
	if err != nil {
		return nil, err
	}
	var rec axisRecord
	if _, err := decode(v.Bytes, &rec); err != nil {
		return nil, err
	}
	return &rec, nil
}
