package config

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse: no file makes a parser panic; what is wrong with it names the file; and what
// is accepted says the same ensemble when it is written out.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"dataDir=/d\nclientPort=2181\n",
		"dataDir=/d\ninitLimit=5\nsyncLimit=2\nserver.1=a:2888:3888\nserver.2=[::1]:2888:3888:observer;[::1]:2181\nserver.3=c:1:2;;99\n",
		"server.1=a:1:2|b:1:2;1.2.3.4:5\ngroup.1=1\nweight.1=3\nversion=1f",
		"# c\n! d\na\\=b : c\\\n   d\\u0041\n\\", "group.1=1:1", "server.-1=x", "snapshotSizeFactor=-0.5\nautopurge.purgeInterval=3m",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		check := func(q *Quorum, err error) {
			var e *Error
			if err != nil {
				require.True(t, errors.As(err, &e), "%v", err)
				require.NotEmpty(t, e.File)
				return
			}
			if q != nil {
				again, err := ParseQuorum("again", []byte(q.String()))
				require.NoError(t, err)
				require.True(t, q.Equal(again) && q.SameMembers(again), "%v\n%v", q, again)
			}
		}
		if c, err := Parse("zoo.cfg", p); err != nil {
			check(nil, err)
		} else {
			check(c.Quorum, nil)
		}
		check(ParseDynamic("zoo.cfg.dynamic.a", p))
		check(ParseQuorum("text", p))
		if c, err := Parse("zoo.cfg", EditStatic(p, "dyn", true)); err == nil {
			require.Equal(t, "dyn", c.DynamicFile)
		}
	})
}
