package checker

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// brute decides a tiny history by trying every order of every choice of its maybes: no memory, no pruning but real time,
// no partitions. Its objects are written on plain Go values and share nothing with the engines.
func brute(h History, m Model) bool {
	var ops []*Op
	for i := range h {
		if o := &h[i]; o.Status != Fail && (o.Status != Maybe || !o.F.reads()) {
			ops = append(ops, o)
		}
	}
	return permute(ops, bruteStart(m), m)
}

func permute(left []*Op, at bruteState, m Model) bool {
	certain := 0
	for _, o := range left {
		if o.Status != Maybe {
			certain++
		}
	}
	if certain == 0 {
		return true
	}
	for i, o := range left {
		first := true
		for _, p := range left {
			first = first && (p.Status == Maybe || p.Ret >= o.Call)
		}
		if !first {
			continue
		}
		if next, ok := at.after(o, m); ok {
			rest := append(slices.Clone(left[:i]), left[i+1:]...)
			if permute(rest, next, m) {
				return true
			}
		}
	}
	return false
}

// bruteState is the state of all objects of a history.
type bruteState map[string]any

func bruteStart(Model) bruteState { return bruteState{} }

func (s bruteState) with(key string, v any) bruteState {
	next := maps.Clone(s)
	next[key] = v
	return next
}

type bruteLock struct {
	holder  string
	token   int
	guess   bool // the token is at least this
	written int
}

type bruteZnode struct {
	data    string
	version int
}

const none = -1 << 40

func atoi(v Value) int {
	n, err := strconv.Atoi(v.Text())
	if err != nil {
		return -1 << 50
	}
	return n
}

// after is the sequential object: the state after o, and whether it could have been answered so.
func (s bruteState) after(o *Op, m Model) (bruteState, bool) {
	name, initial, _ := strings.Cut(m.Name(), ":")
	switch name {
	case "list", "log", "queue", "priority-queue", "stack":
		items, _ := s[o.Key].([]string)
		next, ok := bruteSequence(slices.Clone(items), o, name)
		return s.with(o.Key, next), ok
	case "set":
		items, _ := s[o.Key].([]string)
		next, ok := bruteSet(slices.Clone(items), o)
		return s.with(o.Key, next), ok
	case "counter":
		n, begun := s[o.Key].(int)
		if !begun {
			n, _ = strconv.Atoi(initial)
		}
		if o.F == Incr || o.F == Add {
			if n++; o.In.Said() {
				n += atoi(o.In) - 1
			}
		}
		return s.with(o.Key, n), o.Status == Maybe || !o.Out.Said() || atoi(o.Out) == n
	case "lock", "fenced-lock", "lease-lock":
		l, ok := s[o.Key].(bruteLock)
		if !ok {
			l = bruteLock{token: none, written: none}
		}
		next, ok := l.after(o, name)
		return s.with(o.Key, next), ok
	case "znodes":
		return s.tree(o)
	case "kv":
		store, _ := s[""].(map[string]string)
		if store == nil {
			store = map[string]string{}
		}
		ok, next := oracleStep(store, o)
		return s.with("", next), ok
	}
	panic("no brute " + m.Name())
}

func bruteSequence(at []string, o *Op, name string) ([]string, bool) {
	certain := o.Status == OK
	switch o.F {
	case Append:
		told := len(at)
		if name == "list" {
			told++
		}
		return append(at, o.In.Text()), !certain || !o.Out.Said() || atoi(o.Out) == told
	case Enqueue, Push:
		return append(at, o.In.Text()), true
	case Tail:
		return at, atoi(o.Out) == len(at)
	case ReadAt:
		if off := atoi(o.In); off >= 0 && off < len(at) {
			return at, o.Out == Val(at[off])
		}
		return at, o.Out == Unset
	case Read, Get:
		return at, o.Out == List(at...)
	}
	if len(at) == 0 {
		return at, !certain || o.Out == Unset
	}
	take := 0
	switch name {
	case "stack":
		take = len(at) - 1
	case "priority-queue":
		for i := range at {
			if len(at[i]) < len(at[take]) || len(at[i]) == len(at[take]) && at[i] < at[take] {
				take = i
			}
		}
	}
	ok := !certain || o.Out == Val(at[take])
	return slices.Delete(at, take, take+1), ok
}

