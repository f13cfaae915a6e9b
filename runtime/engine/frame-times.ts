/**
 * When each node of a worker was at work on which of the last frames, in memory that the engine reads too. It is there only
 * while frames are traced. To note a frame allocates nothing.
 *
 *     one row for each node and frame:  index + 1 | began | worked | sending | items
 */
import type { Clock } from '../clock.ts';

/** What a node has noted of one frame. */
export interface FrameTimes {
  /** Monotonic. */
  readonly beganMs: number;
  /** Of its own work. */
  readonly workedMs: number;
  /** Until others had taken what it sent: conversion of the picture, a place in a ring, nodes of the same worker. */
  readonly sendingMs: number;
  /** In the list that is called as the kind of what it sent: detections, tracks. Undefined: there is none. */
  readonly items: number | undefined;
}

/** Frames of which the times are known: those of some seconds, and at full speed those that are traced just now. */
const FRAMES = 512;
const FIELDS = 5;
const [INDEX, BEGAN, WORKED, SENDING, ITEMS] = [0, 1, 2, 3, 4];
const NO_FRAME = -1;
const NO_ITEMS = -1;

export function createFrameTimes(nodes: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * FIELDS * FRAMES * nodes));
}

/** What a node has noted of a frame; undefined: nothing, or it is not done with it. @param node its number in the worker */
export function frameTimes(table: Float64Array, node: number, index: number): FrameTimes | undefined {
  const at = rowOf(node, index);
  const [found, beganMs = 0, workedMs = Number.NaN, sendingMs = 0, items = NO_ITEMS] = table.slice(at, at + FIELDS);
  // The node may be at work on a later frame of the same row.
  if (found !== index + 1 || table[at] !== found || Number.isNaN(workedMs)) return undefined;
  return { beganMs, workedMs, sendingMs, items: items === NO_ITEMS ? undefined : items };
}

/** The notes of one node, in its worker. */
export class FrameNotes {
  readonly #table: Float64Array;
  readonly #node: number;
  readonly #clock: Clock;
  /** Of the handler at work. */
  #index = NO_FRAME;
  #beganMs = Number.NaN;

  /** @param node its number in the worker, from 0 */
  constructor(table: Float64Array, node: number, clock: Clock) {
    this.#table = table;
    this.#node = node;
    this.#clock = clock;
  }

  /** A handler begins with a value, which may be about a frame. */
  begins(value: unknown, nowMs: number): void {
    this.#index = frameIndexOf(value);
    this.#beganMs = nowMs;
    if (this.#index !== NO_FRAME) this.#open(this.#index, nowMs);
  }

  /** The handler is done. */
  ends(workedMs: number): void {
    if (this.#index !== NO_FRAME) this.#add(this.#open(this.#index, this.#beganMs), WORKED, workedMs);
    this.#index = NO_FRAME;
    this.#beganMs = Number.NaN;
  }

  /** The node sends a value. One about another frame than it was given has been made of what came before: packets. */
  sends<T>(value: unknown, kind: string, work: () => T): T {
    const index = frameIndexOf(value);
    if (index === NO_FRAME) return work();
    const nowMs = this.#clock.monoMs();
    const isMade = index !== this.#index;
    const isHandling = !Number.isNaN(this.#beganMs);
    const at = this.#open(index, isHandling ? this.#beganMs : nowMs);
    if (isMade) this.#add(at, WORKED, isHandling ? nowMs - this.#beganMs : 0);
    this.#table[at + ITEMS] = itemsOf(value, kind);
    const sent = () => {
      const sentMs = this.#clock.monoMs();
      if (this.#table[at] === index + 1) this.#add(at, SENDING, sentMs - nowMs);
      // What the handler makes next is made from now on.
      if (isMade && isHandling) this.#beganMs = sentMs;
    };
    const sending = work();
    if (sending instanceof Promise) void sending.then(sent, sent);
    else sent();
    return sending;
  }

  /** @returns where the row of the frame is; its work is not a number until it is done */
  #open(index: number, beganMs: number): number {
    const at = rowOf(this.#node, index);
    if (this.#table[at] === index + 1) return at;
    this.#table[at] = 0;
    this.#table[at + BEGAN] = beganMs;
    this.#table[at + WORKED] = Number.NaN;
    this.#table[at + SENDING] = 0;
    this.#table[at + ITEMS] = NO_ITEMS;
    this.#table[at + INDEX] = index + 1;
    return at;
  }

  #add(at: number, field: number, ms: number): void {
    this.#table[at + field] = (this.#table[at + field] || 0) + ms;
  }
}

function rowOf(node: number, index: number): number {
  return (node * FRAMES + (index % FRAMES)) * FIELDS;
}

/** Messages have their frame as `frame`, pictures as `meta`; packets have none yet. */
function frameIndexOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return NO_FRAME;
  const about = 'frame' in value ? value.frame : 'meta' in value ? value.meta : undefined;
  const index = typeof about === 'object' && about !== null && 'index' in about ? about.index : undefined;
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : NO_FRAME;
}

function itemsOf(value: unknown, kind: string): number {
  const list = (value as Readonly<Record<string, unknown>>)[kind];
  return Array.isArray(list) ? list.length : NO_ITEMS;
}
