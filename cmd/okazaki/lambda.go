package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"okazaki/client"
	"okazaki/deploy/aws"
	"okazaki/deploy/aws/function"
	"okazaki/scatter"
	"okazaki/store"
	"okazaki/store/s3"
	"okazaki/wake/sns"
)

// inLambda says whether this process is an environment of a Lambda function.
func inLambda() bool { return os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" }

// serveLambda serves a function's invocations, until the process is ended.
func serveLambda() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	var opened *function.Function
	invoke := func(ctx context.Context, event json.RawMessage) (any, error) {
		if opened == nil {
			f, err := newFunction(ctx, log)
			if err != nil {
				log.Error("start", "error", err)
				return nil, err
			}
			opened = f
		}
		switch os.Getenv("OKAZAKI_ROLE") {
		case "front":
			return call(ctx, event, opened.Front)
		case "sweep":
			return call(ctx, event, func(ctx context.Context, e function.SweepEvent) (any, error) { return nil, opened.Sweep(ctx, e) })
		}
		return call(ctx, event, func(ctx context.Context, e events.SNSEvent) (any, error) { return nil, opened.Work(ctx, e) })
	}
	lambda.Start(invoke)
}

func call[E, A any](ctx context.Context, event json.RawMessage, answer func(context.Context, E) (A, error)) (any, error) {
	var e E
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return answer(ctx, e)
}

// newFunction reads the function's environment, as the template sets it.
func newFunction(ctx context.Context, log *slog.Logger) (*function.Function, error) {
	env := lambdaEnvironment{}
	f := &function.Function{
		Analyses: analyses, Log: log, Class: int(env.number("OKAZAKI_CLASS", "0")),
		Classes: env.numbers("OKAZAKI_CLASSES"), Timeout: time.Duration(env.number("OKAZAKI_TIMEOUT", "")) * time.Second,
		Memory: env.number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""), GBSecond: aws.GBSecondOf(runtime.GOARCH),
	}
	copies := env.numbers("OKAZAKI_COPIES")
	if env.err != nil {
		return nil, env.err
	}
	debug.SetMemoryLimit(f.Memory * 7 / 8 << 20)
	s, err := client.OpenUnchecked(ctx, os.Getenv("OKAZAKI_STORE"))
	if err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(s.URL, ":")
	f.Meter, f.Calls = scatter.NewMeter(s.Store), aws.Calls(scheme)
	f.Store = store.Patient(f.Meter)
	f.Engines = newEngines(&scatter.Inputs{Store: f.Store}, runtime.NumCPU(), func(job string, err error) {
		if err != nil {
			log.Error("close", "job", job, "error", err)
		}
	})
	bucket := os.Getenv("OKAZAKI_BUCKET")
	if f.Results, err = openObjects(ctx, bucket, "results"); err != nil {
		return nil, err
	}
	if f.Uploads, err = openObjects(ctx, bucket, "uploads"); err != nil {
		return nil, err
	}
	for class := range f.Classes {
		k, err := sns.Open(ctx, sns.Options{Topic: os.Getenv("OKAZAKI_TOPIC"), Class: class, Copies: int(copies[min(class, len(copies)-1)])})
		if err != nil {
			return nil, err
		}
		f.Wakers = append(f.Wakers, k)
	}
	f.Sweeps, err = function.OpenSchedules(ctx, function.ScheduleOptions{
		Group: os.Getenv("OKAZAKI_SWEEPS"), Target: os.Getenv("OKAZAKI_SWEEP"), Role: os.Getenv("OKAZAKI_SWEEPS_ROLE"),
	})
	return f, err
}

func openObjects(ctx context.Context, bucket, prefix string) (function.Objects, error) {
	s, err := s3.Open(ctx, s3.Options{Bucket: bucket, Prefix: prefix})
	if err != nil {
		return function.Objects{}, err
	}
	return function.Objects{Store: store.Patient(s), Addresses: s}, nil
}

// A lambdaEnvironment reads the variables of a function, and keeps the first
// error.
type lambdaEnvironment struct{ err error }

func (e *lambdaEnvironment) number(name, otherwise string) int64 {
	text := os.Getenv(name)
	if text == "" {
		text = otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("%s is %q: %w", name, text, err)
	}
	return n
}

func (e *lambdaEnvironment) numbers(name string) []int64 {
	var ns []int64
	for text := range strings.SplitSeq(os.Getenv(name), ",") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil && e.err == nil {
			e.err = fmt.Errorf("%s is %q: %w", name, os.Getenv(name), err)
		}
		ns = append(ns, n)
	}
	return ns
}
