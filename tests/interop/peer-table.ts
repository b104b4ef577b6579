import { join } from 'node:path'
import type { Codec, Peer } from '../peers/peer.ts'
import {
  confluentPeer,
  kafkaJars,
  npmPeers,
  peerPython,
  peersFolder,
  programOnPath,
} from './installed-peers.ts'
import { startJavaPeer } from './java-peer.ts'
import { kcatPeer } from './kcat-peer.ts'
import { startProgram } from './program-peer.ts'

/** A peer: how to start it, and what the client itself cannot do. */
export interface PeerUnderTest {
  readonly name: string
  /** Where it is installed; null when it is not. */
  readonly installed: string | null
  readonly start: (address: string) => Peer
  /** Codecs that the client can write; default all. */
  readonly writes?: readonly Codec[]
  /** Header values can be null; default true. */
  readonly nullHeaderValues?: boolean
  /** A header name can come more than once in a record; default true. */
  readonly repeatedHeaders?: boolean
  /** Records can carry a timestamp of one's own; default true. */
  readonly timestamps?: boolean
}

/** Every peer; peer-suite.ts says what each has to pass. */
export const peers = {
  kcat: {
    name: 'kcat',
    installed: programOnPath('kcat'),
    start: (address) => kcatPeer('kcat', address),
    timestamps: false,
  },
  java: { name: 'Kafka’s Java clients', installed: kafkaJars(), start: startJavaPeer },
  confluentKafka: {
    name: 'confluent-kafka',
    installed: peerPython(),
    start: (address) => startPython('confluent_kafka_peer.py', address),
  },
  aiokafka: {
    name: 'aiokafka',
    installed: peerPython(),
    start: (address) => startPython('aiokafka_peer.py', address),
  },
  kafkajs: {
    name: 'kafkajs',
    installed: npmPeers(),
    start: (address) => startNode('kafkajs.ts', address),
    nullHeaderValues: false,
  },
  platformatic: {
    name: '@platformatic/kafka',
    installed: npmPeers(),
    start: (address) => startNode('platformatic.ts', address),
    repeatedHeaders: false,
  },
  confluentJavascript: {
    name: '@confluentinc/kafka-javascript',
    installed: confluentPeer(),
    start: (address) => startNode('kafkajs.ts', address, 'confluent'),
    nullHeaderValues: false,
  },
} as const satisfies Record<string, PeerUnderTest>

function startPython(program: string, address: string): Peer {
  return startProgram([peerPython() ?? 'python3', join(peersFolder, program), address])
}

function startNode(program: string, address: string, ...args: string[]): Peer {
  return startProgram([process.execPath, join(peersFolder, program), address, ...args], {
    OTTLA_PEER_MODULES: npmPeers() ?? '',
  })
}
