package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/group"
)

// An offset goes back where a request that a member has given up comes behind its next one; not to another offset, not for another partition, and not
// when the member's generation is over: then it is for the coordinator to refuse it.
func TestAnOffsetGoesBackOnlyToWhatAMemberHasGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		offset     int64
		partition  int32
		generation int32
		member     string
		want       string
	}{
		"what was given up":     {5, 0, 2, "m", ""},
		"another offset":        {4, 0, 2, "m", kafkaForward},
		"of another partition":  {5, 1, 2, "m", kafkaForward},
		"of another generation": {5, 0, 1, "m", kafkaForward},
		"of who is no member":   {5, 0, 2, "n", kafkaForward},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, bite(t, kafkaLogShape(), func(b *bitten) {
				of := client.Offset{TopicPartition: client.TopicPartition{Topic: b.p.tp.Topic, Partition: c.partition}, Offset: c.offset}
				late := &b.g.groups.late
				late.givesUp(client.GroupMetadata{Group: "g", Member: c.member, Generation: c.generation}, []client.Offset{of})
				part := kafkaGroupPart{"g", b.p.tp}
				require.Zero(t, part.tp.Partition)
				back := &kafkaStored{part: part, offset: 5, expires: -1}
				late.at[2] = late.may(back, &group.Glance{Group: "g", Generation: 2, Members: []group.MemberGlance{{Member: "m"}}})
				b.g.stores(&kafkaStored{part: part, offset: 7, expires: -1}, 1)
				b.g.stores(back, 2)
				b.g.kept("c1", "g", []client.Offset{{TopicPartition: client.TopicPartition(part.tp), Offset: 7}})
			}))
		})
	}
}
