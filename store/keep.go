package store

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"okazaki"
)

// A Keeper is a store whose keys expire. A key that has expired is missing,
// whether or not the store has removed it yet; keys expire in any order.
type Keeper interface {
	// Keeps is how long after its creation, by the store's own clock, a key
	// is there at least; 0: until it is deleted.
	Keeps() time.Duration
}

// Keep is how long s keeps a key; 0: until it is deleted. A job whose deadline
// comes later than that may lose what it has done.
func Keep(s okazaki.Store) time.Duration {
	if k, ok := s.(Keeper); ok {
		return k.Keeps()
	}
	return 0
}

// ParseKeep reads how long a store keeps a key from the store's URL.
func ParseKeep(text string) (time.Duration, error) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(text)
	}
	if err != nil || d <= 0 {
		return 0, errors.New("keep is not a time such as 30d or 720h")
	}
	return d, nil
}
