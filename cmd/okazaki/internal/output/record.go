package output

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
	"strings"

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
	Command string `json:"command"`
	Asked
	Files []answerFile `json:"files"`
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
		return nil, &okazaki.Error{File: path, Message: "can't be read, and says which files here may be replaced: " + Reason(err), Hint: "remove it, or name another folder with --output", Err: err}
	}
	r.About = recordAbout
	r.forget(func(f answerFile) bool { return !isBaseName(f.Name) })
	return r, nil
}

// isBaseName says whether a name is a file in a folder, on any system. A record
// with another name of a file is not believed.
func isBaseName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00") && filepath.VolumeName(name) == ""
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

// Ours says whether path is a file that the record of its folder has as it is.
func Ours(path string) (bool, error) {
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

// forget takes files out of the record.
func (r *record) forget(gone func(answerFile) bool) {
	for i := range r.Answers {
		r.Answers[i].Files = slices.DeleteFunc(r.Answers[i].Files, gone)
	}
	r.Answers = slices.DeleteFunc(r.Answers, func(a answer) bool { return len(a.Files) == 0 })
}

// Reason is an error without the operation and the path that os adds.
func Reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err.Error()
	}
	return err.Error()
}
