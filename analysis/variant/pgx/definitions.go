// Package pgx calls star alleles: from a person's genotypes at the positions
// that pharmacogenes are defined by, to diplotypes, their function and
// phenotype. It follows PharmCAT's named allele matcher (Sangkuhl et al.
// 2020, doi:10.1002/cpt.1568), and reads PharmCAT's definitions, which are
// not part of the program.
//
// Its one invariant: what is called depends only on the records at the defined
// positions, in the file's order, so that a file may be cut anywhere.
package pgx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"okazaki"
)

// Definitions are the genes that can be called, and the positions to look at.
type Definitions struct {
	Genes []*Gene // by name
	Build string  // the assembly of the positions, such as GRCh38.p14

	sites  []site           // every position of every gene, sorted
	starts map[string][]int // by chromosome without "chr": its sites, as [lo, hi)
}

// A Gene is its positions, its named alleles, and what they do.
type Gene struct {
	Name       string
	Chromosome string // as the definition writes it: chr10
	Version    string // of the definition
	Positions  []Position
	Alleles    []Allele // the reference allele is one of them
	Phenotypes *Phenotypes
	Levels     []Level // CPIC's levels of its drugs, by drug; none if the files don't say

	reference  int   // its index in Alleles
	sites      []int // of each position, in Definitions.sites
	required   []int // positions without which nothing is called
	priorities []priority
	cores      map[string]string // of a suballele, such as *45.001: *45
}

// A Position is a place that alleles of a gene are told apart by.
type Position struct {
	Pos  int    // of REF's first base, 0-based
	RSID string // "" if it has none
	Ref  string
	Alts []string

	hgvs []string // of each ALT
}

// An Allele is a named allele of a gene: *2, c.1905+1G>A (*2A).
type Allele struct {
	Name      string
	Reference bool
	Letters   []string // at each position of the gene; "" if the allele doesn't say; IUPAC letters stand for several
	core      []bool   // positions that a combination must have; nil means the positions where Letters is set
}

// A Level is how strong CPIC finds the evidence for a drug of a gene.
type Level struct {
	Drug, Level string // A, A/B, B, B/C, C, C/D, D
}

type site struct {
	chrom string // without "chr"
	pos   int
}

// A priority names the diplotype to report among those that unphased
// genotypes can't tell apart.
type priority struct {
	List []string `json:"list"`
	Pick string   `json:"pick"`
}

// A File is one file of a folder of definitions.
type File struct {
	Name string // as the user would name it
	Data []byte
}

// maxFile and maxFiles bound what is read from a folder or an archive.
const (
	maxFile  = 64 << 20
	maxFiles = 4096
)

// Files returns the files below the folder name, or the one file name, by
// their names.
func Files(name string) ([]File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, &okazaki.Error{File: name, Message: "can't be read", Hint: "give the folder or the zip archive of PharmCAT's definitions", Err: err}
	}
	if !info.IsDir() {
		data, err := os.ReadFile(name)
		return []File{{name, data}}, err
	}
	return walk(name, os.DirFS(name))
}

// walk reads the JSON and CSV files of a tree.
func walk(name string, tree fs.FS) (files []File, err error) {
	err = fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".json", ".csv"}, path.Ext(p)) {
			return err
		}
		if len(files) == maxFiles {
			return &okazaki.Error{File: name, Message: "holds thousands of files", Hint: "give the folder of PharmCAT's definitions itself"}
		}
		f, err := tree.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		if err == nil && len(data) > maxFile {
			err = &okazaki.Error{File: name, Record: p, Message: "is too large for a definition"}
		}
		files = append(files, File{path.Join(name, p), data})
		return err
	})
	return files, err
}

// unzip puts the files of zip archives in their place.
func unzip(files []File) (all []File, err error) {
	for _, f := range files {
		if !bytes.HasPrefix(f.Data, []byte("PK\x03\x04")) {
			all = append(all, f)
			continue
		}
		archive, err := zip.NewReader(bytes.NewReader(f.Data), int64(len(f.Data)))
		if err != nil {
			return nil, &okazaki.Error{File: f.Name, Message: "is a damaged zip archive: " + err.Error(), Hint: "fetch it again", Err: err}
		}
		within, err := walk(f.Name, archive)
		if err != nil {
			return nil, err
		}
		all = append(all, within...)
	}
	return all, nil
}

