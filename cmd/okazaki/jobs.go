package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/client"
	"okazaki/scatter"
	"okazaki/wake/local"
)

const jobsExample = `  okazaki jobs list
  okazaki jobs show 3f2a
  okazaki jobs cancel --store dir:/mnt/shared/okazaki 3f2a
  okazaki jobs gc --older 24h`

// jobsCommand holds what is done to the jobs of a store.
func (a *app) jobsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "jobs",
		Short:   "List, show, watch, cancel, sweep and delete the jobs of a store",
		Long:    "Manages the jobs of a store. A job's id may be cut short, as long\nas it is the only one that begins so.",
		Example: jobsExample,
	}
	gc := a.storeTask("gc", "", "Delete jobs that ended long ago, and stored inputs that no job reads", (*app).collect)
	gc.Long = "Deletes what the store holds of the jobs that ended longer than --older ago, and at least\na turn ago, when no worker writes any more; it prints their ids. A deleted job that is asked again is worked again. It may be\nstopped at any time, and run beside workers and beside itself.\n\nWith --orphans it also deletes what belongs to no job any more, as where a bucket's\nlifecycle rule deleted a job's name first. It then reads the names of all keys.\n\nFiles in a store's folder that okazaki did not write stay, and are counted. A folder of\nother files is not a store, and is refused.\n\nThe folder that is the default store is kept small without this command: see\n--keep-for and --keep-bytes of okazaki worker."
	gc.Example = "  okazaki jobs gc\n  okazaki jobs gc --older 24h --store dir:/mnt/shared/okazaki\n  okazaki jobs gc --orphans --store s3://bucket/prefix"
	a.config.gcFlags(gc.Flags())
	list := a.storeTask("list", "", "List the jobs of a store", (*app).listJobs)
	list.Long = "Lists the jobs of a store, the newest first: id, state, age, analysis, inputs."
	list.Example = "  okazaki jobs list\n  okazaki jobs list --json"
	show := a.storeTask("show", "a job's id", "Say all that is known of a job", (*app).showJob)
	show.Long = "Says what a job was asked, how far it has come, what it has spent of its ceiling,\nand which spans are missing if it ended without them. If it is open and its store can't\nbe written, such as for a disk that is full, that is said too."
	show.Example = "  okazaki jobs show 3f2a\n  okazaki jobs show --json 3f2a"
	watch := a.storeTask("watch", "a job's id", "Follow a job until it has ended", (*app).watchJob)
	watch.Long = "Shows a job's progress, by all its workers, until it has ended.\n\n" + exitHelp
	watch.Example = "  okazaki jobs watch 3f2a"
	cancel := a.storeTask("cancel", "a job's id", "Close a job without a result", (*app).cancelJob)
	cancel.Long = "Closes a job. What its workers are doing ends without effect. A job that has ended\nstays as it is. An id stands for all that is open of its question; with the number that\njobs list shows behind an earlier one, ID.N, for that one alone."
	cancel.Example = "  okazaki jobs cancel 3f2a"
	sweep := a.storeTask("sweep", "a job's id", "Repair a stuck job: resume lost work, close it if it is over", (*app).sweepJob)
	sweep.Long = "Walks a job from its root and works what it finds open, for one turn: what was lost\nis found, and a job that is complete or past its deadline is closed."
	sweep.Example = "  okazaki jobs sweep 3f2a"
	cmd.AddCommand(list, show, watch, cancel, sweep, gc)
	choosing(cmd)
	return cmd
}

// storeTask is a command on an open store, with one argument or none.
func (a *app) storeTask(name, needed, short string, do func(*app, context.Context, *place, string) error) *cobra.Command {
	cmd := &cobra.Command{Use: name + " [flags]", Short: short, Args: none}
	if needed != "" {
		cmd.Use, cmd.Args = name+" [flags] ID", needs(needed)
		cmd.ValidArgsFunction = a.completeJobs
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := openStore(cmd.Context(), a.config.store)
		if err != nil {
			return err
		}
		defer p.Close()
		id := ""
		if needed != "" {
			if id, err = fullID(cmd.Context(), p, args[0]); err != nil {
				return err
			}
			a.oneLife = strings.Contains(args[0], ".")
		}
		return do(a, cmd.Context(), p, id)
	}
	a.config.storeFlag(cmd.Flags())
	a.config.tellFlags(cmd.Flags())
	return cmd
}

func none(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &okazaki.Error{
		Message: fmt.Sprintf("%s takes no argument, and was given %q", cmd.CommandPath(), args[0]),
		Hint:    "see " + cmd.CommandPath() + " --help",
	}
}

// fullID is the id of the only job that begins with short.
func fullID(ctx context.Context, p *place, short string) (string, error) {
	if short == "" {
		return "", &okazaki.Error{Message: "the id of the job is empty", Hint: "okazaki jobs list names them"}
	}
	names, err := scatter.Jobs(ctx, p)
	if err != nil {
		return "", err
	}
	var found []string
	for _, name := range names {
		if name == short {
			return name, nil
		}
		if strings.HasPrefix(name, short) {
			found = append(found, name)
		}
	}
	found = latest(found)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return "", &okazaki.Error{Message: fmt.Sprintf("%s has no job %q", p.URL, short), Hint: "okazaki jobs list names them"}
	}
	return "", &okazaki.Error{
		Message: fmt.Sprintf("%d jobs of %s begin with %q", len(found), p.URL, short),
		Hint:    "write more of the id: " + strings.Join(found[:min(len(found), 5)], ", "),
	}
}

