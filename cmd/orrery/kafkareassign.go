package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"orrery/nodes/kafka/client"
)

// reassignFlags are the flags of orrery kafka reassign.
type reassignFlags struct {
	actions
	file, topics, brokers string
}

// movesPlan is the file of Kafka's own tool.
type movesPlan struct {
	Version    int             `json:"version"`
	Partitions []reassignedOne `json:"partitions"`
}

type reassignedOne struct {
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
	Replicas  []int32 `json:"replicas"`
}

func (a *app) kafkaReassignCommand(f *kafkaFlags) *cobra.Command {
	x := &reassignFlags{actions: actions{{name: "generate", about: "print a plan that spreads --topics over --brokers"},
		{name: "execute", about: "begin to move the partitions of --file"}, {name: "verify", about: "print how far the moves of --file have come; fail unless all have ended"},
		{name: "cancel", about: "take the moves of --file back"}, {name: "list", about: "print the moves that are under way"}}}
	cmd := &cobra.Command{
		Use:   "reassign --generate | --execute | --verify | --cancel | --list",
		Short: "Move partitions to other brokers",
		Long: `Move partitions to other brokers, by a plan in the format of Kafka's own tool.

Exit status: 0 done, 1 moves are under way (--verify), 2 certainly not done, 3 nobody knows.`,
		Example: `  orrery kafka reassign --bootstrap-server localhost:9092 --generate --topics orders --brokers 2,3,4 > plan.json
  orrery kafka reassign --bootstrap-server localhost:9092 --execute --file plan.json
  orrery kafka reassign --bootstrap-server localhost:9092 --verify --file plan.json`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.kafkaReassign(cmd.Context(), f, x) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	x.actions.add(cmd)
	flags.StringVar(&x.file, "file", "", "the plan, a `FILE` of JSON")
	flags.StringVar(&x.topics, "topics", "", "of --generate: the `TOPICS`, with commas between")
	flags.StringVar(&x.brokers, "brokers", "", "of --generate: the ids of the `BROKERS`, with commas between")
	return cmd
}

// kafkaReassign does what the flags ask for.
func (a *app) kafkaReassign(ctx context.Context, f *kafkaFlags, x *reassignFlags) error {
	action, err := x.chosen("reassign")
	if err != nil {
		return err
	}
	var plan movesPlan
	switch action {
	case "execute", "verify", "cancel":
		if plan, err = readMoves(x.file); err != nil {
			return err
		}
	case "generate":
		if x.topics == "" || x.brokers == "" {
			return errors.New("orrery kafka reassign --generate: want --topics TOPICS and --brokers BROKERS")
		}
	}
	return a.onKafka(ctx, f, func(k *kafkaClient) error {
		switch action {
		case "generate":
			return a.generatePlan(k, x)
		case "list":
			return a.listMoves(k)
		case "verify":
			return a.verifyPlan(k, plan)
		}
		for _, p := range plan.Partitions {
			if action == "cancel" {
				p.Replicas = nil
			}
			if err := k.Reassign(k.t, client.TopicPartition{Topic: p.Topic, Partition: p.Partition}, p.Replicas); err != nil {
				return fmt.Errorf("%s-%d: %w", p.Topic, p.Partition, err)
			}
		}
		return nil
	})
}

// readMoves reads a plan.
func readMoves(file string) (plan movesPlan, err error) {
	if file == "" {
		return plan, errors.New("orrery kafka reassign: want --file FILE")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return plan, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&plan); err != nil {
		return plan, fmt.Errorf("%s: %w; want {\"version\":1,\"partitions\":[{\"topic\":\"orders\",\"partition\":0,\"replicas\":[1,2,3]}]}", file, err)
	}
	for i, p := range plan.Partitions {
		if p.Topic == "" || p.Partition < 0 || len(p.Replicas) == 0 {
			return plan, fmt.Errorf("%s: partition %d of the list names no topic, no number or no replicas", file, i)
		}
	}
	if plan.Version != 1 || len(plan.Partitions) == 0 {
		return plan, fmt.Errorf("%s: want version 1, and partitions", file)
	}
	return plan, nil
}

// generatePlan prints a plan by which each broker leads and holds about as much as the others.
func (a *app) generatePlan(k *kafkaClient, x *reassignFlags) error {
	brokers, err := brokersOf(x.brokers, ",")
	if err != nil {
		return err
	}
	slices.Sort(brokers)
	brokers = slices.Compact(brokers)
	plan := movesPlan{Version: 1}
	turn := 0
	for topic := range strings.SplitSeq(x.topics, ",") {
		topic = strings.TrimSpace(topic)
		if err := k.Refresh(k.t, topic); err != nil {
			return err
		}
		partitions, err := k.Partitions(k.t, topic)
		if err != nil {
			return err
		}
		for _, p := range partitions {
			if len(p.Replicas) > len(brokers) {
				return fmt.Errorf("%s-%d has %d replicas, and --brokers names %d brokers", topic, p.Number, len(p.Replicas), len(brokers))
			}
			one := reassignedOne{Topic: topic, Partition: p.Number}
			for i := range p.Replicas {
				one.Replicas = append(one.Replicas, brokers[(turn+i)%len(brokers)])
			}
			plan.Partitions = append(plan.Partitions, one)
			turn++
		}
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) { fmt.Fprintf(w, "%s\n", text) })
}

func (a *app) listMoves(k *kafkaClient) error {
	moves, err := k.Reassignments(k.t)
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		for _, m := range moves {
			fmt.Fprintf(w, "%s-%d\treplicas %s\tadding %s\tremoving %s\n", m.Topic, m.Partition, commas(m.Replicas), commas(m.Adding), commas(m.Removing))
		}
	})
}

// verifyPlan prints how far a plan has come.
func (a *app) verifyPlan(k *kafkaClient, plan movesPlan) error {
	moves, err := k.Reassignments(k.t)
	if err != nil {
		return err
	}
	code := exitHeld
	var lines bytes.Buffer
	for _, p := range plan.Partitions {
		tp := client.TopicPartition{Topic: p.Topic, Partition: p.Partition}
		if err := k.Refresh(k.t, p.Topic); err != nil {
			return err
		}
		partitions, err := k.Partitions(k.t, p.Topic)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(partitions, func(o client.Partition) bool { return o.Number == p.Partition })
		switch {
		case i < 0:
			return fmt.Errorf("%s has no partition %d", p.Topic, p.Partition)
		case slices.ContainsFunc(moves, func(m client.Reassignment) bool { return m.TopicPartition == tp }):
			code = exitViolated
			fmt.Fprintf(&lines, "%s-%d is still on its way\n", p.Topic, p.Partition)
		case !slices.Equal(partitions[i].Replicas, p.Replicas):
			code = exitViolated
			fmt.Fprintf(&lines, "%s-%d has replicas %s, not %s, and is not on its way\n", p.Topic, p.Partition, commas(partitions[i].Replicas), commas(p.Replicas))
		default:
			fmt.Fprintf(&lines, "%s-%d is complete\n", p.Topic, p.Partition)
		}
	}
	if err := toConsole(a.out, func(w *bytes.Buffer) { w.Write(lines.Bytes()) }); err != nil {
		return err
	}
	return ended(code)
}
