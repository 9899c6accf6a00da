package recipes

import (
	"slices"
	"strconv"
	"strings"
)

// sequence is the number that the servers have put behind a name. It is a signed 32-bit counter of the parent, printed in ten digits,
// and after 2147483647 it goes on below zero with eleven characters.
func sequence(name string) (n int32, ok bool) {
	if len(name) < 10 {
		return 0, false
	}
	digits := name[len(name)-10:]
	if len(name) >= 12 && name[len(name)-12:len(name)-10] == "--" {
		digits = name[len(name)-11:]
	}
	v, err := strconv.ParseInt(digits, 10, 32)
	return int32(v), err == nil
}

// earlier orders numbers of one parent. It takes the distance, so that it holds across the overflow of the counter, as long as
// fewer than 2^31 nodes stand between the two.
func earlier(a, b int32) int { return int(a - b) }

// inOrder are the names that carry a number, by number. Others are left out: they are not the recipe's.
func inOrder(names []string) []string {
	list := slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := sequence(n); return !ok })
	slices.SortFunc(list, func(a, b string) int {
		x, _ := sequence(a)
		y, _ := sequence(b)
		return earlier(x, y)
	})
	return list
}

// base is the last part of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
