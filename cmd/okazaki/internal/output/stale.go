package output

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"okazaki"
)

// An Asked is what an answer's files are the answer to.
type Asked struct {
	Data string `json:"data,omitempty"` // digest of what the command read or made; "" if it is not known
}

func (a *answer) find(name string) *answerFile {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	return nil
}

// without is the answer's files that another doesn't have.
func (a *answer) without(b *answer) []answerFile {
	return slices.DeleteFunc(slices.Clone(a.Files), func(f answerFile) bool { return b.find(f.Name) != nil })
}

// replacedBy says whether b has one of a's files, and whether with other bytes.
func (a *answer) replacedBy(b *answer) (replaced, differs bool) {
	for _, f := range b.Files {
		if was := a.find(f.Name); was != nil {
			replaced = true
			differs = differs || was.Size != f.Size || was.CRC != f.CRC
		}
	}
	return replaced, differs
}

// A staleAnswer is the files that a newer answer leaves of an earlier one, and
// which don't belong to it.
type staleAnswer struct {
	answer
	replaced bool // the newer answer has another of its files
}

// add makes b the newest answer of the folder. What it leaves beside it that is
// stale is returned.
func (r *record) add(b answer) (stale []staleAnswer) {
	var kept []answer
	for _, a := range r.Answers {
		rest := a
		rest.Files = a.without(&b)
		replaced, differs := a.replacedBy(&b)
		otherData := a.isOfOtherData(&b)
		folders := !a.named() && !b.named()
		kin := replaced || rest.hasTwin(&b)
		switch {
		case len(rest.Files) == 0:
		case replaced && differs, otherData && (folders || kin):
			kept, stale = append(kept, rest), append(stale, staleAnswer{rest, replaced})
		case replaced: // they belong together
			b.Files = append(b.Files, rest.Files...)
		default:
			kept = append(kept, a)
		}
	}
	r.Answers = append(kept, b)
	return stale
}

// isOfOtherData says whether two answers of one command are to different data,
// as far as that is known.
func (a *answer) isOfOtherData(b *answer) bool {
	return a.Command == b.Command && a.Data != "" && b.Data != "" && a.Data != b.Data
}

// named says whether the user named a file of the answer.
func (a *answer) named() bool {
	return slices.ContainsFunc(a.Files, func(f answerFile) bool { return f.Named })
}

// hasTwin says whether b has one of a's files in another format.
func (a *answer) hasTwin(b *answer) bool {
	return slices.ContainsFunc(a.Files, func(f answerFile) bool {
		return slices.ContainsFunc(b.Files, func(g answerFile) bool { return stem(f.Name) == stem(g.Name) })
	})
}

// stem is a file's name without the endings of its format and compression.
func stem(name string) string {
	ending, compression := EndingOf(name)
	if compression != "" {
		name = name[:len(name)-len(compression)-1]
	}
	if isWritten(ending) {
		name = name[:len(name)-len(ending)-1]
	}
	return name
}

// DigestOf returns the digest of a value by its JSON.
func DigestOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // it is not known then
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

// AskedOf is what a job asks: of its inputs, and of the parameters that stand
// for a file.
func AskedOf(an *okazaki.Analysis, job *okazaki.Job) Asked {
	params, data := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if json.Unmarshal(job.Params, &params) != nil {
		return Asked{}
	}
	for _, p := range an.Params {
		if value, ok := params[p.Name]; ok && p.Kind == okazaki.FileParam {
			data[p.Name] = value
		}
	}
	inputs := [][2]string{}
	for _, in := range job.Inputs {
		inputs = append(inputs, [2]string{in.Role, in.Digest})
	}
	return Asked{DigestOf([]any{job.Version, inputs, data})}
}
