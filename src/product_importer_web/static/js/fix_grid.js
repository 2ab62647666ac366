// The keys of a grid of text fields, and blocks of cells that are pasted from a spreadsheet.

const ROW = "tr[data-record]";
const CELL = "[data-place]";

const cellsOf = (row) => [...row.querySelectorAll(CELL)];

// The cells from this one on, as many columns and rows as there are.
const from = (cell) => {
  const row = cell.closest(ROW);
  const rows = [...row.parentElement.querySelectorAll(ROW)];
  return rows.slice(rows.indexOf(row)).map((each) => cellsOf(each).slice(cellsOf(row).indexOf(cell)));
};

const beside = (cell, down, right) => {
  const row = cell.closest(ROW);
  const rows = [...row.parentElement.querySelectorAll(ROW)];
  const column = cellsOf(row).indexOf(cell) + right;
  const other = rows[rows.indexOf(row) + down];
  return other && cellsOf(other)[column];
};

// The rows and cells of a text as spreadsheets copy it: tabs between cells; a cell with a line end is quoted.
export const blockOf = (text) => {
  const rows = [[""]];
  let quoted = false;
  for (let place = 0; place < text.length; place += 1) {
    const sign = text[place];
    const row = rows.at(-1);
    if (quoted && sign === '"' && text[place + 1] === '"') {
      row[row.length - 1] += '"';
      place += 1;
    } else if (quoted && sign === '"') quoted = false;
    else if (quoted) row[row.length - 1] += sign;
    else if (sign === '"' && row.at(-1) === "") quoted = true;
    else if (sign === "\t") row.push("");
    else if (sign === "\n") rows.push([""]);
    else if (sign !== "\r") row[row.length - 1] += sign;
  }
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  return rows;
};

// `changed` is called with the rows of the cells that have got other texts.
export const makeGrid = (table, changed) => {
  let before = "";
  let editing = false; // then arrows move within the text

  const write = (pairs) => {
    const rows = new Set();
    for (const [cell, text] of pairs) {
      if (cell.value === text) continue;
      cell.value = text;
      rows.add(cell.closest(ROW));
    }
    if (rows.size) changed([...rows]);
  };
  const go = (cell, down, right) => {
    const other = beside(cell, down, right);
    if (other) other.focus();
    return Boolean(other);
  };
  const atEdge = (cell, key) => {
    if (!editing) return true;
    const end = key === "ArrowLeft" || key === "ArrowUp" ? 0 : cell.value.length;
    return cell.selectionStart === end && cell.selectionEnd === end;
  };
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  const keys = {
    Enter: (cell, event) => go(cell, event.shiftKey ? -1 : 1, 0) || true,
    F2: (cell) => {
      editing = true;
      cell.setSelectionRange(cell.value.length, cell.value.length);
      return true;
    },
    Escape: (cell) => {
      write([[cell, before]]);
      editing = false;
      cell.select();
      return true;
    },
    d: (cell, event) => {
      if (!(event.ctrlKey || event.metaKey)) return false;
      const above = beside(cell, -1, 0);
      if (above) write([[cell, above.value]]);
      return true;
    },
    D: (cell, event) => {
      if (!(event.ctrlKey || event.metaKey)) return false;
      write(from(cell).map(([each]) => [each, cell.value]));
      return true;
    },
  };

  table.addEventListener("focusin", ({ target }) => {
    if (!target.matches(CELL)) return;
    before = target.value;
    editing = false;
    target.select();
  });
  table.addEventListener("mousedown", ({ target }) => {
    if (target.matches(CELL) && target === document.activeElement) editing = true;
  });
  table.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!target.matches(CELL) || event.isComposing || event.altKey) return;
    if (STEPS[key] && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      if (atEdge(target, key) && go(target, ...STEPS[key])) event.preventDefault();
    } else if (keys[key]?.(target, event)) event.preventDefault();
  });
  table.addEventListener("input", ({ target }) => {
    if (!target.matches(CELL)) return;
    editing = true;
    changed([target.closest(ROW)]);
  });
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (!event.target.matches(CELL) || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    const cells = from(event.target);
    write(blockOf(text).flatMap((row, down) => row.flatMap((value, right) => {
      const cell = cells[down]?.[right];
      return cell ? [[cell, value]] : [];
    })));
  });
};
