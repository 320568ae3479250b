// What every kind's components take. cell: shows; edit: a control with a value as it is read from the
// API; filter: one condition as a leaf of the filter language.
import type { Filter } from '@/core/filter';
import type { Json } from '@/core/json';
import type { Field, Type, Values } from '@/core/types';

export interface CellProps {
  field: Field;
  value: Json | undefined;
  /** On a record page: all of it, links that act, lines kept. */
  full?: boolean;
  row?: Values;
  type?: Type;
}
export interface EditProps {
  field: Field;
  modelValue: Json | undefined;
  id?: string;
  label?: string;
  invalid?: boolean;
  disabled?: boolean;
  autofocus?: boolean;
  describedby?: string;
  /** For uploads and lookups in context. */
  type?: string;
  record?: string;
}
export interface FilterProps {
  field: Field;
  path: string;
  modelValue: Filter | null;
}
