package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"okazaki"
)

// An Item is what a folder holds: a key, or with a slash at its end a folder.
type Item struct {
	Key string
	At  time.Time // the key's creation, if the driver has it at hand
}

// Walk implements Store.List for a driver that keeps keys in folders. read
// returns all of a folder's items in ascending order of Key (a missing folder
// has none); entry returns an item's entry, or false if the item has gone.
// Only the folders that the page needs are read.
func Walk(ctx context.Context, prefix, after string,
	read func(folder string) ([]Item, error),
	entry func(Item) (okazaki.Entry, bool, error),
) ([]okazaki.Entry, error) {
	w := &walk{prefix: prefix, after: after, from: max(prefix, after), read: read, entry: entry}
	err := w.folder(ctx, Folder(prefix))
	return w.page, err
}

type walk struct {
	prefix, after string
	from          string // nothing before it is asked for, but the folders that lead to it
	read          func(folder string) ([]Item, error)
	entry         func(Item) (okazaki.Entry, bool, error)
	page          []okazaki.Entry
}

func (w *walk) folder(ctx context.Context, folder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	items, err := w.read(folder)
	if err != nil {
		return err
	}
	for _, it := range items[w.start(folder, items):] {
		if len(w.page) == okazaki.PageSize || !strings.HasPrefix(it.Key, w.prefix) && it.Key > w.prefix {
			return nil
		}
		switch isFolder := strings.HasSuffix(it.Key, "/"); {
		case isFolder && (strings.HasPrefix(it.Key, w.prefix) || strings.HasPrefix(w.prefix, it.Key)):
			err = w.folder(ctx, it.Key)
		case !isFolder && strings.HasPrefix(it.Key, w.prefix) && it.Key > w.after:
			err = w.add(it)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// start is the index of the first item at or after w.from, or of the folder
// that w.from lies in.
func (w *walk) start(folder string, items []Item) int {
	rest, ok := strings.CutPrefix(w.from, folder)
	if !ok {
		return 0
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest = rest[:i+1]
	}
	first := w.from[:len(folder)+len(rest)]
	i, _ := slices.BinarySearchFunc(items, first, func(it Item, key string) int { return strings.Compare(it.Key, key) })
	return i
}

func (w *walk) add(it Item) error {
	e, ok, err := w.entry(it)
	if ok && err == nil {
		w.page = append(w.page, e)
	}
	return err
}
