package unpack

import (
	"bytes"
	"encoding/binary"

	"okazaki"
	"okazaki/format/bgzf"
)

// sniffed is how many bytes Sniff wants to see.
const sniffed = bgzf.HeaderSize

// Sniff tells how a stream is compressed from its first bytes; give it 18 of
// them, or all if the stream is shorter. If the compression is not read here,
// it returns an *okazaki.Error without a File.
func Sniff(head []byte) (Codec, error) {
	switch {
	case bgzf.Is(head):
		return BGZF, nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return Gzip, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), isSkippable(head):
		return Zstd, nil
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return XZ, nil
	}
	for _, u := range unread {
		if bytes.HasPrefix(head, []byte(u.magic)) {
			return Plain, &okazaki.Error{Message: "this is " + u.what + ", which is not read here", Hint: u.hint}
		}
	}
	return Plain, nil
}

var unread = []struct{ magic, what, hint string }{
	{"BZh", "a bzip2 file", "unpack it with bunzip2; gzip, zstd and xz are read as they are"},
	{"PK\x03\x04", "a zip archive", "unpack it with unzip and name the files in it"},
	{"PK\x05\x06", "an empty zip archive", "download it again"},
	{"\x1f\x9d", "a file of the old compress program", "unpack it with gunzip"},
	{"\x04\x22\x4d\x18", "an lz4 file", "unpack it with lz4 -d; gzip, zstd and xz are read as they are"},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it with 7z x and name the files in it"},
	{"Rar!\x1a\x07", "a RAR archive", "unpack it with unrar and name the files in it"},
	{"LZIP", "an lzip file", "unpack it with lzip -d; gzip, zstd and xz are read as they are"},
	{"CRAM", "a CRAM file of alignments", "write its sequences with samtools fasta"},
	{"\x43\x27\x41\x1a", "a 2bit file", "write it as FASTA with twoBitToFa"},
	{"\x1a\x41\x27\x43", "a 2bit file", "write it as FASTA with twoBitToFa"},
	{"%PDF-", "a PDF", "name the file with the sequences"},
	{"\x89HDF", "an HDF5 file", "name a file of text, compressed or not"},
	{"PAR1", "a Parquet file", "name a file of text, compressed or not"},
	{"\xff\xfe", "UTF-16 text", "write it as plain text with iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", "UTF-16 text", "write it as plain text with iconv -f UTF-16 -t UTF-8"},
}

// isSkippable recognises the user data of Zstandard, RFC 8878 section 3.1.2.
func isSkippable(head []byte) bool {
	return len(head) >= 4 && binary.LittleEndian.Uint32(head)&^0xf == 0x184d2a50
}
