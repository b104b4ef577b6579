import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTranscript } from '../transcript.ts'
import { CoordinatorScript } from './coordinator-script.ts'

const folder = join(import.meta.dirname, 'transcripts')

for (const file of readdirSync(folder).sort()) {
  test(`a coordinator does what the transcript ${file} tells`, async () => {
    const script = new CoordinatorScript()
    await runTranscript(join(folder, file), (command) => script.run(command))
  })
}
