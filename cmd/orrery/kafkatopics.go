package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
)

// actions are flags of which exactly one says what to do.
type actions []struct {
	name, about string
	on          bool
}

// add makes the flags.
func (x actions) add(cmd *cobra.Command) {
	for i := range x {
		cmd.Flags().BoolVar(&x[i].on, x[i].name, false, x[i].about)
	}
}

// chosen is the one that was given.
func (x actions) chosen(command string) (string, error) {
	var names, given []string
	for _, a := range x {
		names = append(names, "--"+a.name)
		if a.on {
			given = append(given, a.name)
		}
	}
	if len(given) != 1 {
		return "", fmt.Errorf("orrery kafka %s: want one of %s", command, strings.Join(names, ", "))
	}
	return given[0], nil
}

// topicsFlags are the flags of orrery kafka topics.
type topicsFlags struct {
	actions
	topic              string
	partitions         int32
	replicas           int16
	assignment         string
	settings, defaults []string
}

func (a *app) kafkaTopicsCommand(f *kafkaFlags) *cobra.Command {
	x := &topicsFlags{actions: actions{{name: "list", about: "print the names of the topics"}, {name: "create", about: "make a topic"},
		{name: "describe", about: "print where the partitions are, and what is set"}, {name: "alter", about: "add partitions, or change what is set"},
		{name: "delete", about: "delete a topic"}}}
	cmd := &cobra.Command{
		Use:   "topics --list | --create | --describe | --alter | --delete",
		Short: "List, make, describe, change and delete topics",
		Long: `List, make, describe, change and delete topics.

Exit status: see orrery kafka --help.`,
		Example: `  orrery kafka topics --bootstrap-server localhost:9092 --create --topic orders --partitions 3 --replication-factor 3 --config min.insync.replicas=2
  orrery kafka topics --bootstrap-server localhost:9092 --describe --topic orders
  orrery kafka topics --bootstrap-server localhost:9092 --alter --topic orders --partitions 6 --delete-config min.insync.replicas`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.kafkaTopics(cmd.Context(), f, x) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	x.actions.add(cmd)
	flags.StringVar(&x.topic, "topic", "", "the `TOPIC`; --describe without it describes all of them")
	flags.Int32Var(&x.partitions, "partitions", 0, "so many partitions, `N`; of a new topic, 0 is what the brokers have set")
	flags.Int16Var(&x.replicas, "replication-factor", 0, "so many replicas of each, `N`; 0 is what the brokers have set")
	flags.StringVar(&x.assignment, "replica-assignment", "", "the brokers of each partition, `LIST`, the preferred leader first: 1:2:3,2:3:1")
	flags.StringArrayVar(&x.settings, "config", nil, "set `KEY=VALUE`; once for each")
	flags.StringArrayVar(&x.defaults, "delete-config", nil, "let `KEY` have its default again; once for each")
	return cmd
}

// kafkaTopics does what the flags ask for.
func (a *app) kafkaTopics(ctx context.Context, f *kafkaFlags, x *topicsFlags) error {
	action, err := x.chosen("topics")
	if err != nil {
		return err
	}
	if x.topic == "" && action != "list" && action != "describe" {
		return fmt.Errorf("orrery kafka topics --%s: want --topic TOPIC", action)
	}
	settings, err := settingsOf(x.settings)
	if err != nil {
		return err
	}
	assignment, err := assignmentOf(x.assignment)
	if err != nil {
		return err
	}
	return a.onKafka(ctx, f, func(k *kafkaClient) error {
		switch action {
		case "list":
			return a.listTopics(k)
		case "describe":
			return a.describeTopics(k, x.topic)
		case "create":
			if err := k.CreateTopic(k.t, client.NewTopic{Name: x.topic, Partitions: x.partitions, Replicas: x.replicas, Assignment: assignment, Configs: settings}); err != nil {
				return err
			}
			return toConsole(a.out, func(w *bytes.Buffer) { fmt.Fprintf(w, "Created topic %s.\n", x.topic) }) // scripts look for what kafka-topics.sh says
		case "delete":
			return k.DeleteTopic(k.t, x.topic)
		}
		return alterTopic(k, x, settings, assignment)
	})
}

// settingsOf reads settings of the form key=value.
func settingsOf(texts []string) (all []client.Setting, err error) {
	for _, s := range texts {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--config %s: want KEY=VALUE, such as min.insync.replicas=2", s)
		}
		all = append(all, client.Setting{Name: name, Value: value})
	}
	return all, nil
}

