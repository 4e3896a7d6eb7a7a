package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"okazaki"
)

// A record is the file in a folder of answers that says what okazaki wrote
// there. A file is okazaki's as long as its record has its name, size and
// checksum: one that was changed since is the user's.
//
// The same answers make the same record, whenever and wherever they were made.
type record struct {
	About   string   `json:"about"`
	Answers []answer `json:"answers"`
}

const (
	recordName  = ".okazaki-files.json"
	recordAbout = "the files that okazaki wrote here, so that it replaces no others"
)

// An answer is the files that one command wrote together.
type answer struct {
	Command string       `json:"command"`
	Files   []answerFile `json:"files"`
}

// An answerFile is a file of the record's folder.
type answerFile struct {
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	CRC   string `json:"crc32c"`
	Named bool   `json:"named,omitempty"` // by the user
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(crc uint32) string { return fmt.Sprintf("%08x", crc) }

// readRecord reads the record of a folder; an empty one if there is none.
func readRecord(folder string) (*record, error) {
	r := &record{About: recordAbout}
	path := filepath.Join(folder, recordName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(b, r)
	}
	if err != nil {
		return nil, &okazaki.Error{File: path, Message: "can't be read, and says which files here may be replaced: " + osReason(err), Hint: "remove it, or name another folder with --output", Err: err}
	}
	r.About = recordAbout
	return r, nil
}

// write makes the record the folder's: by way of tmp, a name beside it.
func (r *record) write(folder, tmp string) error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(tmp, append(b, '\n'), 0o666); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(folder, recordName))
}

// ours says whether path is a file that the record of its folder has as it is.
func ours(path string) (bool, error) {
	r, err := readRecord(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	for _, a := range r.Answers {
		for _, f := range a.Files {
			if f.Name == filepath.Base(path) && f.isAt(path) {
				return true, nil
			}
		}
	}
	return false, nil
}

// isAt says whether the file at path is the one of the record.
func (f *answerFile) isAt(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() != f.Size {
		return false
	}
	crc := crc32.New(castagnoli)
	_, err = io.Copy(crc, file)
	return err == nil && checksum(crc.Sum32()) == f.CRC
}

func (a *answer) find(name string) *answerFile {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	return nil
}

// without is the answer's files that another doesn't have.
func (a *answer) without(b *answer) []answerFile {
	return slices.DeleteFunc(slices.Clone(a.Files), func(f answerFile) bool { return b.find(f.Name) != nil })
}

// replacedBy says whether b has one of a's files, and whether with other bytes.
func (a *answer) replacedBy(b *answer) (replaced, differs bool) {
	for _, f := range b.Files {
		if was := a.find(f.Name); was != nil {
			replaced = true
			differs = differs || was.Size != f.Size || was.CRC != f.CRC
		}
	}
	return replaced, differs
}

// add makes b the newest answer of the folder. What it leaves of answers that
// it replaced in part with other bytes is stale, and returned.
func (r *record) add(b answer) (stale []answer) {
	var kept []answer
	for _, a := range r.Answers {
		rest := answer{a.Command, a.without(&b)}
		replaced, differs := a.replacedBy(&b)
		switch {
		case len(rest.Files) == 0:
		case !replaced:
			kept = append(kept, a)
		case differs:
			kept, stale = append(kept, rest), append(stale, rest)
		default: // they belong together
			b.Files = append(b.Files, rest.Files...)
		}
	}
	r.Answers = append(kept, b)
	return stale
}

// forget takes files out of the record.
func (r *record) forget(names []string) {
	for i := range r.Answers {
		r.Answers[i].Files = slices.DeleteFunc(r.Answers[i].Files, func(f answerFile) bool { return slices.Contains(names, f.Name) })
	}
	r.Answers = slices.DeleteFunc(r.Answers, func(a answer) bool { return len(a.Files) == 0 })
}
