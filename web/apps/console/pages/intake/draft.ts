// What is being taken down, and the body of POST /intake that it becomes. No Vue in here.
import { newKey } from '@/core/api';
import { isEmpty, type Json } from '@/core/json';
import type { Field, Matter, Ref, Type, Values } from '@/core/types';
import { toWire } from '@/schema/values';

export type Then = 'solved' | 'ticket' | 'complaint' | 'task' | 'existing' | 'incident';

export interface Existing {
  type: string;
  id: string;
  number: string;
  title: string;
  do: string;
  label: string;
  /** The input that takes what the customer says now. */
  text: string | null;
  needsText: boolean;
}
export interface PromiseDraft {
  kind: string;
  due: string | null;
}
export interface MatterDraft {
  key: string;
  type: string;
  content: string;
  then: Then;
  /** He chose what happens; the type no longer proposes it. */
  chosen: boolean;
  category: string;
  answer: string;
  source: string;
  source_no: string;
  source_due: string | null;
  priority: string;
  team: Ref | null;
  owner: Ref | null;
  praised: Ref | null;
  promise: PromiseDraft;
  /** Fields of the record that is made. */
  fields: Values;
  existing: Existing | null;
  incident: { id: string; title: string } | null;
}
export interface Who {
  customer: Ref | null;
  /** A customer that is not there yet. */
  fresh: Values | null;
  anonymous: boolean;
}
export interface Draft {
  key: string;
  query: string;
  who: Who;
  contact: Values;
  matters: MatterDraft[];
  at: number;
  /** Filled in from a pasted message and not looked at yet: paths such as contact.callback. */
  marks: string[];
}

export function newMatter(): MatterDraft {
  return {
    key: newKey().slice(0, 8), type: '', content: '', then: 'solved', chosen: false, category: '', answer: '', source: '', source_no: '', source_due: null,
    priority: '', team: null, owner: null, praised: null, promise: { kind: 'call_back', due: null }, fields: {}, existing: null, incident: null,
  };
}
export function newDraft(): Draft {
  return { key: newKey(), query: '', who: { customer: null, fresh: null, anonymous: false }, contact: {}, matters: [newMatter()], at: 0, marks: [] };
}

/** Nothing worth keeping was typed. */
export function isBlank(d: Draft): boolean {
  const { who } = d;
  return (
    !d.query && !who.customer && !who.fresh && !who.anonymous && Object.values(d.contact).every(isEmpty) &&
    d.matters.length === 1 && !d.matters[0]!.content && !d.matters[0]!.existing && !d.matters[0]!.incident && !d.matters[0]!.chosen
  );
}

/** What usually becomes of a matter of this type; he may always choose otherwise. */
export function usualThen(type: string): Then {
  if (type === 'complaint') return 'complaint';
  return ['repair', 'special_service', 'suggestion', 'feedback', 'help'].includes(type) ? 'ticket' : 'solved';
}

const sayFirst = (t: { asks: { name: string; required: boolean }[] }, type: Type | undefined): { name: string; required: boolean } | undefined =>
  t.asks.find((a) => ['text', 'long_text'].includes((type?.inputs[a.name] ?? type?.fields[a.name])?.kind ?? 'long_text'));

/** The step of an open matter that the caller wants: 催办, 补充情况 … */
export function existingOf(m: Pick<Matter, 'type' | 'id' | 'number' | 'title'>, step: { name: string; asks: { name: string; required: boolean }[] }, words: string, type: Type | undefined): Existing {
  const ask = sayFirst(step, type);
  return { type: m.type, id: m.id, number: m.number, title: m.title, do: step.name, label: words, text: ask?.name ?? null, needsText: ask?.required ?? false };
}

/** What a contact's line calls a matter that goes on with an earlier one. */
export function typeOfExisting(e: Existing): string {
  if (e.type === 'complaint') return 'complaint';
  return e.do === 'ask_progress' ? 'inquiry' : e.do === 'escalate' ? 'complaint' : 'feedback';
}

export const isNew = (then: Then): boolean => then === 'ticket' || then === 'complaint' || then === 'task';

