package fingerprint_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"okazaki/analysis/virus"
	"okazaki/analysis/virus/fingerprint"
)

func ExamplePrinter_Print() {
	ref, err := fingerprint.NewReference(virus.SARS2().Sequence, fingerprint.Params{})
	if err != nil {
		panic(err)
	}
	genome := bytes.Clone(virus.SARS2().Sequence)
	genome[23402] = 'G' // A23403G
	for i := range 300 {
		genome[10000+i] = 'N'
	}
	print := ref.Printer().Print(genome)
	for _, c := range print.Spectrum[:3] {
		fmt.Printf("%s %+d\n", c.Letters(10), c.More)
	}
	fmt.Println(len(print.Spectrum), "k-mers differ,", print.Unread, "letters are unread")
	fmt.Printf("%+v\n", ref.Judge(print, fingerprint.Limits{}))
	// Output:
	// AGGATGTTAA -1
	// AGGGTGTTAA +1
	// ATCAGGATGT -1
	// 20 k-mers differ, 300 letters are unread
	// {Contained:1 Novel:0 Stranger:false Contaminated:false Mixed:false}
}

func ExampleWriteSignatures() {
	ref, err := fingerprint.NewReference(virus.SARS2().Sequence, fingerprint.Params{Scaled: 10000})
	if err != nil {
		panic(err)
	}
	print := ref.Printer().Print(virus.SARS2().Sequence)
	s := ref.Signature("Wuhan-Hu-1", "sars2.fasta", print)
	if err := fingerprint.WriteSignatures(os.Stdout, slices.Values([]*fingerprint.Signature{s})); err != nil {
		panic(err)
	}
	// Output:
	// [{"class":"sourmash_signature","email":"","hash_function":"0.murmur64","filename":"sars2.fasta","name":"Wuhan-Hu-1","license":"CC0","signatures":[{"num":0,"ksize":21,"seed":42,"max_hash":1844674407370955,"mins":[1083613936242632,1140792461532877],"md5sum":"677f35e46b6bd3401464c80f8cd1dd78","molecule":"dna"}],"version":0.4}]
}
