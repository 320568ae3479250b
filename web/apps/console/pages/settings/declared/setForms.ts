// Forms that set fields, fetched together: all editors of all kinds come with them.
export { default as FillForm } from './FillForm.vue';
export { default as SetPairs } from './SetPairs.vue';
export { default as ValueField } from './ValueField.vue';
