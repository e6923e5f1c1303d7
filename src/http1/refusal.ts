/**
 * Why a message is refused, and the status a client gets for it. The names appear in
 * `X-Cf-RouterError`, in the access log and in the fixtures; they are stable.
 */
export const REFUSALS = {
  bare_cr: 400,
  bare_lf: 400,
  nul: 400,
  control_character: 400,
  obsolete_folding: 400,
  space_before_colon: 400,
  bad_header_name: 400,
  bad_request_line: 400,
  bad_method: 400,
  bad_target: 400,
  bad_host: 400,
  missing_host: 400,
  multiple_host: 400,
  bad_content_length: 400,
  duplicate_content_length: 400,
  length_and_chunked: 400,
  chunked_in_http10: 400,
  bad_chunk_size: 400,
  bad_chunk_end: 400,
  chunk_extension_too_long: 400,
  trailer_too_long: 431,
  bad_status_line: 400,
  endless_interim_responses: 400,
  unexpected_end: 400,
  connect_method: 405,
  unknown_expectation: 417,
  head_too_large: 431,
  too_many_headers: 431,
  transfer_encoding: 501,
  http_version: 505,
} as const;

export type Refusal = keyof typeof REFUSALS;
