// People and their skills as a table: read from users' `abilities`, one level changed at a time.
import { get, path } from '@/core/api';
import { isMap, type Json } from '@/core/json';
import type { Page, Ref, Row } from '@/core/types';

export interface Skill {
  id: string;
  code: string;
  name: string;
}
export interface Holder {
  id: string;
  name: string;
  teams: Ref[];
  version: string;
  abilities: Json[];
}
const most = 2000;
async function all(type: string, query: Record<string, string>): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const p: Page<Row> = await get<Page<Row>>(path('records', type), { ...query, limit: 200, ...(after ? { after } : {}) });
    rows.push(...p.rows);
    after = p.next;
  } while (after && rows.length < most);
  return rows;
}
const text = (v: Json | undefined): string => (typeof v === 'string' ? v : '');
export const readHolder = (r: Row): Holder => ({
  id: r.id, version: String(r.version), name: text(r.fields.name) || r.id, abilities: Array.isArray(r.fields.abilities) ? r.fields.abilities : [],
  teams: (Array.isArray(r.fields.teams) ? r.fields.teams : []).filter(isMap).map((x) => ({ id: text(x.id), label: text(x.label) })),
});
export async function fetchSkills(): Promise<Skill[]> {
  return (await all('skill', { columns: 'code,name', sort: 'code' })).map((r) => ({ id: r.id, code: text(r.fields.code), name: text(r.fields.name) || text(r.fields.code) }));
}
export async function fetchHolders(): Promise<Holder[]> {
  return (await all('user', { columns: 'name,teams,abilities', where: 'active = true', sort: 'id' })).map(readHolder);
}
const skillOf = (line: Json): string => (isMap(line) ? (isMap(line.skill) ? text(line.skill.id) : text(line.skill)) : '');
/** 0: has it not. */
export function levelOf(h: Holder, skill: string): number {
  const line = h.abilities.find((a) => skillOf(a) === skill);
  return isMap(line) ? Number(line.level ?? 3) || 0 : 0;
}
/** The table with one level changed, its other lines and what else they hold as they were. */
export function withLevel(abilities: Json[], skill: Skill, level: number): Json[] {
  const at = abilities.findIndex((a) => skillOf(a) === skill.id);
  if (level <= 0) return abilities.filter((_, i) => i !== at);
  if (at < 0) return [...abilities, { skill: { id: skill.id, label: skill.name, type: 'skill' }, level }];
  return abilities.map((a, i) => (i === at && isMap(a) ? { ...a, level } : a));
}