/** Fields that the server fills in from the contact and the matter: never asked twice. */
const known = new Set([
  'title', 'description', 'content', 'customer', 'contact', 'channel', 'contact_person', 'contact_phone', 'complainant', 'complain_time', 'source', 'source_no',
  'source_due', 'source_replied', 'incident', 'priority', 'team', 'category', 'class', 'region', 'kind',
]);
/** Of a type: what must still be asked, and what may be. */
export function askedFields(t: Type | undefined): { must: Field[]; may: Field[] } {
  if (!t) return { must: [], may: [] };
  const free = Object.values(t.fields).filter((f) => !f.system && f.kind !== 'computed' && !known.has(f.name));
  const must = free.filter((f) => f.required && isEmpty(f.default));
  const first = t.form.slice(0, 2).flatMap((s) => s.fields);
  const may = first.map((n) => t.fields[n]).filter((f): f is Field => Boolean(f) && free.includes(f!) && !must.includes(f!) && f!.kind !== 'table' && f!.to !== 'work');
  return { must, may };
}
/** 分类 of a ticket, of a complaint. */
export const categoryField = (t: Type | undefined): Field | undefined => t?.fields.category ?? t?.fields.class;

const put = (to: Values, name: string, v: Json | undefined): void => {
  if (!isEmpty(v)) to[name] = v as Json;
};

const firstWords = (s: string): string => (s.length > 60 ? `${s.slice(0, 60)}…` : s).replace(/\s+/g, ' ');

export function matterBody(m: MatterDraft, types: Record<string, Type>): Values {
  const out: Values = { type: m.type, content: m.content.trim(), then: m.then };
  const columns = types.contact?.fields.matters?.columns ?? {};
  if (m.then === 'solved') {
    out.solved_now = true;
    put(out, 'answer', m.answer.trim());
  }
  if (columns.praised && m.type === 'praise') put(out, 'praised', m.praised?.id);
  if (m.source && m.source !== 'direct') {
    out.source = m.source;
    put(out, 'source_no', m.source_no.trim());
    put(out, 'source_due', m.source_due);
  }
  if (m.then === 'existing' && m.existing) {
    const fields: Values = {};
    if (m.existing.text && m.content.trim()) fields[m.existing.text] = m.content.trim();
    out.content = m.content.trim() || `${m.existing.label}：${m.existing.title}`;
    out.existing = { type: m.existing.type, id: m.existing.id, do: m.existing.do, fields };
  }
  if (m.then === 'incident') {
    put(out, 'incident', m.incident?.id);
    out.content = m.content.trim() || m.incident?.title || '';
  }
  if (isNew(m.then)) {
    const t = types[m.then];
    const { must, may } = askedFields(t);
    const fields: Values = {};
    for (const f of [...must, ...may]) put(fields, f.name, toWire(f, m.fields[f.name]));
    if (Object.keys(fields).length) out.fields = fields;
    if (categoryField(t)) put(out, 'category', m.category);
    if (t?.fields.priority) put(out, 'priority', m.priority);
    put(out, 'team', m.team?.id);
    if (m.then !== 'task') put(out, 'to_owner', m.owner?.id);
  }
  if (m.promise.due && m.then !== 'existing') out.promise = { kind: m.promise.kind, due: m.promise.due, text: firstWords(String(out.content)) };
  return out;
}

export function requestBody(d: Draft, types: Record<string, Type>): Values {
  const t = types.contact;
  const contact: Values = {};
  for (const [name, v] of Object.entries(d.contact)) if (t?.fields[name]) put(contact, name, toWire(t.fields[name], v));
  let customer: Json = null;
  if (d.who.customer) customer = { id: d.who.customer.id };
  else if (d.who.fresh) {
    const fields: Values = {};
    for (const [name, v] of Object.entries(d.who.fresh)) put(fields, name, toWire(types.customer?.fields[name], v));
    customer = { fields };
    // Who has just been made is who calls, unless somebody else was named.
    if (isEmpty(contact.phone)) put(contact, 'phone', (fields.mobile ?? fields.phone) as Json);
    if (isEmpty(contact.caller)) put(contact, 'caller', fields.name);
  }
  if (d.who.anonymous) contact.anonymous = true;
  return { customer, contact, matters: d.matters.map((m) => matterBody(m, types)) };
}

export type Lack = { at: 'who' | 'name'; matter?: undefined; field?: undefined } | { at: 'content' | 'type' | 'team' | 'category' | 'time' | 'field'; matter: number; field?: string };

