package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis/guide"
	"okazaki/analysis/variant/gene"
	"okazaki/analysis/variant/known"
	"okazaki/format/fasta"
)

func (a *app) indexCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check INDEX...",
		Short: "Read whole indexes and compare their checksums",
		Long: `Reads indexes of all kinds whole (okazaki index guide, genes and known make them),
and compares each section with its checksum. It also says if an index is cut short or
has bytes after its end. Other commands check the sections that they read, so that a
damaged index ends in an error and never in a wrong answer; this is for one that was
copied or kept for long.`,
		Example: "  okazaki index check genome.okx model.okg clinvar.okk",
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.indexCheck(cmd.Context(), args) },
	}
	a.config.tellFlags(cmd.Flags())
	return cmd
}

func (a *app) indexCheck(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		return &okazaki.Error{Message: "okazaki index check needs an index", Hint: "see okazaki index check --help"}
	}
	for _, path := range paths {
		text, attrs, err := checkIndex(ctx, path)
		if err != nil {
			return mendOr(err)
		}
		a.tell.say("done", path+" is sound: "+text, append([]any{"index", path}, attrs...)...)
	}
	return nil
}

// checkIndex reads an index of any kind, and says what is in it.
func checkIndex(ctx context.Context, path string) (text string, attrs []any, err error) {
	source, err := fasta.Open(path)
	if err != nil {
		return "", nil, err
	}
	f := source.File
	defer func() { err = errors.Join(err, f.Close()) }()
	switch {
	case guideKind.is(f):
		x, err := guide.OpenIndex(path, f)
		if err != nil {
			return "", nil, err
		}
		text = fmt.Sprintf("%d sites of %s, guides of %d bases", x.Sites(), x.PAM(), x.Length())
		return text, []any{"sites", x.Sites()}, errors.Join(x.Check(ctx), x.Close())
	case genesKind.is(f):
		m, err := gene.Open(path, f)
		if err != nil {
			return "", nil, err
		}
		text = fmt.Sprintf("%d transcripts on %d contigs", m.Transcripts(), len(m.Contigs))
		return text, []any{"transcripts", m.Transcripts(), "contigs", len(m.Contigs)}, errors.Join(m.Verify(ctx), m.Close())
	case knownKind.is(f):
		s, err := known.Open(path, f)
		if err != nil {
			return "", nil, err
		}
		return s.String(), []any{"rows", s.Rows()}, errors.Join(s.Verify(ctx), s.Close())
	}
	return "", nil, &okazaki.Error{File: path, Message: "this is not an index of okazaki", Hint: "give what okazaki index guide (.okx), genes (.okg) or known (.okk) wrote"}
}
