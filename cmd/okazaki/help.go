package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"okazaki"
	"okazaki/analysis"
)

// The groups of flags of commands that submit jobs, and which flags are in
// them. All others come first.
var flagGroups = []struct {
	title string
	names []string
}{
	{"What comes out, and what is said", []string{"output", "tables", "force", "partial", "quiet", "verbose", "json", "help"}},
	{"Where it runs, advanced", []string{"store", "workers", "memory", "fresh", "detach", "deadline", "budget", "concurrency", "span", "aim", "turn", "wake"}},
}

// screen is how much of help -h shows, lines and columns.
const (
	screenLines   = 24
	screenColumns = 80
)

// showHelp prints the help of a command: for -h as much as fits a screen, for
// --help all.
func (a *app) showHelp(cmd *cobra.Command, _ []string) {
	cmd.InitDefaultHelpFlag()
	var text bytes.Buffer
	if a.brief {
		text.WriteString(briefHelp(cmd))
	} else {
		fullHelp(&text, cmd)
	}
	_, a.unsaid = text.WriteTo(cmd.OutOrStdout())
}

// askedBriefly says whether a command line asks for help with -h.
func askedBriefly(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.Contains(args, "-h") && !slices.Contains(args, "--help")
}

func briefHelp(cmd *cobra.Command) string {
	lines := []string{shorten(cmd.CommandPath()+": "+cmd.Short, screenColumns), "", "Usage:  " + cmd.UseLine()}
	if cmd.Example != "" {
		examples := strings.Split(strings.Trim(cmd.Example, "\n"), "\n")
		most := 3
		if !cmd.HasParent() {
			most = 2 // its commands need the room
		}
		lines = append(append(lines, "", "Examples:"), examples[:min(most, len(examples))]...)
	}
	end := []string{"", cmd.CommandPath() + " --help says all."}
	room := screenLines - len(end) - 2 // a title with a line before it
	for _, line := range lines {
		room -= max(1, (utf8.RuneCountInString(line)+screenColumns-1)/screenColumns) // an example is never cut
	}
	if cmd.HasAvailableSubCommands() {
		commands := append([]string{"", "Commands:"}, briefCommands(cmd, room)...)
		lines, room = append(lines, commands...), room-len(commands)
	}
	if !cmd.HasAvailableSubCommands() || strings.Contains(cmd.Use, "[flags]") { // virus has both
		lines = append(append(lines, "", "Flags:"), briefFlags(cmd, room)...)
	}
	return strings.Join(append(lines, end...), "\n") + "\n"
}

// briefCommands are the commands below one. If there is no room for a line each,
// first those without a group share a line, then all but the analyses, and then
// the last analyses too.
func briefCommands(cmd *cobra.Command, room int) (lines []string) {
	for i, groups := range [][]string{{"analyses", "work", ""}, {"analyses", "work"}, {"analyses"}} {
		var others []string
		lines = nil
		for _, c := range cmd.Commands() {
			switch {
			case !c.IsAvailableCommand() || c.Name() == "help":
			case slices.Contains(groups, c.GroupID) && (i < 2 || len(lines) < room-1):
				lines = append(lines, shorten(fmt.Sprintf("  %-12s %s", c.Name(), c.Short), screenColumns))
			default:
				others = append(others, c.Name())
			}
		}
		if len(others) > 0 {
			lines = append(lines, shorten("  and "+strings.Join(others, ", "), screenColumns))
		}
		if len(lines) <= room {
			break
		}
	}
	return lines
}

// shorten cuts a line that is longer than some columns.
func shorten(line string, columns int) string {
	if utf8.RuneCountInString(line) <= columns {
		return line
	}
	return string([]rune(line)[:columns-1]) + "…"
}

// briefFlags are the flags that come first in the help, and where the answer
// goes.
func briefFlags(cmd *cobra.Command, room int) (lines []string) {
	groups := groupedFlags(cmd)
	var flags []*pflag.Flag
	groups[0].VisitAll(func(f *pflag.Flag) { flags = append(flags, f) })
	var last []*pflag.Flag
	for _, name := range []string{"output", "store", "quiet"} {
		if f := cmd.Flags().Lookup(name); f != nil && !slices.Contains(flags, f) && (name != "store" || len(flags) == 0) {
			last = append(last, f)
		}
	}
	flags = append(flags[:min(len(flags), max(0, room-len(last)))], last...)
	for _, f := range flags {
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		value, usage := pflag.UnquoteUsage(f)
		lines = append(lines, shorten(fmt.Sprintf("  %-27s %s", strings.TrimRight(name+" "+value, " "), usage), screenColumns))
	}
	return lines
}

