package unpack

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"okazaki"
)

// unzstd reads Zstandard, one frame at a time. One goroutine decodes: a second
// one costs half as much again in all and gains nothing.
type unzstd struct {
	z     *zstd.Decoder
	frame frame
	check bool
	most  int64 // the largest window so far
}

func (d *unzstd) next(src *source) error {
	h, err := frameHeader(src)
	if err != nil {
		return err
	}
	window := int64(min(h.WindowSize, 1<<62))
	if h.SingleSegment {
		window = int64(min(h.FrameContentSize, 1<<62))
	}
	if window > MaxWindow {
		return &okazaki.Error{
			Message: fmt.Sprintf("the zstd data need a window of %d MiB, and %d MiB are allowed", window>>20, MaxWindow>>20),
			Hint:    "compress the file again with zstd --long=27"}
	}
	if h.DictionaryID != 0 {
		return &okazaki.Error{
			Message: fmt.Sprintf("the zstd data need the dictionary %d they were compressed with", h.DictionaryID),
			Hint:    "compress the file again without a dictionary"}
	}
	d.most = max(d.most, window)
	d.frame = frame{src: src, left: h.HeaderSize, checksum: h.HasCheckSum}
	if d.z == nil {
		d.z, err = zstd.NewReader(&d.frame, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(MaxWindow), zstd.IgnoreChecksum(!d.check))
		return err
	}
	return d.z.Reset(&d.frame)
}

func (d *unzstd) Read(p []byte) (int, error) {
	n, err := d.z.Read(p)
	if err == io.EOF && !d.frame.ended() {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (d *unzstd) window() int64 { return d.most + 512<<10 }

func (d *unzstd) Close() error {
	if d.z != nil {
		d.z.Close()
	}
	return nil
}

// frameHeader returns the next frame's header and leaves src at its start,
// past any skippable frames.
func frameHeader(src *source) (h zstd.Header, err error) {
	for {
		head, err := src.Peek(zstd.HeaderMaxSize)
		if err != nil && err != io.EOF {
			return h, err
		}
		if len(head) == 0 {
			return h, io.EOF
		}
		h = zstd.Header{}
		if err := h.Decode(head); err != nil {
			return h, err // io.ErrUnexpectedEOF if it is cut short
		}
		if !h.Skippable {
			return h, nil
		}
		if err := discard(src, int64(h.HeaderSize)+int64(h.SkippableSize)); err != nil {
			return h, err
		}
	}
}

func discard(src *source, n int64) error {
	_, err := io.CopyN(io.Discard, src, n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// A frame is the compressed bytes of one frame, RFC 8878 section 3.1.1: it
// ends where the frame does, so that the decoder cannot run on into the next.
type frame struct {
	src      *source
	left     int // bytes to answer before there is something to look at
	state    frameState
	checksum bool
}

type frameState uint8

const (
	inBlocks  frameState = iota // a block header comes after the bytes that are left
	lastBlock                   // the checksum does, if there is one
	inChecksum
)

func (f *frame) ended() bool {
	return f.left == 0 && (f.state == inChecksum || f.state == lastBlock && !f.checksum)
}

func (f *frame) Read(p []byte) (int, error) {
	if f.left == 0 {
		if err := f.advance(); err != nil {
			return 0, err
		}
	}
	n, err := f.src.Read(p[:min(len(p), f.left)])
	f.left -= n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// advance finds out what follows and how long it is.
func (f *frame) advance() error {
	switch {
	case f.ended():
		return io.EOF
	case f.state == lastBlock:
		f.state, f.left = inChecksum, 4
		return nil
	}
	b, err := f.src.Peek(3)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	header := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	if header&1 != 0 {
		f.state = lastBlock
	}
	switch kind, size := header>>1&3, header>>3; kind {
	case 0, 2: // raw, compressed
		f.left = 3 + size
	case 1: // one byte, repeated
		f.left = 3 + 1
	default:
		return errors.New("reserved block type")
	}
	return nil
}
