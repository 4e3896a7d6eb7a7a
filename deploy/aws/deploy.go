package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okazaki"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cf "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// An Account is where a stack is put, with the credentials of the AWS SDK's
// usual chain.
type Account struct {
	Say func(text string) // hears what goes on
	// Pause is between two looks at what AWS is doing. 0: 3 s
	Pause time.Duration

	cfg    aws.Config
	stacks *cloudformation.Client
	s3     *s3.Client
	id     string
}

// OpenAccount is the account of the credentials, in the region or else the
// environment's.
func OpenAccount(ctx context.Context, region string, say func(string)) (*Account, error) {
	var options []func(*config.LoadOptions) error
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil || cfg.Region == "" {
		return nil, &okazaki.Error{Message: "no AWS account and region are set", Hint: "set AWS_PROFILE or the access keys, and AWS_REGION", Err: err}
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, &okazaki.Error{Message: fmt.Sprintf("AWS doesn't know these credentials: %v", err), Hint: "check the credentials", Err: err}
	}
	return &Account{
		Say: say, Pause: 3 * time.Second, cfg: cfg, stacks: cloudformation.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg), id: aws.ToString(who.Account),
	}, nil
}

func (a *Account) codeBucket(stack string) string {
	return fmt.Sprintf("%s-code-%s-%s", strings.ToLower(stack), a.id, a.cfg.Region)
}

// A Plan is a change of a stack that has been shown but not made.
type Plan struct {
	account *Account
	stack   string
	set     string // the change set's name
	code    []byte
	fresh   bool // there is no such stack yet
	Changes []string
}

// Propose asks AWS what a deployment of code would change. A stack that is there
// keeps the parameters that aren't given. Nothing is changed until Apply;
// Discard forgets it.
func (a *Account) Propose(ctx context.Context, stack string, code []byte, parameters map[string]string) (*Plan, error) {
	p := &Plan{account: a, stack: stack, code: code, set: "okazaki-" + time.Now().UTC().Format("20060102-150405")}
	state, old, err := a.state(ctx, stack)
	if err != nil {
		return nil, err
	}
	kind := cf.ChangeSetTypeUpdate
	if p.fresh = state == "" || state == cf.StackStatusReviewInProgress; p.fresh {
		kind = cf.ChangeSetTypeCreate
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: &stack, ChangeSetName: &p.set, ChangeSetType: kind, TemplateBody: &Template,
		Capabilities: []cf.Capability{cf.CapabilityCapabilityIam},
		Tags:         []cf.Tag{{Key: aws.String("okazaki"), Value: &stack}},
	}
	parameters["CodeBucket"], parameters["CodeKey"] = a.codeBucket(stack), codeKey(code)
	for name, value := range parameters {
		in.Parameters = append(in.Parameters, cf.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(value)})
	}
	if !p.fresh {
		for _, was := range old.Parameters { // what was set once stays
			name := aws.ToString(was.ParameterKey)
			if _, given := parameters[name]; !given && hasParameter(name) {
				in.Parameters = append(in.Parameters, cf.Parameter{ParameterKey: &name, UsePreviousValue: aws.Bool(true)})
			}
		}
	}
	if _, err := a.stacks.CreateChangeSet(ctx, in); err != nil {
		return nil, mendable("the change can't be proposed", err)
	}
	for {
		out, err := a.stacks.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &stack, ChangeSetName: &p.set})
		if err != nil {
			return nil, fmt.Errorf("change set of stack %s: %w", stack, err)
		}
		switch out.Status {
		case cf.ChangeSetStatusCreateComplete:
			for _, c := range out.Changes {
				if r := c.ResourceChange; r != nil {
					p.Changes = append(p.Changes, fmt.Sprintf("%-7s %-32s %s", r.Action, aws.ToString(r.ResourceType), aws.ToString(r.LogicalResourceId)))
				}
			}
			return p, nil
		case cf.ChangeSetStatusFailed:
			if strings.Contains(aws.ToString(out.StatusReason), "didn't contain changes") {
				return p, p.Discard(ctx)
			}
			return nil, &okazaki.Error{Message: "the change can't be made: " + aws.ToString(out.StatusReason), Hint: "see the stack " + stack + " in CloudFormation"}
		}
		if err := a.pause(ctx); err != nil {
			return nil, err
		}
	}
}

// hasParameter says whether the template takes a parameter: an older one may
// have had others.
func hasParameter(name string) bool {
	parameters, _, _ := strings.Cut(Template, "\nOutputs:")
	return strings.Contains(parameters, "\n  "+name+":")
}

// Discard forgets the plan, and the empty stack that AWS made for it.
func (p *Plan) Discard(ctx context.Context) error {
	c := p.account.stacks
	if _, err := c.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &p.stack, ChangeSetName: &p.set}); err != nil {
		return fmt.Errorf("change set of stack %s: %w", p.stack, err)
	}
	if p.fresh {
		if _, err := c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &p.stack}); err != nil {
			return fmt.Errorf("stack %s: %w", p.stack, err)
		}
	}
	return nil
}

// Apply makes the change and returns the stack's outputs.
func (p *Plan) Apply(ctx context.Context) (map[string]string, error) {
	a := p.account
	if len(p.Changes) > 0 {
		if err := a.upload(ctx, p.stack, p.code); err != nil {
			return nil, err
		}
		_, err := a.stacks.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: &p.stack, ChangeSetName: &p.set})
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", p.stack, err)
		}
	}
	outputs, err := a.settle(ctx, p.stack)
	if err == nil && outputs == nil {
		err = fmt.Errorf("stack %s has gone", p.stack)
	}
	return outputs, err
}

