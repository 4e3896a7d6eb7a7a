package guide

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"okazaki"
	"okazaki/analysis"
)

// Analysis is the question "where else in the genome does this guide bind, and
// which guides of my target are best?".
var Analysis = okazaki.Analysis{
	Name:    "guide",
	Version: 5,
	Short:   "CRISPR guides, with every off-target in the genome",
	Long: `Finds where in a genome guides bind, up to --k mismatches and with bulges if
they are allowed, exactly: no hit is missed. The genome is searched by its index
(--index, made once by okazaki index guide) or by a scan (--genome); the answer
is the same. Give guides, which are answered in their order (--guides), or a
target, whose guides are ranked. --target is one of

  20:31349700-31349900  a region, from 1 with both ends; or a contig
  TP53                  a gene or transcript of --genes (GFF3 or GTF): its exons,
                        or with --tss -50:300 these bases from where it begins
  TP53,MYC,8:1-900      several of these; a file may list them too, one a line
  exon.fa               FASTA; the sequences need not be in the genome, such as GFP
  guides.tsv, -         a list of guides, or FASTA, that is read from stdin

A list has one guide per line, in a column that is named (guide, sequence, sgRNA,
spacer, …) or that holds guides; its id or name, and its gene, are carried to all
outputs. A first line without a guide must name columns.

A target that ends like a file name (.fa, .tsv, .gz, …) or has a folder is a file.
Another that could be a file name is refused: write ./NAME for the file.

  guides.tsv  one row per guide: its target, off-targets by number of mismatches,
              scores. Of each target, the best first, whose rank is 1: by
              cfd_specificity_least,
              halved for each reason in demoted (poly_t: TTTT; gc: below 20 or
              above 80 % G and C; late_in_cds: behind 65 % of the coding
              sequence), then CFD specificity, off-targets, efficiency. With
              --genes what is cut: gene, feature (exon, UTR, intron, promoter,
              intergenic), transcripts that have the cut in an exon, cds_percent.
              With --oligos the oligos to order for a vector. (guides.bed, guides.json with --format)
  hits.tsv    one row per hit, if --hits names the file: of each guide the
              closest first, then along the genome. Mismatches are in lower
              case; '-' lies opposite a bulge. With --genes gene,
              feature, and same_gene: it lies in a gene of the guide's own site.
              copy: it is a second copy of a place: alt, on an alternate contig
              or a patch, or par, in what Y has of X. --exclude alt,par,same-gene
              leaves such hits out of all tables, counts and scores.

  variants.tsv  one row per hit that alleles of --vcf create (new), change
              (changed) or destroy (lost), on and off target, with the samples
              that have them (samples, af, populations). In a VCF with genotypes
              all alleles of one copy of a chromosome are taken together (phase
              certain), alleles that are not phased as they may lie (possible,
              up to three), and alleles that no sample has are left out. Without
              genotypes up to three alleles of a site are tried (unknown).

  pairs.tsv     with --pairs: one row per pair of guides, of each target the best
                first. For a deletion guide 1 cuts up to --flank bases before the
                target and guide 2 behind it. For a nickase the PAMs lie outside,
                with --offset bases between the protospacers. length is between
                the cuts: the deletion, or the overhang. The specificities
                include all off-targets of both: 1/(1/s1 + 1/s2 - 1)
                (pairs.bed, pairs.json with --format)

  primers.tsv   with --primers: one row per guide, or pair, with the PCR primers
                to check its cut: of --product bases, the cut at least a quarter of
                the shortest from each primer. They have 18 to 25 bases, melt at
                57 to 63 degrees (SantaLucia 1998), end in G or C, and have no
                more than 4 of a base in a row. forward_copies and reverse_copies
                are the places of their last 16 bases in the genome: 1 if unique
                (primers.bed, primers.json with --format)

  report.html   with --html: a page to open and to print: the guides along their
                target, the first of them with their closest off-targets

Starts and ends are 0-based and half-open, as in BED, and span the protospacer
and its PAM. cut is the base on the right of the cut (of Cas12a, on the strand
that the guide doesn't bind). A guide belongs to a target if its cut lies there.

A hit is one place of a PAM on one strand, with the alignment that has the fewest
bulges, then the fewest mismatches; so bulges only add hits. There is no bulge at
the guide's first or last base. A letter of the genome that is not A, C, G or T is
a mismatch, and in a PAM fits N alone.

Off-targets are also counted beside PAMs that the enzyme cuts less well, as --like
says; the first line of each table names them. --pam N searches without a PAM.

  cfd_specificity  1/(1 + sum of CFD over off-targets), Doench 2016. Bulged ones,
                   and those with other letters, have no CFD: unscored counts
                   them, and cfd_specificity_least is the specificity if each
                   cut like the target
  mit_specificity  100*100/(100 + sum of MIT), Hsu 2013
  rule_set_1       efficiency, 0 to 1, Doench 2014: for guides made in cells from
                   a U6 promoter
  crisprscan       efficiency, about 0 to 100, Moreno-Mateos 2015: for guides made
                   in vitro by T7
  rule_set_2       efficiency, about 0 to 1, Doench 2016 (Azimuth): likewise;
                   rule_set_2_in_protein with the cut's place in the protein
  enpam_gb         efficiency of enAsCas12a, about 0 to 1, DeWeirdt 2020
  okazaki_u6       the same as rule_set_1 by a model of our own, about 0 to 1: the
                   share of measured guides that this one beats

The guide's own site is not counted as an off-target, once. own_site says how it is
known: region (the target's place), mapped (the whole sequence of the target lies
around it in the genome, with at most 5 % of its bases different), assumed (of a
list, the first perfect hit), none. A sequence that is not in the genome has none:
each perfect copy of its guides there is an off-target. Scores exist for SpCas9's
guides of 20 bases (CFD also 17 to 19, aligned at the PAM; enpam_gb for 23 beside a
5' PAM of 4) and for hits without bulges; elsewhere there is NA.`,
	Example: `  okazaki index guide genome.fa.gz -o genome.okx
  okazaki guide --index genome.okx --target chr1:1001-1400 -o target
  okazaki guide --index genome.okx --guides list.tsv -k 4 --hits hits.tsv -o found
  okazaki guide --genome genome.fa.gz --guides list.tsv -k 3 --off-pam NRG --dna-bulges 1 -o -
  okazaki guide --index genome.okx --target TP53 --genes genes.gff3.gz --vcf person.vcf.gz -o tp53
  okazaki guide --index genome.okx --target genes.txt --genes genes.gff3.gz --oligos px330 -o library
  okazaki guide --index genome.okx --target chr1:1001-1400 --pairs deletion --primers 5 -o deletion`,
	Params:  params,
	Check:   check,
	Outputs: outputs,
	Endings: map[string]okazaki.Ending{
		"bed":  {Param: "format", Value: "bed", File: "guides.bed"},
		"json": {Param: "format", Value: "json", File: "guides.json"},
	},
	Columns:  columnKinds,
	Progress: progress,
	Stages:   []string{"hits", "variants", "leaders", "primers", "copies"},
	Open:     open,
}

