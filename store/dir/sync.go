package dir

import (
	"context"
	"os"
	"path/filepath"
	"sync"
)

// A syncer makes values and names survive a crash. A value is made to before
// it gets its name, or a crash could leave the name with half of it.
type syncer interface {
	begin(size int) (end func())                 // a Create of so many bytes
	file(f *os.File) error                       // f has been written
	values(ctx context.Context) error            // the files written so far survive
	names(ctx context.Context, dir string) error // the links made in dir so far survive
	close() error
}

// newSyncer is the best that the system has for the folder root.
func newSyncer(root string, o Options) (syncer, error) {
	if o.NoSync {
		return noSync{}, nil
	}
	f, err := os.Open(root)
	if err != nil {
		return nil, err
	}
	if !syncsWhole(f) {
		return eachSync{root}, f.Close()
	}
	return &groupSync{root: f, flush: func() error { return syncWhole(f) }}, nil
}

type noSync struct{}

func (noSync) begin(int) func()                    { return func() {} }
func (noSync) file(*os.File) error                 { return nil }
func (noSync) values(context.Context) error        { return nil }
func (noSync) names(context.Context, string) error { return nil }
func (noSync) close() error                        { return nil }

// eachSync syncs file by file, where a whole file system can't be.
type eachSync struct{ root string }

func (eachSync) begin(int) func()             { return func() {} }
func (eachSync) file(f *os.File) error        { return f.Sync() }
func (eachSync) values(context.Context) error { return nil }
func (eachSync) close() error                 { return nil }

// names syncs the folders up to the root, any of which may be new.
func (e eachSync) names(_ context.Context, dir string) error {
	for {
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		err = f.Sync()
		_ = f.Close()
		if err != nil || dir == e.root {
			return err
		}
		dir = filepath.Dir(dir)
	}
}

const (
	// batch is how many that wait are enough to sync for.
	batch = 32
	// brief is the size of a value whose Create others wait for: it will soon
	// need a sync too.
	brief = 64 << 10
)

// groupSync syncs the whole file system for many creates at once. A sync
// covers who began to wait before it began. It begins when no other is under
// way and no brief Create is on its way to it, or when a batch waits.
type groupSync struct {
	root  *os.File
	flush func() error

	mu      sync.Mutex
	active  int // brief creates, waiting or not
	next    *round
	syncing bool
}

// A round is those who wait for one sync.
type round struct {
	waiting int
	done    chan struct{}
	err     error
}

func (g *groupSync) begin(size int) func() {
	if size > brief {
		return func() {}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.active--
		g.start()
	}
}

func (g *groupSync) file(*os.File) error                       { return nil }
func (g *groupSync) values(ctx context.Context) error          { return g.wait(ctx) }
func (g *groupSync) names(ctx context.Context, _ string) error { return g.wait(ctx) }
func (g *groupSync) close() error                              { return g.root.Close() }

func (g *groupSync) wait(ctx context.Context) error {
	g.mu.Lock()
	if g.next == nil {
		g.next = &round{done: make(chan struct{})}
	}
	r := g.next
	r.waiting++
	g.start()
	g.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins the next round if it is time. g.mu is held.
func (g *groupSync) start() {
	r := g.next
	if g.syncing || r == nil || r.waiting < min(g.active, batch) {
		return
	}
	g.next, g.syncing = nil, true
	go func() {
		r.err = g.flush()
		close(r.done)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.syncing = false
		g.start()
	}()
}
