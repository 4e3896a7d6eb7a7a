package awsemu

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maker makes resources of a type of the template; nil if none does.
func maker(kind string) func(*stack, string, *resource) error {
	switch kind {
	case "AWS::S3::Bucket":
		return makeBucket
	case "AWS::S3::BucketPolicy":
		return makeBucketPolicy
	case "AWS::DynamoDB::Table":
		return makeTable
	case "AWS::SNS::Topic":
		return makeTopic
	case "AWS::SNS::Subscription":
		return makeSubscription
	case "AWS::SQS::Queue":
		return makeQueue
	case "AWS::Logs::LogGroup":
		return makeLogGroup
	case "AWS::IAM::Role":
		return makeRole
	case "AWS::Lambda::Function":
		return makeFunction
	case "AWS::Lambda::Permission":
		return makePermission
	case "AWS::Lambda::EventInvokeConfig":
		return makeInvokeConfig
	case "AWS::Scheduler::ScheduleGroup":
		return makeScheduleGroup
	case "AWS::ApiGatewayV2::Api":
		return makeAPI
	case "AWS::ApiGatewayV2::Stage":
		return makeStage
	case "AWS::ApiGatewayV2::Integration":
		return makeIntegration
	case "AWS::ApiGatewayV2::Route":
		return makeRoute
	case "AWS::SQS::QueuePolicy", "AWS::CloudWatch::Alarm":
		return makeNothing
	}
	return nil
}

// makeNothing makes what only has a name here.
func makeNothing(s *stack, name string, r *resource) error {
	r.ref = s.name + "-" + strings.ToLower(name)
	return nil
}

