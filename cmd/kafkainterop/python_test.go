package kafkainterop

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pythons is what two clients for Python do: kafka-python, which stands on nothing, and confluent-kafka, on librdkafka.
const pythons = `
import sys, time
from kafka import KafkaProducer, KafkaConsumer, KafkaAdminClient
from kafka.admin import NewTopic
from confluent_kafka import Producer, Consumer
seeds = sys.argv[1]
KafkaAdminClient(bootstrap_servers=seeds).create_topics([NewTopic("py", 3, 3)])
for codec in (None, "gzip"):
    p = KafkaProducer(bootstrap_servers=seeds, acks="all", compression_type=codec, retries=20)
    for i in range(100): p.send("py", b"v%d" % i, key=b"k%d" % i)
    p.flush()
c = KafkaConsumer("py", bootstrap_servers=seeds, group_id="a", auto_offset_reset="earliest", consumer_timeout_ms=60000)
got = [next(c) for _ in range(200)]
c.close()
print("kafka-python", len(set((r.partition, r.offset) for r in got)))
p = Producer({"bootstrap.servers": seeds, "transactional.id": "py"})
p.init_transactions(30)
p.begin_transaction()
for i in range(50): p.produce("py", b"t%d" % i)
p.commit_transaction(30)
c = Consumer({"bootstrap.servers": seeds, "group.id": "b", "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
c.subscribe(["py"])
n, end = 0, time.time() + 60
while n < 250 and time.time() < end:
    m = c.poll(1)
    if m and not m.error(): n += 1
print("confluent-kafka", n)
p.begin_transaction()
p.send_offsets_to_transaction(c.position(c.assignment()), c.consumer_group_metadata(), 30)
p.commit_transaction(30)
# The end of a transaction is answered before its markers are written, and this librdkafka's OffsetFetch (v6) has no
# RequireStable (KIP-447) to wait for them: what it reads may be of before.
end = time.time() + 60
while sum(o.offset for o in c.committed(c.assignment(), 30)) < 250 and time.time() < end: time.sleep(0.02)
print("committed", sum(o.offset for o in c.committed(c.assignment(), 30)) >= 250)
c.close()
`

// Python's clients administer, write, read in groups, and commit offsets in transactions. Debian has both:
// apt-get install python3-kafka python3-confluent-kafka.
func TestPythonsClients(t *testing.T) {
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import kafka, confluent_kafka").Run() != nil {
		t.Skip("they are not here: apt-get install --no-install-recommends python3-kafka python3-confluent-kafka")
	}
	c := start(t, 3, "")
	cmd := exec.CommandContext(soon(t), python, "-c", pythons, strings.Join(c.seeds(), ","))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s%s", out, c.logs())
	require.Equal(t, "kafka-python 200\nconfluent-kafka 250\ncommitted True\n", string(out))
}
