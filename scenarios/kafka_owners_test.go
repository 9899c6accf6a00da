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
					return &kafkaStored{part: kafkaGroupPart{group: "g"}, offset: -1, plan: &kafkaPlan{2, members}}
				}
				at := []client.TopicPartition{{Topic: b.p.tp.Topic, Partition: b.p.tp.Partition}}
				owns := func(member string) {
					b.g.owns(member, client.GroupMetadata{Group: "g", Member: member, Generation: 2}, at)
				}
				b.g.stores(of("early", "late"), 1)
				if c.removed {
					b.g.stores(&kafkaStored{part: kafkaGroupPart{group: "g"}, offset: -1}, 2)
				}
				b.g.stores(of("next"), 3)
				owns("next")
				owns("late")
			}))
		})
	}
}

// A coordinator is deposed when it has asked the members of a generation for a plan, and the next one makes another generation of that number, without
// some of them. Those know of the first one only.
func TestAPlanIsForThoseWhomTheJournalNames(t *testing.T) {
	o := newKafkaOwnership()
	group := kafkaGroupPart{group: "g"}
	require.False(t, o.planned("g", 5, "a"), "there is none")
	o.stores(&kafkaStored{part: group, offset: -1, plan: &kafkaPlan{5, []string{"a"}}})
	require.True(t, o.planned("g", 5, "a"))
	require.False(t, o.planned("g", 5, "a", "b"))
	require.False(t, o.planned("g", 4, "a"))
	o.stores(&kafkaStored{part: group, offset: -1})
	require.False(t, o.planned("g", 5, "a"), "the group was removed")
}
