//go:build aws

package aws_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"okazaki"
	"okazaki/deploy/aws"
	"okazaki/deploy/aws/function"
	"okazaki/internal/awsemu"
	"okazaki/scatter"
)

// virus asks for the mutations of the genomes, in spans of 4.
func (c *cloud) virus(path string) function.Status {
	c.t.Helper()
	var s function.Status
	c.insist("POST", "/jobs", function.Submission{
		Analysis: "virus", Inputs: []function.Input{{Role: "genomes", Name: "genomes.fasta.gz", Upload: c.upload(path)}},
		Limits: function.Limits{Span: 4, BudgetGBs: 20_000, Concurrency: 32},
	}, &s)
	return c.wait(s.ID)
}

// check compares an answer with the laptop's.
func (c *cloud) check(s function.Status, want map[string][]byte) {
	c.t.Helper()
	if s.State != scatter.Done || len(s.Files) != len(want) {
		c.t.Fatalf("%+v, not the laptop's %d files\n%s", s, len(want), tail(c.Logs()))
	}
	for _, f := range s.Files {
		if got := c.download(f); !bytes.Equal(got, want[f.Name]) {
			c.t.Errorf("%s: %d bytes other than the laptop's %d", f.Name, len(got), len(want[f.Name]))
		}
		c.t.Logf("%s: sha256 %x", f.Name, sha256.Sum256(want[f.Name]))
	}
	workers := c.workers()
	c.t.Logf("workers: %+v", workers)
	c.bill(s)
	if workers.Environments < 16 {
		c.t.Errorf("only %d processes worked", workers.Environments)
	}
	c.t.Logf("requests: %v", c.Counts())
}

// bill checks what AWS would charge for the job against its ceiling: the
// workers' GB-seconds, and all requests, the front's and the sweeps' too.
func (c *cloud) bill(s function.Status) {
	c.t.Helper()
	n, workers := c.Counts(), c.workers()
	usage := aws.Usage{
		"lambda.gbs." + arch(): workers.gbs(), "lambda.request": float64(n["lambda invocation"]), "sns.publish": float64(n["sns:Publish"]),
		"s3.put": float64(n["s3:PutObject"] + n["s3:ListBucket"]), "s3.get": float64(n["s3:GetObject"]),
		"dynamodb.write": float64(n["dynamodb write units"]), "dynamodb.read": float64(n["dynamodb half read units"]) / 2,
	}
	lines, sum := aws.ListPrices().Bill(usage)
	c.t.Logf("%d spans, $%.5f said of at most $%.5f; billed are $%.5f: %+v; calls reported: %+v", s.Spans, s.SpentUSD, s.CeilingUSD, sum, lines, s.Calls)
	if s.SpentUSD > s.CeilingUSD || sum > s.CeilingUSD {
		c.t.Errorf("spent $%v, and billed $%v, of at most $%v", s.SpentUSD, sum, s.CeilingUSD)
	}
}

// worked are the stats of all workers together, and of the sweep.
type worked struct{ awsemu.Stats }

func (w worked) gbs() float64 { return float64(w.BilledMBms) / 1024 / 1000 }

func (c *cloud) workers() (w worked) {
	for name, f := range c.Functions() {
		if strings.HasSuffix(name, "-front") {
			continue
		}
		w.Invocations += f.Invocations
		w.Environments += f.Environments
		w.InitMs += f.InitMs
		w.BilledMBms += f.BilledMBms
		w.Errors += f.Errors
		w.Killed += f.Killed
		w.TimedOut += f.TimedOut
		w.OutOfMemory += f.OutOfMemory
		w.DeadLetters += f.DeadLetters
	}
	return w
}

// TestVirus asks over HTTP, and nothing goes on afterwards.
func TestVirus(t *testing.T) {
	path := genomes(t)
	want := laptop(t, path)
	c := deploy(t, awsemu.Faults{}, "WorkerTimeout=60")
	c.check(c.virus(path), want)
	c.idle()
}

// TestVirusFaults asks with workers that die, messages that are lost, late or
// doubled, and servers that answer what local ones never do.
func TestVirusFaults(t *testing.T) {
	path := genomes(t)
	want := laptop(t, path)
	c := deploy(t, awsemu.Faults{
		Kill: 0.2, Drop: 0.2, Double: 0.2, Delay: 0.2,
		Conflict: 0.1, Slow: 0.05, After: 0.02, Lost: 0.02,
	}, "WorkerTimeout=20")
	c.check(c.virus(path), want)
	c.idle()
}

