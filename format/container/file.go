package container

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unsafe"

	"okazaki"
	"okazaki/format/mmap"
	"okazaki/format/wire"
)

// A File is an open file. Many goroutines may use it at once.
type File struct {
	Mapped     []byte // all bytes; nil if the file is read instead
	Start, End int64  // the sections, and the zeros between them, lie in [Start, End)

	all     []byte // what is mapped, or was loaded
	kind    *Kind
	name    string
	f       okazaki.File
	release func() error
}

// Open reads the directory of a file into v, as JSON, and maps the file into
// memory if that is possible. name is the file's name in errors, which are
// *okazaki.Error if the file is at fault. f stays the caller's to close; it
// has to stay open while the File is used, unless it was mapped or loaded.
func (k *Kind) Open(name string, f okazaki.File, v any) (*File, error) {
	x := &File{kind: k, name: name, f: f, release: func() error { return nil }}
	directory, err := x.directory()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(directory, v); err != nil {
		return nil, x.Damaged("its " + x.where() + " can't be read")
	}
	if b, release, err := mmap.File(f); err == nil {
		x.Mapped, x.all, x.release = b, b, release
	}
	return x, nil
}

// Close gives the memory back that the file was mapped to.
func (x *File) Close() error { return x.release() }

// Load returns all bytes. It reads a file that is not mapped, once, after
// which the file may be closed.
func (x *File) Load() ([]byte, error) {
	if x.all == nil {
		b, err := x.Bytes(0, x.f.Size())
		if err != nil {
			return nil, err
		}
		x.all = b
	}
	return x.all, nil
}

// Forget gives back the memory that the file's bytes take for now. Others may
// use the file meanwhile.
func (x *File) Forget() { mmap.Forget(x.Mapped) }

// Bytes returns n bytes of the file from at. They begin at a multiple of eight
// bytes in memory if at is one. The caller doesn't change them.
func (x *File) Bytes(at, n int64) ([]byte, error) {
	if x.all != nil {
		return x.all[at : at+n : at+n], nil
	}
	words := make([]uint64, n/8+1)
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
	if _, err := io.ReadFull(io.NewSectionReader(x.f, at, n), b); err != nil {
		return nil, fmt.Errorf("%s %s: %w", x.kind.Name, x.name, err)
	}
	return b, nil
}

// Damaged returns an error that says what is wrong with the file.
func (x *File) Damaged(what string) *okazaki.Error {
	return x.wrong("the "+x.kind.Name+" is damaged: "+what, "copy it again, or "+x.kind.Again)
}

// HasSize returns an error if the file has not the size that its directory
// says.
func (x *File) HasSize(want int64) error {
	switch size := x.f.Size(); {
	case size < want:
		return x.wrong(fmt.Sprintf("the %s is cut short: it has %d bytes of %d", x.kind.Name, size, want), "copy it again, or "+x.kind.Again)
	case size > want:
		return x.longer(want)
	}
	return nil
}

func (x *File) longer(want int64) error {
	return x.wrong(fmt.Sprintf("the %s has bytes after its end: it has %d, not %d", x.kind.Name, x.f.Size(), want), "copy it again, or "+x.kind.Again)
}

func (x *File) wrong(message, hint string) *okazaki.Error {
	return &okazaki.Error{File: x.name, Message: message, Hint: hint}
}

// where is the directory's name in errors.
func (x *File) where() string {
	if x.kind.Last {
		return "footer"
	}
	return "header"
}

// directory reads the head, and the directory wherever it lies.
func (x *File) directory() ([]byte, error) {
	head, err := x.read(0, min(firstHead, x.f.Size()))
	if err != nil {
		return nil, err
	}
	r := wire.From(head)
	if string(r.Take(magicSize)) != x.kind.Magic {
		hint := x.kind.Instead
		if hint == "" {
			hint = x.kind.Again
		}
		return nil, x.wrong("this is not "+x.kind.What, hint)
	}
	if v := r.Uint32(); r.Err() == nil && v != x.kind.Version {
		return nil, x.wrong(fmt.Sprintf("the %s has version %d, this okazaki reads version %d", x.kind.Name, v, x.kind.Version), x.kind.Again)
	}
	if x.kind.Last {
		return x.footer()
	}
	n, sum := int64(r.Uint32()), r.Uint32()
	if r.Err() != nil || n > maxDirectory || firstHead+n > x.f.Size() {
		return nil, x.wrong("the "+x.kind.Name+" is cut short in its header", "copy it again, or "+x.kind.Again)
	}
	x.Start, x.End = firstHead+n, x.f.Size()
	return x.summed(firstHead, n, sum)
}

// footer reads a directory that comes last.
func (x *File) footer() ([]byte, error) {
	size := x.f.Size()
	if size < lastHead+lastTail {
		return nil, x.Damaged("it is cut short")
	}
	b, err := x.read(size-lastTail, lastTail)
	if err != nil {
		return nil, err
	}
	at, n, sum, ok := x.tail(b, size)
	if !ok {
		return nil, x.withoutEnd()
	}
	x.Start, x.End = magicSize+4, at
	return x.summed(at, n, sum)
}

// tail reads the last bytes of a file of a size. It returns false if they are
// something else.
func (x *File) tail(b []byte, size int64) (at, n int64, sum uint32, ok bool) {
	r := wire.From(b)
	at, n, sum = int64(r.Uint64()), int64(r.Uint32()), r.Uint32()
	ok = string(r.Take(magicSize)) == x.kind.Magic && n <= maxDirectory && at >= lastHead && at <= size && at+n == size-lastTail
	return at, n, sum, ok
}

// maxAfter is the most bytes after a file's end of which the end is looked for.
const maxAfter = 1 << 20

// withoutEnd returns the error for a file that doesn't end as it should: it
// was cut short, or has bytes after its end.
func (x *File) withoutEnd() error {
	size := x.f.Size()
	from := max(lastHead, size-maxAfter)
	b, err := x.read(from, size-from)
	if err != nil {
		return err
	}
	for n := len(b); ; {
		if n = bytes.LastIndex(b[:n], []byte(x.kind.Magic)); n < lastTail-magicSize {
			return x.Damaged("it is cut short")
		}
		end := n + magicSize
		if _, _, _, ok := x.tail(b[end-lastTail:end], from+int64(end)); ok {
			return x.longer(from + int64(end))
		}
	}
}

// summed reads the directory and compares its checksum.
func (x *File) summed(at, n int64, sum uint32) ([]byte, error) {
	b, err := x.read(at, n)
	if err == nil && Sum(b) != sum {
		err = x.Damaged("its " + x.where() + " has another checksum")
	}
	return b, err
}

func (x *File) read(at, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(x.f, at, n), b); err != nil {
		return nil, fmt.Errorf("%s %s: %w", x.kind.Name, x.name, err)
	}
	return b, nil
}
