//go:build aws

package aws_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"okazaki/deploy/aws"
	"okazaki/deploy/aws/function"
	"okazaki/internal/awsemu"
	"okazaki/scatter"
	"okazaki/store/dynamo/dynamotest"
	"okazaki/store/s3/s3test"
)

// account is an empty one.
func account(t *testing.T, faults awsemu.Faults) *cloud {
	t.Helper()
	endpoint := s3test.Versity(t)
	a := awsemu.Start(t, awsemu.Options{
		S3: endpoint, Dynamo: dynamotest.Empty(t), Access: "okazaki", Secret: "okazaki-secret",
		Minute: 2 * time.Second, Seed: 1, Faults: faults,
	})
	return &cloud{AWS: a, t: t, outputs: map[string]string{}}
}

// left are the buckets and tables of the account.
func (c *cloud) left() string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.URL+"/", http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=okazaki/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

func stackArgs(t *testing.T, more ...string) []string {
	return append([]string{"deploy", "aws", "--arch", arch(), "--binary", okazakiProgram(t)}, more...)
}

// TestFromNothingToNothing shows, deploys, and takes away.
func TestFromNothingToNothing(t *testing.T) {
	c := account(t, awsemu.Faults{})
	before := c.left()
	if !strings.Contains(before, "ListAllMyBucketsResult") {
		t.Fatal(before)
	}
	shown := c.okazaki(stackArgs(t, "--dry-run")...)
	if !strings.Contains(shown, "AWS::Lambda::Function") || !strings.Contains(shown, "Add") {
		t.Errorf("a dry run shows %q", shown)
	}
	if after := c.left(); after != before || len(c.Functions()) > 0 {
		t.Errorf("a dry run leaves %s", after)
	}
	c.okazaki(stackArgs(t, "--yes")...)
	if n := len(c.Functions()); n != 8 {
		t.Errorf("%d functions", n)
	}
	c.upToDate()
	c.okazaki("deploy", "aws", "--delete", "--yes", "--data", "delete")
	if after := c.left(); strings.Contains(after, "okazaki-bucket") || strings.Contains(after, "okazaki-code") {
		t.Errorf("left: %s", after)
	}
	if n := len(c.Functions()); n != 0 {
		t.Errorf("%d functions are left", n)
	}
	dynamotest.Call(t, c.Options().Dynamo, "CreateTable", `{"TableName":"okazaki-Table","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],"KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]}`) // its name is free
}

// TestFailedStack has a stack that can't be made: none of its resources is
// left, and --delete removes its code.
func TestFailedStack(t *testing.T) {
	whole := aws.Template
	defer func() { aws.Template = whole }()
	aws.Template = strings.Replace(whole, "!GetAtt Topic.TopicName", "!GetAtt Topic.Name", 1)
	c := account(t, awsemu.Faults{})
	if err := c.try(); err == nil || !strings.Contains(err.Error(), "ROLLBACK_COMPLETE") || !strings.Contains(err.Error(), "--delete") {
		t.Errorf("%v", err)
	}
	if problems := c.Forgive(); len(problems) != 1 {
		t.Errorf("%q", problems)
	}
	if left := c.left(); strings.Contains(left, "okazaki-bucket") || len(c.Resources("okazaki")) > 0 {
		t.Errorf("left: %s, %v", left, c.Resources("okazaki"))
	}
	c.okazaki("deploy", "aws", "--delete", "--yes", "--data", "delete")
	if left := c.left(); strings.Contains(left, "okazaki-code") {
		t.Errorf("left: %s", left)
	}
}

// upToDate deploys again. The same deployment changes nothing; another
// time-out and another program change the functions, which then work by them.
func (c *cloud) upToDate() {
	c.t.Helper()
	if shown := c.okazaki(stackArgs(c.t, "--yes")...); strings.Contains(shown, "Modify") || !strings.Contains(shown, "Api\thttp") {
		c.t.Errorf("deployed again, it shows %q", shown)
	}
	shown := c.okazaki(stackArgs(c.t, "--yes", "--set", "WorkerTimeout=20", "--set", "SmallMemory=900")...)
	if n := strings.Count(shown, "Modify  AWS::Lambda::Function"); n != 8 || strings.Contains(shown, "Add") || strings.Contains(shown, "Remove") {
		c.t.Errorf("with other workers, it shows %q", shown)
	}
	program, err := os.ReadFile(okazakiProgram(c.t))
	if err != nil {
		c.t.Fatal(err)
	}
	newer := filepath.Join(c.t.TempDir(), "okazaki")
	if err := os.WriteFile(newer, append(program, "newer"...), 0o755); err != nil {
		c.t.Fatal(err)
	}
	shown = c.okazaki("deploy", "aws", "--arch", arch(), "--binary", newer, "--yes")
	if n := strings.Count(shown, "Modify  AWS::Lambda::Function"); n != 8 {
		c.t.Errorf("with another program, it shows %q", shown)
	}
	for line := range strings.Lines(shown) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			c.outputs[name] = value
		}
	}
	s := c.stubborn(`{"units": 8, "ms": 10}`, function.Limits{})
	if s.State != scatter.Done {
		c.t.Errorf("%+v", s)
	}
	var job struct{ Limits struct{ Classes []int64 } }
	if err := json.Unmarshal([]byte(c.okazaki("jobs", "show", "--json", "--store", c.outputs["Store"], s.ID)), &struct{ Job any }{&job}); err != nil || job.Limits.Classes[0] != 900 {
		c.t.Errorf("the job is for workers of %v (%v): what was set is forgotten", job.Limits.Classes, err)
	}
	c.idle()
}

