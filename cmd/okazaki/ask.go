package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"

	"okazaki"
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
	if files, err = q.openFolders(files); err != nil {
		return err
	}
	draft, err := q.canonical(params, files)
	if err != nil {
		return err
	}
	limits, err := a.config.limits()
	if err != nil {
		return err
	}
	out, err := a.openOutput(q, draft)
	if err != nil {
		return err
	}
	if check := q.analysis.Check; check != nil {
		if err := check(draft); err != nil {
			return err
		}
	}
	p, err := a.openHere(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	defer p.keeper.sweepShortly(ctx, time.Now())
	limits.Calls = p.calls()
	if err := a.checkWorkers(p); err != nil {
		return err
	}
	inputs := a.inputs(p)
	job := &okazaki.Job{
		Analysis: q.analysis.Name, Version: q.analysis.Version, Params: draft.Params,
		Stages: q.analysis.Stages, Limits: limits,
	}
	if err := scatter.CheckLimits(p, job); err != nil {
		return err
	}
	if job.Inputs, err = a.takeInputs(ctx, p, inputs, q, files); err != nil {
		return err
	}
	r := &request{app: a, place: p, inputs: inputs, engines: newEngines(inputs, a.config.workers, a.closed), job: job, out: out}
	defer r.engines.Close()
	if a.config.workers > 0 && !a.config.detach {
		ahead(r.engines, a.config.workers)
	}
	return r.run(ctx)
}

// openOutput is where the answer to a draft of the job goes.
func (a *app) openOutput(q *question, draft *okazaki.Job) (*output, error) {
	names, err := q.analysis.Outputs(draft)
	if err != nil {
		return nil, err
	}
	if a.config.partial {
		names = append(names, missingFile)
	}
	var inputs []string
	for _, in := range draft.Inputs {
		inputs = append(inputs, in.Name)
	}
	return newOutput(outputOptions{
		where: cmp.Or(a.config.output, q.analysis.Name), command: q.analysis.Name,
		names: names, apart: q.apart, guard: a.guard(inputs...), stdout: a.out,
		analysis: q.analysis, tables: a.config.tables,
	})
}

