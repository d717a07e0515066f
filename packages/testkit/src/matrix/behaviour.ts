import { Conversation } from './conversation.js';

/** Something that a stack does, whatever its link is. */
export interface Behaviour {
  readonly name: string;
  /** It takes so long that only virtual time is fast enough, or its times are what matters. */
  readonly needsVirtualTime: boolean;
  readonly conversation: Conversation;
}

/** A behaviour that shows at once. */
export function behaviour(name: string, speak: (wire: Conversation) => void): Behaviour {
  return make(name, false, speak);
}

/** A behaviour that shows in time. */
export function timedBehaviour(name: string, speak: (wire: Conversation) => void): Behaviour {
  return make(name, true, speak);
}

function make(name: string, needsVirtualTime: boolean, speak: (wire: Conversation) => void): Behaviour {
  const conversation = new Conversation();
  speak(conversation);
  return { name, needsVirtualTime, conversation };
}
