package s3

import (
	"context"
	"time"

	"okazaki/store"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// GetURL is an address that anyone can read the key's value from, until it
// expires or the credentials that signed it do.
func (s *Store) GetURL(ctx context.Context, key string, lasts time.Duration) (string, error) {
	if err := store.CheckKey(key); err != nil {
		return "", err
	}
	r, err := s3.NewPresignClient(s.client).PresignGetObject(ctx,
		&s3.GetObjectInput{Bucket: &s.o.Bucket, Key: s.object(key)}, s3.WithPresignExpires(lasts))
	if err != nil {
		return "", s.place.Explain(ctx, err)
	}
	return r.URL, nil
}

// PutURL returns an address that anyone can write the key's value to, again
// and again until it expires: for an upload that is not yet one of the
// store's values.
func (s *Store) PutURL(ctx context.Context, key string, lasts time.Duration) (string, error) {
	if err := store.CheckKey(key); err != nil {
		return "", err
	}
	r, err := s3.NewPresignClient(s.client).PresignPutObject(ctx,
		&s3.PutObjectInput{Bucket: &s.o.Bucket, Key: s.object(key)}, s3.WithPresignExpires(lasts))
	if err != nil {
		return "", s.place.Explain(ctx, err)
	}
	return r.URL, nil
}
