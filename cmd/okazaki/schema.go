package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis"
)

// schemaCommand prints what an analysis takes, for programs.
func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "schema ANALYSIS",
		Short:     "Print the JSON Schema of an analysis' parameters",
		Long:      "Prints the JSON Schema (2020-12) of a request for an analysis: one property per\nparameter. Files have the format okazaki-input, or okazaki-input-or-text where a\nname that is not a file means something else.",
		Example:   "  okazaki schema composition",
		ValidArgs: analysisNames(),
		Args:      needs("an analysis"),
		RunE: func(_ *cobra.Command, args []string) error {
			an := findAnalysis(args[0])
			if an == nil {
				return &okazaki.Error{Message: fmt.Sprintf("there is no analysis %q", args[0]), Hint: instead(args[0], analysisNames(), "one is ")}
			}
			var b bytes.Buffer
			if err := json.Indent(&b, analysis.Schema(*an), "", "  "); err != nil {
				return fmt.Errorf("schema of %s: %w", an.Name, err)
			}
			b.WriteByte('\n')
			_, err := b.WriteTo(a.out)
			return err
		},
	}
}

// needs makes a command take exactly one argument.
func needs(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return &okazaki.Error{
			Message: fmt.Sprintf("%s needs %s, and was given %d", cmd.CommandPath(), what, len(args)),
			Hint:    "see " + cmd.CommandPath() + " --help",
		}
	}
}
