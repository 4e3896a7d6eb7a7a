package virus

import (
	"okazaki"
	"okazaki/analysis"
	"okazaki/analysis/report"
)

// outputs is okazaki.Analysis.Outputs.
func outputs(job *okazaki.Job) ([]string, error) {
	v, err := analysis.Decode(params, job)
	if err != nil {
		return nil, err
	}
	pairs := v.String("only") != "mutations"
	names := []string{"mutations.tsv"}
	for _, f := range []struct {
		asked bool
		names []string
	}{
		{len(analysis.Inputs(job, "dataset")) > 0, []string{"parameters.tsv"}},
		{len(analysis.Inputs(job, "metadata")) > 0, []string{"unmatched.tsv"}},
		{v.Bool("aligned"), []string{"aligned.fasta"}},
		{v.Bool("ndjson"), []string{"mutations.ndjson"}},
		{v.Bool("vcf"), []string{"mutations.vcf"}},
		{v.Bool("fingerprint"), []string{"fingerprints.tsv", "signatures.sig"}},
		{pairs, []string{"distances.tsv"}},
		{pairs && v.Int("nearest") > 0, []string{"neighbours.tsv"}},
		{pairs && v.Int("cluster") >= 0, []string{"clusters.tsv"}},
		{pairs && v.Int("within") >= 0, []string{"pairs.tsv"}},
		{pairs && v.String("matrix") != "", []string{"matrix." + v.String("matrix")}},
		{v.Float("recombinants") > 0, []string{"recombinants.tsv", "mixtures.tsv"}},
		{v.Bool("html"), []string{report.FileName}},
	} {
		if f.asked {
			names = append(names, f.names...)
		}
	}
	return names, nil
}
