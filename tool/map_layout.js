/* map_layout.js -- where things stand on the map, in units of a slice; two snapshots have one layout, so that addresses agree.
 *
 *   area   an arena: its segments that are mapped in either snapshot, each a tile; or a mapping of its own: one rectangle
 *   tile   a segment: 8 x 8 slices, read like a text
 *
 * The map is filled like shelves, by address. The same area of the picture is the same amount of memory,
 * but for mappings of their own. */
const TILE = 8;
const PITCH = 8.7; /* from tile to tile */
let LABEL = 2.6; /* above an area: about a line of text when all is in sight */
let MARGIN = 3;  /* between areas */

/* Segments' surface that a mapping of its own gets: it is one block, and has nothing to show. So beside arenas it is drawn no larger
 * than a quarter of them. */
function shrinkMappings(places) {
  const mapped = places.reduce((sum, p) => sum + p.tiles.length, 0), most = mapped > 0 ? Math.max(1, Math.ceil(mapped / 4)) : Infinity;
  for (const place of places)
    if (place.single) place.count = Math.max(1, Math.min(most, Math.ceil(place.slices / SEGMENT_SLICES)));
}

/* The tiles of an area: bases of both snapshots' areas, in order. */
function collectAreas(shots) {
  const bases = [...new Set(shots.flatMap((shot) => shot.areas.map((area) => area.base)))].sort((a, b) => a - b);
  return bases.map((base) => {
    const here = shots.map((shot) => shot.areas[shot.byBase.get(base)]).filter((area) => area);
    const single = here[0].single;
    const place = { base, single, number: here[0].number, tiles: [], slices: Math.max(...here.map((area) => area.slices)) };
    if (!single) {
      for (let s = 0; s < place.slices / SEGMENT_SLICES; s++)
        if (here.some((area) => (area.segments[s] & 3) !== 0)) place.tiles.push(s);
      place.tileOf = new Int16Array(place.slices / SEGMENT_SLICES).fill(-1);
      place.tiles.forEach((s, i) => place.tileOf[s] = i);
      place.count = Math.max(1, place.tiles.length);
    }
    return place;
  });
}

/* Of one area the tiles fill the view as well as they can; of several each arena is eight by eight segments, and a mapping as high
 * as that, if the view is wide enough. */
function columnsOf(places, place, aspect, tiles) {
  if (places.length > 1 && !place.single) return Math.min(8, place.count);
  if (places.length > 1) return Math.max(Math.min(8, place.count), Math.min(Math.ceil(place.count / 8), Math.ceil(Math.sqrt(tiles * aspect))));
  const scale = (columns) => Math.min(aspect / columns, 1 / (Math.ceil(place.count / columns) + 0.1));
  let best = 1;
  for (let columns = 2; columns <= Math.min(place.count, 16); columns++) if (scale(columns) > scale(best)) best = columns;
  return best;
}

/* Sets x, y, width, height of each area; returns the whole's size. width and height: the view's, in pixels. */
function layOut(shots, width, height) {
  const places = collectAreas(shots), aspect = width / Math.max(1, height);
  shrinkMappings(places);
  const tiles = places.reduce((sum, p) => sum + p.count, 0);
  LABEL = Math.max(0.5, Math.min(places.length > 40 ? 2 : 6, 22 / Math.sqrt(width * height / (tiles * PITCH * PITCH))));
  MARGIN = Math.max(0.8, Math.min(3, LABEL));
  for (const place of places) {
    place.columns = columnsOf(places, place, aspect, tiles);
    place.rows = Math.ceil(place.count / place.columns);
    place.width = place.columns * PITCH - (PITCH - TILE);
    place.height = place.rows * PITCH - (PITCH - TILE) + LABEL;
  }
  const surface = places.reduce((sum, p) => sum + (p.width + MARGIN) * (p.height + MARGIN), 0);
  const wide = Math.max(...places.map((p) => p.width), Math.sqrt(surface * aspect) - MARGIN, TILE);
  let x = 0, y = 0, shelf = 0, right = 0;
  for (const place of places) {
    if (x > 0 && x + place.width > wide + 0.01) {
      x = 0;
      y += shelf + MARGIN;
      shelf = 0;
    }
    place.x = x;
    place.y = y;
    right = Math.max(right, x + place.width);
    shelf = Math.max(shelf, place.height);
    x += place.width + MARGIN;
  }
  const layout = { places, width: right, height: y + shelf, byBase: new Map(places.map((p) => [p.base, p])) };
  return layout;
}

const tileX = (place, i) => place.x + i % place.columns * PITCH;
const tileY = (place, i) => place.y + LABEL + Math.floor(i / place.columns) * PITCH;

/* The rectangles of an item, a row of a tile each: [x, y, slices, the first slice of the item in it]. */
function piecesOf(shot, layout, item) {
  const area = shot.areas[shot.itemArea[item]], place = layout.byBase.get(area.base), pieces = [];
  const from = shot.itemFirst[item], to = from + shot.columns.item_slices[item];
  if (place.single) return [[place.x, place.y + LABEL, to - from, 0]];
  for (let s = from; s < to;) {
    const tile = place.tileOf[s >> 6], end = Math.min(to, (s >> 3) * 8 + 8);
    if (tile >= 0) pieces.push([tileX(place, tile) + s % 8, tileY(place, tile) + (s >> 3) % 8, end - s, s - from]);
    s = end;
  }
  return pieces;
}

/* The place and slice at a point of the map; null: beside everything. */
function sliceAt(layout, x, y) {
  for (const place of layout.places) {
    const u = x - place.x, v = y - place.y - LABEL;
    if (u < 0 || v < 0 || u >= place.width || v >= place.height - LABEL) continue;
    if (place.single) return { place, slice: 0 };
    const column = Math.floor(u / PITCH), row = Math.floor(v / PITCH), i = row * place.columns + column;
    const sx = u - column * PITCH, sy = v - row * PITCH;
    if (i >= place.tiles.length || sx >= TILE || sy >= TILE) return null;
    return { place, slice: place.tiles[i] * SEGMENT_SLICES + Math.floor(sy) * TILE + Math.floor(sx), dx: sx % 1, dy: sy % 1 };
  }
  return null;
}

function itemOfSlice(shot, at) {
  const a = shot.byBase.get(at.place.base);
  if (a === undefined) return -1;
  return at.place.single ? shot.areas[a].first : shot.areas[a].at[at.slice];
}

/* ---- blocks in a page ---- */

/* Of a page of one slice: blocks stand in rows, as the slice is square. */
function gridOf(shot, p) {
  const n = totalBlocks(shot, p), columns = Math.ceil(Math.sqrt(n));
  return { n, columns, rows: Math.ceil(n / columns) };
}

/* The block at a point of a page; -1: none, or they are not drawn one by one. */
function blockAtPoint(shot, p, at) {
  if (classOf(shot, p) === SINGLE) return 0;
  const inItem = at.slice - shot.itemFirst[shot.pageItem[p]];
  if (slicesOf(shot, p) > 1)
    return blockAt(shot, p, addressOfItem(shot, shot.pageItem[p]) + (inItem + at.dx) * SLICE);
  const g = gridOf(shot, p), b = Math.floor(at.dy * g.rows) * g.columns + Math.floor(at.dx * g.columns);
  return b < g.n ? b : -1;
}
