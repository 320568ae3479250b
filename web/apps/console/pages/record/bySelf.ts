// What happened by itself: clocks that warned, ran over or moved, rules that fired or were stopped, escalations.
import { label, words } from '@/core/i18n';
import { isMap, type Json } from '@/core/json';
import { sayTime } from '@/core/time';
import type { AnyLabel, TimelineEvent, Type } from '@/core/types';
import { colon, comma } from '@/core/signs';
import { record as catalogue } from '@/i18n/record';

const t = words(catalogue);

export interface BySelf {
  text: string;
  icon: string;
  tone: 'late' | 'soon' | 'calm';
}
const said = (v: unknown): string => (isMap(v) ? label((v.label ?? v.name) as unknown as AnyLabel) : typeof v === 'string' || typeof v === 'number' ? String(v) : '');
/** An input's value, with or without its label. */
function input(e: TimelineEvent, name: string): string {
  const v = e.inputs?.[name];
  return isMap(v) && 'value' in v ? said(v.value as Json) : said(v);
}
function clockWord(e: TimelineEvent, type: Type | undefined): string {
  const x = e as TimelineEvent & { clock?: Json; field?: string };
  const name = said(x.clock) || input(e, 'clock') || x.field || '';
  // The label of the field clock_NAME_due begins with the clock's own.
  const of = type?.fields[`clock_${name}_due`]?.label;
  return label((isMap(x.clock) ? x.clock.label : null) as unknown as AnyLabel) || label(of).replace(/[\s·]*(到期|到期时间|due)$/i, '') || name || t('the_clock');
}
/** ：今天 15:00 → 明天 10:00 */
function moved(e: TimelineEvent): string {
  const c = (e as TimelineEvent & { clock?: Json }).clock;
  if (!isMap(c) || !c.due) return '';
  return t('e_from_to', { from: c.old_due ? sayTime(String(c.old_due)) : '—', to: sayTime(String(c.due)) });
}
export interface Fired {
  name: string;
  label?: AnyLabel;
  version?: string;
  on?: string;
}
/** The rules that an act set off, as they were called then. */
export const rulesOf = (e: TimelineEvent): Fired[] => (e.kind === 'rule_fired' || e.kind === 'rule_stopped' ? [] : ((e as TimelineEvent & { rules?: Fired[] }).rules ?? []));

/** What moved a rule: created, done:accept, clock:solve:warn … */
export function onWords(on: string, type: Type | undefined): string {
  const [kind, name, at] = on.split(':');
  if (kind === 'clock') return t(at === 'warn' ? 'on_warn' : 'on_breach', { clock: label(type?.fields[`clock_${name}_due`]?.label).replace(/[\s·]*(到期|到期时间|due)$/i, '') || name || '' });
  if (kind === 'done') return label(type?.transitions.find((x) => x.name === name)?.label) || name || '';
  const key = `on_${kind}`;
  return key in catalogue ? t(key as 'on_created') : on;
}

interface Approved {
  label?: AnyLabel;
  route?: string;
  round?: number;
  state?: string;
  standing?: boolean;
  step?: AnyLabel;
  vote?: string;
  for?: { label: string } | null;
  scan?: string;
}
/** A round of approval that began or ended, a vote in it. */
function approval(e: TimelineEvent): BySelf | null {
  const a = (e as TimelineEvent & { approval?: Approved }).approval;
  if (!a) return null;
  const route = label(a.label) || a.route || '';
  if (e.kind === 'approval_started') return { text: t('e_approval_started', { route, n: a.round ?? 1 }), icon: 'stamp', tone: 'calm' };
  if (e.kind === 'approval_ended') {
    const key = `e_ended_${a.standing ? 'standing' : a.state}`;
    return { text: key in catalogue ? t(key as 'e_ended_approved', { route }) : route, icon: 'stamp', tone: a.state === 'approved' ? 'calm' : 'soon' };
  }
  const vote = a.scan ? t('e_vote_paper') : t(`e_vote_${a.vote}` as 'e_vote_approve');
  const text = t('e_vote_at', { vote, step: label(a.step) }) + (a.for ? t('e_vote_for', { who: a.for.label }) : '') + (e.reason ? colon() + e.reason : '');
  return { text, icon: 'stamp', tone: a.vote === 'approve' || a.vote === 'abstain' ? 'calm' : 'soon' };
}

export function bySelf(e: TimelineEvent, type: Type | undefined): BySelf | null {
  switch (e.kind) {
    case 'approval_started':
    case 'approval_ended':
    case 'voted':
      return approval(e);
    case 'clock_warned':
      return { text: t('e_clock_warned', { clock: clockWord(e, type) }), icon: 'clock', tone: 'soon' };
    case 'clock_breached':
      return { text: t('e_clock_breached', { clock: clockWord(e, type) }), icon: 'warning', tone: 'late' };
    case 'clock_moved':
      if (isMap((e as TimelineEvent & { clock?: Json }).clock) && ((e as TimelineEvent & { clock?: { why?: Json } }).clock?.why === 'declared')) return { text: t('e_clock_declared', { clock: clockWord(e, type) }) + moved(e), icon: 'clock', tone: 'calm' };
      return { text: t('e_clock_moved', { clock: clockWord(e, type) }) + moved(e), icon: 'clock', tone: 'calm' };
    case 'rule_fired':
    case 'rule_stopped': {
      const rule = said(e.rule) || input(e, 'rule');
      const version = (isMap(e.rule) ? said(e.rule.version) : '') || input(e, 'version');
      const on = (isMap(e.rule) ? said(e.rule.on) : '') || input(e, 'on');
      const parts = [t(e.kind === 'rule_fired' ? 'e_rule_fired' : 'e_rule_stopped', { rule }), version ? t('e_version', { v: version.slice(0, 8) }) : '', on ? ` ${t('e_on', { on: onWords(on, type) })}` : ''];
      return { text: parts.join(''), icon: e.kind === 'rule_fired' ? 'bolt' : 'warning', tone: e.kind === 'rule_fired' ? 'calm' : 'late' };
    }
    case 'escalated': {
      const x = e as TimelineEvent & { to_owner?: Json; told?: Json[]; step?: number };
      const to = said(x.to_owner) || (x.told ?? []).map(said).join(comma()) || input(e, 'to');
      const step = said(x.step) || input(e, 'step');
      return { text: (to ? t('e_escalated_to', { who: to }) : t('e_escalated')) + (step ? t('e_step_n', { n: step }) : ''), icon: 'up', tone: 'soon' };
    }
    default:
      return null;
  }
}
