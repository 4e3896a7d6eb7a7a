package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"okazaki"
	"okazaki/analysis"
)

// Inputs are the files of a question, by the name of the parameter that takes
// them. A folder stands for the files in it.
type Inputs map[string][]string

// A File is an input as it was given.
type File struct {
	Role string // the parameter that takes it
	Name string
	// Open reads it once: it is then kept in the store. nil: it is the file of
	// that name.
	Open func(context.Context) (io.ReadCloser, error)
}

// Arguments is the parameter that takes the analysis' many files, which come
// last in a job; nil if there is none.
func Arguments(an *okazaki.Analysis) *okazaki.Param {
	for i := range an.Params {
		if p := &an.Params[i]; p.Kind == okazaki.FileParam && p.Many {
			return p
		}
	}
	return nil
}

// files are the inputs in the order in which a job of the command line has them,
// so that the same question is the same job.
func (in Inputs) files(an *okazaki.Analysis) (files []File, err error) {
	var roles []string
	last := Arguments(an)
	for i := range an.Params {
		if p := &an.Params[i]; p != last {
			roles = append(roles, p.Name)
		}
	}
	if last != nil {
		roles = append(roles, last.Name)
	}
	for _, role := range slices.Sorted(maps.Keys(in)) {
		if !slices.Contains(roles, role) {
			roles = append(roles, role) // Draft says what is wrong with it
		}
	}
	for _, role := range roles {
		for _, name := range in[role] {
			files = append(files, File{Role: role, Name: name})
		}
	}
	return OpenFolders(an, files)
}

// Find returns the analysis of that name, or an error that names those there are.
func Find(analyses []okazaki.Analysis, name string) (*okazaki.Analysis, error) {
	names := ""
	for i := range analyses {
		if analyses[i].Name == name {
			return &analyses[i], nil
		}
		if i > 0 {
			names += ", "
		}
		names += analyses[i].Name
	}
	return nil, &okazaki.Error{Message: fmt.Sprintf("there is no analysis %q", name), Hint: "there are " + names}
}

// Draft returns the job that asks a question, but for what is in its files. The
// defaults of its parameters are filled in, so that the same question is the same
// job. Check says whether they contradict each other.
func Draft(an *okazaki.Analysis, params json.RawMessage, files []File, limits okazaki.Limits) (*okazaki.Job, error) {
	job := &okazaki.Job{Analysis: an.Name, Version: an.Version, Params: params, Stages: an.Stages, Limits: limits}
	for _, f := range files {
		job.Inputs = append(job.Inputs, okazaki.Input{Role: f.Role, Name: f.Name})
	}
	values, err := analysis.Decode(an.Params, job)
	if err != nil {
		return nil, err
	}
	job.Params = values.Canonical()
	return job, nil
}

// Check returns an error if a draft's parameters, or the roles of its inputs,
// contradict each other.
func Check(an *okazaki.Analysis, draft *okazaki.Job) error {
	if an.Check == nil {
		return nil
	}
	return an.Check(draft)
}
