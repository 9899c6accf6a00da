package wal

import (
	"encoding/binary"
	"hash/crc32"
)

// ResumFileHeader makes the sum of a changed file header right.
func ResumFileHeader(p []byte) {
	n := binary.LittleEndian.Uint32(p[24:])
	sum := crc32.Update(crc32.Checksum(p[:28], castagnoli), castagnoli, p[fileHead:fileHead+n])
	binary.LittleEndian.PutUint32(p[28:], sum)
}