// groupedFlags are a command's flags, those that a user wants first.
func groupedFlags(cmd *cobra.Command) []*pflag.FlagSet {
	groups := []*pflag.FlagSet{newFlags()}
	for range flagGroups {
		groups = append(groups, newFlags())
	}
	submits := cmd.Flags().Lookup("turn") != nil
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		group := 0
		for i, g := range flagGroups {
			if submits && slices.Contains(g.names, f.Name) {
				group = i + 1
			}
		}
		groups[group].AddFlag(f)
	})
	return groups
}

func newFlags() *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SortFlags = false
	return fs
}

func fullHelp(w io.Writer, cmd *cobra.Command) {
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(cmd.Long), cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.Trim(cmd.Example, "\n"))
	}
	listCommands(w, cmd)
	width := 0
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		width, _, _ = term.GetSize(int(f.Fd())) // 0: lines are as long as they are
	}
	for i, flags := range groupedFlags(cmd) {
		if !flags.HasAvailableFlags() {
			continue
		}
		title := "Flags"
		if i > 0 {
			title = flagGroups[i-1].title
		}
		fmt.Fprintf(w, "\n%s:\n%s", title, flags.FlagUsagesWrapped(width))
	}
}

// listCommands lists the commands below one, by their groups.
func listCommands(w io.Writer, cmd *cobra.Command) {
	list := func(title, group string) {
		begun := false
		for _, c := range cmd.Commands() {
			if c.GroupID != group || !c.IsAvailableCommand() {
				continue
			}
			if !begun {
				fmt.Fprintf(w, "\n%s\n", title)
				begun = true
			}
			fmt.Fprintf(w, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
	title := "Commands:"
	if len(cmd.Groups()) > 0 {
		title = "Others:"
	}
	list(title, "")
}

// helpCommand shows the help of the command that its arguments name.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND...]",
		Short:   "Say all about a command",
		Long:    "Shows the whole help of a command. COMMAND -h shows what fits a screen.",
		Example: "  okazaki help virus\n  okazaki help jobs list",
		Args:    cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			at, err := commandNamed(cmd.Root(), args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(at), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := commandNamed(cmd.Root(), args)
			if err != nil {
				return err
			}
			return c.Help()
		},
	}
}

// commandNamed is the command below another that names lead to.
func commandNamed(cmd *cobra.Command, names []string) (*cobra.Command, error) {
	for _, name := range names {
		below := cmd.Commands()
		i := slices.IndexFunc(below, func(c *cobra.Command) bool { return c.Name() == name || c.HasAlias(name) })
		if i < 0 {
			return nil, noCommand(cmd, name)
		}
		cmd = below[i]
	}
	return cmd, nil
}

func commandNames(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// noCommand says that there is no such command, and which may be meant.
func noCommand(cmd *cobra.Command, name string) error {
	hint := "see " + cmd.CommandPath() + " --help"
	if names := commandNames(cmd); len(names) > 0 {
		hint = instead(name, names, "it has ")
	}
	return &okazaki.Error{Message: fmt.Sprintf("%s has no command %q", cmd.CommandPath(), name), Hint: hint}
}

// meant are names of flags as other programs have them, and what they are here.
var meant = map[string][]string{
	"j": {"workers"}, "t": {"workers"}, "p": {"workers"}, "threads": {"workers"}, "cores": {"workers"}, "cpus": {"workers"}, "jobs": {"workers"}, "nproc": {"workers"}, "processes": {"workers"},
	"out": {"output"}, "outfile": {"output"}, "outdir": {"output"}, "out-dir": {"output"}, "output-dir": {"output"}, "outfmt": {"tables", "format"},
	"mem": {"memory"}, "m": {"memory"}, "ref": {"reference", "fasta", "genome"}, "r": {"reference", "fasta", "genome"}, "gff": {"annotation", "genes"}, "gtf": {"genes"},
	"overwrite": {"force"}, "f": {"force"}, "silent": {"quiet"}, "debug": {"verbose"}, "restart": {"fresh"}, "no-cache": {"fresh"},
}

// meantFlag is the flag of a command that a name of other programs means; "" if
// it has none.
func meantFlag(cmd *cobra.Command, name string) string {
	for _, m := range meant[name] {
		if cmd.Flags().Lookup(m) != nil {
			return m
		}
	}
	return ""
}

// nearFlag is the flag of a command whose name, here or in other programs, is
// misspelt as name; "" if it has none.
func nearFlag(cmd *cobra.Command, name string) string {
	if len(name) < 2 {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := analysis.Nearest(name, names); near != "" {
		return near
	}
	return meantFlag(cmd, analysis.Nearest(name, slices.Sorted(maps.Keys(meant))))
}
