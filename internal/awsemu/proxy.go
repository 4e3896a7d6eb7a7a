package awsemu

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A fate is what happens to a request to a server behind.
type fate int

const (
	fine fate = iota
	conflict
	slow
	after // an error, after it had its effect
	lost
)

func (a *AWS) fate(what string, write bool) fate {
	f := &a.o.Faults
	p := a.draw(what).Float64()
	if write {
		if p < f.Conflict {
			return conflict
		}
		p -= f.Conflict
	}
	switch {
	case p < f.Slow:
		return slow
	case p < f.Slow+f.After:
		return after
	case p < f.Slow+f.After+f.Lost:
		return lost
	}
	return fine
}

// serveS3 checks a request and passes it on, signed with the server's own key.
func (a *AWS) serveS3(w http.ResponseWriter, c *call) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(c.URL.Path, "/"), "/")
	action, resource := s3Action(c.Method, key), "arn:aws:s3:::"+bucket
	if key != "" {
		resource += "/" + key
	}
	a.mu.Lock()
	policy := a.buckets[bucket]
	a.mu.Unlock()
	if !a.may(c, action, resource, policy) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
		return
	}
	reply := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>injected</Message></Error>")
	}
	d := fine
	if c.role != nil { // only functions meet faults
		d = a.fate("s3 "+c.Method+" "+c.URL.Path, c.Method == http.MethodPut)
	}
	switch d {
	case conflict:
		reply(http.StatusConflict, "ConditionalRequestConflict")
		return
	case slow:
		reply(http.StatusServiceUnavailable, "SlowDown")
		return
	}
	answer, err := a.forwardS3(c)
	if err != nil {
		reply(http.StatusInternalServerError, "InternalError")
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound && c.role != nil && !c.role.allows("s3:ListBucket", "arn:aws:s3:::"+bucket) {
		a.problem("role %s asks for what is not there, %s, and may not know so without s3:ListBucket", c.role.arn, resource)
		reply(http.StatusForbidden, "AccessDenied")
		return
	}
	if action == "s3:CreateBucket" && answer.StatusCode == http.StatusConflict {
		reply(http.StatusConflict, "BucketAlreadyOwnedByYou") // whatever this server calls it: there is no other account
		return
	}
	switch d {
	case after:
		reply(http.StatusInternalServerError, "InternalError")
	case lost:
		hangUp(w)
	default:
		pass(w, answer)
	}
}

func s3Action(method, key string) string {
	switch {
	case key == "" && method == http.MethodGet:
		return "s3:ListBucket"
	case key == "" && method == http.MethodPut:
		return "s3:CreateBucket"
	case key == "" && method == http.MethodDelete:
		return "s3:DeleteBucket"
	case method == http.MethodPut || method == http.MethodPost:
		return "s3:PutObject"
	case method == http.MethodDelete:
		return "s3:DeleteObject"
	}
	return "s3:GetObject"
}

func (a *AWS) forwardS3(c *call) (*http.Response, error) {
	u := *c.URL
	q := u.Query()
	for name := range q { // what signed the address
		if strings.HasPrefix(name, "X-Amz-") || name == "x-id" {
			q.Del(name)
		}
	}
	target := a.o.S3 + u.EscapedPath()
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	r, err := http.NewRequestWithContext(c.Context(), c.Method, target, bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"If-None-Match", "If-Match", "Range", "Content-Type", "Content-Md5"} {
		if v := c.Header.Get(name); v != "" {
			r.Header.Set(name, v)
		}
	}
	sum := sha256.Sum256(c.body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	key := aws.Credentials{AccessKeyID: a.o.Access, SecretAccessKey: a.o.Secret}
	if err := v4.NewSigner().SignHTTP(c.Context(), key, r, hash, "s3", Region, time.Now()); err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}

// serveDynamo checks a request and passes it on. It adds up the units that the
// server says a call takes.
func (a *AWS) serveDynamo(w http.ResponseWriter, c *call) {
	_, operation, _ := strings.Cut(c.Header.Get("X-Amz-Target"), ".")
	var body struct{ TableName string }
	if err := json.Unmarshal(c.body, &body); err != nil {
		jsonError(w, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	table := "arn:aws:dynamodb:" + Region + ":" + Account + ":table/" + body.TableName
	if !a.may(c, "dynamodb:"+operation, table, nil) {
		jsonError(w, http.StatusBadRequest, "AccessDeniedException", "not authorized")
		return
	}
	d := fine
	if c.role != nil {
		d = a.fate("dynamodb "+string(c.body), false)
	}
	if d == slow {
		jsonError(w, http.StatusBadRequest, "ThrottlingException", "injected")
		return
	}
	c.body = withField(c.body, "ReturnConsumedCapacity", "TOTAL")
	answer, err := a.forwardDynamo(c)
	if err != nil {
		jsonError(w, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		jsonError(w, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	a.countUnits(operation, answer.StatusCode, said)
	switch d {
	case after:
		jsonError(w, http.StatusInternalServerError, "InternalServerError", "injected")
	case lost:
		hangUp(w)
	default:
		answer.Body = io.NopCloser(bytes.NewReader(said))
		pass(w, answer)
	}
}

// withField is a JSON object with one field more.
func withField(object []byte, name string, value any) []byte {
	var fields map[string]any
	if err := json.Unmarshal(object, &fields); err != nil {
		return object
	}
	fields[name] = value
	b, err := json.Marshal(fields)
	if err != nil {
		return object
	}
	return b
}

// countUnits adds up what a call takes: whole units of writes, and halves of
// reads.
func (a *AWS) countUnits(operation string, status int, said []byte) {
	var answer struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	_ = json.Unmarshal(said, &answer) // an error has none
	units := answer.ConsumedCapacity.CapacityUnits
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem":
		if status != http.StatusOK {
			units = 1 // a condition that doesn't hold is paid for
		}
		a.count("dynamodb write units", int64(units))
	case "GetItem", "Query":
		a.count("dynamodb half read units", int64(2*units))
	}
}

func (a *AWS) forwardDynamo(c *call) (*http.Response, error) {
	r, err := http.NewRequestWithContext(c.Context(), c.Method, a.o.Dynamo, bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"X-Amz-Target", "X-Amz-Date", "Content-Type", "Authorization"} {
		r.Header.Set(name, c.Header.Get(name))
	}
	return http.DefaultClient.Do(r)
}

// dynamo makes a call of the account's own, for a template.
func (a *AWS) dynamo(operation string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, a.o.Dynamo, bytes.NewReader(b))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+a.o.Access+"/20260101/"+Region+"/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	return checked(http.DefaultClient.Do(r))
}

// s3 makes a call of the account's own, for a template.
func (a *AWS) s3(method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequest(method, a.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return a.forwardS3(&call{Request: r, body: body})
}

func checked(answer *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		said, _ := io.ReadAll(answer.Body)
		return &answerError{answer.Status, string(said)}
	}
	return nil
}

type answerError struct{ status, said string }

func (e *answerError) Error() string { return e.status + ": " + e.said }

func pass(w http.ResponseWriter, answer *http.Response) {
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}