func (r *resource) text(path ...string) string {
	v := field(r.properties, path...)
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (r *resource) number(otherwise int64, path ...string) (int64, error) {
	t := r.text(path...)
	if t == "" {
		return otherwise, nil
	}
	return strconv.ParseInt(t, 10, 64)
}

func makeBucket(s *stack, name string, r *resource) error {
	r.ref = s.name + "-" + strings.ToLower(name) + "-1"
	r.attributes["Arn"] = "arn:aws:s3:::" + r.ref
	if s.before[name] != nil {
		return nil // it is there, with what it keeps
	}
	if err := checked(s.a.s3(http.MethodPut, "/"+r.ref, nil)); err != nil {
		return err
	}
	s.a.mu.Lock()
	s.a.buckets[r.ref] = nil
	s.a.mu.Unlock()
	r.remove = func() error { return checked(s.a.s3(http.MethodDelete, "/"+r.ref, nil)) }
	return nil
}

func makeBucketPolicy(s *stack, _ string, r *resource) error {
	bucket := r.text("Bucket")
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	if _, ok := s.a.buckets[bucket]; !ok {
		return fmt.Errorf("there is no bucket %q", bucket)
	}
	s.a.buckets[bucket] = parsePolicy(r.properties["PolicyDocument"])
	return nil
}

func makeTable(s *stack, name string, r *resource) error {
	r.ref = s.name + "-" + name
	r.attributes["Arn"] = "arn:aws:dynamodb:" + Region + ":" + Account + ":table/" + r.ref
	r.remove = func() error { return s.a.dynamo("DeleteTable", map[string]any{"TableName": r.ref}) }
	if s.before[name] != nil {
		return nil
	}
	return s.a.dynamo("CreateTable", map[string]any{
		"TableName": r.ref, "BillingMode": r.properties["BillingMode"],
		"AttributeDefinitions": r.properties["AttributeDefinitions"], "KeySchema": r.properties["KeySchema"],
	})
}

func makeTopic(s *stack, name string, r *resource) error {
	r.ref = "arn:aws:sns:" + Region + ":" + Account + ":" + s.name + "-" + name
	r.attributes["TopicName"] = s.name + "-" + name
	s.a.mu.Lock()
	if s.before[name] == nil {
		s.a.topics[r.ref] = &topic{arn: r.ref}
	}
	s.a.mu.Unlock()
	r.remove = func() error { s.a.mu.Lock(); defer s.a.mu.Unlock(); delete(s.a.topics, r.ref); return nil }
	return nil
}

func makeSubscription(s *stack, name string, r *resource) error {
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	t := s.a.topics[r.text("TopicArn")]
	if t == nil || r.text("Protocol") != "lambda" || s.a.fns[r.text("Endpoint")] == nil {
		return fmt.Errorf("%q can't subscribe to %q by %s", r.text("Endpoint"), r.text("TopicArn"), r.text("Protocol"))
	}
	sub := &subscription{arn: t.arn + ":" + strings.ToLower(name), protocol: "lambda", endpoint: r.text("Endpoint"), filter: map[string][]string{}}
	filter, _ := r.properties["FilterPolicy"].(map[string]any)
	for attribute, values := range filter {
		sub.filter[attribute] = texts(values)
	}
	t.subs = append(t.subs, sub)
	r.replaced, r.remove = true, func() error { s.a.unsubscribe(t, sub.arn); return nil }
	return nil
}

func makeQueue(s *stack, name string, r *resource) error {
	r.ref = "https://sqs/" + s.name + "-" + name
	r.attributes["Arn"] = "arn:aws:sqs:" + Region + ":" + Account + ":" + s.name + "-" + name
	r.attributes["QueueName"] = s.name + "-" + name
	return nil
}

func makeLogGroup(_ *stack, _ string, r *resource) error {
	r.ref = r.text("LogGroupName")
	r.attributes["Arn"] = "arn:aws:logs:" + Region + ":" + Account + ":log-group:" + r.ref + ":*"
	return nil
}

func makeRole(s *stack, name string, r *resource) error {
	r.ref = s.name + "-" + name
	r.attributes["Arn"] = "arn:aws:iam::" + Account + ":role/" + r.ref
	ro := &role{arn: r.attributes["Arn"], key: "AKIA" + strings.ToUpper(name), trusts: map[string]bool{}}
	for _, st := range list(field(r.properties, "AssumeRolePolicyDocument", "Statement")) {
		for _, service := range texts(field(st, "Principal", "Service")) {
			ro.trusts[service] = true
		}
	}
	for _, p := range list(r.properties["Policies"]) {
		ro.statements = append(ro.statements, parsePolicy(field(p, "PolicyDocument"))...)
	}
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	if old := s.a.roles[ro.arn]; old != nil { // functions hold it
		old.trusts, old.statements = ro.trusts, ro.statements
		return nil
	}
	s.a.roles[ro.key], s.a.roles[ro.arn] = ro, ro
	return nil
}

func makeFunction(s *stack, _ string, r *resource) error {
	f := &function{name: r.text("FunctionName"), env: map[string]string{}, maxAge: 6 * time.Hour, retries: 2}
	f.arn = "arn:aws:lambda:" + Region + ":" + Account + ":function:" + f.name
	r.ref, r.attributes["Arn"] = f.name, f.arn
	s.a.mu.Lock()
	f.role = s.a.roles[r.text("Role")]
	s.a.mu.Unlock()
	switch {
	case f.role == nil || !f.role.trusts["lambda.amazonaws.com"]:
		return fmt.Errorf("the role %q can't be taken by Lambda", r.text("Role"))
	case r.text("Runtime") != "provided.al2023" || f.name == "":
		return fmt.Errorf("awsemu runs named functions on provided.al2023 only, not %q", r.text("Runtime"))
	}
	if to := r.text("DeadLetterConfig", "TargetArn"); to != "" && !f.role.allows("sqs:SendMessage", to) {
		return fmt.Errorf("the role %s may not send to the dead letter queue", f.role.arn)
	}
	timeout, err := r.number(3, "Timeout")
	if err != nil {
		return err
	}
	f.timeout = time.Duration(timeout) * time.Second
	if f.memory, err = r.number(128, "MemorySize"); err != nil {
		return err
	}
	reserved, err := r.number(0, "ReservedConcurrentExecutions")
	if err != nil {
		return err
	}
	f.reserved, f.recursion = int(reserved), r.text("RecursiveLoop") == "Allow"
	variables, _ := field(r.properties, "Environment", "Variables").(map[string]any)
	for name, value := range variables {
		f.env[name] = fmt.Sprint(value)
	}
	if f.program, err = s.a.install(r.text("Code", "S3Bucket"), r.text("Code", "S3Key")); err != nil {
		return err
	}
	s.a.mu.Lock()
	old := s.a.fns[f.arn]
	s.a.fns[f.arn] = f
	s.a.mu.Unlock()
	if old != nil {
		f.succeed(old)
	}
	r.remove = func() error {
		s.a.mu.Lock()
		delete(s.a.fns, f.arn)
		s.a.mu.Unlock()
		f.retire()
		return nil
	}
	return nil
}

// install unpacks a function's zip, once, and returns its program.
func (a *AWS) install(bucket, key string) (string, error) {
	folder := filepath.Join(a.dir, strings.NewReplacer("/", "_").Replace(bucket+"-"+key))
	program := filepath.Join(folder, "bootstrap")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	answer, err := a.s3(http.MethodGet, "/"+bucket+"/"+key, nil)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return "", fmt.Errorf("the code s3://%s/%s (%s): %w", bucket, key, answer.Status, err)
	}
	from, err := z.Open("bootstrap")
	if err != nil {
		return "", err
	}
	defer from.Close()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	to, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	if e := to.Close(); err == nil {
		err = e
	}
	return program, err
}

