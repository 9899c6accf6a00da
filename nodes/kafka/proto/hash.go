package proto

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// Murmur2 is the hash of a record's key: MurmurHash2 of 32 bits with Kafka's seed, as Java's int.
func Murmur2(key []byte) int32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
		r    = 24
	)
	h := uint32(seed) ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := binary.LittleEndian.Uint32(key) * m
		k ^= k >> r
		h = h*m ^ k*m
	}
	switch len(key) {
	case 3:
		h ^= uint32(key[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(key[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(key[0])) * m
	}
	h = (h ^ h>>13) * m
	return int32(h ^ h>>15)
}

// Partition is where a record with that key goes in a topic of n partitions, by Kafka's default partitioner.
// n must be positive.
func Partition(key []byte, n int32) int32 { return (Murmur2(key) & math.MaxInt32) % n }

// HashOf is which of n partitions of __consumer_offsets or __transaction_state a group or a transactional id belongs
// to: the hash of a Java string, without its sign. n must be positive.
func HashOf(groupOrTxnID string, n int32) int32 {
	var h int32
	for _, unit := range utf16.Encode([]rune(groupOrTxnID)) {
		h = 31*h + int32(unit)
	}
	switch {
	case h == math.MinInt32: // it has no absolute value: Kafka takes 0
		h = 0
	case h < 0:
		h = -h
	}
	return h % n
}
