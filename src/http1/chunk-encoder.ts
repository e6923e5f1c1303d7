/** End of a chunked body with the given trailer field lines (each with its CRLF), RFC 9112 §7.1. */
export function lastChunk(trailers: string): string {
  return trailers === '' ? '0\r\n\r\n' : `0\r\n${trailers}\r\n`;
}

/** What stands before the data of a chunk; {@link CHUNK_END} stands behind it. */
export function chunkStart(sizeBytes: number): string {
  return `${sizeBytes.toString(16)}\r\n`;
}

export const CHUNK_END = '\r\n';
