const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  sound: "M4 9v6h4l5 4V5L8 9zM15.5 8.5a5 5 0 0 1 0 7l1.2 1.2a6.7 6.7 0 0 0 0-9.4z",
  silence:
    "M4 9v6h4l5 4V5L8 9zM16 10l1.4-1.4L19 10.2l1.6-1.6L22 10l-1.6 1.6L22 13.2l-1.4 1.4L19 13l-1.6 1.6L16 13.2l1.6-1.6z",
  loop: "M7 7h8V4l5 4-5 4V9H9v3H7zM17 17H9v3l-5-4 5-4v3h6v-3h2z",
};

export type IconName = keyof typeof PATHS;

/** A picture of 24 by 24 in the colour of the text; what it means is said by the label of its button. */
export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
