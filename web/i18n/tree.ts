export const tree = {
  find: ['在树里找', 'Find in the tree'],
  unfold: ['全部展开', 'Unfold all'],
  fold: ['全部收起', 'Fold all'],
  unfold_one: ['展开{name}', 'Unfold {name}'],
  fold_one: ['收起{name}', 'Fold {name}'],
  below: ['在“{name}”下新建', 'New below “{name}”'],
} as const;
