/* map_draw.js -- draws a snapshot in a part of the canvas: from afar a picture of each segment, nearer pages with how full they
 * are, nearest their blocks. Whatever the size of the heap, one drawing touches what is in sight. */
const NEAR = 5;     /* pixels a slice from which pages are drawn one by one */
const NEAREST = 64; /* from which blocks may be */
const CELL = 2.5;   /* pixels that a block needs at least */

/* A picture of an arena, a pixel a slice, in 8 x 8 segments; made when it is first seen. */
function textureOf(shot, a) {
  if (shot.textures[a]) return shot.textures[a];
  const area = shot.areas[a], image = new ImageData(64, 64), pixels = new Uint32Array(image.data.buffer);
  for (let s = 0; s < area.slices; s++) {
    const segment = s >> 6, x = segment % 8 * 8 + s % 8, y = (segment >> 3) * 8 + (s >> 3) % 8;
    if (area.at[s] >= 0) pixels[y * 64 + x] = shot.shade[area.at[s]];
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  canvas.getContext("2d").putImageData(image, 0, 0);
  return shot.textures[a] = canvas;
}

class Drawing {
  constructor(context, shot, layout, box, camera, marks) {
    Object.assign(this, { context, shot, layout, box, camera, marks, px: camera.scale });
  }
  x(x) { return this.box.x + (x - this.camera.x) * this.px; }
  y(y) { return this.box.y + (y - this.camera.y) * this.px; }
  inSight(x, y, w, h) {
    const l = this.x(x), t = this.y(y);
    return l < this.box.x + this.box.w && t < this.box.y + this.box.h && l + w * this.px > this.box.x && t + h * this.px > this.box.y;
  }

  draw() {
    const c = this.context, b = this.box;
    c.save();
    c.beginPath();
    c.rect(b.x, b.y, b.w, b.h);
    c.clip();
    c.fillStyle = css(palette.paper);
    c.fillRect(b.x, b.y, b.w, b.h);
    for (const place of this.layout.places)
      if (this.inSight(place.x, place.y, place.width, place.height)) this.drawPlace(place);
    this.drawMarks();
    c.restore();
  }

  drawPlace(place) {
    this.drawLabel(place);
    const a = this.shot.byBase.get(place.base);
    if (place.single) return this.drawSingle(place, a);
    place.tiles.forEach((segment, i) => {
      const x = tileX(place, i), y = tileY(place, i);
      if (!this.inSight(x, y, TILE, TILE)) return;
      const there = a !== undefined && (this.shot.areas[a].segments[segment] & 3) !== 0;
      if (!there) this.drawNothing(x, y, TILE, TILE);
      else if (this.px < NEAR) this.drawFar(a, segment, x, y);
      else this.drawNear(a, segment, x, y);
    });
  }

  drawLabel(place) {
    const size = Math.min(14, LABEL * this.px * 0.66), c = this.context;
    if (size < 7) return;
    c.fillStyle = css(mix(palette.ink, palette.paper, 0.3));
    c.font = `${size}px system-ui, sans-serif`;
    c.textBaseline = "alphabetic";
    const what = place.single ? `mapping of its own, ${sizeText(place.slices * SLICE)}` : `arena ${place.number}`;
    const absent = place.single ? 0 : place.slices / SEGMENT_SLICES - place.tiles.length;
    const tail = absent > 0 ? ` \u00b7 ${place.tiles.length} of its ${absent + place.tiles.length} segments are mapped` : "";
    let words = `${what} at ${hex(place.base)}${tail}`;
    const room = (place.width + MARGIN * 0.7) * this.px;
    if (c.measureText(words).width > room) words = `${what} at ${hex(place.base)}`;
    if (c.measureText(words).width > room) words = what;
    c.fillText(words, this.x(place.x), this.y(place.y + LABEL) - Math.max(3, size * 0.4));
  }

  drawNothing(x, y, w, h) {
    this.context.strokeStyle = css(palette.clean);
    this.context.setLineDash([4, 4]);
    this.context.strokeRect(this.x(x) + 0.5, this.y(y) + 0.5, w * this.px - 1, h * this.px - 1);
    this.context.setLineDash([]);
  }

  drawSingle(place, a) {
    const w = place.width, h = place.height - LABEL;
    if (a === undefined) return this.drawNothing(place.x, place.y + LABEL, w, h);
    this.context.fillStyle = css(unpacked(this.shot.shade[this.shot.areas[a].first]));
    this.context.fillRect(this.x(place.x), this.y(place.y + LABEL), w * this.px, h * this.px);
  }

  /* To whole pixels, or seams would show. Where a gap between segments is less than a pixel or so there is none. */
  drawFar(a, segment, x, y) {
    const c = this.context, side = (PITCH - TILE) * this.px < 1.3 ? PITCH : TILE;
    const l = Math.round(this.x(x)), t = Math.round(this.y(y)), r = Math.round(this.x(x + side)), b = Math.round(this.y(y + side));
    c.imageSmoothingEnabled = this.px < 1;
    c.drawImage(textureOf(this.shot, a), segment % 8 * 8, (segment >> 3) * 8, 8, 8, l, t, r - l, b - t);
  }

  /* The items of a segment, in rows. */
  drawNear(a, segment, x, y) {
    const area = this.shot.areas[a], items = this.shot.columns.item_slices;
    for (let s = 0; s < SEGMENT_SLICES;) {
      const slice = segment * SEGMENT_SLICES + s, item = area.at[slice];
      if (item < 0) {
        s++;
        continue;
      }
      const first = this.shot.itemFirst[item], end = Math.min(SEGMENT_SLICES, first + items[item] - segment * SEGMENT_SLICES);
      for (let at = s; at < end;) {
        const row = at >> 3, stop = Math.min(end, row * 8 + 8), inItem = segment * SEGMENT_SLICES + at - first;
        this.drawPiece(item, x + at % 8, y + row, stop - at, inItem, inItem + stop - at === items[item]);
        at = stop;
      }
      s = end;
    }
  }

  /* Slices of an item side by side, from its slice `from` on. */
  drawPiece(item, x, y, slices, from, last) {
    if (!this.inSight(x, y, slices, 1)) return;
    const c = this.context, gap = Math.min(2, this.px * 0.07), left = from === 0 ? gap : 0, right = last ? gap : 0;
    const box = { x: this.x(x) + left, y: this.y(y) + gap, w: slices * this.px - left - right, h: this.px - 2 * gap };
    const page = this.shot.itemPage[item], colour = unpacked(this.shot.shade[item]);
    if (page < 0) {
      c.fillStyle = css(colour);
      c.fillRect(box.x, box.y, box.w, box.h);
      return;
    }
    if (this.drawBlocks(page, box, from, slices, colour)) return;
    const fill = fillOf(this.shot, page), waiting = waitingBlocks(this.shot, page) / Math.max(1, totalBlocks(this.shot, page));
    c.fillStyle = css(mix(colour, palette.paper, 0.68));
    c.fillRect(box.x, box.y, box.w, box.h);
    c.fillStyle = css(colour);
    c.fillRect(box.x, box.y + box.h * (1 - fill), box.w, box.h * fill);
    if (waiting > 0) {
      c.fillStyle = waitingFill(c);
      c.fillRect(box.x, box.y + box.h * Math.max(0, 1 - fill - waiting), box.w, box.h * waiting);
    }
    this.drawWords(page, box, from, mix(colour, palette.paper, box.h * (1 - fill) < 10 ? 0 : 0.68));
  }

  drawWords(page, box, from, under) {
    if (from > 0 || box.h < 34 || box.w < 90) return;
    const c = this.context, dark = under[0] * 0.3 + under[1] * 0.6 + under[2] * 0.1 < 150;
    c.fillStyle = dark ? "#ffffff" : "#101820";
    c.font = "12px system-ui, sans-serif";
    const words = classOf(this.shot, page) === SINGLE ? sizeText(blockSize(this.shot, page))
      : `${sizeText(blockSize(this.shot, page))} \u00d7 ${usedBlocks(this.shot, page)}/${totalBlocks(this.shot, page)}`;
    c.fillText(words, box.x + 6, box.y + 16, box.w - 10);
  }

  /* False: too small, or not known. */
  drawBlocks(page, box, from, slices, colour) {
    if (this.px < NEAREST || classOf(this.shot, page) === SINGLE) return false;
    const map = mapOf(this.shot, page);
    if (!map) return false;
    const several = slicesOf(this.shot, page) > 1, g = gridOf(this.shot, page);
    if (!several && box.w / g.columns < CELL) return false;
    this.context.fillStyle = css(mix(colour, palette.paper, 0.86));
    this.context.fillRect(box.x, box.y, box.w, box.h);
    if (several) this.drawBands(page, map, from, slices, box, colour);
    else this.drawGrid(page, map, g, box, colour);
    return true;
  }

  blockColour(page, map, block, colour) {
    if (block >= carvedBlocks(this.shot, page)) return null;
    return [colour, mix(colour, palette.paper, 0.45), palette.listed, palette.waiting][map(block)];
  }

  drawGrid(page, map, g, box, colour) {
    const c = this.context, w = box.w / g.columns, h = box.h / g.rows, gap = Math.min(3, w * 0.12);
    const top = Math.max(0, Math.floor((this.box.y - box.y) / h)), bottom = Math.min(g.rows, Math.ceil((this.box.y + this.box.h - box.y) / h));
    for (let row = top; row < bottom; row++)
      for (let column = 0; column < g.columns && row * g.columns + column < g.n; column++)
        this.drawBlock(page, map, row * g.columns + column, colour, { x: box.x + column * w + gap / 2, y: box.y + row * h + gap / 2, w: w - gap, h: h - gap });
    c.lineWidth = 1;
  }

  drawBands(page, map, from, slices, box, colour) {
    const size = blockSize(this.shot, page), start = addressOfItem(this.shot, this.shot.pageItem[page]);
    const low = start + from * SLICE, high = low + slices * SLICE, first = firstBlock(this.shot, page);
    const scale = box.w / (high - low), gap = Math.min(3, size * scale * 0.12);
    for (let b = Math.max(0, Math.floor((low - first) / size)); b < totalBlocks(this.shot, page) && first + b * size < high; b++) {
      const l = Math.max(low, first + b * size), r = Math.min(high, first + (b + 1) * size);
      this.drawBlock(page, map, b, colour, { x: box.x + (l - low) * scale + gap / 2, y: box.y + gap / 2, w: (r - l) * scale - gap, h: box.h - gap });
    }
  }

  drawBlock(page, map, block, colour, box) {
    const c = this.context, of = this.blockColour(page, map, block, colour);
    if (of === null) {
      c.strokeStyle = css(mix(colour, palette.paper, 0.6));
      if (box.w > 5) c.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
      return;
    }
    c.fillStyle = map(block) === BLOCK.WAITING ? waitingFill(c) : css(of);
    c.fillRect(box.x, box.y, box.w, box.h);
    if (map(block) === BLOCK.CACHED && box.w > 5) { /* not by colour alone */
      c.strokeStyle = css(colour);
      c.beginPath();
      c.moveTo(box.x, box.y + box.h);
      c.lineTo(box.x + box.w, box.y);
      c.stroke();
    }
    const number = box.w > 46 && box.h > 18;
    if (!number) return;
    c.fillStyle = of[0] * 0.3 + of[1] * 0.6 + of[2] * 0.1 < 150 ? "#ffffff" : "#101820";
    c.font = "11px system-ui, sans-serif";
    c.fillText(String(block), box.x + 4, box.y + 13, box.w - 6);
  }

  /* What the pointer is on, and what is selected. */
  drawMarks() {
    for (const [item, width] of this.marks) {
      if (item < 0 || item >= this.shot.itemPage.length) continue;
      const c = this.context, area = this.layout.byBase.get(this.shot.areas[this.shot.itemArea[item]].base);
      c.strokeStyle = css(palette.ink);
      c.lineWidth = width;
      const pieces = area.single ? [[area.x, area.y + LABEL, area.width]] : piecesOf(this.shot, this.layout, item);
      const h = area.single ? area.height - LABEL : 1;
      for (const [x, y, w] of pieces) c.strokeRect(this.x(x), this.y(y), w * this.px, h * this.px);
      c.lineWidth = 1;
    }
  }
}
