package scatter

import (
	"context"
	"math/big"
	"strings"

	"okazaki"
)

// A kind says what a key of the store holds.
type kind int

// The kinds of key.
const (
	formatKind      kind = iota + 1
	probeKind            // what a probe of the store has written
	lifeKind             // a life's record
	hintKind             // a hint that a life is open
	endKind              // how a life ended
	sickKind             // a report of a sick machine
	partKind             // all else that belongs to a life
	chunkKind            // a chunk of a copy of an input
	leaseKind            // a lease of a copy
	deadKind             // the mark that gives a copy up
	formerJobKind        // of the store's first layout: a job
	formerChunkKind      // of the store's first layout: a chunk of an input
)

// A storeKey is a key of the store's layout, taken apart.
type storeKey struct {
	kind   kind
	life   string // lifeKind, hintKind: the life's name
	prefix string // endKind, partKind: the life's prefix; formerJobKind: the job's id
	digest string // chunkKind, leaseKind, deadKind, formerChunkKind
	copied string // chunkKind, leaseKind, deadKind: the name of the copy
}

// parseKey takes a key apart. It returns false for a key that no store has: a
// folder may hold other files, and nothing is deleted or given up but what
// parseKey knows.
func parseKey(key string) (storeKey, bool) {
	top, rest, _ := strings.Cut(key, "/")
	switch top + "/" {
	case formatKey + "/":
		return storeKey{kind: formatKind}, key == formatKey
	case "probe/":
		return storeKey{kind: probeKind}, rest != ""
	case livesPrefix:
		return namedKey(lifeKind, strings.Replace(rest, "/", ".", 1), strings.Count(rest, "/") == 1)
	case openPrefix:
		return namedKey(hintKind, rest, true)
	case endedPrefix:
		return storeKey{kind: endKind, prefix: rest}, isHex(rest)
	case formerPrefix:
		return storeKey{kind: formerJobKind, prefix: rest}, isHex(rest)
	case sickPrefix:
		dot := strings.LastIndexByte(rest, '.')
		return storeKey{kind: sickKind}, dot > 0 && !strings.Contains(rest, "/") && isNonce(rest[dot+1:])
	case inputPrefix:
		return parseInputKey(strings.Split(rest, "/"))
	}
	prefix, part, _ := strings.Cut(rest, "/")
	return storeKey{kind: partKind, prefix: prefix}, isHex(prefix) && prefix[:2] == top && isPartKey(strings.Split(part, "/"))
}

// Own says whether a key is a life's or a copied input's: no other file has such
// a name, as one may have "format".
func Own(key string) bool {
	k, ok := parseKey(key)
	return ok && k.kind != formatKind && k.kind != probeKind
}

// namedKey is a key that names a life.
func namedKey(k kind, name string, ok bool) (storeKey, bool) {
	_, n, is := parseName(name)
	return storeKey{kind: k, life: name}, ok && is && n >= 0
}

// parseInputKey takes apart what follows in/.
func parseInputKey(parts []string) (storeKey, bool) {
	k := storeKey{digest: parts[0]}
	if !isSum(k.digest) {
		return k, false
	}
	switch len(parts) {
	case 2:
		k.kind = formerChunkKind
		return k, isOrdinal(parts[1], 6)
	case 3:
		k.copied = parts[1]
	}
	last := parts[len(parts)-1]
	nonce, lease := strings.CutPrefix(last, "lease.")
	switch {
	case !isHex(k.copied):
		return k, false
	case last == "dead":
		k.kind = deadKind
		return k, true
	case lease:
		k.kind = leaseKind
		return k, isNonce(nonce)
	}
	k.kind = chunkKind
	return k, isOrdinal(last, 6)
}

// isPartKey says whether parts follow a life's prefix in a key, as type keys
// lists them; or "job", as in the store's first layout.
func isPartKey(parts []string) bool {
	last := parts[len(parts)-1]
	switch parts[0] {
	case "job":
		return len(parts) == 1
	case "x":
		return len(parts) == 2 && isOrdinal(last, 1)
	case "b":
		return len(parts) == 2 && isSum(last)
	}
	if len(parts) != 3 || parts[1] == "" {
		return false
	}
	untroubled := strings.TrimSuffix(last, troubleSuffix)
	switch parts[0] {
	case "a":
		ord, n, ok := strings.Cut(untroubled, ".")
		return ok && isOrdinal(ord, 3) && isOrdinal(n, 3)
	case "m":
		return isOrdinal(untroubled, 3)
	case "s", "v", "p", "d":
		return isOrdinal(last, 3)
	}
	return false
}

// isOrdinal says whether s is a number that is padded with zeros to the given
// number of digits.
func isOrdinal(s string, digits int) bool {
	return len(s) >= digits && (len(s) == digits || s[0] != '0') && strings.Trim(s, "0123456789") == ""
}

// isSum says whether s is a SHA-256, hex.
func isSum(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// nonceDigits are the digits of base 36 that 80 bits take.
const nonceDigits = 16

// nonceOf writes n, of 80 bits, with all its digits.
func nonceOf(n *big.Int) string {
	text := n.Text(36)
	return strings.Repeat("0", nonceDigits-len(text)) + text
}

// isNonce says whether s is what newNonce draws. Earlier versions left out zeros
// in front.
func isNonce(s string) bool {
	return len(s) >= 12 && len(s) <= nonceDigits && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// A keyEntry is an entry of a list, with its key taken apart.
type keyEntry struct {
	okazaki.Entry
	storeKey
}

// listKeys lists the keys of the store's layout that begin with prefix, and
// calls foreign for each other key, if it is not nil.
func listKeys(ctx context.Context, s okazaki.Store, prefix string, foreign func(key string)) ([]keyEntry, error) {
	entries, err := listAll(ctx, s, prefix)
	if err != nil {
		return nil, err
	}
	own := make([]keyEntry, 0, len(entries))
	for _, e := range entries {
		if k, ok := parseKey(e.Key); ok {
			own = append(own, keyEntry{e, k})
		} else if foreign != nil {
			foreign(e.Key)
		}
	}
	return own, nil
}
