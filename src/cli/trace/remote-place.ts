import type { SocketAddress } from '../../proto/trace.ts';
import type { MarkedRequest, RequestResult } from './marked-request.ts';
import type { Resolution, ResolveOptions } from './resolve-name.ts';
import { type BoundFlow, HERE, type SendingPlace } from './sending-place.ts';

/** What a place is asked, as one line of JSON each way. */
type Question =
  | { readonly ask: 'resolve'; readonly name: string; readonly options: ResolveOptions }
  | { readonly ask: 'bind'; readonly destination: SocketAddress }
  | { readonly ask: 'send'; readonly request: Omit<MarkedRequest, 'signal'> };

/** A place in another network, where a companion process runs `sprue trace-leg`. */
export function remotePlace(
  about: Pick<SendingPlace, 'name' | 'containerOn'>,
  ask: (line: string, signal?: AbortSignal) => Promise<string>,
): SendingPlace {
  const put = async <T>(question: Question, signal?: AbortSignal): Promise<T> =>
    JSON.parse(await ask(JSON.stringify(question), signal)).answer as T;
  return {
    ...about,
    resolve: (name, options) => put<Resolution>({ ask: 'resolve', name, options }),
    bind: destination => put<BoundFlow | undefined>({ ask: 'bind', destination }),
    send: ({ signal, ...request }) => put<RequestResult>({ ask: 'send', request }, signal),
  };
}

/** The companion's side: does here what it is asked. @returns the answer's line */
export async function answerLine(line: string, signal: AbortSignal): Promise<string> {
  const question = JSON.parse(line) as Question;
  return JSON.stringify({ answer: await doHere(question, signal) });
}

function doHere(question: Question, signal: AbortSignal): Promise<unknown> {
  switch (question.ask) {
    case 'resolve':
      return HERE.resolve(question.name, question.options);
    case 'bind':
      return HERE.bind(question.destination);
    case 'send':
      return HERE.send({ ...question.request, signal });
    default:
      return question satisfies never;
  }
}
