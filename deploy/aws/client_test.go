//go:build aws

package aws_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okazaki/internal/awsemu"
)

// awsCLI is the AWS CLI that npm has, unpacked.
func awsCLI(t *testing.T) string {
	t.Helper()
	layer := "../../tools/npm/node_modules/@aws-cdk/asset-awscli-v1/lib/layer.zip"
	z, err := zip.OpenReader(layer)
	if err != nil {
		t.Skipf("to run it: npm install --prefix tools/npm, which brings the AWS CLI: %v", err)
	}
	defer z.Close()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skipf("to run it: install python3, which the AWS CLI needs: %v", err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, z); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "awscli", "aws")
}

// curl posts an empty body to an address, as docs/deploy-aws.md has it, and
// returns the status.
func curl(t *testing.T, url string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("curl")
	if err != nil {
		t.Skipf("to run it: install curl: %v", err)
	}
	said, err := exec.CommandContext(t.Context(), program, append([]string{"-sS", "-X", "POST", "-o", "/dev/null", "-w", "%{http_code}", url}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v: %s", err, said)
	}
	return string(said)
}

// TestSecondClient checks that a client that is neither ours nor Go's SDK
// sees the account as we see it.
func TestSecondClient(t *testing.T) {
	program := awsCLI(t)
	c := deploy(t, awsemu.Faults{})
	cli := func(args ...string) (string, error) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "python3", append([]string{program, "--endpoint-url", c.URL, "--region", awsemu.Region}, args...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ACCESS_KEY_ID=okazaki", "AWS_SECRET_ACCESS_KEY=okazaki-secret"}
		said, err := cmd.CombinedOutput()
		return string(said), err
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	bucket := c.outputs["Bucket"]
	for _, step := range []struct {
		says    string
		refused bool
		args    string
	}{
		{awsemu.Account, false, "sts get-caller-identity"},
		{"CREATE_COMPLETE", false, "cloudformation describe-stacks --stack-name okazaki"},
		{"", false, "s3api put-object --bucket " + bucket + " --key uploads/x --body " + file},
		{"uploads/x", false, "s3api list-objects-v2 --bucket " + bucket},
		{"AccessDenied", true, "s3api put-object --bucket " + bucket + " --key jobs/x --body " + file},
		{"", false, "s3api put-object --bucket " + bucket + " --key jobs/x --if-none-match * --body " + file},
		{"PreconditionFailed", true, "s3api put-object --bucket " + bucket + " --key jobs/x --if-none-match * --body " + file},
		{"", false, "dynamodb get-item --table-name " + c.outputs["Table"] + ` --key {"p":{"S":"/"},"k":{"S":"none"}}`},
		{"MessageId", false, "sns publish --topic-arn " + c.outputs["Topic"] + ` --message {"job":"none"} --message-attributes {"class":{"DataType":"String","StringValue":"0"},"copy":{"DataType":"String","StringValue":"2"}}`},
	} {
		said, err := cli(strings.Fields(step.args)...)
		if (err != nil) != step.refused || !strings.Contains(said, step.says) {
			t.Errorf("aws %s: %v: %s", step.args, err, said)
		}
	}
	if code := curl(t, c.outputs["Api"]+"/uploads"); code != "403" {
		t.Errorf("curl without a signature: %s", code)
	}
	if code := curl(t, c.outputs["Api"]+"/uploads", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", "okazaki:okazaki-secret"); code != "200" {
		t.Errorf("curl with a signature: %s\n%s", code, tail(c.Logs()))
	}
	for range 100 {
		if c.Functions()["okazaki-small2"].Invocations == 1 && c.Busy() == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if w := c.workers(); w.Invocations != 1 || w.Errors != 0 {
		t.Errorf("a wake for one function that names no job: %+v\n%s", w, tail(c.Logs()))
	}
	if denied := c.Forgive(); len(denied) != 1 {
		t.Errorf("denied: %q", denied)
	}
	kept := c.okazaki("deploy", "aws", "--delete", "--yes", "--data", "keep")
	if !strings.Contains(kept, bucket) || !strings.Contains(kept, c.outputs["Table"]) {
		t.Errorf("what is kept is said as %q", kept)
	}
	if said, err := cli("s3api", "list-objects-v2", "--bucket", bucket); err != nil || !strings.Contains(said, "uploads/x") {
		t.Errorf("what was kept: %v: %s", err, said)
	}
}
