package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// What a keeper knows of its folder from one command to the next. No key of a
// store has a plus. A file that can't be read or written is as good as none.
const (
	keptFile  = "+kept"  // a keptRecord
	sizesFile = "+sizes" // bytes of lives that ended a while ago, by prefix: they stay as they are
)

// A keptRecord is the last sweep, and what has been created since.
type keptRecord struct {
	Swept     time.Time `json:"swept"`
	Collected time.Time `json:"collected"` // when what is too old was deleted
	Bytes     int64     `json:"bytes"`
	Limit     int64     `json:"limit"`          // of the sweep
	Again     time.Time `json:"again,omitzero"` // it was still too large, and more may be deleted from then on
}

// measured is how long ago a life must have ended for its size to be kept.
const measured = time.Hour

// block is what the least file takes of a disk, bytes.
const block = 4096

// onDisk is what a file of that size takes of a disk.
func onDisk(size int64) int64 { return max(block, (size+block-1)/block*block) }

// A measurement is how large the folder is.
type measurement struct {
	total int64
	sizes map[string]int64 // by prefix of keys: of each life, and of the stored inputs
}

// measure adds up the folder's files. It looks at the files of a life that
// ended a while ago only once.
func (k *keeper) measure(ctx context.Context) (measurement, error) {
	m := measurement{sizes: map[string]int64{}}
	known, next := map[string]int64{}, map[string]int64{}
	k.read(sizesFile, &known)
	settled := k.settled()
	entries, err := os.ReadDir(k.folder)
	for _, e := range entries {
		if err == nil && len(e.Name()) == 2 && e.Name() != "in" && e.IsDir() {
			err = k.measureLives(ctx, e.Name(), func(prefix string, size func() (int64, error)) (err error) {
				n, ok := known[prefix]
				if !ok {
					if n, err = size(); err != nil {
						return err
					}
				}
				if settled[prefix] {
					next[prefix] = n
				}
				m.sizes[e.Name()+"/"+prefix+"/"] = n
				m.total += n
				return nil
			})
		} else if err == nil {
			var n int64
			n, err = sizeOf(ctx, filepath.Join(k.folder, e.Name()))
			m.sizes[e.Name()+"/"] = n
			m.total += n
		}
	}
	if err == nil && k.digests != "" {
		var n int64
		n, err = sizeOf(ctx, k.digests)
		m.total += n
	}
	k.save(sizesFile, next) // also of what was measured before ctx ended
	return m, err
}

// measureLives calls each for the lives whose prefixes begin with those two
// characters.
func (k *keeper) measureLives(ctx context.Context, begin string, each func(prefix string, size func() (int64, error)) error) error {
	folder := filepath.Join(k.folder, begin)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		err := each(e.Name(), func() (int64, error) { return sizeOf(ctx, filepath.Join(folder, e.Name())) })
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// settled returns the prefixes of the lives that ended a while ago.
func (k *keeper) settled() map[string]bool {
	settled := map[string]bool{}
	entries, err := os.ReadDir(filepath.Join(k.folder, "ended"))
	if err != nil {
		return settled // nothing has ended
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > measured {
			settled[e.Name()] = true
		}
	}
	return settled
}

// sizeOf is what a file or folder takes of a disk, with all that is in it.
func sizeOf(ctx context.Context, path string) (total int64, err error) {
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just been deleted
		}
		if err != nil {
			return err
		}
		if d.IsDir() {
			total += block
			return ctx.Err()
		}
		if info, err := d.Info(); err == nil {
			total += onDisk(info.Size())
		}
		return nil
	})
	return total, err
}

func (k *keeper) load() (r keptRecord) {
	k.read(keptFile, &r)
	return r
}

func (k *keeper) read(name string, into any) {
	if b, err := os.ReadFile(filepath.Join(k.folder, name)); err == nil {
		_ = json.Unmarshal(b, into) // then it is measured again
	}
}

// save writes a file whole, or leaves the one before.
func (k *keeper) save(name string, value any) {
	b, err := json.Marshal(value)
	if err != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Join(k.folder, "+tmp"), name+".*")
	if err != nil {
		return
	}
	_, err = f.Write(b)
	if f.Close() != nil || err != nil || os.Rename(f.Name(), filepath.Join(k.folder, name)) != nil {
		_ = os.Remove(f.Name())
	}
}

// forgetSize has a life measured again that may have been deleted in part: by
// what its keys begin with.
func (k *keeper) forgetSize(prefix string) {
	sizes := map[string]int64{}
	k.read(sizesFile, &sizes)
	delete(sizes, path.Base(prefix))
	k.save(sizesFile, sizes)
}
