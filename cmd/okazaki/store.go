package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"okazaki/store"
)

// storeCommand holds what is done to stores themselves.
func (a *app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "store",
		Short:   "Try out a store",
		Long:    "Holds the commands on stores themselves.",
		Example: "  okazaki store probe dir:/mnt/shared/okazaki",
	}
	probe := &cobra.Command{
		Use:   "probe URL",
		Short: "Say whether a store keeps the promises that Okazaki needs",
		Long: `Asks a store to create a key once, among racers, and to show it at once. What
is written is taken away again, new folders too. Every command probes its store; this one does
nothing else.`,
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
	made := missingFolders(raw)
	defer func() {
		for _, folder := range made {
			_ = os.Remove(folder) // one that is in use by now stays
		}
	}()
	p, err := openPlace(ctx, raw)
	if err != nil {
		return err
	}
	defer p.close()
	counted := store.Count(p.Store)
	if err := store.Probe(ctx, counted); err != nil {
		return err
	}
	if a.config.json {
		return json.NewEncoder(a.out).Encode(probed{p.url, true, counted.Calls()})
	}
	_, err = fmt.Fprintf(a.out, "%s keeps its promises (asked %d times)\n", p.url, counted.Calls())
	return err
}

type probed struct {
	Store string `json:"store"`
	OK    bool   `json:"ok"`
	Calls int64  `json:"calls"`
}

// missingFolders are the folders that a store in a folder would make, the
// deepest first.
func missingFolders(raw string) (missing []string) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "dir" {
		return nil
	}
	root, err := url.PathUnescape(cmp.Or(u.Opaque, u.EscapedPath()))
	if err != nil || root == "" {
		return nil
	}
	for folder := filepath.Join(root, "+tmp"); ; folder = filepath.Dir(folder) {
		if _, err := os.Lstat(folder); err == nil || folder == filepath.Dir(folder) {
			return missing
		}
		missing = append(missing, folder)
	}
}
