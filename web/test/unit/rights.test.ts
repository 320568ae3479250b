import { beforeEach, describe, expect, it } from 'vitest';
import { csvText } from '@/core/csv';
import { setLang } from '@/core/i18n';
import { kindGroups, onWhat, wordsOf, type Kinds, type Line } from '../../apps/console/pages/settings/audit';
import { byGroup, cellWords, isIdle, marksOf, maskGroups, sheetOf, typesLike, withoutName, type Cell, type Kind, type Matrix, type Person } from '../../apps/console/pages/rights/rights';

const cell = (c: Partial<Cell>): Cell => ({ read: 'none', write: 'none', create: 'none', remove: 'none', export: 'none', filters: {}, hide: [], mask: [], glance: [], ...c });
const mine = { text: 'owner = @me', zh: '责任人是本人', en: 'Owner is the person' };
const ticket: Kind = {
  name: 'ticket', label: { zh: '工单', en: 'Ticket' }, confidential: false,
  fields: { phone: { zh: '电话', en: 'Phone' }, mobile: { zh: '手机', en: 'Mobile' }, note: { zh: '备注', en: 'Note' }, cost: { zh: '成本', en: 'Cost' } },
  cells: {
    agent: cell({ read: 'team', write: 'own', create: 'all', filters: { read: { text: 'team in @my_teams', zh: '部门属于本人的班组', en: 'Team one of his' }, write: mine }, hide: ['cost'], mask: [{ field: 'phone', unless: mine }, { field: 'mobile', unless: mine }, { field: 'note' }] }),
    lead: cell({ read: 'all', write: 'all', export: 'all' }),
    worker: cell({ glance: ['phone'] }),
  },
};
const matrix: Matrix = {
  roles: [{ name: 'agent', label: { zh: '客服专员' }, can: ['intake', 'search'] }, { name: 'lead', label: { zh: '班长' }, can: ['export'] }, { name: 'worker', label: { zh: '承办人' }, can: [] }],
  types: [ticket, { name: 'secret', label: { zh: '=密件' }, confidential: true, fields: {}, cells: { lead: cell({ read: 'rule', filters: { read: { text: "name contains '甲'", zh: '名称包含甲', en: '' } } }) } }],
};
beforeEach(() => setLang('zh'));

describe('cells of the table of rights', () => {
  it('say each act with its reach, and a reach once where it is the same', () => {
    expect(marksOf(ticket.cells.agent).map((m) => m.words)).toEqual(['看 班组', '改 本人', '建']);
    expect(marksOf(ticket.cells.lead).map((m) => `${m.words}/${m.scope}`)).toEqual(['看 全部/all', '改/all', '导出/all']);
    expect(marksOf(undefined)).toEqual([]);
  });
  it('are one sentence, with how much is hidden and masked', () => {
    expect(cellWords(ticket.cells.agent)).toBe('看 本班组、改 本人的、建、隐藏 1 个字段、打码 3 个字段');
    expect(cellWords(ticket.cells.worker)).toBe('只看概要');
    expect(cellWords(undefined)).toBe('无关');
    expect(cellWords(cell({}))).toBe('无关');
    expect(isIdle(ticket.cells.worker)).toBe(true);
    setLang('en');
    expect(cellWords(ticket.cells.lead)).toBe('see all, change all, export all');
  });
  it('say the same exception of masks once', () => {
    expect(maskGroups(ticket, ticket.cells.agent!.mask)).toEqual([{ fields: '电话、手机', when: '责任人是本人' }, { fields: '备注', when: '' }]);
  });
  it('are found by label and by name', () => {
    expect(typesLike(matrix.types, ' 工 ').map((k) => k.name)).toEqual(['ticket']);
    expect(typesLike(matrix.types, 'SECR').map((k) => k.name)).toEqual(['secret']);
    expect(typesLike(matrix.types, '')).toHaveLength(2);
  });
  it('become a sheet: one line for each role that has to do with it', () => {
    const rows = sheetOf(matrix, '', matrix.types);
    expect(rows.slice(1).map((r) => r.slice(0, 3))).toEqual([['工单', '客服专员', '本班组'], ['工单', '班长', '全部'], ['工单', '承办人', '不能'], ['=密件（保密）', '班长', '按条件']]);
    expect(rows[1]).toContain('电话（责任人是本人时显示）、手机（责任人是本人时显示）、备注');
    expect(sheetOf(matrix, 'worker', [ticket])).toHaveLength(2);
  });
});

