/** The contract on a private libvirtd with QEMU guests. */
import { hostContract } from './host.ts';
import { libvirtSubject } from './subject-libvirt.ts';

hostContract('on a real libvirtd', libvirtSubject);
