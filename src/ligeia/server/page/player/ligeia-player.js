/*! Ligeia's player: <ligeia-audio>. Apache-2.0. */
// player/src/play/errors.ts
var e = class extends Error {
	code;
	name = "PlayerError";
	constructor(e, t, n) {
		super(t, n), this.code = e;
	}
};
// player/src/play/address.ts
async function t(t, n) {
	if (/^data:/i.test(t)) return o(t);
	let r;
	try {
		r = await fetch(t, { signal: n });
	} catch (r) {
		throw n.aborted ? r : new e("network", a(t), { cause: r });
	}
	if (!r.ok) {
		let n = r.status === 404 || r.status === 410 ? "not-found" : "network", i = n === "not-found" ? "was not found" : "could not be loaded";
		throw new e(n, `${s(t)} ${i} (the server answered ${r.status}).`);
	}
	return r.body ?? new Uint8Array(await r.arrayBuffer());
}
function n(e) {
	let t;
	return new ReadableStream({
		async pull(n) {
			t ??= r(await e);
			let { done: i, value: a } = await t.read();
			i ? n.close() : n.enqueue(a);
		},
		cancel: (e) => t?.cancel(e)
	});
}
function r(e) {
	return e instanceof Uint8Array ? new ReadableStream({ start(t) {
		t.enqueue(e), t.close();
	} }).getReader() : e.getReader();
}
function i(e, t) {
	let n = e.getReader(), r;
	return {
		bytes: new ReadableStream({
			start(e) {
				t.addEventListener("abort", () => {
					e.error(t.reason), n.cancel(t.reason).catch(() => void 0);
				}, { once: !0 });
			},
			async pull(e) {
				try {
					let { done: r, value: i } = await n.read();
					if (t.aborted) return;
					r ? e.close() : e.enqueue(i);
				} catch (n) {
					if (t.aborted) return;
					r = n, e.close();
				}
			},
			cancel: (e) => n.cancel(e)
		}),
		lost: () => r
	};
}
function a(e) {
	return new URL(e, document.baseURI).protocol === "file:" ? `A page opened from a file may not load ${s(e)}: put the stream into the page as a data: address, or use a web server.` : `${s(e)} could not be loaded: there is no connection, or its server or this page does not allow it.`;
}
function o(t) {
	let n = /^data:([^,]*?)(;\s*base64)?,(.*)$/is.exec(t);
	try {
		if (!n) throw Error("no comma");
		let e = decodeURIComponent(n[3]), t = n[2] ? atob(e.replace(/\s/g, "")) : e;
		return Uint8Array.from(t, (e) => e.charCodeAt(0));
	} catch (t) {
		throw new e("format", "The data: address is not valid: base64 was expected after the comma.", { cause: t });
	}
}
function s(e) {
	let t = e.split(/[?#]/, 1)[0], n = t.slice(t.lastIndexOf("/") + 1) || t;
	return n.length > 60 ? `${n.slice(0, 57)}...` : n;
}
// player/src/errors.ts
var c = class extends Error {
	name = "FormatError";
}, l = class extends c {
	name = "Unsupported";
}, u = class extends c {
	name = "EndsEarly";
}, d = class extends c {
	name = "OverBudget";
}, f = class extends c {
	block;
	reason;
	wholeSeconds;
	name = "Damaged";
	constructor(e, t, n) {
		super(`block ${e} is damaged: ${t}; the sound is whole up to ${n.toFixed(3)} s`), this.block = e, this.reason = t, this.wholeSeconds = n;
	}
}, ee = {
	FormatError: c,
	Unsupported: l,
	EndsEarly: u,
	OverBudget: d
};
function te(e) {
	return e.name === "Damaged" ? new f(e.block, e.reason, e.wholeSeconds) : new (ee[e.name] ?? Error)(e.message);
}
// player/src/client.ts
var p;
function ne(e) {
	p = e;
}
function m(e, t = {}) {
	let n = t.spawn ?? p;
	return n ? new Promise((r, i) => {
		let a = new h(n(), t, {
			resolve: r,
			reject: i
		});
		a.send(e).catch((e) => a.fail(e));
	}) : Promise.reject(/* @__PURE__ */ Error("nobody said how Workers are made: see spawnWith"));
}
var h = class {
	worker;
	options;
	opening;
	reads = /* @__PURE__ */ new Map();
	reader;
	readable = 0;
	asked = 0;
	failure;
	constructor(e, t, n) {
		this.worker = e, this.options = t, this.opening = n, e.onmessage = (e) => this.take(e.data), e.onerror = (e) => {
			e.preventDefault(), this.fail(Error(e.message || "the Worker of the decoder cannot be started"));
		};
		let { maxSeconds: r, maxRead: i, simd: a } = t;
		this.post({
			kind: "open",
			options: {
				maxSeconds: r,
				maxRead: i,
				simd: a
			}
		});
	}
	async send(e) {
		if (e instanceof Uint8Array) this.post({
			kind: "bytes",
			bytes: e
		});
		else for (this.reader = e.getReader();;) {
			let { done: e, value: t } = await this.reader.read();
			if (e || this.failure) break;
			this.post({
				kind: "bytes",
				bytes: t
			});
		}
		this.failure || this.post({ kind: "end" });
	}
	fail(e) {
		if (!this.failure) {
			this.failure = e, this.worker.terminate(), this.reader?.cancel(e).catch(() => void 0), this.opening.reject(e);
			for (let t of this.reads.values()) t.reject(e);
			this.reads.clear();
		}
	}
	post(e) {
		this.worker.postMessage(e);
	}
	take(e) {
		switch (e.kind) {
			case "opened":
				this.readable = e.readable, this.opening.resolve(this.stream(e.facts));
				break;
			case "readable":
				this.readable = e.samples, this.options.onReadable?.(e.samples);
				break;
			case "samples":
				this.settle(e.id)?.resolve(e.samples);
				break;
			case "failed": {
				let t = te(e.error);
				e.id === void 0 ? this.fail(t) : this.settle(e.id)?.reject(t);
			}
		}
	}
	settle(e) {
		let t = this.reads.get(e);
		return this.reads.delete(e), t;
	}
	read(e, t) {
		return this.failure ? Promise.reject(this.failure) : new Promise((n, r) => {
			let i = this.asked++;
			this.reads.set(i, {
				resolve: n,
				reject: r
			}), this.post({
				kind: "read",
				id: i,
				start: e,
				stop: t
			});
		});
	}
	stream(e) {
		let t = () => this.readable;
		return {
			...e,
			get readable() {
				return t();
			},
			read: (e, t) => this.read(e, t),
			close: () => this.fail(new DOMException("the stream was closed", "AbortError"))
		};
	}
}, g = 5e3, _ = 600, v = class {
	make;
	byRate = /* @__PURE__ */ new Map();
	constructor(e = (e) => new AudioContext({ sampleRate: e })) {
		this.make = e;
	}
	lease(e) {
		let t = this.byRate.get(e) ?? this.open(e);
		t.users++;
		let n = !1, r = !1, i = () => {
			n && this.rest(t), n = !1;
		};
		return {
			context: t.context,
			run: async () => {
				n || t.playing++, n = !0, clearTimeout(t.idle), await y(t.context);
			},
			rest: i,
			release: () => {
				r || (r = !0, i(), this.drop(e, t));
			}
		};
	}
	abandon(e) {
		for (let [t, n] of this.byRate) n.context === e && this.byRate.delete(t);
	}
	open(t) {
		let n;
		try {
			n = this.make(t);
		} catch (n) {
			throw new e("device", `This browser cannot play a sound sampled at ${t} Hz.`, { cause: n });
		}
		let r = {
			context: n,
			users: 0,
			playing: 0,
			idle: void 0
		};
		return this.byRate.set(t, r), r;
	}
	rest(e) {
		e.playing--, e.playing > 0 || (e.idle = setTimeout(() => {
			e.context.state === "running" && e.context.suspend();
		}, g));
	}
	drop(e, t) {
		t.users--, t.users > 0 || (clearTimeout(t.idle), this.byRate.get(e) === t && this.byRate.delete(e), t.context.state !== "closed" && t.context.close());
	}
};
async function y(t) {
	if (t.state === "running") return;
	let n, r = new Promise((e) => {
		n = setTimeout(e, _);
	});
	if (await Promise.race([t.resume().catch(() => void 0), r]), clearTimeout(n), t.state !== "running") throw new e("blocked", "The browser allows sound after a click only: press play.");
}
var re = new v(), ie = class e {
	stream;
	events;
	lost;
	whole;
	prepared;
	constructor(e, t, n) {
		this.stream = e, this.events = t, this.lost = n, this.whole = e.sampleCount;
	}
	static async open(r, a, { signal: o, openStream: c }) {
		let l = typeof r == "string" ? n(t(r, o)) : r, { bytes: u, lost: d } = l instanceof Uint8Array ? {
			bytes: l,
			lost: () => void 0
		} : i(l, o);
		try {
			let t = await c(u, { onReadable: () => {
				o.aborted || a.onReadable();
			} });
			return o.aborted && t.close(), o.throwIfAborted(), new e(t, a, d);
		} catch (e) {
			throw o.aborted ? e : b(d() ?? e, typeof r == "string" && !/^data:/i.test(r) ? s(r) : "This sound");
		}
	}
	get facts() {
		return this.stream;
	}
	get end() {
		return this.whole;
	}
	get readable() {
		return Math.min(this.stream.readable, this.whole);
	}
	prepare(e, t) {
		let n = this.stream.read(e, t);
		n.catch(() => void 0), this.prepared = {
			start: e,
			stop: t,
			samples: n
		};
	}
	async read(e, t) {
		try {
			return await (this.takePrepared(e, t) ?? this.stream.read(e, t));
		} catch (e) {
			if (!(e instanceof f) || this.frameOf(e) >= t) throw b(e, "This sound");
			this.endBefore(e);
		}
		return e < this.whole ? this.read(e, Math.min(t, this.whole)) : this.nothing();
	}
	close() {
		this.stream.close();
	}
	takePrepared(e, t) {
		let { prepared: n } = this;
		if (n?.start === e && n.stop === t) return this.prepared = void 0, n.samples;
	}
	endBefore(e) {
		let t = this.frameOf(e);
		t >= this.whole || (this.whole = t, this.events.onShortened(ae(t / this.facts.rate, e, this.lost())));
	}
	frameOf(e) {
		return Math.round(e.wholeSeconds * this.facts.rate);
	}
	nothing() {
		return Array.from({ length: this.facts.channels }, () => /* @__PURE__ */ new Float32Array());
	}
};
function b(t, n) {
	if (t instanceof e) return t;
	let r = t instanceof Error ? t.message : String(t);
	return new e(t instanceof l ? "unsupported" : t instanceof c ? "format" : "network", `${n} cannot be played: ${r}`, { cause: t });
}
function ae(t, n, r) {
	let i = t > 0 ? `it plays up to ${t.toFixed(1)} s` : "nothing of it can be played";
	return r === void 0 ? new e("damaged", `This sound is damaged: ${i}.`, { cause: n }) : new e("network", `This sound did not arrive as a whole: ${i}.`, { cause: r });
}
// player/src/play/graph.ts
var x = .005;
function oe(e, t) {
	let n = 0;
	for (; n < e && (e - n) / t * t !== e - n;) n++;
	return n;
}
function S(e, t, n, r) {
	let i = e.sampleRate, a = oe(r, i), o = e.createBuffer(n.length, a + n[0].length, i);
	n.forEach((e, t) => {
		o.copyToChannel(e, t, a);
	});
	let s = e.createBufferSource();
	return s.buffer = o, s.connect(t), s.start((r - a) / i), s;
}
var C = class {
	context;
	options;
	gain;
	begun = !1;
	constructor(e, t, n) {
		this.context = e, this.options = n, this.gain = e.createGain(), this.gain.connect(t);
	}
	get frame() {
		return Math.round(this.context.currentTime * this.context.sampleRate);
	}
	place(e, t) {
		!this.begun && this.options.fadeIn && this.fadeInAt(t), this.begun = !0;
		let n = S(this.context, this.gain, e, t);
		n.onended = () => {
			n.disconnect(), this.options.onPieceEnd();
		};
		let r = this.context.sampleRate;
		return { cut(e) {
			n.stop(Math.max(0, e / r));
		} };
	}
	fadeOut() {
		let { currentTime: e, sampleRate: t } = this.context;
		return this.gain.gain.cancelScheduledValues(e), this.gain.gain.setValueAtTime(1, e), this.gain.gain.linearRampToValueAtTime(0, e + x), Math.ceil((e + x) * t);
	}
	fadeInAt(e) {
		let t = e / this.context.sampleRate;
		this.gain.gain.setValueAtTime(0, t), this.gain.gain.linearRampToValueAtTime(1, t + x);
	}
};
async function w({ rate: e, channels: t, pieces: n, origin: r = 0 }) {
	let i = n.reduce((e, t) => e + t[0].length, 0), a = new OfflineAudioContext(t, r + i, e), o = r;
	for (let e of n) S(a, a.destination, e, o), o += e[0].length;
	let s = await a.startRendering();
	return Array.from({ length: t }, (e, t) => s.getChannelData(t).slice(r));
}
// player/src/play/timeline.ts
var T = class {
	start;
	stretches = [];
	constructor(e) {
		this.start = e;
	}
	add(e) {
		this.stretches.push(e);
	}
	positionAt(e) {
		let t;
		for (let n of this.stretches) n.frame <= e && (t = n);
		if (t === void 0) return this.start;
		let n = Math.min(e - t.frame, t.length), r = t.position + n;
		return r > t.period ? (r - 1) % t.period + 1 : r;
	}
	endAfter(e) {
		for (let { frame: t, position: n, length: r, period: i } of this.stretches) {
			let a = Math.max(0, Math.floor((e - t + n) / i)), o = t - n + (a + 1) * i;
			if (o <= t + r && o > t) return o;
		}
	}
	cut(e) {
		this.stretches = this.stretches.filter((t) => t.frame < e);
		let t = this.stretches.at(-1);
		t && (t.length = Math.min(t.length, e - t.frame));
	}
	forget(e) {
		for (; this.stretches.length > 1 && this.stretches[1].frame <= e;) this.stretches.shift();
	}
}, E = class {
	output;
	supply;
	pace;
	listener;
	timeline;
	cursor;
	next;
	entries = [];
	filling = !1;
	stopped = !1;
	waiting = !0;
	looping;
	constructor(e, t, n, r, i) {
		this.output = e, this.supply = t, this.pace = n, this.listener = r, this.cursor = i.position, this.looping = i.loop, this.timeline = new T(i.position);
	}
	positionAt(e) {
		return this.timeline.positionAt(e);
	}
	get endFrame() {
		return this.complete ? this.next ?? this.output.frame : void 0;
	}
	get loop() {
		return this.looping;
	}
	set loop(e) {
		this.looping && !e && this.endAtNextEnd(), this.looping = e;
	}
	set ahead(e) {
		this.pace.ahead = e;
	}
	async fill() {
		if (this.notice(), !(this.filling || this.stopped)) {
			this.filling = !0;
			try {
				for (; this.wanting;) await this.placeNext();
			} catch (e) {
				this.stopped || this.listener.onError(e);
			} finally {
				this.filling = !1;
			}
		}
	}
	stop(e) {
		this.stopped = !0;
		for (let t of this.entries) t.placed.cut(e);
		this.timeline.cut(e), this.entries = [];
	}
	get complete() {
		return this.supply.end === 0 || !this.looping && this.cursor >= this.supply.end;
	}
	get wanting() {
		return this.stopped || this.complete ? !1 : this.next === void 0 || this.next - this.output.frame < this.pace.ahead;
	}
	async placeNext() {
		this.cursor >= this.supply.end && (this.cursor = 0);
		let e = this.cursor, t = this.next === void 0 ? this.pace.first : this.pace.piece, n = await this.supply.read(e, Math.min(this.supply.end, e + t));
		if (this.stopped || this.cursor !== e) return;
		if (n[0].length === 0) {
			if (e < this.supply.end) throw Error("The decoder returned no samples.");
			return;
		}
		this.cursor += n[0].length;
		let r = e === 0 && this.cursor >= this.supply.end;
		this.place(r && this.looping ? D(n, this.pace.piece) : n, e);
	}
	place(e, t) {
		let n = this.output.frame, r = this.next === void 0 || this.next < n + this.pace.lead / 2 ? Math.max(n + this.pace.lead, this.next ?? 0) : this.next, i = e[0].length;
		this.entries = this.entries.filter((e) => e.frame + e.length > n), this.entries.push({
			frame: r,
			length: i,
			placed: this.output.place(e, r)
		}), this.timeline.forget(n - this.pace.ahead), this.timeline.add({
			frame: r,
			position: t,
			length: i,
			period: this.supply.end
		}), this.next = r + i, this.waiting && this.listener.onPlaying(), this.waiting = !1;
	}
	notice() {
		!(this.next !== void 0 && this.next <= this.output.frame && !this.complete) || this.waiting || this.stopped || (this.waiting = !0, this.listener.onWaiting());
	}
	endAtNextEnd() {
		let e = this.timeline.endAfter(this.output.frame);
		if (e !== void 0) {
			for (let t of this.entries) t.frame + t.length > e && t.placed.cut(e);
			this.timeline.cut(e), this.next = e, this.cursor = this.supply.end;
		}
	}
};
function D(e, t) {
	let n = e[0].length, r = Math.ceil(t / n);
	return e.map((e) => {
		let t = new Float32Array(n * r);
		for (let i = 0; i < r; i++) t.set(e, i * n);
		return t;
	});
}
// player/src/play/voice.ts
var O = 100, k = 1, A = 4, j = .01, M = .03, N = .5, P = .25, F = class {
	sound;
	contexts;
	listener;
	gain;
	lease;
	level;
	run;
	attached;
	constructor(e, t, n, r) {
		this.sound = e, this.contexts = t, this.listener = n, this.gain = r, {lease: this.lease, level: this.level, attached: this.attached} = this.attach();
	}
	get running() {
		return this.run !== void 0;
	}
	async wake() {
		let { lease: e } = this, t = e.context.currentTime > 0;
		try {
			await e.run();
		} catch (n) {
			let r = this.lease === e && !this.attached.signal.aborted;
			if (!t || !r) throw n;
			this.contexts.abandon(e.context), this.detach(), {lease: this.lease, level: this.level, attached: this.attached} = this.attach(), await this.lease.run();
		}
	}
	begin(e, t) {
		this.end();
		let n = {
			fadeIn: e > 0,
			onPieceEnd: () => {
				i.fill();
			}
		}, r = new C(this.lease.context, this.level, n), i = new E(r, this.sound, R(this.sound.facts.rate), this.listener, {
			position: e,
			loop: t
		}), a = setInterval(() => {
			this.tick();
		}, O);
		this.run = {
			output: r,
			schedule: i,
			timer: a
		}, i.fill();
	}
	end() {
		this.run &&= (clearInterval(this.run.timer), this.run.schedule.stop(this.run.output.fadeOut()), void 0);
	}
	rest() {
		this.lease.rest();
	}
	dispose() {
		this.end(), this.detach();
	}
	get position() {
		return this.run?.schedule.positionAt(this.run.output.frame - this.latency);
	}
	set loop(e) {
		this.run && (this.run.schedule.loop = e);
	}
	set volume(e) {
		this.gain = e;
		let t = this.level.gain, n = this.lease.context.currentTime;
		t.cancelScheduledValues(n), t.setValueAtTime(t.value, n), t.linearRampToValueAtTime(e, n + j);
	}
	get latency() {
		let { outputLatency: e, sampleRate: t } = this.lease.context;
		return Math.round((e || 0) * t);
	}
	attach() {
		let e = this.contexts.lease(this.sound.facts.rate), { context: t } = e, n = t.createGain();
		n.gain.value = this.gain, n.connect(t.destination);
		let r = new AbortController(), { signal: i } = r;
		return t.addEventListener("statechange", () => {
			t.state !== "running" && this.run && this.listener.onInterrupted();
		}, { signal: i }), document.addEventListener("visibilitychange", () => {
			this.hurry();
		}, { signal: i }), {
			lease: e,
			level: n,
			attached: r
		};
	}
	detach() {
		this.attached.abort(), this.level.disconnect(), this.lease.release();
	}
	hurry() {
		this.run && (this.run.schedule.ahead = L() * this.sound.facts.rate, this.run.schedule.fill());
	}
	tick() {
		if (this.run?.schedule.fill(), this.listener.onTick(), !this.run) return;
		let { endFrame: e } = this.run.schedule;
		e !== void 0 && this.run.output.frame - this.latency >= e && this.listener.onEnd();
	}
};
function I(e) {
	return Math.ceil(P * e);
}
function L() {
	return document.hidden ? A : k;
}
function R(e) {
	return {
		lead: Math.ceil(M * e),
		ahead: Math.ceil(L() * e),
		piece: Math.ceil(N * e),
		first: I(e)
	};
}
// player/src/play/player.ts
var se = [
	"loadstart",
	"durationchange",
	"loadedmetadata",
	"canplay",
	"progress",
	"play",
	"playing",
	"waiting",
	"pause",
	"timeupdate",
	"seeking",
	"seeked",
	"ended",
	"volumechange",
	"error",
	"emptied"
], z = class extends EventTarget {
	openStream;
	contexts;
	loading;
	opened;
	sound;
	voice;
	position = 0;
	failure = null;
	isPaused = !0;
	isEnded = !1;
	canPlay = !1;
	settings = {
		volume: 1,
		muted: !1,
		loop: !1
	};
	constructor({ openStream: e = m, contexts: t = re } = {}) {
		super(), this.openStream = e, this.contexts = t;
	}
	load(e) {
		this.unload();
		let t = this.loading = new AbortController();
		this.emit("loadstart");
		let n = {
			onReadable: () => {
				this.onReadable();
			},
			onShortened: (e) => {
				this.failure = e, this.emit("durationchange"), this.emit("error");
			}
		};
		this.opened = ie.open(e, n, {
			signal: t.signal,
			openStream: this.openStream
		}), this.opened.then((e) => {
			t.signal.aborted ? e.close() : this.onOpened(e);
		}, (e) => {
			t.signal.aborted || this.fail(e);
		});
	}
	unload() {
		let e = this.opened !== void 0;
		this.loading?.abort(), this.voice?.dispose(), this.sound?.close(), this.opened = this.sound = this.loading = this.voice = void 0, this.position = 0, this.failure = null, this.isEnded = this.canPlay = !1, this.isPaused = !0, e && this.emit("emptied");
	}
	async play() {
		if (!this.isPaused) return;
		let { opened: t, loading: n } = this;
		if (!t) throw new e("not-found", "There is nothing to play: no address was given.");
		this.isEnded && (this.position = 0), this.isEnded = this.isPaused = !1, this.emit("play");
		try {
			await this.voiceOf(this.sound ?? await t).wake(), this.loading === n && this.begin();
		} catch (t) {
			if (n?.signal.aborted) return;
			throw this.setPaused(), t instanceof e && (t.code === "blocked" || t === this.failure) || this.fail(t), t;
		}
	}
	pause() {
		this.isPaused || (this.position = this.voice?.position ?? this.position, this.voice?.end(), this.setPaused());
	}
	get facts() {
		return this.sound?.facts;
	}
	get paused() {
		return this.isPaused;
	}
	get ended() {
		return this.isEnded;
	}
	get error() {
		return this.failure;
	}
	get duration() {
		return this.sound ? this.sound.end / this.sound.facts.rate : NaN;
	}
	get readableSeconds() {
		return this.sound ? this.sound.readable / this.sound.facts.rate : 0;
	}
	get currentTime() {
		return this.sound ? (this.voice?.position ?? this.position) / this.sound.facts.rate : this.position;
	}
	set currentTime(e) {
		if (!Number.isFinite(e)) throw TypeError(`${e} is not a valid time: seconds were expected.`);
		this.emit("seeking"), this.isEnded = !1, this.position = this.sound ? this.frameAt(e) : Math.max(0, e), this.voice?.running && (this.voice.end(), this.begin()), this.emit("timeupdate"), this.emit("seeked");
	}
	get volume() {
		return this.settings.volume;
	}
	set volume(e) {
		if (!(e >= 0 && e <= 1)) throw RangeError(`${e} is not a valid volume: 0 to 1 was expected.`);
		this.settings.volume = e, this.setLevel();
	}
	get muted() {
		return this.settings.muted;
	}
	set muted(e) {
		this.settings.muted = e, this.setLevel();
	}
	get loop() {
		return this.settings.loop;
	}
	set loop(e) {
		this.settings.loop = e, this.voice && (this.voice.loop = e);
	}
	emit(e) {
		this.dispatchEvent(new Event(e));
	}
	onOpened(e) {
		this.sound = e, this.position = this.frameAt(this.position), e.prepare(this.position, Math.min(this.position + I(e.facts.rate), e.end)), this.emit("durationchange"), this.emit("loadedmetadata"), this.onReadable();
	}
	onReadable() {
		this.sound && (this.emit("progress"), this.canPlay || this.sound.readable === 0 || (this.canPlay = !0, this.emit("canplay")));
	}
	fail(t) {
		this.failure = t instanceof e ? t : new e("device", String(t), { cause: t }), this.pause(), this.emit("error");
	}
	setPaused() {
		this.voice?.rest(), this.isPaused || (this.isPaused = !0, this.emit("pause"));
	}
	frameAt(e) {
		let { facts: t, end: n } = this.sound;
		return Math.min(Math.max(0, Math.round(e * t.rate)), n);
	}
	voiceOf(e) {
		let t = {
			onWaiting: () => {
				this.emit("waiting");
			},
			onPlaying: () => {
				this.emit("playing");
			},
			onTick: () => {
				this.emit("timeupdate");
			},
			onEnd: () => {
				this.finish();
			},
			onInterrupted: () => {
				this.pause();
			},
			onError: (e) => {
				this.fail(e);
			}
		};
		return this.voice ??= new F(e, this.contexts, t, this.gain);
	}
	begin() {
		!this.isPaused && this.voice && this.sound && !this.voice.running && (this.position >= this.sound.end && (this.position = 0), this.voice.begin(this.position, this.settings.loop));
	}
	finish() {
		this.position = this.sound.end, this.voice?.end(), this.isEnded = !0, this.emit("timeupdate"), this.setPaused(), this.emit("ended");
	}
	get gain() {
		return this.settings.muted ? 0 : this.settings.volume;
	}
	setLevel() {
		this.voice && (this.voice.volume = this.gain), this.emit("volumechange");
	}
}, B = "http://www.w3.org/2000/svg", V = {
	play: "M8 5v14l11-7z",
	pause: "M7 5h4v14H7zM13 5h4v14h-4z",
	sound: "M4 9v6h4l5 4V5L8 9zM15.5 8.5a5 5 0 0 1 0 7l1.2 1.2a6.7 6.7 0 0 0 0-9.4z",
	silence: "M4 9v6h4l5 4V5L8 9zM16 10l1.4-1.4L19 10.2l1.6-1.6L22 10l-1.6 1.6L22 13.2l-1.4 1.4L19 13l-1.6 1.6L16 13.2l1.6-1.6z",
	loop: "M7 7h8V4l5 4-5 4V9H9v3H7zM17 17H9v3l-5-4 5-4v3h6v-3h2z"
};
function H(e) {
	let t = document.createElementNS(B, "svg"), n = document.createElementNS(B, "path");
	return t.setAttribute("viewBox", "0 0 24 24"), t.setAttribute("aria-hidden", "true"), n.setAttribute("d", V[e]), t.append(n), t;
}
// player/src/element/style.css?inline
var U = ":host{--surface:var(--ligeia-surface,light-dark(#f4f5f7,#23262b));--text:var(--ligeia-text,light-dark(#1d2126,#eceef1));--quiet:var(--ligeia-quiet,light-dark(#545b65,#b3bac4));--accent:var(--ligeia-accent,light-dark(#1f5fae,#8ab8f2));--problem:var(--ligeia-problem,light-dark(#9c2115,#ffab9d));color:var(--text);font:.9375rem/1.4 system-ui,sans-serif;display:block}:host([hidden]),[hidden]{display:none!important}.frame{background:var(--surface);border-radius:.5rem;flex-wrap:wrap;align-items:center;gap:0 .25rem;padding:.25rem .5rem;display:flex}.title,.message{overflow-wrap:anywhere;flex:1 0 100%;margin:.25rem .25rem 0}.title{font-weight:600}.message{color:var(--quiet);margin-bottom:.375rem}.message.problem{color:var(--problem)}.message:empty{margin:0}button{box-sizing:border-box;width:2.75rem;height:2.75rem;color:inherit;cursor:pointer;touch-action:manipulation;background:0 0;border:0;border-radius:50%;place-items:center;padding:0;transition:background-color .12s;display:grid}button:hover{background:color-mix(in srgb, currentcolor 12%, transparent)}button:disabled{opacity:.5;cursor:default}button[aria-pressed=true]{color:var(--accent)}button.loop[aria-pressed=true]{box-shadow:inset 0 0 0 2px}svg{fill:currentColor;width:1.5rem;height:1.5rem}button.busy svg{animation:.9s infinite alternate breathe}input{min-width:0;height:2.75rem;accent-color:var(--accent);cursor:pointer;background:0 0;margin:0}.position{flex:9rem}.volume{flex:0 5rem}.time{color:var(--quiet);font-variant-numeric:tabular-nums;white-space:nowrap;padding:0 .25rem}.sound{align-items:center;margin-inline-start:auto;display:flex}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}@keyframes breathe{to{opacity:.35}}@media (prefers-reduced-motion:reduce){button{transition:none}button.busy svg{opacity:.6;animation:none}}@media (forced-colors:active){.frame{border:1px solid canvastext}svg{fill:buttontext}}";
// player/src/element/words.ts
function W(e) {
	if (!Number.isFinite(e)) return "-:--";
	let t = Math.floor(e), n = (e) => String(e).padStart(2, "0"), r = Math.floor(t / 60);
	return r < 60 ? `${r}:${n(t % 60)}` : `${Math.floor(r / 60)}:${n(r % 60)}:${n(t % 60)}`;
}
function G(e) {
	let { title: t, artist: n } = e?.tags ?? {};
	return [t, n].filter(Boolean).join(" · ");
}
// player/src/element/controls.ts
var K = [
	"title",
	"play",
	"position",
	"time",
	"mute",
	"volume",
	"loop"
], ce = class {
	actions;
	frame = J("div", "frame");
	title = J("p", "title");
	play = J("button", "play");
	position = J("input", "position");
	time = J("span", "time");
	sound = J("div", "sound");
	mute = J("button", "mute");
	volume = J("input", "volume");
	loop = J("button", "loop");
	message = J("p", "message");
	held = !1;
	titled = !0;
	view;
	constructor(e, t) {
		this.actions = t, e.adoptedStyleSheets = [ue()], this.frame.setAttribute("role", "group"), this.message.setAttribute("role", "status"), this.time.setAttribute("aria-hidden", "true");
		for (let e of [this.position, this.volume]) Object.assign(e, {
			type: "range",
			min: "0",
			step: "any"
		});
		this.volume.max = "1", this.position.setAttribute("aria-label", "Position"), this.volume.setAttribute("aria-label", "Volume"), this.sound.append(this.mute, this.volume, this.loop), this.frame.append(this.title, this.play, this.position, this.time, this.sound, this.message), e.append(this.frame), this.listen();
	}
	choose(e) {
		for (let t of K) this[t].hidden = e !== void 0 && !e.includes(t);
		this.titled = !this.title.hidden, this.title.hidden = !this.titled || this.title.textContent === "", this.frame.hidden = e?.includes("none") ?? !1;
	}
	show(e) {
		let { playing: t, busy: n, muted: r, loop: i } = e;
		e.label !== this.view?.label && this.frame.setAttribute("aria-label", e.label), Y(this.title, e.heading), this.title.hidden = !this.titled || e.heading === "", Y(this.message, e.message), this.message.classList.toggle("problem", e.problem), this.play.disabled = !e.usable, this.play.classList.toggle("busy", n), X(this.play, t ? "pause" : "play", t ? "Pause" : "Play"), X(this.mute, r ? "silence" : "sound", "Mute", r), X(this.loop, "loop", "Loop", i), this.showPosition(e.time, e.duration), this.volume.value = String(r ? 0 : e.volume), this.volume.setAttribute("aria-valuetext", r ? "muted" : `${Math.round(e.volume * 100)} %`), this.view = e;
	}
	showPosition(e, t) {
		let n = Number.isFinite(t) && t > 0;
		this.position.disabled = !n, this.position.max = String(n ? t : 1);
		let r = this.held ? Number(this.position.value) : e;
		this.held || (this.position.value = String(n ? e : 0));
		let i = n ? `${W(r)} / ${W(t)}` : W(NaN);
		Y(this.time, i);
		let a = n ? `${W(r)} of ${W(t)}` : "unknown";
		this.position.getAttribute("aria-valuetext") !== a && this.position.setAttribute("aria-valuetext", a);
	}
	listen() {
		let { actions: e } = this;
		this.play.addEventListener("click", () => {
			e.toggle();
		}), this.mute.addEventListener("click", () => {
			e.toggleMuted();
		}), this.loop.addEventListener("click", () => {
			e.toggleLoop();
		}), this.volume.addEventListener("input", () => {
			e.setVolume(Number(this.volume.value));
		}), this.position.addEventListener("input", () => {
			this.held = !0, this.view && this.showPosition(this.view.time, this.view.duration);
		}), this.position.addEventListener("change", () => {
			this.held = !1, e.seek(Number(this.position.value));
		}), this.position.addEventListener("keydown", (e) => {
			this.onKey(e);
		}), this.volume.addEventListener("keydown", (e) => {
			this.onKey(e);
		});
	}
	onKey(e) {
		let t = e.currentTarget, n = le[e.key];
		if (n === void 0 || e.altKey || e.ctrlKey || e.metaKey) return;
		e.preventDefault();
		let r = t === this.volume ? .05 : Math.min(5, Number(t.max) / 20), i = Math.min(Math.max(Number(t.value) + n * r, 0), Number(t.max));
		t.value = String(i), t.dispatchEvent(new Event("input")), t.dispatchEvent(new Event("change"));
	}
}, le = {
	ArrowLeft: -1,
	ArrowDown: -1,
	ArrowRight: 1,
	ArrowUp: 1,
	PageDown: -4,
	PageUp: 4,
	Home: -Infinity,
	End: Infinity
}, q;
function ue() {
	return q || (q = new CSSStyleSheet(), q.replaceSync(U), q);
}
function J(e, t) {
	let n = document.createElement(e);
	return n.className = t, n.setAttribute("part", t), n instanceof HTMLButtonElement && (n.type = "button"), n;
}
function Y(e, t) {
	e.textContent !== t && (e.textContent = t);
}
function X(e, t, n, r) {
	r !== void 0 && e.setAttribute("aria-pressed", String(r)), e.dataset.icon !== t && (e.dataset.icon = t, e.setAttribute("aria-label", n), e.title = n, e.replaceChildren(H(t)));
}
// player/src/element/ligeia-audio.ts
var Z = /* @__PURE__ */ new Set(), Q = globalThis.HTMLElement ?? class {}, $ = class e extends Q {
	static observedAttributes = [
		"src",
		"loop",
		"muted",
		"controls",
		"label"
	];
	static playerOptions = {};
	player = new z(e.playerOptions);
	controls;
	loaded = !1;
	waiting = !1;
	blocked = "";
	constructor() {
		super(), this.controls = new ce(this.attachShadow({ mode: "open" }), {
			toggle: () => {
				this.paused ? this.play().catch(this.onRefused) : this.pause();
			},
			seek: (e) => {
				this.currentTime = e;
			},
			setVolume: (e) => {
				this.volume = e, this.muted = !1;
			},
			toggleMuted: () => {
				this.muted = !this.muted;
			},
			toggleLoop: () => {
				this.loop = !this.loop;
			}
		});
		for (let e of se) this.player.addEventListener(e, () => {
			this.onPlayer(e);
		});
	}
	connectedCallback() {
		Z.add(this), !this.loaded && this.preload !== "none" && this.load(), this.update();
	}
	disconnectedCallback() {
		queueMicrotask(() => {
			this.isConnected || (Z.delete(this), this.loaded = !1, this.player.unload());
		});
	}
	attributeChangedCallback(e, t, n) {
		e === "loop" && (this.player.loop = n !== null), e === "muted" && (this.player.muted = n !== null), e === "controls" && this.controls.choose(n?.trim() ? n.trim().split(/\s+/) : void 0), e === "src" && this.onAddress(), this.update();
	}
	load() {
		this.loaded = !0, this.blocked = "", this.src ? this.player.load(this.src) : this.player.unload(), this.update();
	}
	async play() {
		let e = this.error !== null && this.facts === void 0;
		(!this.loaded || e) && this.load(), this.blocked = "", await this.player.play();
	}
	pause() {
		this.player.pause();
	}
	get src() {
		return this.getAttribute("src") ?? "";
	}
	set src(e) {
		this.setAttribute("src", e);
	}
	get preload() {
		return this.getAttribute("preload") === "none" ? "none" : "auto";
	}
	set preload(e) {
		this.setAttribute("preload", e);
	}
	get loop() {
		return this.hasAttribute("loop");
	}
	set loop(e) {
		this.toggleAttribute("loop", e);
	}
	get muted() {
		return this.player.muted;
	}
	set muted(e) {
		this.player.muted = e;
	}
	get volume() {
		return this.player.volume;
	}
	set volume(e) {
		this.player.volume = e;
	}
	get currentTime() {
		return this.player.currentTime;
	}
	set currentTime(e) {
		this.player.currentTime = e;
	}
	get duration() {
		return this.player.duration;
	}
	get paused() {
		return this.player.paused;
	}
	get ended() {
		return this.player.ended;
	}
	get error() {
		return this.player.error;
	}
	get readableSeconds() {
		return this.player.readableSeconds;
	}
	get facts() {
		return this.player.facts;
	}
	onRefused = (e) => {
		let t = this.error !== null;
		this.blocked = t ? "" : e instanceof Error ? e.message : String(e), this.update();
	};
	onAddress() {
		let e = this.loaded || this.isConnected;
		this.loaded = !1, e && this.isConnected && (this.preload === "none" ? this.player.unload() : this.load());
	}
	onPlayer(e) {
		(e === "waiting" || e === "play") && (this.waiting = !0), (e === "playing" || e === "pause") && (this.waiting = !1), e === "play" && this.silenceGroup(), this.update(), this.dispatchEvent(new Event(e));
	}
	silenceGroup() {
		let e = this.getAttribute("group");
		if (e) for (let t of Z) t !== this && t.getAttribute("group") === e && t.pause();
	}
	update() {
		let { player: e } = this, t = G(e.facts), n = this.getAttribute("label") ?? "", r = /^data:/i.test(this.src) ? "" : s(this.src), i = e.error?.message ?? this.blocked, a = e.facts?.enhanced ? "Played without the network that improves speech at low rates." : "";
		this.controls.show({
			label: n || t || r || "Sound",
			heading: n || t,
			playing: !e.paused,
			busy: this.waiting,
			usable: this.src !== "",
			time: e.currentTime,
			duration: e.duration,
			volume: e.volume,
			muted: e.muted,
			loop: e.loop,
			message: i || a,
			problem: i !== ""
		});
	}
};
function de() {
	typeof customElements > "u" || customElements.get("ligeia-audio") || customElements.define("ligeia-audio", $);
}
ne(() => new Worker(new URL(
	/* @vite-ignore */
	new URL("ligeia-worker.js", import.meta.url).href,
	"" + import.meta.url
), { type: "module" })), de();
export { f as Damaged, u as EndsEarly, c as FormatError, $ as LigeiaAudio, d as OverBudget, z as Player, e as PlayerError, l as Unsupported, m as openInWorker, w as renderPieces };