describe('a sheet for Excel', () => {
  it('begins with its mark and runs no formula', () => {
    expect(csvText([['a', '=1+1', '-5', '-1+2', '＠x', 'b,"c"', ' d', '']])).toBe('\uFEFFa,"\'=1+1",-5,"\'-1+2","\'＠x","b,""c"""," d",\r\n');
    expect(csvText([['\t=x', '第一行\n第二行']])).toBe('\uFEFF"\'\t=x","第一行\n第二行"\r\n');
  });
});

describe('who sees one record', () => {
  const p = (id: string, right: Person['right'], more: Partial<Person> = {}): Person => ({ id, label: id, roles: [], right, ...more });
  it('stands in groups, whole sight first', () => {
    const people = [p('a', 'glance'), p('b', 'read', { masked: ['phone'] }), p('c', 'read', { hidden: [], masked: [] }), p('d', 'none')];
    expect(byGroup(people).map((g) => `${g.key}:${g.people.map((x) => x.id).join()}`)).toEqual(['read:c', 'part:b', 'glance:a', 'none:d']);
  });
  it('is not named twice', () => {
    expect(withoutName('李婷：客服专员，因为他是责任人', '李婷')).toBe('客服专员，因为他是责任人');
    expect(withoutName('Li: Agent', 'Li')).toBe('Agent');
    expect(withoutName('客服专员：只能', '李婷')).toBe('客服专员：只能');
  });
});

describe('the log in words', () => {
  const kinds: Kinds = { ticket: { zh: '工单', en: 'Ticket', fields: { contact_phone: { zh: '联系电话', en: 'Phone' }, number: { zh: '编号', en: 'Number' } } } };
  const line = (l: Partial<Line>): Line => ({ id: '1', at: '2026-03-02T01:00:00.000Z', actor: '9', by: { id: '9', label: '周文' }, type: 'ticket', record: null, number: null, kind: 'exported', ...l });
  it('says which list left, how many lines, which columns', () => {
    const l = line({ rows: 12, format: 'csv', where: 'category = repair', where_words: { zh: '问题分类是报修', en: '' }, columns: ['number', 'contact_phone', 'unknown'] });
    expect(wordsOf(l, kinds)).toEqual(['导出 12 行（CSV）', '条件：问题分类是报修', '列：编号、联系电话、unknown']);
    expect(onWhat(l, kinds)).toBe('工单列表');
    expect(wordsOf({ ...l, where: '' }, kinds)[1]).toBe('条件：无，全部可见的');
  });
  it('says who saw what is masked, and how', () => {
    const seen = line({ kind: 'seen', record: '7', number: 'GD1', fields: ['contact_phone'], why: 'unless' });
    expect(wordsOf(seen, kinds)).toEqual(['看到了打码内容的原文：联系电话']);
    expect(onWhat(seen, kinds)).toBe('工单 GD1');
    expect(wordsOf({ ...seen, why: 'export' }, kinds)[0]).toContain('导出带走');
    expect(wordsOf(line({ kind: 'revealed', field: 'contact_phone', reason: '回电' }), kinds)).toEqual(['点“显示”看了完整的联系电话', '理由：回电']);
  });
  it('asks for no kind twice', () => {
    const all = Object.values(kindGroups).flatMap((g) => g.split(','));
    expect(new Set(all).size).toBe(all.length);
  });
});
