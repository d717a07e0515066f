/** What a connection that has agreed on ECN knows of congestion marks (RFC 3168 section 6.1). */
export class Ecn {
  /** We echo a mark. */
  isEchoing = false;
  /** We have yet to say that we reduced our window. */
  isReductionDue = false;

  /** @param reducedTo marks before this is acknowledged are answered by the reduction that was made */
  constructor(public reducedTo: number) {}
}
