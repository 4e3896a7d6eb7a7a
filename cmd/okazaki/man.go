package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand prints pages for man(1), which packages install.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man [COMMAND...]",
		Short:   "Print the page of a command for man",
		Long:    "Prints the whole help of a command as a page for man(1), in roff.",
		Example: "  okazaki man virus | man -l -\n  okazaki man jobs list > okazaki-jobs-list.1",
		Args:    cobra.ArbitraryArgs,
		Hidden:  true, // packages bring the pages
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := commandNamed(cmd.Root(), args)
			if err != nil {
				return err
			}
			var page bytes.Buffer
			manPage(&page, c)
			_, err = page.WriteTo(a.out)
			return err
		},
	}
}

// manPage writes a command's help as roff, by the macros of man(7).
func manPage(w io.Writer, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	v := buildVersion()
	fmt.Fprintf(w, ".TH %q 1 %q %q %q\n", strings.ToUpper(manName(cmd)), v.Date, "okazaki "+v.Version, "Okazaki")
	fmt.Fprintf(w, ".SH NAME\n%s \\- %s\n", roff(manName(cmd)), roff(cmd.Short))
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B %s\n%s\n", roff(cmd.CommandPath()), roff(strings.TrimSpace(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()))))
	asItIs(w, "DESCRIPTION", cmp.Or(cmd.Long, cmd.Short))
	if cmd.Example != "" {
		asItIs(w, "EXAMPLES", cmd.Example)
	}
	for i, flags := range groupedFlags(cmd) {
		if !flags.HasAvailableFlags() {
			continue
		}
		title := "Options"
		if i > 0 {
			title = flagGroups[i-1].title
		}
		fmt.Fprintf(w, ".SH %q\n", strings.ToUpper(title))
		flags.VisitAll(func(f *pflag.Flag) { manFlag(w, f) })
	}
	var others []string
	if cmd.HasParent() {
		others = append(others, roff(manName(cmd.Parent())))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			others = append(others, roff(manName(c)))
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(w, ".SH \"SEE ALSO\"\n.BR %s (1)\n", strings.Join(others, " (1),\n.BR "))
	}
}

// manName is the page's name.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manFlag(w io.Writer, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	value, usage := pflag.UnquoteUsage(f)
	if value == "" {
		fmt.Fprintf(w, ".TP\n.B %s\n", roff(name))
	} else {
		fmt.Fprintf(w, ".TP\n\\fB%s\\fR \\fI%s\\fR\n", roff(name), roff(value))
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
		usage += " (default " + f.DefValue + ")"
	}
	fmt.Fprintln(w, roff(usage))
}

// asItIs writes a section whose lines stay as they are.
func asItIs(w io.Writer, title, text string) {
	fmt.Fprintf(w, ".SH %s\n.nf\n%s\n.fi\n", title, roff(strings.Trim(text, "\n")))
}

// roff is text in which nothing is a request or an escape.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
