"use strict";
/* map_data.js -- a snapshot, unpacked: areas, the items in them, pages, blocks; and what changed between two.
 *
 * A snapshot is base64 of a zlib stream of
 *   "micamap1", the head's length (32 bits), 32 bits of nothing, the head (JSON), zeros up to a multiple of 8,
 *   the columns that the head names as [name, bytes of a value, values], in that order, little-endian, each up to a multiple of 8.
 * tool/map_snapshot.h says what each column holds. */
const KIND = { ABSENT: 0, HEAD: 1, CLEAN: 2, DIRTY: 3, GONE: 4, PAGE: 5, THEAPS: 6, TAKEN: 7 };
const BLOCK = { USED: 0, CACHED: 1, LISTED: 2, WAITING: 3 };
const CHANGE = { SAME: 0, BORN: 1, FULLER: 2, EMPTIER: 3, GONE: 4, OTHER: 5 };
const SINGLE = 255;
const SLICE = 65536;
const SEGMENT_SLICES = 64;
const WIDTHS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array };

const roundUp = (n, to) => Math.ceil(n / to) * to;

async function inflate(text) {
  const letters = atob(text.trim());
  const packed = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

function split(buffer) {
  const bytes = new Uint8Array(buffer);
  if (String.fromCharCode(...bytes.subarray(0, 8)) !== "micamap1") throw new Error("this is not a snapshot of a heap");
  const length = new DataView(buffer).getUint32(8, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(16, 16 + length)));
  let at = roundUp(16 + length, 8);
  const columns = {};
  for (const [name, width, count] of head.columns) {
    columns[name] = new WIDTHS[width](buffer, at, count);
    at += roundUp(width * count, 8);
  }
  return { head, columns };
}

/* Where each area's items are, and which item a slice belongs to. */
function placeItems(shot) {
  const c = shot.columns;
  shot.areas = [];
  shot.itemFirst = new Uint32Array(c.item_kind.length);
  shot.itemArea = new Uint32Array(c.item_kind.length);
  shot.itemPage = new Int32Array(c.item_kind.length).fill(-1);
  shot.pageItem = new Uint32Array(c.page_class.length);
  let item = 0, page = 0, segment = 0;
  for (let a = 0; a < c.area_base.length; a++) {
    const single = c.area_kind[a] === 1;
    const area = { number: c.area_number[a], base: c.area_base[a] * SLICE, single, slices: c.area_slices[a], first: item,
      items: c.area_items[a], segments: single ? null : c.segment_kind.subarray(segment, segment += SEGMENT_SLICES),
      at: single ? null : new Int32Array(c.area_slices[a]).fill(-1) };
    let slice = 0;
    for (const end = item + area.items; item < end; item++) {
      shot.itemFirst[item] = slice;
      shot.itemArea[item] = a;
      if (c.item_kind[item] === KIND.PAGE) {
        shot.pageItem[page] = item;
        shot.itemPage[item] = page++;
      }
      if (area.at) area.at.fill(item, slice, slice + c.item_slices[item]);
      slice += c.item_slices[item];
    }
    shot.areas.push(area);
  }
}

/* The sums of what the columns say, in bytes; the head has the reader's own. */
function addUp(shot) {
  const c = shot.columns, classes = shot.head.classes;
  const sums = { pages: c.page_class.length, singles: 0, used: 0, cached: 0, waiting: 0, listed: 0, uncarved: 0, paged: 0,
    clean: 0, dirty: 0, gone: 0, absent: 0, own: 0, slices: 0 };
  const named = ["absent", "own", "clean", "dirty", "gone", "paged", "own", "own"];
  for (let i = 0; i < c.item_kind.length; i++) {
    sums[named[c.item_kind[i]]] += c.item_slices[i] * SLICE;
    if (c.item_kind[i] !== KIND.ABSENT) sums.slices += c.item_slices[i];
  }
  shot.byClass = classes.map(() => ({ pages: 0, paged: 0, used: 0, blocks: 0 }));
  shot.byOwner = shot.head.owners.map(() => ({ pages: 0, paged: 0, used: 0 }));
  shot.large = { pages: 0, paged: 0, used: 0, blocks: 0 };
  for (let p = 0; p < sums.pages; p++) {
    const paged = c.item_slices[shot.pageItem[p]] * SLICE, k = c.page_class[p], owner = shot.byOwner[c.page_owner[p]];
    const of = k === SINGLE ? shot.large : shot.byClass[k];
    const size = k === SINGLE ? shot.bytesOfSingle(p) : classes[k][0];
    const used = size * usedBlocks(shot, p), waiting = size * c.page_pushed[p];
    of.pages++;
    of.paged += paged;
    of.used += used;
    of.blocks += usedBlocks(shot, p);
    sums.used += used;
    sums.waiting += waiting;
    if (k === SINGLE) sums.singles++;
    else {
      owner.pages++;
      owner.paged += paged;
      owner.used += used;
      sums.listed += size * listedBlocks(shot, p);
      sums.uncarved += size * (totalBlocks(shot, p) - c.page_carved[p]);
    }
  }
  const t = shot.head.totals;
  sums.counted = sums.used; /* as pages count: what threads hold is in use to them */
  sums.cached = t.held;
  sums.waiting += t.outbox;
  sums.used -= t.held + t.outbox;
  shot.sums = sums;
}

/* ---- a page ---- */

