import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError, Reader, Writer, type Int64 } from '@ottla/protocol'
import { readLines } from './golden-vectors.ts'

// Written by Kafka's own ByteUtils and Uuid; see golden-vectors.ts.
type Line =
  | { kind: 'varint' | 'uvarint'; value: number; hex: string }
  | { kind: 'varlong'; value: number | string; hex: string }
  | { kind: 'uuid'; text: string; hex: string }
const lines = readLines<Line>('primitives.jsonl')

function written(write: (writer: Writer) => void): string {
  const writer = new Writer()
  write(writer)
  return writer.finishWhole().toString('hex')
}

function reader(hex: string): Reader {
  return new Reader(Buffer.from(hex, 'hex'))
}

const undecodable = { name: 'KafkaError', code: 'INVALID_REQUEST' }

test('varints, varlongs and uvarints are those of the golden vectors', () => {
  let count = 0
  for (const line of lines) {
    if (line.kind !== 'varint' && line.kind !== 'uvarint' && line.kind !== 'varlong') continue
    const wide = BigInt(line.value)
    const value: Int64 = Number.isSafeInteger(Number(wide)) ? Number(wide) : wide
    if (line.kind === 'varlong') {
      assert.equal(reader(line.hex).varlong(), value)
      assert.equal(
        written((writer) => writer.varlong(value)),
        line.hex,
      )
    } else {
      const { kind } = line
      // The vectors hold uvarints as Java's signed ints.
      const number = kind === 'uvarint' ? Number(value) >>> 0 : Number(value)
      assert.equal(reader(line.hex)[kind](), number)
      assert.equal(
        written((writer) => writer[kind](number)),
        line.hex,
      )
    }
    count++
  }
  assert.ok(count > 100)
})

test('uuids are those of the golden vectors', () => {
  for (const line of lines) {
    if (line.kind !== 'uuid') continue
    assert.equal(reader(line.hex).uuid(), line.text)
    assert.equal(
      written((writer) => writer.uuid(line.text)),
      line.hex,
    )
  }
})

test('a text that is not a uuid cannot be written as one', () => {
  for (const text of [
    '',
    'AAAA',
    'AAAAAAAAAAAAAAAAAAAAA!',
    'AAAAAAAAAAAAAAAAAAAAAB',
    'é'.repeat(22),
  ]) {
    assert.throws(() => written((writer) => writer.uuid(text)), undecodable)
  }
})

test('an int64 is a number where that is exact and a bigint where it is not', () => {
  const values: Int64[] = [
    0,
    -1,
    1,
    0x7fff_ffff,
    -0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    -0x1_0000_0001,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2n ** 53n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
  ]
  for (const value of values) {
    const expected = Buffer.alloc(8)
    expected.writeBigInt64BE(BigInt(value))
    assert.equal(
      written((writer) => writer.int64(value)),
      expected.toString('hex'),
    )
    assert.equal(
      written((writer) => writer.int64(BigInt(value))),
      expected.toString('hex'),
    )
    assert.equal(new Reader(expected).int64(), value)
  }
})

test('a number that its type cannot hold is refused, not cut', () => {
  const attempts: ((writer: Writer) => void)[] = [
    (writer) => writer.int8(128),
    (writer) => writer.int16(-32769),
    (writer) => writer.uint16(65536),
    (writer) => writer.int32(2 ** 31),
    (writer) => writer.int32(0.5),
    (writer) => writer.int32(NaN),
    (writer) => writer.int32(undefined as unknown as number),
    (writer) => writer.uint32(-1),
    (writer) => writer.int64(2 ** 53),
    (writer) => writer.int64(2n ** 63n),
    (writer) => writer.uvarint(-1),
    (writer) => writer.varlong(2n ** 63n),
    (writer) => writer.string('x'.repeat(32768)),
    (writer) => writer.string(null as unknown as string),
    (writer) => writer.bytes(null as unknown as Buffer),
  ]
  for (const attempt of attempts) assert.throws(() => written(attempt), undecodable)
})

test('strings are UTF-8, of any length and with any characters', () => {
  const strings = [
    '',
    'a',
    'topic',
    'é',
    '日本語',
    '😀𝄞y',
    'x'.repeat(31),
    'x'.repeat(32),
    'é'.repeat(200),
  ]
  for (const text of [...strings, 'a'.repeat(31) + 'é', '\u0000']) {
    const bytes = Buffer.from(text)
    const hex = bytes.toString('hex')
    const plain = written((writer) => writer.string(text))
    assert.equal(plain, bytes.length.toString(16).padStart(4, '0') + hex)
    assert.equal(reader(plain).string(), text)
    const compact = written((writer) => writer.compactString(text))
    assert.ok(compact.endsWith(hex))
    assert.equal(reader(compact).compactString(), text)
  }
})

test('half of a surrogate pair is written as the replacement character', () => {
  assert.equal(reader(written((writer) => writer.string('a\ud83d'))).string(), 'a\ufffd')
})

test('bytes that are not UTF-8 read as replacement characters', () => {
  assert.equal(reader('0002c328').string(), '\ufffd(')
})

test('a negative length or count is null where null may be, as for Kafka', () => {
  assert.equal(reader('fffe').nullableString(), null)
  assert.equal(reader('fffffffe').nullableBytes(), null)
  assert.equal(reader('fffffffe').nullableArrayCount(1, 8), -1)
  assert.throws(() => reader('ffff').string(), undecodable)
  assert.throws(() => reader('ffffffff').bytes(), undecodable)
  assert.throws(() => reader('00').compactString(), undecodable)
  assert.throws(() => reader('00').compactBytes(), undecodable)
  assert.throws(() => reader('ffffffff').arrayCount(1, 8), undecodable)
  assert.throws(() => reader('00').compactArrayCount(1, 8), undecodable)
})

test('a varint of too many bits is undecodable', () => {
  assert.throws(() => reader('ffffffff7f').uvarint(), undecodable)
  assert.throws(() => reader('ffffffffffffffffff7f').varlong(), undecodable)
  assert.throws(() => reader('ffffffffffffffffffffff').varlong(), undecodable)
  assert.throws(() => reader('80').uvarint(), undecodable)
})

test('bytes are slices of the frame', () => {
  const frame = Buffer.from('00000003010203', 'hex')
  const bytes = new Reader(frame).bytes()
  assert.equal(bytes.buffer, frame.buffer)
  assert.equal(bytes.byteOffset, frame.byteOffset + 4)
})

test('a reader keeps within the stretch that it was given', () => {
  const buffer = Buffer.from('0102030405060708', 'hex')
  const part = new Reader(buffer, 2, 4)
  assert.equal(part.int16(), 0x0304)
  assert.throws(() => part.int8(), undecodable)
  assert.throws(() => new Reader(buffer, 4, 2), KafkaError)
  assert.throws(() => new Reader(buffer, 0, 9), KafkaError)
})
