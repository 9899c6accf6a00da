package partition

import (
	"fmt"

	"orrery/nodes"
)

// Record is one entry of the log.
type Record struct {
	Value string
	Epoch int32 // of the leader that appended it
	Stamp Stamp
}

// Stamp says who has sent a record: a producer, which of its instances, and the how many-th record of that instance it is, from 0.
type Stamp struct {
	Producer string
	Epoch    int32
	Seq      int
}

// EpochEnd says where a leader epoch ends in a log: Epoch is the largest that is not larger than the one that was asked for, and End the offset
// behind its last record. Both are -1 if the log knows of none.
type EpochEnd struct {
	Epoch int32
	End   int64
}

// The messages of brokers, controller and producers.
type (
	// Beat tells the controller that a broker lives; Life counts the starts of its process.
	Beat struct{ Life uint32 }
	// State is what the controller says of the partition. Leader is "" if there is none. Version counts its changes. Life is that of the broker
	// for which it is meant: one that has been started again since is told anew (KIP-380).
	State struct {
		Life    uint32
		Leader  nodes.ID
		Epoch   int32
		ISR     []int32
		Version int32
	}
	// AlterISR asks the controller to change the ISR, if the state has still this version.
	AlterISR struct {
		Epoch   int32
		ISR     []int32
		Version int32
	}
	// Ask asks a leader where an epoch ends in its log (OffsetForLeaderEpoch).
	Ask struct{ Epoch, Last int32 }
	// Ends is the answer.
	Ends struct {
		Epoch int32
		End   EpochEnd
	}
	// Fetch asks a leader for what comes from an offset on, and says that all before is there.
	Fetch struct {
		Epoch int32
		From  int64
		Life  uint32
	}
	// Fetched is the answer.
	Fetched struct {
		Epoch   int32
		From    int64
		Records []Record
		HW, End int64
	}
	// Init asks for an epoch for an instance of a producer; Instance is how it is answered.
	Init struct{ Producer string }
	// Instance gives it.
	Instance struct{ Epoch int32 }
	// Produce asks for a record to be appended.
	Produce struct {
		Value string
		Stamp Stamp
	}
	// Produced is the answer; Error is "" if the record is acknowledged.
	Produced struct {
		Stamp Stamp
		Error string
	}
)

// Kind is the message's name.
func (Beat) Kind() string { return "Beat" }

// Kind is the message's name.
func (State) Kind() string { return "State" }

// Kind is the message's name.
func (AlterISR) Kind() string { return "AlterISR" }

// Kind is the message's name.
func (Ask) Kind() string { return "Ask" }

// Kind is the message's name.
func (Ends) Kind() string { return "Ends" }

// Kind is the message's name.
func (Fetch) Kind() string { return "Fetch" }

// Kind is the message's name.
func (Fetched) Kind() string { return "Fetched" }

// Kind is the message's name.
func (Init) Kind() string { return "Init" }

// Kind is the message's name.
func (Instance) Kind() string { return "Instance" }

// Kind is the message's name.
func (Produce) Kind() string { return "Produce" }

// Kind is the message's name.
func (Produced) Kind() string { return "Produced" }

// String says what the message says.
func (m State) String() string {
	return fmt.Sprintf("leader %s, epoch %d, ISR %v, version %d", m.Leader, m.Epoch, m.ISR, m.Version)
}

// String says what the message says.
func (m AlterISR) String() string { return fmt.Sprintf("ISR %v over version %d", m.ISR, m.Version) }

// String says what the message says.
func (m Ask) String() string { return fmt.Sprintf("where does epoch %d end?", m.Last) }

// String says what the message says.
func (m Ends) String() string { return fmt.Sprintf("epoch %d ends at %d", m.End.Epoch, m.End.End) }

// String says what the message says.
func (m Fetch) String() string { return fmt.Sprintf("fetch from %d", m.From) }

// String says what the message says.
func (m Fetched) String() string {
	return fmt.Sprintf("%d records from %d, high watermark %d", len(m.Records), m.From, m.HW)
}

// String says what the message says.
func (m Produce) String() string { return "produce " + m.Value }

// String says what the message says.
func (m Produced) String() string {
	if m.Error != "" {
		return m.Error
	}
	return "acknowledged"
}

// Codec reads and writes the messages.
func Codec() nodes.Codec {
	return nodes.JSONCodec(Beat{}, State{}, AlterISR{}, Ask{}, Ends{}, Fetch{}, Fetched{}, Init{}, Instance{}, Produce{}, Produced{})
}
