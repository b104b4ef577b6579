import { ImageDraft } from '../image/image-draft.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../records/metadata-record.ts'

/**
 * What the active controller decides on: the image with everything that it appended, committed or not.
 */
export class ControllerState {
  #image: MetadataImage
  /** Holds records that are not in `#image` yet: the records of one decision are folded in one draft. */
  #draft: ImageDraft | null = null
  #nextOffset: number

  /** @param nextOffset Of the next record in the log. */
  constructor(image: MetadataImage, nextOffset: number) {
    this.#image = image
    this.#nextOffset = nextOffset
  }

  get image(): MetadataImage {
    if (this.#draft !== null) {
      this.#image = this.#draft.finish().image
      this.#draft = null
    }
    return this.#image
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  apply(record: MetadataRecord): void {
    this.#draft ??= new ImageDraft(this.#image)
    this.#draft.apply(record, this.#nextOffset++)
  }
}