// checkWorkers refuses a job that nobody would work.
func (a *app) checkWorkers(p *place) error {
	switch {
	case a.config.workers < 0:
		return &okazaki.Error{Message: fmt.Sprintf("there can't be %d workers", a.config.workers), Hint: "give --workers 0 or more"}
	case !p.shared && (a.config.workers == 0 || a.config.detach):
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
	place   *place
	inputs  *scatter.Inputs
	engines *scatter.Engines
	job     *okazaki.Job
	out     *output
	id      string
	waker   okazaki.Waker
	began   time.Time
}

func (r *request) run(ctx context.Context) error {
	r.began = time.Now()
	var id string
	err := r.tell.while(r.reading, func() (err error) {
		id, err = scatter.Submit(ctx, r.place, r.engines, r.job, r.config.fresh)
		return err
	})
	if err != nil {
		return err
	}
	r.id = id
	end, err := scatter.Ended(ctx, r.place, id)
	if err != nil {
		return err
	}
	if err := r.announce(ctx, end); err != nil {
		return err
	}
	if r.waker, err = r.openWaker(ctx); err != nil {
		return err
	}
	if r.config.detach {
		if err := r.waker.Ring(ctx, okazaki.Wake{Job: id}); err != nil {
			return err
		}
		_, err := fmt.Fprintln(r.app.out, questionID(id))
		return err
	}
	if end == nil {
		if end, err = r.work(ctx); err != nil {
			return err
		}
	}
	err = r.answer(ctx, end)
	if errors.Is(err, scatter.ErrGone) {
		return r.rerun(ctx)
	}
	return err
}

// answer writes the answer of a job that has ended, if it has one, whole or as
// far as was asked for.
func (r *request) answer(ctx context.Context, end *scatter.End) error {
	incomplete := &endError{id: questionID(r.id), end: end}
	if !r.tell.verbose && !r.place.remote {
		incomplete.doing, incomplete.rest = stagesOf(r.job), r.job.Limits.Partial
	}
	switch {
	case end.State == scatter.Done:
		return r.render(ctx, end)
	case end.State == scatter.Incomplete && r.job.Limits.Partial && len(end.Roots) == len(r.job.Stages):
		if err := r.render(ctx, end); err != nil {
			return fmt.Errorf("%w\nand what there is can't be written: %w", incomplete, err)
		}
	}
	return incomplete
}

// rerun works what has gone of an answer that was done.
func (r *request) rerun(ctx context.Context) (err error) {
	r.tell.warn("gone", "some parts of the answer have gone from the store; working them again", "job", questionID(r.id))
	if r.id, err = scatter.Resubmit(ctx, r.place, r.engines, r.job, r.id); err != nil {
		return err
	}
	end, err := r.work(ctx)
	if err != nil {
		return err
	}
	return r.answer(ctx, end)
}

// reading says how much of the inputs has been read to lay the job out.
func (r *request) reading() string {
	var total int64
	for _, in := range r.job.Inputs {
		total += in.Size
	}
	return readOf(min(total, r.inputs.Read()), total)
}

// readOf says how many bytes have been read of how many.
func readOf(read, total int64) string {
	done, all := byteValue(read), byteValue(total)
	return fmt.Sprintf("Reading the input, %s of %s (%d %%)", &done, &all, 100*read/max(1, total))
}

func ceiling(mbs int64) string {
	gbs := float64(mbs) / 1024
	return fmt.Sprintf("%s GB-s ($%.2f at Lambda's arm64 price)", amount(gbs), gbs*aws.GBSecond())
}

// announce says which job this is and what it may spend.
func (r *request) announce(ctx context.Context, end *scatter.End) error {
	gbs := float64(r.job.Limits.Budget) / 1024
	id := questionID(r.id)
	attrs := []any{"job", id, "analysis", r.job.Analysis, "store", r.place.url, "ceiling_gbs", gbs, "ceiling_usd", gbs * aws.GBSecond()}
	plain := !r.tell.verbose && !r.place.remote // a person at one machine need not know of jobs
	if end != nil {
		text := "answered from job " + id
		if plain {
			text = "answered from what an earlier run found; --fresh works it again"
		}
		r.tell.say("answered", text, attrs...)
		return nil
	}
	joined, age, err := scatter.Load(ctx, r.place, r.id)
	if err != nil {
		return err
	}
	verb := "submitted"
	if age > time.Since(r.began)+time.Second { // the record is older than this command
		verb = "resumed"
	}
	text := fmt.Sprintf("%s job %s in %s; it spends at most %s", verb, id, r.place.url, ceiling(joined.Limits.Budget))
	if plain {
		text = r.where(verb)
	}
	r.tell.say(verb, text, attrs...)
	if !reflect.DeepEqual(joined.Limits, r.job.Limits) {
		r.tell.warn("limits", "the job is under way with other limits than these; okazaki jobs show "+id+" names them", "job", id)
	}
	r.job = joined
	if few := fewRetries(r.job, plain); few != "" {
		r.tell.warn("retries", few, "job", id)
	}
	return nil
}

// where says where the work is done, to a person at one machine.
func (r *request) where(verb string) string {
	var text string
	switch {
	case r.config.detach:
		return fmt.Sprintf("job %s waits for workers (okazaki worker)", questionID(r.id))
	case r.config.workers == 0:
		text = "waiting for workers (okazaki worker)"
	default:
		text = "running on this computer, " + plural(int64(r.config.workers), "worker")
	}
	switch {
	case verb == "resumed":
		text += ", from where an earlier run stopped"
	case r.place.shared:
		text += "; if it is stopped, the same command goes on from there"
	}
	return text
}

// work works on the job until it has ended, even if others end it.
func (r *request) work(ctx context.Context) (*scatter.End, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var mend error
	watch := newWatcher(r.tell, r.place, r.id, r.job)
	c := &crew{
		store: r.place, engines: r.engines, waker: r.waker,
		size: r.config.workers, memory: r.config.memory, alone: r.place.alone(), worked: watch.worked,
	}
	ended := make(chan struct{}, 1)
	c.ended = func(job string) {
		if job == r.id {
			select {
			case ended <- struct{}{}:
			default: // told already
			}
		}
	}
	troubles := &complaint{tell: r.tell}
	c.report = func(job string, err error) {
		if e, ok := errors.AsType[*okazaki.Error](err); ok { // the machine or the store is misconfigured; retrying cannot help
			cancel(e)
		}
		troubles.report(job, err)
	}
	for range c.size { // a job that was begun before has work for all of them
		_ = c.waker.Ring(ctx, okazaki.Wake{Job: r.id}) // Wait rings again
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.work(ctx) })       // ends with ctx, and says nothing else
	wg.Go(func() { _, _ = watch.run(ctx) }) // progress only: Wait says how the job ended
	end, err := scatter.Wait(ctx, r.place, c.waker, r.id, r.place.sweep, ended)
	if e, ok := errors.AsType[*okazaki.Error](context.Cause(ctx)); ok {
		mend = e
	}
	cancel(nil)
	wg.Wait()
	r.tell.still()
	switch {
	case mend != nil:
		return nil, mend
	case errors.Is(err, context.Canceled):
		if r.tell.verbose || r.place.remote {
			return nil, fmt.Errorf("%w; the same command goes on with job %s", errInterrupted, questionID(r.id))
		}
		if !r.place.shared {
			return nil, errInterrupted
		}
		return nil, fmt.Errorf("%w; the same command goes on where it was", errInterrupted)
	}
	return end, err
}

