// Command okazaki asks questions of genomes, on as many machines as there are.
//
// All wiring is here: one file per command, and nothing that another package
// could do without. Its one invariant: a file under a name that the user gave
// is whole.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okazaki"
	"okazaki/analysis/virus"
	"okazaki/scatter"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1   // or incomplete
	exitMend        = 2   // something that the user can mend
	exitClosed      = 3   // cancelled, or past its deadline
	exitInterrupted = 130 // by Ctrl-C or SIGTERM
)

const exitHelp = `Exit codes:
  0    done
  1    failed, or incomplete: what is missing is named
  2    wrong input or usage: the message says what to do
  3    the job was cancelled, or is past its deadline
  130  interrupted; the same command goes on where it was`

func main() { os.Exit(run()) }

// run is the command line's main, with the process around it.
func run() int {
	if inLambda() {
		serveLambda()
		return exitDone
	}
	ctx, stop := untilInterrupted()
	defer stop()
	return command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

var errInterrupted = errors.New("interrupted")

// untilInterrupted is a context that the first SIGINT or SIGTERM ends. The
// second one ends the process.
func untilInterrupted() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel(errInterrupted)
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

// An app is one run of the command line.
type app struct {
	config  config
	in      io.Reader
	out     io.Writer
	err     io.Writer
	tell    *teller
	brief   bool  // help is asked for with -h
	unsaid  error // why help could not be written
	oneLife bool  // the id of a job that was given names one life of its question
}

// command runs a command line and returns its exit code.
func command(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	a := &app{config: defaultConfig(), in: in, out: out, err: errs, tell: newTeller(errs, false, false)}
	a.brief = askedBriefly(args)
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.unsaid
	}
	a.tell.still()
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil && context.Cause(ctx) == errInterrupted && !errors.Is(err, errInterrupted) {
		err = errInterrupted
	}
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		err = mend
	}
	code := exitCode(err)
	a.tell.fail(err, code)
	return code
}

func exitCode(err error) int {
	if errors.Is(err, errInterrupted) {
		return exitInterrupted
	}
	if _, ok := errors.AsType[*okazaki.Error](err); ok {
		return exitMend
	}
	if e, ok := errors.AsType[*endError](err); ok && (e.end.State == scatter.Cancelled || e.end.State == scatter.Expired) {
		return exitClosed
	}
	return exitFailed
}

// An endError says that a job ended without a result.
type endError struct {
	id    string
	end   *scatter.End
	doing []okazaki.Doing // what the stages do, for readers that need not know of jobs; or nil
	rest  bool            // was written, as far as it could be
}

func (e *endError) Error() string {
	switch e.end.State {
	case scatter.Cancelled:
		return fmt.Sprintf("job %s was cancelled; the same command submits it again", e.id)
	case scatter.Expired:
		return fmt.Sprintf("job %s is past its deadline; the same command submits it again, --deadline gives it longer", e.id)
	}
	if e.doing == nil {
		return fmt.Sprintf("job %s is incomplete: %s", e.id, e.end)
	}
	parts := "1 part of the work"
	if e.end.Missing != 1 {
		parts = thousands(e.end.Missing) + " parts of the work"
	}
	text := parts + " failed; the same command tries again, and --partial writes the rest:"
	if e.rest {
		text = parts + " failed; the same command tries again:"
	}
	for _, h := range e.end.Holes {
		d := e.doing[h.Stage]
		text += fmt.Sprintf("\n  %s, %s %s to %s: %s", d.Verb, cmp.Or(d.Units, "units"), thousands(h.Span.Lo+1), thousands(h.Span.Hi), h.Reason)
	}
	return text
}

const rootLong = `Okazaki answers questions about genomes: it splits each into small parts, works
them wherever there is a worker, and joins the results. However a question is
split, the answer is the same bytes.

On one computer there is nothing to set up. Whatever is killed, the same command
goes on where it was. Other machines that see the same store, a folder or an S3
bucket, can help (okazaki worker).

COMMAND -h shows what fits a screen, COMMAND --help all. okazaki completion bash
(zsh, fish, powershell) prints what makes the Tab key complete commands, flags,
their values and the ids of jobs; for bash:
  source <(okazaki completion bash)

Settings come from flags, or else the environment (OKAZAKI_STORE for --store),
or else a configuration file of lines like "store = dir:/scratch/okazaki":
$OKAZAKI_CONFIG, or okazaki/config in your configuration folder.

` + exitHelp

