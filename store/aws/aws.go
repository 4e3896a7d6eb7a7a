// Package aws is what the stores in services of AWS share: how they are
// reached, and what their errors mean.
//
// Its one invariant: an error that doesn't say what became of a call is
// okazaki.ErrBusy, and one that the user can mend says how.
package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"okazaki"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A Place is a bucket or a table.
type Place struct {
	Kind     string // "bucket" or "table", for messages
	URL      string // as in --store, without options
	Endpoint string // of a server of the user's own; empty: Amazon's for the region
	Region   string // empty: the environment's; us-east-1 if there is an Endpoint
	Codes    map[string]Meaning
	Statuses map[int]Meaning // of HTTP, for answers without a known code
}

// A Meaning translates a server's answer into the words of a Store: one of
// its errors, or an error that the user can mend.
type Meaning struct {
	Err           error
	Message, Hint string
}

// Busy is the meaning of an answer that doesn't say what became of the call.
var Busy = Meaning{Err: okazaki.ErrBusy}

// CheckCredentials is a hint.
const CheckCredentials = "check the access key and the secret, or AWS_PROFILE"

// Config returns the configuration for clients of the place: the AWS SDK's
// usual chain (environment, shared files, instance or function role), one try
// a call, and an HTTP client that gives up on a server that is silent for
// some time, and keeps a connection for each of many calls at once.
func (p *Place) Config(ctx context.Context, silent time.Duration) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{})) // what goes wrong is in the errors
	if err != nil {
		return cfg, &okazaki.Error{
			Message: fmt.Sprintf("the AWS configuration can't be used: %v", err),
			Hint:    "mend AWS_PROFILE and ~/.aws/config", Err: err,
		}
	}
	switch {
	case p.Region != "":
		cfg.Region = p.Region
	case cfg.Region == "" && p.Endpoint != "":
		cfg.Region = "us-east-1"
	case cfg.Region == "":
		return cfg, &okazaki.Error{
			Message: "no region is set for the " + p.Kind + " " + p.URL,
			Hint:    "write " + p.URL + "?region=…, or set AWS_REGION",
		}
	}
	if p.Endpoint != "" {
		cfg.BaseEndpoint = &p.Endpoint
	}
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	cfg.HTTPClient = awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 10 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = silent
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 512, 512
		})
	chain := cfg.Credentials
	cfg.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := chain.Retrieve(ctx)
		if err != nil && ctx.Err() == nil {
			err = &okazaki.Error{
				Message: fmt.Sprintf("no AWS credentials for the %s %s: %v", p.Kind, p.URL, err),
				Hint:    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where there is a role", Err: err,
			}
		}
		return c, err
	}))
	return cfg, nil
}

// Explain is err in the words of okazaki.Store.
func (p *Place) Explain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, okazaki.ErrBusy) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", p.URL, ctx.Err())
	}
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		return mend
	}
	switch m := p.meant(err); {
	case m.Message != "":
		return &okazaki.Error{File: p.URL, Message: m.Message, Hint: m.Hint, Err: err}
	case m.Err == okazaki.ErrBusy:
		return fmt.Errorf("%w: %w", okazaki.ErrBusy, err)
	case m.Err != nil:
		return m.Err
	}
	return fmt.Errorf("%s: %w", p.URL, err)
}

// meant returns what err means. An unknown error means itself.
func (p *Place) meant(err error) Meaning {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if m, ok := p.Codes[api.ErrorCode()]; ok {
			return m
		}
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok && response.HTTPStatusCode() != 0 {
		status := response.HTTPStatusCode()
		if m, ok := p.Statuses[status]; ok {
			return m
		}
		if status >= 500 || status < 300 || status == http.StatusTooManyRequests {
			return Busy // in half an answer everything may have happened
		}
		return Meaning{}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return Meaning{Message: "there is no server called " + dns.Name, Hint: "check the endpoint and the region"}
	}
	// Without an answer the connection is at fault, unless nothing was sent.
	_, timedOut := errors.AsType[net.Error](err)
	_, sent := errors.AsType[*smithyhttp.RequestSendError](err)
	if timedOut || sent {
		return Busy
	}
	return Meaning{}
}
