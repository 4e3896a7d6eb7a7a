package virus

import "bytes"

// unseen is the most bases that may be missing where a circular genome was cut
// for them to be deleted. More are unknown.
const unseen = 20

// rotate turns a genome of a circular virus so that it begins where the
// reference does. It returns where in the reference it began.
func (c *Caller) rotate(q []byte) (rotated []byte, from int, ok bool) {
	w := &c.walker
	w.q, w.chainPath = q, nil
	r, i := w.anchor(0, 0)
	if i < 0 || r-i <= 0 {
		return q, 0, false
	}
	from, cut, length := r-i, 0, w.length()
	last, at := r, i
	for {
		r, i := w.anchor(last-at, at+100)
		if i < 0 {
			break
		}
		if r < last-length/2 && cut == 0 {
			cut = w.origin(last, at)
		}
		last, at = r, i
	}
	if cut <= 0 {
		return q, 0, false
	}
	c.rotated = append(c.rotated[:0], q[cut:]...)
	if gap := from - (last + len(q) - at); gap >= unseen {
		c.rotated = append(c.rotated, bytes.Repeat([]byte{'N'}, gap)...)
	}
	c.rotated = append(c.rotated, q[:cut]...)
	return c.rotated, from, true
}

// origin returns where in the genome the reference starts. It is given the
// anchor at q[at], which lies at r, far before the one expected.
func (w *walker) origin(r, at int) int {
	d, far := r-at, r-w.length()/2
	for i := at + 1; ; i++ {
		if r, i = w.anchor(d, i); i < 0 || r < far {
			return i - r
		}
	}
}
