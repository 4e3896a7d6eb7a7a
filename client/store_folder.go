package client

import (
	"cmp"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"okazaki"
)

// StoreFolder is the folder of a store, or of its large values; "" if there is
// none.
func StoreFolder(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return ""
	case u.Scheme == "dynamo":
		return StoreFolder(u.Query().Get("large"))
	case u.Scheme != "dir":
		return ""
	}
	folder, err := url.PathUnescape(cmp.Or(u.Opaque, u.EscapedPath()))
	if err != nil {
		return ""
	}
	return folder
}

// isUsed says whether a folder holds files or folders with which no new store
// begins. Hidden ones count for nothing, nor do what a store has beside its keys,
// what a probe leaves for a moment, and what a new disk has.
func isUsed(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		name := e.Name()
		return name[0] != '+' && name[0] != '.' && name != "probe" && name != "lost+found"
	})
}

// looksLikeStore says whether a folder may be a store's, without a change to it:
// it has a store's mark, or somebody has opened it as a store.
func looksLikeStore(folder string) bool {
	for _, name := range []string{"format", "jobs", "+tmp"} {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil {
			return true
		}
	}
	return false
}

// ErrNotStore says that a folder holds other files, for errors.Is.
var ErrNotStore = errors.New("the folder is not a store")

func notStore(folder string) error {
	return &okazaki.Error{
		File:    folder,
		Message: "this folder holds other files, and is not a store of okazaki's",
		Hint:    "give a store's folder, or one that is empty or not there yet",
		Err:     ErrNotStore,
	}
}
