package awsemu_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"okazaki/internal/awsemu"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func functions(t *testing.T, tries int) *lambda.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRetryMaxAttempts(tries))
	if err != nil {
		t.Fatal(err)
	}
	return lambda.NewFromConfig(cfg)
}

// TestInvoke has the SDK's own client wait for a function. Only the function
// that is to time out has a short time-out: on a busy machine even memory
// takes seconds.
func TestInvoke(t *testing.T) {
	c := open(t, awsemu.Faults{})
	client := functions(t, 1)
	name := awssdk.String("small-function")
	for _, step := range []struct {
		timeout, event, says string
		failed               bool
	}{
		{"60", `{"answer": "yes"}`, `{"answer":"yes"}`, false},
		{"60", `{"fail": "no"}`, `"errorMessage":"no"`, true},
		{"60", `{"mb": 700, "ms": 60000}`, "out of memory", true},
		{"1", `{"ms": 60000}`, "timed out", true},
	} {
		if _, err := c.apply(small, map[string]string{"Timeout": step.timeout}); err != nil {
			t.Fatal(err)
		}
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Payload: []byte(step.event)})
		if err != nil {
			t.Fatalf("%s: %v", step.event, err)
		}
		if out.StatusCode != http.StatusOK || (out.FunctionError != nil) != step.failed || !strings.Contains(string(out.Payload), step.says) {
			t.Errorf("%s: %d %v %s", step.event, out.StatusCode, out.FunctionError, out.Payload)
		}
	}
	out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: awssdk.String(c.outputs["Function"]), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != http.StatusNoContent {
		t.Errorf("a dry run: %+v, %v", out, err)
	}
	if s := c.stats(); s.Invocations != 4 || s.TimedOut != 1 || s.OutOfMemory != 1 {
		t.Errorf("%+v", s)
	}
	if _, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: awssdk.String("other")}); !isA[*types.ResourceNotFoundException](err) {
		t.Errorf("a function that isn't there: %v", err)
	}
	if _, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Payload: []byte("{")}); !isA[*types.InvalidRequestContentException](err) {
		t.Errorf("half an event: %v", err)
	}
	large := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	if _, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Payload: large, InvocationType: types.InvocationTypeEvent}); !isA[*types.RequestTooLargeException](err) {
		t.Errorf("an event of 1 MB: %v", err)
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// TestThrottle asks more than one thing at once of a function that may run
// once: a caller that waits is told to come again, events wait by themselves.
func TestThrottle(t *testing.T) {
	c := open(t, awsemu.Faults{})
	name := awssdk.String("small-function")
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := functions(t, 1).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{"ms": 1500}`)}); err != nil {
			t.Errorf("the first: %v", err)
		}
	})
	until(t, "the first runs", func() bool { return c.Busy() == 1 })
	_, err := functions(t, 1).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name})
	throttled, ok := errors.AsType[*types.TooManyRequestsException](err)
	response, answered := errors.AsType[*awshttp.ResponseError](err)
	if !ok || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded || !answered || response.HTTPStatusCode() != http.StatusTooManyRequests {
		t.Errorf("a second at once: %v", err)
	}
	record := filepath.Join(t.TempDir(), "record")
	for range 3 {
		out, err := functions(t, 1).Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: name, InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"answer": "event", "record": "` + record + `"}`),
		})
		if err != nil || out.StatusCode != http.StatusAccepted {
			t.Errorf("an event: %+v, %v", out, err)
		}
	}
	wg.Wait()
	until(t, "all events have run", func() bool {
		said, _ := os.ReadFile(record)
		return string(said) == "event\nevent\nevent\n" && c.Busy() == 0
	})
	s := c.stats()
	if s.MostAtOnce != 1 || s.Invocations != 4 || s.Throttled < 2 || s.DeadLetters != 0 {
		t.Errorf("%+v", s)
	}
}

// TestEventIsRetried has an event fail: it is tried once more, as the template
// says, and given up.
func TestEventIsRetried(t *testing.T) {
	c := open(t, awsemu.Faults{})
	record := filepath.Join(t.TempDir(), "record")
	_, err := functions(t, 1).Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: awssdk.String("small-function"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"answer": "try", "fail": "no", "record": "` + record + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the event is given up", func() bool { return c.stats().DeadLetters == 1 })
	if said, _ := os.ReadFile(record); string(said) != "try\ntry\n" {
		t.Errorf("it ran: %q", said)
	}
}
