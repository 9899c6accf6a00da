package tree

import (
	"bytes"
	"crypto/sha1"
	"testing"

	"github.com/stretchr/testify/require"
)

// A page must name users as servers do.
func TestBothSHA1sAreOne(t *testing.T) {
	for n := range 200 {
		p := bytes.Repeat([]byte{byte(n), 'z'}, n)
		require.Equal(t, sha1.Sum(p), plainSHA1(p), n)
	}
}
