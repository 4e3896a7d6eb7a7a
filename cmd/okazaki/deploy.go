package main

import (
	"bufio"
	"context"
	"debug/elf"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/cmd/okazaki/internal/output"
	"okazaki/deploy/aws"
)

const deployAWSLong = `Puts Okazaki into your AWS account, as one CloudFormation stack: an HTTP API,
worker functions, a topic, a bucket and a table. Idle, it costs the storage of
what it keeps. What would change is shown, and made after you agree.

The functions' code is this program for arm64. Give the one of the same release,
okazaki_VERSION_linux_arm64, with --binary. Without it go builds it from the
source folder that you are in.

With --delete the stack goes, and on your word the data too.`

// deployCommand puts Okazaki where it is to run.
func (a *app) deployCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "deploy", Short: "Put Okazaki into the cloud, or take it away",
		Long: "Holds a command for each place that Okazaki can be put to.", Example: "  okazaki deploy aws --dry-run",
	}
	d := &awsDeployment{app: a, stack: "okazaki", arch: "arm64"}
	one := &cobra.Command{
		Use: "aws [flags]", Short: "Deploy to AWS Lambda", Long: deployAWSLong,
		Example: "  okazaki deploy aws --dry-run\n  okazaki deploy aws --binary okazaki_1.2.3_linux_arm64/okazaki\n  okazaki deploy aws --set WorkerTimeout=900\n  okazaki deploy aws --delete",
		Args:    none,
		RunE:    func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	fs := one.Flags()
	fs.SortFlags = false
	fs.StringVar(&d.stack, "stack", d.stack, "name of the stack")
	fs.StringVar(&d.region, "region", "", "AWS region; by default the environment's")
	fs.BoolVar(&d.dry, "dry-run", false, "show what would change, and change nothing")
	fs.BoolVar(&d.delete, "delete", false, "take the stack away")
	fs.BoolVarP(&d.yes, "yes", "y", false, "don't ask before changes")
	fs.StringVar(&d.data, "data", "", "with --delete: keep or delete the data, unasked")
	fs.StringVar(&d.binary, "binary", "", "program for Lambda, of a release; by default built from source")
	fs.StringVar(&d.arch, "arch", d.arch, "architecture of the functions: arm64 or x86_64")
	fs.StringArrayVar(&d.set, "set", nil, "set a parameter of the template, NAME=VALUE")
	a.config.tellFlags(fs)
	cmd.AddCommand(one)
	choosing(cmd)
	return cmd
}

// An awsDeployment is one run of deploy aws.
type awsDeployment struct {
	*app
	stack, region, binary, arch, data string
	dry, delete, yes                  bool
	set                               []string
}

func (d *awsDeployment) run(ctx context.Context) error {
	if !slices.Contains([]string{"", "keep", "delete"}, d.data) {
		return &okazaki.Error{Message: fmt.Sprintf("--data can't be %q", d.data), Hint: "give keep or delete"}
	}
	account, err := aws.OpenAccount(ctx, d.region, func(text string) { d.tell.say("deploy", text) })
	if err != nil {
		return err
	}
	if d.delete {
		return d.remove(ctx, account)
	}
	parameters := map[string]string{"Architecture": d.arch}
	for _, s := range d.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return &okazaki.Error{Message: fmt.Sprintf("--set can't be %q", s), Hint: "write NAME=VALUE"}
		}
		parameters[name] = value
	}
	code, err := d.code(ctx)
	if err != nil {
		return err
	}
	plan, err := account.Propose(ctx, d.stack, code, parameters)
	if err != nil {
		return err
	}
	for _, change := range plan.Changes {
		fmt.Fprintln(d.out, change)
	}
	if d.dry || len(plan.Changes) > 0 && !d.agree("make these changes?") {
		return plan.Discard(ctx)
	}
	outputs, err := plan.Apply(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		fmt.Fprintf(d.out, "%s\t%s\n", name, outputs[name])
	}
	return nil
}

