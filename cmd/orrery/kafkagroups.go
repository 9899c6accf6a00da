package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
)

// groupsFlags are the flags of orrery kafka groups.
type groupsFlags struct {
	actions
	group, topic     string
	earliest, latest bool
	offset           int64
	execute          bool
}

func (a *app) kafkaGroupsCommand(f *kafkaFlags) *cobra.Command {
	x := &groupsFlags{actions: actions{{name: "list", about: "print the names of the groups"}, {name: "describe", about: "print who reads what, and how far"},
		{name: "delete", about: "delete a group without members"}, {name: "reset-offsets", about: "have a group without members read on elsewhere"}}}
	cmd := &cobra.Command{
		Use:   "groups --list | --describe | --delete | --reset-offsets",
		Short: "List, describe and delete groups of consumers, and set where they read on",
		Long: `List, describe and delete groups of consumers, and set where they read on. --reset-offsets prints what it
would do; with --execute it does it.

Exit status: see orrery kafka --help.`,
		Example: `  orrery kafka groups --bootstrap-server localhost:9092 --describe --group billing
  orrery kafka groups --bootstrap-server localhost:9092 --reset-offsets --group billing --topic orders --to-earliest --execute
  orrery kafka groups --bootstrap-server localhost:9092 --reset-offsets --group billing --topic orders:2 --to-offset 42`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.kafkaGroups(cmd.Context(), f, x) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	x.actions.add(cmd)
	flags.StringVar(&x.group, "group", "", "the `GROUP`")
	flags.StringVar(&x.topic, "topic", "", "of --reset-offsets: a `TOPIC`, or TOPIC:PARTITION")
	flags.BoolVar(&x.earliest, "to-earliest", false, "read on with the first record that is there")
	flags.BoolVar(&x.latest, "to-latest", false, "read on with the next record that comes")
	flags.Int64Var(&x.offset, "to-offset", -1, "read on with this `OFFSET`")
	flags.BoolVar(&x.execute, "execute", false, "do it")
	return cmd
}

// kafkaGroups does what the flags ask for.
func (a *app) kafkaGroups(ctx context.Context, f *kafkaFlags, x *groupsFlags) error {
	action, err := x.chosen("groups")
	if err != nil {
		return err
	}
	if x.group == "" && action != "list" {
		return fmt.Errorf("orrery kafka groups --%s: want --group GROUP", action)
	}
	if action == "reset-offsets" {
		ways := 0
		for _, given := range []bool{x.earliest, x.latest, x.offset >= 0} {
			if given {
				ways++
			}
		}
		if ways != 1 || x.topic == "" {
			return errors.New("orrery kafka groups --reset-offsets: want --topic TOPIC and one of --to-earliest, --to-latest, --to-offset")
		}
	}
	return a.onKafka(ctx, f, func(k *kafkaClient) error {
		switch action {
		case "list":
			names, err := k.Groups(k.t)
			if err != nil {
				return err
			}
			return toConsole(a.out, func(w *bytes.Buffer) {
				for _, name := range names {
					fmt.Fprintln(w, name)
				}
			})
		case "describe":
			return a.describeGroup(k, x.group)
		case "delete":
			return k.DeleteGroup(k.t, x.group)
		}
		return a.resetOffsets(k, x)
	})
}

// describeGroup prints a group in the form of Kafka's own tool.
func (a *app) describeGroup(k *kafkaClient, name string) error {
	g, err := k.DescribeGroup(k.t, name)
	if err != nil {
		return err
	}
	offsets, err := k.GroupOffsets(k.t, name)
	if err != nil {
		return err
	}
	if g.State == "Dead" && len(offsets) == 0 {
		return &client.CodeError{Code: proto.GroupIDNotFound, Message: "there is no group " + name}
	}
	committed := map[client.TopicPartition]int64{}
	owners := map[client.TopicPartition]client.GroupMember{}
	var parts []client.TopicPartition
	for _, o := range offsets {
		committed[o.TopicPartition] = o.Offset
		parts = append(parts, o.TopicPartition)
	}
	for _, m := range g.Members {
		for _, p := range m.Parts {
			owners[p] = m
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, byPartition)
	parts = slices.Compact(parts)
	ends := map[client.TopicPartition]int64{}
	for _, p := range parts {
		if end, err := k.OffsetAt(k.t, p, client.Latest, false); err == nil {
			ends[p] = end
		}
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "Group %s is %s, with %d members\n", name, g.State, len(g.Members))
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "TOPIC\tPARTITION\tCURRENT-OFFSET\tLOG-END-OFFSET\tLAG\tCONSUMER-ID\tHOST\tCLIENT-ID")
		for _, p := range parts {
			at, hasOffset := committed[p]
			end, hasEnd := ends[p]
			m := owners[p]
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Topic, p.Partition, orDash(at, hasOffset), orDash(end, hasEnd),
				orDash(max(end-at, 0), hasOffset && hasEnd), textOrDash(m.ID), textOrDash(m.Host), textOrDash(m.Client))
		}
		t.Flush()
	})
}

func orDash(n int64, known bool) string {
	if !known {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

func textOrDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// resetOffsets sets where a group reads on, or says where that would be.
func (a *app) resetOffsets(k *kafkaClient, x *groupsFlags) error {
	parts, err := k.allPartitions(x.topic)
	if err != nil {
		return err
	}
	var offsets []client.Offset
	for _, p := range parts {
		first, err := k.OffsetAt(k.t, p, client.Earliest, false)
		if err != nil {
			return err
		}
		end, err := k.OffsetAt(k.t, p, client.Latest, false)
		if err != nil {
			return err
		}
		at := min(max(x.offset, first), end)
		switch {
		case x.earliest:
			at = first
		case x.latest:
			at = end
		}
		offsets = append(offsets, client.Offset{TopicPartition: p, Offset: at, LeaderEpoch: -1})
	}
	if x.execute {
		outcome, err := k.SetGroupOffsets(k.t, x.group, offsets)
		if outcome == client.Indeterminate {
			fmt.Fprintln(a.err, "orrery: nobody knows whether the offsets were set:", err)
			return ended(exitUnknown)
		}
		if err != nil {
			return err
		}
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "GROUP\tTOPIC\tPARTITION\tNEW-OFFSET")
		for _, o := range offsets {
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\n", x.group, o.Topic, o.Partition, o.Offset)
		}
		t.Flush()
	})
}
