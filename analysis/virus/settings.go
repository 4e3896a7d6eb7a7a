package virus

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"okazaki"
)

// A setting is one value of a pathogen.json, and whether it counts.
type setting struct {
	name, value string
	honoured    bool
	note        string
}

// A rule says whether settings of a name count. A section's rule is for its
// settings that have no rule of their own.
type rule struct {
	honoured bool
	note     string
}

const (
	noBand      = "no band bounds where the alignment goes"
	removed     = "Nextclade v3 has removed it"
	description = "describes the dataset"
	unread      = "no output depends on it here"
	unknownRule = "not known"
)

// settingRules are by name, a section's members behind a dot.
var settingRules = map[string]rule{
	"$schema": {true, description}, "schemaVersion": {true, description}, "attributes": {true, description}, "meta": {true, description},
	"maintenance": {true, description}, "shortcuts": {true, description}, "compatibility": {true, description}, "version": {true, description},
	"deprecated": {true, description}, "experimental": {true, description}, "enabled": {true, description}, "official": {true, description},
	"defaultCds": {true, "of Nextclade's web page"}, "defaultGene": {true, "of Nextclade's web page"},
	"cdsOrderPreference": {true, "of Nextclade's web page"}, "geneOrderPreference": {true, "of Nextclade's web page"},

	"files": {true, ""}, "mutLabels": {true, ""}, "phenotypeData": {true, ""}, "aaMotifs": {true, ""},
	"primers": {false, unread}, "generalParams": {false, unread}, "treeBuilderParams": {false, "no tree is built"}, "aaChangesParams": {false, unread},
	"refNodes": {false, "relative mutations are not written"},

	"alignmentParams.alignmentPreset": {true, ""},
	"alignmentParams.minLength":       {true, ""}, "alignmentParams.scoreMatch": {true, ""}, "alignmentParams.penaltyMismatch": {true, ""},
	"alignmentParams.penaltyGapOpen": {true, ""}, "alignmentParams.penaltyGapOpenInFrame": {true, ""},
	"alignmentParams.penaltyGapOpenOutOfFrame": {true, ""}, "alignmentParams.penaltyGapExtend": {true, ""},
	"alignmentParams.gapAlignmentSide": {true, ""}, "alignmentParams.terminalBandwidth": {true, ""},
	"alignmentParams.noTranslatePastStop": {true, ""}, "alignmentParams.minSeedCover": {true, ""},
	"alignmentParams.kmerLength": {true, "for minSeedCover"}, "alignmentParams.kmerDistance": {true, "for minSeedCover"},
	"alignmentParams.minMatchLength": {true, "for minSeedCover"}, "alignmentParams.allowedMismatches": {true, "for minSeedCover"},
	"alignmentParams.windowSize":      {true, "for minSeedCover"},
	"alignmentParams.excessBandwidth": {false, noBand}, "alignmentParams.maxBandArea": {false, noBand},
	"alignmentParams.maxAlignmentAttempts": {false, noBand},
	"alignmentParams.maxIndel":             {false, removed}, "alignmentParams.seedLength": {false, removed}, "alignmentParams.seedSpacing": {false, removed},
	"alignmentParams.minSeeds": {false, removed}, "alignmentParams.minMatchRate": {false, removed}, "alignmentParams.mismatchesAllowed": {false, removed},

	"qc.schemaVersion": {true, description},
	"qc.missingData":   {true, ""}, "qc.mixedSites": {true, ""}, "qc.privateMutations": {true, ""}, "qc.snpClusters": {true, ""},
	"qc.frameShifts": {true, ""}, "qc.stopCodons": {true, ""},
}

// ruled are the members of a score's section that count.
var ruled = map[string][]string{
	"qc.missingData": {"enabled", "missingDataThreshold", "scoreBias"},
	"qc.mixedSites":  {"enabled", "mixedSitesThreshold"},
	"qc.privateMutations": {"enabled", "typical", "cutoff", "weightReversionSubstitutions", "weightLabeledSubstitutions",
		"weightUnlabeledSubstitutions"},
	"qc.snpClusters": {"enabled", "windowSize", "clusterCutOff", "scoreWeight"},
	"qc.frameShifts": {"enabled", "scoreWeight", "ignoredFrameShifts"},
	"qc.stopCodons":  {"enabled", "scoreWeight", "ignoredStopCodons"},
}

// settings lists the values of a pathogen.json, one for each parameter.
func settings(pathogen []byte) (out []setting, err error) {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(pathogen, &file); err != nil {
		return nil, notPathogen(pathogenFile, err)
	}
	for name, value := range file {
		members := map[string]json.RawMessage{}
		if name != "alignmentParams" && name != "qc" && !strings.HasSuffix(name, "Params") || json.Unmarshal(value, &members) != nil {
			out = append(out, newSetting(name, value))
			continue
		}
		for member, value := range members {
			fields := map[string]json.RawMessage{}
			if path := name + "." + member; ruled[path] == nil || json.Unmarshal(value, &fields) != nil {
				out = append(out, newSetting(path, value))
				continue
			}
			for field, value := range fields {
				out = append(out, newSetting(name+"."+member+"."+field, value))
			}
		}
	}
	slices.SortFunc(out, func(a, b setting) int { return cmp.Compare(a.name, b.name) })
	return out, nil
}

func newSetting(name string, value json.RawMessage) setting {
	s := setting{name: name, value: string(value)}
	section, field := name, ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		section, field = name[:i], name[i+1:]
	}
	r, ok := settingRules[name]
	switch {
	case ok:
	case ruled[section] != nil:
		if r = settingRules[section]; !slices.Contains(ruled[section], field) {
			r = rule{false, unknownRule}
		}
	case name == "alignmentParams.retryReverseComplement":
		if r = (rule{true, ""}); s.value != "true" {
			r = rule{false, "a genome is always tried both ways"}
		}
	default:
		if r, ok = settingRules[section]; !ok {
			r = rule{false, unknownRule}
		}
	}
	s.honoured, s.note = r.honoured, r.note
	return s
}

// maxSetting is the longest value that is written in full.
const maxSetting = 60

// renderSettings writes parameters.tsv: the dataset's settings, and whether
// they are honoured.
func (e *engine) renderSettings(out okazaki.Outputs) error {
	all := e.first.judge.settings
	if all == nil {
		return nil
	}
	return writeOutput(out, "parameters.tsv", func(w *bufio.Writer) error {
		_, _ = w.WriteString("parameter\tvalue\thonoured\tnote\n") // a bufio.Writer keeps its first error
		for _, s := range all {
			value := strings.Join(strings.Fields(s.value), " ")
			if len(value) > maxSetting {
				value = fmt.Sprintf("%.*s…", maxSetting, value)
			}
			line := append(appendSafe(nil, s.name), '\t')
			line = append(appendSafe(line, strings.ToValidUTF8(value, "")), '\t')
			line = fmt.Appendf(line, "%v\t%s\n", s.honoured, s.note)
			_, _ = w.Write(line)
		}
		return nil
	})
}
