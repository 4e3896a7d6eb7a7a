package unpack

import (
	"runtime"
	"sync"
)

// aheadBlocks is how many blocks an Ahead has: one is used, one unpacked, the
// others wait.
const aheadBlocks = 5

// An Ahead answers what a file's Reader does, and unpacks the next blocks on a
// goroutine of its own while the last is used, BGZF on all cores. One goroutine
// may use it at a time. Its own run from a call of Next until Park or Close.
type Ahead struct {
	z     *Reader // the goroutine's, while there is one
	last  block
	full  chan block
	spare chan []byte
	quit  chan struct{} // nil: there is no goroutine
	wg    sync.WaitGroup
}

// A block is some bytes of one member, or why there are none.
type block struct {
	bytes  []byte
	member Member
	offset int64 // compressed bytes used up to its end
	err    error
}

// NewAhead reads z, which is the Ahead's from now on.
func NewAhead(z *Reader) *Ahead {
	z.parallel(runtime.GOMAXPROCS(0))
	a := &Ahead{z: z, full: make(chan block, aheadBlocks), spare: make(chan []byte, aheadBlocks)}
	for range aheadBlocks {
		a.spare <- nil
	}
	return a
}

// Next is Reader.Next.
func (a *Ahead) Next() ([]byte, error) {
	if a.last.err == nil {
		if a.last.bytes != nil {
			a.spare <- a.last.bytes
		}
		if a.quit == nil {
			a.start()
		}
		a.last = <-a.full
	}
	return a.last.bytes, a.last.err
}

// start unpacks until all blocks are full. No send of it waits.
func (a *Ahead) start() {
	quit := make(chan struct{})
	a.quit = quit
	a.wg.Go(func() {
		for {
			var buf []byte
			select {
			case <-quit:
				return
			case buf = <-a.spare:
			}
			if buf == nil {
				buf = make([]byte, BlockSize)
			}
			n, err := a.z.Read(buf[:cap(buf)])
			a.full <- block{buf[:n], a.z.Member(), a.z.Offset(), err}
			if err != nil {
				return
			}
		}
	})
}

// Codec is Reader.Codec.
func (a *Ahead) Codec() Codec { return a.z.Codec() }

// Member is the start of the member that the last block is of.
func (a *Ahead) Member() Member { return a.last.member }

// Offset is how many compressed bytes were used up to the end of the last
// block.
func (a *Ahead) Offset() int64 { return a.last.offset }

// Window is about how much memory, in bytes, an Ahead that is parked holds on
// to.
func (a *Ahead) Window() int64 { return a.z.Window() + aheadBlocks*BlockSize }

// Park ends the goroutine until the next call of Next. What it has unpacked is
// kept, the last block stays valid.
func (a *Ahead) Park() {
	if a.quit != nil {
		close(a.quit)
		a.wg.Wait()
		a.quit = nil
		a.z.idle()
	}
}

// Restart is Reader.Restart.
func (a *Ahead) Restart(m Member) error {
	a.Park()
	for len(a.full) > 0 {
		b := <-a.full
		a.spare <- b.bytes
	}
	if a.last.bytes != nil {
		a.spare <- a.last.bytes
	}
	a.last = block{}
	return a.z.Restart(m)
}

// Close gives back the memory. It does not close the file.
func (a *Ahead) Close() error {
	a.Park()
	return a.z.Close()
}
