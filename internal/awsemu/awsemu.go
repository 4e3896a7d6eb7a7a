// Package awsemu is an AWS for tests: SNS, Lambda, API Gateway, IAM,
// EventBridge Scheduler, STS and CloudFormation over the real wire protocols,
// in front of an S3 and a DynamoDB server that really store.
//
// Its one invariant: a caller may do only what a policy of the template
// allows. Resources come from a template only, so that a wrong reference or a
// missing permission fails a test.
package awsemu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// What everything is in.
const (
	Region  = "us-east-1"
	Account = "123456789012"
)

// Options say what is behind the emulator and how faulty it is.
type Options struct {
	S3     string // endpoint of the server that keeps objects
	Dynamo string // endpoint of the server that keeps items
	Access string // the deployer's access key, which S3 knows with Secret
	Secret string
	Minute time.Duration // how long a minute of a schedule takes; 0: a minute
	Seed   uint64
	Faults Faults
}

// Faults are the shares of events, from 0 to 1, that a fault befalls. A fault
// is drawn from the seed, the kind of event and its number.
type Faults struct {
	Kill     float64 // invocations whose process is killed
	Drop     float64 // messages that are lost
	Double   float64 // messages that come twice
	Delay    float64 // messages that come up to a second late
	Conflict float64 // writes answered 409 ConditionalRequestConflict, without effect
	Slow     float64 // requests answered 503 SlowDown or a ThrottlingException, without effect
	After    float64 // requests answered 500 after they had their effect
	Lost     float64 // requests whose answer is lost
}

// An AWS is one account in one region.
type AWS struct {
	URL string // of all services
	API string // of the HTTP APIs

	t        *testing.T
	dir      string // of the programs and their logs
	o        Options
	mu       sync.Mutex
	roles    map[string]*role // by access key; the deployer's is nil
	buckets  map[string][]statement
	topics   map[string]*topic
	fns      map[string]*function // by ARN
	apis     map[string]*api
	groups   map[string]bool // of schedules
	plans    map[string]*schedule
	stacks   map[string]*stack
	counts   map[string]int64 // of actions
	drawn    map[string]int   // faults so far, by what they befell
	problems []string
	poster   *http.Client // of the notifications to web servers
	closed   chan struct{}
	wg       sync.WaitGroup
}

// Start is an account with nothing in it. It ends with the test, which fails
// if a request was denied.
func Start(t *testing.T, o Options) *AWS {
	t.Helper()
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	a := &AWS{
		t: t, dir: t.TempDir(), o: o, roles: map[string]*role{o.Access: nil}, buckets: map[string][]statement{},
		topics: map[string]*topic{}, fns: map[string]*function{}, apis: map[string]*api{},
		groups: map[string]bool{}, plans: map[string]*schedule{}, stacks: map[string]*stack{},
		counts: map[string]int64{}, drawn: map[string]int{}, closed: make(chan struct{}),
		poster: &http.Client{Timeout: 15 * time.Second},
	}
	all, apis := httptest.NewServer(http.HandlerFunc(a.serve)), httptest.NewServer(http.HandlerFunc(a.serveAPI))
	a.URL, a.API = all.URL, apis.URL
	t.Cleanup(func() {
		close(a.closed)
		a.stopEnvironments()
		a.wg.Wait()
		all.CloseClientConnections()
		apis.CloseClientConnections()
		all.Close()
		apis.Close()
		for _, p := range a.Problems() {
			t.Errorf("AWS: %s", p)
		}
	})
	return a
}

// Options are what the account was started with.
func (a *AWS) Options() Options { return a.o }

// Problems are what was denied, or asked for and is not there.
func (a *AWS) Problems() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.problems...)
}

// Forgive forgets the problems so far, and returns them.
func (a *AWS) Forgive() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.problems
	a.problems = nil
	return p
}

func (a *AWS) problem(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

// Counts returns the requests so far, by action, from all callers.
func (a *AWS) Counts() map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	counts := map[string]int64{}
	for action, n := range a.counts {
		counts[action] = n
	}
	return counts
}

func (a *AWS) count(action string, n int64) {
	a.mu.Lock()
	a.counts[action] += n
	a.mu.Unlock()
}

// draw returns a random source for the next time that what happens.
func (a *AWS) draw(what string) *rand.Rand {
	a.mu.Lock()
	n := a.drawn[what]
	a.drawn[what]++
	a.mu.Unlock()
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", what, n)
	return rand.New(rand.NewPCG(a.o.Seed, h.Sum64()))
}

// A call is a request to a service.
type call struct {
	*http.Request
	service string
	role    *role // nil: the deployer
	caller  string
	body    []byte
}

var credential = regexp.MustCompile(`Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request`)

// identify returns the caller of a request and the service it calls.
// Signatures are not checked: a key is known or not.
func (a *AWS) identify(r *http.Request) (*call, error) {
	by := r.Header.Get("Authorization")
	if q := r.URL.Query().Get("X-Amz-Credential"); by == "" && q != "" && r.URL.Query().Get("X-Amz-Signature") != "" {
		by = "Credential=" + q
	}
	m := credential.FindStringSubmatch(by)
	if m == nil {
		return nil, fmt.Errorf("%s %s is not signed", r.Method, r.URL.Path)
	}
	a.mu.Lock()
	role, ok := a.roles[m[1]]
	a.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("%s %s is signed by the unknown key %q", r.Method, r.URL.Path, m[1])
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return &call{Request: r, service: m[2], role: role, caller: m[1], body: body}, nil
}

func (a *AWS) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Query().Get("Action") == "ConfirmSubscription" {
		a.serveConfirmation(w, r)
		return
	}
	c, err := a.identify(r)
	if errors.Is(err, io.ErrUnexpectedEOF) || r.Context().Err() != nil {
		return // the caller is gone
	}
	if err != nil {
		a.problem("%v", err)
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	switch c.service {
	case "s3":
		a.serveS3(w, c)
	case "dynamodb":
		a.serveDynamo(w, c)
	case "sns":
		a.serveSNS(w, c)
	case "lambda":
		a.serveLambda(w, c)
	case "scheduler":
		a.serveScheduler(w, c)
	case "cloudformation":
		a.serveStacks(w, c)
	case "sts":
		a.count("sts:"+r.FormValue("Action"), 1)
		xml(w, "GetCallerIdentity", "<Account>"+Account+"</Account><Arn>arn:aws:iam::"+Account+":user/deployer</Arn><UserId>deployer</UserId>")
	default:
		a.problem("there is no service %q", c.service)
		http.Error(w, "no such service", http.StatusNotFound)
	}
}

// xml writes the result of an action of a query protocol.
func xml(w http.ResponseWriter, action, result string) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>", action, result)
}

func xmlError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>", code, escape(message))
}

func jsonError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_, _ = w.Write(object(map[string]string{"__type": "com.amazonaws#" + code, "message": message, "Message": message}))
}

func object(members map[string]string) []byte {
	b, err := json.Marshal(members)
	if err != nil {
		panic(err) // texts can be written
	}
	return b
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}
