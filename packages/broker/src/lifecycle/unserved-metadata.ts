import type { MetadataImage } from '@ottla/metadata'
import type { Logger } from '@ottla/runtime'

/**
 * Warns of what a data directory of Apache Kafka may hold and this broker does not act on. It stays in the
 * metadata log: an Apache Kafka that takes the directory over has it again.
 */
export function warnOfUnserved(image: MetadataImage, logger: Logger): void {
  if (image.acls.size > 0) {
    logger.warn('the metadata has ACLs, which are kept and not enforced: anybody may do anything', {
      acls: image.acls.size,
    })
  }
  if (image.scramCredentials.size > 0 || image.delegationTokens.size > 0) {
    logger.warn(
      'the metadata has credentials, which are kept and not used: nobody is asked for any',
      {
        scramCredentials: image.scramCredentials.size,
        delegationTokens: image.delegationTokens.size,
      },
    )
  }
}
