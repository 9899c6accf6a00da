package checker

import (
	"slices"
	"strings"
)

// The state of a tree is its znodes except the root's existence: three numbers each, path, data and version, in the order
// of the paths' numbers. The root, if anyone wrote it, is among them.
const znodeFields = 3

// numberPaths numbers the paths that operations name, and all above them.
func (c *objects) numberPaths(part []int32) {
	var paths []string
	for _, i := range part {
		for p := c.h[i].Key; ; p = parentPath(p) {
			paths = append(paths, p)
			if p == "/" {
				break
			}
		}
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for _, p := range paths {
		c.names.id(p)
	}
	for _, p := range paths {
		parent := nothing
		if p != "/" {
			parent = c.names.id(parentPath(p))
		}
		c.paths = append(c.paths, parent)
	}
}

func parentPath(p string) string {
	at := strings.LastIndexByte(p, '/')
	if at <= 0 {
		return "/"
	}
	return p[:at]
}

// znode finds a path in a tree: where it is or would be, and whether it is there.
func (c *objects) znode(at []int32, path int32) (int, bool) {
	lo, hi := 0, len(at)/znodeFields
	for lo < hi {
		mid := (lo + hi) / 2
		if at[mid*znodeFields] < path {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	i := lo * znodeFields
	return i, i < len(at) && at[i] == path
}

// children returns the numbers of the znodes right below path, in the order of their numbers.
func (c *objects) children(at []int32, path int32) (below []int32) {
	for i := 0; i < len(at); i += znodeFields {
		if c.paths[at[i]] == path {
			below = append(below, at[i])
		}
	}
	return below
}

// The reasons for which a tree refuses an operation, in ZooKeeper's names.
const (
	reasonNoNode     = "NoNode"
	reasonNodeExists = "NodeExists"
	reasonBadVersion = "BadVersion"
	reasonNotEmpty   = "NotEmpty"
)

func (c *objects) stepZnodes(at, to []int32, o *objop) ([]int32, bool) {
	i, there := c.znode(at, o.key)
	version, data := int64(0), c.names.id("")
	if there {
		data, version = at[i+1], int64(at[i+2])
	}
	root := c.paths[o.key] == nothing
	exists := there || root
	if reasons := c.refusals(at, o, exists, version); o.refused || reasons[0] != "" {
		if !o.refused {
			return append(to, at...), o.maybe || o.f == Exists && o.out == absent
		}
		return to, c.isWhy(o, reasons)
	}
	switch o.f {
	case Create:
		return slices.Insert(append(to, at...), i, o.key, o.in, 0), true
	case Delete:
		return slices.Delete(append(to, at...), i, i+znodeFields), true
	case SetData:
		to = append(to, at...)
		if !there {
			to = slices.Insert(to, i, o.key, data, 0)
		}
		to[i+1], to[i+2] = o.in, int32(version+1)
		return to, !o.told || o.seen == version+1 && o.out >= 0
	case GetData:
		if len(o.items) > 0 {
			return to, len(o.items) == 2 && o.items[0] == data && number64(Val(c.names.texts[o.items[1]]), -1) == version
		}
		return to, o.out == data
	case Exists:
		return to, o.out >= 0 && (c.names.texts[o.out] == "true" || integral(Val(c.names.texts[o.out])) && o.seen == version)
	case Children:
		return to, c.areChildren(at, o)
	}
	return to, false
}

// refusals lists why a tree would refuse o; the first is "" if it would not.
func (c *objects) refusals(at []int32, o *objop, exists bool, version int64) (why [2]string) {
	n := 0
	add := func(reason string, holds bool) {
		if holds && n < len(why) {
			why[n] = reason
			n++
		}
	}
	if o.f == Create {
		parent := c.paths[o.key]
		_, there := c.znode(at, parent)
		add(reasonNoNode, !there && c.paths[parent] != nothing)
		add(reasonNodeExists, exists)
		return why
	}
	add(reasonNoNode, !exists)
	if exists && (o.f == Delete || o.f == SetData) {
		add(reasonBadVersion, o.expect != anyVersion && o.expect != version)
		add(reasonNotEmpty, o.f == Delete && len(c.children(at, o.key)) > 0)
	}
	return why
}

// isWhy tells whether the reason that o was told, if any, is one of those for which it had to be refused.
func (c *objects) isWhy(o *objop, reasons [2]string) bool {
	if o.out < 0 {
		return reasons[0] != ""
	}
	told := c.names.texts[o.out]
	return told != "" && (told == reasons[0] || told == reasons[1])
}

// areChildren compares the names that o was told with those that are there.
func (c *objects) areChildren(at []int32, o *objop) bool {
	below := c.children(at, o.key)
	if len(below) != len(o.items) {
		return false
	}
	names := make([]string, 0, len(below))
	for _, p := range below {
		path := c.names.texts[p]
		names = append(names, path[strings.LastIndexByte(path, '/')+1:])
	}
	told := make([]string, 0, len(below))
	for _, v := range o.items {
		told = append(told, c.names.texts[v])
	}
	slices.Sort(names)
	slices.Sort(told)
	return slices.Equal(names, told)
}
