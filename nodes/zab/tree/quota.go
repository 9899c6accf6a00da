package tree

import (
	"slices"
	"strconv"
	"strings"

	"orrery/nodes/zab/proto"
)

// The names of the znodes below /zookeeper/quota/PATH that hold a quota and what is used of it.
const (
	limitNode = "zookeeper_limits"
	statsNode = "zookeeper_stats"
)

// stats is the content of such a znode (StatsTrack): numbers by key, -1 for those that are not there.
type stats map[string]int64

const (
	keyCount     = "count"
	keyBytes     = "bytes"
	keyCountHard = "countHardLimit"
	keyBytesHard = "byteHardLimit"
)

func isSeparator(c rune) bool { return c == ',' || c == ';' }

// parseStats reads the text. Where the original would throw, and with it end the thread that applies
// transactions, a pair that is none is skipped.
func parseStats(data []byte) stats {
	s := stats{}
	for _, pair := range strings.FieldsFunc(string(data), isSeparator) {
		parts := strings.Split(pair, "=") // "bytes=5=" is what the original itself writes
		if len(parts) < 2 {
			continue
		}
		v := int64(-1)
		if parts[1] != "" {
			n, err := strconv.ParseInt(parts[1], 10, 64)
			if err != nil {
				continue
			}
			v = n
		}
		s[parts[0]] = v
	}
	return s
}

func (s stats) get(key string) int64 {
	if v, ok := s[key]; ok {
		return v
	}
	return -1
}

// text is what servers write: count and bytes in the form of old servers, which stop at the second "=",
// and behind it what these do not know.
func (s stats) text() []byte {
	b := []byte(keyCount + "=" + strconv.FormatInt(s.get(keyCount), 10) + "," + keyBytes + "=" + strconv.FormatInt(s.get(keyBytes), 10))
	var more []string
	for key := range s { // lint:maporder sorted below
		if key != keyCount && key != keyBytes {
			more = append(more, key)
		}
	}
	slices.Sort(more)
	for i, key := range more {
		if i == 0 {
			b = append(b, '=')
		}
		b = append(b, ";"+key+"="+strconv.FormatInt(s[key], 10)...)
	}
	return b
}

// quotaFor is the longest prefix of the path that has a quota; ok is false if none has. The root can have none.
func (t *Tree) quotaFor(path string) (prefix string, ok bool) {
	if len(t.quotas) == 0 {
		return "", false
	}
	for p := path; len(p) > 1; p, _, _ = SplitPath(p) {
		if t.quotas[p] {
			return p, true
		}
	}
	return "", false
}

// quotaChanged keeps the list of quotas when a znode below /zookeeper is created or deleted.
func (t *Tree) quotaChanged(parent, name string, created bool) {
	path, ok := strings.CutPrefix(parent, pathQuota)
	if !ok || path == "" {
		return
	}
	switch {
	case name == limitNode && created:
		t.quotas[path] = true
	case name == limitNode:
		delete(t.quotas, path)
	case name == statsNode && created:
		t.recount(path)
	}
}

// charge adds to what is used of the quota that covers the path.
func (t *Tree) charge(path string, bytes, count int) {
	prefix, ok := t.quotaFor(path)
	if !ok {
		return
	}
	if r := t.lookup(pathQuota + prefix + "/" + statsNode); r != 0 {
		n := t.at(r)
		s := parseStats(n.data)
		s[keyCount] = s.get(keyCount) + int64(count)
		s[keyBytes] = s.get(keyBytes) + int64(bytes)
		n.data = s.text()
	}
}

// recount sets what is used of a quota to what is there.
func (t *Tree) recount(path string) {
	r := t.lookup(pathQuota + path + "/" + statsNode)
	if r == 0 {
		return
	}
	count, bytes := int64(0), int64(0)
	if top := t.lookup(path); top != 0 {
		for at := top; at != 0; at = t.following(top, at) {
			count++
			bytes += int64(len(t.at(at).data))
		}
	}
	n := t.at(r)
	n.data = stats{keyCount: count, keyBytes: bytes}.text()
}

// following is the next znode below top in pre-order, or 0.
func (t *Tree) following(top, at ref) ref {
	if first := t.at(at).first; first != 0 {
		return first
	}
	for at != top {
		n := t.at(at)
		if n.next != 0 {
			return n.next
		}
		at = n.parent
	}
	return 0
}

// CheckQuota tells whether one more znode (if create is set) or other data may be put at the path. The
// error is CodeQuotaExceeded; only hard limits are enforced, and only if the tree is told to. before and after are the lengths
// of the data.
func (t *Tree) CheckQuota(path string, create bool, before, after int) proto.ErrCode {
	if !t.cfg.EnforceQuota {
		return proto.CodeOK
	}
	prefix, ok := t.quotaFor(path)
	if !ok {
		return proto.CodeOK
	}
	limits, used := t.lookup(pathQuota+prefix+"/"+limitNode), t.lookup(pathQuota+prefix+"/"+statsNode)
	if limits == 0 || used == 0 {
		return proto.CodeOK
	}
	limit, now := parseStats(t.at(limits).data), parseStats(t.at(used).data)
	count, bytes := int64(0), int64(after-before)
	if create {
		count = 1
	}
	if hard := limit.get(keyCountHard); count != 0 && hard > -1 && now.get(keyCount)+count > hard {
		return proto.CodeQuotaExceeded
	}
	if hard := limit.get(keyBytesHard); bytes != 0 && hard > -1 && now.get(keyBytes)+bytes > hard {
		return proto.CodeQuotaExceeded
	}
	return proto.CodeOK
}

// OverQuota lists the paths whose soft or hard quota is exceeded, sorted: what an administrator is warned of.
func (t *Tree) OverQuota() []string {
	var over []string
	for path := range t.quotas { // lint:maporder sorted below
		limits, used := t.lookup(pathQuota+path+"/"+limitNode), t.lookup(pathQuota+path+"/"+statsNode)
		if limits == 0 || used == 0 {
			continue
		}
		limit, now := parseStats(t.at(limits).data), parseStats(t.at(used).data)
		for _, k := range [...][2]string{{keyCount, keyCount}, {keyCount, keyCountHard}, {keyBytes, keyBytes}, {keyBytes, keyBytesHard}} {
			if most := limit.get(k[1]); most > -1 && now.get(k[0]) > most {
				over = append(over, path)
				break
			}
		}
	}
	slices.Sort(over)
	return over
}

// findQuotas rebuilds the list of quotas after a snapshot has been loaded, and what is used of them.
func (t *Tree) findQuotas() {
	top := t.lookup(pathQuota)
	if top == 0 {
		return
	}
	var paths []string
	for at := top; at != 0; at = t.following(top, at) {
		if n := t.at(at); n.name == limitNode && n.children == 0 {
			paths = append(paths, strings.TrimSuffix(strings.TrimPrefix(t.pathOf(at), pathQuota), "/"+limitNode))
		}
	}
	for _, path := range paths {
		if path != "" {
			t.recount(path)
			t.quotas[path] = true
		}
	}
}
