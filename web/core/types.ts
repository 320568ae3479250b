// The shapes of docs/API.md. Ids, seq and money are strings; instants are ISO text in UTC.
import type { RecordClock } from './clock';
import type { Json } from './json';

export interface Label {
  zh: string;
  en?: string | null;
}
export type AnyLabel = Label | string | null | undefined;

export interface Ref {
  id: string;
  label: string;
  type?: string;
}

export type FieldKind =
  | 'text' | 'long_text' | 'phone' | 'email' | 'number' | 'money' | 'flag' | 'date' | 'datetime'
  | 'choice' | 'choices' | 'link' | 'links' | 'files' | 'table' | 'computed';

export interface Option {
  name: string;
  label: AnyLabel;
  retired?: boolean;
}

export interface Field {
  name: string;
  label: AnyLabel;
  help?: AnyLabel;
  kind: FieldKind;
  required?: boolean;
  search?: boolean;
  sort?: boolean;
  unique?: boolean;
  lookup?: string[];
  max?: number | string | null;
  min?: number | string | null;
  scale?: number;
  unit?: string | null;
  options?: Option[];
  to?: string | null;
  columns?: Record<string, Field>;
  show?: Json;
  needed_when?: Json;
  system?: boolean;
  /** Worked out from others; null: from what is hidden from him. */
  compute?: Json;
  sight?: 'clear' | 'masked';
  default?: string | null;
}

export type Stage = 'open' | 'paused' | 'done' | 'final';

export interface State {
  name: string;
  label: AnyLabel;
  stage: Stage;
  say?: AnyLabel;
}

export interface Ask {
  name: string;
  input: boolean;
  required: boolean;
  /** What its form begins with, written as a default. */
  preset?: string;
  /** Or: what this field of the record holds. */
  from?: string;
}

export interface Transition {
  name: string;
  label: AnyLabel;
  from: string[];
  to: string | null;
  needs: string[];
  asks: Ask[];
  bulk?: boolean;
  glance?: boolean;
  system?: boolean;
}

export interface ListDef {
  name: string;
  label: AnyLabel;
  of: string;
  by: string;
  show?: boolean;
  /** Of these fields the page says how many rows have which value. */
  count_by?: string[];
  where?: Json;
}

export interface ViewDef {
  name: string;
  label: AnyLabel;
  where: string;
  columns: string[];
  sort: string[];
}

export interface Section {
  label: AnyLabel;
  fields: string[];
  show?: Json;
}

export interface Type {
  name: string;
  label: AnyLabel;
  plural?: AnyLabel;
  icon?: string | null;
  pack?: string;
  uses_work?: boolean;
  number?: string | null;
  title?: string | null;
  confidential?: boolean;
  fields: Record<string, Field>;
  inputs: Record<string, Field>;
  states: State[];
  transitions: Transition[];
  lists: ListDef[];
  views: ViewDef[];
  form: Section[];
  prints: { name: string; label: AnyLabel }[];
  rights: { create?: boolean; read?: boolean; export?: boolean; remove?: boolean; glance?: boolean };
  /** The way a record goes; each step stands for some states. */
  path?: { label: AnyLabel; states: string[] }[];
  asides?: AsideDef[];
  alike?: { label: AnyLabel; of: string; by: string[]; gathers: string | null }[];
}

/** Records of another type to be read beside form and page. */
export interface AsideDef {
  label: AnyLabel;
  of: string;
  /** Field of the other type: field of this one, or one behind a link. */
  match: Record<string, string>;
  fields: string[];
  where: string | null;
  show?: Json;
}

export interface RailEntry {
  name: string;
  label: AnyLabel;
  icon?: string | null;
  page: string;
  type?: string | null;
  group?: string | null;
}
export interface RailGroup {
  name: string;
  label: AnyLabel;
  last?: boolean;
}

export interface Model {
  generation: string | number;
  packs: { name: string; label: AnyLabel; version: string }[];
  groups?: RailGroup[];
  rail: RailEntry[];
  parameters: Record<string, { label: AnyLabel; value: Json }>;
  types: Record<string, Type>;
}

export interface Session {
  user: {
    id: string;
    login: string;
    name: string;
    roles: string[];
    teams: Ref[];
    can: string[];
    presence: string;
    units?: string[]; // his teams and all below them
    shared?: { team: string; type: string }[]; // whose acceptance is shared with his teams; type '': for all
    must_change?: boolean;
  };
  org: { code: string; name: string; zone: string; demo?: boolean };
  now: string;
  lang: string;
}

export interface Hello {
  version: string;
  demo: boolean;
  orgs?: { code: string; name: string }[];
  accounts?: { login: string; name: string; role: AnyLabel; about?: AnyLabel }[];
}

export type Values = Record<string, Json>;

export interface Row {
  id: string;
  version: number | string;
  fields: Values;
}

export interface Offer extends Transition {
  allowed: boolean;
  why?: AnyLabel;
  /** He is the right one; what it waits for is in `why`. */
  waits?: boolean;
}

export interface ChainLink {
  at: string;
  from: Ref | null;
  to: Ref | null;
  team: Ref | null;
  /** Who is away, for whom `to` got it. */
  for?: Ref | null;
  kind: 'first' | 'offered' | 'accepted' | 'refused' | 'assigned' | 'taken';
  reason?: string | null;
}

