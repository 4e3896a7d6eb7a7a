package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/cmd/okazaki/internal/output"
	"okazaki/deploy/aws"
	"okazaki/deploy/aws/function"
	"okazaki/scatter"
)

// A budgetValue is a flag of GB-seconds, or of the money that buys them.
type budgetValue float64

// String is the GB-seconds.
func (b *budgetValue) String() string { return strconv.FormatFloat(float64(*b), 'f', -1, 64) }

// Type is pflag.Value's.
func (b *budgetValue) Type() string { return "budget" }

// Set takes GB-seconds, or dollars after a $.
func (b *budgetValue) Set(text string) error {
	money, isMoney := strings.CutPrefix(text, "$")
	x, err := strconv.ParseFloat(money, 64)
	if err != nil {
		return err
	}
	if isMoney {
		x /= aws.GBSecond()
	}
	*b = budgetValue(x)
	return nil
}

const costLong = `Says what a job may cost on AWS before it starts, and what it has cost so far, at
list prices. Give a job's id, or a specification of one: the JSON that the HTTP
API's POST /jobs takes, in a file or "-" for stdin. With neither, it says what the
budget of --budget buys.

The ceiling holds the workers' GB-seconds and their requests, whatever happens:
each attempt reserves both before it begins. What is outside the ceiling is
listed, with what bounds it. Requests are counted as they are made, and priced at
the most that one of their kind costs; AWS's bill is the truth.`

// costCommand says what a job costs.
func (a *app) costCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cost [flags] [ID|FILE]", GroupID: "work", Short: "Say what a job may cost on AWS, and what it has cost", Long: costLong,
		Example: "  okazaki cost --budget '$5'\n  okazaki cost job.json\n  okazaki cost --store dynamo://okazaki-Table 3f2a",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return nil
			}
			return &okazaki.Error{Message: fmt.Sprintf("okazaki cost takes one job, and was given %d", len(args)), Hint: "see okazaki cost --help"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return a.costOfBudget()
			case strings.Trim(args[0], "0123456789abcdef.") == "":
				return a.costOfJob(cmd.Context(), args[0])
			}
			return a.costOfFile(args[0], cmd.Flags().Changed("budget"))
		},
	}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		ids, _ := a.completeJobs(cmd, args, begun)
		return ids, cobra.ShellCompDirectiveDefault // or a file
	}
	a.config.storeFlag(cmd.Flags())
	cmd.Flags().Var((*budgetValue)(&a.config.budget), "budget", "GB-seconds to ask the price of, or money, '$5'; with a file, instead of its own")
	a.config.tellFlags(cmd.Flags())
	return cmd
}

// A cost is what is said of a job.
type cost struct {
	ID         string        `json:"id,omitempty"`
	CeilingGBs float64       `json:"ceiling_gbs"`
	CeilingUSD float64       `json:"ceiling_usd"` // of GB-seconds and requests together
	SpentUSD   float64       `json:"spent_usd"`   // of both
	SpentGBs   float64       `json:"spent_gbs"`
	Spans      int64         `json:"spans"`
	Unread     int64         `json:"unread,omitempty"` // of the spans: what they spent and called is not known
	Calls      okazaki.Calls `json:"calls,omitzero"`   // counted
	RequestUSD float64       `json:"request_usd"`      // the most that they cost
	Bytes      int64         `json:"stored_bytes"`     // of inputs and parts
	MonthUSD   float64       `json:"month_usd"`        // of those, and of attempts and verdicts, while they are kept
	Warning    string        `json:"warning,omitempty"`
	Outside    []string      `json:"outside_the_ceiling"`
}

func (a *app) costOfBudget() error { return a.showCost(&cost{CeilingGBs: a.config.budget}) }

