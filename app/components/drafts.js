// Words that the server may not have heard of yet, by the caption's id; they outlast the page, but not the tab.

const DRAFTS = "captions-drafts";

const drafts = {
  all() {
    try {
      return JSON.parse(sessionStorage.getItem(DRAFTS)) || {};
    } catch {
      return {};
    }
  },
  put(id, text) {
    sessionStorage.setItem(DRAFTS, JSON.stringify({ ...this.all(), [id]: text }));
  },
  // The server has this text: it need not be told again.
  heard(id, text) {
    const all = this.all();
    if (!(id in all) || all[id] !== text) return;
    delete all[id];
    sessionStorage.setItem(DRAFTS, JSON.stringify(all));
  },
};
