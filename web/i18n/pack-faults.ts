// What the server finds in packs is said in English, with names of the pack language in it. Here the same
// in Chinese, by the shape of the sentence; what has no shape here keeps its English behind a Chinese lead.
const nouns: Record<string, string> = {
  field: '字段', state: '状态', role: '角色', type: '类型', transition: '步骤', calendar: '日历', link: '关联字段', notice: '通知', parameter: '参数', 'time zone': '时区',
  holidays: '节假日', clock: '时钟', duty: '定期任务', rule: '规则', view: '视图', option: '选项', input: '输入项', column: '列', 'follow-up': '回访计划', 'printed form': '打印表单',
  'rail entry': '导航项', list: '关联列表', party: '当事方', pack: '行业包', number: '编号规则', 'table field': '表格字段', transitions: '步骤',
};
const noun = (w: string | undefined): string => nouns[w ?? ''] ?? w ?? '';
const nounWords = Object.keys(nouns).sort((a, b) => b.length - a.length).join('|');
const hint = (rest: string | undefined): string => {
  const near = /did you mean ([^?]+)\?/.exec(rest ?? '')?.[1];
  return near ? `，是不是 ${near}？` : '';
};
const T = '`([^`]*)`';

const shapes: [RegExp, (...m: string[]) => string][] = [
  [new RegExp(`^there (?:is|are) no (${nounWords}) ${T}(?: in ${T})?(.*)$`), (w, x, y, rest) => `${y ? `“${y}”里` : ''}没有${noun(w)}“${x}”${hint(rest)}`],
  [new RegExp(`^(?:(${nounWords}) )?${T} (?:is|are) (?:there|declared)(?: by another pack| by pack ${T})? already.*$`), (w, x) => `${noun(w)}“${x}”已经有了，请换一个名称`],
  [new RegExp(`^(?:(${nounWords}) )?${T} is (?:there|asked) twice$`), (w, x) => `${noun(w)}“${x}”写了两次`],
  [new RegExp(`^(.+?) has no key ${T}(?:; it may have: (.*))?(.*)$`), (where, x, may, rest) => `${say(where)}里没有“${x}”这一项${may ? `；可以写：${may}` : hint(rest)}`],
  [new RegExp(`^${T} has no (${nounWords}) ${T}(.*)$`), (x, w, y, rest) => `“${x}”没有${noun(w)}“${y}”${hint(rest)}`],
  [new RegExp(`^(.*?)there is no field ${T} in ${T}(.*)$`), (where, x, y, rest) => `${say(where.replace(/:\s*$/, ''))}：“${y}”里没有字段“${x}”${hint(rest)}`],
  [new RegExp(`^${T} names no field(?: or input)? of ${T}: ${T}(.*)$`), (k, type, x, rest) => `${k}：“${type}”里没有字段“${x}”${hint(rest)}`],
  [new RegExp(`^${T} is no option of ${T}(.*)$`), (x, y, rest) => `“${x}”不是“${y}”的选项${hint(rest)}`],
  [new RegExp(`^${T} is no duration: (.*)$`), (x, how) => `“${x}”不是时长；写法：${how}`],
  [new RegExp(`^${T} is neither a role nor a party of ${T}$`), (x, y) => `“${x}”既不是角色，也不是“${y}”的当事方`],
  [new RegExp(`^${T} is written by the program alone.*$`), (x) => `“${x}”由系统填写，不能在这里写`],
  [new RegExp(`^${T} comes from ${T}.*$`), (x, y) => `“${x}”已由 ${y} 带来，这里不用写种类和去向`],
  [new RegExp(`^${T} must be a list.*$`), (x) => `${x} 要写成列表（每行以 - 开头）`],
  [new RegExp(`^${T} must be true or false$`), (x) => `${x} 只能是 true 或 false`],
  [new RegExp(`^${T} must be one value, not a list or map$`), (x) => `${x} 只能是一个值，不能是列表`],
  [new RegExp(`^${T} must be one of: (.*)$`), (x, list) => `${x} 只能是：${list}`],
  [new RegExp(`^${T} is one of: (.*)$`), (x, list) => `${x} 只能是：${list}`],
  [new RegExp(`^${T} needs a kind.*; kinds: (.*)$`), (x, list) => `“${x}”要写 kind；可选：${list}`],
  [new RegExp(`^(?:(${nounWords}) )?${T} needs (.*)$`), (w, x, what) => `${noun(w)}“${x}”还缺：${what}`],
  [new RegExp(`^an? (\\S+(?: \\S+)?) needs (.*)$`), (w, what) => `${noun(w)}还缺：${what}`],
  [new RegExp(`^${T} is a (\\S+) and can't become ${T}, a (\\S+)$`), (x, k, y, l) => `“${x}”的种类是 ${k}，不能写进“${y}”（${l}）`],
  [new RegExp(`^${T} (?:is|are) for (.+?); ${T} is a (\\S+)$`), (k, what, x, l) => `${k} 只用于 ${what}；“${x}”是 ${l}`],
  [new RegExp(`^nobody may see ${T}.*$`), (x) => `没有人看得到“${x}”：缺少 access`],
  [new RegExp(`^no transition leads to state ${T}$`), (x) => `没有步骤到达状态“${x}”`],
  [new RegExp(`^nothing leads out of state ${T}.*$`), (x) => `没有步骤离开状态“${x}”：加一个步骤，或把它设为终态`],
  [new RegExp(`^no transition asks for input ${T}$`), (x) => `没有步骤用到输入项“${x}”`],
  [new RegExp(`^no transition is done .by. party ${T}$`), (x) => `没有步骤由当事方“${x}”来做`],
  [new RegExp(`^role ${T} has a line already$`), (x) => `角色“${x}”已经写过了`],
  [new RegExp(`^role ${T} may write what it may not read.*$`), (x) => `角色“${x}”能写却不能读：请加 read`],
  [new RegExp(`^the line of role ${T} allows nothing.*$`), (x) => `角色“${x}”什么都不能做：请写 read、create 或 glance`],
  [new RegExp(`^pack ${T} is needed but not loaded.*$`), (x) => `需要行业包“${x}”，但没有启用它`],
  [new RegExp(`^lists can't sort by ${T}.*$`), (x) => `列表不能按“${x}”排序：请给它写 sort: true`],
  [new RegExp(`^the file must say (.*)$`), (what) => `文件里要写 ${what}`],
  [/^a value is missing$/, () => '缺少值'],
  [/^(.*) can't be read.*$/, (what) => `${what} 看不懂`],
];
const what = (w: string): string => ({ table: '表', column: '列', index: '索引' })[w] ?? w;
const steps: typeof shapes = [
  [/^add (table|column|index) (\S+)$/, (w, x) => `新增${what(w!)} ${x}`],
  [/^remove (table|column|index) (\S+)(.*)$/, (w, x, all) => `删除${what(w!)} ${x}${all ? '，连同其中的内容' : ''}`],
  [/^rename (?:table )?(\S+) to (\S+)$/, (x, y) => `${x} 改名为 ${y}`],
  [/^(\S+) becomes (.+)$/, (x, y) => `${x} 的种类改为 ${y}`],
  [/^(\S+) can't become (.+?): (.*); declare a new field beside it$/, (x, y) => `${x} 不能改成 ${y}：请另外声明一个新字段`],
];
const places: Record<string, string> = { 'a transition': '步骤', 'a field': '字段', 'a rule': '规则', 'a follow-up': '回访计划', 'a type': '类型', 'a view': '视图', 'a parameter': '参数', 'a role': '角色', 'a target': '时限' };
const say = (where: string | undefined): string => places[where ?? ''] ?? noun(where?.replace(/^an? /, '')) ?? '';

/** What would change in the database, in Chinese. */
export function packStep(message: string): string {
  for (const [shape, put] of steps) {
    const m = shape.exec(message);
    if (m) return put(...m.slice(1));
  }
  return message;
}
/** A finding in Chinese. */
export function packFault(message: string): string {
  if (/[\u4e00-\u9fff]/.test(message.replace(/[`“{][^`”}]*[`”}]/g, ''))) return message;
  for (const [shape, put] of shapes) {
    const m = shape.exec(message);
    if (m) return put(...m.slice(1));
  }
  return `写法有误：${message}`;
}
