package scatter

import (
	"context"
	"fmt"
	"strings"
	"time"

	"okazaki"
)

// GC deletes jobs that ended more than age ago, and stored inputs that no job
// that is left reads. It answers the ids of the jobs that are gone. A worker
// that comes back to a deleted job finds no job and leaves.
func GC(ctx context.Context, s okazaki.Store, age time.Duration) ([]string, error) {
	ends, err := listAll(ctx, s, endedPrefix)
	if err != nil {
		return nil, fmt.Errorf("list the jobs: %w", err)
	}
	var gone []string
	for _, e := range ends {
		if e.Age < age {
			continue
		}
		id := strings.TrimPrefix(e.Key, endedPrefix)
		if err := deleteJob(ctx, s, id); err != nil {
			return gone, fmt.Errorf("job %s: %w", id, err)
		}
		gone = append(gone, id)
	}
	return gone, deleteUnread(ctx, s, age)
}

// deleteJob deletes the tombstone last, so that a deletion that was cut short
// is taken up again.
func deleteJob(ctx context.Context, s okazaki.Store, id string) error {
	if len(id) < 2 {
		return fmt.Errorf("%q is no job id", id)
	}
	if err := s.Delete(ctx, openKey(id)); err != nil {
		return err
	}
	if err := deleteAll(ctx, s, string(keysOf(id))); err != nil {
		return err
	}
	return s.Delete(ctx, endedKey(id))
}

func deleteAll(ctx context.Context, s okazaki.Store, prefix string) error {
	entries, err := listAll(ctx, s, prefix)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := s.Delete(ctx, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// deleteUnread deletes stored inputs older than age that no job names.
func deleteUnread(ctx context.Context, s okazaki.Store, age time.Duration) error {
	ids, _, err := Jobs(ctx, s)
	if err != nil {
		return err
	}
	read := map[string]bool{}
	for _, id := range ids {
		job, _, err := loadJob(ctx, s, id)
		if err != nil {
			return fmt.Errorf("job %s: %w", id, err)
		}
		for _, in := range job.Inputs {
			read[in.Digest] = true
		}
	}
	entries, err := listAll(ctx, s, inputPrefix)
	if err != nil {
		return fmt.Errorf("list the inputs: %w", err)
	}
	for _, e := range entries {
		digest, _, _ := strings.Cut(strings.TrimPrefix(e.Key, inputPrefix), "/")
		if !read[digest] && e.Age >= age {
			if err := s.Delete(ctx, e.Key); err != nil {
				return fmt.Errorf("input %s: %w", digest, err)
			}
		}
	}
	return nil
}
