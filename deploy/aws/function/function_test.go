package function_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okazaki"
	"okazaki/deploy/aws/function"
	"okazaki/scatter"
	"okazaki/store/mem"

	"github.com/aws/aws-lambda-go/events"
)

// A toy engine writes its units' numbers, or says what a test wants it to.
type toy struct {
	units  int64
	tooBig func(okazaki.Span) bool
	render error
}

func (e *toy) Plan(context.Context, int, []okazaki.Result) (okazaki.Axis, error) {
	return okazaki.Axis{Units: e.units, Concat: true}, nil
}

func (e *toy) Work(_ context.Context, t *okazaki.Task) ([]byte, int64, error) {
	if e.tooBig != nil && e.tooBig(t.Span) {
		return nil, 0, okazaki.ErrTooBig
	}
	var b bytes.Buffer
	for u := t.Span.Lo; u < t.Span.Hi; u++ {
		fmt.Fprintf(&b, "%d,", u)
	}
	return b.Bytes(), t.Span.Hi, nil
}

func (e *toy) Merge(_ context.Context, _ int, parts [][]byte) ([]byte, error) {
	return bytes.Join(parts, nil), nil
}

func (e *toy) Close() error { return nil }

func (e *toy) Render(ctx context.Context, results []okazaki.Result, out okazaki.Outputs) error {
	if e.render != nil {
		return e.render
	}
	r, err := results[0](ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := out.Create("numbers.txt")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return errors.Join(err, w.Close())
}

// A bell keeps its rings.
type bell struct {
	mu    sync.Mutex
	rings []okazaki.Wake
}

func (b *bell) Ring(_ context.Context, w okazaki.Wake) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings = append(b.rings, w)
	return nil
}

func (b *bell) Wait(ctx context.Context, _ bool) (okazaki.Wake, error) {
	<-ctx.Done()
	return okazaki.Wake{}, ctx.Err()
}

// taken are the rings so far, which are then forgotten.
func (b *bell) taken() []okazaki.Wake {
	b.mu.Lock()
	defer b.mu.Unlock()
	rings := b.rings
	b.rings = nil
	return rings
}

// A calendar keeps when the schedules of jobs end.
type calendar map[string]time.Time

func (c calendar) Start(_ context.Context, job string, until time.Time) error {
	c[job] = until
	return nil
}

func (c calendar) Stop(_ context.Context, job string) error {
	delete(c, job)
	return nil
}

type addresses string

func (a addresses) GetURL(_ context.Context, key string, lasts time.Duration) (string, error) {
	return fmt.Sprintf("get:%s/%s for %v", a, key, lasts), nil
}

func (a addresses) PutURL(_ context.Context, key string, lasts time.Duration) (string, error) {
	return fmt.Sprintf("put:%s/%s for %v", a, key, lasts), nil
}

// A deployment is the functions, in this process: all share one store.
type deployment struct {
	*function.Function
	t        *testing.T
	engine   *toy
	large    *function.Function // a worker of the large class
	bells    []*bell            // by class
	calendar calendar
	log      *bytes.Buffer
}

// brokenStore returns an error from every Get.
type brokenStore struct {
	okazaki.Store
	err error
}

func (b *brokenStore) Get(context.Context, string) (okazaki.Value, error) {
	return okazaki.Value{}, b.err
}

func deploy(t *testing.T) *deployment {
	d := &deployment{t: t, engine: &toy{units: 30}, bells: []*bell{{}, {}}, calendar: calendar{}, log: &bytes.Buffer{}}
	analyses := []okazaki.Analysis{{
		Name: "toy", Version: 1, Stages: []string{"numbers"},
		Params: []okazaki.Param{
			{Name: "letters", Kind: okazaki.FileParam, Many: true},
			{Name: "k", Kind: okazaki.IntParam, Default: "1"},
		},
	}}
	s, results, uploads := mem.New(nil), mem.New(nil), mem.New(nil)
	make := func(class int) *function.Function {
		return &function.Function{
			Store: s, Analyses: analyses, Class: class, Classes: []int64{1769, 7076}, Timeout: 40 * time.Second, Memory: 1769,
			Engines: &scatter.Engines{Open: func(context.Context, string, *okazaki.Job) (okazaki.Engine, error) { return d.engine, nil }},
			Results: function.Objects{Store: results, Addresses: addresses("results")}, Uploads: function.Objects{Store: uploads, Addresses: addresses("uploads")},
			Wakers: []okazaki.Waker{d.bells[0], d.bells[1]}, Sweeps: d.calendar, GBSecond: 0.00001,
			Log: slog.New(slog.NewTextHandler(d.log, nil)),
		}
	}
	d.Function, d.large = make(0), make(1)
	return d
}

// ask makes a request of the front.
func (d *deployment) ask(route, id, body string, answer any) int {
	d.t.Helper()
	r, err := d.Front(d.t.Context(), events.APIGatewayV2HTTPRequest{RouteKey: route, PathParameters: map[string]string{"id": id}, Body: body})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(r.Body), answer); err != nil {
		d.t.Fatalf("%s: %s", route, r.Body)
	}
	return r.StatusCode
}

