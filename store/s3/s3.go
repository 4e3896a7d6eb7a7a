// Package s3 is a store in a bucket of Amazon S3, or of a server that speaks
// its protocol and honours If-None-Match.
//
// Its one invariant: an answer that doesn't say what became of a Create is
// ErrBusy, never "exists" and never an error that ends a job.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"okazaki"
	"okazaki/store"
	awsstore "okazaki/store/aws"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// Options say where the store is. Only Bucket must be set.
type Options struct {
	Bucket   string
	Prefix   string // of all keys, without slashes at its ends; empty: none
	Endpoint string // URL of a server; empty: Amazon's for the region
	Region   string // empty: the environment's; us-east-1 if there is an Endpoint
	MaxValue int64  // bytes of the largest value that Get reads; 0: 1 GiB
	// Keep is how long an object is there, if the bucket's lifecycle expires
	// it: then it is missing, while S3 removes it within days. 0: until it is
	// deleted.
	Keep time.Duration
}

// A Store keeps each value in an object. All methods may be called at once,
// by any number of processes. Nothing is asked twice: for that there is
// store.Patient, without which a busy moment is the caller's.
type Store struct {
	client *s3.Client
	place  *awsstore.Place
	o      Options
	prefix string // of objects: empty, or with a slash at its end
}

var _ okazaki.Store = (*Store)(nil)

// Open is the store at o, with the credentials of the AWS SDK's usual chain
// (environment, shared files, instance or function role). The bucket isn't
// asked for anything yet.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.MaxValue == 0 {
		o.MaxValue = 1 << 30
	}
	place := &awsstore.Place{Kind: "bucket", URL: "s3://" + o.Bucket, Endpoint: o.Endpoint, Region: o.Region, Codes: codes, Statuses: statuses}
	cfg, err := place.Config(ctx, time.Minute)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(cfg, func(so *s3.Options) {
		// Amazon's checksums by default are more than other servers know.
		so.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		so.UsePathStyle = o.Endpoint != ""
	})
	s := &Store{client: client, place: place, o: o}
	if p := strings.Trim(o.Prefix, "/"); p != "" {
		s.prefix = p + "/"
	}
	return s, nil
}

func (s *Store) object(key string) *string { return aws.String(s.prefix + key) }

// Keeps is store.Keeper's.
func (s *Store) Keeps() time.Duration { return s.o.Keep }

// Create is okazaki.Store's, by a PUT with If-None-Match: *. An object that has
// expired, and is not yet removed, can't be replaced once: it is ErrBusy.
func (s *Store) Create(ctx context.Context, key string, value []byte) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:        &s.o.Bucket,
		Key:           s.object(key),
		Body:          bytes.NewReader(value),
		ContentLength: aws.Int64(int64(len(value))),
		IfNoneMatch:   aws.String("*"),
	})
	if err = s.place.Explain(ctx, err); errors.Is(err, okazaki.ErrNotFound) {
		err = fmt.Errorf("bucket %s: the server answers a create with \"not found\"", s.o.Bucket)
	}
	if s.o.Keep > 0 && errors.Is(err, okazaki.ErrExists) {
		return s.existsStill(ctx, key)
	}
	return err
}

// existsStill is okazaki.ErrExists, unless the key's object has expired.
func (s *Store) existsStill(ctx context.Context, key string) error {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.o.Bucket, Key: s.object(key)})
	switch err = s.place.Explain(ctx, err); {
	case errors.Is(err, okazaki.ErrNotFound):
		return fmt.Errorf("%w: key %s has just expired", okazaki.ErrBusy, key)
	case err != nil:
		return err
	case s.expired(age(out.ResultMetadata, out.LastModified)):
		return fmt.Errorf("%w: key %s has expired, and is not yet removed", okazaki.ErrBusy, key)
	}
	return okazaki.ErrExists
}

func (s *Store) expired(age time.Duration) bool { return s.o.Keep > 0 && age > s.o.Keep }

// Get is okazaki.Store's.
func (s *Store) Get(ctx context.Context, key string) (okazaki.Value, error) {
	if err := store.CheckKey(key); err != nil {
		return okazaki.Value{}, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.o.Bucket, Key: s.object(key)})
	if err != nil {
		return okazaki.Value{}, s.place.Explain(ctx, err)
	}
	defer out.Body.Close()
	since := age(out.ResultMetadata, out.LastModified)
	if s.expired(since) {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	value, err := s.read(out.Body, aws.ToInt64(out.ContentLength))
	if err != nil {
		return okazaki.Value{}, s.place.Explain(ctx, fmt.Errorf("key %s: %w", key, err))
	}
	return okazaki.Value{Bytes: value, Age: since}, nil
}

// read returns a body of the size that its header says.
func (s *Store) read(body io.Reader, size int64) ([]byte, error) {
	if size > s.o.MaxValue {
		return nil, fmt.Errorf("the value has %d bytes, more than the %d that are read", size, s.o.MaxValue)
	}
	value := make([]byte, max(0, size))
	if _, err := io.ReadFull(body, value); err != nil {
		return nil, fmt.Errorf("%w: the value was cut off: %w", okazaki.ErrBusy, err)
	}
	return value, nil
}

// age is by the server's clock alone: its answer's Date minus the object's
// time, which has whole seconds.
func age(answer middleware.Metadata, modified *time.Time) time.Duration {
	now, ok := awsmiddleware.GetServerTime(answer)
	if !ok || modified == nil {
		return 0
	}
	return max(0, now.Sub(*modified))
}

// List is okazaki.Store's.
func (s *Store) List(ctx context.Context, prefix, after string) ([]okazaki.Entry, error) {
	var page []okazaki.Entry
	for {
		out, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
			Bucket:     &s.o.Bucket,
			Prefix:     s.object(prefix),
			StartAfter: s.startAfter(after),
			MaxKeys:    aws.Int32(okazaki.PageSize),
		})
		if err != nil {
			return nil, s.place.Explain(ctx, err)
		}
		last := after
		for _, o := range out.Contents {
			key, ok := strings.CutPrefix(aws.ToString(o.Key), s.prefix)
			if !ok || key <= last {
				return nil, fmt.Errorf("bucket %s: the list of %q after %q holds %q after %q", s.o.Bucket, prefix, after, key, last)
			}
			last = key
			// Others may keep objects in the bucket too.
			since := age(out.ResultMetadata, o.LastModified)
			if store.CheckKey(key) == nil && !s.expired(since) && len(page) < okazaki.PageSize {
				page = append(page, okazaki.Entry{Key: key, Age: since})
			}
		}
		if !aws.ToBool(out.IsTruncated) || len(page) == okazaki.PageSize {
			return page, nil
		}
		if last == after {
			return nil, fmt.Errorf("%w: bucket %s: an empty page of a list that goes on", okazaki.ErrBusy, s.o.Bucket)
		}
		after = last
	}
}

func (s *Store) startAfter(after string) *string {
	if after == "" {
		return nil
	}
	return s.object(after)
}

// Delete is okazaki.Store's.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.o.Bucket, Key: s.object(key)})
	return s.place.Explain(ctx, err)
}
