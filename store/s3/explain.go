package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"okazaki"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A meaning is what an answer of the server says in the words of a Store: one
// of its errors, or what the user can mend.
type meaning struct {
	err           error
	message, hint string
}

var busy = meaning{err: okazaki.ErrBusy}

const checkCredentials = "check the access key and the secret"

// codes are S3's error codes, where the status alone doesn't say enough.
var codes = map[string]meaning{
	"NoSuchKey":                          {err: okazaki.ErrNotFound},
	"PreconditionFailed":                 {err: okazaki.ErrExists},
	"SlowDown":                           busy,
	"RequestTimeout":                     busy,
	"ConditionalRequestConflict":         busy,
	"OperationAborted":                   busy,
	"NoSuchBucket":                       {message: "there is no such bucket", hint: "create it, or check its name and region"},
	"InvalidBucketName":                  {message: "this is no name of a bucket", hint: "check its name"},
	"AccessDenied":                       {message: "access is denied", hint: "allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket"},
	"AllAccessDisabled":                  {message: "access is disabled", hint: "ask the bucket's owner"},
	"InvalidAccessKeyId":                 {message: "the access key is not known", hint: checkCredentials},
	"SignatureDoesNotMatch":              {message: "the secret is wrong", hint: checkCredentials},
	"ExpiredToken":                       {message: "the credentials have expired", hint: "renew them"},
	"InvalidToken":                       {message: "the session token is wrong", hint: checkCredentials},
	"RequestTimeTooSkewed":               {message: "this machine's clock and the server's differ", hint: "set the clock"},
	"PermanentRedirect":                  {message: "the bucket is in another region", hint: "add ?region=… to the store's URL"},
	"AuthorizationHeaderMalformed":       {message: "the bucket is in another region", hint: "add ?region=… to the store's URL"},
	"IllegalLocationConstraintException": {message: "the bucket is in another region", hint: "add ?region=… to the store's URL"},
	"EntityTooLarge":                     {message: "the server doesn't take objects so large", hint: "use another server"},
	"NotImplemented":                     {message: "the server doesn't know conditional writes", hint: "use Amazon S3, or a server that honours If-None-Match"},
	"QuotaExceeded":                      {message: "the quota of the bucket is used up", hint: "free some space"},
	"XMinioStorageFull":                  {message: "the server's disk is full", hint: "free some space"},
}

// statuses are what HTTP's say by themselves.
var statuses = map[int]meaning{
	http.StatusNotFound:           {err: okazaki.ErrNotFound},
	http.StatusPreconditionFailed: {err: okazaki.ErrExists},
	http.StatusConflict:           busy,
	http.StatusRequestTimeout:     busy,
	http.StatusTooManyRequests:    busy,
	http.StatusUnauthorized:       {message: "access is denied", hint: checkCredentials},
	http.StatusForbidden:          {message: "access is denied", hint: checkCredentials},
	http.StatusNotImplemented:     {message: "the server doesn't know conditional writes", hint: "use Amazon S3, or a server that honours If-None-Match"},
}

// explain is err in the words of okazaki.Store.
func (s *Store) explain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, okazaki.ErrBusy) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("bucket %s: %w", s.o.Bucket, ctx.Err())
	}
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		return mend
	}
	m := meant(err)
	switch {
	case m.message != "":
		return &okazaki.Error{File: "s3://" + s.o.Bucket, Message: m.message, Hint: m.hint, Err: err}
	case m.err == okazaki.ErrBusy:
		return fmt.Errorf("%w: %w", okazaki.ErrBusy, err)
	case m.err != nil:
		return m.err
	}
	return fmt.Errorf("bucket %s: %w", s.o.Bucket, err)
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
		status := response.HTTPStatusCode()
		if m, ok := statuses[status]; ok {
			return m
		}
		if status >= 500 || status < 300 { // in half an answer everything may have happened
			return busy
		}
		return meaning{}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return meaning{message: "there is no server called " + dns.Name, hint: "check the endpoint and the region"}
	}
	// Without an answer the connection is at fault, unless nothing was sent.
	_, timedOut := errors.AsType[net.Error](err)
	_, sent := errors.AsType[*smithyhttp.RequestSendError](err)
	if timedOut || sent {
		return busy
	}
	return meaning{}
}
