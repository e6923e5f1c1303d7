import { BODY } from '../../http1/body-framing.ts';
import type { ResponseHead } from '../../http1/response-head.ts';
import { rewriteResponse } from '../rewrite/response-rewrite.ts';
import type { RequestFacts } from './request-facts.ts';

/** How an endpoint's answer goes on to the client. */
export class AnswerPlan {
  /** The client gets chunks, because nobody knows the length. */
  isChunked = false;
  /** The client sees the end of the body by itself, not by the end of the connection. */
  isSelfDelimited = true;
  /** The endpoint's connection can serve another request. */
  keepsEndpoint = false;
  #status = 0;

  take(head: ResponseHead, request: RequestFacts): void {
    const bodyKind = head.bodyKind(request.answersHead);
    const isOpenEnded = bodyKind === BODY.chunked || bodyKind === BODY.untilClose;
    this.isChunked = isOpenEnded && !request.isHttp10;
    this.isSelfDelimited = !isOpenEnded || this.isChunked;
    this.#status = head.status;
    this.keepsEndpoint = head.keepsAlive && bodyKind !== BODY.untilClose;
  }

  /** The client's connection cannot outlive the answer. */
  endsClient(isRequestDone: boolean): boolean {
    // An error in the middle of an upload is nearly always the end of it.
    return !this.isSelfDelimited || (!isRequestDone && this.#status >= 300);
  }

  /** The head for the client. `dateLine` is used when the endpoint sent none. */
  headText(
    head: ResponseHead,
    request: RequestFacts,
    keepsClient: boolean,
    requestId: string,
    dateLine: string,
  ): string {
    return rewriteResponse(head, {
      isHttp10: request.isHttp10,
      isChunked: this.isChunked,
      closes: !keepsClient,
      keepsAlive: keepsClient,
      requestId,
      dateLine,
    });
  }
}
