package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"orrery/nodes/kafka/client"
	batch "orrery/nodes/kafka/record"
	"orrery/scenarios"
)

// produceFlags are the flags of orrery kafka produce.
type produceFlags struct {
	topic, separator, acks, compression, transactional string
	partition                                          int32
}

func (a *app) kafkaProduceCommand(f *kafkaFlags) *cobra.Command {
	var p produceFlags
	cmd := &cobra.Command{
		Use:   "produce --topic TOPIC",
		Short: "Write the lines of the input as records",
		Long: `Write the lines of the standard input as records, each once: the producer is idempotent unless --acks
says otherwise. With --transactional-id all lines are one transaction.

Exit status: see orrery kafka --help.`,
		Example: `  seq 1000 | orrery kafka produce --bootstrap-server localhost:9092 --topic numbers
  echo alice:hello | orrery kafka produce --bootstrap-server localhost:9092 --topic greetings --key-separator :`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.kafkaProduce(cmd.Context(), cmd.InOrStdin(), f, &p)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&p.topic, "topic", "", "the `TOPIC` to write to")
	flags.Int32Var(&p.partition, "partition", -1, "the partition `N`, instead of the one that the key says")
	flags.StringVar(&p.separator, "key-separator", "", "what stands between key and value in a line, `TEXT`")
	flags.StringVar(&p.acks, "acks", "all", "who must have a record before it counts: all, 1 or 0")
	flags.StringVar(&p.compression, "compression", "none", "none, gzip, snappy, lz4 or zstd")
	flags.StringVar(&p.transactional, "transactional-id", "", "write one transaction under this `NAME`")
	return cmd
}

// config is how the producer writes.
func (p *produceFlags) config() (client.ProducerConfig, error) {
	c := client.ProducerConfig{Linger: 5 * time.Millisecond, TransactionalID: p.transactional}
	acks := map[string]client.Acks{"all": client.AcksAll, "-1": client.AcksAll, "1": client.AcksLeader, "0": client.AcksNone}
	names := []string{"none", "gzip", "snappy", "lz4", "zstd"}
	level, ok := acks[p.acks]
	if !ok {
		return c, scenarios.Unknown("value of --acks", p.acks, []string{"all", "1", "0"})
	}
	c.Weak, c.Acks = level != client.AcksAll, level
	if c.Weak && p.transactional != "" {
		return c, errors.New("--transactional-id: a transaction needs --acks all")
	}
	if p.topic == "" {
		return c, errors.New("orrery kafka produce: want --topic TOPIC")
	}
	for i, name := range names {
		if name == p.compression {
			c.Compression = batch.Codec(i)
			return c, nil
		}
	}
	return c, scenarios.Unknown("value of --compression", p.compression, names)
}

// record is the record that a line stands for.
func (p *produceFlags) record(line string) client.Record {
	r := client.Record{Topic: p.topic, Partition: p.partition, Value: []byte(line)}
	if p.separator != "" {
		if key, value, ok := strings.Cut(line, p.separator); ok {
			r.Key, r.Value = []byte(key), []byte(value)
		}
	}
	return r
}

// inputLines are the lines of an input, read by a goroutine of their own so that the client goes on while nobody types.
type inputLines struct {
	mu    sync.Mutex
	room  *sync.Cond
	next  []string
	ended bool
	err   error
}

// maxLines is how many lines are read ahead.
const maxLines = 10_000

func readLines(in io.Reader) *inputLines {
	l := &inputLines{}
	l.room = sync.NewCond(&l.mu)
	go func() {
		s := bufio.NewScanner(in)
		s.Buffer(nil, 64<<20)
		for s.Scan() {
			l.mu.Lock()
			for len(l.next) >= maxLines {
				l.room.Wait()
			}
			l.next = append(l.next, s.Text())
			l.mu.Unlock()
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ended, l.err = true, s.Err()
	}()
	return l
}

// take returns what has been read; more is false at the end.
func (l *inputLines) take() (next []string, more bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, l.next = l.next, nil
	l.room.Signal()
	return next, !l.ended || len(next) > 0, l.err
}

// kafkaProduce writes the lines of an input.
func (a *app) kafkaProduce(ctx context.Context, in io.Reader, f *kafkaFlags, p *produceFlags) error {
	config, err := p.config()
	if err != nil {
		return err
	}
	config.DeliveryTimeout = f.timeout
	input := readLines(in)
	return a.onKafka(ctx, f, func(k *kafkaClient) error {
		if _, err := k.Partitions(k.t, p.topic); err != nil {
			return fmt.Errorf("topic %s: %w", p.topic, err)
		}
		producer := client.NewProducer(k.Cluster, config)
		defer producer.Close(k.t)
		if p.transactional != "" {
			if err := errors.Join(producer.InitTransactions(k.t), producer.Begin(k.t)); err != nil {
				return err
			}
		}
		outcomes, err := p.write(k, producer, input)
		if p.transactional == "" || err != nil {
			return errors.Join(err, a.produced(outcomes))
		}
		if outcomes[client.Acknowledged] < outcomes.all() {
			return errors.Join(a.produced(outcomes), producer.Abort(k.t))
		}
		outcome, err := producer.Commit(k.t)
		if outcome == client.Indeterminate {
			fmt.Fprintln(a.err, "orrery: nobody knows whether the transaction was committed:", err)
			return ended(exitUnknown)
		}
		return err
	})
}

// outcomes counts records by what became of them.
type outcomes [client.Failed + 1]int

func (y outcomes) all() (n int) {
	for _, of := range y {
		n += of
	}
	return n
}

// write sends lines until there are no more, and waits for what becomes of them.
func (p *produceFlags) write(k *kafkaClient, producer *client.Producer, input *inputLines) (y outcomes, err error) {
	var sent []*client.Sent
	settle := func(most int) {
		for len(sent) > most {
			r := sent[0].Wait(k.t)
			y[r.Outcome]++
			if err == nil && r.Outcome != client.Acknowledged {
				err = r.Err
			}
			sent = sent[1:]
		}
	}
	for more := true; more && !k.stopped(); {
		var next []string
		var readErr error
		next, more, readErr = input.take()
		if readErr != nil {
			return y, readErr
		}
		for _, line := range next {
			if p.partition >= 0 {
				sent = append(sent, producer.SendTo(k.t, p.record(line)))
			} else {
				sent = append(sent, producer.Send(k.t, p.record(line)))
			}
			settle(maxLines)
		}
		if len(next) == 0 {
			k.t.Sleep(5 * time.Millisecond)
		}
	}
	producer.Flush(k.t)
	settle(0)
	if err != nil && y[client.Indeterminate]+y[client.Failed] > 0 {
		err = nil // the outcomes say it
	}
	return y, err
}

// produced says what was not acknowledged.
func (a *app) produced(y outcomes) error {
	switch {
	case y[client.Acknowledged] == y.all():
		return nil
	case y[client.Indeterminate] > 0:
		fmt.Fprintf(a.err, "orrery: of %d records %d were not written, and of %d nobody knows\n", y.all(), y[client.Failed], y[client.Indeterminate])
		return ended(exitUnknown)
	}
	fmt.Fprintf(a.err, "orrery: of %d records %d were not written\n", y.all(), y[client.Failed])
	return ended(exitUnable)
}
