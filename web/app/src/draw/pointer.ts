/** What fingers, mouse and wheel do on the tracks: seek, choose a stretch, zoom and move. */

import { useEffect, useRef, type PointerEvent, type RefObject } from "react";
import { panned, pinched, span, timeAt, zoomed, type View } from "./zoom";

export interface Gestures {
  view: View;
  total: number;
  onView: (view: View) => void;
  onSeek: (seconds: number) => void;
  /** While a stretch is dragged, and when it is let go. */
  onStretch: (from: number, to: number, done: boolean) => void;
  onHover: (seconds: number | undefined, track: string | undefined, height: number) => void;
}

const DRAG_PIXELS = 5;

interface Held {
  x: number;
  time: number;
}

/** Return handlers for the element that the tracks fill. */
export function usePointer(area: RefObject<HTMLElement | null>, gestures: Gestures) {
  const held = useRef(new Map<number, Held>());
  const drag = useRef<{ from: number; x: number; moved: boolean; pinched: boolean } | undefined>(undefined);
  useWheel(area, gestures);

  const share = (event: { clientX: number }) => {
    const box = area.current!.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const time = (event: { clientX: number }) => timeAt(gestures.view, share(event));

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    held.current.set(event.pointerId, { x: share(event), time: time(event) });
    if (held.current.size === 1)
      drag.current = { from: time(event), x: event.clientX, moved: false, pinched: false };
    else if (drag.current) drag.current.pinched = true;
  };

  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    const own = held.current.get(event.pointerId);
    if (!own || !drag.current) return hover(event);
    own.x = share(event);
    if (drag.current.pinched) return pinch();
    drag.current.moved ||= Math.abs(event.clientX - drag.current.x) > DRAG_PIXELS;
    if (drag.current.moved) gestures.onStretch(drag.current.from, time(event), false);
  };

  const pinch = () => {
    const [one, two] = [...held.current.values()];
    if (!two) return;
    const view = pinched([one.time, two.time], [one.x, two.x], gestures.total);
    if (view) gestures.onView(view);
  };

  const hover = (event: PointerEvent<HTMLElement>) => {
    const track = (event.target as Element).closest<HTMLElement>("[data-track]");
    const box = track?.getBoundingClientRect();
    gestures.onHover(time(event), track?.dataset.track, box ? 1 - (event.clientY - box.top) / box.height : 0);
  };

  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    if (!held.current.delete(event.pointerId) || held.current.size || !drag.current) return;
    const { from, moved, pinched: two } = drag.current;
    drag.current = undefined;
    if (two || event.type === "pointercancel") return;
    if (moved) gestures.onStretch(from, time(event), true);
    else gestures.onSeek(from);
  };

  const onPointerLeave = () => gestures.onHover(undefined, undefined, 0);
  return { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp, onPointerLeave };
}

/** Ctrl + wheel (what a pinch on a touchpad sends) zooms, sideways moves; the plain wheel still scrolls the page. */
function useWheel(area: RefObject<HTMLElement | null>, { view, total, onView }: Gestures): void {
  useEffect(() => {
    const element = area.current;
    const onWheel = (event: WheelEvent) => {
      const box = element!.getBoundingClientRect();
      const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        const centre = timeAt(view, (event.clientX - box.left) / box.width);
        onView(zoomed(view, Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), centre, total));
      } else if (Math.abs(across) > Math.abs(event.deltaY) || event.shiftKey)
        onView(panned(view, (across / box.width) * span(view), total));
      else return;
      event.preventDefault();
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [area, view, total, onView]);
}
