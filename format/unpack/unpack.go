// Package unpack reads a stream as it was before it was compressed: plain,
// gzip, BGZF, Zstandard or xz, told apart by their first bytes.
//
// Its one invariant: a stream that is cut short or damaged ends in an error,
// never in io.EOF; and whatever the stream claims, memory stays bounded.
package unpack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/inflate"
)

// A Codec is a way in which a stream is compressed.
type Codec uint8

// The codecs that are read.
const (
	Plain Codec = iota
	Gzip        // RFC 1952, any number of members
	BGZF        // gzip in blocks of 64 KiB at most, SAM specification section 4.1
	Zstd        // RFC 8878, any number of frames, windows up to MaxWindow
	XZ          // any number of streams, dictionaries up to MaxWindow
)

// String is the codec's name as its users write it.
func (c Codec) String() string {
	if int(c) < len(codecs) {
		return codecs[c].name
	}
	return fmt.Sprintf("Codec(%d)", uint8(c))
}

var codecs = [...]struct{ name, test string }{
	Plain: {"plain", "cat"},
	Gzip:  {"gzip", "gzip -t"},
	BGZF:  {"BGZF", "gzip -t"},
	Zstd:  {"zstd", "zstd -t --long=28"},
	XZ:    {"xz", "xz -t"},
}

// MaxWindow is the most that a stream may ask its reader to remember, bytes.
const MaxWindow = 256 << 20

// buffered is how many compressed bytes are read at once.
const buffered = 256 << 10

// A Member is a place in a stream where reading can begin: the start of a
// gzip member, a BGZF block, a Zstandard frame, or the first byte of a file; or,
// once Places was called, a place inside a gzip member.
type Member struct {
	Offset int64          // of the compressed bytes
	Plain  int64          // of the bytes that were compressed
	Inside *inflate.Place // of gzip: the member began earlier; its bit is one of the byte at Offset
}

// A Reader returns decompressed bytes. One goroutine may use it at a time.
type Reader struct {
	name   string
	file   okazaki.File // nil for a bare stream
	src    source
	codec  Codec
	dec    decoder
	member Member
	inside bool // a member is begun and not ended
	plain  int64
	err    error
	closed bool
	blocks *bgzf.Reader // these two nil: dec returns everything
	ahead  *sections
}

// A decoder returns the content of one member after the other.
type decoder interface {
	next(src *source) error // begins a member; io.EOF: there is none
	io.Reader               // its content; io.EOF at its end
	window() int64          // bytes that it remembers
	io.Closer
}

// NewReader sniffs r and begins to read it. name is for messages.
func NewReader(name string, r io.Reader) (*Reader, error) {
	return sniff(&Reader{name: name}, r)
}

// Open reads a file from its start. The file stays the caller's to close, after
// the Reader.
func Open(name string, f okazaki.File) (*Reader, error) {
	return sniff(&Reader{name: name, file: f}, io.NewSectionReader(f, 0, f.Size()))
}

// OpenAt reads a file from the start of a member that an earlier Reader of it
// returned, without looking at the file's first bytes again.
func OpenAt(name string, f okazaki.File, c Codec, m Member) (*Reader, error) {
	z := &Reader{name: name, file: f}
	z.begin(c)
	return z, z.Restart(m)
}

func sniff(z *Reader, r io.Reader) (*Reader, error) {
	z.src.reset(r, 0)
	head, err := z.src.Peek(sniffed)
	if err != nil && err != io.EOF {
		return nil, z.fail(err)
	}
	codec, err := Sniff(head)
	if err != nil {
		return nil, z.fail(err)
	}
	z.begin(codec)
	return z, nil
}

// begin chooses the decoder.
func (z *Reader) begin(c Codec) {
	z.codec = c
	switch c {
	case Gzip, BGZF:
		z.dec = gunzips.Get().(*gunzip)
	case Zstd:
		z.dec = &unzstd{check: true}
	case XZ:
		z.dec = &unxz{}
	default:
		z.dec = &plain{}
	}
}

// Codec is how the stream is compressed.
func (z *Reader) Codec() Codec { return z.codec }