// assignmentOf reads the brokers of partitions: 1:2:3,2:3:1.
func assignmentOf(text string) (all [][]int32, err error) {
	if text == "" {
		return nil, nil
	}
	for p := range strings.SplitSeq(text, ",") {
		ids, err := brokersOf(p, ":")
		if err != nil {
			return nil, fmt.Errorf("--replica-assignment %s: want the brokers of each partition, such as 1:2:3,2:3:1", text)
		}
		all = append(all, ids)
	}
	return all, nil
}

func brokersOf(text, separator string) (ids []int32, err error) {
	for s := range strings.SplitSeq(text, separator) {
		id, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
		if err != nil || id < 0 {
			return nil, fmt.Errorf("%q is no broker's id", s)
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}

func (a *app) listTopics(k *kafkaClient) error {
	names, err := k.Topics(k.t, true)
	if err != nil {
		return err
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		for _, name := range names {
			fmt.Fprintln(w, name)
		}
	})
}

// alterTopic adds partitions, and changes what is set.
func alterTopic(k *kafkaClient, x *topicsFlags, settings []client.Setting, assignment [][]int32) error {
	if x.partitions == 0 && len(settings)+len(x.defaults) == 0 {
		return errors.New("orrery kafka topics --alter: want --partitions N, --config KEY=VALUE or --delete-config KEY")
	}
	if x.partitions > 0 {
		if err := k.CreatePartitions(k.t, x.topic, x.partitions, assignment); err != nil {
			return err
		}
	}
	if len(settings)+len(x.defaults) > 0 {
		return k.Configure(k.t, client.TopicResource(x.topic), settings, x.defaults)
	}
	return nil
}

// describeTopics prints topics in the form of Kafka's own tool.
func (a *app) describeTopics(k *kafkaClient, topic string) error {
	names := []string{topic}
	if topic == "" {
		var err error
		if names, err = k.Topics(k.t, true); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := k.Refresh(k.t, name); err != nil {
			return err
		}
		partitions, err := k.Partitions(k.t, name)
		if err != nil {
			return err
		}
		settings, err := k.Configs(k.t, client.TopicResource(name))
		if err != nil {
			return err
		}
		if err := toConsole(a.out, func(w *bytes.Buffer) { printTopic(w, name, partitions, settings) }); err != nil {
			return err
		}
	}
	return nil
}

func printTopic(w *bytes.Buffer, name string, partitions []client.Partition, settings []client.Setting) {
	var set []string
	for _, s := range settings {
		if !s.Default {
			set = append(set, s.Name+"="+s.Value)
		}
	}
	replicas := 0
	for _, p := range partitions {
		replicas = max(replicas, len(p.Replicas))
	}
	fmt.Fprintf(w, "Topic: %s\tPartitionCount: %d\tReplicationFactor: %d\tConfigs: %s\n", name, len(partitions), replicas, strings.Join(set, ","))
	for _, p := range partitions {
		leader := "none"
		if p.Leader >= 0 {
			leader = strconv.Itoa(int(p.Leader))
		}
		fmt.Fprintf(w, "\tTopic: %s\tPartition: %d\tLeader: %s\tReplicas: %s\tIsr: %s", name, p.Number, leader, commas(p.Replicas), commas(p.ISR))
		if p.Code != proto.None {
			fmt.Fprintf(w, "\t%s", p.Code)
		}
		fmt.Fprintln(w)
	}
}

func commas(ids []int32) string {
	text := make([]string, len(ids))
	for i, id := range ids {
		text[i] = strconv.Itoa(int(id))
	}
	return strings.Join(text, ",")
}

// byPartition orders partitions by topic and number.
func byPartition(x, y client.TopicPartition) int {
	return cmp.Or(strings.Compare(x.Topic, y.Topic), cmp.Compare(x.Partition, y.Partition))
}

// allPartitions are the partitions of a topic, or one of them: "orders" or "orders:2".
func (k *kafkaClient) allPartitions(topic string) ([]client.TopicPartition, error) {
	name, number, one := strings.Cut(topic, ":")
	if one {
		p, err := strconv.ParseInt(number, 10, 32)
		if err != nil || p < 0 {
			return nil, fmt.Errorf("--topic %s: want TOPIC or TOPIC:PARTITION, such as orders:2", topic)
		}
		return []client.TopicPartition{{Topic: name, Partition: int32(p)}}, nil
	}
	if err := k.Refresh(k.t, name); err != nil {
		return nil, err
	}
	known, err := k.Partitions(k.t, name)
	if err != nil {
		return nil, err
	}
	var all []client.TopicPartition
	for _, p := range known {
		all = append(all, client.TopicPartition{Topic: name, Partition: p.Number})
	}
	slices.SortFunc(all, byPartition)
	return all, nil
}
