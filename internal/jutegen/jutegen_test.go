package jutegen_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/internal/jutegen"
)

func TestWhatASchemaSaysWronglyIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"record A\n":                              "x.jute:1: record A has no comment before it",
		"# is.\nrekord A\n":                       "x.jute:2: want \"record Name\" or \"enum Name Prefix\", not \"rekord A\"",
		"\tpath string\n":                         "x.jute:1: a field outside of a declaration",
		"# is.\nrecord A\n\tpath\n":               "x.jute:3: want \"name type\", not \"path\"",
		"# is.\nrecord A\n\ta bool...\n\tb int\n": "x.jute:4: b follows a field that may be missing",
		"# is.\nrecord A\n\ta int...\n":           "x.jute:3: a: a int cannot be marked so",
		"# is.\nenum A B\n\tC 1\n":                "x.jute:3: want \"Name number text\", not \"C 1\"",
		"# is.\nenum A B\n\tC x c\n":              "x.jute:3: C: \"x\" is not a number of 32 bits",
		"# is.\nenum A B\n\tC 1 c\n\tD 1 d\n":     "x.jute:4: C and D are both 1",
	} {
		_, err := jutegen.Parse("x.jute", text)
		require.EqualError(t, err, want, "%q", text)
	}
}

func TestATypeThatNobodyDeclaredIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"# is.\nrecord A\n\tb B\n":                             "x.jute: A.B: there is no type \"B\"",
		"# is.\nrecord A\n\tb []int\n":                         "x.jute: A.B: vectors are of strings or of records, not of int",
		"# is.\nrecord A\n\tb []E\n\n# is.\nenum E E\n\tX 1 x": "x.jute: A.B: vectors are of strings or of records, not of E",
	} {
		s, err := jutegen.Parse("x.jute", text)
		require.NoError(t, err)
		_, err = jutegen.Generate("p", []jutegen.Schema{s})
		require.EqualError(t, err, want, "%q", text)
	}
}

func TestAVectorAsksForNoMoreRoomThanTheBytesCanFill(t *testing.T) {
	s, err := jutegen.Parse("x.jute", "# is.\nrecord A\n\tb []B\n\n# is.\nrecord B\n\tn long\n\ts string\n\tv []B\n\te E\n\tt bool...\n\n# is.\nenum E E\n\tX 1 x\n")
	require.NoError(t, err)
	files, err := jutegen.Generate("p", []jutegen.Schema{s})
	require.NoError(t, err)
	require.Contains(t, string(files["x_gen.go"]), "d.Count(20)", "a long, two counts and an enum; a bool that may be missing is none")
}
