package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// spdx is a document of SPDX 2.3: what a program was made of.
type spdx struct {
	Version   string         `json:"spdxVersion"`
	License   string         `json:"dataLicense"`
	ID        string         `json:"SPDXID"`
	Name      string         `json:"name"`
	Namespace string         `json:"documentNamespace"`
	Creation  spdxCreation   `json:"creationInfo"`
	Packages  []spdxPackage  `json:"packages"`
	Relations []spdxRelation `json:"relationships"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID        string         `json:"SPDXID"`
	Name      string         `json:"name"`
	Version   string         `json:"versionInfo"`
	Download  string         `json:"downloadLocation"`
	Analyzed  bool           `json:"filesAnalyzed"`
	Concluded string         `json:"licenseConcluded"`
	Declared  string         `json:"licenseDeclared"`
	Copyright string         `json:"copyrightText"`
	Checksums []spdxChecksum `json:"checksums,omitempty"`
	Refs      []spdxRef      `json:"externalRefs,omitempty"`
}

type spdxChecksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type spdxRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type spdxRelation struct {
	From string `json:"spdxElementId"`
	Kind string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

// sbom writes what a program was made of, as Go wrote it into the program.
func (r *release) sbom(t target, program string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	const none = "NOASSERTION"
	sum := fmt.Sprintf("%x", sha256.Sum256(b))
	name := r.base(t)
	doc := spdx{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: name, Namespace: "urn:okazaki:sbom:" + name + ":" + sum,
		Creation:  spdxCreation{r.stamp.date.Format(time.RFC3339), []string{"Organization: " + maintainer, "Tool: okazaki-tools-release"}},
		Packages:  []spdxPackage{{"SPDXRef-okazaki", "okazaki", r.stamp.number(), none, false, "Apache-2.0", "Apache-2.0", maintainer, []spdxChecksum{{"SHA256", sum}}, nil}},
		Relations: []spdxRelation{{"SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-okazaki"}},
	}
	add := func(name, version, locator string) {
		id := "SPDXRef-" + unfit.ReplaceAllString(name, "-")
		doc.Packages = append(doc.Packages, spdxPackage{id, name, version, none, false, none, none, none, nil, []spdxRef{{"PACKAGE-MANAGER", "purl", locator}}})
		doc.Relations = append(doc.Relations, spdxRelation{"SPDXRef-okazaki", "DEPENDS_ON", id})
	}
	version := strings.TrimPrefix(info.GoVersion, "go")
	add("stdlib", version, "pkg:golang/stdlib@"+version)
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		add(m.Path, m.Version, "pkg:golang/"+m.Path+"@"+m.Version)
	}
	text, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dist, name+".spdx.json"), append(text, '\n'), 0o666)
}

// unfit is what an identifier of SPDX may not have.
var unfit = regexp.MustCompile(`[^A-Za-z0-9.]+`)
