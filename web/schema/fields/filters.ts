// One resolver per kind: how a condition is made. Files and line tables are not filtered by chips.
import type { Component } from 'vue';
import type { FieldKind } from '@/core/types';
import ChoiceFilter from './choice/filter.vue';
import DatetimeFilter from './datetime/filter.vue';
import FlagFilter from './flag/filter.vue';
import LinkFilter from './link/filter.vue';
import NumberFilter from './number/filter.vue';
import TextFilter from './text/filter.vue';

export const filters: Partial<Record<FieldKind, Component>> = {
  text: TextFilter, long_text: TextFilter, phone: TextFilter, email: TextFilter, number: NumberFilter, money: NumberFilter,
  flag: FlagFilter, computed: FlagFilter, date: DatetimeFilter, datetime: DatetimeFilter, choice: ChoiceFilter,
  choices: ChoiceFilter, link: LinkFilter,
};
