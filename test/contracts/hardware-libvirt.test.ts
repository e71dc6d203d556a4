/** Changing machines, on a private libvirtd. */
import { hardwareContract } from './hardware.ts';
import { libvirtSubject } from './subject-libvirt.ts';

hardwareContract('on a real libvirtd', libvirtSubject);
