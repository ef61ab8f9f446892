import type { DroppedFile } from '../../workers/studio.protocol.ts';

/** More files than any model folder has; a dropped home directory must not be walked to its end. */
const mostFiles = 2000;

/** What was picked with `<input type="file">`, folders included. */
export function pickedFiles(list: FileList | null): DroppedFile[] {
  return Array.from(list ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * What was dropped: files, several of them, and folders, walked. The items of a drop are only readable during its
 * event, so all of them are taken before anything is awaited.
 */
export function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const sources = Array.from(transfer.items)
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  return gather(sources);
}

async function gather(
  sources: { entry: FileSystemEntry | null; file: File | null }[],
): Promise<DroppedFile[]> {
  const found: DroppedFile[] = [];
  for (const { entry, file } of sources) {
    if (entry) await walk(entry, found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function walk(entry: FileSystemEntry, found: DroppedFile[]): Promise<void> {
  if (found.length >= mostFiles) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ''), file });
  } else if (isDirectory(entry)) {
    for (const child of await childrenOf(entry)) await walk(child, found);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** `readEntries` gives a hundred at a time, and an empty list at the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  while (children.length < mostFiles) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) break;
    children.push(...some);
  }
  return children;
}
