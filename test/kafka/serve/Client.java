import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends the numbers below COUNT to three partitions, receives them, and prints what came, in its order, by partition.
 * With STEADY set it sends until its input ends instead, and answers each line of its input with how far it is.
 */
public class Client {
    static final int PARTITIONS = 3;
    static final Map<String, String> env = System.getenv();
    static final Map<Integer, List<String>> received = new TreeMap<>();
    static final List<Exception> failures = Collections.synchronizedList(new ArrayList<>());
    static volatile int sent = 0;
    static volatile boolean ended = false;

    public static void main(String[] args) throws Exception {
        // By default the JVM keeps an address for 30 s, and for 10 s that a name has none.
        Security.setProperty("networkaddress.cache.ttl", "1");
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
        boolean steady = env.containsKey("STEADY");
        Properties config = config();
        config.put("auto.offset.reset", "earliest");
        try (var producer = new KafkaProducer<>(config(), new StringSerializer(), new StringSerializer());
                var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                partitions.add(new TopicPartition(env.get("TOPIC"), partition));
                received.put(partition, Collections.synchronizedList(new ArrayList<>()));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            if (steady) {
                Thread answering = new Thread(Client::answerInput);
                answering.setDaemon(true);
                answering.start();
                while (!ended) {
                    send(producer);
                    receive(consumer, 10);
                    Thread.sleep(10);
                }
            } else {
                int count = Integer.parseInt(env.get("COUNT"));
                while (sent < count) send(producer);
            }
            producer.flush();
            if (!failures.isEmpty()) throw failures.get(0);
            long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (receivedCounts().stream().mapToInt(n -> n).sum() < sent && System.nanoTime() < until) {
                receive(consumer, 500);
            }
            // What comes twice comes now.
            receive(consumer, 500);
        }
        Map<String, List<String>> named = new TreeMap<>();
        received.forEach((partition, numbers) -> named.put("\"" + partition + "\"", numbers));
        System.out.println("{\"sent\":" + sent + ",\"received\":" + named.toString().replace('=', ':') + "}");
    }

    static void send(KafkaProducer<String, String> producer) {
        producer.send(new ProducerRecord<>(env.get("TOPIC"), sent % PARTITIONS, null, "" + sent), (metadata, failure) -> {
            if (failure != null) failures.add(failure);
        });
        sent++;
    }

    static void receive(KafkaConsumer<String, String> consumer, long timeoutMs) {
        for (var record : consumer.poll(Duration.ofMillis(timeoutMs))) {
            received.get(record.partition()).add(record.value());
        }
    }

    static List<Integer> receivedCounts() {
        return received.values().stream().map(List::size).toList();
    }

    static void answerInput() {
        try (var input = new BufferedReader(new InputStreamReader(System.in))) {
            while (input.readLine() != null) {
                System.out.println("{\"sent\":" + sent + ",\"received\":" + receivedCounts() + "}");
            }
        } catch (IOException failure) {
            failures.add(failure);
        }
        ended = true;
    }

    static Properties config() {
        Map<String, String> config = new HashMap<>();
        config.put("bootstrap.servers", env.get("BOOTSTRAP"));
        config.put("security.protocol", env.get("PROTOCOL").toUpperCase());
        if (env.containsKey("CA")) {
            config.put("ssl.truststore.type", "PEM");
            config.put("ssl.truststore.location", env.get("CA"));
        }
        if (env.get("PROTOCOL").startsWith("sasl")) {
            String module = "org.apache.kafka.common.security.scram.ScramLoginModule";
            String login = "%s required username=\"%s\" password=\"%s\";";
            config.put("sasl.mechanism", "SCRAM-SHA-512");
            config.put("sasl.jaas.config", String.format(login, module, env.get("USERNAME"), env.get("PASSWORD")));
        }
        Properties properties = new Properties();
        properties.putAll(config);
        return properties;
    }
}