// The JSON of a definition, as far as it is read.
type definitionJSON struct {
	Gene       string
	Chromosome string
	Version    string
	Build      string `json:"genomeBuild"`
	Variants   []variantJSON
	Alleles    []struct {
		Name          string
		Reference     bool
		Alleles       []*string
		CorePositions []int
	} `json:"namedAlleles"`
	HiddenCores []struct{ Name string } `json:"hiddenCoreAlleles"`
	Suballeles  map[string]string       `json:"suballelesMap"`
}

type variantJSON struct {
	Position  int
	CPIC      int `json:"cpicPosition"`
	RSID      *string
	HGVSNames string `json:"chromosomeHgvsName"`
	Ref       string
	Alts      []string
}

type exemptionJSON struct {
	Required       []variantJSON `json:"requiredPositions"`
	Ignored        []variantJSON `json:"ignoredPositions"`
	IgnoredAlleles []string
	Priorities     []priority `json:"unphasedDiplotypePriorities"`
}

// UnmarshalJSON takes a position either as a number or as a variant.
func (v *variantJSON) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &v.Position) == nil {
		return nil
	}
	type plain variantJSON
	return json.Unmarshal(data, (*plain)(v))
}

// Parse reads definitions, zip archives of them too: files with named alleles, phenotypes, exemptions
// and a table of CPIC's gene-drug pairs are told apart by what they hold, and others are
// passed over.
func Parse(files []File) (*Definitions, error) {
	files, err := unzip(files)
	if err != nil {
		return nil, err
	}
	d := &Definitions{}
	phenotypes := map[string]*Phenotypes{}
	levels := map[string][]Level{}
	exemptions := map[string]exemptionJSON{}
	genes := map[string]*Gene{}
	var raw []definitionJSON
	for _, f := range files {
		switch {
		case path.Ext(f.Name) == ".csv":
			if err := readLevels(f, levels); err != nil {
				return nil, err
			}
		case path.Base(f.Name) == "exemptions.json":
			if err := json.Unmarshal(f.Data, &exemptions); err != nil {
				return nil, bad(f, err)
			}
		default:
			var kind struct {
				NamedAlleles, Variants, Diplotypes json.RawMessage
				Gene                               string
			}
			if err := json.Unmarshal(f.Data, &kind); err != nil {
				if strings.HasSuffix(f.Name, "_translation.json") {
					return nil, bad(f, err)
				}
				continue // some other JSON
			}
			if kind.Gene == "" {
				continue
			}
			if kind.Variants != nil && kind.NamedAlleles != nil {
				var def definitionJSON
				if err := json.Unmarshal(f.Data, &def); err != nil {
					return nil, bad(f, err)
				}
				if genes[def.Gene] != nil {
					return nil, &okazaki.Error{File: f.Name, Message: "defines " + def.Gene + ", which another file of the folder defines too",
						Hint: "give the folder of one release of PharmCAT's definitions"}
				}
				genes[def.Gene] = &Gene{Name: def.Gene}
				raw = append(raw, def)
			} else if kind.Diplotypes != nil {
				p, err := readPhenotypes(f)
				if err != nil {
					return nil, err
				}
				phenotypes[p.gene] = p
			}
		}
	}
	for _, def := range raw {
		g := genes[def.Gene]
		if err := g.define(def, exemptions[def.Gene]); err != nil {
			return nil, err
		}
		g.Phenotypes, g.Levels = phenotypes[def.Gene], levels[def.Gene]
		if d.Build == "" {
			d.Build = def.Build
		}
		if major(def.Build) != major(d.Build) {
			return nil, &okazaki.Error{Message: fmt.Sprintf("%s is defined on %s and others on %s", g.Name, def.Build, d.Build), Hint: "give one release of PharmCAT's definitions"}
		}
		d.Genes = append(d.Genes, g)
	}
	if len(d.Genes) == 0 {
		return nil, &okazaki.Error{Message: "no file defines named alleles", Hint: "give the folder that holds PharmCAT's *_translation.json files"}
	}
	slices.SortFunc(d.Genes, func(a, b *Gene) int { return cmp.Compare(a.Name, b.Name) })
	d.index()
	return d, nil
}

