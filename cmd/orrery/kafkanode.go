package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
)

// kafkaGrace is how long a broker may take to hand its leaderships over and to close its logs.
const kafkaGrace = 30 * time.Second

// kafkaRoom is memory in bytes that is taken and never touched, so that it costs none: the collector comes when as much as
// is there has been thrown away, and a broker keeps little and throws away each request and answer. Without it that costs a
// third of its time; a higher percentage would have a broker that keeps much grow without bounds.
const kafkaRoom = 48 << 20

// kafkaNodeFlags are the flags of a live broker.
type kafkaNodeFlags struct {
	overrides []string
	level     string
}

func (a *app) nodeKafkaCommand() *cobra.Command {
	var f kafkaNodeFlags
	cmd := &cobra.Command{
		Use:   "kafka SERVER.PROPERTIES",
		Short: "Run a Kafka broker",
		Long: `Run a Kafka broker: a member of a cluster whose metadata is in ZooKeeper, for any client that speaks to
Kafka 2.4. SERVER.PROPERTIES is a configuration of Kafka's own; its files are where, and what, Apache's would be.
What is accepted without effect is said in the log.

SIGTERM and Ctrl-C stop the broker in order: what it leads is handed to others, and its logs are closed. It may be
killed at any moment, and loses nothing of what it wrote; what the computer loses when its power fails, the
replicas have.

If ORRERY_CPUPROFILE names a file, what the broker spends its processor time on is written there until it is
stopped, for go tool pprof.

Exit status: 0 it was stopped, 1 it had to stop (its disk failed, or it panicked), 2 it could not start.`,
		Example: `  orrery node kafka /etc/kafka/server.properties
  orrery node kafka server.properties --override broker.id=2 --override listeners=PLAINTEXT://localhost:9093`,
		Args: exactArgs("SERVER.PROPERTIES"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.nodeKafka(cmd.Context(), args[0], &f) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringArrayVar(&f.overrides, "override", nil, "use `KEY=VALUE` in place of what the file says; once for each")
	cmd.Flags().StringVar(&f.level, "log", "info", "log from this `LEVEL` on: debug, info, warn or error")
	return cmd
}

// nodeKafka runs the broker that the file describes, until ctx ends.
func (a *app) nodeKafka(ctx context.Context, file string, f *kafkaNodeFlags) error {
	log := &heldLog{w: a.err}
	logger, err := newLogger(log, f.level)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	properties, err := config.Parse(file, text, f.overrides...)
	if err != nil {
		return err
	}
	serverCollector()
	room := make([]byte, kafkaRoom)
	defer runtime.KeepAlive(room)
	endProfile, err := cpuProfile()
	if err != nil {
		return err
	}
	defer endProfile()
	host, _ := os.Hostname()
	departed := make(chan struct{})
	node := broker.New(broker.Options{Config: properties, Hostname: host, Departed: func() { close(departed) }})
	process, err := live.Start(kafkaLive(properties, logger), node)
	if err != nil {
		return err
	}
	log.release()
	for _, note := range properties.Notes {
		logger.Warn("accepted without effect", "what", note)
	}
	logger.Info("ready", "broker", properties.BrokerID, "listeners", listenersOf(properties), "log.dirs", properties.LogDir)
	select {
	case <-ctx.Done():
		logger.Info("stopping", "broker", properties.BrokerID)
		err = endKafka(process, departed)
	case <-process.Done():
		err = process.Wait()
	}
	if err != nil {
		fmt.Fprintln(a.err, "orrery:", oneLine(err.Error()))
		return ended(exitViolated)
	}
	logger.Info("stopped", "broker", properties.BrokerID)
	return nil
}

// endKafka lets a broker hand over what it leads and close its logs; one that cannot is stopped where it is.
func endKafka(process *live.Process, departed <-chan struct{}) error {
	process.Fire(broker.SIGTERM())
	select {
	case <-departed:
	case <-process.Done():
		return process.Wait()
	case <-time.After(kafkaGrace):
	}
	return process.Stop()
}

// kafkaLive is the process of a broker: its files are in its log directory, as Apache's would be, and a host of the configuration
// is a machine's name.
func kafkaLive(c *config.Config, logger *slog.Logger) live.Config {
	self := nodes.ID(fmt.Sprintf("broker.%d", c.BrokerID))
	place := func(a nodes.Addr) (string, error) {
		if a.ID != self {
			return net.JoinHostPort(string(a.ID), strconv.Itoa(a.Port)), nil
		}
		for _, l := range c.Listeners {
			if l.Port == a.Port {
				return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)), nil
			}
		}
		return "", fmt.Errorf("no listener has port %d", a.Port)
	}
	return live.Config{ID: self, Dir: c.LogDir, Bare: true, Logger: logger, Place: place}
}

// listenersOf prints where a broker listens.
func listenersOf(c *config.Config) string {
	var all []string
	for _, l := range c.Listeners {
		all = append(all, l.Name+"://"+net.JoinHostPort(l.Host, strconv.Itoa(l.Port)))
	}
	return strings.Join(all, ",")
}