// upload keeps the code where CloudFormation takes it from.
func (a *Account) upload(ctx context.Context, stack string, code []byte) error {
	bucket := a.codeBucket(stack)
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if a.cfg.Region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(a.cfg.Region)}
	}
	if _, err := a.s3.CreateBucket(ctx, in); err != nil && !hasCode(err, "BucketAlreadyOwnedByYou") {
		return mendable("no bucket for the functions' code", err)
	}
	key := codeKey(code)
	a.Say(fmt.Sprintf("uploading %.1f MB of code", float64(len(code))/1e6))
	if _, err := a.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(code)}); err != nil {
		return mendable("the code can't be uploaded", err)
	}
	return nil
}

// settle waits until a stack is at rest and returns its outputs; nil when it
// is gone.
func (a *Account) settle(ctx context.Context, stack string) (map[string]string, error) {
	for told := cf.StackStatus(""); ; {
		state, s, err := a.state(ctx, stack)
		if err != nil {
			return nil, err
		}
		if state != told {
			told = state
			a.Say(fmt.Sprintf("stack %s: %s", stack, strings.ToLower(strings.ReplaceAll(string(state), "_", " "))))
		}
		switch {
		case state == "" || state == cf.StackStatusDeleteComplete:
			return nil, nil
		case state == cf.StackStatusCreateComplete || state == cf.StackStatusUpdateComplete:
			outputs := map[string]string{}
			for _, o := range s.Outputs {
				outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
			}
			return outputs, nil
		case !strings.HasSuffix(string(state), "_IN_PROGRESS"):
			return nil, a.failure(ctx, stack, s)
		}
		if err := a.pause(ctx); err != nil {
			return nil, err
		}
	}
}

// failure says why a stack failed: by the first of its events that did.
func (a *Account) failure(ctx context.Context, stack string, s *cf.Stack) error {
	reason := aws.ToString(s.StackStatusReason)
	if out, err := a.stacks.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stack}); err == nil {
		for _, e := range slices.Backward(out.StackEvents) {
			if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
				reason = aws.ToString(e.LogicalResourceId) + ": " + aws.ToString(e.ResourceStatusReason)
				break
			}
		}
	}
	return &okazaki.Error{
		Message: fmt.Sprintf("the stack %s is %s: %s", stack, s.StackStatus, reason),
		Hint:    "mend that; okazaki deploy aws --delete takes away what was made",
	}
}

// state is a stack's; empty if there is none.
func (a *Account) state(ctx context.Context, stack string) (cf.StackStatus, *cf.Stack, error) {
	out, err := a.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})
	if api, ok := errors.AsType[smithy.APIError](err); ok && strings.Contains(api.ErrorMessage(), "does not exist") {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, mendable("the stack "+stack+" can't be seen", err)
	}
	if len(out.Stacks) == 0 {
		return "", nil, nil
	}
	return out.Stacks[0].StackStatus, &out.Stacks[0], nil
}

func (a *Account) pause(ctx context.Context) error {
	select {
	case <-time.After(a.Pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Outputs are a stack's; nil if there is none.
func (a *Account) Outputs(ctx context.Context, stack string) (map[string]string, error) {
	state, s, err := a.state(ctx, stack)
	if err != nil || state == "" {
		return nil, err
	}
	outputs := map[string]string{}
	for _, o := range s.Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return outputs, nil
}

// Delete takes a stack and its code away. Its bucket and its table stay unless
// data is set: then nothing is left.
func (a *Account) Delete(ctx context.Context, stack string, outputs map[string]string, data bool) error {
	if _, err := a.stacks.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &stack}); err != nil {
		return mendable("the stack can't be deleted", err)
	}
	if _, err := a.settle(ctx, stack); err != nil {
		return err
	}
	if err := a.deleteBucket(ctx, a.codeBucket(stack)); err != nil {
		return err
	}
	if !data {
		return nil
	}
	if bucket := outputs["Bucket"]; bucket != "" {
		if err := a.deleteBucket(ctx, bucket); err != nil {
			return err
		}
	}
	if table := outputs["Table"]; table != "" {
		_, err := dynamodb.NewFromConfig(a.cfg).DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
		if err != nil && !hasCode(err, "ResourceNotFoundException") {
			return mendable("the table "+table+" can't be deleted", err)
		}
		a.Say("table " + table + ": deleted")
	}
	return nil
}

// deleteBucket empties a bucket and deletes it; one that isn't there is fine.
func (a *Account) deleteBucket(ctx context.Context, bucket string) error {
	pages := s3.NewListObjectsV2Paginator(a.s3, &s3.ListObjectsV2Input{Bucket: &bucket})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if hasCode(err, "NoSuchBucket") {
			return nil
		}
		if err != nil {
			return mendable("the bucket "+bucket+" can't be listed", err)
		}
		for _, o := range page.Contents {
			if _, err := a.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: o.Key}); err != nil {
				return mendable("the bucket "+bucket+" can't be emptied", err)
			}
			n++
		}
	}
	if _, err := a.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket}); err != nil {
		return mendable("the bucket "+bucket+" can't be deleted", err)
	}
	a.Say(fmt.Sprintf("bucket %s: deleted, with %d objects", bucket, n))
	return nil
}

func hasCode(err error, code string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == code
}

// mendable is what AWS refused as the user may mend it.
func mendable(what string, err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return &okazaki.Error{Message: fmt.Sprintf("%s: %s: %s", what, api.ErrorCode(), api.ErrorMessage()),
			Hint: "check the permissions and the settings that it names", Err: err}
	}
	return fmt.Errorf("%s: %w", what, err)
}
