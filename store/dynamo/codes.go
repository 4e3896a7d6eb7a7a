package dynamo

import (
	"okazaki"
	"okazaki/store/aws"
)

// codes are DynamoDB's error codes.
var codes = map[string]aws.Meaning{
	"ConditionalCheckFailedException":        {Err: okazaki.ErrExists},
	"ProvisionedThroughputExceededException": aws.Busy,
	"ThrottlingException":                    aws.Busy,
	"RequestLimitExceeded":                   aws.Busy,
	"TransactionConflictException":           aws.Busy,
	"TransactionInProgressException":         aws.Busy,
	"InternalServerError":                    aws.Busy,
	"LimitExceededException":                 aws.Busy,
	"ReplicatedWriteConflictException":       aws.Busy,
	"ResourceNotFoundException":              {Message: "there is no such table", Hint: "create it, or check its name and region"},
	"AccessDeniedException":                  {Message: "access is denied", Hint: "allow dynamodb:GetItem, PutItem, DeleteItem and Query on the table"},
	"UnrecognizedClientException":            {Message: "the access key is not known", Hint: aws.CheckCredentials},
	"InvalidSignatureException":              {Message: "the secret is wrong", Hint: aws.CheckCredentials},
	"MissingAuthenticationTokenException":    {Message: "there are no credentials", Hint: aws.CheckCredentials},
	"ExpiredTokenException":                  {Message: "the credentials have expired", Hint: "renew them"},
}
