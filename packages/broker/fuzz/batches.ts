import { COMPRESSION_CODECS, compress, encodeBatch, setBatchSize, updateCrc } from '@ottla/records'
