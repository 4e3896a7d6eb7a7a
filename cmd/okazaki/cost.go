package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/deploy/aws"
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

const costLong = `Says what a job may cost on AWS, and what it has cost so far, at list prices. With
no job, says what the budget of --budget buys.

The ceiling is of the workers' GB-seconds. It is kept whatever happens: what is
outside is listed, with what bounds it. Requests are estimated from the number of
spans; AWS's bill is the truth.`

// costCommand says what a job costs.
func (a *app) costCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cost [flags] [ID]", GroupID: "work", Short: "Say what a job may cost on AWS, and what it has cost", Long: costLong,
		Example: "  okazaki cost --budget '$5'\n  okazaki cost --store dynamo://okazaki-Table 3f2a",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return nil
			}
			return &okazaki.Error{Message: fmt.Sprintf("okazaki cost takes one job's id, and was given %d", len(args)), Hint: "see okazaki cost --help"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.showCost(&cost{CeilingGBs: a.config.budget})
			}
			return a.cost(cmd.Context(), args[0])
		},
	}
	a.config.storeFlag(cmd.Flags())
	cmd.Flags().Var((*budgetValue)(&a.config.budget), "budget", "GB-seconds to ask the price of, or money")
	a.config.tellFlags(cmd.Flags())
	return cmd
}

// A cost is what is said of a job.
type cost struct {
	ID         string     `json:"id,omitempty"`
	CeilingGBs float64    `json:"ceiling_gbs"`
	CeilingUSD float64    `json:"ceiling_usd"`
	SpentGBs   float64    `json:"spent_gbs"`
	SpentUSD   float64    `json:"spent_usd"`
	Spans      int64      `json:"spans"`
	Requests   []aws.Line `json:"requests,omitempty"` // estimated
	RequestUSD float64    `json:"request_usd"`
	Inputs     int64      `json:"input_bytes"` // as they are kept
	Outside    []string   `json:"outside_the_ceiling"`
}

func (a *app) cost(ctx context.Context, short string) error {
	p, err := openPlace(ctx, a.config.store)
	if err != nil {
		return err
	}
	defer p.close()
	id, err := fullID(ctx, p, short)
	if err != nil {
		return err
	}
	job, _, err := scatter.Load(ctx, p, id)
	if err != nil {
		return err
	}
	watch := scatter.Watch{Store: p, ID: id, Most: 20_000}
	progress, err := watch.Refresh(ctx)
	if err != nil {
		return err
	}
	c := &cost{ID: id, CeilingGBs: float64(job.Limits.Budget) / 1024, SpentGBs: float64(spentOf(progress)) / 1024, Spans: progress.Spans}
	for _, in := range job.Inputs {
		c.Inputs += in.Size
	}
	c.Requests, c.RequestUSD = aws.ListPrices().Bill(aws.Coordination(c.Spans))
	return a.showCost(c)
}

// spentOf is what verdicts measured, or what the end says if that is more.
func spentOf(p scatter.Progress) int64 {
	if p.End != nil {
		return max(p.Spent, p.End.Spent)
	}
	return p.Spent
}

func (a *app) showCost(c *cost) error {
	if !(c.CeilingGBs > 0) {
		return &okazaki.Error{Message: fmt.Sprintf("a budget of %v GB-s buys nothing", c.CeilingGBs), Hint: "give --budget more than 0"}
	}
	prices := aws.ListPrices()
	c.CeilingUSD, c.SpentUSD, c.Outside = c.CeilingGBs*aws.GBSecond(), c.SpentGBs*aws.GBSecond(), aws.Outside
	if a.config.json {
		return json.NewEncoder(a.out).Encode(c)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "ceiling\t$%.2f\t%s GB-s at $%v, %s, list of %s\n", c.CeilingUSD, amount(c.CeilingGBs), aws.GBSecond(), prices.Region, prices.Prices["lambda.gbs.arm64"].Dated)
	if c.ID != "" {
		fmt.Fprintf(w, "spent\t$%.4f\t%s GB-s in %d spans\n", c.SpentUSD, amount(c.SpentGBs), c.Spans)
		fmt.Fprintf(w, "requests\t$%.4f\testimated from the spans\n", c.RequestUSD)
		month := float64(c.Inputs) / 1e9 * prices.Prices["s3.month"].Price
		fmt.Fprintf(w, "storage\t$%.4f\ta month for %.1f MB of inputs, until they are deleted\n", month, float64(c.Inputs)/1e6)
	}
	for _, what := range c.Outside {
		fmt.Fprintf(w, "outside\t\t%s\n", what)
	}
	return w.Flush()
}
