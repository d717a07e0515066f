// The `lunetta` command; bin/lunetta.js calls it.
export { main } from './main.js';
