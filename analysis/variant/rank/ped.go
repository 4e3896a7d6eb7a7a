package rank

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"okazaki"
)

// A Person is one line of a PED file.
type Person struct {
	Family, ID     string
	Father, Mother string // "" if the file doesn't have them
	Male, Female   bool   // neither if unknown
	Affected       Answer
	line           int64
}

// A Pedigree is a PED file: people and their parents.
type Pedigree struct {
	name   string
	People []Person
}

const pedHint = "each line has family, individual, father, mother, sex (1 male, 2 female) and affection (1 no, 2 yes); 0 is unknown"

// ReadPed reads a PED file, as PLINK and GATK have it: six columns or more,
// separated by tabs or blanks; lines that begin with # are comments. name is
// for errors, *okazaki.Error with the line.
func ReadPed(name string, r io.Reader) (*Pedigree, error) {
	p := &Pedigree{name: name}
	in := bufio.NewScanner(r)
	line := int64(0)
	for in.Scan() {
		line++
		text := strings.TrimSpace(in.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		one, err := person(strings.Fields(text))
		if err == nil && p.find(one.ID) != nil {
			err = fmt.Errorf("%s is there a second time", one.ID)
		}
		if err != nil {
			return nil, p.wrong(line, err.Error())
		}
		one.line = line
		p.People = append(p.People, one)
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, p.wrong(line+1, "the line is too long")
	} else if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(p.People) == 0 {
		return nil, p.wrong(0, "the pedigree has nobody")
	}
	return p, p.check()
}

func (p *Pedigree) wrong(line int64, message string) error {
	return &okazaki.Error{File: p.name, Line: line, Message: message, Hint: pedHint}
}

func person(cells []string) (Person, error) {
	if len(cells) < 6 {
		return Person{}, fmt.Errorf("the line has %d columns of 6", len(cells))
	}
	known := func(id string) string {
		if id == "0" || id == "-9" || id == "." {
			return ""
		}
		return id
	}
	one := Person{Family: cells[0], ID: cells[1], Father: known(cells[2]), Mother: known(cells[3])}
	switch strings.ToLower(cells[4]) {
	case "1", "male", "m":
		one.Male = true
	case "2", "female", "f":
		one.Female = true
	case "0", "-9", "other", "unknown", ".":
	default:
		return one, fmt.Errorf("%q is not a sex", cells[4])
	}
	switch strings.ToLower(cells[5]) {
	case "1", "unaffected":
		one.Affected = No
	case "2", "affected":
		one.Affected = Yes
	case "0", "-9", ".", "unknown":
	default:
		return one, fmt.Errorf("%q is not an affection", cells[5])
	}
	if one.ID == one.Father || one.ID == one.Mother {
		return one, fmt.Errorf("%s is a parent of itself", one.ID)
	}
	return one, nil
}

func (p *Pedigree) find(id string) *Person {
	for i := range p.People {
		if p.People[i].ID == id && id != "" {
			return &p.People[i]
		}
	}
	return nil
}

// check refuses fathers that are female, families that mix, and ancestors of
// themselves. A parent without a line is allowed: nothing else is known about
// it.
func (p *Pedigree) check() error {
	for i := range p.People {
		one := &p.People[i]
		father, mother := p.find(one.Father), p.find(one.Mother)
		switch {
		case father != nil && father.Female:
			return p.wrong(one.line, fmt.Sprintf("%s, the father of %s, is female in line %d", father.ID, one.ID, father.line))
		case mother != nil && mother.Male:
			return p.wrong(one.line, fmt.Sprintf("%s, the mother of %s, is male in line %d", mother.ID, one.ID, mother.line))
		case one.Father != "" && one.Father == one.Mother:
			return p.wrong(one.line, fmt.Sprintf("%s is both parents of %s", one.Father, one.ID))
		case father != nil && father.Family != one.Family, mother != nil && mother.Family != one.Family:
			return p.wrong(one.line, fmt.Sprintf("a parent of %s is in another family", one.ID))
		case p.descends(one, one.ID, map[string]bool{}):
			return p.wrong(one.line, fmt.Sprintf("%s is an ancestor of itself", one.ID))
		}
	}
	return nil
}

// descends says whether one has the ancestor id. seen are the people looked
// at so far.
func (p *Pedigree) descends(one *Person, id string, seen map[string]bool) bool {
	for _, name := range []string{one.Father, one.Mother} {
		if name == id {
			return true
		}
		if parent := p.find(name); parent != nil && !seen[name] {
			seen[name] = true
			if p.descends(parent, id, seen) {
				return true
			}
		}
	}
	return false
}

// A Trio is a child and its parents in a VCF. Either parent may be missing.
type Trio struct {
	Child, Mother, Father                         int // columns among the samples; -1 if it is not there
	Male                                          bool
	ChildAffected, MotherAffected, FatherAffected Answer
}

// Trio finds a person and its parents among the samples of a VCF: the person
// is child, or if child is "", the only affected one with a parent in the
// VCF.
func (p *Pedigree) Trio(samples []string, child string) (*Trio, error) {
	var one *Person
	for i := range p.People {
		c := &p.People[i]
		switch {
		case child != "" && c.ID != child, !slices.Contains(samples, c.ID):
			continue
		case child == "" && (c.Affected != Yes || !slices.Contains(samples, c.Father) && !slices.Contains(samples, c.Mother)):
			continue
		case one != nil:
			return nil, &okazaki.Error{File: p.name, Line: c.line, Message: fmt.Sprintf("both %s and %s are affected and have parents in the VCF", one.ID, c.ID), Hint: "name one with --sample"}
		}
		one = c
	}
	switch {
	case one == nil && child != "":
		return nil, &okazaki.Error{File: p.name, Message: child + " is not both in the pedigree and in the VCF", Hint: "the VCF has " + strings.Join(samples, ", ")}
	case one == nil:
		return nil, &okazaki.Error{File: p.name, Message: "nobody in the pedigree is affected and in the VCF together with a parent", Hint: "the VCF has " + strings.Join(samples, ", ")}
	}
	t := &Trio{Child: slices.Index(samples, one.ID), Mother: slices.Index(samples, one.Mother), Father: slices.Index(samples, one.Father), Male: one.Male, ChildAffected: one.Affected}
	if m := p.find(one.Mother); m != nil {
		t.MotherAffected = m.Affected
	}
	if f := p.find(one.Father); f != nil {
		t.FatherAffected = f.Affected
	}
	return t, nil
}
