/** Several files as one zip, streamed; and a dropped zip as files. */
import { makeZip, predictLength } from 'client-zip';
import { unzip } from 'fflate';
import { PareError } from '../lib/assert.ts';
import { bytesSource, type FileSource, readAll } from './source.ts';
import type { SizedStream } from './safetensors-write.ts';

export interface ZipEntry extends SizedStream {
  /** Path inside the zip, with forward slashes. */
  readonly name: string;
}

/**
 * Stored without compression: weights hardly shrink, and the size is known beforehand. Streams are read one after the
 * other as the zip is. The same files give the same bytes (`modified` is fixed unless given).
 */
export function zipStream(files: readonly ZipEntry[], modified: Date = new Date(2000, 0, 1)): SizedStream {
  const listed = files.map(({ name, size }) => ({ name, size, lastModified: modified }));
  const inputs = files.map(({ name, size, stream }) => ({
    name,
    size,
    input: stream,
    lastModified: modified,
  }));
  return { size: Number(predictLength(listed)), stream: makeZip(inputs) };
}

/** A zip is unpacked in memory, so both sizes are limited. */
const maxZipBytes = 512 * 2 ** 20;
const maxUnpackedBytes = 1024 * 2 ** 20;
const maxFiles = 1000;

/** Deflate makes no more than 1,032 bytes of one. */
const mostGrowth = 1032;

/** The files of a zip, such as one that Pare exported. `limits` are bytes unpacked and number of files. */
export async function openZip(
  zip: FileSource,
  limits: { bytes: number; files: number } = { bytes: maxUnpackedBytes, files: maxFiles },
): Promise<FileSource[]> {
  const data = await readAll(zip, maxZipBytes);
  let bytes = 0;
  let count = 0;
  const unpacked = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(
      data,
      {
        filter: ({ name, size, originalSize }) => {
          if (name.endsWith('/')) return false;
          // What is claimed is allocated before anything is unpacked.
          if (originalSize > mostGrowth * size + mostGrowth)
            throw damagedZip(
              zip,
              `${name.slice(0, 200)} claims to unpack from ${size} to ${originalSize} bytes`,
            );
          bytes += originalSize;
          count++;
          return bytes <= limits.bytes && count <= limits.files;
        },
      },
      (error, files) => (error ? reject(damagedZip(zip, error.message)) : resolve(files)),
    );
  });
  if (bytes > limits.bytes || count > limits.files) throw tooLarge(zip, bytes, count);
  return Object.entries(unpacked).map(([path, content]) => bytesSource(path, content));
}

/**
 * The same files, zips among them unpacked: a model that was exported can be dropped as it was saved. Of several zips
 * (a model and its adapter) each becomes a folder, and they share the room of one.
 */
export async function unzipped(files: readonly FileSource[]): Promise<FileSource[]> {
  const several = files.filter(isZip).length > 1;
  let [bytes, count] = [maxUnpackedBytes, maxFiles];
  const all: FileSource[] = [];
  for (const file of files) {
    if (!isZip(file)) {
      all.push(file);
      continue;
    }
    const unpacked = await openZip(file, { bytes, files: count });
    bytes -= unpacked.reduce((sum, { size }) => sum + size, 0);
    count -= unpacked.length;
    const folder = `${file.path.replace(zipEnding, '')}/`;
    all.push(...(several ? unpacked.map((inner) => ({ ...inner, path: folder + inner.path })) : unpacked));
  }
  return all;
}

const zipEnding = /\.zip$/i;
const isZip = ({ name }: FileSource): boolean => zipEnding.test(name);

function damagedZip(zip: FileSource, problem: string): PareError {
  return new PareError(
    'zip-invalid',
    `${zip.path} is not a zip that can be read: ${problem}.`,
    'Unpack it and open the folder.',
  );
}

function tooLarge(zip: FileSource, bytes: number, files: number): PareError {
  const message = `${zip.path} unpacks to ${files} files of ${bytes} bytes, too much to hold in memory.`;
  return new PareError('zip-too-large', message, 'Unpack it and open the folder.', { bytes, files });
}
