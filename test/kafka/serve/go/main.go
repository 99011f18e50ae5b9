// Sends the numbers below COUNT to three partitions, receives them, and prints what came, in its order, by partition.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const partitions = 3

func main() {
	log.SetFlags(0)
	topic := os.Getenv("TOPIC")
	count, err := strconv.Atoi(os.Getenv("COUNT"))
	check(err)
	offsets := map[int32]kgo.Offset{}
	for partition := int32(0); partition < partitions; partition++ {
		offsets[partition] = kgo.NewOffset().AtStart()
	}
	client, err := kgo.NewClient(append(connection(),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))...)
	check(err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	records := make([]*kgo.Record, count)
	for number := range records {
		value := []byte(strconv.Itoa(number))
		records[number] = &kgo.Record{Topic: topic, Partition: int32(number % partitions), Value: value}
	}
	check(client.ProduceSync(ctx, records...).FirstErr())
	received := receive(ctx, client, count)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"sent": count, "received": received}))
}

func receive(ctx context.Context, client *kgo.Client, count int) map[int32][]int {
	received := map[int32][]int{}
	seen := 0
	poll := func(ctx context.Context) {
		client.PollFetches(ctx).EachRecord(func(record *kgo.Record) {
			number, err := strconv.Atoi(string(record.Value))
			check(err)
			received[record.Partition] = append(received[record.Partition], number)
			seen++
		})
	}
	for seen < count && ctx.Err() == nil {
		poll(ctx)
	}
	// What comes twice comes now.
	last, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	poll(last)
	return received
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
