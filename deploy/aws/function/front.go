package function

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/store"

	"github.com/aws/aws-lambda-go/events"
)

// lasts is how long an address of a file can be used.
const lasts = time.Hour

// A Submission is the body of POST /jobs.
type Submission struct {
	Analysis string          `json:"analysis"`
	Params   json.RawMessage `json:"params,omitempty"`
	Inputs   []Input         `json:"inputs,omitempty"`
	Limits   Limits          `json:"limits"`
	Fresh    bool            `json:"fresh,omitempty"` // work it again, even if it is done
}

// An Input is a file of a Submission. Upload names a place that POST /uploads
// returned and that the file has been put to.
type Input struct {
	Role   string `json:"role"`
	Name   string `json:"name"`
	Upload string `json:"upload"`
}

// Limits are what a submission may ask for; a 0 stands for the deployment's
// default.
type Limits struct {
	BudgetGBs   float64 `json:"budget_gbs,omitempty"` // GB-seconds
	BudgetUSD   float64 `json:"budget_usd,omitempty"` // or the money that buys them
	DeadlineS   float64 `json:"deadline_s,omitempty"`
	AimS        float64 `json:"aim_s,omitempty"` // seconds that a span should take
	Concurrency int     `json:"concurrency,omitempty"`
	Span        int64   `json:"span,omitempty"` // units a span, forced
}

// A Status is what the front says about a job.
type Status struct {
	ID         string         `json:"id"`
	State      scatter.State  `json:"state"`
	Units      int64          `json:"units,omitempty"`
	Done       int64          `json:"done,omitempty"`
	Spans      int64          `json:"spans,omitempty"`
	SpentGBs   float64        `json:"spent_gbs"`
	Unread     int64          `json:"unread,omitempty"` // of the spans: what they spent and called is not known yet
	CeilingGBs float64        `json:"ceiling_gbs"`
	Calls      okazaki.Calls  `json:"calls"`       // that were counted
	SpentUSD   float64        `json:"spent_usd"`   // on GB-seconds, and the most that the calls cost
	CeilingUSD float64        `json:"ceiling_usd"` // of both
	Warning    string         `json:"warning,omitempty"`
	Files      []File         `json:"files,omitempty"` // once they are written
	Notes      []okazaki.Note `json:"notes,omitempty"` // of the answer
	Error      string         `json:"error,omitempty"`
	Holes      []scatter.Hole `json:"holes,omitempty"`
}

// An Upload is the answer of POST /uploads: the bytes are PUT to URL.
type Upload struct {
	Upload string `json:"upload"`
	URL    string `json:"url"`
}

type (
	request  = events.APIGatewayV2HTTPRequest
	response = events.APIGatewayV2HTTPResponse
)

// Front serves an HTTP request. An error that the client can mend is a 400
// with the reason; any other is logged whole and a 500.
func (f *Function) Front(ctx context.Context, r request) (response, error) {
	status, body, err := f.route(ctx, r)
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		status, body = http.StatusBadRequest, map[string]string{"error": mend.Error()}
	} else if errors.Is(err, okazaki.ErrNotFound) {
		status, body = http.StatusNotFound, map[string]string{"error": "there is no such job"}
	} else if errors.Is(err, okazaki.ErrBusy) {
		status, body = http.StatusServiceUnavailable, map[string]string{"error": "the store is busy, try again"}
	} else if err != nil {
		f.Log.Error("request", "route", r.RouteKey, "id", r.PathParameters["id"], "error", err)
		status, body = http.StatusInternalServerError, map[string]string{"error": "the log says why", "id": r.PathParameters["id"]}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return response{}, err
	}
	return response{StatusCode: status, Headers: map[string]string{"Content-Type": "application/json"}, Body: string(b)}, nil
}

func (f *Function) route(ctx context.Context, r request) (int, any, error) {
	id := r.PathParameters["id"]
	switch r.RouteKey {
	case "POST /uploads":
		u := Upload{Upload: strings.ToLower(rand.Text())}
		url, err := f.Uploads.PutURL(ctx, u.Upload, lasts)
		u.URL = url
		return http.StatusOK, u, err
	case "POST /jobs":
		s, err := f.submit(ctx, r)
		return http.StatusAccepted, s, err
	case "GET /jobs/{id}":
		s, err := f.status(ctx, id)
		return http.StatusOK, s, err
	case "DELETE /jobs/{id}":
		if _, err := scatter.Cancel(ctx, f.Store, id); err != nil {
			return 0, nil, err
		}
		s, err := f.status(ctx, id)
		return http.StatusOK, s, err
	}
	return http.StatusNotFound, map[string]string{"error": "there is nothing at " + r.RouteKey}, nil
}

// submit writes the job, schedules its sweeps until its deadline, and wakes
// the first worker.
func (f *Function) submit(ctx context.Context, r request) (*Status, error) {
	s, err := submission(r)
	if err != nil {
		return nil, err
	}
	job, err := f.job(ctx, s)
	if err != nil {
		return nil, err
	}
	id, err := scatter.Submit(ctx, f.Store, f.Engines, job, s.Fresh)
	if err != nil {
		return nil, err
	}
	status, err := f.status(ctx, id)
	if err != nil || status.State != scatter.Open {
		return status, err
	}
	until := time.Now().Add(job.Limits.Deadline + 5*time.Minute)
	if err := f.Sweeps.Start(ctx, id, until); err != nil {
		return nil, fmt.Errorf("job %s: %w", id, err)
	}
	if err := f.Wakers[0].Ring(ctx, okazaki.Wake{Job: id}); err != nil {
		f.Log.Warn("ring", "job", id, "error", err) // the sweep will
	}
	return status, nil
}

