import assert from 'node:assert/strict'
import { silentLogger } from '@ottla/runtime'
import {
  CorruptCheckpointError,
  formatOffsetCheckpoint,
  readOffsetCheckpoint,
} from '../src/checkpoint-file.ts'
import { LeaderEpochs } from '../src/leader-epochs.ts'
import { claimDirectory } from '../src/meta-properties.ts'
import {
  offsetFileName,
  offsetOfFileName,
  parsePartitionDirectoryName,
  retiredDirectoryName,
  retiredSuffix,
} from '../src/paths.ts'
import { readPartitionMetadata, writePartitionMetadata } from '../src/partition-metadata.ts'
import { testOnBoth } from './world.ts'

testOnBoth('a checkpoint is written and read as Kafka does', async ({ disk, root }) => {
  disk.makeDirectory(root)
  const path = `${root}/recovery-point-offset-checkpoint`
  assert.deepEqual(readOffsetCheckpoint(disk, path), [])
  const entries = [
    { topic: 'orders', partition: 0, offset: 1204 },
    { topic: 'a.b_c-d', partition: 12, offset: 2 ** 53 - 1 },
  ]
  const text = '0\n2\norders 0 1204\na.b_c-d 12 9007199254740991\n'
  assert.equal(formatOffsetCheckpoint(entries), text)
  disk.replaceFile(path, text)
  assert.deepEqual(readOffsetCheckpoint(disk, path), entries)
  disk.replaceFile(path, '')
  assert.deepEqual(readOffsetCheckpoint(disk, path), [])
  for (const bad of [
    '1\n0\n',
    '0\n2\norders 0 1\n',
    '0\n1\norders 0\n',
    '0\n1\norders 0 -1\n',
    'x',
  ]) {
    disk.replaceFile(path, bad)
    assert.throws(() => readOffsetCheckpoint(disk, path), CorruptCheckpointError)
  }
})

testOnBoth('epochs answer up to where two replicas agree', async ({ disk, root }) => {
  disk.makeDirectory(root)
  const epochs = new LeaderEpochs(disk, root, silentLogger)
  assert.deepEqual(epochs.endOffsetFor(0, 0), { epoch: -1, endOffset: -1 })
  epochs.assign(2, 0)
  epochs.assign(2, 5)
  epochs.assign(4, 10)
  epochs.assign(7, 30)
  assert.deepEqual(epochs.endOffsetFor(-1, 50), { epoch: -1, endOffset: -1 })
  assert.deepEqual(epochs.endOffsetFor(1, 50), { epoch: 1, endOffset: 0 })
  assert.deepEqual(epochs.endOffsetFor(2, 50), { epoch: 2, endOffset: 10 })
  assert.deepEqual(epochs.endOffsetFor(3, 50), { epoch: 2, endOffset: 10 })
  assert.deepEqual(epochs.endOffsetFor(4, 50), { epoch: 4, endOffset: 30 })
  assert.deepEqual(epochs.endOffsetFor(6, 50), { epoch: 4, endOffset: 30 })
  assert.deepEqual(epochs.endOffsetFor(7, 50), { epoch: 7, endOffset: 50 })
  assert.deepEqual(epochs.endOffsetFor(8, 50), { epoch: -1, endOffset: -1 })
  assert.deepEqual(
    [0, 9, 10, 29, 30].map((offset) => epochs.epochAt(offset)),
    [2, 2, 4, 4, 7],
  )

  await epochs.writeIfChanged()
  const path = `${root}/leader-epoch-checkpoint`
  assert.equal(disk.readFile(path).toString(), '0\n3\n2 0\n4 10\n7 30\n')
  const again = new LeaderEpochs(disk, root, silentLogger)
  assert.deepEqual(again.entries, epochs.entries)

  again.truncateFromStart(15)
  assert.deepEqual(again.entries, [
    { epoch: 4, startOffset: 15 },
    { epoch: 7, startOffset: 30 },
  ])
  again.truncateFromEnd(30)
  assert.deepEqual(again.entries, [{ epoch: 4, startOffset: 15 }])
  // An epoch that starts where another one did replaces it: nothing was written in between.
  again.assign(5, 15)
  assert.deepEqual(again.entries, [{ epoch: 5, startOffset: 15 }])
  again.clear()
  await again.writeIfChanged()
  assert.equal(disk.readFile(path).toString(), '0\n0\n')
  disk.replaceFile(path, 'nonsense')
  assert.deepEqual(new LeaderEpochs(disk, root, silentLogger).entries, [])
})