// TestMutants deploys templates with one thing wrong: each must be noticed.
func TestMutants(t *testing.T) {
	whole := aws.Template
	defer func() { aws.Template = whole }()
	for _, m := range []struct{ name, old, new, says string }{
		{"wrong reference", "!GetAtt Topic.TopicName", "!GetAtt Topic.Name", "has no attribute Name"},
		{"missing resource", "TopicArn: !Ref Topic,", "TopicArn: !Ref Bells,", "there is no Bells"},
		{"workers may not write", `Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]`, `Action: ["dynamodb:GetItem", "dynamodb:Query"]`, "may not dynamodb:PutItem"},
		{"the topic may not wake", "Principal: sns.amazonaws.com, SourceArn: !Ref Topic", "Principal: sns.amazonaws.com, SourceArn: !GetAtt Table.Arn", "has no permission to invoke"},
		{"the front may not schedule", "scheduler:CreateSchedule", "scheduler:GetSchedule", "may not scheduler:CreateSchedule"},
		{"unconditional writes", `{"s3:if-none-match": "true"}`, `{"s3:if-none-match": "false"}`, "policy denies it"},
		{"nobody may list", "s3:ListBucket", "s3:ListBuckets", "without s3:ListBucket"},
		{"the topic's name", "OKAZAKI_TOPIC: !Ref Topic", "OKAZAKI_TOPIC: !GetAtt Topic.TopicName", ""},
	} {
		t.Run(m.name, func(t *testing.T) {
			if !strings.Contains(whole, m.old) {
				t.Fatalf("the template has no %q", m.old)
			}
			aws.Template = strings.ReplaceAll(whole, m.old, m.new)
			c := account(t, awsemu.Faults{})
			noticed := c.try() != nil
			problems := strings.Join(c.Forgive(), "\n")
			if !noticed && problems == "" || !strings.Contains(problems, m.says) {
				t.Errorf("noticed %v; %s", noticed, problems)
			}
		})
	}
}

// packed is the program as a function's code.
var packed = sync.OnceValues(func() ([]byte, error) {
	program, err := built()
	if err != nil {
		return nil, err
	}
	return aws.Zip(program)
})

// try deploys the template as it stands in this process, and runs a small
// job. It returns what went wrong, if AWS or the front said so.
func (c *cloud) try() error {
	c.t.Helper()
	t := c.t
	t.Setenv("AWS_ENDPOINT_URL", c.URL)
	t.Setenv("AWS_REGION", awsemu.Region)
	a, err := aws.OpenAccount(t.Context(), "", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	a.Pause = 50 * time.Millisecond
	code, err := packed()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := a.Propose(t.Context(), "okazaki", code, map[string]string{"Architecture": arch()})
	if err != nil {
		return err
	}
	if c.outputs, err = plan.Apply(t.Context()); err != nil {
		return err
	}
	var s function.Status
	if status := c.call("POST", "/jobs", function.Submission{Analysis: "stubborn", Params: []byte(`{"units": 5000}`)}, &s); status >= 300 {
		return io.ErrUnexpectedEOF
	}
	for range 1200 {
		c.call("GET", "/jobs/"+s.ID, nil, &s)
		if len(s.Files) > 0 || len(c.Problems()) > 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return io.ErrNoProgress
}

// TestTemplateIsValid asks CloudFormation's own checker, if it is installed.
func TestTemplateIsValid(t *testing.T) {
	tool, err := filepath.Abs("../../tools/npm/check-template.mjs")
	if err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "node", tool, "template.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, said)
	}
	t.Logf("%s", said)
}
