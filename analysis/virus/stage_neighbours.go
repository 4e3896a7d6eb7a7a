package virus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/virus/distance"
	"okazaki/genome"
)

// A comparison compares all aligned genomes with each other. Its axis is the
// tiles of pairs, which lie in a triangle and are numbered along a line.
type comparison struct {
	set   *distance.Set
	names []string // of all rows
	rows  []int    // the row of each genome of the set
	dates []dates  // of each genome of the set, zero if it isn't known; nil without metadata
	told  told     // the positions that each leaves unknown
}

// A comparer is the request for pairs, prepared once.
type comparer struct {
	options distance.Options
	within  int     // distance.Off: no pairs are asked for
	chance  float64 // of a recombinant; 0: none are asked for
	skipped bool

	compared *once[comparison]
	joined   *once[joined]
}

// maxNearest is the most neighbours of a genome that package distance returns.
const maxNearest = 1000

// checkPairs returns an error if a parameter about pairs is out of range or
// contradicts the others.
func checkPairs(v analysis.Values) error {
	err := cmp.Or(v.Between("nearest", 0, maxNearest), v.Between("cluster", -1, 10_000), v.Between("within", -1, 10_000), v.Between("recombinants", 0, 1))
	if err == nil && v.String("only") == "mutations" {
		err = unasked(v)
	}
	return err
}

// newComparer reads the parameters about pairs, which checkPairs has passed.
func newComparer(v analysis.Values, length int) (*comparer, error) {
	mask, err := parseMask(v.String("mask"), length)
	return &comparer{
		options: distance.Options{Nearest: int(v.Int("nearest")), Cluster: int(v.Int("cluster")), Mask: mask},
		within:  int(v.Int("within")),
		chance:  v.Float("recombinants"),
		skipped: v.String("only") == "mutations",

		compared: newOnce[comparison](),
		joined:   newOnce[joined](),
	}, err
}

// noPairs are the values, besides the defaults, with which nothing about pairs
// is asked.
var noPairs = map[string]string{"nearest": "0", "cluster": "-1", "within": "-1", "recombinants": "0", "mask": "", "matrix": ""}

// unasked returns an error if a parameter about pairs is given though none are
// compared.
func unasked(v analysis.Values) error {
	for _, p := range params {
		none, about := noPairs[p.Name]
		if given := v[p.Name]; about && given != nil && fmt.Sprint(given) != none && fmt.Sprint(given) != p.Default {
			return &okazaki.Error{Message: p.Name + " is about how genomes compare, and only mutations are asked for",
				Hint: "leave out --only or --" + p.Name}
		}
	}
	return nil
}

// parseMask reads positions from 1, ends included: 1-55,241.
func parseMask(text string, length int) ([]genome.Region, error) {
	var mask []genome.Region
	r := &fieldReader{}
	for item := range items([]byte(text)) {
		region := r.region(item)
		if r.err != nil || region.Lo < 0 || region.Hi > length || region.Lo >= region.Hi {
			return nil, &okazaki.Error{
				Message: fmt.Sprintf("mask: %q is not a range of positions from 1 to %d", item, length),
				Hint:    `write "1-55,29804-29903"`,
			}
		}
		mask = append(mask, region)
	}
	return mask, nil
}

// compared prepares the rows of the first stage for comparison, once.
func (e *engine) compared(ctx context.Context, rows okazaki.Result) (*comparison, error) {
	return e.comparer.compared.get(ctx, func() (*comparison, error) { return e.compare(ctx, rows) })
}