func submission(r request) (*Submission, error) {
	body := []byte(r.Body)
	if r.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, &okazaki.Error{Message: "the request's body can't be read", Hint: "send JSON"}
		}
	}
	return ReadSubmission(bytes.NewReader(body))
}

// ReadSubmission reads what POST /jobs takes.
func ReadSubmission(r io.Reader) (*Submission, error) {
	s := &Submission{}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, &okazaki.Error{Message: "this is not a submission: " + err.Error(), Hint: `give {"analysis": …, "inputs": …}`, Err: err}
	}
	return s, nil
}

// Draft is the job that was asked for, its parameters and limits checked, but
// without its inputs' bytes.
func (f *Function) Draft(s *Submission) (*okazaki.Job, error) {
	job, _, err := f.draft(s, f.filesOf(s))
	return job, err
}

// draft returns the draft, and its analysis.
func (f *Function) draft(s *Submission, files []client.File) (*okazaki.Job, *okazaki.Analysis, error) {
	an, err := client.Find(f.Analyses, s.Analysis)
	if err != nil {
		return nil, nil, err
	}
	limits, err := f.limits(&s.Limits)
	if err != nil {
		return nil, nil, err
	}
	job, err := client.Draft(an, s.Params, files, limits)
	if err != nil {
		return nil, nil, err
	}
	return job, an, client.Check(an, job)
}

// job makes a job of a submission, and copies uploads to where workers read.
func (f *Function) job(ctx context.Context, s *Submission) (*okazaki.Job, error) {
	files := f.filesOf(s)
	job, an, err := f.draft(s, files)
	if err != nil {
		return nil, err
	}
	inputs := &scatter.Inputs{Store: f.Store, Outlive: job.Limits.Deadline + 24*time.Hour}
	job.Inputs, err = client.TakeInputs(ctx, &client.Store{Store: f.Store, Remote: true}, inputs, an, files, nil)
	return job, err
}

// filesOf are the files of a submission, which are read from the uploads.
func (f *Function) filesOf(s *Submission) (files []client.File) {
	for _, in := range s.Inputs {
		files = append(files, client.File{Role: in.Role, Name: in.Name, Open: func(ctx context.Context) (io.ReadCloser, error) {
			missing := &okazaki.Error{File: in.Name, Message: "has not been uploaded", Hint: "ask POST /uploads for a URL, and PUT the file there"}
			if !store.IsPart(in.Upload) {
				return nil, missing
			}
			v, err := f.Uploads.Get(ctx, in.Upload)
			if errors.Is(err, okazaki.ErrNotFound) {
				err = missing
			}
			return io.NopCloser(bytes.NewReader(v.Bytes)), err
		}})
	}
	return files
}

// status says how a job stands, with addresses of its files once it is done.
func (f *Function) status(ctx context.Context, id string) (*Status, error) {
	if len(id) < 2 || !store.IsPart(id) {
		return nil, okazaki.ErrNotFound
	}
	job, _, err := scatter.Load(ctx, f.Store, id)
	if err != nil {
		return nil, err
	}
	watch := scatter.Watch{Store: f.Store, ID: id, Most: 1000}
	p, err := watch.Refresh(ctx)
	if err != nil {
		return nil, err
	}
	s := &Status{
		ID: id, State: scatter.Open, Units: p.Units, Done: p.Done, Spans: p.Spans,
		SpentGBs: p.Spent.GBs(), Unread: p.Unread, CeilingGBs: job.Limits.Budget.GBs(), Calls: p.Calls,
	}
	s.SpentUSD = (s.SpentGBs + p.Calls.Worth(job.Limits.Calls).GBs()) * f.GBSecond
	s.CeilingUSD = s.CeilingGBs * f.GBSecond
	if n, least := scatter.Retries(&job.Limits, len(job.Stages)); n == 0 {
		gbs := least.GBs()
		s.Warning = fmt.Sprintf("the budget has no retry for a worker that is lost at the start; %.0f GB-s ($%.2f) have one", gbs, gbs*f.GBSecond)
	}
	if p.End != nil {
		s.State, s.Holes = p.End.State, p.End.Holes
	}
	if s.State == scatter.Done {
		err = f.files(ctx, s)
	}
	return s, err
}

// files adds the answer, or the reason why there is none. Until a worker has
// written it, a done job has no files.
func (f *Function) files(ctx context.Context, s *Status) error {
	v, err := f.Results.Get(ctx, s.ID+"/"+index)
	if errors.Is(err, okazaki.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var a answer
	if err := json.Unmarshal(v.Bytes, &a); err != nil {
		return err
	}
	s.Files, s.Notes, s.Error = a.Files, a.Notes, a.Error
	for i := range s.Files {
		if s.Files[i].URL, err = f.Results.GetURL(ctx, s.ID+"/"+s.Files[i].Name, lasts); err != nil {
			return err
		}
	}
	return nil
}
