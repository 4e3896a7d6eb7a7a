package dir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A journal makes durable creates survive a crash with one sync of one file,
// where a file of its own for each key takes several. It is the same for all
// processes that have the folder open, on one machine.
//
// A create is written to the journal, and then gets its name, while its
// process holds the lock: so the journal has the changes in the order in
// which they happened, and a change comes after all that its process had
// seen. After a crash the first to open the store does again what the journal
// says; see replay. A process that was stopped may hold the lock for hours:
// creates then do without the journal, and sync the whole file system.
//
// Its files, in the folder +journal, are called by ascending numbers. A full
// one is removed once the whole file system was synced after its last record.
type journal struct {
	s      *Store
	folder string
	state  *os.File // of the last record; true for one boot only, so never synced
	group  *groupSync

	file atomic.Pointer[os.File] // of the last record; changes with mu held

	mu     sync.Mutex // held with the store's lock
	number uint64     // of the file that is open
	size   int64
	broken bool // a sync failed: what the file holds is not known
}

const (
	journalFolder = "+journal"
	// noRoom is where the last record of a file ends that takes no more.
	noRoom = 1 << 62
)

// A recordKind says what a record does to its key.
type recordKind byte

const (
	created recordKind = 1 + iota // it holds the record's value
	deleted                       // its file of the mark that is the record's value is gone
	other                         // what it holds is not the journal's to say
)

// A record is one line of a journal.
type record struct {
	kind  recordKind
	key   string
	value []byte
	at    time.Time // by this machine, whose disk it is
}

// A record begins with a checksum of the rest, the rest's length, the number
// of the file, the time, the kind, and the key's length.
const recordHeader = 4 + 4 + 8 + 8 + 1 + 2

func (r record) encode(number uint64) []byte {
	b := make([]byte, 4, recordHeader+len(r.key)+len(r.value))
	b = binary.LittleEndian.AppendUint32(b, uint32(cap(b)))
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.at.UnixNano()))
	b = append(b, byte(r.kind))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.key)))
	b = append(append(b, r.key...), r.value...)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

// decode is the record that b begins with, and its length; false where there
// is none.
func decode(b []byte, number uint64) (record, int, bool) {
	if len(b) < recordHeader {
		return record{}, 0, false
	}
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if n < recordHeader || n > len(b) || binary.LittleEndian.Uint32(b) != crc32.Checksum(b[4:n], castagnoli) ||
		binary.LittleEndian.Uint64(b[8:]) != number {
		return record{}, 0, false
	}
	key := recordHeader + int(binary.LittleEndian.Uint16(b[25:]))
	if key > n {
		return record{}, 0, false
	}
	at := time.Unix(0, int64(binary.LittleEndian.Uint64(b[16:])))
	return record{recordKind(b[24]), string(b[recordHeader:key]), b[key:n], at}, n, true
}

// openJournal opens the store's journal, and makes it if it isn't there. If the
// machine was started since the journal was written, it is replayed first.
func (s *Store) openJournal() (j *journal, err error) {
	j = &journal{s: s, folder: filepath.Join(s.root, journalFolder)}
	j.group = &groupSync{flush: j.sync}
	if err := s.mkdirAll(j.folder); err != nil {
		return nil, err
	}
	if j.state, err = os.OpenFile(filepath.Join(j.folder, "state"), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, err
	}
	if _, err = j.read(); errors.Is(err, errOtherBoot) {
		err = s.lock.hold(s.patience, func() error {
			if _, err := j.read(); !errors.Is(err, errOtherBoot) {
				return err // another has done it
			}
			return j.replay()
		})
	}
	if err != nil {
		return nil, errors.Join(err, j.close())
	}
	return j, nil
}

func (j *journal) close() error {
	f := j.file.Load()
	if f == nil {
		return j.state.Close()
	}
	return errors.Join(j.state.Close(), f.Close())
}

// A position is where a record ends.
type position struct {
	number uint64 // of the journal's file; 0: none yet
	end    int64
}

var errOtherBoot = errors.New("the journal was written before this machine was started")

// read is where the last record ends.
func (j *journal) read() (position, error) {
	b := make([]byte, 16+len(j.s.boot))
	if n, err := j.state.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return position{}, err
	} else if string(b[16:max(16, n)]) != j.s.boot {
		return position{}, errOtherBoot
	}
	return position{binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}, nil
}

