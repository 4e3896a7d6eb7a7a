package virus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"okazaki"
	"okazaki/analysis/virus/clade"
	"okazaki/genome"
)

// A Quality says how a genome's quality is scored, by the rules of Nextclade v3
// (Aksamentov et al. 2021, J. Open Source Softw. 6:3773). The fields are the
// section qc of a dataset's pathogen.json.
type Quality struct {
	MissingData struct {
		Enabled              bool
		MissingDataThreshold float64
		ScoreBias            float64
	}
	MixedSites struct {
		Enabled             bool
		MixedSitesThreshold float64
	}
	PrivateMutations struct {
		Enabled                      bool
		Typical, Cutoff              float64
		WeightReversionSubstitutions float64
		WeightLabeledSubstitutions   float64
		WeightUnlabeledSubstitutions float64
	}
	SNPClusters struct {
		Enabled       bool
		WindowSize    int
		ClusterCutOff int
		ScoreWeight   float64
	}
	FrameShifts struct {
		Enabled            bool
		ScoreWeight        float64
		IgnoredFrameShifts []struct {
			CDSName    string
			CodonRange struct{ Begin, End int }
		}
	}
	StopCodons struct {
		Enabled           bool
		ScoreWeight       float64
		IgnoredStopCodons []struct {
			CDSName string
			Codon   int
		}
	}
}

// defaultWeight is the score of a frame shift, and of a stop codon.
const defaultWeight = 75

// newQuality returns Nextclade's meaning of an empty section qc.
func newQuality() *Quality {
	q := &Quality{}
	p := &q.PrivateMutations
	p.WeightReversionSubstitutions, p.WeightLabeledSubstitutions, p.WeightUnlabeledSubstitutions = 1, 1, 1
	q.FrameShifts.Enabled, q.FrameShifts.ScoreWeight = true, defaultWeight
	q.StopCodons.Enabled, q.StopCodons.ScoreWeight = true, defaultWeight
	return q
}

// SARS2Quality scores the rules that need no tree, by the thresholds of
// Nextclade's SARS-CoV-2 dataset. No stop codon or frame shift is ignored.
func SARS2Quality() *Quality {
	q := newQuality()
	q.MissingData.Enabled, q.MissingData.MissingDataThreshold, q.MissingData.ScoreBias = true, 2700, 300
	q.MixedSites.Enabled, q.MixedSites.MixedSitesThreshold = true, 10
	return q
}

func (q *Quality) check() error {
	for name, bad := range map[string]bool{
		"missingDataThreshold": q.MissingData.Enabled && q.MissingData.MissingDataThreshold <= 0,
		"mixedSitesThreshold":  q.MixedSites.Enabled && q.MixedSites.MixedSitesThreshold <= 0,
		"cutoff":               q.PrivateMutations.Enabled && q.PrivateMutations.Cutoff <= 0,
		"windowSize":           q.SNPClusters.WindowSize < 0,
		"clusterCutOff":        q.SNPClusters.ClusterCutOff < 0,
	} {
		if bad {
			return fmt.Errorf("its qc section's %s is not positive", name)
		}
	}
	return nil
}

// parseQuality reads the section qc of a pathogen.json; nil if it has none.
func parseQuality(name string, pathogen []byte) (*Quality, error) {
	file := struct{ QC *json.RawMessage }{}
	if err := json.Unmarshal(pathogen, &file); err != nil || file.QC == nil {
		return nil, notPathogen(name, err)
	}
	q := newQuality()
	err := json.Unmarshal(*file.QC, q)
	if err == nil {
		err = q.check()
	}
	if err != nil {
		return nil, notPathogen(name, err)
	}
	return q, nil
}

func notPathogen(name string, err error) error {
	if err == nil {
		return nil
	}
	message := fmt.Sprintf("it is not a pathogen.json: %v", err)
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && kind.Field != "" {
		message = fmt.Sprintf("its %s has another kind of value: %s", memberName(kind.Field), kind.Value)
	}
	return &okazaki.Error{File: name, Message: message, Hint: "give the pathogen.json of a Nextclade dataset", Err: err}
}

// memberName is how a pathogen.json calls the field of that path.
func memberName(path string) string {
	names := strings.Split(path, ".")
	for i, name := range names {
		if name != "" {
			names[i] = strings.ToLower(name[:1]) + name[1:]
		}
	}
	return strings.Join(names, ".")
}

// A score is the score of one rule. Below mediocre a genome is good, from bad
// on it is bad.
type score float64

const mediocre, bad score = 30, 100

func (s score) String() string {
	switch {
	case s >= bad:
		return "bad"
	case s >= mediocre:
		return "mediocre"
	}
	return "good"
}

// wholeShare is the share of the reference from which on a genome is not a
// fragment.
const wholeShare = 0.5

// share returns the share of the reference that lies between the genome's ends.
func (c *Calls) share(ref *Reference) float64 {
	return float64(c.Aligned.Len()) / float64(len(ref.Sequence))
}

// fragmentScore returns how far a genome is from being whole. Half of the
// reference scores 0. With no other fault a genome of 36 % is mediocre, and one
// of 25 % bad.
func fragmentScore(share float64) score { return score(max(0, wholeShare-share) * 400) }

// A snpCluster is substitutions close together.
type snpCluster struct {
	genome.Region
	n int
}

// clusters appends to dst the clusters among substitutions in ascending order.
// A cluster is a window of more than cutOff substitutions whose first and last
// are at most window apart, with each later substitution that makes such a
// window with the ones before it.
func clusters(dst []snpCluster, subs []clade.Change, window, cutOff int) []snpCluster {
	first, last := 0, -1 // last: the substitution that ends the last cluster
	for i, s := range subs {
		for s.Pos-subs[first].Pos > window {
			first++
		}
		n := i + 1 - first
		if n <= cutOff {
			continue
		}
		if k := len(dst) - 1; k >= 0 && n > 1 && last == i-1 {
			dst[k].Hi = s.Pos + 1
			dst[k].n++
		} else {
			dst = append(dst, snpCluster{genome.Region{Lo: subs[first].Pos, Hi: s.Pos + 1}, n})
		}
		last = i
	}
	return dst
}
