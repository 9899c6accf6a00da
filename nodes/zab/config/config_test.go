package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// TestStories plays testdata: what files say, and what is answered. With -rewrite the answers are
// written anew; read the difference before you keep it.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var q *Quorum
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse": // parse [myid=N] [flags=...]: a zoo.cfg, and then what differs from the defaults
				c, err := Parse("zoo.cfg", []byte(d.Input))
				if err == nil && d.HasArg("myid") {
					var id int64
					d.ScanArgs(t, "myid", &id)
					err = c.Identify(id)
				}
				if err == nil && d.HasArg("flags") {
					var flags string
					d.ScanArgs(t, "flags", &flags)
					err = c.SetProperties(strings.ReplaceAll(flags, "+", " "))
				}
				if err != nil {
					return err.Error() + "\n"
				}
				q = c.Quorum
				return differences(c)
			case "dynamic": // dynamic NAME: a dynamic file
				var err error
				if q, err = ParseDynamic(d.CmdArgs[0].Key, []byte(d.Input)); err != nil {
					return err.Error() + "\n"
				}
				return q.String() + "\n"
			case "quorum": // the text of a configuration
				var err error
				if q, err = ParseQuorum("config", []byte(d.Input)); err != nil {
					return err.Error() + "\n"
				}
				return q.String() + "\n"
			case "contains": // sets of servers, one a line: which of them are quorums of the last ensemble
				var out strings.Builder
				for line := range strings.SplitSeq(d.Input, "\n") {
					var ids []int64
					for f := range strings.FieldsSeq(line) {
						id, err := strconv.ParseInt(f, 10, 64)
						require.NoError(t, err)
						ids = append(ids, id)
					}
					fmt.Fprintf(&out, "%v %v\n", ids, q.ContainsQuorum(ids))
				}
				return out.String()
			case "edit": // edit DYNAMIC [erase]: the static file once the members are elsewhere
				return string(EditStatic([]byte(d.Input), d.CmdArgs[0].Key, d.HasArg("erase"))) + "\n"
			case "client": // what "config -c" says
				return q.ClientString() + "\n"
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

// differences prints the fields of c that are not as in Default, and the notes.
func differences(c *Config) string {
	var out strings.Builder
	fields := func(c Config) []string {
		c.Quorum, c.Notes, c.file = nil, nil, ""
		return strings.Split(strings.Trim(strings.ReplaceAll(fmt.Sprintf("%+v", c), " ", "\n"), "{}"), "\n")
	}
	have, def := fields(*c), fields(Default())
	for i, f := range have {
		if f != def[i] {
			out.WriteString(f + "\n")
		}
	}
	if c.Quorum != nil && len(c.Quorum.Members()) > 0 {
		out.WriteString(c.Quorum.String() + "\n")
	}
	for _, n := range c.Notes {
		out.WriteString("note: " + n + "\n")
	}
	fmt.Fprintf(&out, "distributed: %v\n", c.Distributed())
	return out.String()
}

func TestEveryErrorNamesItsFileAndLine(t *testing.T) {
	_, err := Parse("conf/zoo.cfg", []byte("dataDir=/d\n\ntickTme=2000\nclientPort=x\n"))
	var e *Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, Error{File: "conf/zoo.cfg", Line: 3, Key: "tickTme", What: "unknown key; did you mean tickTime?"}, *e)
	require.Len(t, strings.Split(err.Error(), "\n"), 2, "both are reported")
}

func TestEveryKeyIsKnownOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range [][]key{used, refused, withoutEffect} {
		for _, k := range table {
			kinds := 0
			for _, has := range []bool{k.use != nil, k.refuse != "", k.without != ""} {
				if has {
					kinds++
				}
			}
			require.Equal(t, 1, kinds, k.name)
			require.False(t, seen[k.name], k.name)
			seen[k.name] = true
			if !strings.HasSuffix(k.name, "*") {
				found, ok := lookUp(k.name)
				require.True(t, ok)
				require.Equal(t, k.refuse, found.refuse, "%s is hidden by a family", k.name)
			}
		}
	}
}

func TestSessionTimeoutsAreCountedInTicks(t *testing.T) {
	c, err := Parse("zoo.cfg", []byte("dataDir=/d\ntickTime=500\n"))
	require.NoError(t, err)
	require.Equal(t, time.Second, c.MinSession)
	require.Equal(t, 10*time.Second, c.MaxSession)
}

func TestWhitelistOfFourLetterWords(t *testing.T) {
	for list, want := range map[string]bool{"*": true, "srvr, ruok": true, "srvr": false, "": false} {
		c, err := Parse("zoo.cfg", []byte("dataDir=/d\n4lw.commands.whitelist="+list))
		require.NoError(t, err)
		require.Equal(t, want, c.Whitelisted("ruok"), list)
	}
}
