package client

import (
	"context"
	"sync"

	"okazaki"
)

// sparingFiles keep few files open at once, however many a job has: systems
// allow a process 1024 and fewer. A file that is read again is opened again.
type sparingFiles struct {
	files okazaki.Files
	most  int

	mu   sync.Mutex
	open []*sparingFile // in the order in which they were opened
}

const (
	// manyInputs is more than there are processes which may not open that many.
	manyInputs = 100
	// mostOpen is how many of a job's many inputs are open at once.
	mostOpen = 64
)

// sparing makes files spare if the job has many.
func sparing(files okazaki.Files, job *okazaki.Job) okazaki.Files {
	if len(job.Inputs) <= manyInputs {
		return files
	}
	return &sparingFiles{files: files, most: mostOpen}
}

// Open is okazaki.Files'.
func (s *sparingFiles) Open(ctx context.Context, in okazaki.Input) (okazaki.File, error) {
	f := &sparingFile{pool: s, ctx: context.WithoutCancel(ctx), in: in}
	if err := f.acquire(); err != nil { // it says now what is wrong
		return nil, err
	}
	defer f.release()
	f.size = f.file.Size()
	return f, nil
}

// A sparingFile is open while it is read, and as long as there is room.
type sparingFile struct {
	pool *sparingFiles
	ctx  context.Context
	in   okazaki.Input
	size int64

	file    okazaki.File // nil while it is closed; pool.mu guards it
	readers int          // likewise
}

// acquire opens the file, closing those that nobody reads.
func (f *sparingFile) acquire() error {
	s := f.pool
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.file == nil {
		for i := 0; i < len(s.open) && len(s.open) >= s.most; {
			if s.open[i].readers > 0 {
				i++
				continue
			}
			if err := s.closeAt(i); err != nil {
				return err
			}
		}
		file, err := s.files.Open(f.ctx, f.in)
		if err != nil {
			return err
		}
		f.file = file
		s.open = append(s.open, f)
	}
	f.readers++
	return nil
}

// closeAt closes the i-th of the open files.
func (s *sparingFiles) closeAt(i int) error {
	f := s.open[i]
	s.open = append(s.open[:i], s.open[i+1:]...)
	file := f.file
	f.file = nil
	return file.Close()
}

func (f *sparingFile) release() {
	f.pool.mu.Lock()
	f.readers--
	f.pool.mu.Unlock()
}

// ReadAt is io.ReaderAt's.
func (f *sparingFile) ReadAt(b []byte, at int64) (int, error) {
	if err := f.acquire(); err != nil {
		return 0, err
	}
	defer f.release()
	return f.file.ReadAt(b, at)
}

// Size is okazaki.File's.
func (f *sparingFile) Size() int64 { return f.size }

// Close is io.Closer's.
func (f *sparingFile) Close() error {
	f.pool.mu.Lock()
	defer f.pool.mu.Unlock()
	for i, open := range f.pool.open {
		if open == f {
			return f.pool.closeAt(i)
		}
	}
	return nil
}
