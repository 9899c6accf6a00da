package zkinterop

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
)

var figures = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+(\.[0-9]+)?`)

// shape is an answer without its figures, versions and paths.
func shape(text string, s *server) string {
	text = strings.ReplaceAll(text, s.dir, "DIR")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if before, _, ok := strings.Cut(line, "ersion: "); ok {
			line = before + "ersion: …"
		}
		lines[i] = figures.ReplaceAllString(line, "N")
	}
	return strings.Join(lines, "\n")
}

// What four-letter words are answered has the original's form, but for dump, whose order is that of a hash table and
// whose expiry is in words, and for mntr and envi, which tell more of the virtual machine than of ZooKeeper.
func TestWordsHaveTheFormOfApaches(t *testing.T) {
	needApache(t)
	answers := map[kind]map[string]string{}
	for _, k := range []kind{ours, apache} {
		s := alone(t, k, "")
		s.start()
		leader(t, s)
		c := mustConnect(t, s)
		_, err := c.create("/a", "x", proto.ModePersistent)
		require.NoError(t, err)
		_, err = c.create("/a/e", "x", proto.ModeEphemeral)
		require.NoError(t, err)
		require.NoError(t, c.do(proto.OpGetData, &proto.GetDataRequest{Path: "/a", Watch: true}, &proto.GetDataResponse{}))
		answers[k] = map[string]string{}
		for _, word := range []string{"ruok", "isro", "srvr", "stat", "cons", "conf", "wchs", "wchc", "wchp", "dirs", "crst", "srst", "mntr"} {
			answers[k][word] = shape(s.word(word), s)
			if word == "cons" || word == "stat" { // connections are in a hash set
				lines := strings.Split(answers[k][word], "\n")
				slices.Sort(lines)
				answers[k][word] = strings.Join(lines, "\n")
			}
		}
	}
	keys := func(text string) []string {
		var all []string
		for line := range strings.Lines(text) {
			key, _, _ := strings.Cut(line, "\t")
			all = append(all, key)
		}
		slices.Sort(all)
		return all
	}
	require.Subset(t, keys(answers[apache]["mntr"]), keys(answers[ours]["mntr"]))
	delete(answers[apache], "mntr")
	delete(answers[ours], "mntr")
	require.Equal(t, answers[apache], answers[ours])
}
