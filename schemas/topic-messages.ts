/** What passes on `/ws`, around the messages of the topics: subscriptions in, envelopes out. */
import { type Static, Type } from '@sinclair/typebox';
import { closed, literals, nullable, unixMs } from './common.ts';

/** Name of these messages' schema and its version. */
export const TOPICS_SCHEMA = 'drone-ptz-topics/1';
/** Of one client. */
export const MAX_PATTERNS = 64;
export const MAX_PATTERN_CHARS = 256;

const seq = (description: string) => Type.Integer({ minimum: 0, description });
const epoch = Type.String({ maxLength: 64, description: 'Tells the numbers of this run of the server from others' });
const patterns = Type.Array(Type.String({ minLength: 1, maxLength: MAX_PATTERN_CHARS }), {
  minItems: 1,
  maxItems: MAX_PATTERNS,
  description: 'Such as `sessions/+/tick`: `+` is any one level, `#` at the end all that follow',
});

export const SubscribeSchema = closed(
  {
    type: Type.Literal('subscribe'),
    topics: patterns,
    hz: Type.Optional(
      Type.Number({ minimum: 0.1, maximum: 1000, description: 'Most messages a second, of a topic of states' }),
    ),
    delta: Type.Optional(Type.Boolean({ description: 'Of states only what has changed' })),
    since: Type.Optional(closed({ epoch, seq: seq('Of the last message of the client') })),
  },
  { description: 'From now on these topics, too; what is retained of them comes first' },
);

export const UnsubscribeSchema = closed(
  { type: Type.Literal('unsubscribe'), topics: patterns },
  { description: 'No more of these, named as they were subscribed' },
);

export const AuthSchema = closed(
  { type: Type.Literal('auth'), token: Type.String({ minLength: 1, maxLength: 4096 }) },
  { description: 'The first message on a socket that was opened without a token' },
);

export const TopicRequestSchema = Type.Union([SubscribeSchema, UnsubscribeSchema, AuthSchema], {
  description: 'What a client of /ws may ask for, beside commands with the `session_id` that they are for',
});

const topic = Type.String({ minLength: 1, description: 'Such as `sessions/ID/tick`' });
const number = seq('Number of the message; a later one has a higher number');

export const EnvelopeSchema = closed(
  { topic, seq: number, message: Type.Object({}, { description: 'The message of the topic, as it is' }) },
  { description: 'A message of a topic' },
);

export const DeltaEnvelopeSchema = closed(
  {
    topic,
    seq: number,
    base: seq('Number of the message of this topic before, to which the changes apply'),
    delta: Type.Object({}, { description: 'What has changed; see the documentation of the API' }),
  },
  { description: 'A message of a topic as the changes to the one that was sent before' },
);

export const GapSchema = closed(
  {
    type: Type.Literal('gap'),
    topic: Type.Optional(topic),
    missed: nullable(Type.Integer({ minimum: 1 }), 'How many; null: not known'),
  },
  { description: 'Events since `since` that are not to be had any more' },
);

export const SubscribedSchema = closed(
  { type: Type.Literal('subscribed'), topics: patterns, epoch, seq: seq('Of the last message that the client has') },
  { description: 'Reply to `subscribe`' },
);

export const UnsubscribedSchema = closed(
  { type: Type.Literal('unsubscribed'), topics: patterns },
  { description: 'Reply to `unsubscribe`' },
);

export const TopicErrorSchema = closed(
  {
    type: Type.Literal('error'),
    error: literals(
      ['bad_subscription', 'bad_topic', 'too_many_topics'],
      'bad_subscription: fields that are missing, wrong or unknown. bad_topic: no topic can have that name',
    ),
    message: Type.String({ description: 'In words' }),
  },
  { description: 'A subscription was refused; nothing has changed' },
);

export const AuthorizedSchema = closed(
  {
    type: Type.Literal('authorized'),
    role: literals(['viewer', 'controller', 'admin'], 'What the client may do'),
    cameras: nullable(Type.Array(Type.String()), 'The only ones it sees; null: all'),
    expires_unix_ms: nullable(unixMs('Until when'), 'null: it does not expire'),
  },
  { description: 'Reply to `auth`' },
);

export const TopicMessageSchema = Type.Union(
  [
    ...[EnvelopeSchema, DeltaEnvelopeSchema, GapSchema, SubscribedSchema, UnsubscribedSchema, TopicErrorSchema],
    AuthorizedSchema,
  ],
  { description: 'What a client of /ws gets, beside the replies to its commands' },
);

export type Subscribe = Static<typeof SubscribeSchema>;
export type Unsubscribe = Static<typeof UnsubscribeSchema>;
export type TopicMessage = Static<typeof TopicMessageSchema>;
export type Authorized = Static<typeof AuthorizedSchema>;
export type Gap = Static<typeof GapSchema>;
export type TopicError = Static<typeof TopicErrorSchema>;
