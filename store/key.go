package store

import (
	"errors"
	"fmt"
	"strings"
)

// The longest key and the longest part of one that every driver takes: what
// remains of S3's 1,024 bytes after a bucket's prefix, and a file name's 255.
const (
	MaxKey  = 768
	MaxPart = 255
)

// CheckKey returns what is wrong with a key, which must be slash-separated
// runs of [a-z0-9._-], none of them empty, "." or "..". A key that passes
// names nothing outside the store, in a folder tree as in a URL.
func CheckKey(key string) error {
	if len(key) > MaxKey {
		return fmt.Errorf("key %.40q…: longer than %d bytes", key, MaxKey)
	}
	for part := range strings.SplitSeq(key, "/") {
		if err := checkPart(part); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	return nil
}

// IsPart says whether name may stand between two slashes of a key.
func IsPart(name string) bool { return checkPart(name) == nil }

func checkPart(part string) error {
	switch {
	case part == "":
		return errors.New("a part is empty")
	case part == "." || part == "..":
		return errors.New("a part is dots only")
	case len(part) > MaxPart:
		return fmt.Errorf("a part is longer than %d bytes", MaxPart)
	}
	for i := range len(part) {
		c := part[i]
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-' {
			continue
		}
		return fmt.Errorf("%q is not in [a-z0-9._-]", c)
	}
	return nil
}

// Folder is key up to and with its last slash: "" for a key without one. A
// folder's own folder is Folder(folder[:len(folder)-1]).
func Folder(key string) string { return key[:strings.LastIndexByte(key, '/')+1] }
