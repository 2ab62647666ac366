// The line ends of cells. A field of a page has only "\n"; a cell keeps what its file has, unless it is changed.

export const shownText = (cell) => cell.replaceAll(/\r\n?/g, "\n");

// The cell that a field's text stands for: a known one that looks like it, or else the text with the line ends of the
// first known cell, if these are all alike.
export const cellText = (text, known) => {
  const same = known.find((cell) => cell !== undefined && shownText(cell) === text);
  if (same !== undefined) return same;
  const ends = new Set(known[0].match(/\r\n?|\n/g));
  return ends.size === 1 ? text.replaceAll("\n", [...ends][0]) : text;
};
