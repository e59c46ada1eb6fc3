'use strict';
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById('data').textContent);
  const host = document.getElementById('charts');

  // What the reader has set lives as long as the tab, across reloads. Some browsers refuse it to files. It is written when it
  // is set: what a page writes while it goes may come too late for the next one, in another process.
  const memory = 'trainer4j:' + location.pathname;
  const view = recall();

  function recall() {
    const fresh = { zoom: null, log: [], hidden: [], closed: [] };
    try {
      return Object.assign(fresh, JSON.parse(sessionStorage.getItem(memory) || '{}'));
    } catch (e) {
      return fresh;
    }
  }

  function remember() {
    try {
      sessionStorage.setItem(memory, JSON.stringify(view));
    } catch (e) {
      // Then the next reload starts afresh.
    }
  }

  function toggle(list, item, on) {
    const at = list.indexOf(item);
    if (on && at < 0) list.push(item);
    if (!on && at >= 0) list.splice(at, 1);
    remember();
  }

  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function format(value) {
    if (value == null) return '–';
    if (value === 0) return '0';
    const size = Math.abs(value);
    return size >= 1e6 || size < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
  }

  // All charts span the whole run, so that they can be compared and zoomed together.
  let first = Infinity;
  let last = -Infinity;
  for (const chart of data.charts) {
    for (const series of chart.series.filter((s) => s.x.length)) {
      first = Math.min(first, series.x[0]);
      last = Math.max(last, series.x[series.x.length - 1]);
    }
  }

  const plots = new Map();
  let syncing = false;

  function zoomed(plot) {
    if (syncing) return;
    const { min, max } = plot.scales.x;
    view.zoom = min <= first && max >= last ? null : [min, max];
    remember();
  }

  /** Tells tests what has been drawn. */
  function count(plot, card) {
    const { min, max } = plot.scales.x;
    const xs = plot.data[0];
    let points = 0;
    for (let s = 1; s < plot.data.length; s++) {
      if (!plot.series[s].show) continue;
      plot.data[s].forEach((y, i) => { if (y != null && xs[i] >= min && xs[i] <= max) points++; });
    }
    card.dataset.points = points;
    let all = 0;
    for (const each of host.children) all += Number(each.dataset.points || 0);
    root.dataset.points = all;
  }

  function axis(extra) {
    const line = { stroke: css('--line'), width: 1 };
    return Object.assign({ stroke: css('--muted'), grid: line, ticks: line, font: '12px system-ui, sans-serif' }, extra);
  }

  function draw(chart, card) {
    const old = plots.get(chart.title);
    if (old) old.destroy();
    const range = last > first ? [[first, last]] : [[first]];
    const joined = uPlot.join([range].concat(chart.series.map((s) => [s.x, s.y])));
    const log = view.log.includes(chart.title);
    const plot = new uPlot({
      width: Math.max(card.clientWidth - 34, 200),
      height: 240,
      cursor: { sync: { key: 'steps' }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
      series: [{ label: 'step' }].concat(chart.series.map((s, i) => ({
        label: s.name,
        stroke: css('--series-' + (i % 6)),
        width: 1.75,
        show: !view.hidden.includes(s.name),
        points: { show: s.x.length <= 60, size: 5, fill: css('--series-' + (i % 6)) },
        value: (u, v) => format(v),
      }))),
      axes: [axis({}), axis({
        size: 68,
        values: (u, ticks) => ticks.map((v) => (v == null ? '' : format(v))),
      })],
      hooks: {
        setScale: [(u, scale) => { if (scale === 'x' && u.status === 1) zoomed(u); }],
        setSeries: [(u, i, how) => { if (i > 0 && 'show' in how) toggle(view.hidden, u.series[i].label, !how.show); }],
        draw: [(u) => count(u, card)],
      },
    }, joined, card);
    plots.set(chart.title, plot);
    if (view.zoom) zoomTo(plot);
  }

  function zoomTo(plot) {
    syncing = true;
    plot.setScale('x', { min: view.zoom[0], max: view.zoom[1] });
    syncing = false;
  }

  function add(chart) {
    const card = document.createElement('div');
    card.className = 'chart';
    const head = document.createElement('div');
    head.className = 'head';
    const title = document.createElement('h3');
    title.textContent = chart.title;
    head.append(title);
    card.append(head);
    if (chart.series.every((s) => s.y.every((y) => y == null || y > 0))) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'log scale';
      button.setAttribute('aria-pressed', view.log.includes(chart.title));
      button.addEventListener('click', () => {
        toggle(view.log, chart.title, !view.log.includes(chart.title));
        button.setAttribute('aria-pressed', view.log.includes(chart.title));
        draw(chart, card);
      });
      head.append(button);
    }
    host.append(card);
    return card;
  }

  const cards = data.charts.map((chart) => [chart, add(chart)]);
  const drawAll = () => cards.forEach(([chart, card]) => draw(chart, card));
  drawAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  let resized;
  addEventListener('resize', () => {
    clearTimeout(resized);
    resized = setTimeout(() => cards.forEach(([chart, card]) =>
      plots.get(chart.title).setSize({ width: Math.max(card.clientWidth - 34, 200), height: 240 })), 100);
  });

  const bar = document.querySelector('.bar div');
  if (bar) bar.style.width = bar.dataset.share + '%';
  for (const part of document.querySelectorAll('details')) {
    part.open = !view.closed.includes(part.id);
    part.addEventListener('toggle', () => toggle(view.closed, part.id, !part.open));
  }

  const written = document.getElementById('written');
  const shown = new Date(data.written).toLocaleString();
  written.textContent = 'written ' + shown;
  if (!data.running) return;

  // A process that was killed cannot say so: the file just grows old.
  const tell = () => {
    const minutes = Math.floor((Date.now() - data.written) / 60000);
    const late = (Date.now() - data.written) / 1000 > Math.max(120, 6 * data.refreshSeconds);
    written.textContent = 'written ' + shown + (late ? ' · no news for ' + minutes + ' min' : '');
  };
  tell();

  // Nobody is disturbed: no reload while the tab is hidden or the pointer is at work.
  let touched = 0;
  for (const event of ['pointermove', 'pointerdown', 'wheel', 'keydown']) {
    addEventListener(event, () => { touched = Date.now(); }, { passive: true });
  }
  setInterval(() => {
    tell();
    if (!document.hidden && Date.now() - touched > 3000) location.reload();
  }, 1000 * data.refreshSeconds);
})();