func makePermission(s *stack, _ string, r *resource) error {
	f, err := s.function(r.text("FunctionName"))
	if err != nil {
		return err
	}
	if r.text("Action") != "lambda:InvokeFunction" || r.text("SourceArn") == "" {
		return fmt.Errorf("a permission for %q from anywhere", r.text("Action"))
	}
	p := permission{r.text("Principal"), r.text("SourceArn")}
	f.permitted = append(f.permitted, p)
	arn := f.arn
	r.replaced, r.remove = true, func() error {
		if f, err := s.function(arn); err == nil { // it may have gone before
			f.permitted = slices.DeleteFunc(slices.Clone(f.permitted), func(q permission) bool { return q == p })
		}
		return nil
	}
	return nil
}

func (s *stack) function(name string) (*function, error) {
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	for arn, f := range s.a.fns {
		if f.name == name || arn == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("there is no function %q", name)
}

func makeInvokeConfig(s *stack, _ string, r *resource) error {
	f, err := s.function(r.text("FunctionName"))
	if err != nil {
		return err
	}
	age, err := r.number(21600, "MaximumEventAgeInSeconds")
	if err != nil {
		return err
	}
	retries, err := r.number(2, "MaximumRetryAttempts")
	f.maxAge, f.retries = time.Duration(age)*time.Second, int(retries)
	return err
}

func makeScheduleGroup(s *stack, _ string, r *resource) error {
	r.ref = r.text("Name")
	s.a.mu.Lock()
	s.a.groups[r.ref] = true
	s.a.mu.Unlock()
	return nil
}

func makeAPI(s *stack, name string, r *resource) error {
	p := &api{id: strings.ToLower(s.name + name), integrations: map[string]string{}}
	r.ref, r.attributes["ApiEndpoint"] = p.id, s.a.API+"/"+p.id
	s.a.mu.Lock()
	if s.before[name] == nil {
		s.a.apis[p.id] = p
	}
	s.a.mu.Unlock()
	r.remove = func() error { s.a.mu.Lock(); defer s.a.mu.Unlock(); delete(s.a.apis, p.id); return nil }
	return nil
}

func (s *stack) api(id string) (*api, error) {
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	if p := s.a.apis[id]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("there is no API %q", id)
}

func makeStage(s *stack, _ string, r *resource) error {
	p, err := s.api(r.text("ApiId"))
	if err != nil {
		return err
	}
	p.staged = r.text("StageName") == "$default" && r.text("AutoDeploy") == "true"
	return nil
}

func makeIntegration(s *stack, name string, r *resource) error {
	p, err := s.api(r.text("ApiId"))
	if err != nil {
		return err
	}
	if r.text("IntegrationType") != "AWS_PROXY" || r.text("PayloadFormatVersion") != "2.0" {
		return fmt.Errorf("awsemu knows AWS_PROXY of version 2.0 only")
	}
	if _, err := s.function(r.text("IntegrationUri")); err != nil {
		return err
	}
	r.ref = strings.ToLower(name)
	p.integrations[r.ref] = r.text("IntegrationUri")
	return nil
}

func makeRoute(s *stack, _ string, r *resource) error {
	p, err := s.api(r.text("ApiId"))
	if err != nil {
		return err
	}
	if p.integrations[strings.TrimPrefix(r.text("Target"), "integrations/")] == "" {
		return fmt.Errorf("there is no integration %q", r.text("Target"))
	}
	key := r.text("RouteKey")
	p.routes = append(slices.Clone(p.routes), route{key, r.text("Target"), r.text("AuthorizationType") == "AWS_IAM"})
	r.replaced, r.remove = true, func() error {
		p.routes = slices.DeleteFunc(slices.Clone(p.routes), func(rt route) bool { return rt.key == key })
		return nil
	}
	return nil
}
