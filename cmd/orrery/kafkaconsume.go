package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"orrery/nodes/kafka/client"
	"orrery/scenarios"
)

// consumeFlags are the flags of orrery kafka consume.
type consumeFlags struct {
	topic, group, isolation, offset string
	partition                       int32
	beginning, keys, where          bool
	most                            int
	idle                            time.Duration
}

func (a *app) kafkaConsumeCommand(f *kafkaFlags) *cobra.Command {
	var x consumeFlags
	cmd := &cobra.Command{
		Use:   "consume --topic TOPIC",
		Short: "Print the records of a topic, a line each",
		Long: `Print the records of a topic, a line each, until Ctrl-C, --max-messages or --idle end it. With --group the
partitions are shared with the other members, and the next member goes on where this one has ended.

Exit status: see orrery kafka --help.`,
		Example: `  orrery kafka consume --bootstrap-server localhost:9092 --topic orders --from-beginning --idle 2s
  orrery kafka consume --bootstrap-server localhost:9092 --topic orders --group billing --max-messages 100
  orrery kafka consume --bootstrap-server localhost:9092 --topic orders --partition 0 --offset 42 --where`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.kafkaConsume(cmd.Context(), f, &x) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&x.topic, "topic", "", "the `TOPIC` to read")
	flags.BoolVar(&x.beginning, "from-beginning", false, "begin with the first record that is there, unless the group has read already")
	flags.StringVar(&x.group, "group", "", "be a member of this `GROUP`")
	flags.Int32Var(&x.partition, "partition", -1, "read partition `N` alone, without a group")
	flags.StringVar(&x.offset, "offset", "", "begin there: earliest, latest, or an `OFFSET` in the partition")
	flags.IntVar(&x.most, "max-messages", 0, "end after `N` records")
	flags.DurationVar(&x.idle, "idle", 0, "end when nothing has come for so long (default: never)")
	flags.StringVar(&x.isolation, "isolation", "uncommitted", "read uncommitted or only committed transactions")
	flags.BoolVar(&x.keys, "keys", false, "print the key before the value, with a tab between")
	flags.BoolVar(&x.where, "where", false, "print partition and offset before each record")
	return cmd
}

// config is how the consumer reads.
func (x *consumeFlags) config() (client.ConsumerConfig, error) {
	c := client.ConsumerConfig{Group: x.group, Reset: client.ResetLatest}
	if x.topic == "" {
		return c, errors.New("orrery kafka consume: want --topic TOPIC")
	}
	if x.group != "" && (x.partition >= 0 || x.offset != "") {
		return c, errors.New("orrery kafka consume: a group says who reads which partition, and from where; leave --partition and --offset out")
	}
	if x.offset != "" && x.offset != "earliest" && x.offset != "latest" {
		if n, err := strconv.ParseInt(x.offset, 10, 64); err != nil || n < 0 || x.partition < 0 {
			return c, fmt.Errorf("--offset %s: want earliest, latest, or an offset together with --partition", x.offset)
		}
	}
	if x.beginning || x.offset == "earliest" {
		c.Reset = client.ResetEarliest
	}
	if x.group != "" {
		c.AutoCommit = time.Second
	}
	switch x.isolation {
	case "committed":
		c.ReadCommitted = true
	case "uncommitted":
	default:
		return c, scenarios.Unknown("value of --isolation", x.isolation, []string{"committed", "uncommitted"})
	}
	return c, nil
}

// kafkaConsume prints records.
func (a *app) kafkaConsume(ctx context.Context, f *kafkaFlags, x *consumeFlags) error {
	config, err := x.config()
	if err != nil {
		return err
	}
	return a.onKafka(ctx, f, func(k *kafkaClient) error {
		r := client.NewConsumer(k.Cluster, config)
		defer r.Close(k.t)
		if err := x.begin(k, r); err != nil {
			return err
		}
		return a.printRecords(k, r, x)
	})
}

// begin has the consumer read what it is to read.
func (x *consumeFlags) begin(k *kafkaClient, r *client.Consumer) error {
	if x.group != "" {
		return r.Subscribe(x.topic)
	}
	parts, err := k.allPartitions(x.topic)
	if err != nil {
		return err
	}
	if x.partition >= 0 {
		parts = slices.DeleteFunc(parts, func(p client.TopicPartition) bool { return p.Partition != x.partition })
		if len(parts) == 0 {
			return fmt.Errorf("orrery kafka consume: %s has no partition %d", x.topic, x.partition)
		}
	}
	if err := r.Assign(parts...); err != nil {
		return err
	}
	if at, err := strconv.ParseInt(x.offset, 10, 64); err == nil {
		return r.Seek(parts[0], at)
	}
	return nil
}

// printRecords prints until there is an end.
func (a *app) printRecords(k *kafkaClient, r *client.Consumer, x *consumeFlags) error {
	heard := k.t.Monotonic()
	for n := 0; !k.stopped(); {
		records, err := r.Poll(k.t, 100*time.Millisecond)
		if errors.Is(err, client.ErrFenced) {
			return err
		}
		if x.most > 0 {
			records = records[:min(len(records), x.most-n)]
		}
		if err := toConsole(a.out, func(w *bytes.Buffer) {
			for _, one := range records {
				x.print(w, one)
			}
		}); err != nil {
			return err
		}
		n += len(records)
		if len(records) > 0 {
			heard = k.t.Monotonic()
		}
		if x.most > 0 && n >= x.most || x.idle > 0 && k.t.Monotonic()-heard >= x.idle {
			if x.group != "" {
				_, err := r.Commit(k.t, printed(r, records)...)
				return err
			}
			return nil
		}
	}
	return nil
}

// printed are the offsets behind what was printed, of which a poll may have returned more.
func printed(r *client.Consumer, last []client.Record) []client.Offset {
	all := r.Positions()
	for i := range all {
		for _, one := range last {
			if one.Topic == all[i].Topic && one.Partition == all[i].Partition {
				all[i].Offset, all[i].LeaderEpoch = one.Offset+1, one.LeaderEpoch
			}
		}
	}
	return all
}

func (x *consumeFlags) print(w *bytes.Buffer, r client.Record) {
	if x.where {
		fmt.Fprintf(w, "%d:%d\t", r.Partition, r.Offset)
	}
	if x.keys {
		fmt.Fprintf(w, "%s\t", r.Key)
	}
	w.Write(r.Value)
	w.WriteByte('\n')
}