// TestCommandLine asks from a laptop whose workers are in the cloud.
func TestCommandLine(t *testing.T) {
	path := genomes(t)
	want := laptop(t, path)
	c := deploy(t, awsemu.Faults{})
	folder := filepath.Join(t.TempDir(), "answer")
	c.okazaki("virus", "--store", c.outputs["Store"], "--wake", "sns:"+c.outputs["Topic"],
		"--workers", "0", "--memory", "1769", "--span", "16", "-q", "-o", folder, path)
	for name, got := range files(t, folder) {
		if !bytes.Equal(got, want[name]) {
			t.Errorf("%s: %d bytes other than the laptop's %d", name, len(got), len(want[name]))
		}
	}
	if n := c.workers().Invocations; n == 0 {
		t.Error("no function was invoked")
	}
	t.Log(c.okazaki("jobs", "list", "--store", c.outputs["Store"]))
	id, _, _ := strings.Cut(strings.Split(c.okazaki("jobs", "list", "--store", c.outputs["Store"]), "\n")[1], " ")
	spent := c.okazaki("cost", "--store", c.outputs["Store"], id)
	if !strings.Contains(spent, "ceiling") || !strings.Contains(spent, "outside") {
		t.Error(spent)
	}
	t.Log(spent)
}

// stubborn asks for spans that don't want to be worked.
func (c *cloud) stubborn(params string, l function.Limits) function.Status {
	c.t.Helper()
	var s function.Status
	c.insist("POST", "/jobs", function.Submission{Analysis: "stubborn", Params: []byte(params), Limits: l}, &s)
	return c.wait(s.ID)
}

// small is the smallest deployment: nothing that takes long, or much, fits.
var small = []string{"SmallMemory=128", "LargeMemory=256", "WorkerTimeout=3"}

// TestSplits works 64 units that take 256 MB and 6 s together, in workers of
// 128 MB and 3 s.
func TestSplits(t *testing.T) {
	c := deploy(t, awsemu.Faults{}, small...)
	s := c.stubborn(`{"units": 64, "ms": 100, "mb": 4}`, function.Limits{BudgetGBs: 400, Concurrency: 8})
	if s.State != scatter.Done || len(s.Files) != 1 {
		t.Fatalf("%+v\n%s", s, tail(c.Logs()))
	}
	want := make([]byte, 64)
	for i := range want {
		want[i] = byte(i)
	}
	if got := c.download(s.Files[0]); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if s.Spans < 5 {
		t.Errorf("it fits in %d spans", s.Spans)
	}
	t.Logf("%+v", c.workers())
	c.bill(s)
}

// TestHole has a unit that never ends: the job ends, and names it.
func TestHole(t *testing.T) {
	c := deploy(t, awsemu.Faults{}, small...)
	s := c.stubborn(`{"units": 8, "ms": 10, "endless": 5}`, function.Limits{BudgetGBs: 400, Concurrency: 8})
	if s.State != scatter.Incomplete || len(s.Holes) != 1 || s.Holes[0].Span != (okazaki.Span{Lo: 5, Hi: 6}) || s.Holes[0].Reason == "" {
		t.Fatalf("%+v\n%s", s, tail(c.Logs()))
	}
	t.Log(s.Holes[0])
	c.bill(s)
	c.idle()
}

// TestRunaway has an engine that never works and always asks to be split: it
// is stopped by the floor of a span and by the budget, and what woke workers
// is counted.
func TestRunaway(t *testing.T) {
	c := deploy(t, awsemu.Faults{}, small...)
	const units = 64
	s := c.stubborn(fmt.Sprintf(`{"units": %d, "never": true}`, units), function.Limits{BudgetGBs: 60, Concurrency: 8, DeadlineS: 120})
	if s.State != scatter.Incomplete && s.State != scatter.Expired {
		t.Fatalf("%+v\n%s", s, tail(c.Logs()))
	}
	c.idle()
	w, n := c.workers(), c.Counts()
	t.Logf("%s, %d holes, %d wakes, %d sweeps, %+v", s.State, len(s.Holes), n["sns message"], n["scheduler invocation"], w)
	// A split into 4 wakes 3 workers, and there are fewer splits than units.
	// A turn that is over and has bought an attempt wakes 1, and there are at
	// most 5 attempts at a unit. A sweep wakes 4 small workers, and the
	// submission 1. Each wake of a small worker causes one wake of a large
	// one, at most.
	sweeps := n["scheduler invocation"]
	if most := 2 * (3*units + 5*2*units + 4*sweeps + 1); n["sns message"] > most {
		t.Errorf("%d wakes, more than %d", n["sns message"], most)
	}
	if w.Invocations > n["sns message"]+sweeps {
		t.Errorf("%d invocations of %d wakes and %d sweeps", w.Invocations, n["sns message"], sweeps)
	}
	c.bill(s)
}
