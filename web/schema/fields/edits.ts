// One resolver per kind: the control that fills a field.
import type { Component } from 'vue';
import type { FieldKind } from '@/core/types';
import ChoiceEdit from './choice/edit.vue';
import ChoicesEdit from './choices/edit.vue';
import DatetimeEdit from './datetime/edit.vue';
import FilesEdit from './files/edit.vue';
import FlagEdit from './flag/edit.vue';
import LinkEdit from './link/edit.vue';
import LinksEdit from './links/edit.vue';
import LongTextEdit from './long_text/edit.vue';
import NumberEdit from './number/edit.vue';
import TableEdit from './table/edit.vue';
import TextEdit from './text/edit.vue';

export const edits: Record<FieldKind, Component> = {
  text: TextEdit, phone: TextEdit, email: TextEdit, long_text: LongTextEdit, number: NumberEdit, money: NumberEdit,
  flag: FlagEdit, computed: FlagEdit, date: DatetimeEdit, datetime: DatetimeEdit, choice: ChoiceEdit, choices: ChoicesEdit,
  link: LinkEdit, links: LinksEdit, files: FilesEdit, table: TableEdit,
};
