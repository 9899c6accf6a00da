package store_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
)

// classpath is where Debian's zookeeper package puts what a server needs.
func classpath(t *testing.T) string {
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("there is no java: apt-get install zookeeper")
	}
	jars := []string{}
	for _, name := range []string{"zookeeper", "zookeeper-jute", "netty-all", "metrics-core", "snappy-java", "slf4j-api", "slf4j-simple",
		"commons-cli", "commons-io", "guava", "findbugs-annotations", "log4j-1.2", "jackson-core", "jackson-databind",
		"jackson-annotations", "jetty9-server", "jetty9-servlet", "jetty9-util", "jetty9-io", "jetty9-http", "jetty9-security"} {
		jars = append(jars, "/usr/share/java/"+name+".jar")
	}
	if _, err := os.Stat(jars[0]); err != nil {
		t.Skip("Apache ZooKeeper is not installed: apt-get install zookeeper")
	}
	return strings.Join(jars, ":")
}

// java runs one of Apache's programs and returns what it prints.
func java(t *testing.T, args ...string) string {
	args = append([]string{"-Xmx128m", "-Duser.timezone=UTC", "-cp", classpath(t)}, args...)
	cmd := exec.Command("java", args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", out, errs.String())
	return string(out)
}

// ours is a directory with a snapshot and a log that this package wrote, over Apache's.
func ours(t *testing.T) (dir string) {
	d, o := apache(t), &ordered{}
	s, _, err := store.Boot(d, store.Options{PreAlloc: 4096}, o)
	require.NoError(t, err)
	d.settle(t, s)
	require.NoError(t, s.Truncate(d, 0x16))
	d.settle(t, s)
	require.NoError(t, s.BeginSnapshot(o, true))
	for done := false; !done; {
		done, err = s.StepSnapshot(d, 100, o.digest)
		require.NoError(t, err)
	}
	open := []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}}
	for i, txn := range []proto.Transaction{
		{Header: proto.TxnHeader{Type: proto.OpCreate}, Body: &proto.CreateTxn{Path: "/ours", Data: []byte("first"), ACL: open, ParentCVersion: 11}},
		{Header: proto.TxnHeader{Type: proto.OpSetData}, Body: &proto.SetDataTxn{Path: "/ours", Data: []byte("second"), Version: 1}},
		{Header: proto.TxnHeader{Type: proto.OpDelete}, Body: &proto.DeleteTxn{Path: "/plain"}},
		{Header: proto.TxnHeader{Type: proto.OpError}, Body: &proto.ErrorTxn{Err: proto.CodeNoNode}},
		{Header: proto.TxnHeader{Type: proto.OpMulti}, Body: &proto.MultiTxn{Txns: []proto.Txn{
			{Type: proto.OpCreate, Data: (&proto.CreateTxn{Path: "/multi", ACL: open, ParentCVersion: 12}).Append(nil)},
			{Type: proto.OpCheck, Data: (&proto.CheckVersionTxn{Path: "/multi"}).Append(nil)}}}},
	} {
		txn.Header.ClientID, txn.Header.Cxid, txn.Header.Zxid = 0x100, int32(i), 0x17+int64(i)
		s.Append(txn.Header.Zxid, txn.Append(nil), false)
	}
	require.NoError(t, s.Flush(d))
	d.settle(t, s)
	require.True(t, s.Idle())

	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, store.Dir), 0o755))
	names, err := d.List(store.Dir)
	require.NoError(t, err)
	require.Equal(t, "[acceptedEpoch currentEpoch log.17 snapshot.16]", files(t, d))
	for _, name := range names {
		p, err := d.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), p, 0o600))
	}
	return dir
}

func TestApachesToolsReadWhatWeWrite(t *testing.T) {
	classpath(t)
	dir := ours(t)
	log := java(t, "org.apache.zookeeper.server.persistence.TxnLogToolkit", "-d", filepath.Join(dir, "version-2/log.17"))
	for _, want := range []string{
		"session 0x100 cxid 0x0 zxid 0x17 create /ours,first,[31,s{'world,'anyone}",
		"cxid 0x1 zxid 0x18 setData /ours,second,1",
		"cxid 0x2 zxid 0x19 delete '/plain",
		"cxid 0x3 zxid 0x1a error -101",
		"zxid 0x1b multi create:",
		"EOF reached after 5 txns.",
	} {
		require.Contains(t, log, want)
	}
	require.NotContains(t, log, "CRC ERROR")
	snap := java(t, "org.apache.zookeeper.server.SnapshotFormatter", filepath.Join(dir, "version-2/snapshot.16"))
	for _, want := range []string{"ZNode Details (count=16)", "/secret\n", "/ünïcode\n", "/zookeeper/quota/app/zookeeper_limits\n", "dataVersion = 2"} {
		require.Contains(t, strings.ReplaceAll(snap, "?", "ï"), strings.ReplaceAll(want, "?", "ï"))
	}
}

func TestApacheBootsFromWhatWeWrote(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server of Apache's")
	}
	cp, dir := classpath(t), ours(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	require.NoError(t, l.Close())
	cfg := filepath.Join(dir, "zoo.cfg")
	require.NoError(t, os.WriteFile(cfg, fmt.Appendf(nil, "tickTime=500\ndataDir=%s\nclientPort=%d\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n", dir, port), 0o600))
	cmd := exec.Command("java", "-Xmx128m", "-cp", cp, "org.apache.zookeeper.server.ZooKeeperServerMain", cfg)
	out, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	said := ""
	for lines.Scan() && !strings.Contains(lines.Text(), "ContainerManager - Using") { // it is among the last that it says when it starts
		said += lines.Text() + "\n"
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()

	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err, said)
	defer func() { _ = c.Close() }()
	exchange(t, c, (&proto.ConnectRequest{TimeOut: 5000, Passwd: make([]byte, 16)}).Append(nil))
	require.Equal(t, "second", get(t, c, "/ours"))
	require.Equal(t, "", get(t, c, "/multi"))
	require.Equal(t, "ü", get(t, c, "/ünïcode"))
	require.Equal(t, "NONODE", get(t, c, "/plain"))
}

// exchange sends a frame and returns the one that answers it.
func exchange(t *testing.T, c net.Conn, p []byte) []byte {
	_, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...))
	require.NoError(t, err)
	head := make([]byte, 4)
	_, err = io.ReadFull(c, head)
	require.NoError(t, err)
	body := make([]byte, binary.BigEndian.Uint32(head))
	_, err = io.ReadFull(c, body)
	require.NoError(t, err)
	return body
}

// get is a znode's data, or the name of the error.
func get(t *testing.T, c net.Conn, path string) string {
	p := (&proto.RequestHeader{Xid: 1, Type: proto.OpGetData}).Append(nil)
	d := jute.NewDecoder(exchange(t, c, (&proto.GetDataRequest{Path: path}).Append(p)))
	var h proto.ReplyHeader
	require.NoError(t, h.Decode(d))
	if h.Err != proto.CodeOK {
		return h.Err.String()
	}
	var r proto.GetDataResponse
	require.NoError(t, r.Decode(d))
	return string(r.Data)
}