// Member returns the start of the member that held the bytes read last. A
// Read never crosses from one member into the next.
func (z *Reader) Member() Member { return z.member }

// Offset is how many compressed bytes were used so far.
func (z *Reader) Offset() int64 {
	switch {
	case z.blocks != nil:
		return z.blocks.Offset().Block()
	case z.ahead != nil:
		return z.member.Offset
	}
	return z.src.offset()
}

// Window is about how much memory, in bytes, the Reader holds on to.
func (z *Reader) Window() int64 {
	n := buffered + z.dec.window()
	if z.ahead != nil {
		n += z.ahead.held()
	}
	return n
}

// IgnoreChecksums skips the checksums of content that was verified before,
// where that is possible; it saves a third of Zstandard's time. It has to be
// called before the first Read.
func (z *Reader) IgnoreChecksums() {
	if d, ok := z.dec.(*unzstd); ok {
		d.check = false
	}
}

// Restart goes on at the start of a member that an earlier Reader of the same
// file returned, and keeps its memory. It needs a Reader made by Open.
func (z *Reader) Restart(m Member) error {
	if z.file == nil {
		return errors.New("unpack: Restart of a stream that is not a file")
	}
	z.restart(m)
	if z.blocks != nil {
		z.blocks.Seek(bgzf.At(m.Offset, 0))
	}
	if z.ahead != nil && !z.ahead.seek(m) {
		z.ahead = nil
	}
	return nil
}

func (z *Reader) restart(m Member) {
	z.src.reset(io.NewSectionReader(z.file, m.Offset, z.file.Size()-m.Offset), m.Offset)
	z.member, z.plain, z.inside, z.err = m, m.Plain, false, nil
	if d, ok := z.dec.(*gunzip); ok && m.Inside != nil {
		d.enter(&z.src, *m.Inside)
		z.inside = true
	}
}

// Places makes Member return places inside the members of a gzip file too,
// one about each every unpacked bytes. What is read from such a place on to
// the end of its member is not verified by the checksum there.
func (z *Reader) Places(every int64) {
	if d, ok := z.dec.(*gunzip); ok && z.codec == Gzip {
		d.z.Places(every)
	}
}

// Parallel inflates a BGZF file ahead on several cores, from a Read until
// Park or Close. It has to be called before the first Read.
func (z *Reader) Parallel(cores int) {
	if z.codec == BGZF && z.file != nil && cores > 1 {
		z.blocks = bgzf.NewReader(z.name, z.file, cores)
		z.blocks.Seek(bgzf.At(z.member.Offset, 0))
	}
}

// Park ends the Reader's goroutines until the next Read: one that is forgotten
// rather than closed leaves none behind.
func (z *Reader) Park() {
	if z.blocks != nil {
		z.blocks.Seek(z.blocks.Offset())
	}
	if z.ahead != nil {
		z.ahead.park()
	}
}

// readBlocks reads what was inflated in parallel.
func (z *Reader) readBlocks(p []byte) int {
	n, err := z.blocks.Read(p)
	if n > 0 {
		if at := z.blocks.Block(); at != z.member.Offset {
			z.member = Member{Offset: at, Plain: z.plain}
		}
		z.plain += int64(n)
		return n
	}
	if err == io.EOF {
		z.err = err
		return 0
	}
	// Padding, other gzip members, or damage: dec, which takes it or says what
	// is wrong, goes on behind the last bytes that were read.
	z.blocks.Close()
	z.blocks = nil
	known := z.plain - z.member.Plain
	z.restart(z.member)
	if _, err := io.CopyN(io.Discard, z, known); err != nil && z.err == nil {
		z.err = err
	}
	return 0
}

// readAhead reads what was unpacked ahead.
func (z *Reader) readAhead(p []byte) int {
	n, err := z.ahead.read(p)
	if err == io.EOF {
		z.err = err
		return 0
	}
	z.member = z.ahead.starts[z.ahead.now.i]
	z.plain += int64(n)
	if err != nil { // dec says what is wrong with this section
		z.ahead.park()
		z.ahead = nil
		z.restart(z.member)
	}
	return n
}