// questionID is the id of the question that a job answers: what people call the
// job. It stands for the question's latest life.
func questionID(job string) string {
	id, _, _ := strings.Cut(job, ".")
	return id
}

// lifeOf is the number of the life that a job is.
func lifeOf(job string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(job, questionID(job)+"."))
	return n
}

// latest keeps of each question's lives the latest one.
func latest(jobs []string) []string {
	last := map[string]int{} // number of the life, by question
	for _, job := range jobs {
		last[questionID(job)] = max(last[questionID(job)], lifeOf(job))
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(job string) bool { return lifeOf(job) != last[questionID(job)] })
}

// watchJob tells a job's progress until it has ended.
func (a *app) watchJob(ctx context.Context, p *place, id string) error {
	job, _, err := scatter.Load(ctx, p, id)
	if err != nil {
		return err
	}
	end, err := newWatcher(a.tell, p, id, job).run(ctx)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; the job goes on without this watch", errInterrupted)
	}
	if err != nil {
		return err
	}
	if end.State != scatter.Done {
		return &endError{id: questionID(id), end: end}
	}
	a.tell.say("done", fmt.Sprintf("job %s is done, %s GB-s spent", questionID(id), amount(end.Spent.GBs())), "job", questionID(id), "state", end.State, "spent_gbs", end.Spent.GBs())
	return nil
}

func (a *app) cancelJob(ctx context.Context, p *place, id string) error {
	if !a.oneLife {
		if err := a.cancelOthers(ctx, p, id); err != nil {
			return err
		}
	}
	end, err := scatter.Cancel(ctx, p, id)
	if err != nil {
		return err
	}
	return a.tellState(questionID(id), end)
}

// cancelOthers closes what else is open of the job's question: the id that was
// given stands for all of it.
func (a *app) cancelOthers(ctx context.Context, p *place, id string) error {
	names, err := scatter.Jobs(ctx, p)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == id || questionID(name) != questionID(id) {
			continue
		}
		if end, err := scatter.Ended(ctx, p, name); err != nil || end != nil {
			if err != nil && !errors.Is(err, okazaki.ErrNotFound) {
				return err
			}
			continue
		}
		end, err := scatter.Cancel(ctx, p, name)
		if err != nil {
			return err
		}
		if err := a.tellState(name, end); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) tellState(id string, end *scatter.End) error {
	if a.config.json {
		return json.NewEncoder(a.out).Encode(jobState{ID: id, State: end.State})
	}
	_, err := fmt.Fprintf(a.out, "%s %s\n", id, end.State)
	return err
}

type jobState struct {
	ID       string        `json:"id"`
	State    scatter.State `json:"state"`
	Attempts int           `json:"attempts,omitempty"`
}

// sweepJob takes one turn at a job.
func (a *app) sweepJob(ctx context.Context, p *place, id string) error {
	engines := newEngines(a.inputs(p), 1, a.closed)
	defer engines.Close()
	w := &client.Workers{Store: p, Engines: engines, Waker: local.New(1), Size: 1, Memory: a.config.memory, Health: health()}
	visit, err := w.Worker().Take(ctx, okazaki.Wake{Job: id})
	if err != nil {
		return err
	}
	state := jobState{ID: questionID(id), State: scatter.Open, Attempts: visit.Bought}
	if end, err := scatter.Ended(ctx, p, id); err != nil {
		return err
	} else if end != nil {
		state.State = end.State
	}
	if a.config.json {
		return json.NewEncoder(a.out).Encode(state)
	}
	_, err = fmt.Fprintf(a.out, "%s %s, %d attempts made\n", questionID(id), state.State, visit.Bought)
	return err
}

// collect deletes the jobs that ended long ago.
func (a *app) collect(ctx context.Context, p *place, _ string) error {
	done, err := scatter.GC(ctx, p, a.config.older)
	for _, job := range done.Gone {
		a.deleted(questionID(job), "id")
	}
	if err == nil && a.config.orphans {
		done, err = scatter.Orphans(ctx, p) // it has come upon all that is foreign
		for _, prefix := range done.Gone {
			a.deleted(prefix, "orphan")
		}
	}
	if done.Foreign > 0 {
		a.tell.warn("foreign", fmt.Sprintf("left %s in %s that okazaki did not write", plural(int64(done.Foreign), "file"), p.URL), "files", done.Foreign, "store", p.URL)
	}
	return err
}

// deleted prints what gc has deleted.
func (a *app) deleted(name, kind string) {
	if a.config.json {
		_ = json.NewEncoder(a.out).Encode(map[string]string{kind: name, "deleted": "yes"})
	} else {
		fmt.Fprintln(a.out, name)
	}
}

func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}
