package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okazaki/client"
	"okazaki/store"
)

// storeCommand holds what is done to stores themselves.
func (a *app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "store",
		Short:   "Try out a store",
		Long:    "Check that a store works.",
		Example: "  okazaki store probe dir:/mnt/shared/okazaki",
	}
	probe := &cobra.Command{
		Use:   "probe URL",
		Short: "Say whether a store keeps the promises that Okazaki needs",
		Long: `Asks a store to create a key once, among racers, and to show it at once. What
is written is taken away again, new folders too. Every command probes its store; this one does
nothing else. Where a bucket or a table deletes what is old by a rule of its own, its URL says when,
such as keep=30d.`,
		Example: `  okazaki store probe dir:/mnt/shared/okazaki
  okazaki store probe "s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1"`,
		Args: needs("the URL of a store"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.probe(cmd.Context(), args[0]) },
	}
	a.config.tellFlags(probe.Flags())
	cmd.AddCommand(probe)
	choosing(cmd)
	return cmd
}

func (a *app) probe(ctx context.Context, raw string) error {
	defer removeEmpty(missingFolders(raw))
	p, err := openPlace(ctx, raw)
	if err != nil {
		return err
	}
	defer p.Close()
	counted := store.Count(p.Store.Store)
	if err := store.Probe(ctx, counted); err != nil {
		return err
	}
	if a.config.json {
		return json.NewEncoder(a.out).Encode(probed{p.URL, true, counted.Calls()})
	}
	_, err = fmt.Fprintf(a.out, "%s: OK, creates keys atomically (%d requests)\n", p.URL, counted.Calls())
	return err
}

type probed struct {
	Store string `json:"store"`
	OK    bool   `json:"ok"`
	Calls int64  `json:"calls"`
}

// removeEmpty deletes folders that a probe made, the deepest first: a store's
// own unless it has values by now, and those around it that are empty.
func removeEmpty(made []string) {
	if len(made) == 0 {
		return
	}
	entries, err := os.ReadDir(made[0])
	if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !strings.HasPrefix(e.Name(), "+") }) {
		return
	}
	for _, e := range entries { // the store's lock and journal
		_ = os.RemoveAll(filepath.Join(made[0], e.Name()))
	}
	for _, folder := range made {
		_ = os.Remove(folder)
	}
}

// missingFolders are the folders that a store in a folder would make, the
// deepest first.
func missingFolders(raw string) (missing []string) {
	root := client.StoreFolder(raw)
	if root == "" {
		return nil
	}
	for folder := root; ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(folder); err == nil || folder == filepath.Dir(folder) {
			return missing
		}
		missing = append(missing, folder)
	}
}
