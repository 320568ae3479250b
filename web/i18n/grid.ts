export const grid = {
  pick: ['选择这一行', 'Select this row'],
  pick_all: ['选择已载入的全部行', 'Select all loaded rows'],
} as const;