// submit submits a job that must be taken.
func (d *deployment) submit(body string) function.Status {
	d.t.Helper()
	var s function.Status
	if code := d.ask("POST /jobs", "", body, &s); code != 202 || s.State != scatter.Open {
		d.t.Fatalf("%d %+v", code, s)
	}
	return s
}

// wake gives a worker a message.
func wake(t *testing.T, f *function.Function, message string) {
	t.Helper()
	event := events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: message}}}}
	if err := f.Work(t.Context(), event); err != nil {
		t.Fatal(err)
	}
}

// TestLifeOfAJob submits, works and fetches one.
func TestLifeOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(t)
		var u function.Upload
		if code := d.ask("POST /uploads", "", "", &u); code != 200 || u.URL != "put:uploads/"+u.Upload+" for 1h0m0s" {
			t.Errorf("%d %+v", code, u)
		}
		if err := d.Uploads.Create(t.Context(), u.Upload, []byte("ACGT")); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s := d.submit(`{"analysis": "toy", "inputs": [{"role": "letters", "name": "l.txt", "upload": "` + u.Upload + `"}], "limits": {"budget_usd": 1, "deadline_s": 600}}`)
		if math.Round(s.CeilingGBs) != 100_000 || math.Abs(s.CeilingUSD-1) > 1e-6 || s.Warning != "" {
			t.Errorf("a dollar at $0.00001: %+v", s)
		}
		if until := d.calendar[s.ID]; !until.Equal(began.Add(15 * time.Minute)) {
			t.Errorf("its sweeps end at %v", until)
		}
		if rings := d.bells[0].taken(); !slices.Equal(rings, []okazaki.Wake{{Job: s.ID}}) {
			t.Errorf("rung: %v", rings)
		}
		wake(t, d.Function, "no wake")
		wake(t, d.Function, `{"job": "none"}`)
		for i := 0; i < 20 && d.calendar[s.ID] != (time.Time{}); i++ {
			wake(t, d.Function, `{"job": "`+s.ID+`"}`)
		}
		if code := d.ask("GET /jobs/{id}", s.ID, "", &s); code != 200 || s.State != scatter.Done || len(s.Files) != 1 {
			t.Fatalf("%d %+v\n%s", code, s, d.log)
		}
		if f := s.Files[0]; f.Name != "numbers.txt" || f.Size != 10*2+20*3 || f.URL != "get:results/"+s.ID+"/numbers.txt for 1h0m0s" {
			t.Errorf("%+v", f)
		}
		again := d.ask("POST /jobs", "", `{"analysis": "toy", "inputs": [{"role": "letters", "name": "l.txt", "upload": "`+u.Upload+`"}], "limits": {"budget_usd": 1, "deadline_s": 600}}`, &s)
		if again != 202 || s.State != scatter.Done || len(d.calendar) > 0 || len(d.bells[0].taken()) > 0 {
			t.Errorf("the same question once more: %d %+v, %v", again, s, d.calendar)
		}
		if !strings.Contains(d.log.String(), "a message is not a wake") {
			t.Error("a message that is not a wake isn't logged")
		}
	})
}

// TestFrontRefuses has requests that the client can mend, and others.
func TestFrontRefuses(t *testing.T) {
	d := deploy(t)
	for _, c := range []struct {
		route, id, body string
		code            int
		says            string
	}{
		{"POST /jobs", "", "{", 400, "not a submission"},
		{"POST /jobs", "", `{"analysis": "toy", "colour": 1}`, 400, "colour"},
		{"POST /jobs", "", `{"analysis": "other"}`, 400, "there are toy"},
		{"POST /jobs", "", `{"analysis": "toy", "params": {"j": 1}}`, 400, `no parameter`},
		{"POST /jobs", "", `{"analysis": "toy", "inputs": [{"role": "letters", "name": "l.txt", "upload": "none"}]}`, 400, "l.txt: has not been uploaded"},
		{"POST /jobs", "", `{"analysis": "toy", "inputs": [{"role": "letters", "name": "l.txt", "upload": "../x"}]}`, 400, "l.txt: has not been uploaded"},
		{"POST /jobs", "", `{"analysis": "toy", "limits": {"deadline_s": 1e7}}`, 400, "14 days"},
		{"POST /jobs", "", `{"analysis": "toy", "limits": {"concurrency": -1}}`, 400, "nothing below 0"},
		{"POST /jobs", "", `{"analysis": "toy", "limits": {"budget_gbs": 1}}`, 400, "can't buy one attempt"},
		{"GET /jobs/{id}", "0123456789", "", 404, "no such job"},
		{"GET /jobs/{id}", "../..", "", 404, "no such job"},
		{"DELETE /jobs/{id}", "0123456789", "", 404, "no such job"},
		{"PUT /jobs", "", "", 404, "there is nothing at PUT /jobs"},
	} {
		var said struct{ Error string }
		if code := d.ask(c.route, c.id, c.body, &said); code != c.code || !strings.Contains(said.Error, c.says) {
			t.Errorf("%s %s %s: %d %q", c.route, c.id, c.body, code, said.Error)
		}
	}
	if d.log.Len() > 0 {
		t.Errorf("logged: %s", d.log)
	}
	for err, code := range map[error]int{okazaki.ErrBusy: 503, errors.New("the disk burns"): 500} {
		broken := deploy(t)
		broken.Store = &brokenStore{broken.Store, err}
		var said struct{ Error, ID string }
		synctest.Test(t, func(t *testing.T) { // it is asked for some time
			broken.t = t
			if got := broken.ask("GET /jobs/{id}", "01234567890123456789.1", "", &said); got != code || strings.Contains(said.Error, "burns") {
				t.Errorf("%v: %d %+v", err, got, said)
			}
		})
		if logged := broken.log.String(); code == 500 && (said.ID != "01234567890123456789.1" || !strings.Contains(logged, "burns")) {
			t.Errorf("%+v, logged: %s", said, logged)
		}
	}
}

