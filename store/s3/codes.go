package s3

import (
	"net/http"

	"okazaki"
	"okazaki/store/aws"
)

// codes are S3's error codes, where the status alone doesn't say enough.
var codes = map[string]aws.Meaning{
	"NoSuchKey":                          {Err: okazaki.ErrNotFound},
	"PreconditionFailed":                 {Err: okazaki.ErrExists},
	"SlowDown":                           aws.Busy,
	"RequestTimeout":                     aws.Busy,
	"ConditionalRequestConflict":         aws.Busy,
	"OperationAborted":                   aws.Busy,
	"NoSuchBucket":                       {Message: "there is no such bucket", Hint: "create it, or check its name and region"},
	"InvalidBucketName":                  {Message: "this is not a bucket's name", Hint: "check its name"},
	"AccessDenied":                       {Message: "access is denied", Hint: "allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket"},
	"AllAccessDisabled":                  {Message: "access is disabled", Hint: "ask the bucket's owner"},
	"InvalidAccessKeyId":                 {Message: "the access key is not known", Hint: aws.CheckCredentials},
	"SignatureDoesNotMatch":              {Message: "the secret is wrong", Hint: aws.CheckCredentials},
	"ExpiredToken":                       {Message: "the credentials have expired", Hint: "renew them"},
	"InvalidToken":                       {Message: "the session token is wrong", Hint: aws.CheckCredentials},
	"RequestTimeTooSkewed":               {Message: "this machine's clock and the server's differ", Hint: "set the clock"},
	"PermanentRedirect":                  {Message: "the bucket is in another region", Hint: "add ?region=… to the store's URL"},
	"AuthorizationHeaderMalformed":       {Message: "the bucket is in another region", Hint: "add ?region=… to the store's URL"},
	"IllegalLocationConstraintException": {Message: "the bucket is in another region", Hint: "add ?region=… to the store's URL"},
	"EntityTooLarge":                     {Message: "the server doesn't take objects so large", Hint: "use another server"},
	"NotImplemented":                     {Message: "the server doesn't know conditional writes", Hint: "use Amazon S3, or a server that honours If-None-Match"},
	"QuotaExceeded":                      {Message: "the quota of the bucket is used up", Hint: "free some space"},
	"XMinioStorageFull":                  {Message: "the server's disk is full", Hint: "free some space"},
}

// statuses are what HTTP's say by themselves.
var statuses = map[int]aws.Meaning{
	http.StatusNotFound:           {Err: okazaki.ErrNotFound},
	http.StatusPreconditionFailed: {Err: okazaki.ErrExists},
	http.StatusConflict:           aws.Busy,
	http.StatusRequestTimeout:     aws.Busy,
	http.StatusUnauthorized:       {Message: "access is denied", Hint: aws.CheckCredentials},
	http.StatusForbidden:          {Message: "access is denied", Hint: aws.CheckCredentials},
	http.StatusNotImplemented:     {Message: "the server doesn't know conditional writes", Hint: "use Amazon S3, or a server that honours If-None-Match"},
}
