import { SprueError } from '../../core/errors.ts';
import type { Labels } from './records.ts';

type Requirement = (labels: Labels) => boolean;

/**
 * Parses a label selector as the V3 API has it: `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`,
 * `k notin (a,b)`, joined by commas.
 * @throws SprueError `QUERY_INVALID`
 */
export function parseLabelSelector(selector: string): Requirement {
  // Commas inside brackets belong to a set.
  const parts = selector.split(/,(?![^(]*\))/).map(part => part.trim());
  const requirements = parts.map(parseRequirement);
  return labels => requirements.every(requirement => requirement(labels));
}

const KEY = '[A-Za-z0-9][A-Za-z0-9._/-]*';
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const EQUAL = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

function parseRequirement(text: string): Requirement {
  const set = SET.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map(value => value.trim());
    const isIn = (labels: Labels) => labels[key] !== undefined && values.includes(labels[key]);
    return operator === 'in' ? isIn : labels => !isIn(labels);
  }
  const equal = EQUAL.exec(text);
  if (equal !== null) {
    const [, key = '', operator, value] = equal;
    return labels => (labels[key] === value) === (operator !== '!=');
  }
  const exists = EXISTS.exec(text);
  if (exists !== null) {
    const [, not, key = ''] = exists;
    return labels => key in labels === (not === '');
  }
  throw new SprueError('QUERY_INVALID', {
    reason: `the label selector “${text}” is not understood`,
  });
}
