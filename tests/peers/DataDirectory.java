import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills a cluster with all that a data directory may hold, or tells all that a cluster has, as one JSON
 * object: the same data gives the same object, whichever broker serves it.
 *
 *   ADDRESS OPERATION…     the answer is a list, of an answer each
 *
 *   fill, fill-kafka       what both have; on Apache Kafka also what Ottla has not
 *   more=NAME              some more records and offsets, which name their writer
 *   read                   topics, records, settings, groups
 *   extra                  ACLs, quotas, SCRAM users: what only Apache Kafka serves
 */
public final class DataDirectory {
    private static final long TIME = System.currentTimeMillis() - 3_600_000L;

    private final String address;

    private DataDirectory(String address) {
        this.address = address;
    }

    public static void main(String[] args) throws Exception {
        DataDirectory directory = new DataDirectory(args[0]);
        List<Object> answers = new ArrayList<>();
        for (String operation : List.of(args).subList(1, args.length)) answers.add(directory.perform(operation));
        System.out.println(new ObjectMapper().writeValueAsString(answers));
        Runtime.getRuntime().halt(0);
    }

    private Object perform(String operation) throws Exception {
        if (operation.startsWith("more=")) return more(operation.substring("more=".length()));
        return switch (operation) {
            case "fill" -> fill(false);
            case "fill-kafka" -> fill(true);
            case "read" -> read();
            case "extra" -> extra();
            default -> throw new IllegalArgumentException(operation);
        };
    }

    // ---- fill

