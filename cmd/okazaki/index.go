package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis/guide"
	"okazaki/format/fasta"
	"okazaki/format/sniff"
	"okazaki/format/twobit"
)

// indexCommand holds what prepares a genome once for many questions.
func (a *app) indexCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "index",
		GroupID: "analyses",
		Short:   "Make an index of a genome, its genes, or what is known of it",
		Long:    "Prepare a genome once for many questions.",
		Example: "  okazaki index guide genome.fa.gz -o genome.okx\n  okazaki index genes genes.gff3.gz --fasta genome.fa.gz -o model.okg\n  okazaki index known clinvar.vcf.gz --recipe clinvar -o clinvar.okk",
	}
	cmd.AddCommand(a.indexGuideCommand(), a.indexGenesCommand(), a.indexKnownCommand(), a.indexCheckCommand())
	choosing(cmd)
	return cmd
}

// A guideIndex is what okazaki index guide was asked.
type guideIndex struct {
	output, enzyme, pam, side string
	length                    int
	circular                  []string
}

func (a *app) indexGuideCommand() *cobra.Command {
	q := &guideIndex{}
	cmd := &cobra.Command{
		Use:   "guide GENOME... -o FILE",
		Short: "Index the sites of a PAM, for okazaki guide --index",
		Long: `Finds all sites of a PAM in FASTA files, plain or compressed, or 2bit, and writes an index
that okazaki guide maps into memory: about 15 bytes a site, the genome included.
It takes about 18 bytes a site of memory. Letters other than A, C, G and T are
kept; case is not. Without --pam it has all PAMs that okazaki guide counts
off-targets beside: for NGG also NAG and NGA. An index of --pam NGG is a third of
that, and serves okazaki guide --like cas-offinder; one of NRG --like guidescan.`,
		Example: `  okazaki index guide genome.fa.gz -o genome.okx
  okazaki index guide --pam NRG chr1.fa chr2.fa -o nrg.okx
  okazaki index guide --enzyme cas12a --circular chrM genome.fa -o cas12a.okx`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.indexGuide(cmd.Context(), q, args) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&q.output, "output", "o", "", "file to write (required)")
	fs.StringVar(&q.enzyme, "enzyme", guide.Enzymes[0].Name, "sets PAM and length, as okazaki guide's")
	fs.StringVar(&q.pam, "pam", "", "PAM in IUPAC letters, several with commas; the enzyme's and its off-targets' if not given")
	fs.StringVar(&q.side, "pam-side", "", "end of the protospacer that the PAM lies at, 3 or 5; the enzyme's if not given")
	fs.IntVar(&q.length, "length", 0, "letters of a guide, 17 to 30; the enzyme's if not given")
	fs.StringSliceVar(&q.circular, "circular", nil, "contigs that are circular, separated by commas")
	a.config.forceFlag(fs)
	a.config.tellFlags(fs)
	return cmd
}

// mendOr is the part of an error that the user can mend, or else all of it.
func mendOr(err error) error {
	if mend, ok := errors.AsType[*okazaki.Error](err); ok {
		return mend
	}
	return err
}

// builder is a builder of what was asked.
func (q *guideIndex) builder() (*guide.Builder, error) {
	var names []string
	for _, e := range guide.Enzymes {
		names = append(names, e.Name)
	}
	i := slices.Index(names, q.enzyme)
	if i < 0 {
		return nil, &okazaki.Error{Message: fmt.Sprintf("there is no enzyme %q", q.enzyme), Hint: instead(q.enzyme, names, "one of ")}
	}
	e := guide.Enzymes[i]
	if q.pam != "" {
		e.PAM = q.pam
	}
	if q.side != "" {
		if q.side != "3" && q.side != "5" {
			return nil, &okazaki.Error{Message: fmt.Sprintf("--pam-side can't be %q", q.side), Hint: "give 3 or 5"}
		}
		e.FivePrime = q.side == "5"
	}
	if q.length != 0 {
		e.Length = q.length
	}
	pam, err := guide.NewPAM(e.PAM, e.FivePrime)
	if err != nil {
		return nil, err
	}
	if q.pam == "" {
		pam = pam.Like(guide.Likes[0])
	}
	return guide.NewBuilder(pam, e.Length)
}

func (a *app) indexGuide(ctx context.Context, q *guideIndex, genomes []string) error {
	if len(genomes) == 0 || q.output == "" {
		return &okazaki.Error{Message: "okazaki index guide needs a genome and --output", Hint: "see okazaki index guide --help"}
	}
	b, err := q.builder()
	if err != nil {
		return err
	}
	x, err := a.newIndex(guideKind, q.output, genomes...)
	if err != nil {
		return err
	}
	defer x.discard()
	if err := a.addGenomes(ctx, b, genomes, q.circular); err != nil {
		return err
	}
	if err := x.write(func(w io.Writer) error { return b.Write(ctx, w) }); err != nil {
		return err
	}
	a.tell.say("done", fmt.Sprintf("wrote %s: %d sites of %s", q.output, b.Sites(), b.PAM()), "output", q.output, "sites", b.Sites())
	return nil
}

// addGenomes adds the contigs of all files. Each name under --circular must
// be there.
func (a *app) addGenomes(ctx context.Context, b *guide.Builder, genomes, circular []string) error {
	missing := slices.Clone(circular)
	shown := time.Now()
	for _, file := range genomes {
		err := eachContig(file, func(name string, letters []byte) error {
			missing = slices.DeleteFunc(missing, func(s string) bool { return s == name })
			if time.Since(shown) > progressEvery(a.tell) {
				shown = time.Now()
				a.tell.progress(fmt.Sprintf("read %s of %s", name, file), "contig", name, "file", file)
			}
			return errors.Join(ctx.Err(), b.Add(name, letters, slices.Contains(circular, name)))
		})
		if err != nil {
			return err
		}
	}
	a.tell.still()
	if len(missing) > 0 {
		return &okazaki.Error{Message: "no contig is named " + strings.Join(missing, ", "), Hint: "check --circular"}
	}
	return nil
}

// eachContig calls f for the contigs of a FASTA or 2bit file.
func eachContig(path string, f func(name string, letters []byte) error) error {
	file, err := openLocal(path, sniff.FASTA, sniff.TwoBit)
	if err != nil {
		return err
	}
	defer file.Close()
	if twobit.Is(file) {
		t, err := twobit.Open(path, file)
		if err != nil {
			return err
		}
		var letters []byte
		for i, name := range t.Names() {
			if letters, err = t.Sequence(letters[:0], i); err == nil {
				err = f(name, letters)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	for rec, err := range fasta.Scan(path, io.NewSectionReader(file, 0, file.Size())) {
		if err == nil && rec.Err != nil && len(rec.Seq) > 0 {
			err = rec.Err
		}
		if err == nil {
			err = f(rec.Name, rec.Seq)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