const rootExample = `  okazaki demo
  okazaki virus genomes.fasta.gz
  okazaki virus --dataset sars-cov-2.zip -o answer.parquet genomes.fasta.gz
  okazaki virus --store dir:/mnt/shared/okazaki --workers 0 genomes.fasta.gz
  okazaki worker --store dir:/mnt/shared/okazaki
  okazaki jobs list`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "okazaki COMMAND",
		Short:         "Burst-parallel genomics",
		Long:          rootLong,
		Example:       rootExample,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := fill(cmd.Flags()); err != nil {
				return err
			}
			a.tell = newTeller(a.err, a.config.json, a.config.quiet)
			a.tell.verbose = a.config.verbose
			return nil
		},
	}
	root.SetHelpFunc(a.showHelp)
	root.SetHelpCommand(a.helpCommand())
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.AddGroup(&cobra.Group{ID: "analyses", Title: "Analyses:"}, &cobra.Group{ID: "work", Title: "Jobs and workers:"})
	for i := range analyses {
		cmd := a.analysisCommand(&analyses[i])
		if analyses[i].Name == virus.Analysis.Name {
			cmd.AddCommand(a.virusSortCommand())
		}
		root.AddCommand(cmd)
	}
	for _, cmd := range []*cobra.Command{a.workerCommand(), a.jobsCommand(), a.deployCommand(), a.costCommand()} {
		cmd.GroupID = "work"
		root.AddCommand(cmd)
	}
	root.AddCommand(a.demoCommand(), a.simulateCommand(), a.indexCommand(), a.storeCommand(), a.beaconCommand(), a.schemaCommand(), a.versionCommand(), a.manCommand())
	completeAll(root)
	choosing(root)
	version := root.Flags().Bool("version", false, "say which build this is")
	choose := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *version && len(args) == 0 {
			v := buildVersion()
			_, err := fmt.Fprintln(a.out, "okazaki", v.line())
			return err
		}
		return choose(cmd, args)
	}
	return root
}

// choosing makes a command that only has commands below it show its help, or
// say what the user may have meant.
func choosing(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.DisableFlagsInUseLine = true
	if !strings.Contains(cmd.Use, " ") {
		cmd.Use += " COMMAND"
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return noCommand(cmd, args[0])
	}
}

// flagError says what is wrong with a flag as an *okazaki.Error.
func flagError(cmd *cobra.Command, err error) error {
	help := "see " + cmd.CommandPath() + " --help"
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := e.GetSpecifiedName()
		dashes := "--"
		if len(name) == 1 {
			dashes = "-"
		}
		mend := &okazaki.Error{Message: cmd.CommandPath() + " has no flag " + dashes + name, Hint: help}
		if other := meantFlag(cmd, name); other != "" {
			mend.Hint = "that is --" + other + " here"
		} else if name == "i" || name == "input" || name == "in" {
			mend.Hint = "files are given without a flag: " + cmd.UseLine()
		} else if near := nearFlag(cmd, name); near != "" {
			mend.Hint = "did you mean --" + near + "?"
		}
		return mend
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		return &okazaki.Error{Message: fmt.Sprintf("--%s can't be %q", f.Name, e.GetValue()), Hint: "give " + kindOf(f), Err: err}
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return &okazaki.Error{Message: "--" + e.GetFlag().Name + " needs a value", Hint: "give " + kindOf(e.GetFlag()), Err: err}
	}
	return &okazaki.Error{Message: err.Error(), Hint: help, Err: err}
}

// kindOf says what values a flag takes.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64", "integer":
		return "a whole number"
	case "float64", "number":
		return "a number"
	case "duration":
		return "a duration such as 90s, 30m or 12h, of 0 to " + longest
	case "bool":
		return "true or false"
	case "file":
		return "a file"
	case "bytes":
		return "a size such as 500MB or 10GB"
	case "megabytes":
		return "whole megabytes, ascending, with commas between: 1769,7076"
	case "budget":
		return "GB-seconds, or money as in '$5'"
	}
	return "a value"
}
