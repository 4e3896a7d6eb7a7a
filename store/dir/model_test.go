package dir

import (
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"sync"
	"testing"
	"time"
)

// A modelDisk is the machine's own disk that also records what is done to it,
// so that a crash can take back any of it that no sync has made to stay.
type modelDisk struct {
	osDisk
	root    string
	named   bool            // files without a name are not to be had
	foreign bool            // it is another machine's
	whole   bool            // a whole file system can be synced
	skips   map[string]bool // syncs that are said to be done, and are not
	once    sync.Once
	mu      sync.Mutex
	ops     []op
	inodes  int
	temps   map[temp]int
	inodeOf map[string]int // by path
}

// An op is one change of the disk, or a sync. Paths begin at the store's root.
type op struct {
	kind  string // write, time, link, remove, mkdir, rmdir; file, folder, all
	path  string
	inode int
	data  []byte
	at    int64
	time  time.Time // of an inode
}

func newModelDisk(root string) *modelDisk {
	return &modelDisk{root: root, whole: true, temps: map[temp]int{}, inodeOf: map[string]int{}}
}

func (d *modelDisk) rel(path string) string {
	rel, err := filepath.Rel(d.root, path)
	if err != nil {
		panic(err)
	}
	return rel
}

// do does what there is to do, and records the ops if that went well.
func (d *modelDisk) do(f func() error, ops func() []op) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := f(); err != nil {
		return err
	}
	d.ops = append(d.ops, ops()...)
	return nil
}

func (d *modelDisk) now() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.ops)
}

// count is how many ops of a kind there were.
func (d *modelDisk) count(kind string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.ops {
		if o.kind == kind {
			n++
		}
	}
	return n
}

func (d *modelDisk) inode(path string) int {
	d.inodes++
	if path != "" {
		d.inodeOf[path] = d.inodes
	}
	return d.inodes
}

// open is called by each store on the disk.
func (d *modelDisk) open(folder, trial string) {
	if !d.named {
		d.once.Do(func() { d.osDisk.open(folder, trial) })
	}
}

func (d *modelDisk) of(*os.File) (whole, local bool) { return d.whole, !d.foreign }

func (d *modelDisk) write(path string, sync bool, chunks ...[]byte) (t temp, err error) {
	err = d.do(func() error { t, err = d.osDisk.write(path, false, chunks...); return err }, func() []op {
		n := d.inode("")
		ops := []op{{kind: "write", inode: n, data: slices.Concat(chunks...)}}
		if d.temps[t] = n; t.path != "" {
			d.inodeOf[d.rel(t.path)] = n
			ops = append(ops, op{kind: "link", path: d.rel(t.path), inode: n, time: time.Now()})
		}
		if sync && !d.skips["write"] {
			ops = append(ops, op{kind: "file", inode: n})
		}
		return ops
	})
	return t, err
}

func (d *modelDisk) zeros(path string, size int) error {
	return d.do(func() error { return d.osDisk.zeros(path, size) }, func() []op {
		n := d.inode(d.rel(path))
		ops := []op{{kind: "link", path: d.rel(path), inode: n, time: modTime(path)}, {kind: "write", inode: n, data: make([]byte, size)}}
		if !d.skips["zeros"] {
			ops = append(ops, op{kind: "file", inode: n})
		}
		return ops
	})
}

func (d *modelDisk) writeAt(f *os.File, b []byte, at int64) error {
	return d.do(func() error { return d.osDisk.writeAt(f, b, at) }, func() []op {
		var ops []op
		path := d.rel(f.Name())
		if d.inodeOf[path] == 0 {
			ops = append(ops, op{kind: "link", path: path, inode: d.inode(path), time: time.Now()})
		}
		return append(ops, op{kind: "write", inode: d.inodeOf[path], data: slices.Clone(b), at: at})
	})
}

func (d *modelDisk) setTime(path string, then time.Time) error {
	return d.do(func() error { return d.osDisk.setTime(path, then) }, func() []op {
		return []op{{kind: "time", inode: d.inodeOf[d.rel(path)], time: then}}
	})
}

func (d *modelDisk) link(t temp, path string) error {
	return d.do(func() error { return d.osDisk.link(t, path) }, func() []op {
		d.inodeOf[d.rel(path)] = d.temps[t]
		return []op{{kind: "link", path: d.rel(path), inode: d.temps[t], time: modTime(path)}}
	})
}

func modTime(path string) time.Time {
	info, err := os.Lstat(path)
	if err != nil {
		panic(err)
	}
	return info.ModTime()
}

func (d *modelDisk) drop(t temp) {
	_ = d.do(func() error { d.osDisk.drop(t); return nil }, func() []op {
		if t.path == "" {
			return nil
		}
		return []op{{kind: "remove", path: d.rel(t.path)}}
	})
}

