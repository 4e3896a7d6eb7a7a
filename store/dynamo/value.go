package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"okazaki"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// pieceSize is how many bytes of a value one item holds: DynamoDB's items
// hold 400 KB.
const pieceSize = 300 << 10

// A rest says where a value lies that is too large for its key's item. Each
// of many racers writes it under a name of its own, before the item.
type rest struct {
	name   string
	pieces int // in the table; 0: in Options.Large
}

// putValue puts a small value into the item. It writes a larger one
// elsewhere, and notes in the item where.
func (s *Store) putValue(ctx context.Context, it item, value []byte) (rest, error) {
	if len(value) <= s.o.Inline {
		if len(value) > 0 {
			it[attrValue] = &types.AttributeValueMemberB{Value: value}
		}
		return rest{}, nil
	}
	r := rest{name: strings.ToLower(rand.Text()[:20])} // 100 bits
	if s.o.Large != nil && len(value) > s.o.LargeAt {
		if err := s.o.Large.Create(ctx, r.key(), value); err != nil {
			if errors.Is(err, okazaki.ErrExists) { // its own, of a try whose answer was lost
				err = nil
			}
			if err != nil {
				return rest{}, err
			}
		}
	} else {
		r.pieces = (len(value) + pieceSize - 1) / pieceSize
		for i := range r.pieces {
			piece := value[i*pieceSize : min((i+1)*pieceSize, len(value))]
			p := s.piece(r, i)
			p[attrValue] = &types.AttributeValueMemberB{Value: piece}
			if err := s.put(ctx, p); err != nil {
				return rest{}, err
			}
		}
	}
	it[attrRest] = text(r.name)
	if r.pieces > 0 {
		it[attrPieces] = number(int64(r.pieces))
	}
	return r, nil
}

// key is a large value's in Options.Large. Its first characters differ, so
// that an object store spreads the load.
func (r rest) key() string { return "large/" + r.name[:2] + "/" + r.name }

// piece is the primary key of a piece. No folder begins with a "#".
func (s *Store) piece(r rest, i int) item {
	return item{attrFolder: text(s.o.Prefix + "#" + r.name), attrName: text(fmt.Sprintf("%06d", i))}
}

// restOf returns where an item says that its value lies.
func restOf(it item) rest {
	name, ok := it[attrRest].(*types.AttributeValueMemberS)
	if !ok {
		return rest{}
	}
	r := rest{name: name.Value}
	if n, ok := it[attrPieces].(*types.AttributeValueMemberN); ok {
		r.pieces, _ = strconv.Atoi(n.Value) // we wrote it
	}
	return r
}

// getValue reads the value that an item holds or points to.
func (s *Store) getValue(ctx context.Context, it item) ([]byte, error) {
	r := restOf(it)
	if r.name == "" {
		if b, ok := it[attrValue].(*types.AttributeValueMemberB); ok {
			return b.Value, nil
		}
		return nil, nil
	}
	if r.pieces == 0 {
		if s.o.Large == nil {
			return nil, &okazaki.Error{File: "dynamo://" + s.o.Table, Message: "the table's large values lie in a bucket",
				Hint: "add large=s3://BUCKET/PREFIX to the store's URL"}
		}
		v, err := s.o.Large.Get(ctx, r.key())
		if err != nil {
			return nil, gone(err)
		}
		return v.Bytes, nil
	}
	var value []byte
	for i := range r.pieces {
		out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &s.o.Table, Key: s.piece(r, i), ConsistentRead: aws.Bool(true),
		})
		if err != nil {
			return nil, s.place.Explain(ctx, err)
		}
		piece, ok := out.Item[attrValue].(*types.AttributeValueMemberB)
		if !ok {
			return nil, gone(okazaki.ErrNotFound)
		}
		value = append(value, piece.Value...)
	}
	return value, nil
}

// gone turns a value that its item has outlived into one that is not there:
// another process is deleting both.
func gone(err error) error {
	if errors.Is(err, okazaki.ErrNotFound) {
		return okazaki.ErrNotFound
	}
	return err
}

func (s *Store) deleteRest(ctx context.Context, r rest) error {
	if r.name == "" {
		return nil
	}
	if r.pieces == 0 {
		if s.o.Large == nil {
			return nil
		}
		return s.o.Large.Delete(ctx, r.key())
	}
	for i := range r.pieces {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.o.Table, Key: s.piece(r, i)})
		if err != nil {
			return s.place.Explain(ctx, err)
		}
	}
	return nil
}
