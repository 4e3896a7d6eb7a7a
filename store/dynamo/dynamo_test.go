package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/store/dynamo"
	"okazaki/store/dynamo/dynamotest"
	"okazaki/store/mem"
	"okazaki/store/s3"
	"okazaki/store/s3/s3test"
	"okazaki/store/storetest"
)

func open(t *testing.T, raw string) *dynamo.Store {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dynamo.FromURL(t.Context(), u, func(ctx context.Context, u *url.URL) (okazaki.Store, error) {
		return s3.FromURL(ctx, u)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAlone keeps all values in the table, each subtest under a prefix of its
// own.
func TestAlone(t *testing.T) {
	s3test.Credentials(t)
	endpoint := dynamotest.Dynalite(t)
	storetest.Run(t, func(t *testing.T) okazaki.Store {
		return open(t, dynamotest.URL(endpoint, strings.ToLower(t.Name()[len("TestAlone/"):]), ""))
	})
}

// TestWithBucket keeps large values in a bucket.
func TestWithBucket(t *testing.T) {
	s3test.Credentials(t)
	endpoint := dynamotest.Dynalite(t)
	storetest.Run(t, func(t *testing.T) okazaki.Store {
		prefix := strings.ToLower(t.Name()[len("TestWithBucket/"):])
		large := s3test.URL(s3test.Fake(t), "large")
		return open(t, dynamotest.URL(endpoint, prefix, "&keep=30d&large="+url.QueryEscape(large)))
	})
}

// at is the endpoint of a server whose clock is the test's: DynamoDB tells its
// time by the Date of its replies alone.
func at(t *testing.T, endpoint string, clock *storetest.Clock) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("Date", clock.Now().UTC().Format(http.TimeFormat))
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

func TestClocks(t *testing.T) {
	s3test.Credentials(t)
	endpoint := dynamotest.Dynalite(t)
	storetest.RunClocks(t, func(t *testing.T, clock *storetest.Clock) okazaki.Store {
		return stepped{open(t, dynamotest.URL(at(t, endpoint, clock), strings.ToLower(t.Name()[len("TestClocks/"):]), ""))}
	})
}

// An expired item is missing before the table has removed it, and can be
// created again.
func TestExpiry(t *testing.T) {
	s3test.Credentials(t)
	endpoint := dynamotest.Dynalite(t)
	for _, large := range []bool{false, true} {
		t.Run(fmt.Sprint(large), func(t *testing.T) {
			storetest.RunExpiry(t, true, func(t *testing.T, clock *storetest.Clock) okazaki.Store {
				options := "&keep=30d"
				if large {
					options += "&large=" + url.QueryEscape(s3test.URL(s3test.FakeAt(t, clock.Now), "large"))
				}
				return stepped{open(t, dynamotest.URL(at(t, endpoint, clock), fmt.Sprint("expiry-", large), options))}
			})
		})
	}
}

// A stepped store has heard the time after each step of its clock: a clock that
// jumps between two replies is not one that the store must follow at once.
type stepped struct{ *dynamo.Store }

func (s stepped) Create(ctx context.Context, key string, value []byte) error {
	if _, err := s.Store.Get(ctx, "no/such/key"); !errors.Is(err, okazaki.ErrNotFound) {
		return err
	}
	return s.Store.Create(ctx, key, value)
}

// TestReference asks AWS's own server whether the suite holds there too.
func TestReference(t *testing.T) {
	if testing.Short() {
		t.Skip("to run it: leave out -short, it takes half a minute")
	}
	dynamotest.Reference(t, "^(TestAlone|TestWithBucket|TestClocks|TestExpiry|TestWhereValuesLie|TestMendable)$")
}

// A value lies where its size says, and goes with its key.
func TestWhereValuesLie(t *testing.T) {
	s3test.Credentials(t)
	large := mem.New(time.Now)
	s, err := dynamo.Open(t.Context(), dynamo.Options{
		Table: dynamotest.Table, Endpoint: dynamotest.Dynalite(t), Large: large,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ size, outside int }{{0, 0}, {512, 0}, {4096, 0}, {4097, 1}, {1 << 20, 1}} {
		value := strings.Repeat("x", c.size)
		if err := s.Create(t.Context(), "k/a", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if err := s.Create(t.Context(), "k/a", []byte("y"+value)); !errors.Is(err, okazaki.ErrExists) {
			t.Errorf("a second value of %d bytes: %v", c.size, err)
		}
		page, err := large.List(t.Context(), "", "")
		if err != nil || len(page) != c.outside {
			t.Errorf("%d bytes: %d values lie outside the table, want %d (%v)", c.size, len(page), c.outside, err)
		}
		if v, err := s.Get(t.Context(), "k/a"); err != nil || string(v.Bytes) != value {
			t.Errorf("%d bytes come back as %d: %v", c.size, len(v.Bytes), err)
		}
		if err := s.Delete(t.Context(), "k/a"); err != nil {
			t.Fatal(err)
		}
		if page, _ := large.List(t.Context(), "", ""); len(page) > 0 {
			t.Errorf("%d bytes leave %v", c.size, page)
		}
	}
}

func TestMendable(t *testing.T) {
	s3test.Credentials(t)
	endpoint := dynamotest.Empty(t)
	_, err := open(t, dynamotest.URL(endpoint, "", "")).Get(t.Context(), "a")
	if mend, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.Contains(mend.Message, "no such table") {
		t.Errorf("%v", err)
	}
	for _, raw := range []string{"dynamo://", "dynamo://t?region=x", "dynamo://table?colour=red", "dynamo://table/A", "dynamo://a:b@table",
		"dynamo://table?large=dynamo://table", "dynamo://table?keep=soon", "dynamo://table?keep=-1d", "dynamo://table?endpoint=ftp://x"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dynamo.FromURL(t.Context(), u, nil); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	_, err = open(t, dynamotest.URL(endpoint, "", "")).Get(t.Context(), "a")
	if mend, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.Contains(mend.Message, "no AWS credentials for the table") {
		t.Errorf("%v", err)
	}
}
