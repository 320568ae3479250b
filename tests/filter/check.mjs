// One case of the corpus against the TypeScript evaluator; used by run-ts.mjs and by web/test/unit/filter.test.ts.
import { isDeepStrictEqual } from 'node:util';

export function envOf(world) {
  const byId = new Map(), works = new Map();
  for (const [type, records] of Object.entries(world.records)) {
    for (const r of records) {
      byId.set(`${type} ${r.id}`, r);
      if (world.types[type].uses_work) works.set(r.id, r);
    }
  }
  const ids = (v) => (Array.isArray(v) ? v : v === null || v === undefined ? [] : [v]).map(String);
  return {
    model: { types: world.types, parameters: world.parameters },
    now: Date.parse(world.now),
    zone: world.zone,
    me: world.me,
    myTeams: world.my_teams,
    myUnits: world.my_units,
    sharedTeams: world.shared_teams,
    holidays: world.holidays,
    related: (type, id) => (type === 'work' ? works.get(id) : byId.get(`${type} ${id}`)) ?? null,
    members: (of, by, id) => (world.records[of] ?? []).filter((r) => ids(r.fields[by]).includes(id)),
  };
}

export function checkCase({ holds, parseFilter, printFilter }, world, env, c) {
  const parsed = parseFilter(c.where, c.type, env.model), problems = [];
  if (!parsed.ok) return [`${c.where}\n  ${parsed.at} ${parsed.code}: ${parsed.message}`];
  const text = printFilter(parsed.filter, c.type, env.model);
  if (text !== (c.text ?? c.where)) problems.push(`${c.where}\n  is printed: ${text}`);
  if (c.json && !isDeepStrictEqual(parsed.filter, c.json)) problems.push(`${c.where}\n  as JSON: ${JSON.stringify(parsed.filter)}\n  instead of ${JSON.stringify(c.json)}`);
  const truths = world.records[c.type].map((r) => [r.id, holds(parsed.filter, c.type, r, env)]);
  const got = truths.filter(([, t]) => t === true).map(([id]) => id);
  if (truths.some(([, t]) => t === undefined)) problems.push(`${c.where}\n  is not known for ${truths.filter(([, t]) => t === undefined).map(([id]) => id)}`);
  if (!isDeepStrictEqual(got, c.holds)) problems.push(`${c.where}\n  typescript: ${got} instead of ${c.holds}`);
  return problems;
}

// `at` of the corpus counts bytes.
export function checkFail({ parseFilter }, env, c) {
  const where = c.repeat ? c.repeat[0].repeat(c.repeat[1]) + c.where : c.where;
  const r = parseFilter(where, c.type, env.model);
  if (r.ok) return [`${where.slice(0, 100)}\n  is accepted instead of ${c.code}`];
  const at = new TextEncoder().encode(where.slice(0, r.at)).length;
  if (r.code === c.code && at === c.at && r.message) return [];
  return [`${where.slice(0, 100)}\n  gives ${r.code} at ${at} (${r.message}) instead of ${c.code} at ${c.at}`];
}