const classOf = (shot, p) => shot.columns.page_class[p];
const totalBlocks = (shot, p) => classOf(shot, p) === SINGLE ? 1 : shot.head.classes[classOf(shot, p)][3];
const carvedBlocks = (shot, p) => shot.columns.page_carved[p];
const waitingBlocks = (shot, p) => shot.columns.page_pushed[p];
/* In the program's hands or in a cache: the page does not know which. */
const usedBlocks = (shot, p) => shot.columns.page_used[p];
const listedBlocks = (shot, p) => Math.max(0, carvedBlocks(shot, p) - usedBlocks(shot, p) - waitingBlocks(shot, p));
const blockSize = (shot, p) => classOf(shot, p) === SINGLE ? shot.bytesOfSingle(p) : shot.head.classes[classOf(shot, p)][0];
/* "active", "ready", "sparse", "full", "abandoned", "large", "unknown": tool/map_snapshot.c has the numbers. */
const stateOf = (shot, p) => shot.head.states[shot.columns.page_state[p] & 15];
const isDedicated = (shot, p) => (shot.columns.page_state[p] & 64) !== 0;
const isSure = (shot, p) => (shot.columns.page_state[p] & 128) === 0;
const fillOf = (shot, p) => Math.min(1, usedBlocks(shot, p) / Math.max(1, totalBlocks(shot, p)));
const slicesOf = (shot, p) => shot.columns.item_slices[shot.pageItem[p]];
const addressOfItem = (shot, i) => shot.areas[shot.itemArea[i]].base + shot.itemFirst[i] * SLICE;
/* Blocks that share a page lie against its end. */
function firstBlock(shot, p) {
  const start = addressOfItem(shot, shot.pageItem[p]);
  if (classOf(shot, p) === SINGLE) return start + shot.leadOfSingle(p);
  return start + slicesOf(shot, p) * SLICE - totalBlocks(shot, p) * blockSize(shot, p);
}

/* What is known of each carved block: two bits a block. */
function mapOf(shot, p) {
  const at = shot.mapAt.get(p);
  if (at === undefined) return null;
  const bits = shot.columns.block_bits;
  return (block) => bits[at + (block >> 2)] >> (block & 3) * 2 & 3;
}

function placeMaps(shot) {
  shot.mapAt = new Map();
  let at = 0;
  for (const p of shot.columns.block_page) {
    shot.mapAt.set(p, at);
    at += Math.ceil(carvedBlocks(shot, p) / 4);
  }
}

function placeSingles(shot) {
  const at = new Map();
  let n = 0;
  for (let p = 0; p < shot.columns.page_class.length; p++)
    if (shot.columns.page_class[p] === SINGLE) at.set(p, n++);
  shot.bytesOfSingle = (p) => shot.columns.single_bytes[at.get(p)];
  shot.leadOfSingle = (p) => shot.columns.single_lead[at.get(p)];
}

async function readSnapshot(text) {
  const shot = split(await inflate(text));
  placeItems(shot);
  placeSingles(shot);
  placeMaps(shot);
  addUp(shot);
  shot.byBase = new Map(shot.areas.map((area, i) => [area.base, i]));
  return shot;
}

/* ---- addresses ---- */

/* The item that holds the byte before p (so mica counts), or -1. */
function itemAt(shot, p) {
  const a = shot.areas.findIndex((area) => p > area.base && p <= area.base + area.slices * SLICE);
  if (a < 0) return -1;
  const area = shot.areas[a], slice = Math.floor((p - 1 - area.base) / SLICE);
  if (area.at) return area.at[slice];
  for (let i = area.first; i < area.first + area.items; i++)
    if (slice < shot.itemFirst[i] + shot.columns.item_slices[i]) return i;
  return -1;
}

/* The block of a page that p points into, or -1. */
function blockAt(shot, page, p) {
  const first = firstBlock(shot, page), block = Math.floor((p - first) / blockSize(shot, page));
  return p >= first && block < totalBlocks(shot, page) ? block : -1;
}

/* ---- two snapshots ---- */

/* The item of the other snapshot that begins where this one does, or holds its first byte; -1: nothing was there. */
function counterpart(shot, other, item) {
  const area = other.areas[other.byBase.get(shot.areas[shot.itemArea[item]].base)];
  if (!area) return -1;
  return area.at ? area.at[shot.itemFirst[item]] : area.first + Math.min(area.items - 1, item - shot.areas[shot.itemArea[item]].first);
}

/* The same page, as far as two looks can tell: it begins there and has the same class. */
function samePage(shot, other, item, at) {
  if (at < 0 || other.itemPage[at] < 0 || other.itemFirst[at] !== shot.itemFirst[item]) return false;
  return classOf(shot, shot.itemPage[item]) === classOf(other, other.itemPage[at]);
}

/* What became of each item: of the later snapshot as seen from the earlier one, or the other way round. */
function compare(shot, other, later) {
  const change = new Uint8Array(shot.itemPage.length).fill(CHANGE.OTHER);
  const sums = { born: 0, gone: 0, fuller: 0, emptier: 0, same: 0 };
  const name = { [CHANGE.SAME]: "same", [CHANGE.BORN]: "born", [CHANGE.FULLER]: "fuller", [CHANGE.EMPTIER]: "emptier",
    [CHANGE.GONE]: "gone" };
  for (let i = 0; i < change.length; i++) {
    const page = shot.itemPage[i];
    if (page < 0) continue;
    const at = counterpart(shot, other, i);
    if (!samePage(shot, other, i, at)) change[i] = later ? CHANGE.BORN : CHANGE.GONE;
    else {
      const here = usedBlocks(shot, page), there = usedBlocks(other, other.itemPage[at]);
      const more = later ? here - there : there - here;
      change[i] = more > 0 ? CHANGE.FULLER : more < 0 ? CHANGE.EMPTIER : CHANGE.SAME;
    }
    sums[name[change[i]]]++;
  }
  shot.change = change;
  shot.changed = sums;
}
