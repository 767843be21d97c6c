// A day as a moving picture: what happens is in `scene`, made by ccsim/explore/scene.py; here it is only drawn.
const WAITING = 0, SESSION = 1, PARKED = 2;
const DOT = 5, GAP = 13, CELL = 15, PAD = 8;

export default {
  template: `<div class="play">
    <div class="actions">
      <button type="button" class="plain" @click="running = !running">{{ running ? "Pause" : "Play" }}</button>
      <button type="button" class="plain" @click="to(scene.worst)">Worst interval</button>
      <label>Speed <select v-model.number="speed" class="plain">
        <option :value="30">half a minute a second</option><option :value="120">2 minutes a second</option>
        <option :value="600">10 minutes a second</option><option :value="1800">half an hour a second</option>
      </select></label>
      <label class="time">Time <input type="range" :min="scene.first" :max="scene.last" step="30" :value="now"
        :aria-valuetext="clock(now)" @input="to(Number($event.target.value))"></label>
      <b role="timer" class="clock">{{ scene.day }} {{ clock(now) }}</b>
    </div>
    <canvas ref="canvas" role="img" :aria-label="'Agents and contacts at ' + clock(now) + '; the same in the table below.'"></canvas>
    <div class="scroll" role="group" aria-label="Contacts now"><table class="sorted">
      <caption class="hidden">Contacts at this time</caption>
      <thead><tr><th scope="col">Queue</th><th scope="col" class="number" v-for="head in heads">{{ head }}</th></tr></thead>
      <tbody><tr v-for="(queue, q) in scene.queues"><th scope="row"><span class="dot" :style="{ background: colour(q) }"></span>
        {{ queue }}</th><td class="number" v-for="count in counts[q]">{{ count }}</td></tr></tbody>
    </table></div>
  </div>`,
  props: { scene: Object },
  data() {
    return { now: 0, running: false, speed: 120, counts: [],
             heads: ["waiting", "with an agent", "in work", "parked", "done so far", "left unserved"] };
  },
  created() {
    this.now = this.scene.first;
  },
  mounted() {
    // drawn without Vue's watching eyes: thousands of rows a frame
    this.raw = Vue.toRaw(this.scene);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.$el);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.draw);
    this.frame = requestAnimationFrame(this.step);
  },
  beforeUnmount() {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.draw);
  },
  watch: {
    scene() {
      this.raw = Vue.toRaw(this.scene);
      this.running = false;
      this.to(this.scene.first);
    },
  },
  methods: {
    clock(at) {
      const two = (x) => String(Math.floor(x)).padStart(2, "0");
      return `${two((at / 3600) % 24)}:${two((at / 60) % 60)}`;
    },
    colour(q) {
      return getComputedStyle(document.body).getPropertyValue(["--blue", "--orange", "--green", "--pink"][q % 4]);
    },
    to(at) {
      this.now = at;
      this.draw();
    },
    step(at) {
      const passed = Math.min(0.1, (at - (this.before ?? at)) / 1000);
      this.before = at;
      if (this.running) {
        this.now = Math.min(this.scene.last, this.now + passed * this.speed);
        if (this.now >= this.scene.last) this.running = false;
        this.draw();
      }
      this.frame = requestAnimationFrame(this.step);
    },
    draw() {
      const { stays, work, agents, queues, teams, done } = this.raw, now = this.now;
      const here = ([from, until]) => from <= now && now < until;
      const counts = queues.map(() => [0, 0, 0, 0, 0, 0]);
      const busy = new Set(), held = new Map(), waiting = queues.map(() => []), parked = queues.map(() => 0);
      for (const one of work) if (here(one)) busy.add(`${one[2]} ${one[3]}`);
      for (const stay of stays) {
        if (!here(stay)) continue;
        const [from, , kind, q, agent, contact] = stay;
        if (kind === WAITING) waiting[q].push(now - from);
        else if (kind === PARKED) parked[q] += 1;
        else {
          const works = busy.has(`${agent} ${contact}`);
          if (!held.has(agent)) held.set(agent, []);
          held.get(agent).push([q, works]);
          counts[q][1] += 1;
          counts[q][2] += works;
        }
      }
      queues.forEach((_, q) => { counts[q][0] = waiting[q].length; counts[q][3] = parked[q]; });
      for (const [at, q, unserved] of done) if (at <= now) { counts[q][4] += 1; counts[q][5] += unserved; }
      this.counts = counts;
      this.paint(waiting, parked, agents.filter(([, , present]) => present.some(here)), held, here, teams, queues);
    },
    paint(waiting, parked, agents, held, here, teams, queues) {
      const canvas = this.$refs.canvas, css = getComputedStyle(document.body);
      const [ink, quiet, line, raised] = ["--ink", "--quiet", "--line", "--raised"].map((key) => css.getPropertyValue(key));
      const width = this.$el.clientWidth, narrow = width < 620, left = narrow ? width : Math.max(180, width * 0.28);
      const cells = Math.max(1, Math.floor(((narrow ? width : width - left) - PAD) / (5 * CELL)));
      const perRow = Math.max(4, Math.floor((left - 2 * PAD) / GAP));
      const room = (number) => 18 + GAP * Math.max(1, Math.min(6, Math.ceil(number / perRow)));
      const teamsHere = teams.map((_, team) => agents.filter(([, other]) => other === team));
      const heightOfQueues = queues.reduce((sum, _, q) => sum + room(waiting[q].length) + (parked[q] ? 16 : 0) + 10, PAD);
      const heightOfTeams = teamsHere.reduce((sum, those) => sum + 22 + 28 * Math.ceil(those.length / cells) + 8, PAD);
      // it grows and never shrinks, so that the page does not jump
      this.height = Math.max(this.height ?? 0, narrow ? heightOfQueues + heightOfTeams : Math.max(heightOfQueues, heightOfTeams));
      const scale = window.devicePixelRatio || 1;
      canvas.width = width * scale;
      canvas.height = this.height * scale;
      canvas.style.height = `${this.height}px`;
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      pen.font = `13px ${css.fontFamily}`;
      pen.textBaseline = "middle";
      const dot = (x, y, q, full) => {
        pen.beginPath();
        pen.arc(x, y, DOT - (full ? 0 : 1), 0, 7);
        pen[full ? "fillStyle" : "strokeStyle"] = this.colour(q);
        pen.lineWidth = 2;
        full ? pen.fill() : pen.stroke();
      };
      const write = (text, x, y, colour, most) => { pen.fillStyle = colour; pen.fillText(text, x, y, most); };
      let y = PAD;
      queues.forEach((name, q) => {
        write(`${name}: ${waiting[q].length} waiting`, PAD, y + 8, ink, left - 2 * PAD);
        y += 20;
        waiting[q].slice(0, 6 * perRow).forEach((_, n) => dot(PAD + DOT + GAP * (n % perRow), y + DOT + GAP * Math.floor(n / perRow), q, true));
        y += room(waiting[q].length) - 18;
        if (parked[q]) { write(`${parked[q]} parked`, PAD, y + 6, quiet, left - 2 * PAD); y += 16; }
        y += 8;
      });
      let x0 = left;
      if (narrow) { x0 = PAD; } else { y = PAD; }
      teams.forEach((name, team) => {
        const those = teamsHere[team];
        write(`${name}: ${those.length} on duty`, x0, y + 8, ink);
        y += 20;
        those.forEach(([agent, , , pauses], n) => {
          const x = x0 + (n % cells) * 5 * CELL, top = y + 28 * Math.floor(n / cells);
          const away = pauses.some(here), sessions = held.get(agent) ?? [];
          pen.fillStyle = raised;
          pen.strokeStyle = away ? quiet : line;
          pen.lineWidth = 1;
          pen.setLineDash(away ? [3, 3] : []);
          pen.beginPath();
          pen.roundRect(x + 0.5, top + 0.5, 5 * CELL - 6, 22, 5);
          pen.fill();
          pen.stroke();
          pen.setLineDash([]);
          sessions.slice(0, 5).forEach(([q, works], s) => dot(x + 9 + s * GAP, top + 11, q, works));
          if (away && !sessions.length) write("pause", x + 9, top + 12, quiet);
        });
        y += 28 * Math.ceil(those.length / cells) + 8;
      });
    },
  },
};
