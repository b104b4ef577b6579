#!/bin/sh
# Installs the Kafka clients that tests/interop and bench/broker run against the broker: kcat, Kafka's
# Java tools, two Python and three JavaScript clients. Only package registries are asked: Debian, Maven
# Central, PyPI, npm. Everything but the Debian packages lands in a cache outside the clone, under a
# name made from what was pinned, so that a second run is a look. A peer that cannot be installed is
# named, the others still are, and the exit code is 1.
#
#   OTTLA_KAFKA_JARS   a folder with Kafka 4.3.1's jars, instead of asking Maven
#   OTTLA_PEERS        the cache; default ${XDG_CACHE_HOME:-~/.cache}/ottla-peers
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
caches=${XDG_CACHE_HOME:-$HOME/.cache}
peers=${OTTLA_PEERS:-$caches/ottla-peers}
log=$peers/install.log
failed=''
mkdir -p "$peers"
: >"$log"

exec 3>&1
say() { echo "peers: $*" >&3; }

# step NAME COMMAND: runs it with its output in the log, and remembers a failure.
step() {
  name=$1
  shift
  if "$@" >>"$log" 2>&1; then return 0; fi
  failed="$failed $name"
  say "$name could not be installed; the end of $log:"
  tail -n 15 "$log" | sed 's/^/  /'
  return 1
}

digest() { cat "$@" | sha256sum | cut -c1-12; }

debian_packages() {
  missing=''
  has kcat || missing="$missing kcat"
  has java || missing="$missing default-jdk-headless"
  has javac || missing="$missing default-jdk-headless"
  has g++ || missing="$missing g++"
  has make || missing="$missing make"
  has pkg-config || missing="$missing pkg-config"
  has taskset || missing="$missing util-linux"
  [ -d "$jars" ] || has mvn || missing="$missing maven"
  [ -e /usr/include/zstd.h ] || missing="$missing libzstd-dev"
  [ -e /usr/include/zlib.h ] || missing="$missing zlib1g-dev"
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
  [ -n "$missing" ] || return 0
  say "installing$missing"
  sudo=''
  if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
  if ! has apt-get; then
    echo "no apt-get here; install by hand:$missing"
    return 1
  fi
  # shellcheck disable=SC2086 # a list of words
  $sudo apt-get update && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends $missing
}
has() { command -v "$1" >/dev/null 2>&1; }

java_jars() {
  [ -e "$jars/kafka_2.13-4.3.1.jar" ] && return 0
  say 'collecting the jars of Apache Kafka 4.3.1'
  building=$(mktemp -d "$peers/jars.XXXXXX") &&
    (cd "$here/java" && mvn -q -B dependency:copy-dependencies \
      -DoutputDirectory="$building" -Dmdep.useBaseVersion=true) &&
    chmod 755 "$building" && mv "$building" "$jars"
}

# A virtual environment knows its own path, so it is made in place and marked when complete.
python_peers() {
  [ -e "$python/.ready" ] && return 0
  say 'installing confluent-kafka and aiokafka'
  rm -rf "$python"
  python3 -m venv "$python" &&
    "$python/bin/pip" install --disable-pip-version-check --no-deps -r "$here/python/requirements.txt" &&
    "$python/bin/python" -c 'import confluent_kafka, aiokafka, cramjam' &&
    touch "$python/.ready"
}

npm_peers() {
  [ -e "$modules/.ready" ] && return 0
  say 'installing kafkajs, @platformatic/kafka and @confluentinc/kafka-javascript'
  rm -rf "$modules"
  mkdir -p "$modules" &&
    cp "$here/npm/package.json" "$here/npm/package-lock.json" "$modules" &&
    (cd "$modules" && npm ci --ignore-scripts) &&
    touch "$modules/.ready"
}

# @confluentinc/kafka-javascript downloads a ready addon from outside the registries. Its package holds
# all sources, librdkafka's included: this compiles them, as its own fallback would, but without
# node-gyp, against the headers beside the very Node that runs the tests. About a minute and a half on
# two cores. No TLS: the addon would bring a second OpenSSL into Node's process.
confluent_addon() {
  package=$modules/node_modules/@confluentinc/kafka-javascript
  addon=$package/build/Release/confluent-kafka-javascript.node
  [ -e "$addon" ] && return 0
  [ -d "$package" ] || return 1
  headers=$(dirname "$("$node" -p 'fs.realpathSync(process.execPath)')")/../include/node
  if [ ! -e "$headers/node.h" ]; then
    echo "no headers of Node $("$node" -p process.version) at $headers"
    return 1
  fi
  say 'compiling @confluentinc/kafka-javascript (a minute or two)'
  jobs=$(getconf _NPROCESSORS_ONLN)
  objects=$package/build/objects
  rdkafka=$package/deps/librdkafka
  mkdir -p "$objects" "$package/build/Release"
  (cd "$rdkafka" && ./configure --disable-ssl --disable-gssapi --disable-curl --disable-lz4-ext \
    --disable-debug-symbols --enable-static && make -j "$jobs" libs) &&
    (cd "$package/src" && ls binding.cc callbacks.cc common.cc config.cc connection.cc errors.cc \
      kafka-consumer.cc producer.cc topic.cc workers.cc admin.cc) |
    xargs -P "$jobs" -I '{}' g++ -std=c++20 -O2 -fPIC -w \
      -DNODE_GYP_MODULE_NAME=confluent_kafka_javascript -DBUILDING_NODE_EXTENSION \
      -I "$headers" -I "$modules/node_modules/nan" -I "$rdkafka/src" -I "$rdkafka/src-cpp" -I "$package" \
      -c "$package/src/{}" -o "$objects/{}.o" &&
    g++ -shared -o "$addon.new" "$objects"/*.o "$rdkafka/src-cpp/librdkafka++.a" \
      "$rdkafka/src/librdkafka-static.a" -lzstd -lz -lm -ldl -lpthread -lrt &&
    mv "$addon.new" "$addon" &&
    (cd "$modules" && "$node" -e "require('@confluentinc/kafka-javascript').features") || {
    rm -f "$addon"
    return 1
  }
  rm -rf "$objects"
  make -s -C "$rdkafka" clean
  return 0
}

# Where each peer lives; tests/interop/installed-peers.ts reads the same names.
jars=${OTTLA_KAFKA_JARS:-}
if [ -z "$jars" ]; then
  jars=$caches/kafka-4.3.1
  [ -d "$jars" ] || jars=$peers/kafka-4.3.1
fi
python=$peers/python-$(digest "$here/python/requirements.txt")

step debian debian_packages
step java java_jars
step python python_peers
(cd "$root" && sh tools/ensure-installed.sh) >>"$log" 2>&1
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=$(command -v node)
modules=$peers/npm-$(digest "$here/npm/package-lock.json")-$("$node" -p process.versions.modules)
step npm npm_peers && step confluent-javascript confluent_addon

if [ -n "$failed" ]; then
  say "failed:$failed"
  exit 1
fi
say "all installed in $peers"
