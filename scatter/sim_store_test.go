package scatter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"okazaki"
)

// A simStore is a store that can lose replies, land writes late, throttle and
// list what was true a while ago.
type simStore struct {
	sim     *sim
	values  map[string]*simValue
	folders map[string][]string // keys by all but their last part, sorted
	late    []lateWrite
	down    time.Duration // until when nothing works
	tries   map[uint64]uint64
}

type simValue struct {
	bytes []byte
	born  time.Duration
	by    *actor
	torn  bool // its machine crashed in the middle of the create: a list shows it, until a get finds nothing
}

// A lateWrite is a create, or a delete that is done a second time.
type lateWrite struct {
	key    string
	value  []byte
	by     *actor
	delete bool
	at     time.Duration
}

func newSimStore(s *sim) *simStore {
	return &simStore{sim: s, values: map[string]*simValue{}, folders: map[string][]string{}, tries: map[uint64]uint64{}}
}

// draw returns a number below n for a try at a key.
func (st *simStore) draw(op, key string, n uint64) uint64 {
	h := uint64(14695981039346656037)
	for _, s := range [2]string{op, key} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	st.tries[h]++
	x := h ^ st.sim.seed*0x9e3779b97f4a7c15 ^ st.tries[h]<<48
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return (x ^ x>>31) % n
}

func folderOf(key string) string { return key[:strings.LastIndexByte(key, '/')+1] }

func (st *simStore) value(key string) []byte {
	if v := st.at(key); v != nil {
		return v.bytes
	}
	return nil
}

// at is what a get finds at key. It removes a torn record.
func (st *simStore) at(key string) *simValue {
	v := st.values[key]
	if v == nil || !v.torn {
		return v
	}
	if st.sim.mutant != "torn records that stay" {
		st.remove(key)
	}
	return nil
}

func (st *simStore) create(a *actor, key string, value []byte) Status {
	if st.sim.faults {
		if st.sim.now < st.down && a.turn != nil {
			if st.draw("create", key, 4) == 0 {
				st.apply(a, key, value)
			}
			return Busy
		}
		switch st.draw("create", key, 16) {
		case 0: // throttled
			return Busy
		case 1: // applied, reply lost
			st.apply(a, key, value)
			return Busy
		case 2: // lands later, even if its process has died
			delay := time.Duration(st.draw("delay", key, 30000)) * time.Millisecond
			if st.draw("delay", key, 8) == 0 && !strings.HasPrefix(key, livesPrefix) { // a name is collected after settle
				delay *= 1000
			}
			by := *a // it may be another process by then
			st.late = append(st.late, lateWrite{key: key, value: value, by: &by, at: st.sim.now + delay})
			return Busy
		}
	}
	return st.apply(a, key, value)
}

func (st *simStore) apply(a *actor, key string, value []byte) Status {
	s := st.sim
	if old := st.at(key); old != nil {
		if s.mutant == "plain write for the verdict" && kindOf(key) == 'v' {
			if string(old.bytes) != string(value) {
				s.fail("invariant 1: verdict %s was rewritten", key)
			}
			return OK
		}
		return Exists
	}
	if value == nil {
		value = []byte{}
	}
	st.put(key, &simValue{bytes: value, born: s.now, by: a})
	s.created(a, key, value)
	return OK
}

func (st *simStore) put(key string, v *simValue) {
	if st.values[key] != nil {
		st.remove(key)
	}
	st.values[key] = v
	folder := folderOf(key)
	keys := st.folders[folder]
	i, _ := slices.BinarySearch(keys, key)
	st.folders[folder] = slices.Insert(keys, i, key)
}

// tear leaves a torn record at key, if nothing is there.
func (st *simStore) tear(a *actor, key string) {
	if st.at(key) == nil {
		st.put(key, &simValue{born: st.sim.now, by: a, torn: true})
	}
}

func (st *simStore) delete(key string) {
	if st.at(key) == nil {
		return
	}
	st.sim.deleted(key)
	st.remove(key)
}

func (st *simStore) remove(key string) {
	delete(st.values, key)
	folder := folderOf(key)
	keys := st.folders[folder]
	i, _ := slices.BinarySearch(keys, key)
	st.folders[folder] = slices.Delete(keys, i, i+1)
}

// land lands what is late.
func (st *simStore) land() {
	if len(st.late) == 0 {
		return
	}
	st.late = slices.DeleteFunc(st.late, func(w lateWrite) bool {
		switch {
		case w.at > st.sim.now:
			return false
		case w.delete:
			st.delete(w.key)
		default:
			st.apply(w.by, w.key, w.value)
		}
		return true
	})
}

