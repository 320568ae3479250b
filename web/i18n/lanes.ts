export const lanes = {
  states: ['状态', 'States'],
  move: ['移到…（M）', 'Move to… (M)'],
  which: ['怎样过去？', 'By which step?'],
  no_way: ['从“{from}”到“{to}”没有直接的步骤', 'No step leads from “{from}” to “{to}”'],
  did: ['{label}：{title}', '{label}: {title}'],
  none: ['没有', 'None'],
  first: ['只显示前 {n} 条，其余请筛选或用列表看', 'The first {n}; narrow it down or see the list for the rest'],
  news: ['有 {n} 处新变化 · 点此刷新', '{n} changes · show them'],
  cancel: ['取消', 'Cancel'],
  close: ['关闭', 'Close'],
} as const;
