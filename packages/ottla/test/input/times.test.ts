import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration } from '../../src/input/duration.ts'
import { formatTime, parseTime } from '../../src/shell/wall-time.ts'

test('durations are counts with units, or as ISO 8601 has them', () => {
  assert.equal(parseDuration('90s'), 90_000)
  assert.equal(parseDuration('2h30m'), 9_000_000)
  assert.equal(parseDuration('1d'), 86_400_000)
  assert.equal(parseDuration('250ms'), 250)
  assert.equal(parseDuration('PT1H30M'), 5_400_000)
  assert.equal(parseDuration('P1DT0.5S'), 86_400_500)
  for (const none of ['', 'P', 'PT', '5', 'soon', '1h of', '-1h']) {
    assert.equal(parseDuration(none), null, none)
  }
})

test('times are dates, in UTC where no zone is given, or milliseconds', () => {
  const noon = 1_785_585_600_000
  assert.equal(parseTime('2026-08-01T12:00:00Z'), noon)
  assert.equal(parseTime('2026-08-01 12:00'), noon)
  assert.equal(parseTime('2026-08-01T14:00:00.000+02:00'), noon)
  assert.equal(parseTime('2026-08-01'), noon - 43_200_000)
  assert.equal(parseTime('1785585600000'), noon)
  for (const none of ['', 'noon', '12:00', '2026-13-01', '2026-08-01T12']) {
    assert.equal(parseTime(none), null, none)
  }
  assert.equal(formatTime(noon), '2026-08-01T12:00:00.000Z')
  assert.equal(formatTime(-1), null)
})
