package awsemu_test

import (
	"slices"
	"strings"
	"testing"

	"okazaki/internal/awsemu"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// TestUpdate updates a stack: with no change, another parameter, other
// resources, and a resource that can't be made.
func TestUpdate(t *testing.T) {
	c := open(t, awsemu.Faults{})
	client := functions(t, 1)
	answers := func(event string) string {
		t.Helper()
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: awssdk.String("small-function"), Payload: []byte(event)})
		if err != nil {
			t.Fatal(err)
		}
		return string(out.Payload)
	}
	if said := answers(`{"ms": 1200, "answer": "in time"}`); !strings.Contains(said, "in time") {
		t.Fatal(said)
	}
	expect := func(template string, parameters map[string]string, changes ...string) {
		t.Helper()
		got, err := c.apply(template, parameters)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i] = strings.Join(strings.Fields(got[i]), " ")
		}
		if !slices.Equal(got, changes) {
			t.Errorf("it changes %q, not %q", got, changes)
		}
	}
	expect(small, nil)
	expect(small, map[string]string{"Timeout": "1"}, "Modify AWS::Lambda::Function Function")
	expect(small, nil) // the time-out stays as it was set
	if said := answers(`{"ms": 1200}`); !strings.Contains(said, "timed out") {
		t.Errorf("with a time-out of a second: %s", said)
	}
	if n := c.stats().Environments; n != 2 {
		t.Errorf("%d environments: the old one answers for a new function", n)
	}
	more := strings.Replace(small, "  Topic: {Type: AWS::SNS::Topic}", "  Topic: {Type: AWS::SNS::Topic}\n  Other: {Type: AWS::SNS::Topic}", 1)
	less, rest, _ := strings.Cut(more, "  Retries:")
	_, rest, _ = strings.Cut(rest, "  Wakes:")
	expect(less+"  Wakes:"+rest, nil, "Add AWS::SNS::Topic Other", "Remove AWS::Lambda::EventInvokeConfig Retries")
	if left := c.Resources("small"); left["AWS::SNS::Topic"] != 2 || left["AWS::Lambda::EventInvokeConfig"] != 0 {
		t.Errorf("%v", left)
	}
	wakes := strings.Replace(small, "Endpoint: !GetAtt Function.Arn}", `Endpoint: !GetAtt Function.Arn, FilterPolicy: {class: ["1"]}}`, 1)
	expect(wakes, nil, "Remove AWS::SNS::Topic Other", "Add AWS::Lambda::EventInvokeConfig Retries", "Modify AWS::SNS::Subscription Wakes")

	_, err := c.apply(strings.Replace(wakes, "Role: !GetAtt Role.Arn", "Role: none", 1), map[string]string{"Timeout": "2"})
	if err == nil || !strings.Contains(err.Error(), "UPDATE_ROLLBACK_COMPLETE") {
		t.Errorf("a function without a role: %v", err)
	}
	if problems := c.Forgive(); len(problems) != 1 {
		t.Errorf("%q", problems)
	}
	if said := answers(`{"ms": 1200}`); !strings.Contains(said, "timed out") {
		t.Errorf("after a change that failed: %s", said)
	}
	if err := c.deploy.Delete(t.Context(), "small", c.outputs, true); err != nil {
		t.Fatal(err)
	}
	if left := c.Resources("small"); len(left) != 0 || len(c.Functions()) != 0 {
		t.Errorf("left: %v, %v", left, c.Functions())
	}
}
