/**
 * The Unified Code for Units of Measure, case sensitive, as FHIR quantities carry it: `mm[Hg]`, `/min`,
 * `10*9/L`, `mmol/L`, `{beats}/min`. The grammar is whole; of the units, those that measurements at a clinic
 * are made in.
 */

/** Units that take a prefix: `mg`, `kPa`, `uL`. `m[Hg]` and `m[H2O]` are what `mm[Hg]` and `cm[H2O]` are made of. */
const METRIC = words(`
  m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV kat U cal cal_th
  eq osm g% B mho dyn erg P St R Ci bit By m[Hg] m[H2O] [iU] [IU] [Cal] tex gf`);

/** Units that stand as they are. */
const PLAIN = words(`
  10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] ' '' deg gon min h d wk mo a mo_j a_j atm [psi] [Btu] [car_Au]
  [in_i] [ft_i] [yd_i] [mi_i] [nmi_i] [sin_i] [sft_i] [cin_i] [in_i'Hg] [in_i'H2O] [lbf_av] [mesh_i]
  [gal_us] [qt_us] [pt_us] [cup_us] [foz_us] [tbs_us] [tsp_us] [drp] [gr] [oz_av] [lb_av] [stone_av] [ston_av]
  [degF] [degR] [diop] [p'diop] [MET] [Ch] [HPF] [LPF] [pH] [CFU] [PFU] [EID_50] [arb'U] [USP'U] [anti'Xa'U]
  [APL'U] [GPL'U] [MPL'U] [beth'U] [ka'U] [knk'U] [todd'U] [dye'U]`);

const PREFIXES = words('Y Z E P T G M k h da d c m u n p f a z y');

const UNITS: ReadonlySet<string> = new Set([
  ...PLAIN,
  ...METRIC,
  ...METRIC.flatMap((unit) => PREFIXES.map((prefix) => prefix + unit)),
]);

const LONGEST = 64;
const NESTED_MAX = 8;
const INTEGER = /^[0-9]+$/;
const SIGNED = /^(.*?[^0-9+-])([+-]?[0-9]+)$/s;

/** Whether `code` is a unit of UCUM. At most 64 characters; visible ASCII alone. */
export function isUcum(code: string): boolean {
  if (code.length === 0 || code.length > LONGEST || !/^[!-~]+$/.test(code)) return false;
  const term = withoutAnnotations(code);
  return term !== null && isTerm(term.startsWith('/') ? term.slice(1) : term, NESTED_MAX);
}

/** Each `{…}` behind a unit goes, each that stands alone becomes a 1. Null where braces do not match. */
function withoutAnnotations(code: string): string | null {
  const term = code.replace(/(^|[./(])\{[^{}]*\}/g, (_, before) => `${before}1`).replace(/\{[^{}]*\}/g, '');
  return /[{}]/.test(term) ? null : term;
}

function isTerm(term: string, depth: number): boolean {
  const components = splitOutside(term);
  return components?.every((component) => isComponent(component, depth)) ?? false;
}

function isComponent(component: string, depth: number): boolean {
  if (component.startsWith('(') && component.endsWith(')')) {
    return depth > 0 && isTerm(component.slice(1, -1), depth - 1);
  }
  if (INTEGER.test(component) || UNITS.has(component)) return true;
  const [, unit = ''] = SIGNED.exec(component) ?? [];
  return UNITS.has(unit);
}

/** At each `.` and `/` that is in no bracket. Null where brackets do not match. */
function splitOutside(term: string): string[] | null {
  const parts = [''];
  let depth = 0;
  let isInSquare = false;
  for (const sign of term) {
    if (sign === '[' || sign === ']') isInSquare = sign === '[';
    else if (!isInSquare && sign === '(') depth += 1;
    else if (!isInSquare && sign === ')') depth -= 1;
    if (depth < 0) return null;
    if (depth === 0 && !isInSquare && (sign === '.' || sign === '/')) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${sign}`);
  }
  return depth === 0 && !isInSquare ? parts : null;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
