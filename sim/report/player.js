/* Steps through the runs of this page.
 *
 * The program writes each run into an element `script.run` as JSON, and the lines of its trace into
 * `script.lines` behind it. This script shows them. It knows no rule of the protocol: which cells of the
 * state change at an event, what led to it and how it is drawn stands in the run. All text goes into
 * the page as text, and nothing is loaded.
 *
 * A run is a state, shown as tables, and events that change it:
 *   words                      texts; the numbers below that are called words are places in it
 *   title, nodes               words
 *   end                        virtual time at the end, ns
 *   t, node, peer, drawn       of each event: instant, node, other end of a message or -1, and how it is
 *   label, says, why           drawn (SEND to STEP below); words; the event that led to it or -1
 *   findings, milestones       events to jump to
 *   groups                     tables of the state: heading, columns, rows (words), first cell
 *   start                      the words in all cells before the first event
 *   changes                    triples: events since the triple before, cell, its word from then on
 *   keys                       made and gone (events, gone -1: never), hint, key, reason (words)
 *   messages                   sent and ended (events, ended -1: never)
 * A table has three cells a row, also where it shows fewer columns. */
(() => {
    "use strict";

    const SEND = 0, ARRIVE = 1, LOSE = 2, STEP = 3;
    const CELLS = 3; /* of a row */
    const SHOWN = 21; /* events of the sequence */
    const NODES_MAX = 9; /* columns of the sequence */
    const SERVICES = 3; /* nodes before the clients: server, token provider, encryption provider */
    const ROWS_MAX = 24; /* of a table */
    const LONG = 2000; /* a run of more events is folded */
    const WHY_MAX = 8; /* steps back that are listed */

    /* ---- text and elements ---- */

    const make = (name, attributes, ...children) => {
        const element = document.createElement(name);
        for (const [key, value] of Object.entries(attributes || {}))
            element.setAttribute(key, value);
        element.append(...children);
        return element;
    };

    /* Four digits, as the program shows spans of time. */
    const span = (ns) => {
        let quantum = 1;
        for (let digits = ns; digits >= 10000; digits = Math.floor(digits / 10))
            quantum *= 10;
        const rest = ns % quantum;
        const shown = rest >= quantum - rest ? ns - rest + quantum : ns - rest;
        const units = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];
        const [name, size] = units.find((unit) => shown >= unit[1]) || units[1];
        return `${Number((shown / size).toPrecision(12))} ${name}`;
    };

    /* The last place in the rising list whose value is at most @value; -1 if there is none. */
    const lastAtMost = (list, value) => {
        let low = 0, high = list.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (list[middle] <= value)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    };

    /* ---- a run and its state ---- */

    class Run {
        constructor(data) {
            const n = data.t.length;
            Object.assign(this, data);
            this.n = n;
            this.at = 0; /* events that have happened */
            this.cells = data.start.slice();
            this.here = { keys: new Set(), messages: new Set() };
            this.begins = { keys: new Int32Array(n).fill(-1), messages: new Int32Array(n).fill(-1) };
            this.ends = { keys: new Int32Array(n).fill(-1), messages: new Int32Array(n).fill(-1) };
            for (const [kind, size] of [["keys", 5], ["messages", 2]])
                for (let i = 0; i * size < data[kind].length; i++) {
                    this.begins[kind][data[kind][i * size]] = i;
                    if (data[kind][i * size + 1] >= 0)
                        this.ends[kind][data[kind][i * size + 1]] = i;
                }
            this.readChanges(data.changes);
        }

        /* first[i]: the first change of event i; the last one is behind the last change. */
        readChanges(changes) {
            const count = changes.length / 3, now = this.cells.slice();
            this.first = new Uint32Array(this.n + 1);
            this.cell = new Uint32Array(count);
            this.before = new Uint32Array(count);
            this.after = new Uint32Array(count);
            let event = 0, filled = 0;
            for (let i = 0; i < count; i++) {
                event += changes[3 * i];
                while (filled <= event)
                    this.first[filled++] = i;
                const cell = this.cell[i] = changes[3 * i + 1];
                this.before[i] = now[cell];
                now[cell] = this.after[i] = changes[3 * i + 2];
            }
            this.first.fill(count, filled);
        }

        /* Goes to the state behind the first @at events. */
        go(at) {
            for (; this.at < at; this.at++) {
                for (let i = this.first[this.at]; i < this.first[this.at + 1]; i++)
                    this.cells[this.cell[i]] = this.after[i];
                this.move(this.begins, this.ends);
            }
            while (this.at > at) {
                this.at--;
                for (let i = this.first[this.at + 1] - 1; i >= this.first[this.at]; i--)
                    this.cells[this.cell[i]] = this.before[i];
                this.move(this.ends, this.begins);
            }
        }

        move(comes, goes) {
            for (const kind of ["keys", "messages"]) {
                if (goes[kind][this.at] >= 0)
                    this.here[kind].delete(goes[kind][this.at]);
                if (comes[kind][this.at] >= 0)
                    this.here[kind].add(comes[kind][this.at]);
            }
        }

        word(i) {
            return this.words[i];
        }

        name(node) {
            return node < 0 ? "nobody" : this.words[this.nodes[node]];
        }
    }

    /* ---- the player of a run ---- */

    class Player {
        constructor(source, alone) {
            const lines = source.nextElementSibling;
            this.source = source;
            this.lines = lines !== null && lines.classList.contains("lines") ? lines : null;
            this.fold = make("details", { class: "player" }, make("summary", {}, "Step through the run"));
            this.fold.addEventListener("toggle", () => this.open());
            source.before(this.fold);
            if (alone && source.textContent.length < LONG * 100)
                this.fold.open = true;
        }

        /* A run is read when somebody wants to see it. */
        open() {
            if (this.run === undefined) {
                this.run = new Run(JSON.parse(this.source.textContent));
                this.trail = [];
                this.build();
                this.goTo(1);
            }
            if (!this.fold.open)
                this.stop();
        }

        /* ---- where to go ---- */

        goTo(at, time) {
            const run = this.run;
            const from = run.at;
            run.go(Math.max(0, Math.min(run.n, at)));
            this.time = time !== undefined ? time : run.at > 0 ? run.t[run.at - 1] : 0;
            this.show(from);
        }

        /* The event that is shown; -1 before the first. */
        get event() {
            return this.run.at - 1;
        }

        forward() {
            this.goTo(this.run.at + 1);
        }

        back() {
            this.goTo(Math.max(1, this.run.at - 1));
        }

        next(marks) {
            const place = lastAtMost(marks, this.event) + 1;
            if (place < marks.length)
                this.goTo(marks[place] + 1);
            else
                this.say("There is none after this event. ");
        }

        previous(marks) {
            const place = lastAtMost(marks, this.event - 1);
            if (place >= 0)
                this.goTo(marks[place] + 1);
            else
                this.say("There is none before this event. ");
        }

        jump(event) {
            this.trail.push(this.event);
            this.goTo(event + 1);
        }

        why() {
            const cause = this.event >= 0 ? this.run.why[this.event] : -1;
            if (cause >= 0)
                this.jump(cause);
            else
                this.say("Nothing in the trace led to this event. ");
        }

        comeBack() {
            if (this.trail.length > 0)
                this.goTo(this.trail.pop() + 1);
            else
                this.say("There is nothing to return to. ");
        }

        play() {
            if (this.timer !== undefined)
                return this.stop();
            const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
            this.timer = setInterval(() => {
                if (this.run.at >= this.run.n)
                    this.stop();
                else
                    this.forward();
            }, calm ? 1500 : 600);
            this.buttons.play.textContent = "Pause";
        }

        stop() {
            clearInterval(this.timer);
            this.timer = undefined;
            if (this.buttons !== undefined)
                this.buttons.play.textContent = "Play";
        }

        /* ---- what is in the page ---- */

        build() {
            const run = this.run;
            /* name, words, keys, what it does */
            const commands = [
                ["first", "First", "Home", () => this.goTo(1)],
                ["back", "Back", "ArrowLeft ,", () => this.back()],
                ["play", "Play", "Space", () => this.play()],
                ["forward", "Forward", "ArrowRight .", () => this.forward()],
                ["last", "Last", "End", () => this.goTo(run.n)],
                ["milestone", "Next milestone", "m", () => this.next(run.milestones)],
                ["finding", "Next finding", "n", () => this.next(run.findings)],
                ["why", "Why?", "w", () => this.why()],
                ["return", "Return", "b", () => this.comeBack()],
            ];
            this.keys = new Map([
                ["M", () => this.previous(run.milestones)],
                ["N", () => this.previous(run.findings)],
                ["PageDown", () => this.goTo(run.at + 10)],
                ["PageUp", () => this.goTo(Math.max(1, run.at - 10))],
            ]);
            this.buttons = {};
            const bar = make("div", { class: "bar", role: "toolbar", "aria-label": "Steps" });
            for (const [name, words, keys, act] of commands) {
                const button = make("button", { type: "button", "data-does": name, "aria-keyshortcuts": keys.replace(/ .$/, "") }, words);
                button.addEventListener("click", act);
                for (const key of keys.split(" "))
                    this.keys.set(key === "Space" ? " " : key, act);
                this.buttons[name] = button;
                bar.append(button);
            }
            this.buttons.finding.disabled = run.findings.length === 0;
            this.buttons.milestone.disabled = run.milestones.length === 0;

            this.slider = make("input", { type: "range", min: "0", max: String(run.end), step: "any", "aria-label": "Virtual time" });
            this.slider.addEventListener("input", () => {
                const time = Number(this.slider.value);
                this.goTo(lastAtMost(run.t, time) + 1, time);
            });
            const marks = make("div", { class: "marks", "aria-hidden": "true" });
            for (const finding of run.findings) {
                const mark = make("i");
                mark.style.left = `${run.end > 0 ? (100 * run.t[finding]) / run.end : 0}%`;
                marks.append(mark);
            }
            this.status = make("p", { class: "now", role: "status" });
            this.chain = make("ol", { class: "chain" });
            this.because = make("div", { class: "because" }, make("h4", {}, "What led to it"), this.chain);
            this.lanes = make("div", { class: "lanes", "aria-hidden": "true" });
            this.heads = make("div", { class: "heads", "aria-hidden": "true" });
            this.rows = make("ol", { class: "rows" });
            this.rows.addEventListener("click", (click) => {
                const row = click.target.closest("li");
                if (row !== null)
                    this.goTo(Number(row.dataset.event));
            });
            this.sequence = make("div", { class: "sequence", tabindex: "0", role: "region", "aria-label": "Sequence of events" }, this.heads, this.lanes, this.rows);
            this.line = make("pre", { class: "line", tabindex: "0", "aria-label": "Line of the trace" });
            this.tables = run.groups.filter((group) => group.rows.length > 0).map((group) => this.table(group.heading, group.columns, group));
            this.store = this.table("In the store", ["Hint", "Key", "Age", "Goes"]);
            this.transit = this.table("On its way", ["From", "To", "Message", "Since", "Arrives"]);
            const state = make("div", { class: "state" });
            for (const table of [...this.tables, this.store, this.transit])
                state.append(table.box);
            this.group = make("div", { class: "steps", role: "group", "aria-label": `Player of ${run.word(run.title)}` }, bar,
                make("div", { class: "time" }, this.slider, marks), this.status,
                make("div", { class: "view" }, make("div", { class: "left" }, this.sequence, make("h4", {}, "Its line of the trace"), this.line, this.because), state),
                make("p", { class: "small muted" }, "Keys: ← → one event, Page Up and Page Down ten, Home and End, Space plays, m and n the next milestone and finding, M and N the one before, w why, b back from there."));
            this.group.addEventListener("keydown", (event) => this.press(event, event.target));
            this.fold.append(this.group);
        }

        table(heading, columns, group) {
            const body = make("tbody"), more = make("p", { class: "small muted" });
            const head = make("tr", {}, ...columns.map((column) => make("th", { scope: "col" }, column)));
            const box = make("div", { class: "box", tabindex: "0", role: "region", "aria-label": heading }, make("table", {}, make("caption", {}, heading), make("thead", {}, head), body), more);
            return { box, body, more, group };
        }

        /* Keys do nothing where they mean something else: Space on a button, up and down but on the
         * slider and the sequence. */
        press(event, target) {
            let key = event.key;
            if (event.ctrlKey || event.altKey || event.metaKey || (key === " " && target.tagName === "BUTTON"))
                return;
            if ((key === "ArrowUp" || key === "ArrowDown") && (target === this.slider || target === this.sequence))
                key = key === "ArrowUp" ? "ArrowLeft" : "ArrowRight";
            const act = this.keys.get(key);
            if (act === undefined)
                return;
            event.preventDefault();
            if (key !== " ")
                this.stop();
            act();
        }

        /* ---- showing an instant ---- */

        /* Where it stands, in words, and before them why it went nowhere. */
        say(before) {
            const run = this.run;
            const said = run.at > 0 ? run.word(run.says[this.event]) : "nothing has happened yet";
            this.status.textContent = `${before}${this.place()}: ${said}.`;
        }

        place() {
            return `Event ${this.run.at} of ${this.run.n}, ${span(this.time)}`;
        }

        show(from) {
            const run = this.run;
            this.group.dataset.event = String(run.at);
            this.slider.value = String(this.time);
            this.slider.setAttribute("aria-valuetext", this.place());
            this.say("");
            this.status.classList.toggle("found", run.findings.includes(this.event));
            this.buttons.why.disabled = run.at === 0 || run.why[this.event] < 0;
            this.buttons.return.disabled = this.trail.length === 0;
            this.showChain();
            this.showSequence();
            this.showLine();
            for (const table of this.tables)
                this.showGroup(table, from);
            this.showStore();
            this.showTransit();
        }

        showChain() {
            const run = this.run, links = [];
            let event = this.event >= 0 ? run.why[this.event] : -1;
            for (; event >= 0 && links.length < WHY_MAX; event = run.why[event]) {
                const cause = event;
                const button = make("button", { type: "button", "data-event": String(cause + 1) }, `${span(run.t[cause])}: ${run.word(run.says[cause])}`);
                button.addEventListener("click", () => this.jump(cause));
                links.push(make("li", {}, button));
            }
            if (event >= 0)
                links.push(make("li", { class: "muted" }, "and so on"));
            this.because.hidden = links.length === 0;
            this.chain.replaceChildren(...links);
        }

        showLine() {
            if (this.lines !== null && this.text === undefined)
                this.text = this.lines.textContent.split("\n");
            this.line.textContent = this.event >= 0 && this.text !== undefined ? this.text[this.event] : "";
        }

        /* ---- the sequence ---- */

        /* The nodes that have a column: all of a few, else those of the nearest events. Services stand
         * outside, as in the diagram. */
        columns(first, last) {
            const run = this.run;
            let clients = [];
            if (run.nodes.length <= NODES_MAX) {
                for (let node = SERVICES; node < run.nodes.length; node++)
                    clients.push(node);
            } else {
                const seen = new Set(), near = Array.from({ length: last - first }, (_, i) => first + i);
                near.sort((a, b) => Math.abs(a - this.event) - Math.abs(b - this.event));
                for (const event of near)
                    for (const node of [run.node[event], run.peer[event]])
                        if (node >= SERVICES && seen.size < NODES_MAX - SERVICES)
                            seen.add(node);
                clients = [...seen].sort((a, b) => a - b);
            }
            return [1, ...clients, 0, 2];
        }

        showSequence() {
            const run = this.run;
            const first = Math.max(0, Math.min(this.event - (SHOWN >> 1), run.n - SHOWN));
            const last = Math.min(run.n, first + SHOWN);
            const columns = this.columns(first, last);
            const x = (node) => ((columns.indexOf(node) + 0.5) * 100) / columns.length;
            const heads = columns.map((node) => {
                const head = make("span", { title: run.name(node) }, run.name(node));
                head.style.width = `${100 / columns.length}%`;
                return head;
            });
            this.heads.replaceChildren(...heads);
            this.lanes.replaceChildren(...columns.map((node) => {
                const lane = make("i");
                lane.style.left = `${x(node)}%`;
                return lane;
            }));
            const rows = [];
            for (let event = first; event < last; event++)
                rows.push(this.row(event, columns, x, event === first || run.t[event] !== run.t[event - 1]));
            this.rows.replaceChildren(...rows);
        }

        row(event, columns, x, timed) {
            const run = this.run, drawn = run.drawn[event], row = make("li", { "data-event": String(event + 1) });
            row.append(make("span", { class: "t" }, timed ? span(run.t[event]) : ""));
            const lane = make("span", { class: "lane" });
            const label = make("span", { class: "label" }, run.word(run.label[event]));
            const node = run.node[event], peer = run.peer[event];
            if (drawn !== STEP && columns.includes(node) && columns.includes(peer)) {
                const [from, to] = drawn === SEND ? [x(node), x(peer)] : [x(peer), x(node)];
                const arrow = make("span", { class: `arrow ${to > from ? "right" : "left"} ${["send", "arrive", "lose"][drawn]}` }, label);
                arrow.style.left = `${Math.min(from, to)}%`;
                arrow.style.width = `${Math.abs(to - from)}%`;
                if (drawn === LOSE)
                    label.append(" (lost)");
                lane.append(arrow);
            } else {
                const at = columns.includes(node) ? x(node) : 0, dot = make("i", { class: "dot" });
                if (drawn !== STEP)
                    label.prepend(drawn === SEND ? `${run.name(node)} to ${run.name(peer)}: ` : `${run.name(peer)} to ${run.name(node)}: `);
                else if (!columns.includes(node))
                    label.prepend(`${run.name(node)}: `);
                dot.style.left = `${at}%`;
                if (at > 55)
                    label.style.right = `calc(${100 - at}% + .6rem)`;
                else
                    label.style.left = `calc(${at}% + .6rem)`;
                label.style.maxWidth = `calc(${at > 55 ? at : 100 - at}% - .6rem)`;
                lane.append(dot, label);
            }
            row.append(lane);
            if (event === this.event) {
                row.className = "at";
                row.setAttribute("aria-current", "step");
            }
            if (run.findings.includes(event))
                row.classList.add("found");
            return row;
        }

        /* ---- the state ---- */

        fill(table, rows, more) {
            table.body.replaceChildren(...rows);
            table.more.textContent = more;
        }

        cellsOf(texts, changed) {
            return make("tr", {}, ...texts.map((text, i) => make("td", changed && changed[i] ? { class: "new" } : {}, text)));
        }

        /* Of many rows those that this event is about, and how many others are in which state. */
        showGroup(table, from) {
            const run = this.run, group = table.group, fresh = new Set();
            if (this.event >= 0 && Math.abs(from - run.at) === 1)
                for (let i = run.first[this.event]; i < run.first[this.event + 1]; i++)
                    fresh.add(run.cell[i]);
            let rows = group.rows.map((_, i) => i), more = "";
            if (rows.length > ROWS_MAX) {
                const named = new Set(this.event >= 0 ? [run.nodes[run.node[this.event]], run.nodes[run.peer[this.event]]] : []);
                const about = (i) => named.has(group.rows[i]);
                const shown = [...rows.filter(about), ...rows.filter((i) => !about(i)).slice(0, ROWS_MAX)].slice(0, ROWS_MAX);
                const counts = new Map();
                for (const i of rows) {
                    const word = run.word(run.cells[group.first + i * CELLS]);
                    counts.set(word, (counts.get(word) || 0) + 1);
                }
                more = `${shown.length} of ${rows.length} are shown. Of all: ${[...counts].map(([word, n]) => `${n} ${word || "nothing"}`).join(", ")}.`;
                rows = shown;
            }
            this.fill(table, rows.map((i) => {
                const cells = group.columns.slice(1).map((_, c) => group.first + i * CELLS + c);
                return this.cellsOf([run.word(group.rows[i]), ...cells.map((cell) => run.word(run.cells[cell]) || "–")], [false, ...cells.map((cell) => fresh.has(cell))]);
            }), more);
        }

        /* At most ROWS_MAX of those that are there, the latest first. */
        latest(kind) {
            const all = [...this.run.here[kind]].sort((a, b) => b - a);
            return [all.slice(0, ROWS_MAX), all.length > ROWS_MAX ? `and ${all.length - ROWS_MAX} more` : all.length === 0 ? "nothing" : ""];
        }

        showStore() {
            const run = this.run, [places, more] = this.latest("keys");
            this.fill(this.store, places.map((i) => {
                const [made, gone, hint, key, reason] = run.keys.slice(5 * i, 5 * i + 5);
                const why = run.word(reason) === "" ? "" : ` (${run.word(reason)})`;
                return this.cellsOf([run.word(hint), run.word(key), span(this.time - run.t[made]), gone >= 0 ? `in ${span(run.t[gone] - this.time)}${why}` : "stays"],
                    [made === this.event]);
            }), more);
        }

        showTransit() {
            const run = this.run, [places, more] = this.latest("messages");
            this.fill(this.transit, places.map((i) => {
                const sent = run.messages[2 * i], ended = run.messages[2 * i + 1];
                const arrives = ended < 0 ? "not before the end" : `${run.drawn[ended] === LOSE ? "is lost in" : "in"} ${span(run.t[ended] - this.time)}`;
                return this.cellsOf([run.name(run.node[sent]), run.name(run.peer[sent]), run.word(run.label[sent]), span(this.time - run.t[sent]), arrives],
                    [false, false, sent === this.event]);
            }), more);
        }
    }

    const sources = document.querySelectorAll("script.run");
    const players = Array.from(sources, (source) => new Player(source, sources.length === 1));

    /* Where nothing has the focus, keys that the page itself does not need go to the only open player. */
    document.addEventListener("keydown", (event) => {
        const open = players.filter((player) => player.fold.open && player.run !== undefined);
        if (event.target === document.body && open.length === 1 && ["ArrowLeft", "ArrowRight", "m", "n", "M", "N", "w", "b"].includes(event.key))
            open[0].press(event, open[0].group);
    });
})();
