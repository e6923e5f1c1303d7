import { join } from 'node:path';
import type { InstanceId } from '../core/ids.ts';

/**
 * Where things are. Everything the warden knows is in these files, the kernel, and nowhere else.
 *
 * ```
 * <stateDir>/warden/            0711
 *   .runc/<id>/                 runc's own state (state.json, exec.fifo until started)
 *   .exits/<id>                 exit status, written by conmon; one folder, so that one watch does
 *   <id>/                       0711: root of the user namespace must be able to reach rootfs/
 *     config.json        0600   OCI configuration; written last: without it, create was cut short
 *     rootfs/                   read-only inside: generated /etc, empty mount points
 *     private/           0700   what the app may write; no other user of the host gets in
 *       home/                   /home/vcap
 *       tmp/                    /tmp
 *     log                0600   k8s-file format; replaced by an empty file at LOG_MAX_BYTES
 *     pidfile                   host pid of the container's first process
 *     conmon.pid                written once conmon has gone into the background
 *     attach, ctl, winsz        conmon's
 * ```
 */
export interface ContainerFolder {
  readonly path: string;
  readonly config: string;
  readonly rootfs: string;
  readonly private: string;
  readonly home: string;
  readonly tmp: string;
  readonly log: string;
  readonly pidFile: string;
  readonly conmonPidFile: string;
  readonly exitFile: string;
  readonly runcState: string;
}

export interface WardenFolder {
  readonly path: string;
  readonly runc: string;
  readonly exits: string;
  container(instanceId: InstanceId): ContainerFolder;
}

export function wardenFolder(stateDir: string): WardenFolder {
  const path = join(stateDir, 'warden');
  const runc = join(path, '.runc');
  const exits = join(path, '.exits');
  return {
    path,
    runc,
    exits,
    container(instanceId) {
      const folder = join(path, instanceId);
      const privateFolder = join(folder, 'private');
      return {
        path: folder,
        config: join(folder, 'config.json'),
        rootfs: join(folder, 'rootfs'),
        private: privateFolder,
        home: join(privateFolder, 'home'),
        tmp: join(privateFolder, 'tmp'),
        log: join(folder, 'log'),
        pidFile: join(folder, 'pidfile'),
        conmonPidFile: join(folder, 'conmon.pid'),
        exitFile: join(exits, instanceId),
        runcState: join(runc, instanceId),
      };
    },
  };
}
