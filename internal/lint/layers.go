package lint

import (
	"fmt"
	"strings"
)

// layer says what the non-test files of a part of the repository may import,
// besides the standard library and each other. Patterns are those of the go
// command: "nodes" is that package alone, "nodes/..." it and all below, "..." everything.
type layer struct {
	dir   string   // the directory and all below it, unless a longer dir matches; "nodes/*" stands for each child apart
	ours  []string // packages of this module
	never []string // packages of this module that an entry of ours would let in
	third []string // packages of others
	why   string   // why not more
}

// layers is the picture of the architecture. What is not listed may not be imported.
var layers = []layer{
	{dir: "nodes",
		why: "the contract is what everybody imports, so it imports nobody"},
	{dir: "nodes/*",
		ours: []string{"nodes", "nodes/task", "nodes/internal/..."},
		why:  "a protocol knows its machine only through Env: then the tested code is the deployed code"},
	{dir: "nodes/lock",
		ours: []string{"nodes", "nodes/task", "nodes/internal/...", "nodes/paxos"},
		why:  "a lock on Paxos is a client of Paxos as it is"},
	{dir: "nodes/kafka",
		ours:  []string{"nodes", "nodes/task", "nodes/internal/...", "nodes/zab/..."},
		third: []string{"github.com/klauspost/compress/...", "github.com/pierrec/lz4/v4/...", "github.com/twmb/franz-go/pkg/kmsg"},
		why:   "a broker reads what its clients compress, speaks Kafka's protocol, and is a client of ZooKeeper; for the rest it is a protocol"},
	{dir: "nodes/storm",
		ours:  []string{"nodes", "nodes/task", "nodes/internal/...", "nodes/zab/...", "nodes/kafka/..."},
		third: []string{"github.com/twmb/franz-go/pkg/kmsg"},
		why:   "a topology keeps its assignments in ZooKeeper and reads its tuples from Kafka, as a client of both"},
	{dir: "nodes/nodestest",
		ours: []string{"nodes", "nodes/task"}, third: []string{"github.com/stretchr/testify/..."},
		why: "a conformance suite that knew a runtime would be partial to it"},
	{dir: "nodes/internal",
		ours: []string{"nodes"},
		why:  "what protocols share stands on the contract alone"},
	{dir: "trace",
		why: "the record of a run must be readable without the program that made it"},
	{dir: "viewer",
		ours: []string{"trace"},
		why:  "a page shows what was recorded, whoever recorded it, and judges nothing"},
	{dir: "live",
		ours: []string{"nodes", "trace"},
		why:  "production must not link the simulator"},
	{dir: "sim",
		ours: []string{"nodes", "trace", "internal/..."},
		why:  "the universe knows neither its protocols nor its nemesis"},
	{dir: "sim/simtest",
		ours:  []string{"sim", "sim/vdisk", "nodes", "nodes/task", "nemesis", "checker", "trace", "explore", "explore/trial", "viewer", "internal/..."},
		third: []string{"github.com/stretchr/testify/...", "pgregory.net/rapid"},
		why:   "the front door for engineers must not drag our own protocols into their tests"},
	{dir: "nemesis",
		ours: []string{"sim", "sim/vdisk", "nodes", "trace", "internal/near"},
		why:  "faults act on a universe, whichever protocol lives in it"},
	{dir: "checker",
		ours: []string{"trace", "internal/near"}, third: []string{"github.com/anishathalye/porcupine"},
		why: "a judge that shared code with the accused would share its errors; and histories come from elsewhere too"},
	{dir: "explore",
		ours: []string{"sim", "nemesis", "checker", "trace"},
		why:  "a strategy chooses universes and must not know what lives in them"},
	{dir: "explore/trial",
		ours: []string{"sim", "nodes", "nemesis", "checker", "trace"},
		why:  "the way from a seed to a verdict is the same for a user's protocol as for ours, so it knows none"},
	{dir: "explore/smallscope",
		ours: []string{"sim", "sim/vdisk", "nodes", "trace"},
		why:  "a search chooses events and must not know what they mean"},
	{dir: "explore/lockstep",
		ours: []string{"nodes"},
		why:  "a world of rounds is a runtime of its own, and knows the contract alone"},
	{dir: "explore/strategy",
		ours: []string{"explore", "explore/trial", "sim", "sim/vdisk", "nodes", "nemesis", "checker", "trace"},
		why:  "a strategy chooses universes and must not know what lives in them"},
	{dir: "explore/campaign",
		ours: []string{"explore", "explore/strategy", "explore/trial", "sim", "nodes", "checker", "trace"},
		why:  "a campaign runs what a strategy chooses, whatever lives there"},
	{dir: "explore/findings",
		ours: []string{"nemesis", "trace"}, third: []string{"go.etcd.io/bbolt/..."},
		why: "what was found is kept as data, and outlives the program that found it"},
	{dir: "explore/dashboard",
		ours: []string{"explore/findings", "viewer"},
		why:  "what was found is shown as it is kept; whoever serves it tells its stories"},
	{dir: "explore/shrink",
		ours: []string{"explore/trial", "sim", "nemesis", "checker", "trace"},
		why:  "what makes a run smaller must not know what runs"},
	{dir: "explore/explain",
		ours: []string{"explore", "explore/trial", "sim", "nemesis", "checker", "trace"},
		why:  "what explains a run knows its protocol only by its notes and by how it describes its messages"},
	{dir: "explore/deterministic",
		ours: []string{"internal/maptype"}, third: []string{"golang.org/x/tools/..."},
		why: "it reads a user's source and must not depend on what that is compiled against"},
	{dir: "scenarios",
		ours: []string{"..."}, never: []string{"live/...", "cmd/...", "examples/...", "internal/lint"}, third: []string{"..."},
		why: "a scenario runs in a universe, for whichever command asks"},
	{dir: "lessons",
		ours: []string{"..."}, never: []string{"live/...", "cmd/...", "examples/...", "internal/lint"}, third: []string{"..."},
		why: "a lesson is played in a universe, by a command, a test or a page"},
	{dir: "cmd",
		ours: []string{"..."}, never: []string{"examples/..."}, third: []string{"..."},
		why: "examples are read, not linked"},
	{dir: "examples",
		ours: []string{"..."}, never: []string{"internal/...", "cmd/..."}, third: []string{"..."},
		why: "an example shows what a user can write, and a user cannot import what is internal"},
	{dir: "internal/process",
		third: []string{"github.com/stretchr/testify/..."},
		why:   "it runs programs beside a test, whichever they are"},
	{dir: "internal",
		ours: []string{"internal/..."},
		why:  "small containers and assertions are below everything"},
}

