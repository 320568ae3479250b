// Filter text to the JSON form and back, for the filter box: the same rules, codes and canonical text as the server.
import {
  FilterFault, SIGNS, TEAMS, decimal, fieldClass, fieldScale, resolveList, resolvePath, scopeOf,
  type Filter, type FilterField, type FilterModel, type Path, type Scope,
} from './filter';
import { durationUnit, isDate } from './filter-time';

const MAX_BYTES = 16384, MAX_NODES = 256, MAX_DEPTH = 40;

export type ParsedFilter = { ok: true; filter: Filter } | { ok: false; code: string; message: string; at: number };

interface Token {
  kind: 'end' | 'word' | 'number' | 'duration' | 'date' | 'text' | 'var' | 'sign';
  at: number;
  s: string;
}
interface Raw extends Token {
  is: 'number' | 'text' | 'word' | 'true' | 'false' | 'date' | 'duration' | 'now' | 'today' | 'var';
  offset?: string; // now, today: "+3d"
}
interface Node {
  f: Filter;
  depth: number;
  size: number;
}

function fail(at: number, code: string, message: string): never {
  throw new FilterFault(code, message, at);
}

const leafNode = (f: Filter): Node => ({ f, depth: 1, size: 1 });

function sized(at: number, n: Node): Node {
  if (n.depth > MAX_DEPTH) fail(at, 'too_deep', `nested more than ${MAX_DEPTH} deep`);
  if (n.size > MAX_NODES) fail(at, 'too_long', `more than ${MAX_NODES} conditions and groups`);
  return n;
}

function negate(at: number, x: Node): Node {
  const [op, path, value] = x.f;
  let f: Filter = ['not', x.f];
  if (op === '=') f = ['!=', path, value];
  if (op === 'count' && x.f[3] === '=') f = ['count', path, value, '!=', x.f[4]];
  return sized(at, { f, depth: x.depth + 1, size: x.size + 1 });
}

function whatFits(f: FilterField): string {
  switch (fieldClass(f)) {
    case 'text': return 'a text in single quotes';
    case 'number': return f.kind === 'money' ? 'an amount such as 500.00' : 'a number';
    case 'truth': return 'true or false';
    case 'date': return 'a date such as 2026-11-22, today or today + 3d';
    case 'instant': return 'a date, today, now or now + 3d';
    case 'choice':
    case 'choices': return 'one of its options';
    case 'link':
    case 'links': return 'an id, @me or another link';
    case 'files': return 'the id of a file';
    default: return 'nothing: use any()';
  }
}

const sameOptions = (a: FilterField, b: FilterField): boolean =>
  (a.options ?? []).map((o) => o.name).join(' ') === (b.options ?? []).map((o) => o.name).join(' ');

class Parser {
  private at = 0;
  private tok!: Token;
  private level = 0;
  constructor(private readonly text: string, private readonly model: FilterModel) {}

  // ---- words ----

