package config

import (
	"slices"
	"strconv"
	"strings"

	"orrery/nodes/internal/properties"
)

// DynamicName is the file that holds the members under a version: "zoo.cfg.dynamic.100000000". static is the
// name of the static file.
func DynamicName(static string, version int64) string {
	return static + ".dynamic." + strconv.FormatUint(uint64(version), 16)
}

// NextName is the file that holds the members that were proposed and are not yet agreed on. It says its
// version inside, unlike the others.
func NextName(static string) string { return static + ".dynamic.next" }

// FileText is the content of the dynamic file of that ensemble: its lines sorted, without the version.
func (q *Quorum) FileText() []byte {
	lines := q.lines()
	slices.Sort(lines)
	return []byte(strings.Join(lines, "\n"))
}

// EditStatic is the static file p as it must be once the members are in the file dynamic: without
// members, with a dynamicConfigFile that points there, and, if eraseClient is true because the server line
// now says it, without clientPort. The other lines stay, comments too.
func EditStatic(p []byte, dynamic string, eraseClient bool) []byte {
	lines := properties.Lines(p)
	entries := properties.Read(p)
	var out []string
	for i := 0; i < len(lines); {
		end := i + 1
		at := slices.IndexFunc(entries, func(e entry) bool { return e.Line == i+1 })
		if at >= 0 {
			end = min(entries[at].End-1, len(lines))
		}
		if at < 0 || !movesOut(entries[at].Key, eraseClient) {
			out = append(out, lines[i:end]...)
		}
		i = end
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return []byte(strings.Join(append(out, "dynamicConfigFile="+dynamic, ""), "\n"))
}

func movesOut(key string, eraseClient bool) bool {
	return inEnsemble(key) || key == "dynamicConfigFile" || key == "peerType" ||
		eraseClient && (key == "clientPort" || key == "clientPortAddress")
}
