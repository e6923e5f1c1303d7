/** Colours (SGR, ECMA-48 §8.3.117) do no harm, and people want to see those of their apps. */
const COLOUR = String.raw`\x1b\[[0-9;:]*m`;
/** C0 but the tab, DEL, and C1, which some terminals obey even in UTF-8. */
const CONTROL = String.raw`[\x00-\x08\x0a-\x1f\x7f-\x9f]`;
const FOREIGN = new RegExp(`(${COLOUR})|${CONTROL}`, 'g');
const RESET = '\x1b[0m';

/**
 * Text that an app or a build has written, fit for the terminal of somebody else: escape sequences could
 * rewrite lines that are already there, fill the clipboard or answer for the user. Colours stay, and end
 * with the text; any other control character is shown, `\x1b` as `␛`.
 */
export function foreignText(text: string): string {
  let isColoured = false;
  const shown = text.replace(/\r+$/, '').replace(FOREIGN, (character, colour?: string) => {
    if (colour === undefined) return picture(character);
    isColoured = true;
    return colour;
  });
  return isColoured ? shown + RESET : shown;
}

/** Unicode has pictures for C0 and DEL, none for C1. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}
