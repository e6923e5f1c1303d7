import { displayWidth } from '../render/table.ts';

/**
 * Breaks text into lines of at most `width` columns: at spaces; a word that is too long behind a dot,
 * slash or dash, as names have them, or else anywhere.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (displayWidth(line) > width) {
      const end = breakOf(line, width);
      lines.push(line.slice(0, end));
      line = line.slice(end);
    }
  }
  return [...lines, line];
}

function breakOf(word: string, width: number): number {
  const seam = /^.*[./-]/.exec(word.slice(0, width))?.[0].length ?? 0;
  return seam > width / 3 ? seam : width;
}
