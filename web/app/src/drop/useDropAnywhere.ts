import { useEffect, useState } from "react";

export interface Named {
  file: Blob;
  name: string;
  /** Set where the browser says that it is no file: its bytes cannot be read. */
  isFolder?: boolean;
}

export function named(files: FileList | undefined | null): Named[] {
  return Array.from(files ?? [], (file) => ({ file, name: file.name || "pasted recording" }));
}

function dropped(transfer: DataTransfer | null): Named[] {
  const entries = Array.from(transfer?.items ?? []).filter((item) => item.kind === "file");
  return named(transfer?.files).map((one, at) => {
    return { ...one, isFolder: entries[at]?.webkitGetAsEntry?.()?.isDirectory };
  });
}

const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;

/** Take files dropped on any place of the page, or pasted; return whether some are being dragged over it. */
export function useDropAnywhere(onFiles: (files: Named[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let depth = 0; // enter and leave come for each element on the way
    const over = (change: number) => setOver((depth = Math.max(0, depth + change)) > 0);
    const on = <Name extends "dragenter" | "dragleave" | "dragover" | "drop">(
      name: Name,
      act: (event: DragEvent) => void,
    ) => {
      const listener = (event: DragEvent) => holdsFiles(event) && act(event);
      window.addEventListener(name, listener);
      return () => window.removeEventListener(name, listener);
    };
    const paste = (event: ClipboardEvent) => {
      const files = named(event.clipboardData?.files);
      if (files.length > 0) onFiles(files);
    };
    window.addEventListener("paste", paste);
    const stops = [
      on("dragenter", () => over(1)),
      on("dragleave", () => over(-1)),
      on("dragover", (event) => event.preventDefault()),
      on("drop", (event) => {
        event.preventDefault();
        over(-depth);
        const files = dropped(event.dataTransfer);
        if (files.length > 0) onFiles(files);
      }),
      () => window.removeEventListener("paste", paste),
    ];
    return () => stops.forEach((stop) => stop());
  }, [onFiles]);
  return isOver;
}
