import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends the numbers below COUNT to three partitions, receives them, and prints what came, in its order, by partition. */
public class Client {
    static final int PARTITIONS = 3;

    public static void main(String[] args) throws Exception {
        Map<String, String> env = System.getenv();
        String topic = env.get("TOPIC");
        int count = Integer.parseInt(env.get("COUNT"));
        try (var producer = new KafkaProducer<>(config(env), new StringSerializer(), new StringSerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                sent.add(producer.send(new ProducerRecord<>(topic, number % PARTITIONS, null, "" + number)));
            }
            for (Future<?> each : sent) each.get();
        }
        Map<String, List<String>> received = new TreeMap<>();
        Properties config = config(env);
        config.put("auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                partitions.add(new TopicPartition(topic, partition));
                received.put("\"" + partition + "\"", new ArrayList<>());
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            // Once more after the last one: what comes twice comes then.
            for (int left = 2, seen = 0; left > 0 && System.nanoTime() < until; ) {
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    received.get("\"" + record.partition() + "\"").add(record.value());
                    seen++;
                }
                if (seen >= count) left--;
            }
        }
        String text = received.toString().replace('=', ':');
        System.out.println("{\"sent\":" + count + ",\"received\":" + text + "}");
    }

    static Properties config(Map<String, String> env) {
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
