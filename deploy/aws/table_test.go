//go:build aws

package aws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okazaki"
	"okazaki/deploy/aws"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/dynamo"
	"okazaki/store/dynamo/dynamotest"
	"okazaki/store/mem"
	"okazaki/store/s3/s3test"
	"okazaki/wake/local"
)

var update = flag.Bool("update", false, "write the table into docs/deploy-aws.md")

const page = "../../docs/deploy-aws.md"

// A meter passes calls on to a DynamoDB and adds up the units that they cost,
// as the server itself counts them.
type meter struct {
	server        string
	mu            sync.Mutex
	writes, reads float64
	by            map[string]float64
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body["ReturnConsumedCapacity"] = "TOTAL"
	b, _ := json.Marshal(body) // it was JSON
	pass, err := http.NewRequestWithContext(r.Context(), http.MethodPost, m.server, bytes.NewReader(b))
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"X-Amz-Target", "X-Amz-Date", "Content-Type", "Authorization"} {
		pass.Header.Set(name, r.Header.Get(name))
	}
	answer, err := http.DefaultClient.Do(pass)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(answer.Body)
	var consumed struct {
		ConsumedCapacity struct{ CapacityUnits float64 }
	}
	_ = json.Unmarshal(said, &consumed)
	units := consumed.ConsumedCapacity.CapacityUnits
	if answer.StatusCode != http.StatusOK && strings.Contains(r.Header.Get("X-Amz-Target"), "PutItem") {
		units = 1 // a condition that doesn't hold is paid for
	}
	m.mu.Lock()
	m.by[r.Header.Get("X-Amz-Target")] += units
	if strings.Contains(r.Header.Get("X-Amz-Target"), "PutItem") {
		m.writes += units
	} else {
		m.reads += units
	}
	m.mu.Unlock()
	for _, name := range []string{"Date", "Content-Type", "X-Amz-Crc32"} {
		w.Header().Set(name, answer.Header.Get(name))
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(said)
}

// An empty engine's spans take a moment and give 6 KB: too much to lie in the
// table.
type empty struct{ units int64 }

func (e empty) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: e.units, Concat: true}, nil
}

func (e empty) Work(_ context.Context, t *okazaki.Task) ([]byte, int64, error) {
	time.Sleep(400 * time.Millisecond) // so that a slow machine matters little
	return bytes.Repeat([]byte{byte(t.Span.Lo)}, 6<<10), t.Span.Hi, nil
}

func (e empty) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	return bytes.Join(parts, nil), nil
}

func (empty) Close() error { return nil }

func (e empty) Render(context.Context, []okazaki.Result, okazaki.Outputs) error { return nil }

// A ringing waker counts requests: ten rings of a split are one.
type ringing struct {
	*local.Waker
	requests atomic.Int64
}

func (k *ringing) Ring(ctx context.Context, w okazaki.Wake) error {
	k.requests.Add(1)
	return k.Waker.Ring(ctx, w)
}

