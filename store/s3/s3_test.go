package s3_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"okazaki"
	"okazaki/store/s3"
	"okazaki/store/s3/s3test"
	"okazaki/store/storetest"
)

func open(t *testing.T, endpoint, prefix string) *s3.Store {
	t.Helper()
	return openURL(t, s3test.URL(endpoint, prefix))
}

func openURL(t *testing.T, raw string) *s3.Store {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := s3.FromURL(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) okazaki.Store { return open(t, s3test.Fake(t), "") })
}

func TestClocks(t *testing.T) {
	storetest.RunClocks(t, func(t *testing.T, clock *storetest.Clock) okazaki.Store {
		return open(t, s3test.FakeAt(t, clock.Now), "")
	})
}

// An expired object is missing before S3 has removed it. Create, Get and List
// say so; it can't be replaced.
func TestExpiry(t *testing.T) {
	storetest.RunExpiry(t, false, func(t *testing.T, clock *storetest.Clock) okazaki.Store {
		return openURL(t, s3test.URL(s3test.FakeAt(t, clock.Now), "")+"&keep=30d")
	})
}

func TestConformanceUnderPrefix(t *testing.T) {
	storetest.Run(t, func(t *testing.T) okazaki.Store {
		endpoint := s3test.Fake(t)
		for _, prefix := range []string{"", "jobs/one/tw"} { // beside the prefix, not under it
			if err := open(t, endpoint, prefix).Create(t.Context(), "other", nil); err != nil {
				t.Fatal(err)
			}
		}
		return open(t, endpoint, "jobs/one/two")
	})
}

// TestVersity runs the suite against a real server in a process of its own,
// one for each subtest.
func TestVersity(t *testing.T) {
	s3test.Versity(t)
	storetest.Run(t, func(t *testing.T) okazaki.Store { return open(t, s3test.Versity(t), "") })
}

func TestMendable(t *testing.T) {
	endpoint := s3test.Fake(t)
	get := func(raw string) error {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		s, err := s3.FromURL(context.Background(), u)
		if err != nil {
			return err
		}
		_, err = s.Get(t.Context(), "a")
		return err
	}
	check := func(err error, says string) {
		t.Helper()
		mend, ok := errors.AsType[*okazaki.Error](err)
		if !ok || !strings.Contains(mend.Message, says) || mend.Hint == "" {
			t.Errorf("want an error with %q: %v", says, err)
		}
	}
	check(get("s3://other-bucket?endpoint="+endpoint), "no such bucket")
	check(get("s3://bucket"), "no region")
	check(get("s3://bucket?region=nowhere-1&endpoint=http://no-such-host.invalid"), "no server called")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	check(get("s3://other-bucket?endpoint="+endpoint), "no AWS credentials")
}

func TestWrongSecret(t *testing.T) {
	endpoint := s3test.Versity(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	err := open(t, endpoint, "").Create(t.Context(), "a", nil)
	mend, ok := errors.AsType[*okazaki.Error](err)
	if !ok || !strings.Contains(mend.Message, "secret is wrong") {
		t.Errorf("%v", err)
	}
}

// Objects of others in the bucket are not the store's, and don't end a page.
func TestForeignObjects(t *testing.T) {
	s3test.Credentials(t)
	endpoint := s3test.Fake(t)
	s := open(t, endpoint, "")
	if err := s.Create(t.Context(), "b", nil); err != nil {
		t.Fatal(err)
	}
	s3test.Put(t, endpoint, "A folder/", "Upper", "aé")
	page, err := s.List(t.Context(), "", "")
	if err != nil || len(page) != 1 || page[0].Key != "b" {
		t.Errorf("%v, %v", page, err)
	}
}
