/** The ports of the services of `lunetta services`, which the servers beside it have, too. */
export const ECHO_PORT = 7;
export const DISCARD_PORT = 9;
export const CHARGEN_PORT = 19;