// costOfFile prices a job specification with the deployment's default limits.
func (a *app) costOfFile(name string, budget bool) error {
	if err := a.guard(name).CheckStdout(a.out); err != nil {
		return err
	}
	in := io.NopCloser(a.in)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return &okazaki.Error{File: name, Message: output.Reason(err), Hint: "give a job's id, or a file that holds what POST /jobs takes", Err: err}
		}
		in = f
	}
	defer in.Close()
	spec, err := function.ReadSubmission(in)
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		mend.File = name
	}
	if err != nil {
		return err
	}
	if budget {
		spec.Limits.BudgetGBs, spec.Limits.BudgetUSD = a.config.budget, 0
	}
	f := &function.Function{
		Analyses: analyses, Classes: []int64{1769, 7076}, Timeout: 5 * time.Minute,
		GBSecond: aws.GBSecond(), Calls: aws.Calls("dynamo"),
	}
	job, err := f.Draft(spec)
	if err != nil {
		return err
	}
	return a.showCost(newCost("", job))
}

func newCost(id string, job *okazaki.Job) *cost {
	return &cost{ID: id, CeilingGBs: job.Limits.Budget.GBs(), Warning: fewRetries(job, false)}
}

// fewRetries warns of a budget without a retry; "" if there is one. A plain
// warning speaks of no money.
func fewRetries(job *okazaki.Job, plain bool) string {
	n, least := scatter.Retries(&job.Limits, len(job.Stages))
	if n > 0 {
		return ""
	}
	if plain {
		return "the budget has no retry for a worker that is lost at the start; " + amount(least.GBs()) + " GB-seconds have one"
	}
	return "the budget has no retry for a worker that is lost at the start; " + ceiling(least) + " have one"
}

func (a *app) costOfJob(ctx context.Context, short string) error {
	p, err := openStore(ctx, a.config.store)
	if err != nil {
		return err
	}
	defer p.Close()
	id, err := fullID(ctx, p, short)
	if err != nil {
		return err
	}
	job, _, err := scatter.Load(ctx, p, id)
	if err != nil {
		return err
	}
	progress, err := progressNow(ctx, p, id)
	if err != nil {
		return err
	}
	c := newCost(id, job)
	c.SpentGBs, c.Spans, c.Calls, c.Unread = progress.Spent.GBs(), progress.Spans, progress.Calls, progress.Unread
	c.RequestUSD, c.Bytes = aws.Money(progress.Calls.Worth(job.Limits.Calls)), progress.Bytes
	for _, in := range job.Inputs {
		c.Bytes += in.Size
	}
	return a.showCost(c)
}

func (a *app) showCost(c *cost) error {
	if !(c.CeilingGBs > 0) {
		return &okazaki.Error{Message: fmt.Sprintf("a budget of %v GB-s buys nothing", c.CeilingGBs), Hint: "give --budget more than 0"}
	}
	prices := aws.ListPrices()
	c.CeilingUSD, c.SpentUSD = c.CeilingGBs*aws.GBSecond(), c.SpentGBs*aws.GBSecond()+c.RequestUSD
	c.MonthUSD = prices.Cost(aws.Usage{"s3.month": float64(c.Bytes) / 1e9, "dynamodb.month": float64(c.Spans) * 1e3 / 1e9})
	c.Outside = aws.Outside
	if a.config.json {
		return json.NewEncoder(a.out).Encode(c)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "ceiling\t$%.2f\t%s GB-s at $%v, %s, list of %s; GB-seconds and requests\n", c.CeilingUSD, amount(c.CeilingGBs), aws.GBSecond(), prices.Region, prices.Prices["lambda.gbs.arm64"].Dated)
	if c.ID != "" {
		fmt.Fprintf(w, "spent\t%s$%.4f\t%s GB-s in %d spans, and requests\n", leastly(c.Unread), c.SpentUSD, amount(c.SpentGBs), c.Spans)
		fmt.Fprintf(w, "requests\t$%.4f\tat most: %d creates, %d gets, %d lists of %d entries, %d wakes\n", c.RequestUSD, c.Calls.Creates+c.Calls.Large, c.Calls.Gets, c.Calls.Lists, c.Calls.Entries, c.Calls.Rings)
		fmt.Fprintf(w, "storage\t$%.4f\ta month for %.1f MB of inputs and parts, until they are deleted\n", c.MonthUSD, float64(c.Bytes)/1e6)
	}
	if c.Warning != "" {
		fmt.Fprintf(w, "warning\t\t%s\n", c.Warning)
	}
	for _, what := range c.Outside {
		fmt.Fprintf(w, "outside\t\t%s\n", what)
	}
	return w.Flush()
}
