// Corrected rows that are not imported yet. They are kept for as long as the tab is open, also when it is reloaded.

export const draftsOf = (importId) => {
  const key = `product-importer fix ${importId}`;
  let drafts = {};
  try {
    drafts = JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    drafts = {}; // nothing is kept, or something that is no draft
  }
  const keep = () => {
    try {
      sessionStorage.setItem(key, JSON.stringify(drafts));
    } catch {
      // There is no room: the drafts last until the page is left.
    }
  };
  return {
    get: (record) => drafts[record],
    // A draft has its cells, and `errors` once the server has checked it.
    set: (record, cells) => {
      drafts[record] = { cells };
      keep();
    },
    tell: (record, cells, errors) => {
      if (JSON.stringify(drafts[record]?.cells) !== JSON.stringify(cells)) return; // it was changed meanwhile
      drafts[record].errors = errors;
      keep();
    },
    remove: (records) => {
      for (const record of records) delete drafts[record];
      keep();
    },
    clear: () => {
      drafts = {};
      keep();
    },
    all: () => Object.entries(drafts).map(([record, draft]) => ({ record: Number(record), ...draft })),
  };
};