    private Object fill(boolean isKafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            create(admin, "plain", 3, Map.of());
            create(admin, "settings", 1, Map.of("retention.ms", "7200000", "segment.bytes", "1048576", "max.message.bytes", "2000000"));
            create(admin, "compacted", 1, Map.of("cleanup.policy", "compact", "segment.bytes", "1048576", "min.cleanable.dirty.ratio", "0.01", "segment.ms", "1000"));
            create(admin, "appended", 1, Map.of("message.timestamp.type", "LogAppendTime"));
            create(admin, "trimmed", 1, Map.of());
            create(admin, "deleted", 2, Map.of());
            create(admin, "again", 1, Map.of());
            for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) produceCodec(codec);
            produceShapes();
            for (int round = 0; round < 3; round++) produceKeys(round);
            produce("appended", 0, 10);
            produce("trimmed", 0, 20);
            produce("deleted", 1, 5);
            produce("again", 0, 7);
            admin.deleteRecords(Map.of(new TopicPartition("trimmed", 0), RecordsToDelete.beforeOffset(8))).all().get();
            admin.deleteTopics(List.of("deleted", "again")).all().get();
            create(admin, "again", 1, Map.of());
            produce("again", 0, 3);
            readInGroup("classic-group", "classic", "plain", 10);
            alter(admin, new ConfigResource(ConfigResource.Type.TOPIC, "plain"), "retention.bytes", "123456789");
            if (isKafka) fillKafka(admin);
        }
        return Map.of("filled", true);
    }

    /** What Ottla does not serve: it must not mind, and not lose it. */
    private void fillKafka(Admin admin) throws Exception {
        alter(admin, new ConfigResource(ConfigResource.Type.BROKER, "1"), "log.cleaner.threads", "2");
        alter(admin, new ConfigResource(ConfigResource.Type.BROKER, ""), "log.retention.ms", "86400000");
        create(admin, "transactions", 2, Map.of());
        transactions();
        readInGroup("consumer-group", "consumer", "plain", 12);
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(
            new ClientQuotaEntity(Map.of("user", "milena")),
            List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 100_000_000.0))))).all().get();
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
            "milena", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
        admin.createAcls(List.of(new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, "plain", PatternType.LITERAL),
            new AccessControlEntry("User:milena", "*", AclOperation.READ, AclPermissionType.ALLOW)))).all().get();
        alter(admin, new ConfigResource(ConfigResource.Type.GROUP, "consumer-group"), "consumer.session.timeout.ms", "50000");
        alter(admin, new ConfigResource(ConfigResource.Type.GROUP, "share-group"), "share.auto.offset.reset", "earliest");
        shareGroup();
    }

    private void produceCodec(String codec) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("compression.type", codec, "linger.ms", "50"))) {
            for (int index = 0; index < 60; index++) {
                producer.send(new ProducerRecord<>("plain", index % 3, TIME + index, bytes(codec + "-key-" + index), bytes(codec + " value ".repeat(10) + index)));
            }
        }
    }

    /** Nulls, empties, headers, bytes that are no text, and a time of long ago. */
    private void produceShapes() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            byte[] odd = {0, -1, 127, -128};
            List<Header> headers = List.of(new RecordHeader("one", bytes("1")), new RecordHeader("one", null), new RecordHeader("é", odd));
            producer.send(new ProducerRecord<byte[], byte[]>("settings", 0, (Long) TIME, (byte[]) null, (byte[]) null)).get();
            producer.send(new ProducerRecord<>("settings", 0, TIME, new byte[0], new byte[0])).get();
            producer.send(new ProducerRecord<>("settings", 0, (Long) TIME, odd, odd, headers)).get();
            producer.send(new ProducerRecord<>("settings", 0, 1000L, bytes("old"), new byte[100_000])).get();
        }
    }

    private void produceKeys(int round) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            for (int index = 0; index < 20; index++) {
                byte[] value = round == 2 && index < 5 ? null : bytes("round " + round + " of " + index);
                producer.send(new ProducerRecord<>("compacted", 0, System.currentTimeMillis(), bytes("key-" + index), value));
            }
        }
        // The next round rolls a segment, by its age.
        Thread.sleep(1_100);
    }

    private void produce(String topic, int partition, int count) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            for (int index = 0; index < count; index++) {
                producer.send(new ProducerRecord<>(topic, partition, TIME + index, null, bytes(topic + " " + index)));
            }
        }
    }

    private void transactions() throws Exception {
        Map<String, String> settings = Map.of("transactional.id", "transactional");
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            producer.initTransactions();
            for (int round = 0; round < 4; round++) {
                producer.beginTransaction();
                for (int index = 0; index < 6; index++) {
                    producer.send(new ProducerRecord<>("transactions", index % 2, TIME, null, bytes("transaction " + round + " " + index)));
                }
                Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(new TopicPartition("plain", 0), new OffsetAndMetadata(10 + round, "of " + round));
                producer.sendOffsetsToTransaction(offsets, new org.apache.kafka.clients.consumer.ConsumerGroupMetadata("transactional-group"));
                producer.flush();
                if (round % 2 == 0) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
    }

    private void shareGroup() throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "group.id", "share-group");
        try (KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("trimmed"));
            int read = 0;
            for (int tries = 0; read < 5 && tries < 60; tries++) read += consumer.poll(Duration.ofMillis(500)).count();
            consumer.commitSync();
            if (read < 5) throw new IllegalStateException("the share group has read " + read);
        }
    }

    // ---- more

    private Object more(String name) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("compression.type", "lz4"))) {
            for (int index = 0; index < 30; index++) {
                producer.send(new ProducerRecord<>("plain", index % 3, TIME + 1000 + index, bytes(name), bytes("more of " + name + " " + index)));
            }
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            create(admin, "made-by-" + name, 2, Map.of("retention.ms", "3600000"));
            alter(admin, new ConfigResource(ConfigResource.Type.TOPIC, "plain"), "max.message.bytes", "1500000");
            produce("made-by-" + name, 1, 4);
            admin.alterConsumerGroupOffsets("group-of-" + name, Map.of(new TopicPartition("plain", 1), new OffsetAndMetadata(7, "by " + name))).all().get();
        }
        return Map.of("written", true);
    }

    // ---- read

    private Object read() throws Exception {
        Map<String, Object> found = new LinkedHashMap<>();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            found.put("clusterId", admin.describeCluster().clusterId().get());
            Map<String, Map<String, Object>> topics = new TreeMap<>();
            Set<String> names = new TreeSet<>(admin.listTopics().names().get());
            Collection<TopicDescription> described = admin.describeTopics(names).allTopicNames().get().values();
            List<TopicPartition> partitions = new ArrayList<>();
            for (TopicDescription topic : described) {
                for (int index = 0; index < topic.partitions().size(); index++) partitions.add(new TopicPartition(topic.name(), index));
            }
            Map<TopicPartition, List<String>> all = records(partitions, "read_uncommitted");
            Map<TopicPartition, List<String>> committed = records(partitions, "read_committed");
            for (TopicDescription topic : described) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("id", topic.topicId().toString());
                one.put("configs", changed(admin, new ConfigResource(ConfigResource.Type.TOPIC, topic.name())));
                topics.put(topic.name(), one);
            }
            for (TopicPartition at : partitions) {
                Map<String, Object> one = topics.get(at.topic());
                // Compaction may come in between: what it must keep is each key's last record.
                boolean isCompacted = at.topic().equals("compacted");
                one.put("records " + at.partition(), isCompacted ? lastOfKeys(all.get(at)) : all.get(at));
                if (!isCompacted) one.put("committed " + at.partition(), offsets(committed.get(at)));
            }
            found.put("topics", topics);
            found.put("broker", changed(admin, new ConfigResource(ConfigResource.Type.BROKER, "1")));
            found.put("groups", groups(admin));
        }
        return found;
    }

    private Map<String, Object> groups(Admin admin) throws Exception {
        Map<String, Object> groups = new TreeMap<>();
        Set<String> ids = new TreeSet<>(Set.of("consumer-group"));
        for (GroupListing group : admin.listGroups().all().get()) {
            if (!group.type().map(Object::toString).orElse("").equals("Share")) ids.add(group.groupId());
        }
        for (String id : ids) {
            Map<String, Object> one = new TreeMap<>();
            Map<String, ListConsumerGroupOffsetsSpec> all = Map.of(id, new ListConsumerGroupOffsetsSpec());
            admin.listConsumerGroupOffsets(all).partitionsToOffsetAndMetadata(id).get()
                .forEach((at, offset) -> one.put(at.toString(), offset.offset() + " " + offset.leaderEpoch().map(Object::toString).orElse("-") + " " + offset.metadata()));
            groups.put(id, one);
        }
        return groups;
    }

    private Map<String, String> changed(Admin admin, ConfigResource resource) throws Exception {
        Map<String, String> values = new TreeMap<>();
        for (ConfigEntry entry : admin.describeConfigs(List.of(resource)).values().get(resource).get().entries()) {
            if (entry.source().toString().startsWith("DYNAMIC")) values.put(entry.name(), entry.value());
        }
        return values;
    }

    /** Every record that a consumer gets, by partition. */
    private Map<TopicPartition, List<String>> records(List<TopicPartition> partitions, String isolation) {
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "isolation.level", isolation, "auto.offset.reset", "earliest");
        Map<TopicPartition, List<String>> records = new HashMap<>();
        for (TopicPartition at : partitions) records.put(at, new ArrayList<>());
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<TopicPartition> left = new ArrayList<>(partitions);
            for (int tries = 0; !left.isEmpty() && tries < 200; tries++) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    records.get(new TopicPartition(record.topic(), record.partition())).add(text(record));
                }
                left.removeIf(at -> consumer.position(at) >= ends.get(at));
            }
            if (!left.isEmpty()) throw new IllegalStateException("not read to the end: " + left);
        }
        return records;
    }

    private static Collection<String> lastOfKeys(List<String> records) {
        Map<String, String> last = new TreeMap<>();
        for (String record : records) last.put(record.split(" ")[4], record);
        // A tombstone may be gone, or not yet.
        last.values().removeIf(record -> record.split(" ")[5].equals("null"));
        return last.values();
    }

    private static String offsets(List<String> records) {
        List<String> offsets = new ArrayList<>();
        for (String record : records) offsets.add(record.split(" ")[0]);
        return String.join(" ", offsets);
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder text = new StringBuilder();
        text.append(record.offset()).append(' ').append(record.timestampType()).append(' ').append(record.timestamp());
        text.append(' ').append(record.leaderEpoch().map(Object::toString).orElse("-"));
        text.append(' ').append(hex(record.key())).append(' ').append(hex(record.value()));
        for (Header header : record.headers()) text.append(' ').append(header.key()).append('=').append(hex(header.value()));
        return text.toString();
    }

    private static String hex(byte[] bytes) {
        if (bytes == null) return "null";
        if (bytes.length > 2000) return bytes.length + " bytes, " + java.util.Arrays.hashCode(bytes);
        return '"' + HexFormat.of().formatHex(bytes) + '"';
    }

    private Object extra() throws Exception {
        Map<String, Object> found = new TreeMap<>();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            found.put("acls", admin.describeAcls(AclBindingFilter.ANY).values().get().toString());
            found.put("quotas", admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get().toString());
            found.put("scram", admin.describeUserScramCredentials().all().get().toString());
            found.put("consumer-group", changed(admin, new ConfigResource(ConfigResource.Type.GROUP, "consumer-group")));
            found.put("share-group", changed(admin, new ConfigResource(ConfigResource.Type.GROUP, "share-group")));
            Map<String, String> types = new TreeMap<>();
            for (GroupListing group : admin.listGroups().all().get()) types.put(group.groupId(), group.type().map(Object::toString).orElse(""));
            found.put("groups", types);
            found.put("transactions", admin.listTransactions().all().get().toString());
        }
        return found;
    }

    // ---- parts

    private static void create(Admin admin, String topic, int partitions, Map<String, String> settings) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(settings))).all().get();
    }

    private static void alter(Admin admin, ConfigResource resource, String name, String value) throws Exception {
        admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all().get();
    }

    private KafkaProducer<byte[], byte[]> producer(Map<String, String> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("bootstrap.servers", address);
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void readInGroup(String group, String protocol, String topic, int count) {
        Map<String, Object> settings = Map.of("bootstrap.servers", address, "group.id", group, "group.protocol", protocol,
            "auto.offset.reset", "earliest", "enable.auto.commit", "false", "max.poll.records", "1");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            int read = 0;
            for (int tries = 0; read < count && tries < 300; tries++) read += consumer.poll(Duration.ofMillis(100)).count();
            if (read < count) throw new IllegalStateException(group + " has read " + read);
            consumer.commitSync();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
