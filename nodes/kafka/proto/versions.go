package proto

import "github.com/twmb/franz-go/pkg/kmsg"

// spoken is one kind of request: the largest version that clients are told of, and the largest that is served.
// All versions begin with 0.
type spoken struct {
	key    int16
	told   int16 // -1: clients are not told of it
	served int16
}

// versions are those of Kafka 2.4. What is served beyond has its reason beside it.
var versions = [...]spoken{
	{0, 8, 8},   // Produce
	{1, 11, 12}, // Fetch: 12 carries the epoch that was fetched last (KAFKA-10554)
	{2, 5, 5},   // ListOffsets
	{3, 9, 9},   // Metadata
	{4, 4, 4},   // LeaderAndIsr
	{5, 2, 3},   // StopReplica: 3 carries the leader epoch (KIP-570)
	{6, 6, 6},   // UpdateMetadata
	{7, 3, 3},   // ControlledShutdown
	{8, 8, 8},   // OffsetCommit
	{9, 6, 7},   // OffsetFetch: 7 can ask for stable offsets (KIP-447)
	{10, 3, 3},  // FindCoordinator
	{11, 6, 6},  // JoinGroup
	{12, 4, 4},  // Heartbeat
	{13, 4, 4},  // LeaveGroup
	{14, 4, 4},  // SyncGroup
	{15, 5, 5},  // DescribeGroups
	{16, 3, 3},  // ListGroups
	{17, 1, 1},  // SaslHandshake, which is refused: there is nobody to prove anything to
	{18, 3, 3},  // ApiVersions
	{19, 5, 5},  // CreateTopics
	{20, 4, 4},  // DeleteTopics
	{21, 1, 1},  // DeleteRecords
	{22, 2, 4},  // InitProducerId: 3 carries the id and epoch that are to be bumped (KIP-360), 4 says PRODUCER_FENCED
	{23, 3, 3},  // OffsetForLeaderEpoch
	{24, 1, 4},  // AddPartitionsToTxn: 4 only verifies (KIP-890)
	{25, 1, 1},  // AddOffsetsToTxn
	{26, 1, 1},  // EndTxn
	{27, 0, 0},  // WriteTxnMarkers
	{28, 2, 3},  // TxnOffsetCommit: 3 carries the member and its generation (KIP-447)
	{32, 2, 2},  // DescribeConfigs
	{33, 1, 1},  // AlterConfigs
	{35, 1, 1},  // DescribeLogDirs
	{37, 1, 1},  // CreatePartitions
	{42, 2, 2},  // DeleteGroups
	{43, 2, 2},  // ElectLeaders
	{44, 1, 1},  // IncrementalAlterConfigs
	{45, 0, 0},  // AlterPartitionAssignments
	{46, 0, 0},  // ListPartitionReassignments
	{47, 0, 0},  // OffsetDelete
	{61, -1, 0}, // DescribeProducers: to look for transactions that hang (KIP-664)
	{65, -1, 0}, // DescribeTransactions, for the same
	{66, -1, 2}, // ListTransactions: 1 can ask for those that last long (KIP-994), 2 for a pattern (KIP-1152)
}

// maxKey is the largest key of a request that is served.
const maxKey = 66

// byKey finds a row of versions; -1 where there is none.
var byKey = func() (rows [maxKey + 1]int8) {
	for i := range rows {
		rows[i] = -1
	}
	for i, v := range versions {
		rows[v.key] = int8(i)
	}
	return rows
}()

// ApiVersions is what clients are told: the requests of Kafka 2.4 that are served, with their versions, by key.
// The caller may change the slice.
func ApiVersions() []kmsg.ApiVersionsResponseApiKey {
	keys := make([]kmsg.ApiVersionsResponseApiKey, 0, len(versions))
	for _, v := range versions {
		if v.told < 0 {
			continue
		}
		k := kmsg.NewApiVersionsResponseApiKey()
		k.ApiKey, k.MaxVersion = v.key, v.told
		keys = append(keys, k)
	}
	return keys
}

// LaterApiVersions are the requests of later releases that are served although clients of 2.4 do not hear of them, for a broker
// that is set up to tell (KIP-664), by key. The caller may change the slice.
func LaterApiVersions() []kmsg.ApiVersionsResponseApiKey {
	var keys []kmsg.ApiVersionsResponseApiKey
	for _, v := range versions {
		if v.told < 0 {
			k := kmsg.NewApiVersionsResponseApiKey()
			k.ApiKey, k.MaxVersion = v.key, v.served
			keys = append(keys, k)
		}
	}
	return keys
}

// Max is the largest version of a request that clients are told of; or, if interbroker is set, the largest that is
// served, which is what brokers use among themselves. It is -1 if there is none.
func Max(key int16, interbroker bool) int16 {
	if key < 0 || key > maxKey || byKey[key] < 0 {
		return -1
	}
	v := versions[byKey[key]]
	if interbroker {
		return v.served
	}
	return v.told
}
