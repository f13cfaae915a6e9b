/**
 * Putting and removing whole graphs with their files. The order of steps is such that a process that dies between two of
 * them leaves the text from before or the new one, and always a backup of what was replaced.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { WindhoverError } from '../errors.ts';
import { Faults, type GraphFault } from '../graph/faults.ts';
import type { LoadOptions } from '../graph/load.ts';
import { isFile } from '../graph/modules.ts';
import { createFile, moveToBackup, replaceFile, writeBackup } from './disk.ts';
import { GraphFile } from './graph-file.ts';
import type { Applied, Graphs } from './graphs.ts';
import { hiddenPlace } from './public-text.ts';

export interface PutGraph {
  readonly faults: readonly GraphFault[];
  /** Undefined: there are faults. */
  readonly applied?: Applied;
  readonly isNew: boolean;
}

export interface GraphPlace {
  readonly graphs: Graphs;
  /** Served folders, as the user named them; the first takes new graphs. */
  readonly folders: readonly string[];
  readonly cwd: string;
}

/**
 * Makes a text the graph of a camera, and writes it.
 * @throws WindhoverError `no_graph_folder`, `camera_name_invalid`, `graph_file_taken`, `edit_conflict`, or why the session
 *   can't run it or the file can't be written; then all is as before
 */
export async function putGraph(camera: string, text: string, place: GraphPlace): Promise<PutGraph> {
  const { graphs } = place;
  const known = graphs.files.find(({ active }) => active?.graph.camera === camera);
  const file = known ?? newFile(camera, place);
  const isNew = known === undefined;
  const { active: before, seen: seenBefore } = file;
  const onDisk = existsSync(file.path) ? file.read() : null;
  if (before && onDisk !== file.seen)
    throw new WindhoverError('edit_conflict', `${file.name} was edited since it was read`);
  const { graph, faults } = await checkFor(camera, text, file, graphs);
  if (graph === null || faults.length > 0) return { faults, isNew };
  const isListed = graphs.files.includes(file);
  if (!isListed) graphs.files.push(file);
  file.seen = text;
  try {
    const [applied] = await graphs.install([{ file, text, graph }]);
    try {
      if (typeof onDisk === 'string') {
        writeBackup(file.path, onDisk, graphs.services.clock.unixMs());
        replaceFile(file.path, text);
      } else createFile(file.path, text);
    } catch (error) {
      await graphs.replace(file, before);
      throw error;
    }
    file.fixed(graphs.log(file));
    return { faults: [], isNew, ...(applied ? { applied } : {}) };
  } catch (error) {
    file.seen = seenBefore;
    if (!isListed) graphs.files.splice(graphs.files.indexOf(file), 1);
    throw error;
  }
}

/** Removes a camera; its file becomes a backup. @returns path of the backup; null: there was no file on the disk */
export async function removeGraph(camera: string, { graphs }: GraphPlace): Promise<string | null> {
  const file = graphs.fileOf(camera);
  const { text } = file.active;
  const unixMs = graphs.services.clock.unixMs();
  const onDisk = file.read();
  // What was changed and not written is not lost either.
  if (onDisk !== text) writeBackup(file.path, text, unixMs);
  const backup = typeof onDisk === 'string' ? moveToBackup(file.path, unixMs) : null;
  graphs.files.splice(graphs.files.indexOf(file), 1);
  graphs.log(file).warn('the camera was removed', { code: 'graph_removed' });
  await graphs.replace(file, null);
  return backup;
}

async function checkFor(camera: string, text: string, file: GraphFile, graphs: Graphs) {
  const checked = await graphs.check(file, text, [], { ...onlyOwnModules(file), camera });
  const faults = new Faults(file.name);
  const hidden = hiddenPlace(text);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: how a graph names a variable
  if (hidden) faults.add(hidden, '', 'hidden', 'a hidden password (***) is none: write it, or a ${VAR}');
  return { graph: checked.graph, faults: [...faults.list(), ...checked.faults] };
}

/**
 * A module is code of the user: one that comes by name from outside must already be in the folder of the graph, or be
 * what the graph runs already.
 */
function onlyOwnModules(file: GraphFile): Pick<LoadOptions, 'mayLoad'> {
  const folder = dirname(file.path);
  const running = new Set(file.active?.graph.nodes.map(({ use }) => use));
  return {
    mayLoad: (module) => {
      if (running.has(module)) return true;
      if (!/\.[cm]?[jt]sx?$/.test(module) || !isFile(module) || !existsSync(folder)) return false;
      return realpathSync(module).startsWith(realpathSync(folder) + sep);
    },
  };
}

function newFile(camera: string, { graphs, folders, cwd }: GraphPlace): GraphFile {
  const [folder] = folders;
  if (folder === undefined) {
    throw new WindhoverError('no_graph_folder', 'New cameras need a folder of graphs', {
      hint: 'serve a folder instead of single files',
    });
  }
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(camera)) {
    throw new WindhoverError('camera_name_invalid', 'The camera id must do as the name of a file', {
      expected: 'letters, digits, `_`, `-` and `.`, at most 100',
      got: camera.slice(0, 200),
    });
  }
  const name = join(folder, `${camera}.yaml`);
  const known = graphs.files.find(({ path }) => path === resolve(cwd, name));
  const taken = known?.active ? ` of ${known.active.graph.camera}` : '';
  if (known?.active || (!known && existsSync(resolve(cwd, name)))) {
    throw new WindhoverError('graph_file_taken', `There is a file ${name}${taken} already`);
  }
  return known ?? new GraphFile(name, cwd, true);
}
