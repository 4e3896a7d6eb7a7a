package scatter

import (
	"context"
	"math/big"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/store/mem"
)

// Every key that the package makes is known, and what it belongs to.
func TestKeysAreKnown(t *testing.T) {
	const prefix = "0123456789abcdef0123"
	life := lifeName(prefix, 20788000)
	sum := strings.Repeat("0f", 32)
	k := keysOf(prefix)
	part := storeKey{kind: partKind, prefix: prefix}
	input := func(k kind) storeKey { return storeKey{kind: k, digest: sum, copied: prefix} }
	want := map[string]storeKey{
		formatKey:                         {kind: formatKind},
		"probe/abc/f/x":                   {kind: probeKind},
		lifeKey(prefix, 20788000):         {kind: lifeKind, life: life},
		openKey(life):                     {kind: hintKind, life: life},
		endedKey(prefix):                  {kind: endKind, prefix: prefix},
		formerPrefix + prefix:             {kind: formerJobKind, prefix: prefix},
		chunkKey(sum, prefix, 0):          input(chunkKind),
		chunkKey(sum, prefix, 1234567):    input(chunkKind),
		deadKey(sum, prefix):              input(deadKind),
		inputPrefix + sum + "/000012":     {kind: formerChunkKind, digest: sum},
		k.axis(0):                         part,
		k.axis(12):                        part,
		k.attempt("w-0.1.7", 3, 0):        part,
		k.attempt("w", 999, 4) + ".t":     part,
		k.mark("w", 0):                    part,
		k.verdict("w", 17):                part,
		k.merge("w", 0):                   part,
		k.merge("w", 1) + troubleSuffix:   part,
		k.slot("w", 250):                  part,
		k.merged("w", 1):                  part,
		k.blob(sum):                       part,
		string(k) + "job":                 part,
		string(k) + "a/0.0.17/000.000":    part,
		"ab/ab000000000000000000/v/x/000": {kind: partKind, prefix: "ab000000000000000000"},
	}
	for range 1000 {
		want[leaseKey(sum, prefix)] = input(leaseKind)
		want[sickPrefix+"host-1."+newNonce()] = storeKey{kind: sickKind}
	}
	for key, w := range want {
		if got, ok := parseKey(key); !ok || got != w {
			t.Errorf("%s is %+v, %v; not %+v", key, got, ok, w)
		}
		if others := w.kind == formatKind || w.kind == probeKind; Own(key) == others {
			t.Errorf("%s is the store's own: %v", key, !others)
		}
	}
	s := mem.New(nil)
	in := &Inputs{Store: s}
	if _, err := in.Keep(t.Context(), "genomes", "-", strings.NewReader("ACGT")); err != nil {
		t.Fatal(err)
	}
	(&Health{Machine: "m"}).report(t.Context(), s, "w", Sickness{})
	kinds := map[kind]int{}
	kept, err := listKeys(t.Context(), s, "", func(key string) { t.Errorf("%s is not known", key) })
	for _, e := range kept {
		kinds[e.kind]++
	}
	if err != nil || kinds[chunkKind] != 1 || kinds[leaseKind] != 1 || kinds[sickKind] != 1 || kinds[formatKind] != 1 {
		t.Errorf("%v, %v", kinds, err)
	}
}

// foreignKeys are names of files that people have, where a store's keys lie.
var foreignKeys = []string{
	"open/readme.txt", "open/notes", "open/0123456789abcdef0123", "open/0123456789abcdef0123.07", "open/0123456789abcdef0123.1/x",
	"sick/leave.txt", "sick/patients.spreadsheet.2", "sick/a/b.0123456789abcd", "sick/0123456789abcd",
	"in/2024/000012", "in/x/0123456789abcdef0123/000000", "in/x/0123456789abcdef0123/lease.0123456789abcd",
	"in/a/b", "in/a/b/c", "in/a/b/dead", "in/a/b/000000", "in/2024/01/lease.x", "in/x",
	"in/" + sum + "/x/000000", "in/" + sum + "/0123456789abcdef0123/reads.fa", "in/" + sum + "/0123456789abcdef0123/00000", "in/" + sum + "/0123456789abcdef0123/0000000",
	"in/" + sum + "/0123456789abcdef0123/1/000000", "in/" + sum + "/1",
	"ended/yesterday", "ended/0123456789abcdef0123.1", "lives/of/others", "lives/0123456789abcdef0123/x", "lives/0123456789abcdef0123.1", "jobs/cv.pdf",
	"aa/photos", "aa/aa000000000000000000/me.jpg", "ab/aa000000000000000000/x/0", "aa/aa000000000000000000/v/000", "aa/aa000000000000000000/v/w/001.bak",
	"aa/aa000000000000000000/v/w/01", "aa/aa000000000000000000/v/w/000.t", "aa/aa000000000000000000/a/w/000", "aa/aa000000000000000000/x/one",
	"aa/aa000000000000000000/b/y", "aa/aa000000000000000000/q/w/000", "aa/aa000000000000000000/jobs", "format.txt", "format/x", "formats", "probe", "readme",
}