// TestCancel closes a job, and the wakes that come then end its sweeps.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(t)
		s := d.submit(`{"analysis": "toy"}`)
		if code := d.ask("DELETE /jobs/{id}", s.ID, "", &s); code != 200 || s.State != scatter.Cancelled || len(s.Files) > 0 {
			t.Errorf("%d %+v", code, s)
		}
		wake(t, d.Function, `{"job": "`+s.ID+`"}`)
		if len(d.calendar) > 0 {
			t.Errorf("%v", d.calendar)
		}
	})
}

// TestRenderSaysWhy has a result that can't be written in the format asked
// for, from files with names of all kinds.
func TestRenderSaysWhy(t *testing.T) {
	for _, name := range []string{"", `a "b".fasta`, `a\b.fasta`, "a\u0007.fasta", "a\n.fasta", "a\x7f.fasta", "a\U000e0041.fasta", "<ä>.fasta", "a\u2028.fasta"} {
		synctest.Test(t, func(t *testing.T) {
			d := deploy(t)
			d.engine.render = &okazaki.Error{File: name, Message: `there is no "x"`}
			s := d.submit(`{"analysis": "toy"}`)
			for i := 0; i < 20 && len(d.calendar) > 0; i++ {
				wake(t, d.Function, `{"job": "`+s.ID+`"}`)
			}
			if code := d.ask("GET /jobs/{id}", s.ID, "", &s); code != 200 || s.State != scatter.Done || s.Error != d.engine.render.Error() {
				t.Errorf("%q: %d %+v", name, code, s)
			}
		})
	}
}

// TestSweep sweeps a job that is open, one past its deadline, and none.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(t)
		sweep := func(id string) {
			t.Helper()
			if err := d.Sweep(t.Context(), function.SweepEvent{Job: id}); err != nil {
				t.Fatal(err)
			}
		}
		s := d.submit(`{"analysis": "toy", "limits": {"deadline_s": 60, "concurrency": 3}}`)
		d.bells[0].taken()
		sweep(s.ID)
		if small, large := d.bells[0].taken(), d.bells[1].taken(); len(small) != 3 || len(large) > 0 {
			t.Errorf("a sweep rings for %v and %v", small, large)
		}
		time.Sleep(2 * time.Minute)
		sweep(s.ID)
		if d.ask("GET /jobs/{id}", s.ID, "", &s); s.State != scatter.Expired || len(d.calendar) > 0 {
			t.Errorf("after its deadline: %+v, %v", s, d.calendar)
		}
		d.calendar["0123456789"] = time.Now()
		sweep("0123456789")
		if len(d.calendar) > 0 || len(d.bells[0].taken()) > 0 {
			t.Errorf("a job that isn't there is swept: %v", d.calendar)
		}
	})
}

// TestLarger has a span that fits in no small worker: no large worker is
// woken before a small one has found that out.
func TestLarger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deploy(t)
		small := true
		d.engine.tooBig = func(s okazaki.Span) bool { return small && s.Lo <= 7 && 7 < s.Hi }
		s := d.submit(`{"analysis": "toy", "limits": {"span": 1}}`)
		for i := 0; i < 200 && len(d.bells[1].taken()) == 0; i++ {
			wake(t, d.Function, `{"job": "`+s.ID+`"}`)
			time.Sleep(time.Second)
			if i == 199 {
				t.Fatalf("no large worker is woken\n%s", d.log)
			}
		}
		small = false
		wake(t, d.large, `{"job": "`+s.ID+`"}`)
		for i := 0; i < 200 && len(d.calendar) > 0; i++ {
			wake(t, d.Function, `{"job": "`+s.ID+`"}`)
			time.Sleep(time.Second)
		}
		if d.ask("GET /jobs/{id}", s.ID, "", &s); s.State != scatter.Done {
			t.Errorf("%+v\n%s", s, d.log)
		}
	})
}

// TestWarning submits a job whose small budget lacks something, and gets a
// warning.
func TestWarning(t *testing.T) {
	d := deploy(t)
	s := d.submit(`{"analysis": "toy", "limits": {"budget_gbs": 100}}`)
	if !strings.Contains(s.Warning, "no retry") {
		t.Errorf("%+v", s)
	}
}
