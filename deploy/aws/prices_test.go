package aws_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okazaki"
	"okazaki/deploy/aws"
)

func TestListPrices(t *testing.T) {
	prices := aws.ListPrices()
	for name, p := range prices.Prices {
		if !(p.Price > 0) || p.Per == "" || len(p.Dated) != len("2026-01") {
			t.Errorf("%s: %+v", name, p)
		}
	}
	lines, sum := prices.Bill(aws.Usage{"s3.put": 1e6, "s3.get": 1e6})
	if len(lines) != 2 || lines[0].Item != "s3.get" || math.Abs(sum-5.4) > 1e-9 {
		t.Errorf("%+v, %v", lines, sum)
	}
}

// A call is priced at what it costs at most: a million creates of large
// values cost $5 for S3 and $1.25 for DynamoDB, and the folder's read.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		scheme string
		calls  okazaki.Calls
		cost   float64
	}{
		{"dynamo", okazaki.Calls{Large: 1e6}, 6.375},
		{"dynamo", okazaki.Calls{Creates: 1e6}, 1.375},
		{"dynamo", okazaki.Calls{Gets: 1e6}, 0.5875},
		{"s3", okazaki.Calls{Creates: 1e6, Gets: 1e6, Lists: 1e6, Entries: 1e6}, 10.4},
		{"s3", okazaki.Calls{Rings: 1e6}, 0.7},
	} {
		if cost := aws.Money(c.calls.Worth(aws.Calls(c.scheme))); math.Abs(cost-c.cost) > 0.001 {
			t.Errorf("%s: %+v are worth $%v, not $%v", c.scheme, c.calls, cost, c.cost)
		}
	}
}

// idle is the monthly usage of a resource of a type while nothing is asked:
// the storage of what the last jobs have left, and nothing else but alarms.
var idle = map[string]aws.Usage{
	"AWS::S3::Bucket":        {"s3.month": 2},
	"AWS::DynamoDB::Table":   {"dynamodb.month": 0.1}, // on demand
	"AWS::CloudWatch::Alarm": {"alarm.month": 1},

	"AWS::S3::BucketPolicy": nil, "AWS::IAM::Role": nil, "AWS::Logs::LogGroup": nil, // without what is logged
	"AWS::SNS::Topic": nil, "AWS::SNS::Subscription": nil, "AWS::SQS::Queue": nil, "AWS::SQS::QueuePolicy": nil,
	"AWS::Lambda::Function": nil, "AWS::Lambda::Permission": nil, "AWS::Lambda::EventInvokeConfig": nil, // reserved concurrency is free
	"AWS::Scheduler::ScheduleGroup": nil,
	"AWS::ApiGatewayV2::Api":        nil, "AWS::ApiGatewayV2::Stage": nil, "AWS::ApiGatewayV2::Integration": nil, "AWS::ApiGatewayV2::Route": nil,
}

// TestIdleMonth adds up the template's resources, and finds the sum in the docs.
func TestIdleMonth(t *testing.T) {
	if !strings.Contains(aws.Template, "BillingMode: PAY_PER_REQUEST") || strings.Contains(aws.Template, "ProvisionedConcurren") {
		t.Error("something is provisioned")
	}
	sum := aws.Usage{}
	types := regexp.MustCompile(`Type: (AWS::\w+::\w+)`).FindAllStringSubmatch(aws.Template, -1)
	for _, m := range types {
		usage, ok := idle[m[1]]
		if !ok {
			t.Errorf("what does an idle %s cost?", m[1])
		}
		for item, n := range usage {
			sum[item] += n
		}
	}
	alarms := aws.ListPrices().Cost(aws.Usage{"alarm.month": sum["alarm.month"]})
	delete(sum, "alarm.month")
	bill := aws.ListPrices().Cost(sum)
	if len(types) < 40 || bill == 0 || bill > 0.10 {
		t.Errorf("%d resources cost $%.3f an idle month: %v", len(types), bill, sum)
	}
	text, err := os.ReadFile("../../docs/deploy-aws.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{fmt.Sprintf("make $%.2f;", bill), fmt.Sprintf("else $%.2f.", alarms)} {
		if !strings.Contains(string(text), says) {
			t.Errorf("docs/deploy-aws.md doesn't say %q", says)
		}
	}
}

// The same program gives the same bytes, so that deploying it again changes
// nothing.
func TestZip(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	one, err := aws.Zip(program)
	if err != nil {
		t.Fatal(err)
	}
	two, err := aws.Zip(program)
	if err != nil || string(one) != string(two) {
		t.Errorf("two zips of one program differ (%v)", err)
	}
	if _, err := aws.Zip(program + "-none"); err == nil {
		t.Error("a missing program is packed")
	}
}
