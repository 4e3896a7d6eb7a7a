package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A committed answer is one whose files have their names.
type committed struct {
	paths   []string // "-" is stdout
	rows    []int64  // of each that is a table; -1
	removed []string // files of an earlier answer that don't fit this one
	stale   []string // those that stay: the user named or changed them
	other   []string // those that stay though no file beside them was replaced
}

// A stagedFile is whole, and has a name of ours until it gets its own.
type stagedFile struct {
	tmp, path string
	file      answerFile
}

// commit gives the files their names. A folder that is not there yet appears
// whole. In an existing folder, each file replaces the one of its name. An
// earlier answer's other files are removed, since they belong to other data.
func (o *output) commit() (*committed, error) {
	defer o.discard()
	if err := o.check(o.names); err != nil { // again: the work took a while
		return nil, err
	}
	done := &committed{}
	var folders []string
	staged := map[string][]stagedFile{}
	for _, name := range o.names {
		if o.printed(name) {
			continue
		}
		s := stagedFile{filepath.Join(cmp.Or(o.tmps[name], o.tmp), name), o.path(name), o.sums[name]}
		s.file.Name = filepath.Base(s.path)
		s.file.Named = o.file != "" && name == o.main || o.apart[name] != ""
		folder := filepath.Dir(s.path)
		if staged[folder] == nil {
			folders = append(folders, folder)
		}
		staged[folder] = append(staged[folder], s)
		done.paths = append(done.paths, s.path)
		rows := int64(-1)
		if n := o.rows[name]; n != nil && n.named {
			rows = n.rows - 1
		}
		done.rows = append(done.rows, rows)
	}
	for _, folder := range folders {
		if err := o.place(folder, staged[folder], done); err != nil {
			return nil, err
		}
	}
	if o.dir == "" {
		done.paths = append(done.paths, "-")
		return done, o.print()
	}
	return done, nil
}

// place gives the files of one folder their names. The folder's record names
// them first: if the command is killed here, they are known as okazaki's.
func (o *output) place(folder string, files []stagedFile, done *committed) error {
	a := answer{Command: o.command, asked: o.asked}
	for _, s := range files {
		a.Files = append(a.Files, s.file)
	}
	if folder == o.dir && filepath.Dir(o.tmp) != o.dir {
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
		if err := o.guard.put(s.tmp, s.path, ours); err != nil {
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
func (o *output) placeWhole(a answer, files []stagedFile) (bool, error) {
	for i, s := range files {
		files[i].tmp = filepath.Join(o.tmp, s.file.Name)
		if err := os.Rename(s.tmp, files[i].tmp); err != nil {
			return false, o.explain(s.path, err)
		}
	}
	r := &record{About: recordAbout, Answers: []answer{a}}
	name := filepath.Join(o.tmp, recordName)
	if err := r.write(o.tmp, name+"~"); err != nil {
		return false, o.explain(o.dir, err)
	}
	if os.Rename(o.tmp, o.dir) == nil {
		return true, nil
	}
	return false, o.explain(o.dir, os.Remove(name))
}

// leave removes what is left of answers that were replaced in part, unless the
// user named a file of them or changed it, or it is an input. It returns the
// names of those that are not okazaki's any more.
func (o *output) leave(folder string, stale []staleAnswer, done *committed) (gone []string) {
	for _, a := range stale {
		stays := o.file != "" || a.named()
		for _, f := range a.Files {
			path := filepath.Join(folder, f.Name)
			info, err := os.Lstat(path)
			switch {
			case err != nil, done.has(info): // by a name in another case
				gone = append(gone, f.Name)
			case !stays && !o.guard.isInput(info) && f.isAt(path) && os.Remove(path) == nil:
				done.removed, gone = append(done.removed, path), append(gone, f.Name)
			case a.replaced:
				done.stale = append(done.stale, path)
			default:
				done.other = append(done.other, path)
			}
		}
	}
	return gone
}

// has says whether a file is one of the answer.
func (c *committed) has(file os.FileInfo) bool {
	return slices.ContainsFunc(c.paths, func(path string) bool {
		info, err := os.Lstat(path)
		return err == nil && os.SameFile(info, file)
	})
}

// tellStale says what became of an earlier answer's files.
func (a *app) tellStale(done *committed) {
	if len(done.removed) > 0 {
		a.tell.say("removed", "removed "+strings.Join(done.removed, ", ")+" of an earlier answer, which is replaced", "files", done.removed)
	}
	if len(done.stale) > 0 {
		a.tell.warn("stale", strings.Join(done.stale, ", ")+" stays from an earlier answer, of which other files were replaced", "files", done.stale)
	}
	if len(done.other) > 0 {
		a.tell.warn("stale", strings.Join(done.other, ", ")+" stays from an earlier answer, to other data", "files", done.other)
	}
}
