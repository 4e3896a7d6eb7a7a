package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"okazaki"
	"okazaki/client"
	"okazaki/cmd/okazaki/internal/output"
)

// guard returns a guard of the command's inputs and of its configuration file.
func (a *app) guard(inputs ...string) *output.Guard {
	config, _ := configFile()
	return output.NewGuard(append([]string{config}, inputs...), a.in, client.StoreFolder(a.config.store), a.config.force)
}

// A folderful is what a command writes into a folder besides an answer.
type folderful struct {
	dir, command string
	names        []string
	write        func(okazaki.Outputs) error
	inputs       []string // files and folders that are read
	made         any      // what the files are made of besides: options of a simulation
}

// writeFolder writes files into a folder, all or none, and returns their
// paths.
func (a *app) writeFolder(f folderful) ([]string, error) {
	if output.NamesFile(filepath.Clean(f.dir)) {
		return nil, &okazaki.Error{
			File: f.dir, Message: fmt.Sprintf("this names a file, and okazaki %s writes several", f.command),
			Hint: "name a folder with --output, one without the ending of a file",
		}
	}
	options := output.Options{Where: f.dir, Command: f.command, Names: f.names, Guard: a.guard(f.inputs...), Stdout: a.out, Build: buildLine}
	if f.made != nil {
		options.Asked.Data = output.DigestOf(f.made)
	}
	out, err := output.New(options)
	if err == nil {
		err = out.Begin()
	}
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	if err := f.write(out); err != nil {
		return nil, err
	}
	done, err := out.Commit()
	if err != nil {
		return nil, err
	}
	a.tellStale(done)
	return done.Paths, nil
}

// tellStale says what became of an earlier answer's files.
func (a *app) tellStale(done *output.Committed) {
	if len(done.Removed) > 0 {
		a.tell.say("removed", "removed "+strings.Join(done.Removed, ", ")+" of an earlier answer, which is replaced", "files", done.Removed)
	}
	if len(done.Stale) > 0 {
		a.tell.warn("stale", strings.Join(done.Stale, ", ")+" stays from an earlier answer, of which other files were replaced", "files", done.Stale)
	}
	if len(done.Other) > 0 {
		a.tell.warn("stale", strings.Join(done.Other, ", ")+" stays from an earlier answer, to other data", "files", done.Other)
	}
}
