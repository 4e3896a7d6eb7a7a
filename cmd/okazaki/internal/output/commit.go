package output

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
)

// A Committed answer is one whose files have their names.
type Committed struct {
	Paths   []string // "-" is stdout
	Rows    []int64  // of each that is a table; -1
	Removed []string // files of an earlier answer that don't fit this one
	Stale   []string // those that stay: the user named or changed them
	Other   []string // those that stay though no file beside them was replaced
}

// A stagedFile is whole, and has a name of ours until it gets its own.
type stagedFile struct {
	tmp, path string
	file      answerFile
}

// Commit gives the files their names. A folder that is not there yet appears
// whole. In an existing folder, each file replaces the one of its name. An
// earlier answer's other files are removed, since they belong to other data.
func (o *Output) Commit() (*Committed, error) {
	defer o.Discard()
	if err := o.check(o.names); err != nil { // again: the work took a while
		return nil, err
	}
	done := &Committed{}
	var folders []string
	staged := map[string][]stagedFile{}
	for _, name := range o.names {
		if o.printed(name) {
			continue
		}
		s := stagedFile{filepath.Join(cmp.Or(o.tmps[name], o.tmp), name), o.path(name), o.sums[name]}
		s.file.Name = filepath.Base(s.path)
		s.file.Named = o.file != "" && name == o.Main || o.Apart[name] != ""
		folder := filepath.Dir(s.path)
		if staged[folder] == nil {
			folders = append(folders, folder)
		}
		staged[folder] = append(staged[folder], s)
		done.Paths = append(done.Paths, s.path)
		rows := int64(-1)
		if n := o.rows[name]; n != nil && n.named {
			rows = n.rows - 1
		}
		done.Rows = append(done.Rows, rows)
	}
	for _, folder := range folders {
		if err := o.place(folder, staged[folder], done); err != nil {
			return nil, err
		}
	}
	if o.Dir == "" {
		done.Paths = append(done.Paths, "-")
		return done, o.print()
	}
	return done, nil
}

// place gives the files of one folder their names. The folder's record names
// them first: if the command is killed here, they are known as okazaki's.
func (o *Output) place(folder string, files []stagedFile, done *Committed) error {
	a := answer{Command: o.Command, Asked: o.Asked}
	for _, s := range files {
		a.Files = append(a.Files, s.file)
	}
	if folder == o.Dir && filepath.Dir(o.tmp) != o.Dir {
		if whole, err := o.placeWhole(a, files); whole || err != nil {
			return err
		}
	}
	defer lockFolder(folder)()
	r, err := readRecord(folder)
	if err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(files[0].tmp), recordName)
	first := record{About: r.About, Answers: append(slices.Clone(r.Answers), a)}
	if err := first.write(folder, tmp); err != nil {
		return o.explain(folder, err)
	}
	for _, s := range files {
		if err := o.Guard.Put(s.tmp, s.path, Ours); err != nil {
			return o.explain(s.path, err)
		}
	}
	if len(r.Answers) == 0 {
		return nil
	}
	gone := o.leave(folder, r.add(a), done)
	r.forget(func(f answerFile) bool { return slices.Contains(gone, f.Name) })
	return o.explain(folder, r.write(folder, tmp))
}

// placeWhole makes the files' folder theirs. It returns false if there is such
// a folder by now.
func (o *Output) placeWhole(a answer, files []stagedFile) (bool, error) {
	for i, s := range files {
		files[i].tmp = filepath.Join(o.tmp, s.file.Name)
		if err := os.Rename(s.tmp, files[i].tmp); err != nil {
			return false, o.explain(s.path, err)
		}
	}
	r := &record{About: recordAbout, Answers: []answer{a}}
	name := filepath.Join(o.tmp, recordName)
	if err := r.write(o.tmp, name+"~"); err != nil {
		return false, o.explain(o.Dir, err)
	}
	if os.Rename(o.tmp, o.Dir) == nil {
		return true, nil
	}
	return false, o.explain(o.Dir, os.Remove(name))
}

// leave removes what is left of answers that were replaced in part, unless the
// user named a file of them or changed it, or it is an input. It returns the
// names of those that are not okazaki's any more.
func (o *Output) leave(folder string, stale []staleAnswer, done *Committed) (gone []string) {
	for _, a := range stale {
		stays := o.file != "" || a.named()
		for _, f := range a.Files {
			path := filepath.Join(folder, f.Name)
			info, err := os.Lstat(path)
			switch {
			case err != nil, done.has(info): // by a name in another case
				gone = append(gone, f.Name)
			case !stays && !o.Guard.isInput(info) && f.isAt(path) && os.Remove(path) == nil:
				done.Removed, gone = append(done.Removed, path), append(gone, f.Name)
			case a.replaced:
				done.Stale = append(done.Stale, path)
			default:
				done.Other = append(done.Other, path)
			}
		}
	}
	return gone
}

// has says whether a file is one of the answer.
func (c *Committed) has(file os.FileInfo) bool {
	return slices.ContainsFunc(c.Paths, func(path string) bool {
		info, err := os.Lstat(path)
		return err == nil && os.SameFile(info, file)
	})
}
