export { describeLinkDriver } from './conformance/describe-link-driver.js';
