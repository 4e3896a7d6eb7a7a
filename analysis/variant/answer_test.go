package variant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"okazaki/format/bgzf"
	"okazaki/format/tabix"
	"okazaki/format/vcf"
	"okazaki/internal/filetest"
)

// each calls f for the records of a VCF.
func each(t testing.TB, text []byte, f func(*vcf.Record)) *vcf.Header {
	t.Helper()
	r, err := vcf.Open("a.vcf", filetest.Memory(text), 1)
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range r.Records() {
		if err != nil {
			t.Fatal(err)
		}
		f(rec)
	}
	return r.Header()
}

// alleles returns the alleles of a VCF, as "1:17 A>C"; a record without any
// counts as one.
func alleles(t testing.TB, text []byte) (all []string) {
	each(t, text, func(rec *vcf.Record) {
		n := 0
		for _, alt := range rec.Alts() {
			all = append(all, fmt.Sprintf("%s:%d %s>%s", rec.Chrom, rec.Pos+1, rec.Ref, alt))
			n++
		}
		if n == 0 {
			all = append(all, fmt.Sprintf("%s:%d %s>.", rec.Chrom, rec.Pos+1, rec.Ref))
		}
	})
	return all
}

// rowsOf are the cells of a table by its columns.
func rowsOf(t testing.TB, table []byte) (rows []map[string]string) {
	t.Helper()
	var columns []string
	for line := range strings.Lines(string(table)) {
		line = strings.TrimSuffix(line, "\n")
		cells := strings.Split(line, "\t")
		switch {
		case strings.HasPrefix(line, "## "):
			continue
		case columns == nil:
			columns = cells
			continue
		case len(cells) != len(columns):
			t.Fatalf("%d cells of %d: %q", len(cells), len(columns), line)
		}
		row := map[string]string{}
		for i, c := range columns {
			row[c] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// ranked compares a table with its VCF: every allele is there once, in the
// order of ranks, each with a consequence or a reason.
func ranked(t testing.TB, table, variants []byte) {
	var got []string
	last := 1 << 30
	order := []string{"pathogenic", "likely pathogenic", "uncertain", "not judged", "likely benign", "benign"}
	tier := 0
	for i, row := range rowsOf(t, table) {
		if row["rank"] != strconv.Itoa(i+1) {
			t.Fatalf("row %d has rank %s", i+1, row["rank"])
		}
		if (row["consequence"] == "") == (row["reason"] == "") {
			t.Errorf("%v has a consequence and a reason, or neither", row)
		}
		points, err := strconv.Atoi(row["points"])
		if err != nil {
			t.Fatal(err)
		}
		if row["clinvar"] == "" { // elsewhere ClinVar's may be ranked by
			if of := slices.Index(order, row["class"]); of < tier {
				t.Errorf("%v is after %s", row, order[tier])
			} else if of > tier {
				tier, last = of, 1<<30
			}
			if points > last {
				t.Errorf("%v has %d points after %d", row, points, last)
			}
			last = points
		}
		got = append(got, fmt.Sprintf("%s:%s %s>%s", row["contig"], row["position"], row["ref"], row["alt"]))
	}
	want := alleles(t, variants)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d alleles of %d", len(got), len(want))
	}
}

// annotated compares a VCF with the VCF that it was made from, and its index
// with its records.
func annotated(t testing.TB, out map[string][]byte, variants []byte) {
	var was []string
	each(t, variants, func(rec *vcf.Record) { was = append(was, string(rec.Text)) })
	i, called := 0, 0
	got := out["variants.vcf.gz"]
	x, err := tabix.Read("x", bytes.NewReader(out["variants.vcf.gz.tbi"]))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	h := each(t, got, func(rec *vcf.Record) {
		text := string(rec.Text)
		lines = append(lines, text)
		csq, ok := rec.Get("CSQ")
		why, silent := rec.Get("NOT_CALLED")
		if !ok && !silent {
			t.Errorf("%s has neither consequences nor a reason", text)
		}
		if n := bytes.Count(rec.Alt, []byte{','}); silent && bytes.Count(why, []byte{','}) != n {
			t.Errorf("%s has not a reason for each of %d alleles", text, n+1)
		}
		if silent && ok != slices.ContainsFunc(bytes.Split(why, []byte{','}), func(w []byte) bool { return string(w) == "." }) {
			t.Errorf("%s has consequences, and a reason for each allele; or neither", text)
		}
		for entry := range bytes.SplitSeq(csq, []byte{','}) {
			if ok && bytes.Count(entry, []byte{'|'}) != 31 {
				t.Errorf("an entry of %d fields: %s", bytes.Count(entry, []byte{'|'})+1, entry)
			}
			called++
		}
		// What is new comes after what was there.
		before := strings.Split(was[i], "\t")
		after := strings.Split(text, "\t")
		if info, _, _ := strings.Cut(after[7][min(len(before[7]), len(after[7])):], "="); before[7] != "." && (!strings.HasPrefix(after[7], before[7]+";") || info == "") {
			t.Errorf("INFO %s became %s", before[7], after[7])
		}
		before[7], after[7] = "", ""
		if !slices.Equal(before, after) {
			t.Errorf("%v became %v", before, after)
		}
		i++
	})
	if i != len(was) || called < i {
		t.Errorf("%d records of %d, with %d consequences", i, len(was), called)
	}
	if h.Info["CSQ"].ID == "" || !strings.HasSuffix(h.Info["CSQ"].Description, "|SOURCE|HGVS_OFFSET") {
		t.Errorf("CSQ is described as %q", h.Info["CSQ"].Description)
	}
	for _, contig := range x.Contigs() {
		for lo := 0; lo < 25_000; lo += 777 {
			var found, want []string
			for rec, err := range vcf.Region("a", filetest.Memory(got), x, contig, lo, lo+777) {
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, string(rec.Text))
			}
			for _, text := range lines {
				var rec vcf.Record
				if err := rec.Parse([]byte(text)); err != nil {
					t.Fatal(err)
				}
				if string(rec.Chrom) == contig && rec.Pos < lo+777 && rec.End() > lo {
					want = append(want, text)
				}
			}
			if !slices.Equal(found, want) {
				t.Errorf("%s:%d: %d records by the index, and %d there", contig, lo, len(found), len(want))
			}
		}
	}
	plain, err := io.ReadAll(bgzf.NewReader("a", filetest.Memory(got), 1))
	if err != nil || bytes.Count(plain, []byte("\n")) != len(lines)+int(h.Lines) {
		t.Errorf("%d lines, %v", bytes.Count(plain, []byte("\n")), err)
	}
}

// objects holds JSON objects to the VCF.
func objects(t testing.TB, text, variants []byte) {
	var got []string
	for line := range strings.Lines(string(text)) {
		var o struct {
			About       []string
			Contig, Ref string
			Position    int
			Alleles     []struct {
				Alt, Reason  string
				Known        map[string]string
				Consequences []map[string]string
			}
		}
		d := json.NewDecoder(strings.NewReader(line))
		if err := d.Decode(&o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if (len(o.About) > 0) != strings.HasPrefix(string(text), line) {
			t.Errorf("about the answer is %q", line)
		}
		for _, a := range o.Alleles {
			got = append(got, fmt.Sprintf("%s:%d %s>%s", o.Contig, o.Position, o.Ref, a.Alt))
			if (len(a.Consequences) == 0) == (a.Reason == "") {
				t.Errorf("%s has consequences and a reason, or neither", line)
			}
			picked := 0
			for _, c := range a.Consequences {
				if c["PICK"] == "1" {
					picked++
				}
				if c["Consequence"] == "" || c["Allele"] == "" {
					t.Errorf("%v", c)
				}
			}
			if picked != min(1, len(a.Consequences)) {
				t.Errorf("%d consequences are picked: %s", picked, line)
			}
		}
	}
	if want := alleles(t, variants); !slices.Equal(got, want) {
		t.Errorf("%d alleles, want %d", len(got), len(want))
	}
}
