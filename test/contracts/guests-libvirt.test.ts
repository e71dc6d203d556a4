/** Looking inside guests, on a private libvirtd. */
import { guestsContract } from './guests.ts';
import { libvirtSubject } from './subject-libvirt.ts';

guestsContract('on a real libvirtd', libvirtSubject);
