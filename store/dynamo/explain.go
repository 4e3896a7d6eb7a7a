package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net"

	"okazaki"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A meaning is what an answer of DynamoDB says in the words of a Store: one of
// its errors, or what the user can mend.
type meaning struct {
	err           error
	message, hint string
}

var busy = meaning{err: okazaki.ErrBusy}

const checkCredentials = "check the access key and the secret, or AWS_PROFILE"

var codes = map[string]meaning{
	"ConditionalCheckFailedException":        {err: okazaki.ErrExists},
	"ProvisionedThroughputExceededException": busy,
	"ThrottlingException":                    busy,
	"RequestLimitExceeded":                   busy,
	"TransactionConflictException":           busy,
	"TransactionInProgressException":         busy,
	"InternalServerError":                    busy,
	"LimitExceededException":                 busy,
	"ReplicatedWriteConflictException":       busy,
	"ResourceNotFoundException":              {message: "there is no such table", hint: "create it, or check its name and region"},
	"AccessDeniedException":                  {message: "access is denied", hint: "allow dynamodb:GetItem, PutItem, DeleteItem and Query on the table"},
	"UnrecognizedClientException":            {message: "the access key is not known", hint: checkCredentials},
	"InvalidSignatureException":              {message: "the secret is wrong", hint: checkCredentials},
	"MissingAuthenticationTokenException":    {message: "there are no credentials", hint: checkCredentials},
	"ExpiredTokenException":                  {message: "the credentials have expired", hint: "renew them"},
}

// explain is err in the words of okazaki.Store.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, okazaki.ErrBusy) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("table %s: %w", s.o.Table, ctx.Err())
	}
	switch m := meant(err); {
	case m.message != "":
		return &okazaki.Error{File: "dynamo://" + s.o.Table, Message: m.message, Hint: m.hint, Err: err}
	case m.err == okazaki.ErrBusy:
		return fmt.Errorf("%w: %w", okazaki.ErrBusy, err)
	case m.err != nil:
		return m.err
	}
	return fmt.Errorf("table %s: %w", s.o.Table, err)
}

// meant is what err means. One that isn't known is its own meaning.
func meant(err error) meaning {
	response, answered := errors.AsType[*awshttp.ResponseError](err)
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if m, ok := codes[api.ErrorCode()]; ok {
			return m
		}
	}
	if answered && response.HTTPStatusCode() != 0 {
		if status := response.HTTPStatusCode(); status >= 500 || status < 300 || status == 429 {
			return busy // in half an answer everything may have happened
		}
		return meaning{}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return meaning{message: "there is no server called " + dns.Name, hint: "check the endpoint and the region"}
	}
	_, timedOut := errors.AsType[net.Error](err)
	_, sent := errors.AsType[*smithyhttp.RequestSendError](err)
	if timedOut || sent {
		return busy
	}
	return meaning{}
}
