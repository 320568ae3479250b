// Chinese readers get Chinese: every code of the server has its words, English details stay behind.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemWords } from '@/core/problems';
import { sourceWords } from '@/apps/console/pages/settings/source';
import { problems } from '@/i18n/problems';
import { packFault } from '@/i18n/pack-faults';

const src = join(__dirname, '../../../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.c'));

describe('words for what the server says', () => {
  it('exist for every code of a problem', () => {
    const codes = new Set<string>();
    for (const f of files) for (const m of readFileSync(join(src, f), 'utf8').matchAll(/ctx_problem\(\s*\w+,\s*ERR_\w+,\s*(?:"[^"]*"|[^",]+),\s*"([a-z_]+)"/g)) codes.add(m[1]!);
    expect(codes.size).toBeGreaterThan(80);
    expect([...codes].filter((c) => !(`p_${c}` in problems)).sort()).toEqual([]);
  });
  it('keep the numbers of a detail and leave its English out', () => {
    expect(problemWords({ code: 'too_long', detail: 'at most 100 characters' })).toBe('太长了：最多 100 个字');
    expect(problemWords({ code: 'bad_option', detail: 'not one of the options' })).toBe('没有这个选项');
    expect(problemWords({ code: 'bad_option', detail: 'no such option: `huge`' })).toBe('没有这个选项：huge');
    expect(problemWords({ code: 'state', detail: '“待受理”状态下不能：归档' })).toContain('待受理');
  });
  it('exist for what is wrong with a pack', () => {
    expect(packFault('there is no field `colour` in `ticket`: did you mean `color`?')).toBe('“ticket”里没有字段“colour”，是不是 `color`？');
    expect(packFault('`huge` is no option of `kind`')).toBe('“huge”不是“kind”的选项');
    expect(packFault('a transition has no key `too`; it may have: label from to')).toBe('步骤里没有“too”这一项；可以写：label from to');
    expect(packFault('state `open` is declared already')).toBe('状态“open”已经有了，请换一个名称');
    expect(packFault('something new')).toBe('写法有误：something new');
  });
});

it('say where a number comes from', () => {
  expect(sourceWords('practice 1/S57/N02')).toBe('行业做法第 1 条，规范第 57 篇，手册编号 N02');
  expect(sourceWords('S57 C01')).toBe('规范第 57 篇，功能 C01');
  expect(sourceWords('S05.4')).toBe('规范第 5 篇第 4 条');
  expect(sourceWords('公司 2026 年第 3 号通知')).toBe('公司 2026 年第 3 号通知');
  expect(sourceWords(null)).toBe('');
});
