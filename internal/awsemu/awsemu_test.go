package awsemu_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"okazaki/deploy/aws"
	"okazaki/internal/awsemu"
	"okazaki/store/s3/s3test"

	"github.com/aws/aws-lambda-go/lambda"
	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// A job is the event of the function, which is this very program.
type job struct {
	Answer string `json:"answer,omitempty"`
	Fail   string `json:"fail,omitempty"`
	Ms     int    `json:"ms,omitempty"`
	MB     int    `json:"mb,omitempty"`     // of memory, for as long
	Record string `json:"record,omitempty"` // a file that each invocation adds a line to
	Again  string `json:"again,omitempty"`  // a topic to publish this to once more
}

func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(work)
		return
	}
	os.Exit(m.Run())
}

func work(ctx context.Context, event json.RawMessage) (any, error) {
	var j job
	if err := json.Unmarshal(event, &j); err != nil {
		return nil, err
	}
	var message struct {
		Records []struct{ Sns struct{ Message string } }
	}
	if err := json.Unmarshal(event, &message); err == nil && len(message.Records) == 1 {
		if err := json.Unmarshal([]byte(message.Records[0].Sns.Message), &j); err != nil {
			return nil, err
		}
	}
	if j.Record != "" {
		f, err := os.OpenFile(j.Record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		_, _ = f.WriteString(j.Answer + "\n")
		_ = f.Close()
	}
	if j.Again != "" {
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		text, _ := json.Marshal(j)
		_, err = sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: &j.Again, Message: awssdk.String(string(text))})
		if err != nil {
			return nil, err
		}
	}
	held := bytes.Repeat([]byte{1}, j.MB<<20)
	time.Sleep(time.Duration(j.Ms) * time.Millisecond)
	runtime.KeepAlive(held)
	if j.Fail != "" {
		return nil, errors.New(j.Fail)
	}
	return map[string]string{"answer": j.Answer}, nil
}

// small is a topic and a function that it wakes, one at a time.
const small = `
Parameters:
  CodeBucket: {Type: String}
  CodeKey: {Type: String}
  Timeout: {Type: Number, Default: 60}
Outputs:
  Topic: {Value: !Ref Topic}
  Function: {Value: !GetAtt Function.Arn}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
      Policies: [{PolicyName: again, PolicyDocument: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Ref Topic}]}}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub "${AWS::StackName}-function"
      Code: {S3Bucket: !Ref CodeBucket, S3Key: !Ref CodeKey}
      Runtime: provided.al2023
      MemorySize: 512
      Timeout: !Ref Timeout
      ReservedConcurrentExecutions: 1
      Role: !GetAtt Role.Arn
  Retries:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {FunctionName: !Ref Function, Qualifier: $LATEST, MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60}
  Wakes:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: lambda, Endpoint: !GetAtt Function.Arn}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Function, Action: "lambda:InvokeFunction", Principal: sns.amazonaws.com, SourceArn: !Ref Topic}
`

// An account is an emulated one with a stack in it.
type account struct {
	*awsemu.AWS
	t       *testing.T
	deploy  *aws.Account
	outputs map[string]string
}

// open is an account with small in it.
func open(t *testing.T, faults awsemu.Faults) *account {
	t.Helper()
	if testing.Short() {
		t.Skip("to run it: leave out -short, it holds processes of its own")
	}
	a := awsemu.Start(t, awsemu.Options{S3: s3test.Fake(t), Access: "okazaki", Secret: "okazaki-secret", Minute: 600 * time.Millisecond, Seed: 1, Faults: faults})
	t.Setenv("AWS_ENDPOINT_URL", a.URL)
	t.Setenv("AWS_REGION", awsemu.Region)
	deploy, err := aws.OpenAccount(t.Context(), "", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	deploy.Pause = 10 * time.Millisecond
	c := &account{AWS: a, t: t, deploy: deploy}
	if _, err := c.apply(small, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

var packed = sync.OnceValues(func() ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return aws.Zip(self)
})

// apply brings the stack to a template and returns what changed.
func (c *account) apply(template string, parameters map[string]string) ([]string, error) {
	c.t.Helper()
	whole := aws.Template
	aws.Template = template
	defer func() { aws.Template = whole }()
	code, err := packed()
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string]string{}
	for name, value := range parameters {
		all[name] = value
	}
	plan, err := c.deploy.Propose(c.t.Context(), "small", code, all)
	if err != nil {
		return nil, err
	}
	outputs, err := plan.Apply(c.t.Context())
	if err == nil {
		c.outputs = outputs
	}
	return plan.Changes, err
}

// until waits for what must come to be true.
func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 500 {
		if true() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("it never comes true that %s", what)
}

func (c *account) stats() awsemu.Stats {
	for _, s := range c.Functions() {
		return s
	}
	c.t.Fatal("there is no function")
	return awsemu.Stats{}
}
