// Sends the numbers below COUNT to three partitions, receives them, and prints what came, in its order, by partition.
// With STEADY set it sends until its input ends instead, and answers each line of its input with how far it is.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const partitions = 3

var (
	topic    = os.Getenv("TOPIC")
	sent     atomic.Int64
	counts   [partitions]atomic.Int64
	received = map[int32][]int{}
	ended    atomic.Bool
)

func main() {
	log.SetFlags(0)
	offsets := map[int32]kgo.Offset{}
	for partition := int32(0); partition < partitions; partition++ {
		offsets[partition] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(append(connection(),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		// Short waits, so that what is disturbed is tried again soon.
		kgo.MetadataMinAge(250*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))...)
	check(err)
	defer client.Close()
	if _, steady := os.LookupEnv("STEADY"); steady {
		go answerInput()
		for !ended.Load() {
			send(client)
			receive(client, 10*time.Millisecond)
			time.Sleep(10 * time.Millisecond)
		}
	} else {
		count, err := strconv.ParseInt(os.Getenv("COUNT"), 10, 64)
		check(err)
		for sent.Load() < count {
			send(client)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	check(client.Flush(ctx))
	for receivedCount() < sent.Load() && ctx.Err() == nil {
		receive(client, 500*time.Millisecond)
	}
	// What comes twice comes now.
	receive(client, 500*time.Millisecond)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"sent": sent.Load(), "received": received}))
}

func send(client *kgo.Client) {
	number := sent.Load()
	value := []byte(strconv.FormatInt(number, 10))
	record := &kgo.Record{Topic: topic, Partition: int32(number % partitions), Value: value}
	client.Produce(context.Background(), record, func(_ *kgo.Record, err error) { check(err) })
	sent.Add(1)
}

func receive(client *kgo.Client, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	client.PollFetches(ctx).EachRecord(func(record *kgo.Record) {
		number, err := strconv.Atoi(string(record.Value))
		check(err)
		received[record.Partition] = append(received[record.Partition], number)
		counts[record.Partition].Add(1)
	})
}

func receivedCount() int64 {
	sum := int64(0)
	for partition := range counts {
		sum += counts[partition].Load()
	}
	return sum
}

func answerInput() {
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		status := map[string]any{
			"sent":     sent.Load(),
			"received": []int64{counts[0].Load(), counts[1].Load(), counts[2].Load()},
		}
		check(json.NewEncoder(os.Stdout).Encode(status))
	}
	ended.Store(true)
}

func connection() []kgo.Opt {
	options := []kgo.Opt{kgo.SeedBrokers(os.Getenv("BOOTSTRAP"))}
	if path, ok := os.LookupEnv("CA"); ok {
		pem, err := os.ReadFile(path)
		check(err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		options = append(options, kgo.DialTLSConfig(&tls.Config{RootCAs: pool}))
	}
	if strings.HasPrefix(os.Getenv("PROTOCOL"), "sasl") {
		user := scram.Auth{User: os.Getenv("USERNAME"), Pass: os.Getenv("PASSWORD")}
		options = append(options, kgo.SASL(user.AsSha512Mechanism()))
	}
	return options
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
