package client

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// digests remember the SHA-256 of large files from one command to the next, so
// that a genome or its index is not read whole each time. A digest belongs to a
// path with its size, times and inode. None is kept for a file that has just been
// changed, since a change in the same tick of its clock would not show.
//
// A record that can't be read or written is as good as none.
type digests struct {
	dir string // "" remembers nothing
	now func() time.Time
}

const (
	// digestsFrom is the least size that is worth a record, bytes.
	digestsFrom = 4 << 20
	// settled is how long ago a file was changed at least. FAT's clock, the
	// coarsest, ticks every 2 s.
	settled = 2*time.Second + 100*time.Millisecond
)

// A digestRecord is a file that was read.
type digestRecord struct {
	Path     string `json:"path"`
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"` // ns since 1970
	identity
	Digest string `json:"digest"`
}

// An identity is what else a system knows of a file; zero where it doesn't.
type identity struct {
	Changed int64  `json:"changed"` // ns since 1970: contents or attributes; no program sets it
	Inode   uint64 `json:"inode"`
	Device  uint64 `json:"device"`
}

// digest is scatter.Inputs.Digest.
func (d *digests) digest(file *os.File, info os.FileInfo, read func() (string, error)) (string, error) {
	if d.dir == "" || !info.Mode().IsRegular() || info.Size() < digestsFrom {
		return read()
	}
	is := digestRecord{Path: file.Name(), Size: info.Size(), Modified: info.ModTime().UnixNano(), identity: identify(file)}
	last := time.Unix(0, max(is.Modified, is.Changed))
	trusted := d.now().Sub(last) > settled
	name := sha256.Sum256([]byte(is.Path))
	record := filepath.Join(d.dir, hex.EncodeToString(name[:16]))
	if was, ok := readDigest(record); ok {
		is.Digest = was.Digest
		if was == is {
			d.touch(record)
			return is.Digest, nil
		}
	}
	digest, err := read()
	if is.Digest = digest; err == nil && trusted {
		d.keep(record, &is)
	}
	return digest, err
}

func readDigest(path string) (r digestRecord, ok bool) {
	b, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(b, &r) != nil {
		return r, false
	}
	sum, err := hex.DecodeString(r.Digest)
	return r, err == nil && len(sum) == sha256.Size
}

// touch notes that a record was used, once a day: records are deleted when they
// are not.
func (d *digests) touch(record string) {
	if info, err := os.Stat(record); err == nil && d.now().Sub(info.ModTime()) > 24*time.Hour {
		_ = os.Chtimes(record, d.now(), d.now()) // then the file is read once more some day
	}
}

// NewDigest begins the names of records that are being written.
const NewDigest = ".new-"

func (d *digests) keep(record string, r *digestRecord) {
	b, err := json.Marshal(r)
	if err == nil {
		err = os.MkdirAll(d.dir, 0o700)
	}
	if err != nil {
		return
	}
	f, err := os.CreateTemp(d.dir, NewDigest+"*")
	if err != nil {
		return
	}
	_, err = f.Write(b)
	if f.Close() != nil || err != nil || os.Rename(f.Name(), record) != nil {
		_ = os.Remove(f.Name())
	}
}

// NewInputs opens the inputs of a store's jobs, which may be open for as long as
// deadline. What is known of large files is kept in a folder of this machine; ""
// keeps nothing.
func NewInputs(s okazaki.Store, deadline time.Duration, folder string) *scatter.Inputs {
	known := &digests{dir: folder, now: time.Now}
	return &scatter.Inputs{Store: s, Digest: known.digest, Identity: func(f *os.File) any { return identify(f) }, Outlive: deadline + 24*time.Hour}
}

// DigestFolder is the folder that NewInputs uses by default; "" if there is none.
func DigestFolder() string { return CacheFolder("okazaki-digests") }
