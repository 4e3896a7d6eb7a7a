package s3_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"okazaki"
	"okazaki/store"
	"okazaki/store/s3/s3test"
)

// A fault is what the proxy does with one request.
type fault int

const (
	none      fault = iota
	conflict        // 409, without effect
	slowDown        // 503, without effect
	lateError       // 500, after the server applied it
	lostReply       // the connection breaks, after the server applied it
	lostAsk         // the connection breaks before
	cutShort        // half of the answer's body
	faults          // how many there are

)

// proxy stands between a store and the server at endpoint. pick draws a
// request's fault from the method, the path and how often they came before.
func proxy(t *testing.T, endpoint string, pick func(method, path string, attempt int) fault) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
	}
	var mu sync.Mutex
	attempts := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		at := r.Method + r.URL.Path
		attempt := attempts[at]
		attempts[at]++
		mu.Unlock()
		switch pick(r.Method, r.URL.Path, attempt) {
		case none:
			forward.ServeHTTP(w, r)
		case conflict:
			answer(w, http.StatusConflict, "ConditionalRequestConflict")
		case slowDown:
			answer(w, http.StatusServiceUnavailable, "SlowDown")
		case lateError:
			forward.ServeHTTP(httptest.NewRecorder(), r)
			answer(w, http.StatusInternalServerError, "InternalError")
		case lostReply:
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case lostAsk:
			panic(http.ErrAbortHandler)
		case cutShort:
			whole := httptest.NewRecorder()
			forward.ServeHTTP(whole, r)
			for name, values := range whole.Header() {
				w.Header()[name] = values
			}
			w.Header().Set("Content-Length", fmt.Sprint(whole.Body.Len()))
			w.WriteHeader(whole.Code)
			_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func answer(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>injected</Message></Error>", code)
}

// first is one fault at the first request of a method to a key.
func first(method, key string, f fault) func(string, string, int) fault {
	return func(m, path string, attempt int) fault {
		if m == method && strings.HasSuffix(path, "/"+key) && attempt == 0 {
			return f
		}
		return none
	}
}

func TestCreateMeetsFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   fault
		applied bool
	}{
		{"409", conflict, false}, {"503", slowDown, false}, {"lost request", lostAsk, false},
		{"500 after it was applied", lateError, true}, {"lost reply", lostReply, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, proxy(t, s3test.Fake(t), first(http.MethodPut, "a", c.fault)), "")
			if err := s.Create(t.Context(), "a", []byte("x")); !errors.Is(err, okazaki.ErrBusy) || errors.Is(err, okazaki.ErrExists) {
				t.Errorf("returns %v", err)
			}
			_, err := s.Get(t.Context(), "a")
			if applied := err == nil; applied != c.applied {
				t.Errorf("applied: %v, %v", applied, err)
			}
			want := error(nil)
			if c.applied {
				want = okazaki.ErrExists
			}
			if err := s.Create(t.Context(), "a", []byte("x")); !errors.Is(err, want) {
				t.Errorf("the second returns %v instead of %v", err, want)
			}
		})
	}
}

// A read whose connection breaks before its answer begins is asked again by
// net/http itself.
func TestReadsMeetFaults(t *testing.T) {
	for _, f := range []fault{slowDown, lateError, cutShort} {
		s := open(t, proxy(t, s3test.Fake(t), func(method, _ string, attempt int) fault {
			if method == http.MethodGet && attempt == 0 {
				return f
			}
			return none
		}), "")
		if err := s.Create(t.Context(), "a", make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "a"); !errors.Is(err, okazaki.ErrBusy) {
			t.Errorf("fault %d: Get returns %v", f, err)
		}
		if v, err := s.Get(t.Context(), "a"); err != nil || len(v.Bytes) != 1000 {
			t.Errorf("fault %d: the second Get returns %d bytes, %v", f, len(v.Bytes), err)
		}
		if page, err := s.List(t.Context(), "", ""); !errors.Is(err, okazaki.ErrBusy) {
			t.Errorf("fault %d: List returns %v, %v", f, page, err)
		}
		if page, err := s.List(t.Context(), "", ""); err != nil || len(page) != 1 {
			t.Errorf("fault %d: the second List returns %v, %v", f, page, err)
		}
	}
}

// A store behind an unlucky network keeps its promises, if its callers are
// patient.
func TestProbeThroughFaults(t *testing.T) {
	for seed := range 10 {
		endpoint := proxy(t, s3test.Fake(t), func(method, path string, attempt int) fault {
			h := fnv.New32a()
			_, _ = fmt.Fprint(h, seed, method, path[strings.LastIndexByte(path, '/'):], attempt)
			if f := fault(h.Sum32() >> 8 % 32); f < faults {
				return f
			}
			return none
		})
		if err := store.Probe(t.Context(), open(t, endpoint, "")); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// A server that ignores the condition, or knows none, is refused.
func TestProbeRefusesServers(t *testing.T) {
	plain := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-None-Match")
			h.ServeHTTP(w, r)
		})
	}
	unknown := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") != "" {
				answer(w, http.StatusNotImplemented, "NotImplemented")
				return
			}
			h.ServeHTTP(w, r)
		})
	}
	for says, wrap := range map[string]func(http.Handler) http.Handler{
		"exactly one of many creates": plain, "doesn't know conditional writes": unknown,
	} {
		target, err := url.Parse(s3test.Fake(t))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(wrap(httputil.NewSingleHostReverseProxy(target)))
		defer server.Close()
		err = store.Probe(t.Context(), open(t, server.URL, ""))
		if mend, ok := errors.AsType[*okazaki.Error](err); !ok || !strings.Contains(mend.Message, says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

// A server that isn't there is busy: it may come back.
func TestNobodyListens(t *testing.T) {
	s3test.Credentials(t)
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if err := open(t, server.URL, "").Create(t.Context(), "a", nil); !errors.Is(err, okazaki.ErrBusy) {
		t.Error(err)
	}
}

func TestCanceledUnderWay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endpoint := proxy(t, s3test.Fake(t), func(string, string, int) fault { cancel(); return lostReply })
	err := open(t, endpoint, "").Create(ctx, "a", nil)
	if !errors.Is(err, context.Canceled) || errors.Is(err, okazaki.ErrBusy) {
		t.Error(err)
	}
}
