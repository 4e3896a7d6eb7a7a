package sns_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"okazaki"
	"okazaki/wake/sns"
	"okazaki/wake/waketest"
)

const topic = "arn:aws:sns:us-east-1:123456789012:wakes"

// A box takes what is published.
type box struct {
	mu       sync.Mutex
	requests []url.Values
	refuse   bool
}

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	b.mu.Lock()
	b.requests = append(b.requests, form)
	b.mu.Unlock()
	if b.refuse {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>")
		return
	}
	_, _ = io.WriteString(w, "<PublishBatchResponse><PublishBatchResult><Successful/><Failed/></PublishBatchResult></PublishBatchResponse>")
}

func open(t *testing.T, b *box, copies int) *sns.Waker {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	k, err := sns.Open(t.Context(), sns.Options{
		Topic: topic, Class: 1, Copies: copies, Endpoint: server.URL, Lo: time.Millisecond, Hi: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestConformance(t *testing.T) {
	waketest.Run(t, func(t *testing.T) okazaki.Waker { return open(t, &box{}, 2) })
}

func TestBatches(t *testing.T) {
	b := &box{}
	k := open(t, b, 3)
	var ws []okazaki.Wake
	for i := range 23 {
		ws = append(ws, okazaki.Wake{Job: "j", Node: "0.1", Hint: i})
	}
	if err := k.RingAll(t.Context(), ws); err != nil {
		t.Fatal(err)
	}
	if len(b.requests) != 3 {
		t.Errorf("23 rings are %d requests", len(b.requests))
	}
	copies := map[string]int{}
	for _, form := range b.requests {
		for name, values := range form {
			if strings.HasSuffix(name, ".Value.StringValue") && strings.Contains(name, ".MessageAttributes.") {
				copies[values[0]]++
			}
		}
	}
	// The class of each is 1, and the copies 0, 1 and 2 come in turn.
	if copies["0"] < 7 || copies["1"] < 23+7 || copies["2"] < 7 {
		t.Errorf("attributes: %v", copies)
	}
	last := b.requests[2]
	if got := last.Get("PublishBatchRequestEntries.member.3.Message"); got != `{"job":"j","node":"0.1","hint":22}` {
		t.Errorf("the last message is %s", got)
	}
}

func TestErrors(t *testing.T) {
	b := &box{refuse: true}
	if err := open(t, b, 1).Ring(t.Context(), okazaki.Wake{Job: "j"}); err == nil || !strings.Contains(err.Error(), topic) {
		t.Errorf("a refused ring: %v", err)
	}
	_, err := sns.Open(t.Context(), sns.Options{Topic: "wakes"})
	if _, ok := errors.AsType[*okazaki.Error](err); !ok {
		t.Errorf("no ARN: %v", err)
	}
}
