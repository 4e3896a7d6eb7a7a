package dynamo

import (
	"context"
	"strconv"
	"sync"
	"time"

	"okazaki/store"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// A clock tells DynamoDB's time, which is in no item and cannot be put there
// by the service: it is the Date of the last reply and the time since, by this
// process's monotonic clock. A machine's own time of day only tells that this
// process was frozen since, so that the service must be asked.
//
// An item's time is so never later than the true one by more than the network
// took, and earlier by at most the Date's second and what the process was
// frozen for while it wrote the item. An item that looks older than it is has
// its lease lapse early, which costs an attempt and no answer. A reply older
// than trust isn't built on.
type clock struct {
	mu   sync.Mutex
	date time.Time // of the last reply
	at   time.Time // when it came
}

// trust is how old the reply may be that a new item's time is built on.
const trust = 10 * time.Second

// heard notes the Date of a reply and returns it.
func (c *clock) heard(reply middleware.Metadata) time.Time {
	date, ok := awsmiddleware.GetServerTime(reply)
	if !ok {
		return time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.at = date, time.Now()
	return date
}

// now is DynamoDB's time; asked for, if no reply of late has told it.
func (s *Store) now(ctx context.Context) (time.Time, error) {
	if t, ok := s.clock.read(); ok {
		return t, nil
	}
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.o.Table,
		Key:       item{attrFolder: text(s.o.Prefix + "#"), attrName: text("clock")},
	})
	if err != nil {
		return time.Time{}, s.place.Explain(ctx, err)
	}
	s.clock.heard(out.ResultMetadata)
	t, _ := s.clock.read()
	return t, nil
}

func (c *clock) read() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since, steady := store.Since(c.at)
	return c.date.Add(since), !c.date.IsZero() && steady && since < trust
}

// age is how long before now, which is a reply's Date, an item was written.
func age(now time.Time, it item) time.Duration {
	ms, ok := numberOf(it, attrTime)
	if !ok || now.IsZero() {
		return 0
	}
	return max(0, now.Sub(time.UnixMilli(ms)))
}

// expired says whether an item has expired by now, which is a reply's Date:
// what put's condition says too.
func expired(now time.Time, it item) bool {
	at, ok := numberOf(it, attrExpires)
	return ok && !now.IsZero() && at < now.Unix()
}

func numberOf(it item, attribute string) (int64, bool) {
	n, ok := it[attribute].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	return v, err == nil
}
