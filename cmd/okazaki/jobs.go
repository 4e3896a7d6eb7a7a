package main

import (
	"github.com/spf13/cobra"
)

const jobsExample = `  okazaki jobs list
  okazaki jobs show 3f2a
  okazaki jobs cancel --store dir:/mnt/shared/okazaki 3f2a
  okazaki jobs gc --older 24h`

// jobsCommand holds what is done to the jobs of a store.
func (a *app) jobsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "jobs",
		Short:   "List, show, watch, cancel, sweep and delete the jobs of a store",
		Long:    "Holds the commands on the jobs of a store. A job's id may be cut short, as long\nas it is the only one that begins so.",
		Example: jobsExample,
	}
	choosing(cmd)
	return cmd
}
