/* map_colours.js -- which colour an item has, by what the reader of the map wants to see; and the legends.
 *
 * A colour is [red, green, blue]. Free memory has the same colours in every view, so that pages stand out. */
const LIGHT = { paper: [255, 255, 255], ink: [27, 35, 48], head: [148, 122, 84], dirty: [214, 196, 170], clean: [232, 236, 241],
  gone: [245, 247, 249], absent: [245, 247, 249], none: [134, 144, 156], nobody: [206, 200, 218], waiting: [245, 140, 20], listed: [226, 232, 240], dim: [200, 207, 216] };
const DARK = { paper: [18, 22, 29], ink: [230, 234, 240], head: [138, 106, 58], dirty: [86, 72, 52], clean: [33, 40, 50],
  gone: [24, 29, 37], absent: [24, 29, 37], none: [110, 120, 134], nobody: [66, 60, 82], waiting: [255, 163, 60], listed: [44, 54, 68], dim: [62, 70, 82] };
const SIZES = [[76, 110, 245], [34, 164, 207], [32, 170, 120], [120, 184, 58], [242, 178, 16], [240, 120, 30], [224, 70, 120]];
const LARGE = [134, 70, 190];
const FILLS = [[255, 197, 61], [238, 120, 80], [190, 70, 130], [88, 70, 200], [44, 84, 200]];
const STATES = { active: [47, 158, 90], ready: [64, 160, 240], sparse: [245, 159, 60], full: [70, 88, 200], moving: [40, 180, 180], abandoned: [134, 142, 150],
  unknown: [200, 200, 60], large: LARGE };
const STATE_WORDS = { active: "active: blocks are cut from it now", ready: "ready: a thirty-second or more of it is free",
  sparse: "sparse: some of it is free, but less", full: "full: no block is free", moving: "moving: on no list of its owner's just then", abandoned: "abandoned: no thread owns it",
  large: "large: a page of one block", unknown: "unknown: it changed while it was read" };
const CHANGES = { born: [32, 165, 95], gone: [224, 60, 60], fuller: [58, 130, 246], emptier: [245, 159, 60] };

let palette = LIGHT;

function along(stops, t) {
  const x = Math.max(0, Math.min(1, t)) * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(x));
  return stops[i].map((v, k) => Math.round(v + (stops[i + 1][k] - v) * (x - i)));
}
const mix = (a, b, t) => a.map((v, k) => Math.round(v + (b[k] - v) * t));
const css = (c) => `rgb(${c[0]},${c[1]},${c[2]})`;
const packed = (c) => (255 << 24 | c[2] << 16 | c[1] << 8 | c[0]) >>> 0;
const unpacked = (n) => [n & 255, n >> 8 & 255, n >> 16 & 255];