// under returns the keys that start with prefix, sorted.
func (st *simStore) under(prefix string) []string {
	if i := strings.LastIndexByte(prefix, '/'); i >= 22 && i == len(prefix)-1 && strings.Count(prefix, "/") == 4 {
		return st.folders[prefix]
	}
	var keys []string
	for folder, ks := range st.folders {
		if strings.HasPrefix(folder, prefix) {
			keys = append(keys, ks...)
		} else if strings.HasPrefix(prefix, folder) {
			for _, k := range ks {
				if strings.HasPrefix(k, prefix) {
					keys = append(keys, k)
				}
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func (st *simStore) get(e Effect) Reply {
	if st.sim.faults && (st.draw("get", e.Keys[0], 20) == 0 || st.sim.now < st.down) {
		return Reply{Status: Busy}
	}
	r := Reply{Values: make([][]byte, len(e.Keys))}
	for i, k := range e.Keys {
		r.Values[i] = st.value(k)
		if r.Values[i] == nil {
			r.Values[i] = st.sim.mutateMissing(k)
		}
	}
	return r
}

// list lists as a sees it: its machine's clock may be wrong.
func (st *simStore) list(a *actor, prefix string) (entries []okazaki.Entry, busy bool) {
	var stale time.Duration
	if st.sim.faults {
		switch st.draw("list", prefix, 12) {
		case 0:
			return nil, true
		case 1:
			stale = time.Duration(a.rng.IntN(4000)) * time.Millisecond
		}
	}
	now := st.sim.now
	for _, k := range st.under(prefix) {
		born := st.values[k].born
		if born > now-stale {
			continue
		}
		age := now - born + a.machine.skew
		if age < 0 { // as Engines.aged mends it
			seen, ok := a.machine.future[k]
			if !ok {
				seen = now
				a.machine.future[k] = now
			}
			age = now - seen
		}
		entries = append(entries, okazaki.Entry{Key: k, Age: age})
	}
	return entries, false
}

// disturb lets something happen to the store or to a machine.
func (s *sim) disturb() {
	if s.mutant == "attempts that expire" {
		for _, key := range s.store.keys(func(key string, v *simValue) bool {
			return kindOf(key) == 'a' && s.now-v.born > 22*time.Second+Grace
		}) {
			delete(s.store.values, key)
			folder := folderOf(key)
			s.store.folders[folder] = slices.DeleteFunc(s.store.folders[folder], func(k string) bool { return k == key })
		}
	}
	if !s.faults {
		return
	}
	one := func(of int) bool { return of > 0 && s.rng.IntN(of) == 0 }
	if one(s.crashes) {
		s.crash(s.machines[s.rng.IntN(len(s.machines))], s.now-time.Duration(s.rng.IntN(10000))*time.Millisecond)
	}
	if one(s.expiry) {
		s.expire()
	}
	if one(s.losses) { // a mark, or a merged part
		keys := s.store.keys(func(key string, _ *simValue) bool { k := kindOf(key); return k == 's' || k == 'd' })
		if len(keys) > 0 {
			s.store.delete(keys[s.rng.IntN(len(keys))])
		}
	}
	if one(300) {
		s.store.down = s.now + time.Duration(s.rng.IntN(1500))*time.Millisecond
	}
	if one(500) {
		m := s.machines[s.rng.IntN(len(s.machines))]
		m.sick = !m.sick
	}
}

// keys returns the keys that want says, sorted.
func (st *simStore) keys(want func(key string, v *simValue) bool) []string {
	var keys []string
	for k, v := range st.values {
		if want(k, v) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// crash loses what machine m created since, unless it is durable, and all that
// runs there.
func (s *sim) crash(m *machine, since time.Duration) {
	for _, key := range s.store.keys(func(key string, v *simValue) bool {
		return v.by.machine == m && v.born >= since && !Durable(key) && !v.torn
	}) {
		if kind := kindOf(key); kind == 0 && !strings.HasPrefix(key, openPrefix) || kind != 0 && strings.IndexByte("amp", kind) < 0 {
			s.fail("invariant 15: %s is lost in a crash", key)
		}
		s.store.delete(key)
		if l := s.lifeOf(key); l != nil {
			l.crashed = true
		}
	}
	for _, a := range s.actors {
		if a.machine == m && !a.gone {
			a.dies(s)
		}
	}
}

// expire deletes some records of a life that is so old that they expire, in any
// order.
func (s *sim) expire() {
	var old []*simLife
	for _, l := range s.lives {
		if s.now > l.born+l.Job.Limits.Deadline+l.Job.Limits.Turn+Grace+24*time.Hour {
			old = append(old, l)
		}
	}
	if len(old) == 0 {
		return
	}
	slices.SortFunc(old, func(a, b *simLife) int { return cmp.Compare(a.Prefix, b.Prefix) })
	s.expireSome(old[s.rng.IntN(len(old))], 1+s.rng.IntN(40))
}

func (s *sim) expireSome(l *simLife, n int) {
	keys := append(s.store.under(string(l.keys())), lifeKey(l.id, l.n), endedKey(l.Prefix))
	s.rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	s.expiring = true
	for _, key := range keys[:min(n, len(keys))] {
		s.store.delete(key)
		s.checkAnswers()
	}
	s.expiring = false
}

// expireAll deletes all lives, record by record.
func (s *sim) expireAll() {
	var all []*simLife
	for _, l := range s.lives {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *simLife) int { return cmp.Compare(a.Prefix, b.Prefix) })
	for _, l := range all {
		s.expireSome(l, 1<<20)
	}
}
