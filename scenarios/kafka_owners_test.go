package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/client"
)

// A group was removed and has begun anew, and a member of before hears late, from a coordinator that is cut off, what it owned then. That is a
// generation of the same number, and not the same generation; two members of one life are held to it.
func TestAGenerationIsOfOneLifeOfItsGroup(t *testing.T) {
	for name, c := range map[string]struct {
		removed bool
		want    string
	}{
		"the group has begun anew": {true, ""},
		"it is the same":           {false, kafkaOwners},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, bite(t, kafkaLogShape(), func(b *bitten) {
				of := func(members ...string) *kafkaStored {
					return &kafkaStored{part: kafkaGroupPart{group: "g"}, offset: -1, members: members}
				}
				at := []client.TopicPartition{{Topic: b.p.tp.Topic, Partition: b.p.tp.Partition}}
				owns := func(member string) {
					b.g.owns(member, client.GroupMetadata{Group: "g", Member: member, Generation: 2}, at)
				}
				b.g.stores(of("early", "late"), 1)
				if c.removed {
					b.g.stores(of(), 2)
				}
				b.g.stores(of("next"), 3)
				owns("next")
				owns("late")
			}))
		})
	}
}
