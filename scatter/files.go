package scatter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"okazaki"
)

// Inputs opens a job's inputs: from their path if the same file is there, and
// otherwise from the store. It is safe for concurrent use.
type Inputs struct {
	Store okazaki.Store
	// Digest returns a file's digest, hex: what read returns, or what it returned
	// when another process had the same file. nil always reads.
	Digest func(file *os.File, info os.FileInfo, read func() (string, error)) (string, error)
	// Identity returns what else the system knows of a file that no program sets,
	// such as its inode and when it was changed: a comparable value. nil: the
	// size and the time of the last write must do.
	Identity func(file *os.File) any
	// Outlive is how long a job may be open that reads an input: where a
	// store's keys expire, a copy is used again only if it will be there for
	// so long. 0: half of what the store keeps.
	Outlive time.Duration

	mu   sync.Mutex
	same map[string]fileState // path: the file whose digest was checked
	path map[string]string    // digest: where this process found it
	open map[string]string    // digest: the file that it was opened from last
	read atomic.Int64
}

// Read is how many bytes have been read so far of the inputs that were opened.
func (f *Inputs) Read() int64 { return f.read.Load() }

type fileState struct {
	digest   string
	size     int64
	mtime    time.Time
	identity any
}

// like says whether the file is as it was.
func (st *fileState) like(other *fileState) bool {
	return st.size == other.size && st.mtime.Equal(other.mtime) && st.identity == other.identity
}

func (f *Inputs) stateOf(file *os.File, info os.FileInfo) fileState {
	st := fileState{size: info.Size(), mtime: info.ModTime()}
	if f.Identity != nil {
		st.identity = f.Identity(file)
	}
	return st
}

// Unchanged returns an error if a file that a job's input was opened from is no
// longer what it was then. What was read of it since may be of other bytes.
func (f *Inputs) Unchanged(job *okazaki.Job) error {
	for _, in := range job.Inputs {
		f.mu.Lock()
		path := f.open[in.Digest]
		was := f.same[path]
		f.mu.Unlock()
		if path == "" {
			continue
		}
		if now, err := f.look(path); err != nil || !now.like(&was) {
			return changed(in)
		}
	}
	return nil
}