/** Another matter, as far as he may know it: without the right to read it only how far it has come. */
export interface LinkedMatter {
  id: string;
  type: string;
  number: string | null;
  title: string | null;
  state: string | null;
  stage: Stage | null;
  owner: Ref | null;
  may_read: boolean;
}
export interface MatterLink {
  id: string;
  kind: 'blocks' | 'related' | 'duplicate' | 'split_from';
  /** This one blocks, was split from, repeats the other. */
  out: boolean;
  record: LinkedMatter | null;
  at: string;
}

export interface FullRecord extends Row {
  type: string;
  created_at: string;
  created_by: Ref | null;
  updated_at: string;
  glance?: boolean;
  can: {
    write: boolean;
    remove: boolean;
    merge: boolean;
    split: boolean;
    comment: boolean;
    reveal: string[];
    print: { name: string; label: AnyLabel }[];
    /** Forms that he may issue; absent where he may not see those issued. */
    issue?: { name: string; label: AnyLabel }[];
    transitions: Offer[];
  };
  chain?: ChainLink[];
  say?: AnyLabel;
  lists?: Record<string, Count>;
  links?: MatterLink[];
  children?: LinkedMatter[];
  watching?: Ref[];
  clocks?: RecordClock[];
  /** One for each step of the type's `path`. */
  path?: PathStep[];
  /** Its last round of approval; null: none yet; absent: its type has no route. */
  approval?: Approval | null;
}

export type Vote = 'approve' | 'refuse' | 'return' | 'abstain';
export interface Seat {
  user: Ref;
  for: Ref | null;
  vote: Vote | 'dropped' | null;
  reason: string | null;
  at: string | null;
  waits: boolean;
  asked_at: string | null;
  due: string | null;
  scan?: boolean;
  by?: Ref | null;
}
export interface ApprovalStep {
  name: string;
  label: AnyLabel;
  state: string;
  need: 'all' | 'any' | 'majority' | number;
  quorum?: number | null;
  serial?: boolean;
  seats: Seat[];
}
export interface Approval {
  id: string;
  route: string;
  label: AnyLabel;
  state: 'running' | 'approved' | 'refused' | 'returned' | 'withdrawn';
  round: number;
  rounds: number;
  standing?: boolean;
  started_at: string;
  by: Ref | null;
  ended_at: string | null;
  ended_by: Ref | null;
  steps: ApprovalStep[];
  may_vote: boolean;
  votes: Vote[];
  needs_reason: Vote[];
  /** What can't be changed while it runs and afterwards. */
  locked: string[] | 'all' | null;
}

export interface PathStep {
  at: string | null;
  until: string | null;
  state: 'done' | 'now' | 'ahead' | 'skipped' | 'again';
  n: number;
}

/** Records that are like one, and why. */
export interface AlikeGroup {
  of: string;
  label: AnyLabel;
  rows: { id: string; type: string; label: string | null; number: string | null; state: string | null; at: string; why: ({ field: string } | { words: string[]; share: number })[] }[];
  theme: Ref | null;
}

export interface Count {
  n: number;
  more: boolean;
}

export interface FileRef {
  id: string;
  name: string;
  size: number;
  mime: string;
}

export interface Change {
  field: string;
  label: AnyLabel;
  before: Json;
  after: Json;
  raw?: { before: Json; after: Json };
}

/** Words that went along from another record. */
export interface SaidThere {
  id: string;
  at: string;
  actor: Ref | null;
  internal: boolean;
  text: string;
  files?: FileRef[];
  erased?: boolean;
}
export interface TimelineEvent {
  id: string;
  seq: string;
  at: string;
  actor: Ref | null;
  kind: string;
  internal?: boolean;
  origin?: string | null;
  changes?: Change[];
  transition?: { name: string; label: AnyLabel } | null;
  inputs?: Values;
  text?: string | null;
  files?: FileRef[];
  linked?: { id: string; type: string; label: string } | null;
  /** comments_taken, comments_moved: how many; the words themselves as long as it has them. */
  n?: number;
  returned?: boolean;
  comments?: SaidThere[];
  reason?: string | null;
  rule?: Json;
  say?: AnyLabel;
}

export interface Warning {
  code: string;
  label: AnyLabel;
}

export interface LookupHit {
  id: string;
  type: string;
  label: string;
  why: string;
  fields: Values;
  warnings: Warning[];
}

export interface Matter {
  id: string;
  type: string;
  number: string;
  title: string;
  state: string;
  stage: Stage;
  owner: Ref | null;
  answer?: string | null;
  due?: string | null;
  say?: AnyLabel;
  chased?: number;
  confidential?: boolean;
  may_read?: boolean;
  transitions?: (string | Transition)[];
}

export interface Page<T> {
  rows: T[];
  next: string | null;
  count?: Count | null;
}

export interface Problem {
  field?: string;
  code: string;
  detail?: string | null;
}

export interface SavedView {
  id: string;
  name: string;
  where: string;
  columns: string[];
  sort: string[];
  group?: string | null;
  shared: boolean;
  mine: boolean;
}

export interface Notice {
  id: string;
  at: string;
  kind: string;
  type: string | null;
  record: string | null;
  text: AnyLabel;
  read: boolean;
}