// remove takes the stack away, and asks about the data.
func (d *awsDeployment) remove(ctx context.Context, account *aws.Account) error {
	outputs, err := account.Outputs(ctx, d.stack)
	if err != nil {
		return err
	}
	if outputs == nil {
		return &okazaki.Error{Message: fmt.Sprintf("there is no stack %q", d.stack), Hint: "name it with --stack, and its region with --region"}
	}
	if d.dry {
		_, err := fmt.Fprintf(d.out, "would delete the stack %s, and on your word the bucket %s and the table %s\n", d.stack, outputs["Bucket"], outputs["Table"])
		return err
	}
	if !d.agree("delete the stack " + d.stack + "?") {
		return nil
	}
	data := d.data == "delete"
	if d.data == "" {
		data = d.ask("delete all jobs and results too, in " + outputs["Bucket"] + " and " + outputs["Table"] + "?")
	}
	if err := account.Delete(ctx, d.stack, outputs, data); err != nil || data {
		return err
	}
	_, err = fmt.Fprintf(d.out, "kept\tthe bucket %s and the table %s\n", outputs["Bucket"], outputs["Table"])
	return err
}

func (d *awsDeployment) agree(question string) bool { return d.yes || d.ask(question) }

// ask asks a question that anything but yes answers with no.
func (d *awsDeployment) ask(question string) bool {
	fmt.Fprintf(d.err, "okazaki: %s [y/N] ", question)
	line, _ := bufio.NewReader(d.in).ReadString('\n') // an end is a no
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes"
}

// code is the zip of the program that the functions run.
func (d *awsDeployment) code(ctx context.Context) ([]byte, error) {
	goarch, ok := map[string]string{"arm64": "arm64", "x86_64": "amd64"}[d.arch]
	if !ok {
		return nil, &okazaki.Error{Message: fmt.Sprintf("Lambda has no architecture %q", d.arch), Hint: "give arm64 or x86_64"}
	}
	program := d.binary
	if program != "" {
		if err := runsOnLinux(program, d.arch); err != nil {
			return nil, err
		}
	}
	if program == "" && runtime.GOOS == "linux" && runtime.GOARCH == goarch {
		if self, err := os.Executable(); err == nil {
			program = self
		}
	}
	if program == "" {
		folder, err := os.MkdirTemp("", "okazaki-deploy-*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		program = filepath.Join(folder, "bootstrap")
		d.tell.say("deploy", "building for "+d.arch)
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, "okazaki/cmd/okazaki")
		build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+goarch, "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			return nil, &okazaki.Error{
				Message: "the functions' program can't be built: " + strings.TrimSpace(string(said)),
				Hint:    "give the program of a release, okazaki_VERSION_linux_" + goarch + ", with --binary, or run this in Okazaki's source folder", Err: err,
			}
		}
	}
	code, err := aws.Zip(program)
	if err != nil {
		return nil, &okazaki.Error{File: program, Message: output.Reason(err), Hint: "give --binary", Err: err}
	}
	return code, nil
}

// runsOnLinux says what is wrong with a program that Lambda, of an
// architecture, can't run.
func runsOnLinux(program, arch string) error {
	f, err := os.Open(program)
	if err != nil {
		return &okazaki.Error{File: program, Message: output.Reason(err), Hint: "give --binary", Err: err}
	}
	defer f.Close()
	want := map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}[arch]
	e, err := elf.NewFile(f)
	if err != nil {
		return &okazaki.Error{File: program, Message: "this is not a program of Linux", Hint: "unpack the archive of a release for Linux, and give the program in it", Err: err}
	}
	if e.Machine != want {
		return &okazaki.Error{File: program, Message: fmt.Sprintf("this program is for %s, the functions are for %s", e.Machine, want), Hint: "give another program, or --arch"}
	}
	return nil
}
