import { testPeer } from './peer-suite.ts'
import { peers } from './peer-table.ts'

testPeer(peers.kafkajs)
