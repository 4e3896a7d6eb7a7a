package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/cmd/okazaki/internal/output"
	"okazaki/scatter"
	"okazaki/store/dir"
)

// How often a keeper looks at its folder.
const (
	sweepEvery   = time.Hour            // while it is small enough
	sweepAgain   = time.Minute          // at least, if it is too large, and nothing more could be deleted
	sweepSoon    = time.Second          // by an idle worker
	collectEvery = 24 * time.Hour       // for what is too old
	sweepFor     = 2 * time.Second      // at least, at the end of a command
	tellFrom     = int64(1_000_000_000) // bytes whose deletion is worth a line
)

// A keeper keeps the folder that is the default store, and the digests beside
// it, within an age and a size. It is the folder's store too, and counts how
// much is created in it. It may be stopped anywhere, and many processes may
// have one of the same folder: what it finds is deleted as scatter.GC and
// scatter.Trim do it.
type keeper struct {
	okazaki.Store
	folder  string
	digests string        // "": none are kept
	age     time.Duration // what ended longer ago is deleted; 0: nothing for its age
	limit   int64         // bytes; 0: there is none
	tell    *teller
	grown   atomic.Int64 // bytes since the folder was measured
}

// keep puts a keeper in the place of the store, if it is the default one:
// nobody else's, and a cache.
func (a *app) keep(p *place) {
	d, ok := p.Store.Store.(*dir.Store)
	if folder := client.CacheFolder("okazaki"); ok && folder != "" && output.SameFolder(d.Folder(), folder) {
		p.keeper = &keeper{
			Store: p.Store.Store, folder: d.Folder(), digests: a.config.digests,
			age: a.config.keepFor, limit: a.config.keepBytes, tell: a.tell,
		}
		p.Store.Store = p.keeper
	}
}

// Create is okazaki.Store's.
func (k *keeper) Create(ctx context.Context, key string, value []byte) error {
	err := k.Store.Create(ctx, key, value)
	if err == nil {
		k.grown.Add(onDisk(int64(len(value))))
	}
	return err
}

// Close closes the store.
func (k *keeper) Close() error { return k.Store.(io.Closer).Close() }

// sweepShortly sweeps at the end of a command that began then: for sweepFor, or
// as long as the command has taken, since to delete takes no longer than to
// create. A nil keeper does nothing.
func (k *keeper) sweepShortly(ctx context.Context, began time.Time) {
	if k == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, max(sweepFor, time.Since(began)))
	defer cancel()
	k.sweep(ctx)
}

// sweepWhileIdle sweeps when it is time to until ctx ends, if idle says so then.
func (k *keeper) sweepWhileIdle(ctx context.Context, idle func() bool) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(k.wait(k.load(), time.Now())):
			if idle() {
				k.sweep(ctx)
			}
		}
	}
}

// wait is how long a worker that is idle waits before it looks whether it is
// time to sweep.
func (k *keeper) wait(kept keptRecord, now time.Time) time.Duration {
	switch {
	case k.due(kept, now):
		return sweepSoon
	case k.stuck(kept):
		return min(max(kept.Again.Sub(now), sweepSoon), sweepAgain)
	}
	return sweepAgain
}

// sweep measures the folder and deletes what is too much, if it is time to.
func (k *keeper) sweep(ctx context.Context) {
	if ctx.Err() != nil || k.limit == 0 && k.age == 0 {
		return
	}
	kept := k.load()
	now, grown := time.Now(), k.grown.Swap(0)
	if kept.Bytes += grown; grown > 0 {
		kept.Again = time.Time{} // what has come may go before then
	}
	if !k.due(kept, now) {
		if grown > 0 {
			k.save(keptFile, kept)
		}
		return
	}
	kept.Swept, kept.Limit = now, k.limit
	k.save(keptFile, kept) // others need not sweep as well
	err := k.make(ctx, &kept)
	switch {
	case err != nil && ctx.Err() != nil: // cut short
		kept.Swept = now.Add(sweepAgain - sweepEvery)
	case err != nil:
		k.tell.warn("keep", fmt.Sprintf("the store in %s can't be kept small: %v", k.folder, err), "error", err.Error())
	}
	k.save(keptFile, kept)
}

// due says whether it is time to measure the folder again.
func (k *keeper) due(kept keptRecord, now time.Time) bool {
	since := now.Sub(kept.Swept)
	if since < 0 || since >= sweepEvery { // before it: the clock was set
		return true
	}
	return k.limit > 0 && kept.Bytes > k.limit && (!k.stuck(kept) || !now.Before(kept.Again))
}

// stuck says whether the last sweep had the limit of this one, and could not
// delete enough.
func (k *keeper) stuck(kept keptRecord) bool { return kept.Limit == k.limit && !kept.Again.IsZero() }

// make makes the folder small enough, as far as it can, and notes in kept what
// it found.
func (k *keeper) make(ctx context.Context, kept *keptRecord) error {
	began := time.Now()
	found, err := k.measure(ctx)
	if err != nil {
		return err
	}
	kept.Bytes, kept.Again = found.total, time.Time{}
	if k.limit > 0 && found.total > k.limit {
		excess := found.total - k.limit/10*9 // so that the next command need not trim again
		last := ""
		done, err := scatter.Trim(ctx, k.Store, excess, func(prefix string) int64 {
			last = prefix
			return found.sizes[prefix]
		})
		kept.Bytes -= done.Freed
		k.deleted(len(done.Gone), done.Freed)
		if err != nil {
			k.forgetSize(last)
			return err
		}
		if kept.Bytes > k.limit {
			kept.Bytes -= k.dropDigests(kept.Bytes-k.limit, 0)
		}
		if kept.Bytes > k.limit {
			kept.Again = time.Now().Add(min(cmp.Or(done.Next, sweepAgain), sweepAgain))
		}
	}
	if age := began.Sub(kept.Collected); k.age > 0 && (age < 0 || age >= collectEvery) {
		if _, err := scatter.GC(ctx, k.Store, k.age); err != nil {
			return err
		}
		k.dropDigests(0, k.age)
		kept.Collected = began
	}
	return nil
}

func (k *keeper) deleted(jobs int, freed int64) {
	if freed >= tellFrom || jobs > 0 && (k.tell.verbose || k.tell.events != nil) {
		b, oldest := byteValue(freed), "answer"
		if jobs != 1 {
			oldest = fmt.Sprintf("%d answers", jobs)
		}
		k.tell.say("kept", fmt.Sprintf("deleted the oldest %s in %s, %s, to keep it small", oldest, k.folder, &b), "jobs", jobs, "bytes", freed)
	}
}

// dropDigests deletes digests that were not used for longer than age, if it is
// not 0, and the oldest others until that has freed excess bytes. It returns
// how many it freed.
func (k *keeper) dropDigests(excess int64, age time.Duration) (freed int64) {
	if k.digests == "" {
		return 0
	}
	entries, err := os.ReadDir(k.digests)
	if err != nil {
		return 0 // there are none
	}
	var files []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range files {
		unused := time.Since(info.ModTime())
		unfinished := strings.HasPrefix(info.Name(), client.NewDigest) && unused > collectEvery
		if freed >= excess && !unfinished && (age == 0 || unused <= age) {
			continue
		}
		if os.Remove(filepath.Join(k.digests, info.Name())) == nil {
			freed += onDisk(info.Size())
		}
	}
	return freed
}