func (k *ringing) RingAll(ctx context.Context, ws []okazaki.Wake) error {
	k.requests.Add(int64(len(ws)+9) / 10)
	for _, w := range ws {
		if err := k.Waker.Ring(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

const workers = 32

// coordinate runs a job of empty spans with workers whose turns have time for
// 12 of them, as for spans of 10 s in a deployment with its defaults. It
// returns how many turns there were and how many messages were published.
func coordinate(t *testing.T, s okazaki.Store, spans int64) (turns, published float64) {
	t.Helper()
	began := time.Now()
	engines := &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { return empty{spans}, nil }}
	job := &okazaki.Job{Analysis: "empty", Stages: []string{"spans"}, Limits: okazaki.Limits{
		Budget: 1 << 40, Classes: []int64{1769}, Turn: 30 * time.Second, Aim: time.Second, Deadline: time.Hour, Concurrency: workers, Span: 1,
	}}
	id, err := scatter.Submit(t.Context(), s, engines, job, false)
	if err != nil {
		t.Fatal(err)
	}
	k := &ringing{Waker: local.New(1000)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var taken atomic.Int64
	for range workers {
		wg.Go(func() {
			for found := false; ; {
				wake, err := k.Wait(ctx, found)
				if err != nil {
					return
				}
				taken.Add(1)
				w := &scatter.Worker{Store: s, Waker: k, Engines: engines, Until: 6 * time.Second}
				if _, err := w.Take(ctx, wake); err != nil && ctx.Err() == nil {
					t.Errorf("turn: %v", err)
				}
			}
		})
	}
	if end, err := scatter.Wait(t.Context(), s, k, id, 20*time.Second, nil); err != nil || end.State != scatter.Done {
		t.Fatalf("%+v, %v", end, err)
	}
	cancel()
	wg.Wait()
	t.Logf("%d spans in %d turns, %v", spans, taken.Load(), time.Since(began))
	return float64(taken.Load()), float64(k.requests.Load())
}

// TestTable counts what a span costs besides its work, compares it with other
// ways to run a million of them, and checks that the page says so.
func TestTable(t *testing.T) {
	s3test.Credentials(t)
	prices := aws.ListPrices()
	const spans = 1800
	m := &meter{server: dynamotest.Dynalite(t), by: map[string]float64{}}
	server := httptest.NewServer(m)
	defer server.Close()
	large := store.Count(mem.New(time.Now))
	table, err := dynamo.Open(t.Context(), dynamo.Options{Table: dynamotest.Table, Endpoint: server.URL, Large: large})
	if err != nil {
		t.Fatal(err)
	}
	turns, published := coordinate(t, store.Patient(table), spans)
	t.Logf("units by call: %v", m.by)
	both := aws.Usage{
		"dynamodb.write": m.writes, "dynamodb.read": m.reads, "s3.put": float64(large.Creates.Load()), "s3.get": float64(large.Gets.Load()),
		"lambda.request": turns, "sns.publish": published,
	}
	bucket := store.Count(mem.New(time.Now))
	turns, published = coordinate(t, bucket, spans)
	alone := aws.Usage{
		"s3.put": float64(bucket.Creates.Load() + bucket.Lists.Load()), "s3.get": float64(bucket.Gets.Load()),
		"lambda.request": turns, "sns.publish": published,
	}
	rows := []row{
		{"Okazaki, DynamoDB and S3", scaled(both, 1e6/spans), fmt.Sprintf("parts of 6 KB, %.0f spans an invocation", spans/both["lambda.request"])},
		{"Okazaki, S3 alone", scaled(alone, 1e6/spans), fmt.Sprintf("the same, %.0f spans an invocation", spans/alone["lambda.request"])},
		{"Step Functions Distributed Map, Standard", aws.Usage{"steps.transition": 2e6, "lambda.request": 1e6}, "a child is two transitions"},
		{"Step Functions Distributed Map, Express", aws.Usage{"steps.transition": 1e6, "steps.express": 1e6, "lambda.request": 1e6}, "a child is a transition and a request; batches of spans divide it"},
		{"Lithops", aws.Usage{"s3.put": 3.3e6, "s3.get": 4e6, "lambda.request": 1e6}, "3 PUT and 4 GET a span, polled by LIST for 10 minutes"},
		{"Lambda durable functions", aws.Usage{"durable.operation": 1e6, "durable.gb": 1, "lambda.request": 1e6}, "an operation a span, 1 KB of it kept"},
		{"SQS and Lambda, batches of 10", aws.Usage{"s3.put": 1e6, "sqs.request": 3e5, "lambda.request": 1e5}, "nothing joins the parts, and there is no budget"},
	}
	for _, r := range rows {
		t.Logf("%-45s $%.2f %v", r.name, prices.Cost(r.usage), r.usage)
	}
	if cost := prices.Cost(rows[0].usage); cost > 7.5 {
		t.Errorf("DynamoDB and S3: $%.2f a million spans", cost)
	}
	if cost := prices.Cost(rows[1].usage); cost > 17 {
		t.Errorf("S3 alone: $%.2f a million spans", cost)
	}
	checkPage(t, rows, prices)
}

type row struct {
	name  string
	usage aws.Usage
	note  string
}

func scaled(u aws.Usage, by float64) aws.Usage {
	out := aws.Usage{}
	for item, n := range u {
		out[item] = n * by
	}
	return out
}

var between = regexp.MustCompile(`(?s)(<!-- table, by TestTable -->\n).*?(<!-- end -->)`)

// checkPage compares the page with what was counted: how work falls to workers
// differs from run to run, by less than a fifth.
func checkPage(t *testing.T, rows []row, prices *aws.Prices) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| a million spans | $ | of what |\n| --- | --- | --- |\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %.1f | %s |\n", r.name, prices.Cost(r.usage), r.note)
	}
	if *update {
		text = between.ReplaceAll(text, []byte("${1}"+strings.ReplaceAll(b.String(), "$", "$$")+"${2}"))
		if err := os.WriteFile(page, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, r := range rows {
		m := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(r.name) + ` \| ([0-9.]+) \|`).FindSubmatch(text)
		if m == nil {
			t.Errorf("%s has no row %q: go test -tags aws -run TestTable ./deploy/aws -update", page, r.name)
			continue
		}
		said, _ := strconv.ParseFloat(string(m[1]), 64)
		if counted := prices.Cost(r.usage); math.Abs(said-counted) > counted/5 {
			t.Errorf("%s says $%v for %s, counted is $%.1f", page, said, r.name, counted)
		}
	}
}
