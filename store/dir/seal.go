package dir

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// A file holds a value and its seal, so that a torn file, which a crash left
// before it was synced, is told from a value.
const sealSize = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealMark ends a file that has a seal.
var sealMark = []byte{0x9e, 'o', 'k', 0xb7}

// sealed returns the content of value's file, in one chunk if it is small.
func sealed(value []byte) [][]byte {
	seal := append(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(value, castagnoli)), sealMark...)
	if len(value) > brief {
		return [][]byte{value, seal}
	}
	return [][]byte{slices.Concat(value, seal)}
}

// unseal is the value that a file holds; false for a file without a right seal.
func unseal(file []byte) ([]byte, bool) {
	at := len(file) - sealSize
	if at < 0 || string(file[at+4:]) != string(sealMark) {
		return nil, false
	}
	value := file[:at:at]
	return value, binary.LittleEndian.Uint32(file[at:]) == crc32.Checksum(value, castagnoli)
}
