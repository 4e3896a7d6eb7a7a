package unpack

import (
	"errors"
	"io"
	"sort"
	"sync"
)

// maxAhead is how much sections may hold, unpacked, bytes.
const maxAhead = 128 << 20

// sections unpacks what lies between members that are known, on many cores.
type sections struct {
	open   func(Member) (*Reader, error)
	starts []Member // ascending
	end    int64    // unpacked bytes of the file
	cores  int

	next int      // the section behind now
	now  *section // nil: none is begun
	at   int      // bytes of it that have been read

	wanted int           // sections before this one are unpacked ahead
	order  chan *section // nil: nothing is under way
	stop   func()
}

// A section is what lies between a member and the next one.
type section struct {
	i     int
	plain []byte
	err   error
	ready chan struct{}
}

// Sections unpacks a gzip file on several cores, from a Read until Park or
// Close, as far as the last Until. starts are members that an earlier Reader
// of the same file returned; a section lies between two of them. end is the
// length of the file, unpacked. Sections does nothing where the Reader stands
// at none of the starts, where a section is too large, and for other files:
// BGZF has Parallel, Zstandard is unpacked faster than it is handed from core
// to core, and xz takes too much memory. It has to be called before the first
// Read.
func (z *Reader) Sections(starts []Member, end int64, cores int) {
	largest := int64(0)
	for i := range starts {
		largest = max(largest, sectionSize(starts, end, i))
	}
	cores = int(min(int64(cores), maxAhead/max(1, largest)-2)) // besides what is read, and is done
	if cores < 2 || len(starts) < 2 || z.file == nil || z.codec != Gzip {
		return
	}
	z.ahead = &sections{
		open:   func(m Member) (*Reader, error) { return OpenAt(z.name, z.file, Gzip, m) },
		starts: starts, end: end, cores: cores,
	}
	if !z.ahead.seek(z.member) {
		z.ahead = nil
	}
}

// Until says that the file's unpacked bytes before plain will be wanted from
// the next Read on, so that Sections unpacks the sections that hold them.
func (z *Reader) Until(plain int64) {
	if z.ahead != nil {
		z.ahead.want(plain)
	}
}

func sectionSize(starts []Member, end int64, i int) int64 {
	if i+1 < len(starts) {
		end = starts[i+1].Plain
	}
	return end - starts[i].Plain
}

// held is how many bytes the sections take that are unpacked, or will be before the
// next is read.
func (s *sections) held() int64 {
	n := int64(0)
	if s.now != nil {
		n += int64(len(s.now.plain))
	}
	if s.order != nil {
		for i := s.next; i < min(s.next+s.cores, s.wanted, len(s.starts)); i++ {
			n += sectionSize(s.starts, s.end, i)
		}
	}
	return n
}

// seek makes the next read begin at a member. It says whether the member is
// one of the starts.
func (s *sections) seek(m Member) bool {
	s.park()
	for i := range s.starts {
		if s.starts[i].Offset == m.Offset && s.starts[i].Plain == m.Plain {
			if s.at, s.next = 0, i; s.now != nil && s.now.i == i {
				s.next++
			} else {
				s.now = nil
			}
			return true
		}
	}
	return false
}

// want lets sections be unpacked up to the one that holds the byte before
// plain.
func (s *sections) want(plain int64) {
	s.wanted = sort.Search(len(s.starts), func(i int) bool { return s.starts[i].Plain >= plain })
}

// park ends what is under way.
func (s *sections) park() {
	if s.order != nil {
		s.stop()
		s.order = nil
	}
}

// read returns bytes of one section. After an error now is the section that
// could not be unpacked.
func (s *sections) read(p []byte) (int, error) {
	for s.now == nil || s.at == len(s.now.plain) {
		switch {
		case s.now != nil && s.now.err != nil:
			return 0, s.now.err
		case s.next == len(s.starts):
			return 0, io.EOF
		case s.order == nil:
			s.begin()
		}
		one, ok := <-s.order
		if !ok { // more is read than was foretold
			s.park()
			continue
		}
		<-one.ready
		s.now, s.at, s.next = one, 0, one.i+1
	}
	n := copy(p, s.now.plain[s.at:])
	s.at += n
	return n, nil
}

// begin unpacks the next section, and those behind it that are wanted.
func (s *sections) begin() {
	order, work, quit := make(chan *section, s.cores), make(chan *section), make(chan struct{})
	next, wanted := s.next, max(s.next+1, s.wanted)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(order)
		defer close(work)
		for ; next < wanted; next++ {
			one := &section{i: next, ready: make(chan struct{})}
			for _, to := range []chan<- *section{order, work} {
				select {
				case to <- one:
				case <-quit:
					return
				}
			}
		}
	})
	for range s.cores {
		wg.Go(func() {
			var z *Reader
			for one := range work {
				z = s.unpack(z, one)
				close(one.ready)
			}
			if z != nil {
				z.Close()
			}
		})
	}
	s.order, s.stop = order, func() {
		close(quit)
		wg.Wait()
	}
}

// unpack fills a section. It returns the Reader that the next one may use.
func (s *sections) unpack(z *Reader, one *section) *Reader {
	start := s.starts[one.i]
	if z == nil {
		z, one.err = s.open(start)
	} else {
		one.err = z.Restart(start)
	}
	if one.err != nil {
		return z
	}
	plain := make([]byte, sectionSize(s.starts, s.end, one.i))
	_, err := io.ReadFull(z, plain)
	if err == nil && one.i+1 == len(s.starts) {
		if _, err = z.Read(make([]byte, 1)); err == nil {
			err = errors.New("unpack: there is more than there was")
		} else if err == io.EOF {
			err = nil
		}
	}
	if one.err = err; err == nil {
		one.plain = plain
	}
	return z
}
