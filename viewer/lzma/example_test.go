package lzma_test

import (
	"fmt"
	"strings"

	"orrery/viewer/lzma"
)

// What repeats itself is short.
func ExampleEncode() {
	text := strings.Repeat("promise, accept, chosen; ", 400)
	packed := lzma.Encode([]byte(text))
	again, err := lzma.Decode(packed)
	fmt.Println(len(text), len(packed) < 100, string(again) == text, err)
	// Output: 10000 true true <nil>
}