func (f *Inputs) look(path string) (fileState, error) {
	file, err := os.Open(path)
	if err != nil {
		return fileState{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fileState{}, err
	}
	return f.stateOf(file, info), nil
}

func changed(in okazaki.Input) error {
	return &okazaki.Error{
		File:    in.Name,
		Message: "it has changed or is gone since the job was submitted, and the store has no copy",
		Hint:    "put the file back, or submit the job again",
	}
}

// Describe makes an Input of a file, reading it once for its digest.
func (f *Inputs) Describe(ctx context.Context, role, name string, progress func(read, total int64)) (okazaki.Input, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return okazaki.Input{}, fmt.Errorf("%s: %w", name, err)
	}
	st, err := f.state(ctx, path, progress)
	if err != nil {
		return okazaki.Input{}, unreadable(name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == nil {
		f.path = map[string]string{}
	}
	f.path[st.digest] = path
	return okazaki.Input{Role: role, Name: name, Path: path, Size: st.size, Digest: st.digest}, nil
}

func unreadable(name string, err error) error {
	e := &okazaki.Error{File: name, Message: "can't be read: " + reason(err), Hint: "check the path and its permissions", Err: err}
	if errors.Is(err, os.ErrNotExist) {
		e.Message, e.Hint = "there is no such file", "check the path"
	}
	return e
}

// reason is an error without the operation and the path that os adds.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// state returns a file's digest, reading the file unless it was read and has
// not changed since.
func (f *Inputs) state(ctx context.Context, path string, progress func(read, total int64)) (fileState, error) {
	file, err := os.Open(path)
	if err != nil {
		return fileState{}, err
	}
	defer file.Close()
	info, err := file.Stat() // of the open file: a network folder may answer an older one by its name
	if err != nil {
		return fileState{}, err
	}
	if info.IsDir() {
		return fileState{}, errors.New("it is a folder")
	}
	f.mu.Lock()
	st, ok := f.same[path]
	f.mu.Unlock()
	now := f.stateOf(file, info)
	if ok && st.like(&now) {
		return st, nil
	}
	st = now
	read := func() (digest string, err error) {
		digest, st.size, err = digestOf(ctx, file, info.Size(), progress)
		return digest, err
	}
	if f.Digest != nil {
		st.digest, err = f.Digest(file, info, read)
	} else {
		st.digest, err = read()
	}
	if err != nil {
		return fileState{}, err
	}
	f.mu.Lock()
	if f.same == nil {
		f.same = map[string]fileState{}
	}
	f.same[path] = st
	f.mu.Unlock()
	return st, nil
}

// digestOf reads all of a file: its SHA-256, hex, and how many bytes it had.
func digestOf(ctx context.Context, file io.Reader, total int64, progress func(read, total int64)) (digest string, size int64, err error) {
	h := sha256.New()
	buf := make([]byte, min(1<<20, max(4<<10, total+1))) // of a small file all, and its end
	for {
		n, err := file.Read(buf)
		h.Write(buf[:n])
		size += int64(n)
		if progress != nil {
			progress(size, total)
		}
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), size, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", size, err
		}
	}
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// Open opens an input. A path whose file has changed is not read.
func (f *Inputs) Open(ctx context.Context, in okazaki.Input) (okazaki.File, error) {
	f.mu.Lock()
	paths := []string{f.path[in.Digest], in.Path}
	f.mu.Unlock()
	for _, path := range paths {
		if path == "" {
			continue
		}
		st, err := f.state(ctx, path, nil)
		if err != nil || st.digest != in.Digest {
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, unreadable(in.Name, err)
		}
		f.mu.Lock()
		if f.open == nil {
			f.open = map[string]string{}
		}
		f.open[in.Digest] = path
		f.mu.Unlock()
		return &localFile{File: file, size: st.size, read: &f.read}, nil
	}
	c := &chunkFile{ctx: context.WithoutCancel(ctx), s: f.Store, in: in, read: &f.read, chunks: map[int64][]byte{}}
	if in.Size > 0 {
		if _, err := c.chunk(0); errors.Is(err, okazaki.ErrNotFound) {
			return nil, changed(in)
		} else if err != nil {
			return nil, fmt.Errorf("input %s: %w", in.Name, err)
		}
	}
	return c, nil
}

type localFile struct {
	*os.File
	size int64
	read *atomic.Int64
}

func (f *localFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

func (f *localFile) Size() int64 { return f.size }

// A chunkFile is an input in the store. It keeps the chunks read last.
type chunkFile struct {
	ctx  context.Context
	s    okazaki.Store
	in   okazaki.Input
	read *atomic.Int64

	mu     sync.Mutex
	chunks map[int64][]byte
	order  []int64
}

// keptChunks bounds the memory of an open stored input to 64 MB.
const keptChunks = 8

func (c *chunkFile) Size() int64  { return c.in.Size }
func (c *chunkFile) Close() error { return nil }

// ReadAt reads across chunks.
func (c *chunkFile) ReadAt(p []byte, off int64) (int, error) {
	read := 0
	for read < len(p) {
		at := off + int64(read)
		if at >= c.in.Size {
			return read, io.EOF
		}
		b, err := c.chunk(at / chunkSize)
		if err != nil {
			return read, fmt.Errorf("input %s: %w", c.in.Name, err)
		}
		if at%chunkSize >= int64(len(b)) {
			return read, fmt.Errorf("input %s: chunk %d is short: %w", c.in.Name, at/chunkSize, io.ErrUnexpectedEOF)
		}
		n := copy(p[read:], b[at%chunkSize:])
		c.read.Add(int64(n))
		read += n
	}
	return read, nil
}

func (c *chunkFile) chunk(n int64) ([]byte, error) {
	c.mu.Lock()
	b, ok := c.chunks[n]
	c.mu.Unlock()
	if ok {
		return b, nil
	}
	if c.in.Copy == "" {
		return nil, okazaki.ErrNotFound
	}
	v, err := patientGet(c.ctx, c.s, chunkKey(c.in.Digest, c.in.Copy, n))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.chunks[n]; !ok {
		c.chunks[n] = v.Bytes
		if c.order = append(c.order, n); len(c.order) > keptChunks {
			delete(c.chunks, c.order[0])
			c.order = c.order[1:]
		}
	}
	return v.Bytes, nil
}
