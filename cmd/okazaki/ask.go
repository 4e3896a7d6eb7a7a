package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"okazaki"
	"okazaki/client"
	"okazaki/cmd/okazaki/internal/output"
	"okazaki/deploy/aws"
	"okazaki/scatter"
)

// ask asks a question: it submits the job, works on it together with other
// workers, and writes the answer.
func (a *app) ask(ctx context.Context, q *question) error {
	if err := q.missing(); err != nil {
		return err
	}
	q.where = a.config.output
	params, files, err := q.params()
	if err != nil {
		return err
	}
	if files, err = a.openFolders(q, files); err != nil {
		return err
	}
	limits, err := a.config.limits()
	if err != nil {
		return err
	}
	job, err := client.Draft(q.analysis, params, files, limits)
	if err != nil {
		return err
	}
	out, err := a.openOutput(q, job)
	if err != nil {
		return err
	}
	if err := client.Check(q.analysis, job); err != nil {
		return err
	}
	p, err := a.openHere(ctx)
	if err != nil {
		return err
	}
	defer p.Close()
	defer p.keeper.sweepShortly(ctx, time.Now())
	job.Limits.Calls = p.Calls()
	if err := a.checkWorkers(p); err != nil {
		return err
	}
	if err := scatter.CheckLimits(p, job); err != nil {
		return err
	}
	r := &request{app: a, place: p, out: out, client: a.client(p)}
	defer r.client.Engines.Close()
	if job.Inputs, err = a.takeInputs(ctx, p, r.client.Inputs, q, files); err != nil {
		return err
	}
	return r.run(ctx, job)
}

// client asks the questions of this command, with its workers.
func (a *app) client(p *place) *client.Client {
	inputs := a.inputs(p)
	c := &client.Client{
		Store: p.Store, Inputs: inputs, Engines: newEngines(inputs, a.config.workers, a.closed),
		Workers: client.Workers{Size: a.config.workers, Memory: a.config.memory, Health: health()},
	}
	if a.config.workers > 0 && !a.config.detach {
		client.Ahead(c.Engines, a.config.workers)
	}
	return c
}

// openOutput is where the answer to a draft of the job goes.
func (a *app) openOutput(q *question, draft *okazaki.Job) (*output.Output, error) {
	names, err := q.analysis.Outputs(draft)
	if err != nil {
		return nil, err
	}
	if a.config.partial {
		names = append(names, client.MissingFile)
	}
	var inputs []string
	for _, in := range draft.Inputs {
		inputs = append(inputs, in.Name)
	}
	return output.New(output.Options{
		Where: cmp.Or(a.config.output, q.analysis.Name), Command: q.analysis.Name,
		Names: names, Apart: q.apart, Guard: a.guard(inputs...), Stdout: a.out,
		Analysis: q.analysis, Tables: a.config.tables, Build: buildLine,
	})
}

// checkWorkers refuses a job that nobody would work.
func (a *app) checkWorkers(p *place) error {
	switch {
	case a.config.workers < 0:
		return &okazaki.Error{Message: fmt.Sprintf("there can't be %d workers", a.config.workers), Hint: "give --workers 0 or more"}
	case !p.Shared && (a.config.workers == 0 || a.config.detach):
		return &okazaki.Error{
			Message: "no other process can work a job whose store is in memory",
			Hint:    "give a store that others see, such as --store dir:PATH, or leave out --workers 0 and --detach",
		}
	}
	return nil
}

// A request is a job of this process, from its submission to its answer.
type request struct {
	*app
	place  *place
	client *client.Client
	job    *client.Job
	out    *output.Output
	began  time.Time
}

