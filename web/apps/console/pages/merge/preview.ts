/** What merging would do, as the server says it before it is done. */
export interface Preview {
  into: string;
  version: string | number;
  from: string;
  fills: string[];
  joins: string[];
  keeps: string[];
  links: { type: string; field: string; n: number; more?: boolean }[];
}
