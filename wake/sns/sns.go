// Package sns wakes Lambda functions through a topic of Amazon SNS.
//
// Its one invariant: a ring costs a publish and never waits for the function
// that it wakes.
package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"okazaki"
	"okazaki/wake/poll"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// Options say whom to wake. Only Topic must be set.
type Options struct {
	Topic    string        // its ARN
	Class    int           // of the workers to wake
	Copies   int           // functions of a class, which are woken in turn; 0: 1
	Endpoint string        // URL of a server; empty: Amazon's for the topic's region
	Lo, Hi   time.Duration // bounds of Wait's sleeps; 0: 1 s and 1 min
}

// A Waker publishes its rings. The messages' attributes "class" and "copy"
// are what the functions' subscriptions filter by: each is for one function.
// Wait reports no rings: it only sleeps, as wake/poll does. A machine that
// helps beside the functions finds work by looking. All methods may be called
// at once.
type Waker struct {
	*poll.Waker
	client *sns.Client
	o      Options
	next   atomic.Int64 // copy
}

var _ okazaki.Waker = (*Waker)(nil)

// Open is the waker at o, with the credentials of the AWS SDK's usual chain.
// The topic isn't asked for anything yet.
func Open(ctx context.Context, o Options) (*Waker, error) {
	arn := strings.Split(o.Topic, ":")
	if len(arn) != 6 || arn[0] != "arn" || arn[2] != "sns" {
		return nil, &okazaki.Error{Message: fmt.Sprintf("%q is not a topic", o.Topic), Hint: "give its ARN, arn:aws:sns:REGION:ACCOUNT:NAME"}
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(arn[3]))
	if err != nil {
		return nil, &okazaki.Error{
			Message: fmt.Sprintf("the AWS configuration can't be used: %v", err),
			Hint:    "mend AWS_PROFILE and ~/.aws/config", Err: err,
		}
	}
	o.Copies = max(1, o.Copies)
	if o.Lo == 0 {
		o.Lo = time.Second
	}
	if o.Hi == 0 {
		o.Hi = max(time.Minute, o.Lo)
	}
	client := sns.NewFromConfig(cfg, func(so *sns.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
	})
	k := &Waker{Waker: poll.New(o.Lo, o.Hi), client: client, o: o}
	k.next.Store(time.Now().UnixNano() % int64(o.Copies)) // processes begin apart
	return k, nil
}

// Ring is okazaki.Waker's.
func (k *Waker) Ring(ctx context.Context, w okazaki.Wake) error {
	return k.RingAll(ctx, []okazaki.Wake{w})
}

// batch is the most messages that one request may hold.
const batch = 10

// RingAll rings for each of ws, ten in a request. After an error the rest has
// still been tried.
func (k *Waker) RingAll(ctx context.Context, ws []okazaki.Wake) error {
	var errs []error
	for len(ws) > 0 {
		n := min(batch, len(ws))
		if err := k.publish(ctx, ws[:n]); err != nil {
			errs = append(errs, err)
		}
		ws = ws[n:]
	}
	return errors.Join(errs...)
}

func (k *Waker) publish(ctx context.Context, ws []okazaki.Wake) error {
	in := &sns.PublishBatchInput{TopicArn: &k.o.Topic}
	for i, w := range ws {
		body, err := json.Marshal(w)
		if err != nil {
			return fmt.Errorf("wake %+v: %w", w, err)
		}
		in.PublishBatchRequestEntries = append(in.PublishBatchRequestEntries, types.PublishBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), Message: aws.String(string(body)),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"class": attribute(k.o.Class),
				"copy":  attribute(int(k.next.Add(1)) % k.o.Copies),
			},
		})
	}
	out, err := k.client.PublishBatch(ctx, in)
	if err != nil {
		return fmt.Errorf("topic %s: %w", k.o.Topic, err)
	}
	for _, f := range out.Failed {
		return fmt.Errorf("topic %s: %d of %d messages were not taken: %s", k.o.Topic, len(out.Failed), len(ws), aws.ToString(f.Message))
	}
	return nil
}

func attribute(n int) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(strconv.Itoa(n))}
}
