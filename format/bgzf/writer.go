package bgzf

import (
	"errors"
	"io"
	"sync"
)

// A Writer compresses what is written to it. One goroutine may use it at a
// time; it may itself use more.
type Writer struct {
	w     io.Writer
	plain []byte
	out   []byte
	one   *Deflater // where one core compresses
	at    int64     // bytes written to w
	err   error

	order chan *job // where more do
	work  chan *job
	wg    sync.WaitGroup
	done  chan struct{}
}

// A job is some whole blocks to compress.
type job struct {
	plain, out []byte
	ready      chan struct{}
}

// NewWriter writes BGZF to w at a level from 1 to 9, compressed by cores
// goroutines; 1 or fewer means in the caller's goroutine.
func NewWriter(w io.Writer, level, cores int) (*Writer, error) {
	one, err := NewDeflater(level)
	if err != nil {
		return nil, err
	}
	z := &Writer{w: w, one: one}
	if cores > 1 {
		z.start(level, cores)
	}
	return z, nil
}

// start begins to compress on more cores.
func (z *Writer) start(level, cores int) {
	z.order, z.work, z.done = make(chan *job, 2*cores), make(chan *job), make(chan struct{})
	for range cores {
		z.wg.Go(func() {
			d, _ := NewDeflater(level) // the level is right: the first one was made
			for j := range z.work {
				j.out = d.Append(j.out, j.plain)
				close(j.ready)
			}
		})
	}
	go func() {
		defer close(z.done)
		for j := range z.order {
			<-j.ready
			z.put(j.out)
		}
	}()
}

// put writes compressed bytes. After an error it writes nothing.
func (z *Writer) put(b []byte) {
	if z.err == nil {
		var n int
		n, z.err = z.w.Write(b)
		z.at += int64(n)
	}
}

// jobBlocks is how many blocks are compressed at once.
const jobBlocks = 4

// Write takes bytes. An error of the writer below may be returned by a later
// call.
func (z *Writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		m := min(len(p), jobBlocks*Fill-len(z.plain))
		z.plain = append(z.plain, p[:m]...)
		p = p[m:]
		if len(z.plain) == jobBlocks*Fill {
			z.send()
		}
	}
	if z.order == nil && z.err != nil {
		return 0, z.err
	}
	return n, nil
}

// send has what was gathered compressed.
func (z *Writer) send() {
	if z.order == nil {
		z.out = z.one.Append(z.out[:0], z.plain)
		z.put(z.out)
		z.plain = z.plain[:0]
		return
	}
	j := &job{plain: z.plain, ready: make(chan struct{})}
	z.plain = make([]byte, 0, jobBlocks*Fill)
	z.order <- j
	z.work <- j
}

// Flush ends the block, so that what is written next begins another.
func (z *Writer) Flush() error {
	if len(z.plain) > 0 {
		z.send()
	}
	if z.order == nil {
		return z.err
	}
	return nil
}

// Close ends the blocks with End. It does not close the writer below.
func (z *Writer) Close() error {
	if z.order != nil || z.err == nil {
		_ = z.Flush() // its error is z.err
	}
	if z.order != nil {
		close(z.order)
		close(z.work)
		z.wg.Wait()
		<-z.done
		z.order = nil
	}
	z.put(End)
	err := z.err
	z.err = errors.New("bgzf: the writer is closed")
	return err
}

// Size is how many compressed bytes were written, once it is closed.
func (z *Writer) Size() int64 { return z.at }
