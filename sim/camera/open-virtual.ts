/** A virtual camera for a node: what `openVirtualCamera` of the node API loads when it is asked for. */
import type { Clock } from '../../runtime/clock.ts';
import { loadScene } from '../scene/load-scene.ts';
import { VirtualCamera } from './virtual-camera.ts';

/** @param scene path of a scene file; null: the default scene @throws WindhoverError `scene_unreadable`, `scene_invalid` */
export function openVirtual(scene: string | null, clock: Clock): VirtualCamera {
  return new VirtualCamera({ clock, ...(scene === null ? {} : { scene: loadScene(scene) }) });
}