  private next(): void {
    const rest = /[ \t\n\r]*/y;
    rest.lastIndex = this.at;
    this.at += rest.exec(this.text)![0].length;
    const at = this.at, s = this.text.slice(at);
    if (s === '') {
      this.tok = { kind: 'end', at, s: '' };
      return;
    }
    const take = (kind: Token['kind'], re: RegExp, skip = 0): boolean => {
      const m = re.exec(s);
      if (!m) return false;
      this.at += m[0].length;
      this.tok = { kind, at, s: m[0].slice(skip) };
      return true;
    };
    if (take('word', /^[A-Za-z_][A-Za-z0-9_.]*/)) return;
    if (take('date', /^\d{4}-\d{2}-\d{2}(?!\d)/)) return;
    if (take('duration', /^\d+[A-Za-z_][A-Za-z0-9_]*/)) return;
    if (/^\d+\.(?!\d)/.test(s)) fail(at, 'syntax', 'digits must follow the point');
    if (take('number', /^\d+(\.\d+)?/)) return;
    if (s[0] === "'") {
      const m = /^'((?:[^']|'')*)'/.exec(s);
      if (!m) fail(at, 'syntax', "the text that begins here has no closing '");
      this.at += m![0].length;
      this.tok = { kind: 'text', at, s: m![1]!.replaceAll("''", "'") };
      return;
    }
    if (s[0] === '@') {
      if (take('var', /^@[A-Za-z0-9_]+/, 1)) return;
      fail(at, 'syntax', 'a name must follow @: @me, @my_teams or a parameter');
    }
    if (/^(==|<>)/.test(s)) fail(at, 'syntax', `${s.slice(0, 2)} is not an operator: write ${s[0] === '=' ? '=' : '!='}`);
    if (take('sign', /^(<=|>=|!=|[=<>(),+-])/)) return;
    if (s[0] === '"') fail(at, 'syntax', "texts stand in single quotes: 'text'");
    fail(at, 'syntax', `${String.fromCodePoint(s.codePointAt(0)!)} can't stand here: names are ASCII, texts stand in single quotes`);
  }

  private word(s: string): boolean {
    return this.tok.kind === 'word' && this.tok.s === s;
  }

  private sign(s: string): boolean {
    return this.tok.kind === 'sign' && this.tok.s === s;
  }

  private unexpected(wanted: string): never {
    if (this.tok.kind === 'end') fail(this.tok.at, 'syntax', `it ends too early: ${wanted} is missing`);
    fail(this.tok.at, 'syntax', `${this.text.slice(this.tok.at, this.at)} can't stand here: ${wanted} is expected`);
  }

  private expect(s: string): void {
    if (!this.sign(s)) this.unexpected(s);
    this.next();
  }

  private resolved<T>(at: number, fn: () => T): T {
    try {
      return fn();
    } catch (e) {
      if (e instanceof FilterFault) e.at += at;
      throw e;
    }
  }

  // ---- values ----

  private raw(): Raw {
    const t = this.tok;
    let raw: Raw;
    switch (t.kind) {
      case 'number':
      case 'duration':
      case 'date':
      case 'text':
      case 'var': raw = { ...t, is: t.kind }; break;
      case 'word':
        if (t.s === 'empty') fail(t.at, 'reserved', 'empty is no value: write is empty or is not empty');
        raw = { ...t, is: ['true', 'false', 'now', 'today'].includes(t.s) ? (t.s as Raw['is']) : 'word' };
        break;
      case 'sign':
        if (t.s !== '-') this.unexpected('a value');
        this.next();
        if (this.tok.kind !== 'number') this.unexpected('a number');
        raw = { ...t, is: 'number', s: '-' + this.tok.s };
        break;
      default: this.unexpected('a value');
    }
    this.next();
    if ((raw.is === 'now' || raw.is === 'today') && (this.sign('+') || this.sign('-'))) {
      const sign = this.tok.s;
      this.next();
      if (this.tok.kind !== 'var' && this.tok.kind !== 'duration') this.unexpected('a duration such as 30m, 2h, 3d, 1w, 6mo or 5bd');
      raw.offset = sign + (this.tok.kind === 'var' ? '@' : '') + this.tok.s;
      this.next();
    }
    return raw;
  }

  private wrong(left: FilterField, raw: Raw): never {
    fail(raw.at, 'wrong_type', `${left.name} is a ${left.kind} and does not compare with ${raw.s}: write ${whatFits(left)}`);
  }

  private option(left: FilterField, raw: Raw): boolean {
    return (left.options ?? []).some((o) => o.name === raw.s);
  }

  private literal(left: FilterField, raw: Raw): unknown {
    const c = fieldClass(left);
    switch (c) {
      case 'text':
        if (raw.is !== 'text') this.wrong(left, raw);
        if (raw.s === '') fail(raw.at, 'bad_value', `'' is no text: write ${left.name} is empty`);
        return raw.s;
      case 'number': {
        if (raw.is !== 'number') this.wrong(left, raw);
        const v = decimal(raw.s, fieldScale(left));
        if (v === undefined) fail(raw.at, 'bad_value', `${raw.s}: ${left.name} has ${fieldScale(left)} decimals`);
        if (v! > 9223372036854775807n || v! < -9223372036854775807n) fail(raw.at, 'bad_value', `${raw.s} is too large`);
        return left.kind === 'money' ? decimalText(v!, 2) : Number(raw.s);
      }
      case 'truth':
        if (raw.is !== 'true' && raw.is !== 'false') this.wrong(left, raw);
        return raw.is === 'true';
      case 'date':
      case 'instant':
        if (raw.is !== 'date' && raw.is !== 'text') this.wrong(left, raw);
        if (isDate(raw.s)) return raw.s;
        if (c === 'instant' && raw.is === 'text' && /^\d{4}-\d{2}-\d{2}T/.test(raw.s) && !Number.isNaN(Date.parse(raw.s))) return new Date(raw.s).toISOString();
        return fail(raw.at, 'bad_value', `${raw.s} is not a ${c === 'date' ? 'date' : 'time'}: write ${whatFits(left)}`);
      case 'choice':
      case 'choices':
        if (raw.is !== 'word' && raw.is !== 'text') this.wrong(left, raw);
        if (!this.option(left, raw)) fail(raw.at, 'bad_option', `${raw.s} is not an option of ${left.name}: ${(left.options ?? []).map((o) => o.name).join(', ')}`);
        return raw.s;
      case 'link':
      case 'links':
      case 'files': {
        if (raw.is === 'text') fail(raw.at, 'wrong_type', `${left.name} is a ${left.kind}: write the id ${raw.s} without quotes`);
        if (raw.is !== 'number') this.wrong(left, raw);
        const id = /^\d+$/.test(raw.s) ? BigInt(raw.s) : 0n;
        if (id <= 0n || id > 9223372036854775807n) fail(raw.at, 'bad_value', `${raw.s} is not an id`);
        return String(id);
      }
      default: return this.wrong(left, raw);
    }
  }

  private linksTo(f: FilterField, type: string): boolean {
    return f.to === type || (f.to === 'work' && this.model.types[type]?.uses_work === true);
  }

  private fieldsCompare(a: FilterField, b: FilterField, op: string): boolean {
    const x = fieldClass(a), y = fieldClass(b), same = this.linksTo(a, b.to ?? '') || this.linksTo(b, a.to ?? '');
    if (op === 'contains') return x === 'links' && y === 'link' && same;
    if (x === 'choice' && y === 'choice') return sameOptions(a, b);
    if (x === 'link' && y === 'link') return same;
    if ((op === '=' || op === 'in') && ((x === 'choice' && y === 'text') || (x === 'text' && y === 'choice'))) return true;
    return x === y && ['text', 'number', 'truth', 'date', 'instant'].includes(x);
  }

  private variable(left: FilterField, op: string, raw: Raw): unknown {
    const c = fieldClass(left);
    if (raw.s === 'me') {
      if ((c !== 'link' && c !== 'links') || !this.linksTo(left, 'user')) fail(raw.at, 'wrong_type', `${left.name} does not link to a user: @me can't stand here`);
    } else if (TEAMS.includes(raw.s)) {
      if (op !== 'in') fail(raw.at, 'wrong_type', `@${raw.s} are several: write ${left.name} in @${raw.s}`);
      if (c !== 'link' || !this.linksTo(left, 'team')) fail(raw.at, 'wrong_type', `${left.name} does not link to a team: @${raw.s} can't stand here`);
    } else {
      const kind = this.parameterKind(raw.at, raw.s);
      const fits = c === 'text' ? kind === 'text'
        : c === 'choice' ? kind === 'text' && (op === '=' || op === 'in')
          : c === 'number' ? kind === 'number' || kind === 'money' : c === 'truth' && kind === 'flag';
      if (!fits) fail(raw.at, 'wrong_type', `@${raw.s} is a ${kind} and does not compare with ${left.name}, a ${left.kind}`);
    }
    return { var: raw.s };
  }

  private parameterKind(at: number, name: string): string {
    const p = Object.hasOwn(this.model.parameters ?? {}, name) ? this.model.parameters![name]! : fail(at, 'unknown_name', `@${name} is not a parameter; there are @me, @my_teams, @my_units, @shared_teams and the parameters of the packs`);
    if (p.kind) return p.kind === 'duration' ? 'text' : p.kind;
    return typeof p.value === 'boolean' ? 'flag' : typeof p.value === 'number' ? 'number' : 'text';
  }

  private timeWord(left: FilterField, raw: Raw): unknown {
    const c = fieldClass(left), duration = raw.offset?.slice(1);
    if (c !== 'date' && c !== 'instant') this.wrong(left, raw);
    if (duration?.startsWith('@')) {
      const kind = this.parameterKind(raw.at, duration.slice(1)), value = this.model.parameters![duration.slice(1)]!.value;
      if (kind !== 'text' || !durationUnit(String(value))) fail(raw.at, 'wrong_type', `${duration} is not a duration`);
    } else if (duration && !durationUnit(duration)) {
      fail(raw.at, 'bad_value', `${duration} is not a duration: write 30m, 2h, 3d, 1w, 6mo or 5bd`);
    }
    return { [raw.is]: raw.offset ?? '' };
  }

  private value(scope: Scope, left: FilterField, op: string, raw: Raw): unknown {
    const c = fieldClass(left);
    if (raw.is === 'var') return this.variable(left, op, raw);
    if (raw.is === 'now' || raw.is === 'today') return this.timeWord(left, raw);
    if (raw.is !== 'word') return this.literal(left, raw);
    if ((c === 'choice' || c === 'choices') && this.option(left, raw)) return raw.s;
    let path: Path;
    try {
      path = this.resolved(raw.at, () => resolvePath(this.model, scope, raw.s));
    } catch (e) {
      if (e instanceof FilterFault && e.code === 'unknown_name' && (c === 'choice' || c === 'choices')) return this.literal(left, raw);
      throw e;
    }
    if (!this.fieldsCompare(left, path.field, op)) this.wrong(left, raw);
    return { path: raw.s };
  }

  // ---- rules ----

  private checkOp(f: FilterField, op: string, at: number): void {
    const c = fieldClass(f);
    const wrong = (why: string): never => fail(at, 'wrong_type', why);
    if (op === '=' || op === 'in') {
      if (c === 'choices' || c === 'links' || c === 'files') wrong(`${f.name} holds several: write ${f.name} contains …`);
      if (c === 'table') wrong(`${f.name} is a table: write any(${f.name}, …)`);
    } else if (op === 'contains') {
      if (!['text', 'choices', 'links', 'files'].includes(c)) wrong(`${f.name} is a ${f.kind}: contains needs text or a field of several values`);
    } else if (op === 'empty') {
      if (f.kind === 'computed') wrong(`${f.name} is computed and never empty: write ${f.name} = true`);
    } else if (!['text', 'number', 'date', 'instant', 'choice'].includes(c)) {
      wrong(`${f.name} is a ${f.kind}: it has no order, ${op} can't stand here`);
    }
  }

  private open(): void {
    if (++this.level > MAX_DEPTH) fail(this.tok.at, 'too_deep', `nested more than ${MAX_DEPTH} deep`);
    this.expect('(');
  }

  private close(): void {
    this.level--;
    this.expect(')');
  }

  private readSign(): string {
    if (this.tok.kind !== 'sign' || !(SIGNS.includes(this.tok.s) || this.tok.s === '!=')) this.unexpected('one of = != < <= > >=');
    const s = this.tok.s;
    this.next();
    return s;
  }

  private list(scope: Scope): Node {
    const { s: op, at } = this.tok;
    this.next();
    this.open();
    if (this.tok.kind !== 'word') this.unexpected('a list');
    const { s: name, at: nameAt } = this.tok;
    const path = this.resolved(nameAt, () => resolveList(this.model, scope, name));
    this.next();
    let sub: Node | undefined;
    if (this.sign(',')) {
      this.next();
      sub = this.or(path.scope);
    }
    this.close();
    const size = { depth: (sub?.depth ?? 0) + 1, size: (sub?.size ?? 0) + 1 };
    if (op !== 'count') return sized(at, { f: sub ? [op, name, sub.f] : [op, name], ...size });
    const sign = this.readSign(), raw = this.raw();
    let n: unknown;
    if (raw.is === 'var') {
      if (this.parameterKind(raw.at, raw.s) !== 'number' || this.model.parameters![raw.s]!.scale) fail(raw.at, 'wrong_type', `@${raw.s} is not a whole number`);
      n = { var: raw.s };
    } else {
      if (raw.is !== 'number') fail(raw.at, 'wrong_type', 'count() compares with a whole number such as 3');
      const v = decimal(raw.s, 0);
      if (v === undefined || v < 0n || v > 1000000n) fail(raw.at, 'bad_value', `count() compares with a whole number from 0 to 1000000, not ${raw.s}`);
      n = Number(v);
    }
    const node = sized(at, { f: ['count', name, sub?.f ?? null, sign === '!=' ? '=' : sign, n], ...size });
    return sign === '!=' ? negate(at, node) : node;
  }

  private inValues(scope: Scope, field: FilterField): unknown {
    if (this.tok.kind === 'var') {
      const raw = this.raw(), v = this.value(scope, field, 'in', raw);
      if (!TEAMS.includes(raw.s)) fail(raw.at, 'wrong_type', `@${raw.s} is one value: write = or in (@${raw.s})`);
      return v;
    }
    this.expect('(');
    const values: unknown[] = [];
    for (;;) {
      const raw = this.raw();
      values.push(this.value(scope, field, 'in', raw));
      if (raw.is === 'var' && TEAMS.includes(raw.s)) fail(raw.at, 'wrong_type', `@${raw.s} are several: write in @${raw.s}`);
      if (!this.sign(',')) break;
      this.next();
    }
    this.expect(')');
    return values;
  }

  private field(scope: Scope): Node {
    const { s: name, at } = this.tok;
    const field = this.resolved(at, () => resolvePath(this.model, scope, name)).field;
    this.next();
    const opAt = this.tok.at;
    let negated = false, f: Filter;
    const takeNot = (): void => {
      if (this.word('not')) {
        negated = true;
        this.next();
      }
    };
    if (this.word('is')) {
      this.next();
      takeNot();
      if (!this.word('empty')) this.unexpected(negated ? 'empty' : 'empty or not empty');
      this.next();
      this.checkOp(field, 'empty', opAt);
      f = ['empty', name];
    } else if (this.word('in') || this.word('not')) {
      takeNot();
      if (!this.word('in')) this.unexpected('in');
      this.next();
      this.checkOp(field, 'in', opAt);
      f = ['in', name, this.inValues(scope, field)];
    } else if (this.tok.kind === 'sign' || this.word('contains')) {
      let op = 'contains';
      if (this.word('contains')) this.next();
      else op = this.readSign();
      if (op === '!=') {
        negated = true;
        op = '=';
      }
      this.checkOp(field, op, opAt);
      f = [op, name, this.value(scope, field, op, this.raw())];
    } else {
      this.unexpected(fieldClass(field) === 'truth' ? `${name} = true or ${name} = false` : 'an operator (= != < <= > >= in, contains, is empty)');
    }
    return negated ? negate(at, leafNode(f)) : leafNode(f);
  }

  private leaf(scope: Scope): Node {
    if (this.tok.kind !== 'word') this.unexpected('a field, any(), none(), count() or all');
    const s = this.tok.s;
    if (s === 'all') {
      this.next();
      return leafNode(['all']);
    }
    if (s === 'any' || s === 'none' || s === 'count') return this.list(scope);
    if (['true', 'false', 'now', 'today'].includes(s)) fail(this.tok.at, 'syntax', `${s} stands on the right of an operator; a field stands on the left`);
    return this.field(scope);
  }

  private not(scope: Scope): Node {
    const at = this.tok.at, negated = this.word('not');
    if (negated) this.next();
    let n: Node;
    if (this.sign('(')) {
      this.open();
      n = this.or(scope);
      this.close();
    } else {
      n = this.leaf(scope);
    }
    return negated ? negate(at, n) : n;
  }

  private group(word: 'and' | 'or', member: () => Node): Node {
    const at = this.tok.at, kids: Node[] = [];
    let nodes = 1;
    for (;;) {
      const kidAt = this.tok.at, kid = member();
      kids.push(kid);
      nodes += kid.size;
      if (kids.length > 1 && nodes > MAX_NODES) fail(kidAt, 'too_long', `more than ${MAX_NODES} conditions and groups`);
      if (!this.word(word)) break;
      this.next();
    }
    if (kids.length === 1) return kids[0]!;
    // Flat: what is a group of the same kind gives its members, which lie one level higher then.
    const flat = kids.flatMap((k) => (k.f[0] === word ? (k.f.slice(1) as Filter[]) : [k.f]));
    const same = kids.filter((k) => k.f[0] === word);
    return sized(at, {
      f: [word, ...flat],
      size: nodes - same.length,
      depth: 1 + Math.max(...kids.map((k) => (k.f[0] === word ? k.depth - 1 : k.depth))),
    });
  }

  private and(scope: Scope): Node {
    return this.group('and', () => this.not(scope));
  }

  private or(scope: Scope): Node {
    return this.group('or', () => this.and(scope));
  }

  parse(scope: Scope): Filter {
    const bytes = new TextEncoder().encode(this.text);
    if (bytes.length > MAX_BYTES) fail(new TextDecoder().decode(bytes.slice(0, MAX_BYTES)).length, 'too_long', `a filter has at most ${MAX_BYTES} bytes`);
    this.next();
    const n = this.or(scope);
    if (this.tok.kind !== 'end') {
      if (['AND', 'OR', 'NOT'].includes(this.tok.s)) fail(this.tok.at, 'syntax', `${this.tok.s}: and, or and not are written small`);
      this.unexpected('and, or, or the end');
    }
    return n.f;
  }
}

