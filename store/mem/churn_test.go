package mem_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"okazaki"
	"okazaki/store/mem"

	"pgregory.net/rapid"
)

// A map with a sorted listing is the twin of any run of calls.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		s := mem.New(nil)
		twin := map[string]string{}
		key := rapid.StringMatching(`[ab]([-./]?[ab]){0,4}`)
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				k, v := key.Draw(t, "key"), rapid.StringMatching(`.{0,3}`).Draw(t, "value")
				_, exists := twin[k]
				err := s.Create(ctx, k, []byte(v))
				if exists != errors.Is(err, okazaki.ErrExists) || !exists && err != nil {
					t.Fatalf("create %s, exists %v: %v", k, exists, err)
				}
				if !exists {
					twin[k] = v
				}
			},
			"delete": func(t *rapid.T) {
				k := key.Draw(t, "key")
				if err := s.Delete(ctx, k); err != nil {
					t.Fatal(err)
				}
				delete(twin, k)
			},
			"get": func(t *rapid.T) {
				k := key.Draw(t, "key")
				want, exists := twin[k]
				v, err := s.Get(ctx, k)
				if exists != (err == nil) || string(v.Bytes) != want {
					t.Fatalf("get %s: %q, %v", k, v.Bytes, err)
				}
			},
			"list": func(t *rapid.T) {
				some := rapid.StringMatching(`([ab][-./]?){0,4}`)
				prefix, after := some.Draw(t, "prefix"), some.Draw(t, "after")
				var want, got []string
				for k := range twin {
					if strings.HasPrefix(k, prefix) && k > after {
						want = append(want, k)
					}
				}
				slices.Sort(want)
				page, err := s.List(ctx, prefix, after)
				for _, e := range page {
					got = append(got, e.Key)
				}
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("list %q after %q: %q instead of %q, %v", prefix, after, got, want, err)
				}
			},
		})
	})
}

// Folders come and go under creates, and no key is lost.
func TestChurn(t *testing.T) {
	s := mem.New(nil)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				key := fmt.Sprintf("a/b/%d/%d", i%3, w)
				if err := s.Create(t.Context(), key, nil); err != nil {
					t.Errorf("create %s: %v", key, err)
				}
				page, err := s.List(t.Context(), key, "")
				if err != nil || len(page) != 1 {
					t.Errorf("list %s: %v, %v", key, page, err)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("delete %s: %v", key, err)
				}
			}
		})
	}
	wg.Wait()
	if page, err := s.List(t.Context(), "", ""); err != nil || len(page) > 0 {
		t.Errorf("%v, %v", page, err)
	}
}