testOnBoth('names of files and folders are Kafka’s', async () => {
  assert.equal(offsetFileName(40, '.log'), '00000000000000000040.log')
  assert.equal(offsetOfFileName('00000000000000000040.snapshot'), 40)
  assert.equal(offsetOfFileName('40.log'), -1)
  assert.equal(offsetOfFileName('99999999999999999999.log'), -1)
  assert.deepEqual(parsePartitionDirectoryName('a-b.c_d-12'), { topic: 'a-b.c_d', partition: 12 })
  for (const name of ['orders', 'orders-', '-1', 'orders-x', 'a b-0', 'orders-99999999999']) {
    assert.equal(parsePartitionDirectoryName(name), null, name)
  }
  const id = '0123456789abcdef0123456789abcdef'
  assert.equal(retiredDirectoryName('orders', 3, id, '-delete'), `orders-3.${id}-delete`)
  assert.equal(retiredDirectoryName('t'.repeat(249), 3, id, '-delete').length, 255)
  assert.equal(retiredSuffix(`orders-3.${id}-delete`), 'delete')
  assert.equal(retiredSuffix(`orders-3.${id}-stray`), 'stray')
  assert.equal(retiredSuffix('orders-3'), null)
})

testOnBoth('partition.metadata keeps the topic id', async ({ disk, root }) => {
  disk.makeDirectory(root)
  assert.equal(readPartitionMetadata(disk, root, silentLogger), null)
  writePartitionMetadata(disk, root, 'QNu9Al2AT8SKGqlhkudOHQ')
  assert.equal(
    disk.readFile(`${root}/partition.metadata`).toString(),
    'version: 0\ntopic_id: QNu9Al2AT8SKGqlhkudOHQ',
  )
  assert.equal(readPartitionMetadata(disk, root, silentLogger), 'QNu9Al2AT8SKGqlhkudOHQ')
  disk.replaceFile(`${root}/partition.metadata`, 'version: 0\ntopic_')
  assert.equal(readPartitionMetadata(disk, root, silentLogger), null)
})

testOnBoth('meta.properties is read as Kafka writes it', async ({ disk, random, root }) => {
  disk.makeDirectory(root)
  const path = `${root}/meta.properties`
  const expected = { nodeId: 1, clusterId: null }
  disk.replaceFile(
    path,
    '#\n#Mon Nov 23 16:25:56 UTC 2026\nnode.id=1\ndirectory.id=cSgmd4q3K0YW7ZCABrRvng\nversion=1\ncluster.id=AO_p5oA3RGWrJTf6oByq5w\n',
  )
  const found = {
    nodeId: 1,
    clusterId: 'AO_p5oA3RGWrJTf6oByq5w',
    directoryId: 'cSgmd4q3K0YW7ZCABrRvng',
  }
  assert.deepEqual(claimDirectory(disk, random, root, expected), found)
  disk.replaceFile(path, 'version=1\ncluster.id=AO_p5oA3RGWrJTf6oByq5w\nnode.id=1\n')
  const completed = claimDirectory(disk, random, root, expected)
  assert.match(completed.directoryId, /^[\w-]{22}$/)
  assert.deepEqual(claimDirectory(disk, random, root, expected), completed)
  disk.replaceFile(path, 'version=0\nbroker.id=1\ncluster.id=x\n')
  assert.throws(() => claimDirectory(disk, random, root, expected), /version is 0; only version 1/)
  disk.replaceFile(path, 'version=1\ncluster.id=x\nnode.id=one\n')
  assert.throws(() => claimDirectory(disk, random, root, expected), /node\.id is "one"/)
})
