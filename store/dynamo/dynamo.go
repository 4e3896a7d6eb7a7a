// Package dynamo is a store in a table of Amazon DynamoDB, with large values
// in pieces or in another store.
//
// Its one invariant: a key is there from the moment its item is, and its item
// is written once, after all that it points to.
//
// An item's partition is its key's folder and its sort key the rest, so that a
// folder is listed by one query and each node of a job has a partition of its
// own. A folder is itself an item of the folder above it, written before the
// first key in it.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"okazaki"
	"okazaki/store"
	awsstore "okazaki/store/aws"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Options say where the store is. Only Table must be set.
type Options struct {
	Table    string
	Prefix   string        // of all keys, without slashes at its ends; empty: none
	Endpoint string        // URL of a server; empty: Amazon's for the region
	Region   string        // empty: the environment's; us-east-1 if there is an Endpoint
	Inline   int           // bytes of the largest value that lies in its key's item; 0: 512
	Large    okazaki.Store // keeps values above LargeFrom bytes; nil: they lie in the table, in pieces
	LargeAt  int           // 0: 4096, where an S3 object becomes cheaper than a DynamoDB item
	// Keep is how long an item is there after it was written. Then it has
	// expired: it is missing and may be created again, while the table's time
	// to live removes it within days. Large must keep its values for two days
	// more. 0: until it is deleted.
	Keep time.Duration
}

// A Store keeps each value in an item. All methods may be called at once, by
// any number of processes. Nothing is asked twice: for that there is
// store.Patient.
type Store struct {
	client *dynamodb.Client
	place  *awsstore.Place
	o      Options
	clock  clock

	mu    sync.Mutex
	known map[string]bool // folders that have their item
}

var _ okazaki.Store = (*Store)(nil)

// The attributes of an item. Their names are short because they are paid for.
const (
	attrFolder  = "p" // partition key
	attrName    = "k" // sort key; with a slash at its end, a folder
	attrTime    = "t" // milliseconds since 1970 by DynamoDB's clock, see clock
	attrValue   = "v"
	attrRest    = "r" // where a value lies that is not in the item: its nonce
	attrPieces  = "n" // number of pieces in the table; none: it is in Options.Large
	attrExpires = "x" // seconds since 1970
)

// Open is the store at o, with the credentials of the AWS SDK's usual chain.
// The table isn't asked for anything yet.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Inline == 0 {
		o.Inline = okazaki.SmallValue
	}
	if o.LargeAt == 0 {
		o.LargeAt = 4096
	}
	place := &awsstore.Place{Kind: "table", URL: "dynamo://" + o.Table, Endpoint: o.Endpoint, Region: o.Region, Codes: codes}
	cfg, err := place.Config(ctx, 30*time.Second)
	if err != nil {
		return nil, err
	}
	return &Store{client: dynamodb.NewFromConfig(cfg), place: place, o: o, known: map[string]bool{}}, nil
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// partition is the partition key of a folder, which is empty or ends in a
// slash. No partition key may be empty.
func (s *Store) partition(folder string) types.AttributeValue {
	return text(s.o.Prefix + "/" + folder)
}

// at is the primary key of a key's item.
func (s *Store) at(key string) item {
	folder := store.Folder(strings.TrimSuffix(key, "/"))
	return item{attrFolder: s.partition(folder), attrName: text(key[len(folder):])}
}

// Keeps is store.Keeper's.
func (s *Store) Keeps() time.Duration { return s.o.Keep }

// Create is okazaki.Store's, by a PutItem on the condition that the item
// doesn't exist or has expired. If it loses the race, the pieces of a large
// value are deleted again, or expire if Options.Keep is set.
func (s *Store) Create(ctx context.Context, key string, value []byte) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	if err := s.mark(ctx, store.Folder(key)); err != nil {
		return err
	}
	it := s.at(key)
	rest, err := s.putValue(ctx, it, value)
	if err != nil {
		return err
	}
	if err := s.put(ctx, it); err != nil {
		if errors.Is(err, okazaki.ErrExists) && s.o.Keep == 0 {
			_ = s.deleteRest(ctx, rest) // it does no harm
		}
		return fmt.Errorf("key %s: %w", key, err)
	}
	return nil
}

// vacant is the condition that nothing is there at the time :now.
const vacant = "attribute_not_exists(" + attrName + ") OR " + attrExpires + " < :now"

// put writes an item that isn't there yet, or has expired, with the time.
func (s *Store) put(ctx context.Context, it item) error {
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	it[attrTime] = number(now.UnixMilli())
	if name := it[attrName].(*types.AttributeValueMemberS).Value; s.o.Keep > 0 && !strings.HasSuffix(name, "/") {
		it[attrExpires] = number(now.Add(s.o.Keep).Unix())
	}
	out, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.o.Table, Item: it,
		ConditionExpression:       aws.String(vacant),
		ExpressionAttributeValues: item{":now": number(now.Unix())},
	})
	if err == nil {
		s.clock.heard(out.ResultMetadata)
	}
	return s.place.Explain(ctx, err)
}

// mark makes sure that the folder, and all above it, have their items. An
// item of a folder is never deleted, so that what was seen once is there.
func (s *Store) mark(ctx context.Context, folder string) error {
	if folder == "" || s.isKnown(folder) {
		return nil
	}
	// Where one is, all above it are. A stale read costs a write.
	found, err := s.has(ctx, folder)
	if err != nil {
		return err
	}
	if !found {
		if err := s.mark(ctx, store.Folder(folder[:len(folder)-1])); err != nil {
			return err
		}
		if err := s.put(ctx, s.at(folder)); err != nil && !errors.Is(err, okazaki.ErrExists) {
			return fmt.Errorf("folder %s: %w", folder, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= mostKnown {
		clear(s.known)
	}
	s.known[folder] = true
	return nil
}

// mostKnown bounds what a process that runs for months remembers.
const mostKnown = 1 << 16

func (s *Store) isKnown(folder string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[folder]
}

func (s *Store) has(ctx context.Context, folder string) (bool, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.o.Table, Key: s.at(folder)})
	if err != nil {
		return false, s.place.Explain(ctx, err)
	}
	s.clock.heard(out.ResultMetadata)
	return len(out.Item) > 0, nil
}

// Get is okazaki.Store's. What is there never changes, so that a read that may
// be stale is believed when it finds something; it costs half. Only that there
// is nothing, or what has expired, takes a consistent read.
func (s *Store) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if err := store.CheckKey(key); err != nil {
		return okazaki.Value{}, err
	}
	var out *dynamodb.GetItemOutput
	var now time.Time
	there := false
	for _, consistent := range []bool{false, true} {
		var err error
		out, err = s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.o.Table, Key: s.at(key), ConsistentRead: &consistent})
		if err != nil {
			return okazaki.Value{}, s.place.Explain(ctx, err)
		}
		now = s.clock.heard(out.ResultMetadata)
		if there = len(out.Item) > 0 && !expired(now, out.Item); there {
			break
		}
	}
	if !there {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	value, err := s.getValue(ctx, out.Item)
	if err != nil {
		return okazaki.Value{}, fmt.Errorf("key %s: %w", key, err)
	}
	return okazaki.Value{Bytes: value, Age: age(now, out.Item)}, nil
}

// Delete is okazaki.Store's. The item goes first: a value that nothing points
// to is garbage, an item that points to nothing would be a lie.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	out, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.o.Table, Key: s.at(key), ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil {
		return s.place.Explain(ctx, err)
	}
	return s.deleteRest(ctx, restOf(out.Attributes))
}
