package tree

import (
	"bytes"
	"crypto/sha1"
	"testing"

	"github.com/stretchr/testify/require"
)

// Users keep the names that ZooKeeper gives them.
func TestSHA1IsThatOfTheStandardLibrary(t *testing.T) {
	for n := range 200 {
		p := bytes.Repeat([]byte{byte(n), 'z'}, n)
		require.Equal(t, sha1.Sum(p), sumSHA1(p), n)
	}
}
