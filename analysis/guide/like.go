package guide

import "strings"

// Likes are the tools whose choice of off-target PAMs can be asked for; the
// first is the default.
//
// crispor: offtargetPams of CRISPOR (Concordet and Haeussler 2018, Nucleic Acids
// Res. 46:W242), and NYN for SpRY, which cuts there too (Walton et al. 2020).
// guidescan: GuideScan2 (Schmidt et al. 2025) with its alternative PAM. cas-offinder: the PAM that is given (Bae et al. 2014,
// Bioinformatics 30:1473).
var Likes = []string{"crispor", "guidescan", "cas-offinder"}

// alternatives are, by tool and PAM, the other PAMs beside which off-targets
// are counted.
var alternatives = map[string]map[string]string{
	"crispor": {
		"NGG": "NAG,NGA", "NGA": "NGG", "NGK": "GAW", "NNGRRT": "NNGRRN", "NRN": "NYN",
		"TTTV": "TTTN", "ATTN": "TTTN,GTTN", "TTYN": "VTTV,TRTV",
	},
	"guidescan": {"NGG": "NAG"},
}

// Like returns p with the other PAMs beside which a tool counts off-targets.
func (p PAM) Like(tool string) PAM {
	all := p
	for _, s := range p.Patterns {
		if more := alternatives[tool][s]; more != "" {
			all = all.Or(PAM{Patterns: strings.Split(more, ","), FivePrime: p.FivePrime})
		}
	}
	return all
}
