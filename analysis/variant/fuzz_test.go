package variant_test

import (
	"errors"
	"testing"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/analysis/variant"
)

// FuzzVariant asks about any text. There is an answer, or one error that says
// what to mend; in pieces it is the same.
func FuzzVariant(f *testing.F) {
	head := "##fileformat=VCFv4.3\n##INFO=<ID=CSQ,Number=.,Type=String,Description=\"x\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\n"
	for _, rows := range []string{
		"c\t64\trs1\tA\tG,*,<DEL>,G]c:9],.\t9\tPASS\tEND=70;CSQ=old\tGT:PS\t1|2:64\nc\t65\t.\ta\tg\t.\t.\t.\tGT\t1/1\n",
		"c\t0\t.\tN\tA\t.\t.\tEND=99999999999\tGT\t./.\nc\t60\t.\tATGAAAGATTGCCATG\tA\t.\t.\t.\tGT\t0|1\nc\t99999\t.\tA\tC\t.\t.\t.\tGT\t.\n",
		"c\t63\t.\tGA\tG\t.\t.\t.\tGT\t1|0\nc\t69\t.\tT\tTC\t.\t.\t.\tGT\t1|0\nd\t1\t.\tR\t.\t.\t.\t.\t.\t.\n",
	} {
		f.Add([]byte(head+rows), byte(0))
		f.Add([]byte(head+rows), byte(5))
	}
	genes := toy(f, "a")[1:]
	f.Fuzz(func(t *testing.T, text []byte, how byte) {
		params := []string{`{"lenient": true}`, `{"format": "vcf", "lenient": true}`, `{"format": "tsv", "lenient": true}`, `{"format": "json", "lenient": true}`, `{}`}[how%5]
		inputs := append([]analysistest.Input{{Role: "variants", Name: "f.vcf", Bytes: text}}, genes...)
		one, err := analysistest.Ask(t.Context(), variant.Analysis, params, inputs, 0)
		if mend, ok := errors.AsType[*okazaki.Error](err); err != nil && (!ok || mend.Message == "") {
			t.Fatal(err)
		}
		two, err2 := analysistest.Ask(t.Context(), variant.Analysis, params, inputs, 1)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("%v, and in pieces %v", err, err2)
		}
		for name, b := range one {
			if string(two[name]) != string(b) {
				t.Fatalf("%s in pieces is another", name)
			}
		}
	})
}
