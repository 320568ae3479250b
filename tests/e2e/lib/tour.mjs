// Every page of every role, at a desk and on a phone, light and dark: quiet console, no refused
// script or style, nothing wider than the screen, no serious axe finding; hostile texts stay texts.
import assert from 'node:assert/strict';
import { axeLines, settled, tooWide } from './look.mjs';

const hostile = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script><b>粗</b>';
const pages = { workbench: 'workbench', intake: 'intake', tasks: 'tasks', report: 'report', settings: 'settings', search: 'search', board: 'board', duties: 'duties', approvals: 'approvals', queues: 'queues' };

export async function tour(t, logins, least, looked = () => false) {
  const a = await t.as('agent', null);
  const made = await a.intake({ type: 'complaint', content: hostile, then: 'complaint', category: 'service', fields: { object: hostile.slice(0, 100), demand: hostile } }, { name: hostile.slice(0, 60), mobile: '13900008888' });
  const tickets = await a.intake({ type: 'repair', content: hostile, then: 'ticket', category: 'repair', fields: { title: hostile.slice(0, 100) } }, { customer: { id: made.customer.id } });
  const ids = { complaint: made.matters[0].id, ticket: tickets.matters[0].id, customer: made.customer.id, contact: tickets.contact.id };
  await a.api('POST', `records/ticket/${ids.ticket}/comments`, { text: hostile, internal: true, files: [] });
  await a.do('ticket', ids.ticket, 'dispatch', { task_team: (await a.api('GET', `lookup/team?q=${encodeURIComponent('工程部')}`)).hits[0].id, task_content: hostile });

  const faults = [];
  let seen = 0;
  const checked = new Set();
  for (const login of logins) {
    const p = await t.as(login, null);
    const model = await p.api('GET', 'model');
    const places = new Set(model.rail.map((r) => (r.page === 'list' ? `list/${r.type}` : pages[r.page])));
    for (const r of model.rail.filter((x) => x.page === 'list')) if (model.types[r.type]?.rights.create) places.add(`new/${r.type}`);
    if ((await p.api('GET', 'session')).user.can.includes('search')) places.add(`search?q=${encodeURIComponent('粗')}`);
    for (const [type, id] of Object.entries(ids)) if (model.types[type]?.rights.read) places.add(`r/${type}/${id}`);
    if (places.has('list/follow_up') && model.types.follow_up.rights.create) places.add('call');
    if (places.has('list/task') || places.has('tasks')) {
      const [task] = await p.rows('task', 'stage = open', 'number');
      if (task) places.add(`r/task/${task.id}`);
    }
    if (login === 'qianfang') places.add('import/customer');
    if (login === 'admin') for (const part of ['people', 'rights', 'rights?type=ticket', 'packs', 'calendars?at=%2Foffice', 'clocks?at=ticket%2Fsolve', 'rules', 'duties?at=%2Fopen_desk', 'notices', 'queues?at=ticket%2Fhotline', 'approvals?at=complaint%2Fcomplaint_remedy', 'standards', 'outgoing', 'due', 'mail', 'tokens', 'audit']) places.add(`settings/${part}`);
    if (places.has('queues') && model.types.skill?.rights.read) places.add('queues/skills');
    places.add('notices');
    places.add('notices/choices');
    let first = true;
    p.allow(403, 404); // a record that this role may not read says so
    for (const at of places) {
      for (const [width, height, dark] of [[1440, 900, false], [1440, 900, true], [390, 844, true]]) {
        if (width === 1440 && dark && (looked(at) || checked.has(`${at} ${width} dark`))) continue;
        await p.page.setViewportSize({ width, height });
        await p.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
        if (width === 1440 && !dark) await (first ? p.go(at) : p.hop(at));
        first = false;
        const where = `${login} ${at} at ${width} ${dark ? 'dark' : 'light'}`;
        try {
          await settled(p);
          seen++;
          for (const line of await tooWide(p.page)) faults.push(`${where}: too wide: ${line}`);
          // The same page looks the same for all: axe once a page, size and theme.
          const key = `${at} ${width}${dark ? ' dark' : ''}`;
          if (!checked.has(key) && !looked(at)) {
            checked.add(key);
            for (const line of await axeLines(p.page)) faults.push(`${where}: ${line}`);
          }
          if (await p.page.evaluate(() => 'hurt' in window || document.querySelector('main img[src=x], main script') !== null)) faults.push(`${where}: HTML of a text was taken as HTML`);
        } catch (e) {
          faults.push(`${where}: ${e.message.split('\n')[0]}`);
        }
        for (const w of p.wrong.splice(0)) faults.push(`${where}: ${w}`);
      }
    }
    if (login === 'agent') {
      await p.page.setViewportSize({ width: 1440, height: 900 });
      await p.go(`r/ticket/${ids.ticket}`);
      await p.sees('<img src=x onerror="window.hurt=1">', { within: p.page.locator('h1') }); // as it was written
    }
    await p.context.close();
  }
  // The door too.
  const v = await t.visitor('visitor');
  for (const width of [1440, 390]) {
    await v.page.setViewportSize({ width, height: 844 });
    await v.page.goto('/login');
    await v.sees(v.button('登录'));
    for (const line of [...(await axeLines(v.page)), ...(await tooWide(v.page))]) faults.push(`login at ${width}: ${line}`);
  }
  assert.ok(seen > least, `only ${seen} pages were looked at`);
  assert.deepEqual([...new Set(faults)], [], `${seen} pages`);
}
