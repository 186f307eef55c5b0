(() => {
  const form = document.getElementById("find"), input = form.querySelector("input");
  const told = form.querySelector("[role=status]"), list = form.querySelector("ul");
  const fold = text => text.normalize("NFKC").toLowerCase();
  let index = null, asked = false;
  const add = (label, href, note, lang) => {
    const row = document.createElement("li"), link = document.createElement("a"), small = document.createElement("small");
    link.textContent = label;
    link.href = href;
    if (lang) row.lang = lang;
    small.textContent = note;
    row.append(link, " ", small);
    list.append(row);
  };
  const show = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    list.replaceChildren();
    told.textContent = "";
    if (!index || !words.length) return;
    const hits = (rows, most) => rows.filter(row => words.every(word => row.folded.includes(word))).slice(0, most);
    for (const row of hits(index.feeds, 12)) add(row[0], row[1], row[2]);
    for (const row of hits(index.items, 30)) add(row[0], row[1], row[2], row[3]);
    told.textContent = form.dataset[list.children.length ? "found" : "none"].replace("%", list.children.length);
  };
  const load = () => {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = form.dataset.index;
    script.onload = () => {
      index = window.tagwire;
      for (const row of [...index.feeds, ...index.items]) row.folded = fold(row[0] + " " + row[2]);
      show();
    };
    script.onerror = () => { asked = false; told.textContent = form.dataset.missing; };
    document.head.append(script);
  };
  form.hidden = false;
  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); show(); });
  form.addEventListener("submit", event => {
    event.preventDefault();
    const first = list.querySelector("a");
    if (first) first.focus();
  });
})();