// Read returns decompressed bytes. An *okazaki.Error says that the stream is
// cut short or damaged, any other error that it could not be read. Each later
// Read returns the same error.
func (z *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for z.err == nil {
		if z.blocks != nil {
			if n := z.readBlocks(p); n > 0 {
				return n, nil
			}
			continue
		}
		if z.ahead != nil {
			if n := z.readAhead(p); n > 0 {
				return n, nil
			}
			continue
		}
		if !z.inside {
			m := Member{Offset: z.src.offset(), Plain: z.plain}
			if err := z.dec.next(&z.src); err != nil {
				z.err = z.fail(err)
				break
			}
			z.member, z.inside = m, true
		}
		n, err := z.dec.Read(p)
		if d, ok := z.dec.(*gunzip); ok && n > 0 {
			if p := d.z.Place(); p != nil && p != z.member.Inside {
				z.member = Member{p.Bit >> 3, z.plain, p}
			}
		}
		z.plain += int64(n)
		if err == io.EOF {
			z.inside = false
		} else if err != nil {
			z.err = z.fail(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, z.err
}

// Close gives back the memory, once. It does not close the file.
func (z *Reader) Close() error {
	if z.closed {
		return nil
	}
	z.closed, z.err = true, errors.New("unpack: the reader is closed")
	if z.blocks != nil {
		z.blocks.Close()
	}
	if z.ahead != nil {
		z.ahead.park()
	}
	z.src.close()
	return z.dec.Close()
}

// fail turns a decoder's error into one that says what to do. An error of the
// stream below it stays what it is.
func (z *Reader) fail(err error) error {
	var mine *okazaki.Error
	switch {
	case z.src.err != nil:
		return fmt.Errorf("reading %s: %w", z.name, z.src.err)
	case err == io.EOF:
		return io.EOF
	case errors.As(err, &mine):
		mine.File = z.name
		return mine
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &okazaki.Error{File: z.name, Err: err,
			Message: fmt.Sprintf("the %v data are cut short: they end unfinished after %d bytes", z.codec, z.src.offset()),
			Hint:    "copy or download the file again"}
	}
	return &okazaki.Error{File: z.name, Err: err,
		Message: fmt.Sprintf("the %v data are damaged near byte %d (%v)", z.codec, z.src.offset(), err),
		Hint:    fmt.Sprintf("copy or download the file again until `%s` accepts it", codecs[z.codec].test)}
}

// A source is the compressed stream: it knows how far it was used, and keeps
// the error that is not the content's fault.
type source struct {
	*bufio.Reader
	under io.Reader
	read  int64
	err   error
}

// buffers holds the buffers of closed sources: without it, thousands of small
// files would be slowed down by as many large buffers.
var buffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, buffered) }}

func (s *source) reset(r io.Reader, offset int64) {
	s.under, s.read, s.err = r, offset, nil
	if s.Reader == nil {
		s.Reader = buffers.Get().(*bufio.Reader)
	}
	s.Reader.Reset(counted{s})
}

func (s *source) close() {
	if s.Reader != nil {
		s.read = s.offset() // which stays true
		s.Reader.Reset(nil)
		buffers.Put(s.Reader)
		s.Reader, s.under = nil, nil
	}
}

func (s *source) offset() int64 {
	if s.Reader == nil {
		return s.read
	}
	return s.read - int64(s.Buffered())
}

type counted struct{ s *source }

func (c counted) Read(p []byte) (int, error) {
	n, err := c.s.under.Read(p)
	c.s.read += int64(n)
	if err != nil && err != io.EOF {
		c.s.err = err
	}
	return n, err
}

// plain is a stream that was not compressed: one member, unless it is empty.
type plain struct{ src *source }

func (d *plain) next(src *source) error {
	d.src = src
	_, err := src.Peek(1)
	return err
}

func (d *plain) Read(p []byte) (int, error) { return d.src.Read(p) }
func (d *plain) window() int64              { return 0 }
func (d *plain) Close() error               { return nil }