// Layers returns the table of who may import whom, as text.
func Layers() string {
	var b strings.Builder
	for _, l := range layers {
		fmt.Fprintf(&b, "%-16s may import %s\n", l.dir, l.allowed())
	}
	return b.String()
}

// allowed says in words what the layer may import.
func (l layer) allowed() string {
	say := func(patterns []string, everything string) string {
		if len(patterns) == 1 && patterns[0] == "..." {
			return everything
		}
		return strings.Join(patterns, ", ")
	}
	parts := []string{"the standard library"}
	if len(l.ours) > 0 {
		s := say(l.ours, "all of ours")
		if len(l.never) > 0 {
			s += " but " + strings.Join(l.never, ", ")
		}
		parts = append(parts, s)
	}
	if len(l.third) > 0 {
		parts = append(parts, say(l.third, "packages of others"))
	}
	return strings.Join(parts, "; ")
}

// layerOf returns the layer that the directory belongs to, and the directory at
// the top of it: packages below one top may import each other.
func layerOf(dir string) (l layer, top string, ok bool) {
	for _, c := range layers {
		t := c.dir
		if parent, found := strings.CutSuffix(c.dir, "/*"); found {
			rest, below := strings.CutPrefix(dir, parent+"/")
			if !below {
				continue
			}
			child, _, _ := strings.Cut(rest, "/")
			t = parent + "/" + child
		}
		// Between "nodes/*" and "nodes/internal", both of one length for a
		// directory below the latter, the literal one is the more exact.
		longer := len(t) > len(top) || len(t) == len(top) && !strings.HasSuffix(c.dir, "/*")
		if under(dir, t) && (!ok || longer) {
			l, top, ok = c, t, true
		}
	}
	return l, top, ok
}

// matches reports whether one of the patterns covers the package.
func matches(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if p == "..." || p == pkg {
			return true
		}
		if top, tree := strings.CutSuffix(p, "/..."); tree && under(pkg, top) {
			return true
		}
	}
	return false
}