func bruteSet(at []string, o *Op) ([]string, bool) {
	i := slices.Index(at, o.In.Text())
	told := o.Status != Maybe && o.Out.Said()
	switch o.F {
	case Add:
		ok := !told || o.Out.Text() == fmt.Sprint(i < 0)
		if i < 0 {
			at = append(at, o.In.Text())
		}
		return at, ok
	case Remove:
		ok := !told || o.Out.Text() == fmt.Sprint(i >= 0)
		if i >= 0 {
			at = slices.Delete(at, i, i+1)
		}
		return at, ok
	case Contains:
		return at, o.Out.Text() == fmt.Sprint(i >= 0)
	}
	slices.Sort(at)
	items := o.Out.Items()
	slices.Sort(items)
	return at, slices.Equal(items, at)
}

func (l bruteLock) after(o *Op, name string) (bruteLock, bool) {
	who, maybe := o.who(), o.Status == Maybe
	if name == "lease-lock" {
		switch {
		case o.F == Release:
			return l, true
		case o.F == Acquire && maybe:
			l.token++
			return l, true
		case o.F == Acquire:
			ok := atoi(o.Out) > l.token
			l.token = atoi(o.Out)
			return l, ok
		case o.Status == Mismatch:
			return l, atoi(o.Expect) < l.written
		case atoi(o.Expect) < l.written:
			return l, maybe
		}
		l.written = atoi(o.Expect)
		return l, true
	}
	could := o.F == Acquire && l.holder == "" || o.F == Release && l.holder == who
	if o.Status == Mismatch {
		return l, !could
	}
	if !could {
		return l, maybe
	}
	fenced := name == "fenced-lock"
	if o.F == Acquire {
		l.holder = who
		if !fenced {
			return l, true
		}
		if maybe {
			l.token, l.guess = l.token+1, true
			return l, true
		}
		ok := atoi(o.Out) > l.token
		l.token, l.guess = atoi(o.Out), false
		return l, ok
	}
	if fenced && o.In.Said() {
		right := atoi(o.In) == l.token || l.guess && atoi(o.In) > l.token
		if !right {
			return l, maybe
		}
		l.token = atoi(o.In)
	}
	l.holder, l.guess = "", false
	return l, true
}

func (s bruteState) tree(o *Op) (bruteState, bool) {
	path := o.Key
	node, there := s[path].(bruteZnode)
	exists := there || path == "/"
	up := path[:strings.LastIndex(path, "/")]
	_, parent := s[up]
	parent = parent || up == ""
	prefix := path + "/"
	if path == "/" {
		prefix = path
	}
	var below []string
	for p := range s {
		if rest, ok := strings.CutPrefix(p, prefix); ok && rest != "" && !strings.Contains(rest, "/") {
			below = append(below, rest)
		}
	}
	slices.Sort(below)
	wrongVersion := o.Expect.Said() && atoi(o.Expect) != -1 && atoi(o.Expect) != node.version
	why := map[string]bool{}
	switch o.F {
	case Create:
		why["NoNode"], why["NodeExists"] = !parent, exists
	case Delete:
		why["NoNode"], why["BadVersion"], why["NotEmpty"] = !exists, exists && wrongVersion, exists && len(below) > 0
	case SetData:
		why["NoNode"], why["BadVersion"] = !exists, exists && wrongVersion
	case GetData, Children:
		why["NoNode"] = !exists
	}
	refused := false
	for _, w := range why {
		refused = refused || w
	}
	if o.Status == Mismatch {
		return s, refused && (!o.Out.IsSet() || why[o.Out.Text()])
	}
	if refused {
		return s, o.Status == Maybe
	}
	told := o.Status == OK && o.Out.Said()
	switch o.F {
	case Create:
		return s.with(path, bruteZnode{data: o.In.Text()}), true
	case Delete:
		next := maps.Clone(s)
		delete(next, path)
		return next, true
	case SetData:
		return s.with(path, bruteZnode{o.In.Text(), node.version + 1}), !told || atoi(o.Out) == node.version+1
	case Exists:
		if !exists {
			return s, o.Out == Unset
		}
		return s, o.Out == Val("true") || atoi(o.Out) == node.version
	case GetData:
		return s, o.Out == Val(node.data) || o.Out == List(node.data, fmt.Sprint(node.version))
	}
	items := o.Out.Items()
	slices.Sort(items)
	return s, slices.Equal(items, below)
}
