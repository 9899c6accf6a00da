package kafkainterop

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/internal/process"
)

// dial opens a bare connection to a server.
func dial(t testing.TB, s *server) net.Conn {
	conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return conn
}

// framed is a frame: its length and what it holds.
func framed(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }

// request is the frame of a request in its version, or in another that is not there.
func request(r kmsg.Request, version int16) []byte {
	b := kbin.AppendInt16(nil, r.Key())
	b = kbin.AppendInt16(b, version)
	b = kbin.AppendInt32(b, 7)
	b = kbin.AppendNullableString(b, text("bare"))
	if r.IsFlexible() {
		b = append(b, 0)
	}
	return framed(r.AppendTo(b))
}

// answer reads a frame; io.EOF and the like if the connection has ended.
func answer(conn net.Conn) ([]byte, error) {
	var h [4]byte
	if _, err := io.ReadFull(conn, h[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(h[:]))
	_, err := io.ReadFull(conn, b)
	return b, err
}

// serves says that a broker still answers others.
func serves(t testing.TB, s *server) {
	t.Helper()
	conn := dial(t, s)
	_, err := conn.Write(request(kmsg.NewPtrApiVersionsRequest(), 0))
	require.NoError(t, err)
	b, err := answer(conn)
	require.NoError(t, err, s.Log())
	require.EqualValues(t, 7, binary.BigEndian.Uint32(b))
	conn.Close()
}

// Who asks for a version of ApiVersions that is not there is told in version 0 which there are; any other request of a version
// or a kind that is not there ends its connection, as Kafka's own broker does.
func TestAVersionThatIsNotThere(t *testing.T) {
	c := start(t, 1, "")
	conn := dial(t, c.brokers[0])
	r := kmsg.NewPtrApiVersionsRequest()
	r.Version = 4
	_, err := conn.Write(request(r, 99))
	require.NoError(t, err)
	b, err := answer(conn)
	require.NoError(t, err)
	var res kmsg.ApiVersionsResponse
	require.NoError(t, res.ReadFrom(b[4:]))
	require.EqualValues(t, 35, res.ErrorCode, "UNSUPPORTED_VERSION")
	for _, k := range res.ApiKeys {
		if k.ApiKey == 18 {
			require.EqualValues(t, 3, k.MaxVersion)
		}
	}
	_, err = conn.Write(request(kmsg.NewPtrApiVersionsRequest(), 0)) // and may ask again
	require.NoError(t, err)
	_, err = answer(conn)
	require.NoError(t, err)

	for name, frame := range map[string][]byte{"Metadata of version 99": request(kmsg.NewPtrMetadataRequest(), 99),
		"a kind that nobody knows": framed([]byte{0x7f, 0xff, 0, 0, 0, 0, 0, 7, 0xff, 0xff})} {
		conn := dial(t, c.brokers[0])
		_, err := conn.Write(frame)
		require.NoError(t, err)
		b, err := answer(conn)
		if err == nil {
			t.Logf("%s: answered with %x", name, b)
			require.EqualValues(t, 35, binary.BigEndian.Uint16(b[4:]), name)
		}
		serves(t, c.brokers[0])
	}
}

// Garbage, lengths out of place and requests that are cut off end their own connection, and no other.
func TestGarbageEndsItsOwnConnection(t *testing.T) {
	c := start(t, 1, "socket.request.max.bytes=1048576\n")
	b := c.brokers[0]
	c.topic("held", 1, 1, nil)
	cl := c.client()
	write(t, cl, "held", numbers(0, 10)...)
	good := request(kmsg.NewPtrMetadataRequest(), 0)
	noise := make([]byte, 5_000)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for name, bytes := range map[string][]byte{
		"a request of HTTP":           []byte("GET / HTTP/1.1\r\nHost: kafka\r\n\r\n"),
		"a length below nothing":      {0xff, 0xff, 0xff, 0xff, 0, 18, 0, 0},
		"a length above the limit":    {0x00, 0x20, 0x00, 0x00, 0, 18, 0, 0},
		"an empty frame":              {0, 0, 0, 0},
		"half a header":               framed(good[4:9]),
		"noise in a frame":            framed(noise),
		"noise":                       noise,
		"a body that is cut off":      framed(request(produceOf("held", batch(-1, -1, -1, 3)), 8)[4:60]),
		"a body that is noise":        framed(append(append([]byte{}, good[4:18]...), append([]byte{0, 0, 0, 2, 0x7f, 0xff}, noise...)...)),
		"an array that never ends":    framed(append(append([]byte{}, good[4:18]...), 0x7f, 0xff, 0xff, 0xff)),
		"a TLS client's first record": {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, b)
			_, err := conn.Write(bytes)
			require.NoError(t, err)
			for err == nil {
				_, err = answer(conn)
			}
			require.False(t, isTimeout(err), "the connection is not closed")
			serves(t, b)
		})
	}
	write(t, cl, "held", numbers(10, 10)...)
	require.Equal(t, numbers(0, 20), values(read(t, c.client(kgo.ConsumeTopics("held")), 20)))
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// produceOf is a request that writes bytes to the topic's first partition.
func produceOf(topic string, raw []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Version = 8
	req.Acks, req.TimeoutMillis = -1, 10_000
	p := kmsg.NewProduceRequestTopicPartition()
	p.Records = raw
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{p}}}
	return req
}