func bad(f File, err error) error {
	return &okazaki.Error{File: f.Name, Message: "is not a definition: " + err.Error(), Hint: "give PharmCAT's files as they were released", Err: err}
}

// major is a build without its patch: GRCh38 of GRCh38.p14.
func major(build string) string {
	build, _, _ = strings.Cut(build, ".")
	return build
}

// define fills in the gene from its JSON.
func (g *Gene) define(def definitionJSON, ex exemptionJSON) error {
	wrong := func(format string, args ...any) error {
		return &okazaki.Error{Message: "the definition of " + def.Gene + ": " + fmt.Sprintf(format, args...), Hint: "give PharmCAT's files as they were released"}
	}
	g.Chromosome, g.Version, g.priorities, g.reference = def.Chromosome, def.Version, ex.Priorities, -1
	has := func(list []variantJSON, pos int) bool {
		return slices.ContainsFunc(list, func(v variantJSON) bool { return v.Position == pos })
	}
	var keep []int
	for i, v := range def.Variants {
		if has(ex.Ignored, v.Position) {
			continue
		}
		if v.Position < 1 || v.Ref == "" {
			return wrong("position %d has no REF", v.Position)
		}
		p := Position{Pos: v.Position - 1, Ref: v.Ref, Alts: v.Alts}
		if v.RSID != nil {
			p.RSID = *v.RSID
		}
		if names := strings.Split(v.HGVSNames, "; "); len(names) == len(v.Alts) {
			p.hgvs = names
		}
		if has(ex.Required, v.Position) {
			g.required = append(g.required, len(g.Positions))
		}
		g.Positions = append(g.Positions, p)
		keep = append(keep, i)
	}
	if len(g.Positions) == 0 || len(g.Positions) > 1<<16 {
		return wrong("%d positions", len(g.Positions))
	}
	for _, a := range def.Alleles {
		if slices.Contains(ex.IgnoredAlleles, a.Name) {
			continue
		}
		if len(a.Alleles) != len(def.Variants) {
			return wrong("%s says %d positions of %d", a.Name, len(a.Alleles), len(def.Variants))
		}
		allele := Allele{Name: a.Name, Reference: a.Reference, Letters: make([]string, len(keep)), core: make([]bool, len(keep))}
		for x, i := range keep {
			if a.Alleles[i] != nil {
				allele.Letters[x] = *a.Alleles[i]
			}
			allele.core[x] = slices.Contains(a.CorePositions, def.Variants[i].Position) || len(a.CorePositions) == 0 && allele.Letters[x] != ""
		}
		if a.Reference && g.reference < 0 {
			g.reference = len(g.Alleles)
		}
		g.Alleles = append(g.Alleles, allele)
	}
	if g.reference < 0 {
		// Older definitions put the reference first and don't mark it.
		if len(g.Alleles) == 0 {
			return wrong("no alleles")
		}
		g.reference, g.Alleles[0].Reference = 0, true
	}
	g.cores = map[string]string{}
	for sub, core := range def.Suballeles {
		g.cores[sub] = core
	}
	return nil
}

// index lays out the positions of all genes.
func (d *Definitions) index() {
	for _, g := range d.Genes {
		for _, p := range g.Positions {
			d.sites = append(d.sites, site{plainChrom(g.Chromosome), p.Pos})
		}
	}
	order := func(a, b site) int { return cmp.Or(cmp.Compare(a.chrom, b.chrom), cmp.Compare(a.pos, b.pos)) }
	slices.SortFunc(d.sites, order)
	d.sites = slices.Compact(d.sites)
	for _, g := range d.Genes {
		g.sites = make([]int, len(g.Positions))
		for x, p := range g.Positions {
			g.sites[x], _ = slices.BinarySearchFunc(d.sites, site{plainChrom(g.Chromosome), p.Pos}, order)
		}
	}
	d.starts = map[string][]int{}
	for i, s := range d.sites {
		if d.starts[s.chrom] == nil {
			d.starts[s.chrom] = []int{i, i}
		}
		d.starts[s.chrom][1] = i + 1
	}
}

// plainChrom is a chromosome's name without "chr".
func plainChrom(name string) string {
	if len(name) > 3 && strings.EqualFold(name[:3], "chr") {
		return name[3:]
	}
	return name
}
