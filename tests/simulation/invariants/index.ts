import { AcknowledgedRecordsSurvive } from './acknowledged-records-survive.ts'
import { CommittedOffsetsSurvive } from './committed-offsets-survive.ts'
import { EverySendIsAnswered } from './every-send-is-answered.ts'
import { GroupsReadEverything } from './groups-read-everything.ts'
import { HighWatermarkNeverRegresses } from './high-watermark-never-regresses.ts'
import type { Invariant } from './invariant.ts'
import { MetadataSurvives } from './metadata-survives.ts'
import { NoDuplicatesFromIdempotentProducers } from './no-duplicates-from-idempotent-producers.ts'
import { OffsetsAreContiguous } from './offsets-are-contiguous.ts'
import { ProducersKeepTheirOrder } from './producers-keep-their-order.ts'
import { TheBrokerMakesNoMistakes } from './the-broker-makes-no-mistakes.ts'
import { WhatWasReadStays } from './what-was-read-stays.ts'

export const invariants: readonly Invariant[] = [
  new TheBrokerMakesNoMistakes(),
  new AcknowledgedRecordsSurvive(),
  new EverySendIsAnswered(),
  new OffsetsAreContiguous(),
  new ProducersKeepTheirOrder(),
  new NoDuplicatesFromIdempotentProducers(),
  new HighWatermarkNeverRegresses(),
  new WhatWasReadStays(),
  new GroupsReadEverything(),
  new CommittedOffsetsSurvive(),
  new MetadataSurvives(),
]