// Random changes to requests that are right: the broker lives, and what was acknowledged is read.
func TestRequestsWithWrongBytesDoNoHarm(t *testing.T) {
	c := start(t, 1, "")
	b := c.brokers[0]
	c.topic("fuzzed", 1, 1, nil)
	c.topic("held", 1, 1, nil)
	cl := c.client()
	write(t, cl, "held", numbers(0, 10)...)
	fetch := kmsg.NewPtrFetchRequest()
	fetch.Version, fetch.MaxBytes, fetch.SessionEpoch = 11, 1<<20, -1
	fetch.Topics = []kmsg.FetchRequestTopic{{Topic: "fuzzed", Partitions: []kmsg.FetchRequestTopicPartition{kmsg.NewFetchRequestTopicPartition()}}}
	join := kmsg.NewPtrJoinGroupRequest()
	join.Version, join.Group, join.ProtocolType, join.SessionTimeoutMillis = 5, "fuzzed", "consumer", 6_000
	join.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte{0, 0}}}
	metadata := kmsg.NewPtrMetadataRequest()
	metadata.Version = 8
	good := [][]byte{request(produceOf("fuzzed", batch(-1, -1, -1, 5)), 8), request(fetch, 11), request(join, 5), request(metadata, 8),
		request(kmsg.NewPtrInitProducerIDRequest(), 0), request(kmsg.NewPtrFindCoordinatorRequest(), 0)}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	answered := 0
	for range 1_500 {
		frame := bytes.Clone(good[rng.IntN(len(good))])
		for range 1 + rng.IntN(4) {
			frame[4+rng.IntN(len(frame)-4)] = byte(rng.Uint32())
		}
		conn := dial(t, b)
		_, err := conn.Write(frame)
		require.NoError(t, err)
		_ = conn.(*net.TCPConn).CloseWrite() // or else the broker waits for the rest of what seems to be longer
		if _, err := answer(conn); err == nil {
			answered++
		}
		conn.Close()
	}
	require.NotZero(t, answered)
	serves(t, b)
	require.True(t, b.Running())
	require.Equal(t, numbers(0, 10), values(read(t, c.client(kgo.ConsumeTopics("held")), 10)))
	b.Stop() // and its files are right
	b.start()
	c.allKnown()
	require.Equal(t, numbers(0, 10), values(read(t, c.client(kgo.ConsumeTopics("held")), 10)))
}

// A file that is not right is refused in one line, with the file, the line and the key.
func TestAMalformedFileIsRefusedInOneLine(t *testing.T) {
	path, err := process.Orrery()
	require.NoError(t, err)
	for lines, why := range map[string]string{
		"broker.id=1\nzookeeper.connect=127.0.0.1:1\nlog.segment.bytes=1MB\n":              "server.properties:3: log.segment.bytes:",
		"broker.id=one\nzookeeper.connect=127.0.0.1:1\n":                                   "server.properties:1: broker.id:",
		"broker.id=1\nzookeeper.connect=127.0.0.1:1\nlisteners=PLAINTEXT//x\n":             "server.properties:3: listeners:",
		"broker.id=1\nzookeeper.connect=127.0.0.1:1\n\nlisteners=SASL_SSL://127.0.0.1:0\n": "server.properties:4: listeners:",
		"broker.id=1\nzookeeper.connect=127.0.0.1:1\nauto.create.topics.enable=perhaps\n":  "server.properties:3: auto.create.topics.enable:",
		"broker.id=1\nzookeeper.connect=127.0.0.1:1\nlog.cleanup.policy=compact,delet\n":   "server.properties:3: log.cleanup.policy:",
		"broker.id=1\nzookeeper.connect=127.0.0.1:port\n":                                  "server.properties:2: zookeeper.connect:",
		"broker.id=1\n": "zookeeper.connect",
		"broker.id=1\nzookeeper.connect=127.0.0.1:1\nunclean.leader.election.enable=\\u12\n": "server.properties:3",
	} {
		file := filepath.Join(t.TempDir(), "server.properties")
		require.NoError(t, os.WriteFile(file, []byte(lines), 0o600))
		cmd := exec.CommandContext(soon(t), path, "node", "kafka", file)
		var said bytes.Buffer
		cmd.Stderr = &said
		err := cmd.Run()
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), "%v: %s", err, &said)
		require.Contains(t, said.String(), why)
		require.Equal(t, 1, bytes.Count(said.Bytes(), []byte("\n")), said.String())
	}
}
