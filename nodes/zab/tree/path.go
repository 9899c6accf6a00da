package tree

import (
	"strings"
)

// The paths that are there from the beginning, and cannot be deleted.
const (
	pathZookeeper = "/zookeeper"
	pathQuota     = "/zookeeper/quota"
	// ConfigPath is the znode that holds the members of the ensemble.
	ConfigPath = "/zookeeper/config"
)

// ValidPath tells whether the path can be that of a znode: it begins with a slash and ends with none, no
// name in it is empty, "." or "..", and it has no control characters, surrogates, private or special ones. "/"
// is valid.
func ValidPath(path string) bool {
	if path == "/" {
		return true
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return false
	}
	for more := true; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		if name == "" || name == "." || name == ".." {
			return false
		}
		for _, c := range name {
			if !validRune(c) {
				return false
			}
		}
	}
	return true
}

// validRune speaks of runes where the original speaks of UTF-16 units, and so refuses what takes two of them.
func validRune(c rune) bool {
	switch {
	case c <= 0x1f, c >= 0x7f && c <= 0x9f:
		return false
	case c >= 0xd800 && c <= 0xf8ff, c >= 0xfff0:
		return false
	}
	return true
}

// SplitPath parts a path before its last slash. The parent of "/a" is "", which is another name of the root. ok is false if
// there is no slash.
func SplitPath(path string) (parent, name string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}

// IsSpecial tells whether the path is one of the znodes that are there from the beginning.
func IsSpecial(path string) bool {
	return path == "/" || path == pathZookeeper || path == pathQuota || path == ConfigPath
}

// lookup returns the znode with exactly this path, or 0. Both "" and "/" are the root, as in the original.
func (t *Tree) lookup(path string) ref {
	if path == "" || path == "/" {
		return root
	}
	if path[0] != '/' {
		return 0
	}
	lately := &t.lately[latelyAt(path)]
	if lately.gone == t.index.gone && lately.path == path {
		return lately.at
	}
	at, rest, more := root, path[1:], true
	for more && at != 0 {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		at = t.find(at, name)
	}
	if at != 0 {
		*lately = found{path, at, t.index.gone}
	}
	return at
}

// found is a znode that was looked up lately. Until a znode goes it is what another look would find.
type found struct {
	path string
	at   ref
	gone uint64
}

// latelySlots is how many of them a tree keeps; a power of two.
const latelySlots = 64

// latelyAt is where a path is kept. Paths differ in their ends more often than not.
func latelyAt(path string) uint64 {
	h := uint64(len(path))
	if n := len(path) - 8; n >= 0 {
		h ^= word(path[n:])
	} else {
		h ^= uint64(path[len(path)-1]) << 8
	}
	return h * 0x9e3779b97f4a7c15 >> 58
}

// pathOf is the path of a znode; that of the root is "/".
func (t *Tree) pathOf(r ref) string {
	if r == root {
		return "/"
	}
	t.scratch = t.appendPath(t.scratch[:0], r)
	return string(t.scratch)
}

// shown is the path as clients know it.
func shown(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