func (d *modelDisk) entry(kind, path string, f func(string) error) error {
	return d.do(func() error { return f(path) }, func() []op { return []op{{kind: kind, path: d.rel(path)}} })
}

func (d *modelDisk) remove(path string) error { return d.entry("remove", path, d.osDisk.remove) }
func (d *modelDisk) mkdir(path string) error  { return d.entry("mkdir", path, d.osDisk.mkdir) }
func (d *modelDisk) rmdir(path string) error  { return d.entry("rmdir", path, d.osDisk.rmdir) }

func (d *modelDisk) sync(o op) error {
	return d.do(func() error { return nil }, func() []op {
		if d.skips[o.kind] {
			return nil
		}
		return []op{o}
	})
}

func (d *modelDisk) syncFile(f *os.File) error {
	d.mu.Lock()
	n := d.inodeOf[d.rel(f.Name())]
	d.mu.Unlock()
	return d.sync(op{kind: "file", inode: n})
}

func (d *modelDisk) syncFolder(path string) error {
	return d.sync(op{kind: "folder", path: d.rel(path)})
}

func (d *modelDisk) syncAll(*os.File) error {
	if !d.whole {
		return errors.ErrUnsupported
	}
	return d.sync(op{kind: "all"})
}

// stays says which of the ops some sync has made to stay.
func stays(ops []op) []bool {
	stay := make([]bool, len(ops))
	for i, s := range ops {
		for k := range i {
			switch o := ops[k]; s.kind {
			case "all":
				stay[k] = true
			case "file":
				stay[k] = stay[k] || (o.kind == "write" || o.kind == "time") && o.inode == s.inode
			case "folder":
				stay[k] = stay[k] || o.kind != "write" && o.kind != "time" && o.path != "" && filepath.Dir(o.path) == s.path
			}
		}
	}
	return stay
}

// crash is the store's folder as a crash after these ops may have left it.
func crash(t *testing.T, ops []op, rng *rand.Rand) string {
	t.Helper()
	luck := []float64{0, 0.1, 0.5, 0.9, 1}[rng.IntN(5)] // of what needn't stay
	files := map[int][]byte{}
	times := map[int]time.Time{}
	names := map[string]int{} // inodes; 0: a folder
	for i, stay := range stays(ops) {
		o := ops[i]
		switch lucky := stay || rng.Float64() < luck; o.kind {
		case "write":
			files[o.inode] = tear(files[o.inode], o, stay, lucky, rng)
		case "time":
			if lucky {
				times[o.inode] = o.time
			}
		case "link":
			times[o.inode] = o.time
			if lucky {
				names[o.path] = o.inode
			}
		case "mkdir":
			if lucky {
				names[o.path] = 0
			}
		case "remove", "rmdir":
			if lucky {
				delete(names, o.path)
			}
		}
	}
	return lay(t, files, times, names)
}

// tear returns what is left of a file after a write: all of it if stay, else
// the part that the crash let through.
func tear(file []byte, o op, stay, lucky bool, rng *rand.Rand) []byte {
	end := int(o.at) + len(o.data)
	grown := slices.Concat(file, make([]byte, max(0, end-len(file))))
	switch {
	case stay || lucky && rng.IntN(4) > 0:
		copy(grown[o.at:], o.data)
		return grown
	case rng.IntN(2) == 0:
		return file
	}
	const sector = 512
	for at := int(o.at); at < end; at = (at/sector + 1) * sector {
		if rng.IntN(2) == 0 {
			copy(grown[at:min(end, (at/sector+1)*sector)], o.data[at-int(o.at):])
		}
	}
	return grown
}

// scratch is a folder in memory, where the system has such a place.
func scratch(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("/dev/shm", "okazaki-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(path) })
	return path
}

// lay makes a folder of what a crash has left. What lies in a folder that was
// lost is lost.
func lay(t *testing.T, files map[int][]byte, times map[int]time.Time, names map[string]int) string {
	root := scratch(t)
	var err error
	for _, name := range slices.Sorted(maps.Keys(names)) {
		path := filepath.Join(root, name)
		if _, statErr := os.Stat(filepath.Dir(path)); statErr != nil {
			continue
		}
		if n := names[name]; n == 0 {
			err = errors.Join(err, os.Mkdir(path, 0o777))
		} else {
			err = errors.Join(err, os.WriteFile(path, files[n], 0o666), os.Chtimes(path, times[n], times[n]))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// before are ops that make a disk hold what root does.
func before(t *testing.T, root string, d *modelDisk) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		if e.IsDir() {
			d.ops = append(d.ops, op{kind: "mkdir", path: d.rel(path)})
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		n := d.inode(d.rel(path))
		d.ops = append(d.ops, op{kind: "link", path: d.rel(path), inode: n, time: info.ModTime()}, op{kind: "write", inode: n, data: b})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d.ops = append(d.ops, op{kind: "all"})
}