// `at` counts UTF-16 units, as the text box does.
export function parseFilter(text: string, typeName: string, model: FilterModel): ParsedFilter {
  return parseFilterIn(text, () => scopeOf(model, typeName), model);
}
/** Within a list, or over another record's: names as they are meant there. */
export function parseFilterIn(text: string, scope: () => Scope, model: FilterModel): ParsedFilter {
  try {
    return { ok: true, filter: new Parser(text, model).parse(scope()) };
  } catch (e) {
    if (!(e instanceof FilterFault)) throw e;
    return { ok: false, code: e.code, message: e.message, at: e.at };
  }
}

// ---- printing -----------------------------------------------------------------------------------

function decimalText(v: bigint, scale: number): string {
  const digits = (v < 0n ? -v : v).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale), places = digits.slice(digits.length - scale);
  return (v < 0n ? '-' : '') + whole + (scale ? '.' + places : '');
}

export const quoted = (s: string): string => `'${s.replaceAll("'", "''")}'`;

function offsetText(word: string, offset: string): string {
  return offset === '' ? word : `${word} ${offset[0]} ${offset.slice(1)}`;
}

function valueText(field: FilterField, v: unknown): string {
  if (v !== null && typeof v === 'object') {
    const named = v as { path?: string; var?: string; now?: string; today?: string };
    if (named.path !== undefined) return named.path;
    if (named.var !== undefined) return '@' + named.var;
    return named.now !== undefined ? offsetText('now', named.now) : offsetText('today', named.today ?? '');
  }
  switch (fieldClass(field)) {
    case 'text': return quoted(String(v));
    case 'instant': return isDate(String(v)) ? String(v) : quoted(String(v));
    case 'number': {
      const scale = fieldScale(field), n = decimal(typeof v === 'number' ? v.toFixed(scale) : String(v), scale);
      return n === undefined ? String(v) : decimalText(n, scale);
    }
    default: return String(v);
  }
}