const sum = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// Collectors leave what is not of a store, and count it.
func TestForeignKeysStay(t *testing.T) {
	for _, key := range foreignKeys {
		if got, ok := parseKey(key); ok || Own(key) {
			t.Errorf("%s is taken for %+v", key, got)
		}
	}
	s := mem.New(nil)
	put := func(keys ...string) {
		for _, key := range keys {
			if err := s.Create(t.Context(), key, []byte("precious")); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(foreignKeys...)
	orphan := "bb/bb000000000000000000/"
	put(orphan+"x/0", orphan+"me.jpg", "cc/cc000000000000000000/x/0", "cc/cc000000000000000000/me.jpg", "ended/cc000000000000000000")
	old := func() okazaki.Store { return aging{s} }
	foreign := len(foreignKeys) + 2
	lists := 0 // of what GC looks at
	for _, key := range foreignKeys {
		for _, p := range []string{openPrefix, sickPrefix, inputPrefix, endedPrefix, livesPrefix, formerPrefix} {
			if strings.HasPrefix(key, p) {
				lists++
			}
		}
	}
	for range 3 {
		if got, err := GC(t.Context(), old(), 0); err != nil || got.Foreign < lists || got.Foreign > lists+1 || len(got.Gone) > 0 {
			t.Errorf("%+v, %v; want %d that are foreign", got, err, lists)
		}
	}
	if got, err := Trim(t.Context(), old(), 1<<40, func(string) int64 { return 1 }); err != nil || len(got.Gone) > 0 || got.Freed > 0 {
		t.Errorf("trimmed %+v, %v", got, err)
	}
	if got, err := Orphans(t.Context(), old()); err != nil || got.Foreign != foreign || len(got.Gone) != 1 || got.Gone[0] != "bb000000000000000000" {
		t.Errorf("%+v, %v; want %d that are foreign", got, err, foreign)
	}
	left, err := listAll(t.Context(), s, "")
	if err != nil || len(left) != foreign {
		t.Errorf("%d keys are left, not %d: %v, %v", len(left), foreign, left, err)
	}
	jobs, err := Jobs(t.Context(), s)
	open, openErr := openJobs(t.Context(), s)
	sick, sickErr := Sick(t.Context(), s, hintKept, map[string]bool{})
	if len(jobs)+len(open)+len(sick) > 0 || err != nil || openErr != nil || sickErr != nil {
		t.Errorf("jobs %q, open %q, sick %v; %v, %v, %v", jobs, open, sick, err, openErr, sickErr)
	}
}

// An aging store's keys are all of them years old.
type aging struct{ okazaki.Store }

func (a aging) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	page, err := a.Store.List(ctx, prefix, after)
	for i := range page {
		page[i].Age += 10_000 * time.Hour
	}
	return page, err
}

// A store has a mark, or what stores had before there was one.
func TestWhatIsAStore(t *testing.T) {
	for _, c := range []struct {
		key, value string
		want       bool
	}{
		{"format", "2", true}, {"format", "parquet", false}, {"format.txt", "2", false},
		{"jobs/0123456789abcdef0123", "", true}, {"jobs/cv.pdf", "", false},
		{"lives/0123456789abcdef0123/20788000", "", true}, {"lives/of/others", "", false},
		{"in/" + sum + "/000000", "", true}, {"in/" + sum + "/0123456789abcdef0123/000000", "", true}, {"in/a/b/c", "", false},
		{"open/0123456789abcdef0123.1", "", false},
	} {
		s := mem.New(nil)
		if err := s.Create(t.Context(), c.key, []byte(c.value)); err != nil {
			t.Fatal(err)
		}
		if got, err := IsStore(t.Context(), s); err != nil || got != c.want {
			t.Errorf("with %s: %v, %v", c.key, got, err)
		}
	}
}

func TestNoncesAreKnown(t *testing.T) {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 80), big.NewInt(1))
	for _, n := range []*big.Int{big.NewInt(0), big.NewInt(35), most} {
		if text := nonceOf(n); !isNonce(text) {
			t.Errorf("%v is written as %q, which collectors don't know", n, text)
		}
	}
}