func (r *request) run(ctx context.Context, job *okazaki.Job) error {
	r.began = time.Now()
	err := r.tell.while(func() string { return r.reading(job) }, func() (err error) {
		r.job, err = r.client.Submit(ctx, job, r.config.fresh)
		return err
	})
	if err != nil {
		return err
	}
	r.announce(&job.Limits)
	if r.client.Workers.Waker, err = r.openWaker(ctx); err != nil {
		return err
	}
	if r.config.detach {
		if err := r.client.Workers.Waker.Ring(ctx, okazaki.Wake{Job: r.job.ID}); err != nil {
			return err
		}
		_, err := fmt.Fprintln(r.app.out, questionID(r.job.ID))
		return err
	}
	err = r.answer(ctx)
	if errors.Is(err, scatter.ErrGone) {
		r.tell.warn("gone", "some parts of the answer have gone from the store; working them again", "job", questionID(r.job.ID))
		if err := r.job.Resubmit(ctx); err != nil {
			return err
		}
		return r.answer(ctx)
	}
	return err
}

// answer writes the answer of a job once it has ended, if it has one, whole or as
// far as was asked for.
func (r *request) answer(ctx context.Context) error {
	if r.job.End == nil {
		if err := r.work(ctx); err != nil {
			return err
		}
	}
	incomplete := &endError{id: questionID(r.job.ID), end: r.job.End}
	if r.plain() {
		incomplete.doing, incomplete.rest = stagesOf(r.job.Record), r.job.Record.Limits.Partial
	}
	if r.job.Readable() {
		err := r.write(ctx)
		if r.job.End.State == scatter.Done {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w\nand what there is can't be written: %w", incomplete, err)
		}
	}
	return incomplete
}

// plain says whether to leave jobs unmentioned: to a person at one machine.
func (r *request) plain() bool { return !r.tell.verbose && !r.place.Remote }

// reading says how much of the inputs has been read to lay the job out.
func (r *request) reading(job *okazaki.Job) string {
	var total int64
	for _, in := range job.Inputs {
		total += in.Size
	}
	return readOf(min(total, r.client.Inputs.Read()), total)
}

// readOf says how many bytes have been read of how many.
func readOf(read, total int64) string {
	done, all := byteValue(read), byteValue(total)
	return fmt.Sprintf("Reading the input, %s of %s (%d %%)", &done, &all, 100*read/max(1, total))
}

func ceiling(most okazaki.MBs) string {
	gbs := most.GBs()
	return fmt.Sprintf("%s GB-s ($%.2f at Lambda's arm64 price)", amount(gbs), gbs*aws.GBSecond())
}

// announce says which job this is and what it may spend, if not what was asked.
func (r *request) announce(asked *okazaki.Limits) {
	gbs := asked.Budget.GBs()
	id, job := questionID(r.job.ID), r.job.Record
	attrs := []any{"job", id, "analysis", job.Analysis, "store", r.place.URL, "ceiling_gbs", gbs, "ceiling_usd", gbs * aws.GBSecond()}
	if r.job.End != nil {
		text := "answered from job " + id
		if r.plain() {
			text = "answered from what an earlier run found; --fresh works it again"
		}
		r.tell.say("answered", text, attrs...)
		return
	}
	verb := "submitted"
	if r.job.Age > time.Since(r.began)+time.Second { // the record is older than this command
		verb = "resumed"
	}
	text := fmt.Sprintf("%s job %s in %s; it spends at most %s", verb, id, r.place.URL, ceiling(job.Limits.Budget))
	if r.plain() {
		text = r.where(verb)
	}
	r.tell.say(verb, text, attrs...)
	if !reflect.DeepEqual(&job.Limits, asked) {
		r.tell.warn("limits", "the job is under way with other limits than these; okazaki jobs show "+id+" names them", "job", id)
	}
	if few := fewRetries(job, r.plain()); few != "" {
		r.tell.warn("retries", few, "job", id)
	}
}

// where says where the work is done, to a person at one machine.
func (r *request) where(verb string) string {
	var text string
	switch {
	case r.config.detach:
		return fmt.Sprintf("job %s waits for workers (okazaki worker)", questionID(r.job.ID))
	case r.config.workers == 0:
		text = "waiting for workers (okazaki worker)"
	default:
		text = "running on this computer, " + plural(int64(r.config.workers), "worker")
	}
	switch {
	case verb == "resumed":
		text += ", from where an earlier run stopped"
	case r.place.Shared:
		text += "; if it is stopped, the same command goes on from there"
	}
	return text
}

