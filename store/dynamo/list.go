package dynamo

import (
	"context"
	"strings"

	"okazaki"
	"okazaki/store"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// List is okazaki.Store's, by consistent queries: one for a prefix that is a
// whole folder without others in it, one more for each folder below.
func (s *Store) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &list{s: s, prefix: prefix, after: after, from: max(prefix, after)}
	err := l.folder(ctx, store.Folder(prefix))
	return l.page, err
}

type list struct {
	s             *Store
	prefix, after string
	from          string // nothing before it is asked for, but the folders that lead to it
	page          []okazaki.Entry
	done          bool
}

// folder adds what is in a folder, a query's page after another.
func (l *list) folder(ctx context.Context, folder string) error {
	var start item
	for {
		out, err := l.s.client.Query(ctx, &dynamodb.QueryInput{
			TableName:              &l.s.o.Table,
			ConsistentRead:         aws.Bool(true),
			KeyConditionExpression: aws.String(attrFolder + " = :p AND " + attrName + " >= :k"),
			ProjectionExpression:   aws.String(attrName + ", " + attrTime + ", " + attrExpires),
			ExpressionAttributeValues: item{
				":p": l.s.partition(folder), ":k": text(l.first(folder)),
			},
			ExclusiveStartKey: start,
			Limit:             aws.Int32(int32(okazaki.PageSize - len(l.page) + 1)),
		})
		if err != nil {
			return l.s.place.Explain(ctx, err)
		}
		now := l.s.clock.heard(out.ResultMetadata)
		for _, it := range out.Items {
			if expired(now, it) {
				continue
			}
			name := it[attrName].(*types.AttributeValueMemberS).Value
			if err := l.add(ctx, folder+name, okazaki.Entry{Key: folder + name, Age: age(now, it)}); err != nil {
				return err
			}
			if l.done {
				return nil
			}
		}
		if start = out.LastEvaluatedKey; len(start) == 0 {
			return nil
		}
	}
}

// first is the name in a folder that a query starts from: the folder that
// l.from lies in, or what l.from itself names. No name is smaller than "-".
func (l *list) first(folder string) string {
	if rest, ok := strings.CutPrefix(l.from, folder); ok && rest != "" {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return rest[:i+1]
		}
		return rest
	}
	return "-"
}

// add takes an item of a folder: an entry, or what is in it if it is a folder.
func (l *list) add(ctx context.Context, key string, e okazaki.Entry) error {
	inside := strings.HasPrefix(key, l.prefix)
	if len(l.page) == okazaki.PageSize || !inside && key > l.prefix && !strings.HasPrefix(l.prefix, key) {
		l.done = true
		return nil
	}
	switch isFolder := strings.HasSuffix(key, "/"); {
	case isFolder && (inside || strings.HasPrefix(l.prefix, key)):
		return l.folder(ctx, key)
	case !isFolder && inside && key > l.after:
		l.page = append(l.page, e)
	}
	return nil
}