function hue(degrees, saturation, lightness) {
  const f = (n) => {
    const k = (n + degrees / 30) % 12;
    return Math.round(255 * (lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [f(0), f(8), f(4)];
}

/* Neighbouring classes differ a little in lightness. */
const classColour = (shot, k) => k % 2 ? mix(sizeColour(shot.head.classes[k][0]), [0, 0, 0], 0.16) : sizeColour(shot.head.classes[k][0]);
const sizeColour = (bytes) => along(SIZES, Math.log2(bytes / 16) / 12);
/* Neighbouring numbers get hues that are far apart. */
const ownerColour = (owner) => owner === 0 ? palette.none : hue((205 + (owner - 1) * 137.5) % 360, 0.62, owner % 2 ? 0.54 : 0.44);

/* Each way to colour pages: the colour of one, its key in the legend, and the legend's lines {key, colour, words, bytes}. */
const WAYS = {
  class: {
    words: "class",
    colour: (shot, p) => classOf(shot, p) === SINGLE ? LARGE : classColour(shot, classOf(shot, p)),
    key: (shot, p) => classOf(shot, p),
    legend: (shot) => shot.byClass.map((of, k) => ({ key: k, colour: classColour(shot, k), bytes: of.paged, used: of.used,
      words: `${sizeText(shot.head.classes[k][0])} blocks${shot.head.classes[k][2] ? ", aligned" : ""}` }))
      .concat({ key: SINGLE, colour: LARGE, bytes: shot.large.paged, used: shot.large.used, words: "large: a page of one block" }),
  },
  thread: {
    words: "thread",
    colour: (shot, p) => classOf(shot, p) === SINGLE ? palette.nobody : ownerColour(shot.columns.page_owner[p]),
    key: (shot, p) => classOf(shot, p) === SINGLE ? -1 : shot.columns.page_owner[p],
    legend: (shot) => shot.byOwner.map((of, i) => ({ key: i, colour: ownerColour(i), bytes: of.paged, used: of.used, words: ownerWords(shot, i) }))
      .concat({ key: -1, colour: palette.nobody, bytes: shot.large.paged, used: shot.large.used, words: "large blocks: no thread owns them" }),
  },
  fill: {
    words: "fill",
    colour: (shot, p) => along(FILLS, fillOf(shot, p)),
    key: (shot, p) => Math.min(9, Math.floor(fillOf(shot, p) * 10)),
    legend: (shot) => tally(shot, (p) => Math.min(9, Math.floor(fillOf(shot, p) * 10)), 10)
      .map((of, i) => ({ key: i, colour: along(FILLS, (i + 0.5) / 10), bytes: of.paged, used: of.used,
        words: i === 9 ? "90 to 100 % of its blocks in use" : `${i * 10} to ${i * 10 + 10} %` })).reverse(),
  },
  state: {
    words: "state",
    colour: (shot, p) => STATES[stateOf(shot, p)],
    key: (shot, p) => stateOf(shot, p),
    legend: (shot) => {
      const names = Object.keys(STATES), sums = tally(shot, (p) => names.indexOf(stateOf(shot, p)), names.length);
      return names.map((k, i) => ({ key: k, colour: STATES[k], words: STATE_WORDS[k], bytes: sums[i].paged, used: sums[i].used }));
    },
  },
  change: {
    words: "change",
    colour: (shot, p) => {
      const c = shot.change[shot.pageItem[p]];
      return [palette.dim, CHANGES.born, CHANGES.fuller, CHANGES.emptier, CHANGES.gone, palette.dim][c];
    },
    key: (shot, p) => shot.change[shot.pageItem[p]],
    legend: (shot, before) => [
      { key: CHANGE.BORN, colour: CHANGES.born, words: "born: not there before, or of another class", count: shot.changed.born },
      { key: CHANGE.GONE, colour: CHANGES.gone, words: "gone: only there before", count: before.changed.gone },
      { key: CHANGE.FULLER, colour: CHANGES.fuller, words: "fuller: more of its blocks in use", count: shot.changed.fuller },
      { key: CHANGE.EMPTIER, colour: CHANGES.emptier, words: "emptier: fewer", count: shot.changed.emptier },
      { key: CHANGE.SAME, colour: palette.dim, words: "as full as before", count: shot.changed.same }],
  },
};

function tally(shot, keyOf, keys) {
  const sums = Array.from({ length: keys }, () => ({ paged: 0, used: 0 }));
  for (let p = 0; p < shot.columns.page_class.length; p++) {
    const of = sums[keyOf(p)];
    of.paged += slicesOf(shot, p) * SLICE;
    of.used += usedBlocks(shot, p) * blockSize(shot, p);
  }
  return sums;
}

/* What waits for its owner is striped, so that no view's colours are mistaken for it. */
let stripes = null;
function waitingFill(context) {
  if (stripes) return stripes;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const c = tile.getContext("2d");
  c.fillStyle = css(palette.waiting);
  c.fillRect(0, 0, 6, 6);
  c.strokeStyle = "#4a2c00";
  c.lineWidth = 2;
  for (const x of [-6, 0, 6]) {
    c.moveTo(x - 1, 7);
    c.lineTo(x + 7, -1);
  }
  c.stroke();
  return stripes = context.createPattern(tile, "repeat");
}

function itemColour(shot, i, way) {
  const p = shot.itemPage[i];
  if (p >= 0) return WAYS[way].colour(shot, p);
  return palette[["absent", "head", "clean", "dirty", "gone", "head", "head", "head"][shot.columns.item_kind[i]]];
}

/* The colour of every item; of the pages that the legend's choice leaves out a dim one. */
function paintItems(shot, way, chosen) {
  const shade = new Uint32Array(shot.itemPage.length);
  for (let i = 0; i < shade.length; i++) {
    const p = shot.itemPage[i], left = chosen !== null && p >= 0 && WAYS[way].key(shot, p) !== chosen;
    shade[i] = packed(left ? palette.dim : itemColour(shot, i, way));
  }
  shot.shade = shade;
}

/* ---- words ---- */

function sizeText(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0, n = bytes;
  while (Math.abs(n) >= 1024 && unit < 4) {
    n /= 1024;
    unit++;
  }
  return `${Number.isInteger(n) ? n : n.toFixed(Math.abs(n) < 10 ? 2 : 1)} ${units[unit]}`;
}
const countText = (n) => n.toLocaleString("en-US").replace(/,/g, "\u202f");
const hex = (n) => "0x" + n.toString(16);

function ownerWords(shot, i) {
  const o = shot.head.owners[i];
  if (i === 0) return "no thread (abandoned)";
  const of = o.tid ? `thread ${o.tid}${o.name ? ` ${o.name}` : ""}` : o.running ? "a thread" : "an idle theap";
  return o.heap ? `${of}, in heap ${o.heap}` : of;
}

const pageWords = (shot, p) => STATE_WORDS[stateOf(shot, p)] + (isDedicated(shot, p) ? "; dedicated to a first-class heap" : "");

const KIND_WORDS = ["absent: no memory is mapped", "mica's own: the arena's records of its slices", "free and clean: zero, costs no memory",
  "free and dirty: still resident, ready to be used again", "free, and not committed", "page", "mica's own: threads' heaps (caches and bins)",
  "in use, changing hands just then"];
const BLOCK_WORDS = ["in use", "free, in a thread's cache", "free, on its page's list", "freed by another thread, waiting for the owner"];