// work works on the job until it has ended, even if others end it.
func (r *request) work(ctx context.Context) error {
	watch := newWatcher(r.tell, r.place, r.job.ID, r.job.Record)
	troubles := &complaint{tell: r.tell}
	w := &r.client.Workers
	w.Worked, w.Report = watch.live.Worked, troubles.report
	limitMemory(w)
	watching, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = watch.run(watching) }) // progress only: Wait says how the job ended
	_, err := r.job.Wait(ctx)
	stop()
	wg.Wait()
	r.tell.still()
	switch {
	case !errors.Is(err, context.Canceled):
		return err
	case !r.plain():
		return fmt.Errorf("%w; the same command goes on with job %s", errInterrupted, questionID(r.job.ID))
	case !r.place.Shared:
		return errInterrupted
	}
	return fmt.Errorf("%w; the same command goes on where it was", errInterrupted)
}

// write writes the answer from what was gathered.
func (r *request) write(ctx context.Context) error {
	if err := r.out.Begin(); err != nil {
		return err
	}
	defer r.out.Discard()
	r.out.Asked = output.AskedOf(r.out.Analysis, r.job.Record)
	written := func() string {
		return "writing the answer: " + count(float64(r.out.Written.Load())) + " bytes"
	}
	if err := r.tell.while(written, func() error { return r.job.Render(ctx, r.out) }); err != nil {
		return fmt.Errorf("job %s: %w", questionID(r.job.ID), err)
	}
	if err := r.writeMissing(); err != nil {
		return err
	}
	done, err := r.out.Commit()
	if err != nil {
		return err
	}
	if f := r.out.Form(r.out.Main); r.out.Dir == "" && f.Table == "" && f.Compress == "" && strings.HasSuffix(r.out.Main, ".tsv") {
		if err := client.NameMissing(r.app.out, "# missing\t", r.job.Record, r.job.End); err != nil {
			return err
		}
	}
	r.tellStale(done)
	r.tellDone(done)
	return nil
}

// writeMissing writes which parts of the input an incomplete answer lacks.
func (r *request) writeMissing() error {
	if r.job.End.Missing == 0 {
		return nil
	}
	if r.out.Dir == "" {
		r.out.Note(okazaki.Note{Text: "the answer is incomplete; lines of # missing behind a table name what is missing", Warning: true})
		return nil
	}
	w, err := r.out.Create(client.MissingFile)
	if err != nil {
		return err
	}
	err = client.WriteMissing(w, r.job.Record, r.job.End)
	r.out.Note(okazaki.Note{Text: "the answer is incomplete; " + client.MissingFile + " names what is missing", Warning: true})
	return errors.Join(err, w.Close())
}

// tellDone sums the answer up: what the analysis notes of it, where it lies,
// and last what went wrong.
func (r *request) tellDone(done *output.Committed) {
	end := r.job.End
	text := "done in " + took(time.Since(r.began))
	if !r.plain() {
		text += fmt.Sprintf(", %s GB-s spent by job %s", amount(end.Spent.GBs()), questionID(r.job.ID))
	}
	var warnings []string
	for _, n := range r.out.Notes {
		if n.Warning {
			warnings = append(warnings, n.Text)
		} else {
			text += "; " + n.Text
		}
	}
	for i, path := range done.Paths {
		switch {
		case path == "-":
		case done.Rows[i] >= 0:
			text += "\nokazaki: wrote " + path + ", " + plural(done.Rows[i], "row")
		default:
			text += "\nokazaki: wrote " + path
		}
	}
	attrs := []any{"job", questionID(r.job.ID), "state", end.State, "spent_gbs", end.Spent.GBs(), "outputs", done.Paths}
	if len(r.out.Notes) > 0 {
		attrs = append(attrs, "notes", r.out.Notes)
	}
	r.tell.say("done", text, attrs...)
	for _, w := range warnings {
		r.tell.warn("warning", w, "job", questionID(r.job.ID))
	}
}
