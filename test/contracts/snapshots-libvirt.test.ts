/** Snapshots, on a private libvirtd. */
import { snapshotsContract } from './snapshots.ts';
import { libvirtSubject } from './subject-libvirt.ts';

snapshotsContract('on a real libvirtd', libvirtSubject);