/** What is still missing, in the order of the conversation. */
export function lacking(d: Draft, types: Record<string, Type>): Lack[] {
  const out: Lack[] = [];
  const { who } = d;
  if (who.fresh && isEmpty(who.fresh.name)) out.push({ at: 'name' });
  if (!who.customer && !who.fresh && !who.anonymous) out.push({ at: 'who' });
  d.matters.forEach((m, i) => {
    if (!m.type) out.push({ at: 'type', matter: i });
    const optional = (m.then === 'existing' && !m.existing?.needsText) || m.then === 'incident';
    if (!m.content.trim() && !optional) out.push({ at: 'content', matter: i });
    if (!isNew(m.then)) return;
    const t = types[m.then];
    const c = categoryField(t);
    if (c?.required && !m.category) out.push({ at: 'category', matter: i });
    for (const f of askedFields(t).must) if (isEmpty(m.fields[f.name])) out.push({ at: 'field', matter: i, field: f.name });
    if (m.then === 'task' && !m.team) out.push({ at: 'team', matter: i });
  });
  return out;
}

/** What somebody typed to find a customer becomes the start of a new one: digits are his number. */
export function freshFrom(text: string): Values {
  const s = text.trim();
  const digits = s.replace(/[\s-]/g, '');
  if (/^\+?\d{5,}$/.test(digits)) return /^(\+?86)?1[3-9]\d{9}$/.test(digits) ? { name: '', mobile: digits } : { name: '', phone: digits };
  const m = /^(\D{1,40}?)\s*(\+?\d[\d\s-]{6,})$/.exec(s);
  return m ? { ...freshFrom(m[2]!), name: m[1]!.trim() } : { name: s };
}

export interface Found {
  field: string;
  value: string;
  part: string;
}
/** Puts what was recognised in a pasted message where it belongs; says which places to check. */
export function applyPaste(d: Draft, found: Found[], rest: string, types: Record<string, Type>): string[] {
  const marks: string[] = [];
  const left: string[] = []; // nowhere to put it: stays in the text
  const m = d.matters[d.at]!;
  const customer = types.customer;
  const known_ = d.who.customer !== null || d.who.anonymous;
  const mark = (path: string): void => {
    if (!marks.includes(path)) marks.push(path);
  };
  for (const f of found) {
    const ofCustomer = customer?.fields[f.field];
    if (!known_ && ofCustomer && !ofCustomer.system) {
      d.who.fresh ??= { name: '' };
      if (isEmpty(d.who.fresh[f.field])) {
        d.who.fresh[f.field] = f.value;
        mark(`fresh.${f.field}`);
        continue;
      }
    }
    if (['mobile', 'phone'].includes(f.field)) {
      if (isEmpty(d.contact.callback)) {
        d.contact.callback = f.value;
        mark('contact.callback');
      }
    } else if (f.field === 'name') {
      d.contact.caller = f.value;
      if (d.who.customer && d.who.customer.label !== f.value && d.contact.relation === 'self') d.contact.relation = null;
      mark('contact.caller');
    } else if (f.field === 'region') {
      d.contact.region = f.value;
      mark('contact.region');
    } else if (types.ticket?.fields[f.field]) {
      m.fields[f.field] = f.value;
      mark(`fields.${f.field}`);
    } else left.push(f.part);
  }
  const text = [rest.trim(), ...left].filter(Boolean).join('\n');
  if (text) {
    m.content = m.content.trim() ? `${m.content.trim()}\n${text}` : text;
    mark('content');
  }
  return marks;
}

/** Somebody has looked at what a pasted message filled in. */
export function unmark(d: Draft, path: string): void {
  const i = d.marks.indexOf(path);
  if (i >= 0) d.marks.splice(i, 1);
}

/** The fields of the record that this matter will become, as far as they are said already. */
export function helpValues(type: Type, m: MatterDraft, d: Draft): Values {
  const out: Values = { ...m.fields };
  const put = (name: string, v: Json): void => {
    if (type.fields[name] && isEmpty(out[name]) && !isEmpty(v)) out[name] = v;
  };
  const title = m.content.trim().split(/[\n。！？!?]/)[0] ?? '';
  put('content', m.content.trim());
  put('description', m.content.trim());
  put('title', title.slice(0, 60));
  put(categoryField(type)?.name ?? 'category', m.category);
  put('channel', d.contact.channel ?? null);
  put('stage', type.states[0]?.stage ?? null);
  put('state', type.states[0]?.name ?? null);
  put('customer', d.who.customer as unknown as Json);
  return out;
}
