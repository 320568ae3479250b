export const search = {
  in_comment: ['备注', 'Comment'],
  title: ['搜索', 'Search'],
  hint: ['标题、内容、编号、姓名、电话后四位、房号…', 'Title, text, number, name, last digits of a phone, room…'],
  everything: ['全部', 'Everything'],
  nothing: ['没有找到“{q}”', 'Nothing found for “{q}”'],
  nothing_about: ['换个说法，或只输入两个字试试；电话可以输入后四位，编号可以不带前缀。您看不到的记录不会出现在这里。', 'Try other words or just two characters; phones by their last four digits. Records you may not see never appear here.'],
  start: ['输入要找的内容', 'Type what you are looking for'],
  start_about: ['一个字也能搜。找到的字会标出来，编号和电话完全相符的排在最前。', 'Even one character will do. What was found is marked; exact numbers and phones come first.'],
  exact: ['完全相符', 'Exact'],
  more: ['更多结果', 'More results'],
  n: ['{n} 条结果', '{n} results'],
  n_more: ['{n}+ 条结果', '{n}+ results'],
} as const;
