package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis/guide"
	"okazaki/analysis/variant/known"
	"okazaki/format/table"
)

// completeAll makes the shell complete the flags of all commands.
func completeAll(cmd *cobra.Command) {
	var params []okazaki.Param
	if an := findAnalysis(cmd.Name()); an != nil && cmd.GroupID == "analyses" {
		params = an.Params
	}
	completeFlags(cmd, params)
	for _, c := range cmd.Commands() {
		completeAll(c)
	}
}

// completeFlags makes the shell complete the values of a command's flags: those
// of params that have choices, and of flags that all commands share.
func completeFlags(cmd *cobra.Command, params []okazaki.Param) {
	values := map[string][]string{
		"tables": table.Formats, "recipe": known.Recipes, "arch": {"arm64", "x86_64"}, "data": {"keep", "delete"},
	}
	for _, e := range guide.Enzymes {
		values["enzyme"] = append(values["enzyme"], e.Name)
	}
	directive := map[string]cobra.ShellCompDirective{}
	for _, p := range params {
		if len(p.Choices) > 0 {
			values[p.Name] = p.Choices
			if p.Kind == okazaki.FileParam { // or a file
				directive[p.Name] = cobra.ShellCompDirectiveDefault
			}
		}
	}
	for name, list := range values {
		if cmd.Flags().Lookup(name) == nil {
			continue
		}
		if _, ok := directive[name]; !ok {
			directive[name] = cobra.ShellCompDirectiveNoFileComp
		}
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(list, directive[name])) // it fails only if there is no such flag, or it is registered
	}
	if cmd.Flags().Lookup("store") != nil {
		_ = cmd.RegisterFlagCompletionFunc("store", cobra.FixedCompletions([]string{"mem:", "dir:", "s3://", "dynamo://"}, cobra.ShellCompDirectiveNoSpace))
	}
}

// completeJobs completes the id of a job of the store.
func (a *app) completeJobs(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || fill(cmd.Flags()) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmp.Or(cmd.Context(), context.Background()), 3*time.Second) // Tab should not take longer
	defer cancel()
	p, err := openStore(ctx, a.config.store)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer p.Close()
	jobs, err := loadJobs(ctx, p)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, j := range jobs {
		if strings.HasPrefix(j.ID, begun) {
			ids = append(ids, fmt.Sprintf("%s\t%s, %s, %s", j.ID, j.Analysis, j.State, ago(time.Duration(j.AgeS*float64(time.Second)))))
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
