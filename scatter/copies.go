package scatter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"okazaki"
)

// Stored inputs lie in the store in chunks. A copy of an input has a name of
// its own, so that one which is being collected is never used again:
//
//	in/DIGEST/COPY/N            chunk N
//	in/DIGEST/COPY/lease.NONCE  somebody is about to submit a job that reads it
//	in/DIGEST/COPY/dead         it is given up: no job may read it from here on
const (
	inputPrefix = "in/"
	chunkSize   = 8 << 20
)

func copyPrefix(digest, name string) string { return inputPrefix + digest + "/" + name + "/" }
func deadKey(digest, name string) string    { return copyPrefix(digest, name) + "dead" }
func leaseKey(digest, name string) string {
	return copyPrefix(digest, name) + "lease." + newNonce()
}
func chunkKey(digest, name string, n int64) string {
	return fmt.Sprintf("%s%06d", copyPrefix(digest, name), n)
}

// A storedCopy is what a store's keys say about one copy of an input.
type storedCopy struct {
	digest, name string
	chunks       []okazaki.Entry
	leases       []okazaki.Entry
	dead         bool
	youngest     time.Duration // age of the lease or chunk created last
	oldest       time.Duration // age of the chunk created first
}

// copiesOf groups keys under in/, or under in/DIGEST/, by copy.
func copiesOf(entries []keyEntry) []*storedCopy {
	var copies []*storedCopy
	for _, e := range entries {
		if e.kind == formerChunkKind {
			continue
		}
		if n := len(copies); n == 0 || copies[n-1].digest != e.digest || copies[n-1].name != e.copied {
			copies = append(copies, &storedCopy{digest: e.digest, name: e.copied, youngest: e.Age})
		}
		c := copies[len(copies)-1]
		switch e.kind {
		case deadKind:
			c.dead = true
			continue
		case leaseKind:
			c.leases = append(c.leases, e.Entry)
		default:
			c.chunks = append(c.chunks, e.Entry)
			c.oldest = max(c.oldest, e.Age)
		}
		c.youngest = min(c.youngest, e.Age)
	}
	return copies
}

// Keep copies r into the store, so that workers on other machines can read
// it, and returns it as an Input. A copy that the store has already is leased,
// not written again; r is read once. The job must be submitted within six hours.
func (f *Inputs) Keep(ctx context.Context, role, name string, r io.Reader) (okazaki.Input, error) {
	spool, err := os.CreateTemp("", "okazaki-input-*")
	if err != nil {
		return okazaki.Input{}, fmt.Errorf("spool %s: %w", name, err)
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	h := sha256.New()
	size, err := io.Copy(io.MultiWriter(spool, h), contextReader{ctx, r})
	if err != nil {
		return okazaki.Input{}, unreadable(name, err)
	}
	in := okazaki.Input{Role: role, Name: name, Size: size, Digest: hex.EncodeToString(h.Sum(nil))}
	if in.Copy, err = f.lease(ctx, in); err == nil && in.Copy == "" {
		in.Copy = newPrefix()
		err = f.write(ctx, in, spool)
	}
	if err != nil {
		return okazaki.Input{}, fmt.Errorf("store %s: %w", name, err)
	}
	return in, nil
}

func chunksOf(size int64) int64 { return (size + chunkSize - 1) / chunkSize }

// lease returns the name of a whole copy that the store has and that nobody
// will collect before a job names it; "" if there is none.
func (f *Inputs) lease(ctx context.Context, in okazaki.Input) (string, error) {
	entries, err := listKeys(ctx, f.Store, inputPrefix+in.Digest+"/", nil)
	if err != nil {
		return "", err
	}
	for _, c := range copiesOf(entries) {
		if c.dead || int64(len(c.chunks)) != chunksOf(in.Size) || !f.outlives(c.oldest) {
			continue
		}
		// The lease first, then the look: a collector that saw no lease has
		// marked the copy by now.
		if err := createOnce(ctx, f.Store, leaseKey(in.Digest, c.name), nil); err != nil {
			return "", err
		}
		_, err := patientGet(ctx, f.Store, deadKey(in.Digest, c.name))
		if errors.Is(err, okazaki.ErrNotFound) {
			return c.name, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}

// outlives says whether a copy of that age will be there for as long as a job
// that is submitted now may be open.
func (f *Inputs) outlives(age time.Duration) bool {
	kept := keeps(f.Store)
	return kept == 0 || age+or(f.Outlive, kept/2) < kept
}

// write writes the chunks of a new copy.
func (f *Inputs) write(ctx context.Context, in okazaki.Input, spool io.ReaderAt) error {
	if err := markStore(ctx, f.Store); err != nil {
		return err
	}
	if err := createOnce(ctx, f.Store, leaseKey(in.Digest, in.Copy), nil); err != nil {
		return err
	}
	for n := range chunksOf(in.Size) {
		buf := make([]byte, min(chunkSize, in.Size-n*chunkSize))
		if _, err := spool.ReadAt(buf, n*chunkSize); err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		if err := createOnce(ctx, f.Store, chunkKey(in.Digest, in.Copy, n), buf); err != nil {
			return err
		}
	}
	return nil
}

// inputs gives up the stored copies that no life names and that were not leased
// lately, and deletes those that an earlier pass gave up.
func (c *collector) inputs(ctx context.Context) error {
	entries, err := c.list(ctx, inputPrefix)
	if err != nil {
		return fmt.Errorf("list the inputs: %w", err)
	}
	for _, sc := range copiesOf(entries) {
		if c.copies[sc.digest+"/"+sc.name] {
			continue
		}
		c.later(c.leased - sc.youngest)
		if sc.youngest < c.leased {
			continue
		}
		if !sc.dead {
			if err := createOnce(ctx, c.s, deadKey(sc.digest, sc.name), nil); err != nil {
				return fmt.Errorf("input %s: %w", sc.digest, err)
			}
			continue
		}
		for _, e := range append(sc.chunks, sc.leases...) {
			if err := c.s.Delete(ctx, e.Key); err != nil {
				return fmt.Errorf("input %s: %w", sc.digest, err)
			}
		}
		if err := c.s.Delete(ctx, deadKey(sc.digest, sc.name)); err != nil { // last: without it, what is left could be leased
			return fmt.Errorf("input %s: %w", sc.digest, err)
		}
	}
	return c.formerInputs(ctx, entries)
}

// formerInputs deletes chunks of the store's first layout, in/DIGEST/N.
func (c *collector) formerInputs(ctx context.Context, entries []keyEntry) error {
	for _, e := range entries {
		if e.kind == formerChunkKind && e.Age >= c.age+oldKept {
			if err := c.s.Delete(ctx, e.Key); err != nil {
				return err
			}
		}
	}
	return nil
}
