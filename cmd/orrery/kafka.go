package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/scenarios"
)

// kafkaFlags are the flags of all clients of a live cluster.
type kafkaFlags struct {
	bootstrap string
	timeout   time.Duration
}

func (a *app) kafkaCommand() *cobra.Command {
	f := &kafkaFlags{}
	cmd := &cobra.Command{
		Use:   "kafka OPERATION",
		Short: "Use a live Kafka cluster, Orrery's or another",
		Long: `Use a live Kafka cluster, one that orrery node kafka runs or any other of 2.4 or later: what Kafka's
console tools do.

Exit status: 0 done, 2 certainly not done, 3 nobody knows: there was no answer in time.`,
		Example: `  orrery kafka topics --bootstrap-server localhost:9092 --create --topic orders --partitions 3 --replication-factor 3
  seq 1000 | orrery kafka produce --bootstrap-server localhost:9092 --topic orders
  orrery kafka consume --bootstrap-server localhost:9092 --topic orders --from-beginning
  orrery kafka groups --bootstrap-server localhost:9092 --list`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("orrery kafka: want an OPERATION: %s", strings.Join(commandNames(cmd), ", "))
			}
			return scenarios.Unknown("operation", args[0], commandNames(cmd))
		},
	}
	cmd.PersistentFlags().StringVar(&f.bootstrap, "bootstrap-server", "", "brokers to ask first, `HOST:PORT`, with commas between; one that lives is enough")
	cmd.PersistentFlags().DurationVar(&f.timeout, "timeout", 30*time.Second, "give an operation up after so long")
	cmd.AddCommand(a.kafkaTopicsCommand(f), a.kafkaProduceCommand(f), a.kafkaConsumeCommand(f), a.kafkaGroupsCommand(f), a.kafkaReassignCommand(f))
	return cmd
}

// kafkaClient is a client of a cluster while it runs: a task on a node of its own in this process.
type kafkaClient struct {
	*client.Cluster
	t    *task.T
	stop *atomic.Bool // somebody has asked to end
}

// stopped tells that the user has asked to end.
func (k *kafkaClient) stopped() bool { return k.stop.Load() }

// onKafka runs a body as a client of the cluster.
func (a *app) onKafka(ctx context.Context, f *kafkaFlags, body func(k *kafkaClient) error) error {
	if f.bootstrap == "" {
		return errors.New("orrery kafka: want --bootstrap-server HOST:PORT, such as --bootstrap-server localhost:9092")
	}
	servers, ok := client.ParseAddrs(f.bootstrap)
	if !ok {
		return fmt.Errorf("--bootstrap-server %s: want HOST:PORT, such as localhost:9092", f.bootstrap)
	}
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout %v: want a duration such as 30s", f.timeout)
	}
	dir, err := os.MkdirTemp("", "orrery-kafka-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stop, result := &atomic.Bool{}, make(chan error, 1)
	node := task.New(nodes.JSONCodec(), func(t *task.T) {
		c := client.New(client.Config{Bootstrap: servers, ClientID: "orrery-console", Negotiate: true, APITimeout: f.timeout, RequestTimeout: f.timeout})
		err := body(&kafkaClient{c, t, stop})
		c.Close(t)
		result <- err
	})
	process, err := live.Start(live.Config{
		ID: nodes.ID(fmt.Sprintf("kafka-%08x", rand.Uint32())), Dir: dir, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Place: func(at nodes.Addr) (string, error) {
			return net.JoinHostPort(string(at.ID), strconv.Itoa(at.Port)), nil
		},
	}, node)
	if err != nil {
		return err
	}
	defer process.Kill()
	select {
	case err = <-result:
	case <-process.Done():
		err = process.Wait()
	case <-ctx.Done():
		stop.Store(true)
		select {
		case err = <-result:
		case <-time.After(5 * time.Second): // it waits for a broker that does not answer
			return ended(exitUnknown)
		}
	}
	return a.kafkaEnd(err)
}

// kafkaEnd says why an operation has not been carried out, or that nobody knows.
func (a *app) kafkaEnd(err error) error {
	var lost *client.LostError
	var code status
	if errors.As(err, &code) || !errors.Is(err, client.ErrTimeout) && !errors.As(err, &lost) {
		return err
	}
	if lost != nil && !lost.Sent {
		return err
	}
	fmt.Fprintln(a.err, "orrery:", oneLine(err.Error()))
	return ended(exitUnknown)
}