func (e *engine) compare(ctx context.Context, rows okazaki.Result) (*comparison, error) {
	length := len(e.first.Reference().Sequence)
	b, err := distance.NewBuilder(length, e.comparer.options)
	if err != nil {
		return nil, err
	}
	c := &comparison{told: told{length: length}}
	dated := e.first.judge.metadata.dated()
	var subs []distance.Substitution
	var unknown []genome.Region
	err = e.eachRow(ctx, rows, func(t *Table, calls *Calls) error {
		c.names = append(c.names, t.Name())
		if calls.Problem != "" {
			return nil
		}
		subs, unknown = appendDifferences(subs[:0], unknown[:0], calls, length)
		if err := b.Add(subs, unknown); err != nil {
			return fmt.Errorf("genome %s: %w", t.Name(), err)
		}
		c.told.add(unknown, e.comparer.options.Mask)
		c.rows = append(c.rows, len(c.names)-1)
		if dated {
			c.dates = append(c.dates, t.dates())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.set, err = b.Set()
	if far, ok := errors.AsType[*distance.TooFarError](err); ok {
		return nil, &okazaki.Error{Record: c.names[c.rows[far.Genome]],
			Message: fmt.Sprintf("it differs from most genomes at %d positions, too many to compare it", far.Positions),
			Hint:    "leave it out, or compare no genomes with each other: --only mutations", Err: err}
	}
	return c, err
}

// appendDifferences appends the genome's substitutions and the positions it
// leaves unknown: gaps, N, ambiguous letters and positions outside the
// alignment.
func appendDifferences(subs []distance.Substitution, unknown []genome.Region, c *Calls, length int) ([]distance.Substitution, []genome.Region) {
	held := c.Held
	for _, s := range c.Substitutions {
		for ; len(held) > 0 && held[0].Pos < s.Pos; held = held[1:] {
			subs = append(subs, distance.Substitution{Pos: int32(held[0].Pos), Alt: held[0].Alt})
		}
		subs = append(subs, distance.Substitution{Pos: int32(s.Pos), Alt: s.Alt})
	}
	for _, s := range held {
		subs = append(subs, distance.Substitution{Pos: int32(s.Pos), Alt: s.Alt})
	}
	unknown = append(unknown, c.Missing...)
	unknown = append(unknown, c.Deletions...)
	for _, a := range c.Ambiguous {
		unknown = append(unknown, a.Region)
	}
	if c.Aligned.Lo > 0 {
		unknown = append(unknown, genome.Region{Hi: c.Aligned.Lo})
	}
	if c.Aligned.Hi < length {
		unknown = append(unknown, genome.Region{Lo: c.Aligned.Hi, Hi: length})
	}
	return subs, unknown
}

// eachRow reads the rows that the first stage gathered.
func (e *engine) eachRow(ctx context.Context, rows okazaki.Result, row func(t *Table, c *Calls) error) error {
	r, err := rows(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	t := e.first.judge.NewTable()
	for line, err := range lines(analysis.Reader(ctx, r)) {
		if err == nil {
			err = t.Read(line)
		}
		if err != nil {
			return err
		}
		calls, err := t.Calls()
		if err != nil {
			return err
		}
		if err := row(t, calls); err != nil {
			return err
		}
	}
	return nil
}

// planCompare lays out the tiles. There are none if nothing is asked about
// pairs.
func (e *engine) planCompare(ctx context.Context, stage int, prior []okazaki.Result) (okazaki.Axis, error) {
	axis := okazaki.Axis{Concat: stage == pairsStage}
	if e.comparer.skipped || stage == pairsStage && e.comparer.within == distance.Off {
		return axis, nil
	}
	c, err := e.compared(ctx, prior[mutationsStage])
	if err != nil {
		return axis, err
	}
	axis.Units = c.set.Tiles()
	return axis, nil
}

// tilesAtOnce is the number of tiles that a core works on between two looks at
// the clock.
const tilesAtOnce = 4

// workCompare compares the pairs of a span's tiles, on all cores.
func (e *engine) workCompare(ctx context.Context, t *okazaki.Task) (part []byte, done int64, err error) {
	if t.Span.Len() == 0 {
		return nil, t.Span.Hi, nil
	}
	c, err := e.compared(ctx, t.Prior[mutationsStage])
	if err != nil {
		return nil, 0, err
	}
	var parts [][]byte
	cores := max(1, t.Cores)
	for done = t.Span.Lo; done < t.Span.Hi; {
		spans := cut(okazaki.Span{Lo: done, Hi: min(t.Span.Hi, done+int64(cores*tilesAtOnce))}, cores)
		some := make([][]byte, len(spans))
		errs := make([]error, len(spans))
		var wg sync.WaitGroup
		for i, s := range spans {
			wg.Go(func() { some[i], errs[i] = e.tiles(ctx, c.set, t.Stage, s) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return nil, 0, err
		}
		parts = append(parts, some...)
		done = spans[len(spans)-1].Hi
		if t.Continue != nil && !t.Continue(done) {
			break
		}
	}
	part, err = e.Merge(ctx, t.Stage, parts)
	return part, done, err
}

func (e *engine) tiles(ctx context.Context, s *distance.Set, stage int, span okazaki.Span) ([]byte, error) {
	var part []byte
	var err error
	if stage == pairsStage {
		part, _, err = s.Pairs(ctx, span, e.comparer.within, nil)
	} else {
		part, _, err = s.Work(ctx, span, nil)
	}
	return part, err
}

// cut divides a span into n parts, as evenly as possible.
func cut(span okazaki.Span, n int) []okazaki.Span {
	var spans []okazaki.Span
	size := (span.Len() + int64(n) - 1) / int64(n)
	for lo := span.Lo; lo < span.Hi; lo += size {
		spans = append(spans, okazaki.Span{Lo: lo, Hi: min(lo+size, span.Hi)})
	}
	return spans
}