func (j *journal) note(p position) error {
	b := binary.LittleEndian.AppendUint64(nil, p.number)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.end))
	return j.s.disk.writeAt(j.state, append(b, j.s.boot...), 0)
}

// patience is how long a create waits for the journal: longer than most need
// it, and less than a sync of the whole file system may take.
const patience = 100 * time.Millisecond

// change appends a record, if may allows it, and calls do, which does to the
// store what the record says. With errLocked nothing was done.
func (j *journal) change(r record, may, do func() error) error {
	full := uint64(0)
	err := j.s.lock.hold(patience, func() (err error) {
		j.mu.Lock()
		defer j.mu.Unlock()
		if j.s.isShared() {
			return errLocked // since another machine came, for good
		}
		if err := may(); err != nil {
			return err
		}
		if full, err = j.append(r); err != nil {
			return err
		}
		if err = do(); err != nil {
			_, undone := j.append(record{kind: other, key: r.key})
			return errors.Join(err, undone)
		}
		return nil
	})
	if err == nil && full > 0 {
		err = j.shorten(full)
	}
	return err
}

// append writes a record. It returns the number of the file that this has
// filled, if any.
func (j *journal) append(r record) (full uint64, err error) {
	p, err := j.read()
	if err != nil {
		return 0, err
	}
	if p.number > 0 && p.number != j.number {
		if err := j.use(p.number); errors.Is(err, fs.ErrNotExist) {
			j.broken = true
		} else if err != nil {
			return 0, err
		}
	}
	r.at = time.Now()
	b := r.encode(p.number)
	if p.number == 0 || j.broken || p.end+int64(len(b)) > j.size {
		full = p.number
		if p, err = j.next(p); err != nil {
			return 0, err
		}
		b = r.encode(p.number)
	}
	if err := j.s.disk.writeAt(j.file.Load(), b, p.end); err != nil {
		return 0, err
	}
	p.end += int64(len(b))
	return full, j.note(p)
}

func (j *journal) path(number uint64) string {
	return filepath.Join(j.folder, strconv.FormatUint(number, 10))
}

// use opens a file of the journal. A goroutine that still syncs the last one
// keeps it open.
func (j *journal) use(number uint64) error {
	f, err := os.OpenFile(j.path(number), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.file.Store(f)
	j.number, j.size = number, info.Size()
	return nil
}

// next begins the file after p, once all before it is on disk.
func (j *journal) next(p position) (position, error) {
	size := j.s.fullJournal
	if p.number == 0 || j.broken || j.s.disk.syncFile(j.file.Load()) != nil {
		// The file is unreadable or missing. The names in the store itself
		// are as good.
		size = j.s.firstJournal
		if err := j.s.disk.syncAll(j.state); err != nil {
			return p, err
		}
	}
	p = position{p.number + 1, 0}
	// A process that was killed on the way may have left a file of that name.
	if err := j.s.disk.zeros(j.path(p.number), size); err != nil {
		return p, err
	}
	if err := j.s.disk.syncFolder(j.folder); err != nil {
		return p, err
	}
	if err := j.use(p.number); err != nil {
		return p, err
	}
	j.broken = false
	return p, j.note(p)
}

// shorten removes the files up to number, once the store holds what they say.
func (j *journal) shorten(number uint64) error {
	if err := j.s.disk.syncAll(j.state); err != nil {
		return err
	}
	err := j.s.lock.hold(patience, func() error {
		numbers, err := j.numbers()
		for _, n := range numbers {
			if n <= number && err == nil {
				err = j.s.disk.remove(j.path(n))
			}
		}
		return err
	})
	if errors.Is(err, errLocked) {
		return nil // the next one will
	}
	return err
}

// numbers are the names of the journal's files, ascending.
func (j *journal) numbers() ([]uint64, error) {
	entries, err := os.ReadDir(j.folder)
	var numbers []uint64
	for _, e := range entries {
		if n, err := strconv.ParseUint(e.Name(), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

// sync makes all records that were appended before survive.
func (j *journal) sync() error {
	// The goroutine that began another file has synced the files before it.
	return j.failed(j.s.disk.syncFile(j.file.Load()))
}

// failed notes the error of a sync, if it is one.
func (j *journal) failed(err error) error {
	if err == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = true
	return fmt.Errorf("syncing the journal: %w", err)
}