// render writes the answer from what was gathered.
func (r *request) render(ctx context.Context, end *scatter.End) error {
	return r.engines.Use(ctx, r.place, r.id, func(engine okazaki.Engine) error { return r.write(ctx, engine, end) })
}

func (r *request) write(ctx context.Context, engine okazaki.Engine, end *scatter.End) error {
	var results []okazaki.Result
	for stage := range r.job.Stages {
		results = append(results, scatter.Gathered(r.place, r.id, stage))
	}
	if err := r.out.begin(); err != nil {
		return err
	}
	defer r.out.discard()
	r.out.asked = askedOf(r.out.analysis, r.job)
	written := func() string {
		return "writing the answer: " + count(float64(r.out.written.Load())) + " bytes"
	}
	if err := r.tell.while(written, func() error { return rendered(ctx, engine, results, r.out) }); err != nil {
		return fmt.Errorf("job %s: %w", questionID(r.id), err)
	}
	if err := r.writeMissing(end); err != nil {
		return err
	}
	done, err := r.out.commit()
	if err != nil {
		return err
	}
	if f := r.out.form(r.out.main); r.out.dir == "" && f.table == "" && f.compress == "" && strings.HasSuffix(r.out.main, ".tsv") {
		if err := r.nameMissing(r.app.out, "# missing\t", end); err != nil {
			return err
		}
	}
	r.tellStale(done)
	r.tellDone(end, done)
	return nil
}

// missingFile names what an answer lacks.
const missingFile = "missing.tsv"

// writeMissing writes which parts of the input an incomplete answer lacks.
func (r *request) writeMissing(end *scatter.End) error {
	if end.Missing == 0 {
		return nil
	}
	if r.out.dir == "" {
		r.out.Note(okazaki.Note{Text: "the answer is incomplete; lines of # missing behind a table name what is missing", Warning: true})
		return nil
	}
	w, err := r.out.Create(missingFile)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, "# units are counted from 0, first is missing and end is not\nstage\tfirst\tend\treason")
	err = errors.Join(err, r.nameMissing(w, "", end))
	r.out.Note(okazaki.Note{Text: "the answer is incomplete; " + missingFile + " names what is missing", Warning: true})
	return errors.Join(err, w.Close())
}

// nameMissing writes a line for each part that an incomplete answer lacks:
// prefix, stage, first unit, the one behind the last, and the reason.
func (r *request) nameMissing(w io.Writer, prefix string, end *scatter.End) error {
	for _, h := range end.Holes {
		reason := strings.Join(strings.Fields(h.Reason), " ")
		if _, err := fmt.Fprintf(w, "%s%s\t%d\t%d\t%s\n", prefix, r.job.Stages[h.Stage], h.Span.Lo, h.Span.Hi, reason); err != nil {
			return err
		}
	}
	return nil
}

// tellDone sums the answer up: what the analysis notes of it, where it lies,
// and last what went wrong.
func (r *request) tellDone(end *scatter.End, done *committed) {
	text := "done in " + took(time.Since(r.began))
	if r.tell.verbose || r.place.remote {
		text += fmt.Sprintf(", %s GB-s spent by job %s", amount(float64(end.Spent)/1024), questionID(r.id))
	}
	var warnings []string
	for _, n := range r.out.notes {
		if n.Warning {
			warnings = append(warnings, n.Text)
		} else {
			text += "; " + n.Text
		}
	}
	for i, path := range done.paths {
		switch {
		case path == "-":
		case done.rows[i] >= 0:
			text += "\nokazaki: wrote " + path + ", " + plural(done.rows[i], "row")
		default:
			text += "\nokazaki: wrote " + path
		}
	}
	attrs := []any{"job", questionID(r.id), "state", end.State, "spent_gbs", float64(end.Spent) / 1024, "outputs", done.paths}
	if len(r.out.notes) > 0 {
		attrs = append(attrs, "notes", r.out.notes)
	}
	r.tell.say("done", text, attrs...)
	for _, w := range warnings {
		r.tell.warn("warning", w, "job", questionID(r.id))
	}
}

// rendered calls the engine. Its panic is an error.
func rendered(ctx context.Context, engine okazaki.Engine, results []okazaki.Result, out okazaki.Outputs) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the engine panicked while it wrote the answer: %v", p)
		}
	}()
	return engine.Render(ctx, results, out)
}