function print(model: FilterModel, scope: Scope, f: Filter): string {
  const [op, path, value] = f as [string, string, unknown];
  const listText = (): string => {
    const sub = value ? ', ' + print(model, resolveList(model, scope, path).scope, value as Filter) : '';
    return `${op}(${path}${sub})`;
  };
  switch (op) {
    case 'all': return 'all';
    case 'and':
    case 'or':
      return f.slice(1).map((x) => {
        const text = print(model, scope, x as Filter);
        return op === 'and' && (x as Filter)[0] === 'or' ? `(${text})` : text;
      }).join(` ${op} `);
    case 'not': {
      const x = f[1] as Filter;
      if (x[0] === 'in') return inText(model, scope, x, 'not in');
      if (x[0] === 'empty') return `${String(x[1])} is not empty`;
      return `not (${print(model, scope, x)})`;
    }
    case 'any':
    case 'none': return listText();
    case 'count': return `${listText()} ${String(f[3])} ${typeof f[4] === 'object' ? '@' + (f[4] as { var: string }).var : String(f[4])}`;
    case 'empty': return `${path} is empty`;
    case 'in': return inText(model, scope, f, 'in');
    default: return `${path} ${op} ${valueText(resolvePath(model, scope, path).field, value)}`;
  }
}

function inText(model: FilterModel, scope: Scope, f: Filter, word: string): string {
  const field = resolvePath(model, scope, f[1] as string).field, values = f[2];
  const text = Array.isArray(values) ? `(${values.map((v) => valueText(field, v)).join(', ')})` : valueText(field, values);
  return `${String(f[1])} ${word} ${text}`;
}

// Canonical text; throws FilterFault where a name is not known.
export function printFilter(filter: Filter, typeName: string, model: FilterModel): string {
  return print(model, scopeOf(model, typeName), filter);
}
export const printFilterIn = (filter: Filter, scope: Scope, model: FilterModel): string => print(model, scope, filter);