func open(ctx context.Context, job *okazaki.Job, files okazaki.Files) (okazaki.Engine, error) {
	r, err := requestOf(job)
	if err != nil {
		return nil, err
	}
	e := &engine{request: r, job: job, files: files, block: blockRows}
	if err := e.openGenome(ctx); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// check is okazaki.Analysis.Check.
func check(job *okazaki.Job) error {
	_, err := requestOf(job)
	return err
}

// requestOf returns the job's request, or an error if its parameters contradict
// each other.
func requestOf(job *okazaki.Job) (*request, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	r, err := newRequest(v)
	if err != nil {
		return nil, err
	}
	guides, file := len(analysis.Inputs(job, "guides")) > 0, len(analysis.Inputs(job, "target")) > 0
	if target := file || r.target != ""; target == guides {
		message := "neither --target nor --guides is given"
		if target {
			message = "--target and --guides are both given"
		}
		return nil, &okazaki.Error{Message: message, Hint: "give one of them"}
	}
	if r.exclude.sameGene && len(analysis.Inputs(job, "genes")) == 0 {
		return nil, &okazaki.Error{Message: "--exclude same-gene is given without genes", Hint: "give them with --genes"}
	}
	if len(analysis.Inputs(job, "index"))+len(analysis.Inputs(job, "genome")) == 0 {
		return nil, &okazaki.Error{Message: "there is no genome to search", Hint: "give --index or --genome"}
	}
	return r, cmp.Or(v.About(params, job, "vcf", "sample", "population", "min-af"), v.About(params, job, "genes", "tss"),
		v.About(params, job, "genome", "circular"), v.About(params, job, "hits", "max-hits"))
}

// openGenome opens the index, or else the genome's files.
func (e *engine) openGenome(ctx context.Context) error {
	index, genome := analysis.Inputs(e.job, "index"), analysis.Inputs(e.job, "genome")
	var err error
	if len(genome) > 0 {
		if e.genome, err = openGenome(ctx, e.files, genome, e.request.circular); err != nil || len(index) == 0 {
			return err
		}
	}
	f, err := e.files.Open(ctx, index[0])
	if err != nil {
		return err
	}
	defer f.Close()
	if e.index, err = OpenIndex(index[0].Name, f); err != nil {
		return err
	}
	e.indexed = &indexText{x: e.index}
	return e.request.suits(index[0].Name, e.index)
}

// suits returns an error if the index can't serve the request.
func (r *request) suits(name string, x *Index) error {
	again := fmt.Sprintf("search with --genome, or make an index with --pam %s --length %d", r.off, r.length)
	if r.like != "" && r.pam.Within(x.PAM()) {
		again += fmt.Sprintf("; --like cas-offinder counts hits beside %s alone", r.pam)
	}
	if x.Length() != r.length {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("the index has guides of %d bases, not %d", x.Length(), r.length), Hint: again}
	}
	if !r.off.Within(x.PAM()) {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("the index has the sites of %s only, not all of %s", x.PAM(), r.off), Hint: again}
	}
	return nil
}
