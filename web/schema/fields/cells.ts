// One resolver per kind: how a value is shown. Apart from edits and filters, so that a list loads
// only what it draws.
import type { Component } from 'vue';
import type { FieldKind } from '@/core/types';
import ChoiceCell from './choice/cell.vue';
import ChoicesCell from './choices/cell.vue';
import DateCell from './date/cell.vue';
import DatetimeCell from './datetime/cell.vue';
import FilesCell from './files/cell.vue';
import FlagCell from './flag/cell.vue';
import LinkCell from './link/cell.vue';
import LinksCell from './links/cell.vue';
import LongTextCell from './long_text/cell.vue';
import NumberCell from './number/cell.vue';
import TableCell from './table/cell.vue';
import TextCell from './text/cell.vue';

export const cells: Record<FieldKind, Component> = {
  text: TextCell, phone: TextCell, email: TextCell, long_text: LongTextCell, number: NumberCell, money: NumberCell,
  flag: FlagCell, computed: FlagCell, date: DateCell, datetime: DatetimeCell, choice: ChoiceCell, choices: ChoicesCell,
  link: LinkCell, links: LinksCell, files: FilesCell, table: TableCell,
};
