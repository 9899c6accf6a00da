package proto

import (
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
)

// vectors reads what testdata/Vectors.java has printed: by record and way of filling.
func vectors(t require.TestingT) map[string]map[string][]byte {
	file, err := os.ReadFile("testdata/vectors.txt")
	require.NoError(t, err)
	out := map[string]map[string][]byte{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(file)), "\n") {
		f := strings.Fields(line)
		p, err := hex.DecodeString(strings.Join(f[2:], ""))
		require.NoError(t, err, line)
		if out[f[0]] == nil {
			out[f[0]] = map[string][]byte{}
		}
		out[f[0]][f[1]] = p
	}
	return out
}

// notInJute are the records that the original writes field by field: the tests of package
// store, and of servers that talk to each other, show that they are right.
var notInJute = map[string]bool{"DeleteContainerRequest": true, "SessionTouch": true, "SessionValidity": true,
	"ACLEntry": true, "SessionEntry": true, "NodeEntry": true, "ZxidDigest": true}

func TestRecordsAreWhatJavaWrites(t *testing.T) {
	java := vectors(t)
	java["ID"] = java["Id"]
	for name, r := range generated() {
		if notInJute[name] {
			continue
		}
		require.Contains(t, java, name)
		for _, how := range []string{"full", "zero", "null"} {
			want := java[name][how]
			f := filler{how: how}
			mine := fresh(r)
			f.fill(reflect.ValueOf(mine).Elem())
			if how != "null" || name == "QuorumPacket" || name == "ReconfigRequest" {
				require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(mine.Append(nil)), "%s %s", name, how)
			}
			read := fresh(r)
			d := jute.NewDecoder(want)
			require.NoError(t, read.Decode(d), "%s %s", name, how)
			require.NoError(t, d.End(), "%s %s", name, how)
			require.Equal(t, hex.EncodeToString(mine.Append(nil)), hex.EncodeToString(read.Append(nil)), "%s %s", name, how)
			if how != "zero" { // whose empty slices are read as nil
				require.Equal(t, mine, read, "%s %s", name, how)
			}
		}
	}
}

func TestMultiIsWhatJavaWrites(t *testing.T) {
	java := vectors(t)
	open := []ACL{{PermAll, ID{"world", "anyone"}}}
	stat := Stat{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	for _, c := range []struct {
		name, how string
		record    jute.Record
	}{
		{"MultiRequest", "writes", &MultiRequest{[]MultiOp{
			{OpCreate, &CreateRequest{"/a", []byte("1"), open, ModePersistent}},
			{OpCreateContainer, &CreateRequest{"/c", nil, []ACL{{PermRead, ID{"world", "anyone"}}}, ModeContainer}},
			{OpCreateTTL, &CreateTTLRequest{"/t", []byte{}, open, ModePersistentWithTTL, 5000}},
			{OpSetData, &SetDataRequest{"/a", []byte("2"), 0}},
			{OpCheck, &CheckVersionRequest{"/a", 1}},
			{OpDelete, &DeleteRequest{"/a", -1}}}}},
		{"MultiRequest", "reads", &MultiRequest{[]MultiOp{
			{OpGetData, &GetDataRequest{"/a", false}},
			{OpGetChildren, &GetChildrenRequest{"/", false}}}}},
		{"MultiResponse", "all", &MultiResponse{[]MultiResult{
			{OpCreate, CodeOK, &CreateResponse{"/a"}},
			{OpCreate2, CodeOK, &Create2Response{"/c", stat}},
			{OpSetData, CodeOK, &SetDataResponse{stat}},
			{OpCheck, CodeOK, nil},
			{OpDelete, CodeOK, nil},
			{OpError, CodeNoNode, nil},
			{OpError, CodeOK, nil},
			{OpGetData, CodeOK, &GetDataResponse{[]byte("d"), stat}},
			{OpGetChildren, CodeOK, &GetChildrenResponse{[]string{"x", "y"}}}}}},
		{"Notification", "v1", &Notification{StateLeading, 3, 0x100000002, 4, 5, 1, nil}},
		{"Notification", "v2", &Notification{StateLeading, 3, 0x100000002, 4, 5, 2, []byte("version=1")}},
	} {
		want := java[c.name][c.how]
		require.NotEmpty(t, want)
		require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(c.record.Append(nil)), "%s %s", c.name, c.how)
		read := fresh(c.record)
		d := jute.NewDecoder(want)
		require.NoError(t, read.Decode(d))
		require.NoError(t, d.End())
		if c.how != "v1" {
			require.Equal(t, c.record, read)
		}
	}
}
