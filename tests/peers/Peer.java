import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka's own clients, and its command line tools in the same virtual machine, whose start is the
 * expensive part. Answers operations as JSON lines; serve-peer.ts draws the protocol.
 */
public final class Peer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream ANSWERS = System.out;

    private final String bootstrap;
    private final Map<String, Member> members = new ConcurrentHashMap<>();

    private Peer(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public static void main(String[] args) throws Exception {
        // Only answers may reach the real stdout: whatever the tools print is theirs to capture.
        System.setOut(new PrintStream(new Captured(), true));
        Peer peer = new Peer(args[0]);
        ExecutorService pool = Executors.newCachedThreadPool(Peer::daemon);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = JSON.readTree(line);
            pool.submit(() -> peer.answer(request));
        }
        Runtime.getRuntime().halt(0);
    }

    private void answer(JsonNode request) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", request.get("id").asInt());
        try {
            answer.put("result", perform(request.get("op").asText(), request.get("args")));
        } catch (Throwable failure) {
            StringWriter text = new StringWriter();
            failure.printStackTrace(new PrintWriter(text));
            answer.put("error", text.toString());
        }
        write(answer);
    }

    private Object perform(String op, JsonNode args) throws Exception {
        return switch (op) {
            case "produce" -> produce(text(args, 0), text(args, 1), args.get(2));
            case "consume" -> consume(text(args, 0), args.get(1).asInt(), args.get(2).asInt());
            case "offsetForTime" -> offsetForTime(text(args, 0), args.get(1).asInt(), args.get(2).asLong());
            case "readInGroup" -> readInGroup(text(args, 0), text(args, 1), args.get(2).asInt());
            case "startMember" -> startMember(text(args, 0), text(args, 1), text(args, 2), args.get(3));
            case "memberState" -> members.get(text(args, 0)).state();
            case "stopMember" -> members.get(text(args, 0)).stop();
            case "produceRun" -> produceRun(args.get(0));
            case "consumeRun" -> consumeRun(args.get(0));
            case "tool" -> tool(text(args, 0), args.get(1), text(args, 2));
            case "describeTopics" -> describeTopics();
            case "createAndDelete" -> createAndDelete(text(args, 0));
            case "listOffsets" -> listOffsets(text(args, 0), args.get(1).asInt(), args.get(2).asLong());
            case "describeGroup" -> describeGroup(text(args, 0));
            default -> throw new IllegalArgumentException("no operation " + op);
        };
    }

    // ---- records

    private Object produce(String topic, String codec, JsonNode records) throws Exception {
        try (Producer<byte[], byte[]> producer = newProducer(codec, false, 50)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : records) {
                Long timestamp = record.hasNonNull("timestamp") ? record.get("timestamp").asLong() : null;
                ProducerRecord<byte[], byte[]> outgoing = new ProducerRecord<>(
                        topic, record.get("partition").asInt(), timestamp, bytes(record.get("key")), bytes(record.get("value")));
                for (JsonNode header : record.get("headers")) {
                    outgoing.headers().add(header.get(0).asText(), bytes(header.get(1)));
                }
                sent.add(producer.send(outgoing));
            }
            producer.flush();
            for (Future<RecordMetadata> one : sent) one.get();
        }
        return null;
    }

    private Object consume(String topic, int partitions, int count) {
        try (Consumer<byte[], byte[]> consumer = newConsumer(Map.of())) {
            consumer.assign(partitionsOf(topic, partitions));
            consumer.seekToBeginning(consumer.assignment());
            return read(consumer, count);
        }
    }

    private Object offsetForTime(String topic, int partition, long timestampMs) {
        TopicPartition asked = new TopicPartition(topic, partition);
        try (Consumer<byte[], byte[]> consumer = newConsumer(Map.of())) {
            OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(asked, timestampMs)).get(asked);
            return found == null ? null : found.offset();
        }
    }

    // ---- groups

    private Object readInGroup(String group, String topic, int count) {
        try (Consumer<byte[], byte[]> consumer = newConsumer(Map.of("group.id", group, "max.poll.records", "1"))) {
            consumer.subscribe(List.of(topic));
            List<Object> records = read(consumer, count);
            consumer.commitSync();
            return records;
        }
    }

    private Object startMember(String name, String group, String topic, JsonNode options) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("group.id", group);
        settings.put("enable.auto.commit", "true");
        settings.put("auto.commit.interval.ms", "100");
        settings.put("heartbeat.interval.ms", "500");
        settings.put("session.timeout.ms", "10000");
        if (options != null) {
            options.properties().forEach(option -> settings.put(option.getKey(), option.getValue().asText()));
        }
        Member member = new Member(newConsumer(settings), topic);
        members.put(name, member);
        return null;
    }

    private static final class Member implements ConsumerRebalanceListener {
        private final Consumer<byte[], byte[]> consumer;
        private final List<String> received = new ArrayList<>();
        private final TreeSet<Integer> partitions = new TreeSet<>();
        private int revocations = 0;
        private volatile boolean stopping = false;
        private final Thread thread;

        Member(Consumer<byte[], byte[]> consumer, String topic) {
            this.consumer = consumer;
            consumer.subscribe(List.of(topic), this);
            thread = daemon(this::run);
            thread.start();
        }

        private void run() {
            while (!stopping) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    synchronized (this) {
                        received.add(string(record.value()));
                    }
                }
            }
            consumer.close();
        }

        @Override
        public synchronized void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            assigned.forEach(one -> partitions.add(one.partition()));
        }

        @Override
        public synchronized void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            if (!stopping) revocations += revoked.size();
            revoked.forEach(one -> partitions.remove(one.partition()));
        }

        synchronized Object state() {
            return Map.of("partitions", List.copyOf(partitions), "received", List.copyOf(received), "revocations", revocations);
        }

        Object stop() throws InterruptedException {
            stopping = true;
            thread.join();
            return state();
        }
    }

    private Object describeGroup(String group) throws Exception {
        try (Admin admin = newAdmin()) {
            ConsumerGroupDescription description = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
            Map<TopicPartition, OffsetAndMetadata> offsets =
                    admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            Map<String, Long> committed = new TreeMap<>();
            offsets.forEach((partition, offset) -> committed.put(partition.toString(), offset.offset()));
            return Map.of(
                    "state", description.groupState().toString(),
                    "assignor", description.partitionAssignor(),
                    "instances", description.members().stream()
                            .map(member -> member.groupInstanceId().orElse("")).sorted().toList(),
                    "committed", committed);
        }
    }

    // ---- runs

    private Object produceRun(JsonNode run) throws Exception {
        String topic = run.get("topic").asText();
        int partitions = run.get("partitions").asInt();
        int count = run.get("count").asInt();
        String format = "%0" + run.get("valueBytes").asInt() + "d";
        AtomicInteger acknowledged = new AtomicInteger();
        AtomicReference<Exception> failed = new AtomicReference<>();
        try (Producer<byte[], byte[]> producer =
                newProducer(run.get("codec").asText(), run.get("idempotent").asBoolean(), 5)) {
            byte[] value = null;
            for (int index = 0; index < count; index++) {
                if (index % partitions == 0) value = String.format(format, index / partitions).getBytes(StandardCharsets.US_ASCII);
                producer.send(new ProducerRecord<>(topic, index % partitions, null, value), (metadata, failure) -> {
                    if (failure != null) failed.compareAndSet(null, failure);
                    else if (acknowledged.incrementAndGet() % 20_000 == 0) {
                        write(Map.of("progress", acknowledged.get()));
                    }
                });
            }
            producer.flush();
        }
        if (failed.get() != null) throw failed.get();
        return null;
    }

    private Object consumeRun(JsonNode run) {
        int partitions = run.get("partitions").asInt();
        int count = run.get("count").asInt();
        long[] next = new long[partitions];
        long received = 0;
        long lost = 0;
        long repeated = 0;
        long deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        try (Consumer<byte[], byte[]> consumer = newConsumer(Map.of("max.poll.records", "10000"))) {
            consumer.assign(partitionsOf(run.get("topic").asText(), partitions));
            consumer.seekToBeginning(consumer.assignment());
            while (received < count && System.nanoTime() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    long number = Long.parseLong(string(record.value()));
                    long expected = next[record.partition()];
                    received++;
                    if (number < expected) {
                        repeated++;
                    } else {
                        lost += number - expected;
                        next[record.partition()] = number + 1;
                    }
                }
            }
        }
        for (long one : next) lost += count / partitions - one;
        return Map.of("received", received, "lost", lost, "repeated", repeated);
    }

    // ---- admin

    /** All topics by name, then the same by id: {name: {id, partitions, byId}}. */
    private Object describeTopics() throws Exception {
        try (Admin admin = newAdmin()) {
            Map<String, TopicDescription> byName =
                    admin.describeTopics(admin.listTopics().names().get()).allTopicNames().get();
            List<Uuid> ids = byName.values().stream().map(TopicDescription::topicId).toList();
            Map<Uuid, TopicDescription> byId =
                    admin.describeTopics(TopicCollection.ofTopicIds(ids)).allTopicIds().get();
            Map<String, Object> topics = new TreeMap<>();
            byName.forEach((name, topic) -> topics.put(name, Map.of(
                    "id", topic.topicId().toString(),
                    "partitions", topic.partitions().size(),
                    "nameById", byId.get(topic.topicId()).name(),
                    "leaders", topic.partitions().stream().map(one -> one.leader().id()).distinct().toList())));
            return topics;
        }
    }

    /** Creates a topic with a setting, reads the setting back, deletes the topic by its id. */
    private Object createAndDelete(String name) throws Exception {
        try (Admin admin = newAdmin()) {
            NewTopic topic = new NewTopic(name, 3, (short) 1).configs(Map.of("retention.ms", "12345"));
            Uuid id = admin.createTopics(List.of(topic)).topicId(name).get();
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
            String retention = admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value();
            String again;
            try {
                admin.createTopics(List.of(topic)).all().get();
                again = "created twice";
            } catch (Exception failure) {
                again = failure.getCause().getClass().getSimpleName();
            }
            admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
            boolean gone = !admin.listTopics().names().get().contains(name);
            return Map.of("retention", retention, "again", again, "gone", gone);
        }
    }

    /** Earliest, latest, the record with the highest timestamp, and the first at or after a time. */
    private Object listOffsets(String topic, int partition, long timestampMs) throws Exception {
        TopicPartition asked = new TopicPartition(topic, partition);
        Map<String, OffsetSpec> specs = new LinkedHashMap<>();
        specs.put("earliest", OffsetSpec.earliest());
        specs.put("latest", OffsetSpec.latest());
        specs.put("maxTimestamp", OffsetSpec.maxTimestamp());
        specs.put("forTime", OffsetSpec.forTimestamp(timestampMs));
        Map<String, Long> found = new LinkedHashMap<>();
        try (Admin admin = newAdmin()) {
            for (Map.Entry<String, OffsetSpec> spec : specs.entrySet()) {
                ListOffsetsResultInfo info = admin.listOffsets(Map.of(asked, spec.getValue())).partitionResult(asked).get();
                found.put(spec.getKey(), info.offset());
            }
        }
        return found;
    }

    // ---- tools

    /** Runs a command line tool's main method; what it prints and its exit code are the result. */
    private static synchronized Object tool(String name, JsonNode args, String input) throws Exception {
        String[] arguments = IntStream.range(0, args.size()).mapToObj(index -> args.get(index).asText()).toArray(String[]::new);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream errors = System.err;
        // Some tools catch everything, this very exception too, and go on: only the first exit counts.
        AtomicReference<Map<String, Object>> ended = new AtomicReference<>();
        Exit.setExitProcedure((code, message) -> {
            System.out.flush();
            ended.compareAndSet(null, Map.of("exit", code, "output", output.toString(StandardCharsets.UTF_8)));
            throw new Ended();
        });
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        Captured.to(output);
        System.setErr(new PrintStream(output, true));
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException failure) {
            if (ended.get() == null) throw failure;
        } finally {
            System.out.flush();
            Captured.to(OutputStream.nullOutputStream());
            System.setErr(errors);
            Exit.resetExitProcedure();
        }
        if (ended.get() != null) return ended.get();
        return Map.of("exit", 0, "output", output.toString(StandardCharsets.UTF_8));
    }

    /** System.out, behind which the current tool's output stands. */
    private static final class Captured extends OutputStream {
        private static volatile OutputStream target = OutputStream.nullOutputStream();

        static void to(OutputStream next) {
            target = next;
        }

        @Override
        public void write(int one) throws java.io.IOException {
            target.write(one);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws java.io.IOException {
            target.write(bytes, from, length);
        }
    }

    private static final class Ended extends RuntimeException {}

    // ---- small parts

    private Producer<byte[], byte[]> newProducer(String codec, boolean idempotent, int lingerMs) {
        return new KafkaProducer<>(Map.of(
                "bootstrap.servers", bootstrap,
                "compression.type", codec,
                "acks", "all",
                "enable.idempotence", idempotent,
                "linger.ms", lingerMs,
                "batch.size", 131_072,
                "retry.backoff.ms", 100,
                "key.serializer", ByteArraySerializer.class,
                "value.serializer", ByteArraySerializer.class));
    }

    private Consumer<byte[], byte[]> newConsumer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of(
                "bootstrap.servers", bootstrap,
                "auto.offset.reset", "earliest",
                "enable.auto.commit", "false",
                "fetch.max.wait.ms", "100",
                "key.deserializer", ByteArrayDeserializer.class,
                "value.deserializer", ByteArrayDeserializer.class));
        all.putAll(settings);
        return new KafkaConsumer<>(all);
    }

    private Admin newAdmin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    private static List<Object> read(Consumer<byte[], byte[]> consumer, int count) {
        List<Object> records = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (records.size() < count) {
            if (System.nanoTime() > deadline) throw new IllegalStateException(records.size() + " of " + count + " records came");
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                Map<String, Object> stored = new LinkedHashMap<>();
                stored.put("partition", record.partition());
                stored.put("offset", record.offset());
                stored.put("timestamp", record.timestamp());
                stored.put("key", string(record.key()));
                stored.put("value", string(record.value()));
                List<Object> headers = new ArrayList<>();
                for (Header header : record.headers()) headers.add(Arrays.asList(header.key(), string(header.value())));
                stored.put("headers", headers);
                records.add(stored);
            }
        }
        return records;
    }

    private static List<TopicPartition> partitionsOf(String topic, int partitions) {
        return IntStream.range(0, partitions).mapToObj(one -> new TopicPartition(topic, one)).collect(Collectors.toList());
    }

    private static String text(JsonNode args, int index) {
        return args.get(index).asText();
    }

    private static byte[] bytes(JsonNode value) {
        return value == null || value.isNull() ? null : value.asText().getBytes(StandardCharsets.UTF_8);
    }

    private static String string(byte[] value) {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    }

    private static void write(Object message) {
        try {
            byte[] line = (JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
            synchronized (ANSWERS) {
                ANSWERS.write(line);
                ANSWERS.flush();
            }
        } catch (java.io.IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }
}
