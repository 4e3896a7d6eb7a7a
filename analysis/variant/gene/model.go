package gene

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"okazaki/format/container"
)

// A Model is a genome with its genes. It is read-only; many goroutines may use
// it at once.
type Model struct {
	Contigs    []*Contig // in the order of the reference
	Annotation Source
	Reference  Source
	// Notes tell a user how the genes were read, a line each: what was left
	// out, what failed a check, how names were matched.
	Notes []string

	byName   map[string]*Contig
	file     *container.File // nil if it was compiled, or is closed
	sections []container.Section
}

// A Source is a file that a model was made of.
type Source struct {
	Name     string   // without its folder
	Digest   string   // sha256 of its bytes as stored, hex
	Versions []string // what its header says about it: genome build, release, date
}

// Contig is the contig of that name. If there is none it is the one whose
// name differs only in the manner of naming: with or without "chr", M for MT,
// an accession for a number if the sources say what it stands for. A caller
// sees this in Contig.Name, and should tell the user.
func (m *Model) Contig(name string) (*Contig, bool) {
	c := m.find(name)
	return c, c != nil
}

// Transcripts is the number of all transcripts.
func (m *Model) Transcripts() int {
	n := 0
	for _, c := range m.Contigs {
		n += c.count
	}
	return n
}

// A Contig is one sequence of the genome, with its transcripts. If the model
// was opened from a file, the contig is read when it is first asked for.
type Contig struct {
	Name    string
	Length  int
	Aliases []string // other names that the sources give it
	Refget  string   // the GA4GH digest of its bases: SQ.…

	count int // of transcripts

	once sync.Once
	load func() error // nil if all is here
	err  error

	letters     letters
	transcripts []*Transcript
	furthest    []int // the largest Region.Hi of transcripts[:i+1]
}

// Load reads the contig, once. If the model was opened from a file, call Load
// before any other method of the contig. Load returns the error, an
// *okazaki.Error if the file is damaged, where other methods can only panic.
func (c *Contig) Load() error {
	c.once.Do(func() {
		if c.load != nil {
			c.err = c.load()
		}
	})
	return c.err
}

func (c *Contig) loaded() {
	if err := c.Load(); err != nil {
		panic(err) // Load was not called, or its error not heeded
	}
}

// Transcripts returns all transcripts, ascending by Region.Lo, then
// Region.Hi, then ID. The slice must not be changed.
func (c *Contig) Transcripts() []*Transcript {
	c.loaded()
	return c.transcripts
}

// AppendBases appends the bases [lo, hi) to dst, in upper case: A, C, G, T,
// or as the reference has it another IUPAC letter; N beyond the contig's
// ends.
func (c *Contig) AppendBases(dst []byte, lo, hi int) []byte {
	c.loaded()
	for ; lo < hi && lo < 0; lo++ {
		dst = append(dst, 'N')
	}
	end := max(lo, min(hi, c.Length))
	if lo < c.Length {
		dst = c.letters.appendTo(dst, lo, end)
		lo = end
	}
	for ; lo < hi; lo++ {
		dst = append(dst, 'N')
	}
	return dst
}

// Near appends to dst the transcripts whose Region, widened by reach at both
// ends, overlaps [lo, hi): t.Region.Lo-reach < hi and lo < t.Region.Hi+reach.
// They come in the order of Transcripts.
func (c *Contig) Near(lo, hi, reach int, dst []*Transcript) []*Transcript {
	c.loaded()
	first, end := c.span(lo, hi, reach)
	for _, t := range c.transcripts[first:end] {
		if lo < t.Region.Hi+reach {
			dst = append(dst, t)
		}
	}
	return dst
}

// span is between which transcripts those near [lo, hi) lie.
func (c *Contig) span(lo, hi, reach int) (first, end int) {
	ts := c.transcripts
	end = sort.Search(len(ts), func(i int) bool { return ts[i].Region.Lo-reach >= hi })
	first = sort.Search(end, func(i int) bool { return c.furthest[i]+reach > lo })
	return first, end
}

// A Cursor returns what Near returns, for positions that ascend, in little
// more time than it takes to read the result. One goroutine may use it at a
// time.
type Cursor struct {
	c      *Contig
	reach  int
	at     int           // the last lo
	next   int           // the first transcript that was not taken yet
	active []*Transcript // transcripts taken that may still be near
	near   []*Transcript
}

// Cursor begins at the contig's start.
func (c *Contig) Cursor(reach int) *Cursor {
	c.loaded()
	return &Cursor{c: c, reach: reach}
}

// Near is Contig.Near; its result is valid until the next call. A lo below
// the last call's works too, but more slowly.
func (u *Cursor) Near(lo, hi int) []*Transcript {
	ts := u.c.transcripts
	if lo < u.at {
		u.next, _ = u.c.span(lo, hi, u.reach)
		u.active = u.active[:0]
	}
	u.at = lo
	u.active = slices.DeleteFunc(u.active, func(t *Transcript) bool { return lo >= t.Region.Hi+u.reach })
	for ; u.next < len(ts) && ts[u.next].Region.Lo-u.reach < hi; u.next++ {
		if t := ts[u.next]; lo < t.Region.Hi+u.reach {
			u.active = append(u.active, t)
		}
	}
	if n := len(u.active); n == 0 || u.active[n-1].Region.Lo-u.reach < hi {
		return u.active
	}
	u.near = u.near[:0] // an earlier call looked further ahead
	for _, t := range u.active {
		if t.Region.Lo-u.reach >= hi {
			break
		}
		u.near = append(u.near, t)
	}
	return u.near
}

// order sorts the transcripts.
func (c *Contig) order() {
	slices.SortFunc(c.transcripts, func(a, b *Transcript) int {
		if a.Region.Lo != b.Region.Lo {
			return a.Region.Lo - b.Region.Lo
		}
		if a.Region.Hi != b.Region.Hi {
			return a.Region.Hi - b.Region.Hi
		}
		return strings.Compare(a.ID, b.ID)
	})
	c.reach()
}

// reach notes how far the transcripts reach.
func (c *Contig) reach() {
	c.count = len(c.transcripts)
	c.furthest = make([]int, len(c.transcripts))
	furthest := 0
	for i, t := range c.transcripts {
		furthest = max(furthest, t.Region.Hi)
		c.furthest[i] = furthest
	}
}
